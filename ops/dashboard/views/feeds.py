"""PURE. Feeds as pages: how each does, when it is polled next and why then, what it brings and how well it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from alerts.letter import plain_text, safe_link
from ops.amounts import span
from ops.dashboard.charts import Bar, bars
from ops.dashboard.views.rows import feed_name, host_of, reason_in_words, trouble, why_then
from ops.dashboard.words import Stamp, State, due_stamp, feed_state, language_tag, maybe_stamp, stamp
from ops.remarks import beats, gap_in_words, notes, silence_in_words
from ops.row_number import number_in
from ops.said import Said, joined, said, said_n
from ops.store.pages.feeds import RANKS, FeedsWanted
from ops.watchlist.values import every_text, pace_text
from worker.polling import LETTERS_KEPT

Row = Mapping[str, Any]

PAGE = 50
SPARK = (100.0, 28.0)
_NAME, _TITLE, _LONGEST, _RAW = 80, 250, 300, 500
TABS: Mapping[str, tuple[Said, tuple[str, ...]]] = {
    "": (said("All"), ()),
    "trouble": (said("In trouble"), ("failing", "gone")),
    "silent": (said("Silent"), ("silent",)),
    "gaps": (said("Entries missed"), ("gap",)),
    "new": (said("New"), ("new",)),
    "paused": (said("Paused"), ("paused",)),
    "ok": (said("Well"), ("ok",)),
}
# Each is a form of its own, so that it is told without colour: full height, a low bar, a broken one, a dash.
_FORMS = {
    "news": "M{x} 1h3v19h-3z",
    "same": "M{x} 13h3v7h-3z",
    "failed": "M{x} 1h3v7h-3zM{x} 12h3v8h-3z",
    "cooling": "M{x} 8h3v4h-3z",
    "none": "M{x} 18.5h3v1.5h-3z",
}

_TOLD: tuple[tuple[str, Callable[[int], Said]], ...] = (
    ("news", lambda n: said("{n} with news", n=n)),
    ("same", lambda n: said("{n} with nothing new", n=n)),
    ("failed", lambda n: said("{n} failed", n=n)),
    ("cooling", lambda n: said("{n} put off by its site", n=n)),
)


@dataclass(frozen=True, slots=True)
class FeedsAsked:
    """What the address asks for."""

    tab: str = ""
    tag: str = ""
    words: str = ""
    after: tuple[int, int] | None = None

    def wanted(self) -> FeedsWanted:
        """The same as the database is asked."""
        return FeedsWanted(TABS[self.tab][1], self.tag, self.words, self.after)

    @property
    def narrowed(self) -> bool:
        """Whether anything but the tab is chosen."""
        return bool(self.tag or self.words)

    def address(self, **changed: Any) -> str:
        """Where this is shown, with these changes; a change begins at the top again."""
        asked = replace(self, **{"after": None, **changed})
        after = "{}.{}".format(*asked.after) if asked.after else ""
        named = {"state": asked.tab, "tag": asked.tag, "words": asked.words, "after": after}
        query = urlencode({name: value for name, value in named.items() if value})
        return f"/feeds?{query}" if query else "/feeds"


def feeds_asked(query: Mapping[str, str]) -> FeedsAsked:
    """What the address asks for; what is none of ours counts as not said."""
    tab = query.get("state", "")
    return FeedsAsked(
        tab=tab if tab in TABS else "",
        tag=query.get("tag", "").replace("\0", "").strip()[:200],
        words=query.get("words", "").replace("\0", "").strip()[:200],
        after=_cursor(query.get("after", "")),
    )


def _cursor(written: str) -> tuple[int, int] | None:
    rank, feed = (number_in(part) for part in written.partition(".")[::2])
    return (rank, feed) if rank is not None and feed is not None and rank < len(RANKS) else None


@dataclass(frozen=True, slots=True)
class Heart:
    """The last polls as a bar, the newest at the right: a path for each kind of outcome; and the same in words."""

    paths: tuple[tuple[str, str], ...]
    alt: Said


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A feed in the list. `error` is what is wrong in words, `raw` as it was answered."""

    path: str
    name: str
    site: str
    state: State
    heart: Heart
    polled: Stamp | None
    answer: Said | str
    next_poll: Stamp | None
    why_then: str
    days: tuple[Bar, ...]
    days_alt: Said
    per_day: Said
    quality: float | None
    quality_words: Said | str
    last_entry: Stamp | None
    error: Said | str
    raw: str
    note: Said | str
    tags: tuple[str, ...]
    declared: bool


