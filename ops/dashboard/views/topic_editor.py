"""PURE. A topic being written: what is wrong with the draft, what it means, and what it would have found."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from alerts.letter import plain_text, runs, safe_link
from ops.dashboard.views.difference import Piece, difference
from ops.dashboard.views.simple_query import Simple, as_lists
from ops.dashboard.views.topics import Runs, title_runs
from ops.dashboard.views.trial_days import LEAST_SLOTS, DayPair, day_pairs
from ops.dashboard.views.written import Forms, forms_of, summary
from ops.dashboard.words import Stamp, language_tag, stamp
from ops.said import Said, said, said_n
from ops.searching import Comparison, Difference, Search, Sighting, broad, is_broad
from ops.store.topics import Heard, Version
from ops.watchlist import DeclaredTopic
from ops.watchlist.doubts import doubts
from worker.errors import BadQuery
from worker.match import parse_query
from worker.match.entities import Catalogue

Mode = Literal["query", "simple"]
Tab = Literal["all", "new", "lost"]
TABS: tuple[Tab, ...] = ("all", "new", "lost")
SPANS = (1, 7, 30)
MOST_TRIED = 100_000
"""Articles, the newest, that a draft is tried on."""
_AROUND, _PROBLEM, _QUOTE = 40, 300, 360
_WORD = re.compile(r"[@=]?[^\s()\"@=]*")
_NAMED_DAYS = 8


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form. `began_from` is the version that it was begun from, `since` days are looked back."""

    name: str = ""
    query: str = ""
    tags: str = ""
    began_from: int = 0
    since: int = 7
    mode: Mode = "query"
    simple: Simple = field(default_factory=Simple)
    tab: Tab = "all"

    def topic(self) -> DeclaredTopic:
        """As it would be saved."""
        tags = [tag.strip() for tag in self.tags.replace("\n", ",").split(",")]
        return DeclaredTopic(self.name.strip(), self.query.strip(), tuple(tag for tag in tags if tag))


@dataclass(frozen=True, slots=True)
class FaultRow:
    """Where a query cannot be read, why, and what would do; the line in three pieces around the place."""

    place: Said
    cause: str
    hint: str
    before: str
    at: str
    after: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft's query as it was read: a fault, or what it means and what is doubtful about it."""

    fault: FaultRow | None
    meaning: Said | str
    doubts: tuple[tuple[Said, str], ...]
    forms: tuple[Forms, ...]


