"""One sheet in the reader's hands: looked at, read, matched, and settled in one transaction."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

import structlog

from worker import spans
from worker.crashpoint import crashpoint
from worker.desks.pages import FURTHER_S
from worker.desks.parts import open_reply, take_part
from worker.desks.pile import Sheet
from worker.kit import Kit
from worker.limits import TooSlow, at_most
from worker.match import quote
from worker.model import Article, FeedId, Finding, ReadArticle, UnreadEntry
from worker.pages.repeats import fingerprints, without_repeats
from worker.pages.screen import whole_page
from worker.pages.twins import joined
from worker.reading import Had, article_of, page_problem
from worker.rereading import added, next_try, says_more
from worker.self_test import of_one_house
from worker.store import blocks, claims, entries, rereading
from worker.store.engine import Connection, DatabaseTrouble, PoolExhausted
from worker.store.entries import Settled
from worker.store.sketches import keep_sketch
from worker.story import Sketch, sketch_of
from worker.wire import Reply

log = structlog.get_logger("worker")

LOOK_SECONDS = 5.0
MOST_HOPS = 2
PRUNE_EVERY = 50
"""Articles between two prunings of what their sites repeat."""
SET_ASIDE = f"reading its page failed {claims.MOST_ATTEMPTS} times"
SET_ASIDE_WHOLLY = "reading it failed without its page, too"


@dataclass(slots=True)
class Reader:
    """Reads sheets, one at a time. `marked` is the entry that is to blame if the process ends now; `gave_back` says
    that one went wrong and waits to be read again."""

    kit: Kit
    connection: Connection
    marks: Connection
    marked: UnreadEntry | None = None
    gave_back: bool = False

    def look(self, sheet: Sheet) -> str | None:
        """Finds out whether a topic may touch the sheet, so that it is read early; or where its page only leads."""
        sheet.look = "touched"
        reply = sheet.answer
        if not isinstance(reply, Reply) or page_problem(reply) or sheet.parts:
            return None
        self._mark(sheet.entry)
        touched = self._may_touch(sheet, reply)
        forward = sheet.page.forward if sheet.page else None
        if forward and sheet.hops < MOST_HOPS:
            sheet.hops, sheet.look, sheet.page = sheet.hops + 1, "unseen", None
            if _host(forward) != _host(reply.url):
                sheet.via = sheet.via or _host(reply.url)
            return forward
        sheet.look = "touched" if touched else "untouched"
        if not (touched and sheet.urgent):  # what is read next may stay open, which takes ten times the bytes
            sheet.page = None
        return None

    def _may_touch(self, sheet: Sheet, reply: Reply) -> bool:
        """Only orders the work, so what cannot be told is read as if it did."""
        try:
            with at_most(LOOK_SECONDS):
                sheet.page = open_reply(reply)
                return self.kit.topics.index.touches(whole_page(sheet.page, sheet.entry.title))
        except (TooSlow, Exception):  # noqa: BLE001  the reading will say what is wrong with it
            return True

    async def read(self, sheet: Sheet) -> str | None:
        """Reads a sheet to its end and settles it; or gives the address of its article's next page."""
        try:
            return await self._read(sheet)
        except (DatabaseTrouble, PoolExhausted):
            raise
        except Exception:
            log.exception("reading_failed", entry=sheet.entry.id, feed=sheet.entry.feed_id)
            self._give_back(sheet.entry)
            return None

    async def _read(self, sheet: Sheet) -> str | None:
        entry = sheet.entry
        if entry.attempts > claims.MOST_ATTEMPTS:
            self._set_aside(entry, SET_ASIDE_WHOLLY)
            return None
        if entry.attempts == claims.MOST_ATTEMPTS and entry.earlier:
            self._set_aside(entry, SET_ASIDE)
            return None
        self._mark(entry)
        topic_set = self.kit.topics.number
        problem, onward = take_part(sheet) if entry.full_text else (None, None)
        if onward:
            sheet.until = max(sheet.until, _now() + FURTHER_S)
            return onward
        text = joined([part.text for part in sheet.parts])
        read = article_of(entry, self._had(sheet, text, problem))
        crashpoint("read_after_extraction")
        match_at = _now()
        findings = self._findings(read.article, entry.feed_id)
        matched_s = _now() - match_at
        settled = self._settle(sheet, read, findings, topic_set, text)
        self.marked = None
        if settled is None:
            log.warning("lease_lost", entry=entry.id)
            return None
        _draw(sheet, read, settled, matched_s)
        await self._tell(entry, read, settled)
        return None

    def _had(self, sheet: Sheet, text: str, problem: str | None) -> Had:
        """What the page gave, without the paragraphs that its site repeats."""
        if sheet.entry.attempts == claims.MOST_ATTEMPTS:
            problem = SET_ASIDE
        if not sheet.parts:
            return Had(problem=problem, via=sheet.via, notes=sheet.notes)
        kept = self._without_repeats(sheet, text)
        if len(sheet.parts) > 1:
            sheet.notes["pages"] = len(sheet.parts)
        if len(kept) < len(text):
            sheet.notes["repeated"] = len(text) - len(kept)
        page = replace(sheet.parts[0], text=kept)
        return Had(page, sheet.final_url, None if kept else problem, sheet.via, sheet.notes)

    def _without_repeats(self, sheet: Sheet, text: str) -> str:
        with self.connection.begin():
            known = blocks.repeats_of(self.connection, _site(sheet), fingerprints(text))
        earlier = sheet.entry.earlier
        itself = int(earlier is not None and not earlier.summary_only)  # counted when it was read before
        others = {mark: times - itself for mark, times in known.counts.items()}
        return without_repeats(text, others, known.articles - itself)

    def _findings(self, article: Article, feed: FeedId) -> list[Finding]:
        findings = []
        for match in self.kit.topics.index.match(article):
            if not of_one_house(match.topic, feed):
                continue
            shown = quote(article, match.hits)
            findings.append(Finding(match, shown.field, shown.text, shown.marks))
        return findings

    def _settle(
        self, sheet: Sheet, read: ReadArticle, found: list[Finding], topic_set: int, text: str
    ) -> Settled | None:
        """One transaction: the article, its matches, its sketch if a topic touches it, what its site repeats, and the
        entry's end. None if the lease was lost."""
        now = self.kit.clock()
        sketch = sketch_of(read.article) if found else None
        with self.connection.begin():
            settled = self._store(sheet, read, found, topic_set, now, sketch)
            if settled is None:
                self.connection.rollback()
            elif sheet.parts and not read.summary_only and (settled.is_new or _first_page_of(sheet.entry)):
                blocks.count_up(self.connection, _site(sheet), fingerprints(text), now)
            crashpoint("read_before_commit")
        crashpoint("read_after_commit")
        if settled is not None and settled.article % PRUNE_EVERY == 0:
            with self.connection.begin():
                blocks.forget_old(self.connection, _site(sheet), now)
        return settled

    def _store(
        self,
        sheet: Sheet,
        read: ReadArticle,
        found: list[Finding],
        topic_set: int,
        now: datetime,
        sketch: Sketch | None,
    ) -> Settled | None:
        entry, connection = sheet.entry, self.connection
        again = next_try(sheet.answer, entry.page_tries, now) if read.summary_only else None
        if entry.earlier is None:
            aside = SET_ASIDE if entry.attempts == claims.MOST_ATTEMPTS else None
            settled = entries.settle_reading(
                connection, entry, read, found, topic_set, now, page_due_at=again, set_aside=aside
            )
            if settled and settled.is_new and sketch:
                keep_sketch(connection, settled.article, sketch)
            return settled
        if not says_more(read, entry.earlier):
            return rereading.leave_reading(connection, entry, read, again)
        before = {match.topic for match in self.kit.topics.index.match(entry.earlier.article)}
        new = added(found, before)
        replaced = rereading.replace_reading(connection, entry, read, found, new, now, again)
        if replaced and sketch:
            keep_sketch(connection, replaced.article, sketch)
        return replaced

    async def _tell(self, entry: UnreadEntry, read: ReadArticle, settled: Settled) -> None:
        if settled.matches:
            await asyncio.to_thread(self.kit.settled, "read")
        log.info(
            "read" if entry.earlier is None else "read_again",
            entry=entry.id,
            feed=entry.feed_id,
            method=read.method,
            matches=settled.matches,
            problem=read.page_problem,
        )

    def _mark(self, entry: UnreadEntry) -> None:
        """Counts an attempt of this entry before it is touched, and takes back that of the one before, which has
        done no harm."""
        if self.marked is entry:
            return
        claims.begin_reading(self.marks, entry, unharmed=self.marked)
        self.marked = entry

    def _give_back(self, entry: UnreadEntry) -> None:
        claims.give_back(self.marks, [entry])
        self.marked, self.gave_back = None, True

    def _set_aside(self, entry: UnreadEntry, reason: str) -> None:
        with self.connection.begin():
            entries.set_aside(self.connection, entry, reason)
        log.error("set_aside", entry=entry.id, feed=entry.feed_id, reason=reason)


def _draw(sheet: Sheet, read: ReadArticle, settled: Settled, matched_s: float) -> None:
    """The first steps of an article's way. What another feed brought too, or is read again, has had them."""
    entry = sheet.entry
    if not spans.recording() or not settled.is_new or entry.earlier is not None:
        return
    way = spans.Way("article", settled.article, entry.seen_at)
    facts: spans.Facts = {
        "article": settled.article,
        "entry": entry.id,
        "feed": entry.feed_id,
        "method": read.method,
        "backlog": entry.backlog,
    }
    poll = spans.Way("poll", entry.feed_id, entry.seen_at)
    spans.step("read", way, _now() - sheet.begun, facts, first=True, after=poll)
    spans.step("match", way, matched_s, {"article": settled.article, "matches": settled.matches})


def _now() -> float:
    return asyncio.get_running_loop().time()


def _first_page_of(entry: UnreadEntry) -> bool:
    """Whether the article had only its feed's own words before."""
    return entry.earlier is not None and entry.earlier.summary_only


def _site(sheet: Sheet) -> str:
    return _host(sheet.final_url or "").removeprefix("www.")


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()