@dataclass(frozen=True, slots=True)
class FeedList:
    """The list: tabs with their numbers, filters, feeds and where it goes on."""

    asked: FeedsAsked
    tabs: tuple[tuple[Said, str, bool], ...]
    tags: tuple[str, ...]
    feeds: tuple[FeedLine, ...]
    further: str
    everything: str
    total: int


def compose(
    asked: FeedsAsked, found: Sequence[Row], counts: Mapping[str, int], tags: Sequence[str], now: datetime
) -> FeedList:
    """The list as it is shown. `found` has one feed more than the page where it goes on."""
    rows = found[:PAGE]
    return FeedList(
        asked=asked,
        tabs=tuple(
            (_tab(word, sum(counts.get(rank, 0) for rank in ranks)), asked.address(tab=key), key == asked.tab)
            for key, (word, ranks) in TABS.items()
        ),
        tags=tuple(tags),
        feeds=tuple(feed_line(row, now) for row in rows),
        further=asked.address(after=(rows[-1]["rank"], rows[-1]["id"])) if len(found) > PAGE else "",
        everything=FeedsAsked(asked.tab).address(),
        total=sum(counts.values()),
    )


def _tab(word: Said, n: int) -> Said:
    return said("{tab} {n}", tab=word, n=f"{n:,}") if n else word


def feed_line(row: Row, now: datetime) -> FeedLine:
    """A feed in the list (`ops.store.pages.feeds.list_feeds`)."""
    rests = row["state"] in ("gone", "paused")
    good, looked = row["quality"] or (0, 0)
    return FeedLine(
        path=f"/feeds/{row['id']}",
        name=feed_name(row),
        site=host_of(row["found_url"] or row["url"]),
        state=_state(row),
        heart=heart(row["polls"]),
        polled=maybe_stamp(row["last_polled_at"], now),
        answer=answer_in_words(row),
        next_poll=None if rests else due_stamp(row["next_poll_at"], now),
        why_then=said("not polled any more") if rests else why_then(row),
        days=bars(row["days"], *SPARK),
        days_alt=said("Entries a day over {days} days: {counts}", days=len(row["days"]), counts=_listed(row)),
        per_day=_per_day(row),
        quality=good / looked if looked else None,
        quality_words=_quality(good, looked),
        last_entry=maybe_stamp(row["last_entry_at"], now),
        error=trouble(row, now),
        raw=_raw(row),
        note=joined((_paused(row, now), *notes(row, now)), "; "),
        tags=tuple(plain_text(tag, _NAME) for tag in row["tags"]),
        declared=row["declared"],
    )


def _paused(row: Row, now: datetime) -> Said | str:
    """Who has it polled no more, and since when."""
    if row["state"] != "paused" or row["paused_at"] is None:
        return ""
    age = span((now - row["paused_at"]).total_seconds())
    return said("paused by {who}, {span} ago", who=plain_text(row["paused_by"] or "", _NAME), span=age)


def _state(row: Row) -> State:
    if row["state"] == "ok" and row.get("silence"):
        return feed_state("silent")
    if row["state"] == "ok" and row.get("gap") and row["gap"]["state"] != "filled":
        return State("slow", said("entries missed"))
    return feed_state(row["state"])


def heart(polls: str) -> Heart:
    """The last polls, from what a feed's row remembers of them."""
    kinds: Sequence[str] = beats(polls)
    counted = Counter(kinds)
    drawn: dict[str, str] = {}
    for n, kind in enumerate((*["none"] * (LETTERS_KEPT - len(kinds)), *kinds)):
        drawn[kind] = drawn.get(kind, "") + _FORMS[kind].format(x=4 * n)
    paths = tuple(drawn.items())
    if not kinds:
        return Heart(paths, said("Not polled yet"))
    told = joined((words(counted[kind]) for kind, words in _TOLD if counted[kind]), ", ")
    return Heart(paths, said_n("The last poll: {what}", "The last {n} polls: {what}", len(kinds), what=told))