@dataclass(frozen=True, slots=True)
class TriedRow:
    """An article that the draft would have found, or would not find any more."""

    title: Runs
    link: str | None
    language: str | None
    quote: Runs
    source: str
    at: Stamp
    places: tuple[tuple[str, Said], ...]
    summary_only: bool
    tag: Said | str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What trying the draft gave."""

    matched: Said
    a_day: Said | str
    looked: Said | str
    changes: tuple[tuple[str, Said], ...]
    days: tuple[DayPair, ...]
    named: bool
    few: bool
    alt: Said
    compared: bool
    tabs: tuple[tuple[Tab, Said, bool], ...]
    shown: tuple[TriedRow, ...]
    more: Said | str
    warning: Said | str


@dataclass(frozen=True, slots=True)
class Running:
    """It is still being tried: how far, between 0 and 1."""

    share: float
    told: Said


@dataclass(frozen=True, slots=True)
class Conflict:
    """What somebody else saved meanwhile, beside the draft: from what stands now to what would stand."""

    sentence: Said
    saved_at: Stamp
    pieces: tuple[Piece, ...]
    name: str
    tags: str


@dataclass(frozen=True, slots=True)
class EditorView:
    """The editor. `id` is None for a new topic; `wrong` says what is wrong by field."""

    id: int | None
    title: Said | str
    draft: Draft
    declared: bool
    action: str
    checked: Checked | None
    as_simple: bool
    wrong: Mapping[str, str]
    told: Said | str
    save: Said
    outcome: Outcome | None
    running: Running | None
    stopped: Said | str
    conflict: Conflict | None
    gone: bool


def place_of(query: str, column: int) -> tuple[int, int]:
    """Line and column (both from 1) of a column in the whole query."""
    before = query[: column - 1]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def checked(query: str, known: Catalogue) -> Checked | None:
    """The query as it is read; None where nothing is written yet."""
    if not query.strip():
        return None
    try:
        node = parse_query(query, known)
    except BadQuery as bad:
        return Checked(_fault(query, bad), "", (), ())
    doubtful = tuple(
        (_place(query, each.column), plain_text(each.problem, _PROBLEM)) for each in doubts(node)
    )
    return Checked(None, summary(query, known), doubtful, forms_of(query, known))


def _fault(query: str, bad: BadQuery) -> FaultRow:
    line, column = place_of(query, bad.column)
    text = query.split("\n")[line - 1]
    at = column - 1
    word = _WORD.match(text, at)
    end = max(word.end() if word else at, at + 1)
    before = text[max(at - _AROUND, 0) : at]
    return FaultRow(
        place=said("line {line}, column {column}", line=line, column=column),
        cause=plain_text(bad.cause, _PROBLEM),
        hint=plain_text(bad.suggestion, _PROBLEM),
        before=f"…{before}" if at > _AROUND else before,
        at=text[at:end][:_AROUND] or "⏎",
        after=text[end : end + _AROUND],
    )


def _place(query: str, column: int) -> Said:
    line, at = place_of(query, column)
    return said("line {line}, column {column}", line=line, column=at)


def editor_view(
    topic: int | None,
    draft: Draft,
    known: Catalogue,
    *,
    title: Said | str,
    heard: Sequence[Heard] = (),
    declared: bool = False,
    wrong: Mapping[str, str] | None = None,
    outcome: Outcome | None = None,
    running: Running | None = None,
    stopped: Said | str = "",
    conflict: Conflict | None = None,
    gone: bool = False,
) -> EditorView:
    """The editor with this draft in it."""
    return EditorView(
        id=topic,
        title=title,
        draft=draft,
        declared=declared,
        action="/topics/new" if topic is None else f"/topics/{topic}/edit",
        checked=checked(draft.query, known),
        as_simple=as_lists(draft.query, known) is not None,
        wrong=wrong or {},
        told=_told(topic, heard),
        save=said("Save the topic") if topic is None else said("Save as version {n}", n=draft.began_from + 1),
        outcome=outcome,
        running=running,
        stopped=stopped,
        conflict=conflict,
        gone=gone,
    )


def _told(topic: int | None, heard: Sequence[Heard]) -> Said:
    """What saving changes, for whom."""
    if topic is None:
        return said(
            "A new topic is matched from the moment it is saved. Nobody hears of it before a subscription names it."
        )
    if not heard:
        return said("No subscription hears of this topic: saving changes only what stands on its page.")
    return said_n(
        "Saving changes what {n} subscription receives; articles already sent are not sent again.",
        "Saving changes what {n} subscriptions receive; articles already sent are not sent again.",
        len(heard),
    )  # fmt: skip


def conflict_of(draft: DeclaredTopic, now: DeclaredTopic, version: Version, at: datetime) -> Conflict:
    """What stands now beside what would be saved."""
    by = plain_text(version.by or "", 80)
    return Conflict(
        sentence=said("{who} saved version {n} meanwhile.", who=by, n=version.number)
        if by
        else said("Version {n} was saved meanwhile.", n=version.number),
        saved_at=stamp(version.at, at),
        pieces=difference(now.query, draft.query),
        name="" if now.name == draft.name else plain_text(now.name, 200),
        tags="" if now.tags == draft.tags else plain_text(", ".join(now.tags) or "–", 300),
    )


def running_view(done: int, total: int) -> Running:
    """How far a trial is."""
    share = min(done / total, 1.0) if total else 0.0
    if not total:
        return Running(0.0, said("waiting for its turn"))
    return Running(share, said("{done} of {all} articles looked through", done=f"{done:,}", all=f"{total:,}"))


def outcome_view(
    found: Comparison | Search,
    stored: int,
    took: float,
    draft: Draft,
    now: datetime,
    *,
    whole: bool = True,
) -> Outcome:
    """What trying the draft gave, so far where that is not the `whole`; `stored` are all articles of that time, `took`
    are seconds."""
    if isinstance(found, Search):
        new, gained, lost = found, Difference(), Difference()
    else:
        new, gained, lost = found.new, found.gained, found.lost
    compared = isinstance(found, Comparison)
    rows = {"all": new.sightings, "new": gained.sightings, "lost": lost.sightings}[draft.tab]
    number = {"all": new.matched, "new": gained.articles, "lost": lost.articles}
    fresh = {sighting.stored.id for sighting in gained.sightings}
    words = {"all": said("All"), "new": said("New"), "lost": said("Lost")}
    return Outcome(
        matched=said_n("{n} article", "{n} articles", new.matched)
        if whole
        else said_n("{n} article so far", "{n} articles so far", new.matched),
        a_day=_a_day(new.matched, draft.since) if whole else "",
        looked=_looked(new.articles, stored, took, draft.since) if whole else "",
        changes=_changes(new, gained, lost) if compared else (),
        days=day_pairs(new, gained, lost),
        named=len(new.days) <= _NAMED_DAYS,
        few=len(new.days) < LEAST_SLOTS,
        alt=said(
            "Day by day: {n} articles over {days} days, {added} of them new, {lost} lost",
            n=new.matched, days=draft.since, added=gained.articles, lost=lost.articles,
        ),
        compared=compared,
        tabs=tuple(
            (tab, said("{tab} {n}", tab=words[tab], n=f"{number[tab]:,}"), tab == draft.tab) for tab in TABS
        )
        if compared
        else (),
        shown=tuple(tried_row(sighting, now, _tag(sighting, draft.tab, fresh)) for sighting in rows),
        more=said("the newest {n} of {all}", n=len(rows), all=f"{number[draft.tab]:,}")
        if number[draft.tab] > len(rows)
        else "",
        warning=_broad(new) if whole else "",
    )  # fmt: skip


def _tag(sighting: Sighting, tab: Tab, fresh: Collection[int]) -> Said | str:
    if tab == "lost":
        return said("lost by the draft")
    return said("new in the draft") if sighting.stored.id in fresh else ""


def _a_day(matched: int, days: int) -> Said:
    whole = matched / days
    return said("about {n} a day", n=f"{whole:.0f}" if whole >= 10 or whole == int(whole) else f"{whole:.1f}")


def _looked(articles: int, stored: int, took: float, days: int) -> Said:
    seconds = f"{took:.1f}"
    if stored > MOST_TRIED:
        return said("Tried on the newest {n} of {all} stored articles of {days} days, in {seconds} s.",
                    n=f"{articles:,}", all=f"{stored:,}", days=days, seconds=seconds)  # fmt: skip
    return said_n(
        "Tried on {n} stored article in {seconds} s.", "Tried on {n} stored articles in {seconds} s.",
        articles, seconds=seconds,
    )  # fmt: skip


def _changes(new: Search, gained: Difference, lost: Difference) -> tuple[tuple[str, Said], ...]:
    return (
        (f"+{gained.articles:,}", said("new")),
        (f"−{lost.articles:,}", said("lost")),
        (f"{new.matched - gained.articles:,}", said("unchanged")),
    )


def _broad(new: Search) -> Said | str:
    if not is_broad(new.matched, new.articles):
        return ""
    return said("This is a lot: {why}", why=plain_text(broad(new.matched, new.articles), _PROBLEM))


def tried_row(sighting: Sighting, now: datetime, tag: Said | str) -> TriedRow:
    """A stored article with the sentence that the query finds."""
    article, shown = sighting.stored.article, sighting.quote
    quoted = runs(shown.text, shown.marks, _QUOTE) if shown.field == "body" else ()
    return TriedRow(
        title=title_runs(article.title, sighting.title_marks),
        link=safe_link(article.url),
        language=language_tag(article.language),
        quote=tuple(quoted),
        source=plain_text(article.source, 80),
        at=stamp(sighting.stored.at, now),
        places=((", ".join(plain_text(word, 40) for word in sighting.words[:5]), said("matched")),),
        summary_only=False,
        tag=tag,
    )