def answer_in_words(row: Row) -> Said | str:
    """What the last poll was answered."""
    status = row["last_status"]
    if row["last_polled_at"] is None:
        return ""
    if status is None:
        return said("no answer") if row["last_error"] else ""
    if status == 304:
        return said("unchanged (304)")
    return said("answered {status}", status=status)


def _listed(row: Row) -> str:
    return ", ".join(map(str, row["days"]))


def _per_day(row: Row) -> Said:
    """How much it brings, over the last week."""
    week = sum(row["days"][-7:])
    if not week:
        return said("nothing in 7 days")
    if week < 14:
        return said_n("{n} entry in 7 days", "{n} entries in 7 days", week)
    return said("{n} entries a day", n=f"{week / 7:,.0f}")


def _quality(good: int, looked: int) -> Said | str:
    if not looked:
        return ""
    if good == looked:
        return said("all in full")
    if not good:
        return said("summaries only")
    return said("{share} % in full", share=f"{100 * good / looked:.0f}")


def _raw(row: Row) -> str:
    """The error as it was answered, where the words say something else."""
    raw = plain_text(row["last_error"] or "", _RAW) if row["state"] in ("failing", "gone") else ""
    only_codes = " " not in raw.replace(": ", "")
    return "" if only_codes or raw == reason_in_words(row["last_error"]) else raw


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry of the feed, and what became of it."""

    title: str | Said
    link: str | None
    path: str
    language: str | None
    seen: Stamp
    published: Stamp | None
    state: State
    because: Said | str
    topics: tuple[str, ...]
    backlog: bool


@dataclass(frozen=True, slots=True)
class NoteRow:
    """Who changed the feed, when and how."""

    at: Stamp
    who: str
    what: str
    changes: tuple[tuple[str, Said | str, Said | str], ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed with everything that is known of it; addresses are for those who may change it, since one may be a
    key."""

    id: int
    line: FeedLine
    language: str | None
    address: str
    found_at: str
    notice: str
    rhythm: Said | str
    interval: Said | str
    usual_gap: Said | str
    silence: str
    failures: Said | str
    cooling: Said | str
    cooling_why: str
    crawl_delay: Said | str
    pace: str
    on_site: Said | str
    hub: Said | str
    hub_until: Stamp | None
    full_text: bool
    logs_in: bool
    headers: tuple[str, ...]
    set_aside: Said | str
    added: Stamp
    last_ok: Stamp | None
    entries: tuple[EntryRow, ...]
    gaps: tuple[str, ...]
    notes: tuple[NoteRow, ...]
    articles: str
    gone: bool
    paused: bool


def compose_one(row: Row, articles_at: str, now: datetime) -> Feed:
    """The feed as its page shows it (`ops.store.pages.feeds.one_feed`). `articles_at` begins the addresses of our pages
    of articles; "" where there are none."""
    hub = row["websub"]
    return Feed(
        id=row["id"],
        line=feed_line({**row, "rank": 0}, now),
        language=language_tag(row["language"]),
        address=plain_text(row["url"], 4000),
        found_at=plain_text(row["found_url"] or "", 4000),
        notice=plain_text(row["notice"] or "", _LONGEST),
        rhythm=_rhythm(row),
        interval=_interval(row),
        usual_gap=_usual_gap(row),
        silence=silence_in_words(row, now) if row["silence"] else "",
        failures=said_n("{n} failure in a row", "{n} failures in a row", row["failures"])
        if row["failures"]
        else "",
        cooling=said("left alone until {at}", at=f"{row['cooling_until']:%H:%M} UTC")
        if row["cooling_until"]
        else "",
        cooling_why=plain_text(row["cooling_why"] or "", _LONGEST),
        crawl_delay=said(
            "{span} between two requests, as its robots.txt asks", span=span(row["crawl_delay_s"])
        )
        if row["crawl_delay_s"]
        else "",
        pace=pace_text((row["pace"] or {}).items()),
        on_site=said_n(
            "{n} feed of this site is watched", "{n} feeds of this site are watched", row["on_site"]
        ),
        hub=_hub(hub, now),
        hub_until=maybe_stamp(hub["live_until"], now) if hub and hub["state"] == "live" else None,
        full_text=row["full_text"],
        logs_in=row["logs_in"],
        headers=tuple(plain_text(each, _NAME) for each in row["header_names"]),
        set_aside=said_n("{n} entry set aside", "{n} entries set aside", row["set_aside"])
        if row["set_aside"]
        else "",
        added=stamp(row["created_at"], now),
        last_ok=maybe_stamp(row["last_ok_at"], now),
        entries=tuple(_entry(entry, articles_at, now) for entry in row["entries"]),
        gaps=tuple(gap_in_words(gap, now) for gap in row["gaps"]),
        notes=tuple(_note(each, now) for each in row["notes"]),
        articles=f"/articles?{urlencode({'feed': row['name'] or host_of(row['url'])})}"
        if articles_at
        else "",
        gone=row["state"] == "gone",
        paused=row["state"] == "paused",
    )


def _rhythm(row: Row) -> Said:
    if row["every_s"]:
        return said("every {span}, as set", span=span(row["every_s"]))
    if row["every_least_s"]:
        between = (row["every_least_s"], row["every_most_s"])
        return said("as its news comes, within {bounds}, as set", bounds=every_text(None, between))
    return said("as its news comes")


def _interval(row: Row) -> Said | str:
    now_s = (row["rhythm"] or {}).get("interval_s")
    return said("every {span} at present", span=span(now_s)) if isinstance(now_s, int | float) else ""


def _usual_gap(row: Row) -> Said | str:
    gap_s = (row["rhythm"] or {}).get("gap_s")
    return said("{span} between two entries", span=span(gap_s)) if isinstance(gap_s, int | float) else ""


def _hub(hub: Row | None, now: datetime) -> Said | str:
    if hub is None:
        return ""
    name = host_of(hub["hub"])
    if hub["live_until"] and hub["live_until"] > now:
        return said("{hub} tells of news at once", hub=name)
    if hub["state"] == "refused":
        return said("{hub} refused to tell of news", hub=name)
    return said("{hub} was asked to tell of news", hub=name)


def _entry(entry: Row, articles_at: str, now: datetime) -> EntryRow:
    state, because = _became(entry)
    return EntryRow(
        title=plain_text(entry["title"], _TITLE) or said("(without a title)"),
        link=safe_link(entry["link"] or ""),
        path=f"{articles_at}{entry['article_id']}" if articles_at and entry["article_id"] else "",
        language=language_tag(entry["language"]),
        seen=stamp(entry["seen_at"], now),
        published=maybe_stamp(entry["published_at"], now),
        state=state,
        because=because,
        topics=tuple(plain_text(topic, _NAME) for topic in entry["topics"]),
        backlog=entry["backlog"],
    )


def _became(entry: Row) -> tuple[State, Said | str]:
    """What became of an entry, and why."""
    match entry["state"]:
        case "new":
            return State("off", said("waits to be read")), ""
        case "failed":
            return State("bad", said("set aside")), reason_in_words(entry["reason"])
    if entry["article_id"] is None:
        return State("off", said("read")), reason_in_words(entry["reason"])
    if entry["known_elsewhere"]:
        return State("off", said("another feed brought it first")), ""
    if entry["summary_only"]:
        again = said("its page is tried again") if entry["page_due_at"] else ""
        return State("slow", said("summary only")), reason_in_words(entry["page_problem"]) or again
    return State("ok", said("read")), ""


def _note(note: Row, now: datetime) -> NoteRow:
    before, after = note["before"] or {}, note["after"] or {}
    keys = [key for key in {**before, **after} if _shown(before.get(key)) != _shown(after.get(key))]
    return NoteRow(
        at=stamp(note["at"], now),
        who=plain_text(note["who"], _NAME),
        what=plain_text(note["what"], _NAME),
        changes=tuple(
            (plain_text(key, _NAME), _shown(before.get(key)) if before else "", _shown(after.get(key)))
            for key in keys[:10]
        ),
    )


def _shown(value: Any) -> Said | str:
    """A value as the log has it; what is false or empty is as good as not said."""
    if not value:
        return "–"
    if value is True:
        return said("yes")
    if isinstance(value, dict):
        value = [f"{key} {each}" for key, each in value.items()]
    return plain_text(", ".join(map(str, value)) if isinstance(value, list) else str(value), _NAME)
