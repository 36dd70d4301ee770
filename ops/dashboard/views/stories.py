"""PURE. Stories as a list, and one of them article by article."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any
from urllib.parse import urlencode

from alerts.evidence import show_why
from alerts.letter import plain_text, runs, safe_link
from ops.amounts import span
from ops.dashboard import charts
from ops.dashboard.charts import Bar
from ops.dashboard.views.rows import Runs, Sending, evidence_of, sending_row
from ops.dashboard.words import Stamp, language_tag, stamp
from ops.placed import placed_because
from ops.said import Said, joined, said, said_n
from ops.store.pages.stories import BARS, LOOKED_AT, Found, Sought

Row = Mapping[str, Any]

SPARK = (100.0, 28.0)
_TITLE, _NAME = 250, 80
_LARGEST = 10_000
_HOURS = ((24, "24h", said("24 hours")), (168, "7d", said("7 days")))
_NONE_KEPT: Row = {"looked": 0, "sources": 0, "languages": None, "language": None, "copies": 0, "grew": ()}
"""Of a story whose articles are all too old to be kept."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ToldRow:
    """A channel that is told of it: how many messages have it, and when the first was sent."""

    channel: str
    messages: Said
    first: Stamp | None


@dataclass(frozen=True, slots=True)
class StoryRow:
    """A story of the list. `bars` show how it grew from its first article to its `last`, which took `over`; a story of
    one moment has neither, and one that is too large to be counted no bars. `topics` each with how many articles came
    by it, and the address of their stories."""

    path: str
    title: str
    language: str | None
    size: Said
    sources: Said
    copies: Said | str
    languages: tuple[str, ...]
    first: Stamp
    last: Stamp | None
    over: str
    bars: tuple[Bar, ...]
    alt: Said
    topics: tuple[tuple[str, str, str], ...]
    told: tuple[ToldRow, ...]
    muted: bool


@dataclass(frozen=True, slots=True)
class View:
    """The list; `asked` is what stands in the form."""

    asked: Mapping[str, str]
    spans: tuple[tuple[Said, str, bool], ...]
    languages: tuple[str, ...]
    topics: tuple[str, ...]
    rows: tuple[StoryRow, ...]
    narrowed: bool
    no_topic: bool
    looked: bool
    further: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Why an article is in its story, as it is kept beside the article."""

    reason: str
    like_title: str | None
    like_source: str | None
    by: str
    likeness: float
    shared: Sequence[str]


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An article of the story: when it came, how long after the first, why it was put here, and where it can be taken
    `out`."""

    path: str
    out: str
    seen: Stamp
    after: str
    title: Runs
    language: str | None
    source: str
    link: str | None
    because: str
    copy: bool
    topics: tuple[str, ...]
    sendings: tuple[Sending, ...]


@dataclass(frozen=True, slots=True)
class SilenceRow:
    """What keeps the story from being told: where, from when if that is to come, until when, and who said so."""

    number: int
    channel: str
    begin: Stamp | None
    until: Stamp
    by: str
    comment: str


@dataclass(frozen=True, slots=True)
class MergedRow:
    """A story that was merged into this one, and how many articles of it are still here."""

    number: int
    title: str
    size: Said


@dataclass(frozen=True, slots=True)
class OtherStory:
    """Another story, to be chosen by its number."""

    number: int
    title: str


@dataclass(frozen=True, slots=True)
class StoryView:
    """One story."""

    number: int
    row: StoryRow
    articles: tuple[ArticleRow, ...]
    silences: tuple[SilenceRow, ...]
    merged: tuple[MergedRow, ...]
    others: tuple[OtherStory, ...]
    further: str


def sought(query: Mapping[str, str]) -> Sought:
    """What an address asks for; what cannot be understood in it asks for nothing."""
    hours = next((hours for hours, key, _ in _HOURS if key == query.get("since")), 24)
    least = query.get("least", "")
    return Sought(
        hours=hours,
        language=language_tag(query.get("language", "")) or "",
        topic=plain_text(query.get("topic", ""), 120),
        least=min(max(_number(least), 1), _LARGEST),
        before=_before(query.get("before", "")),
    )


def compose(
    wanted: Sought, found: Found, languages: Sequence[str], topics: Sequence[str], now: datetime
) -> View:
    """The page that shows what was found."""
    return View(
        asked={
            "topic": wanted.topic,
            "language": wanted.language,
            "least": str(wanted.least) if wanted.least > 1 else "",
            "since": _since(wanted),
        },
        spans=tuple(
            (word, _address(replace(wanted, hours=hours, before=None)), hours == wanted.hours)
            for hours, _, word in _HOURS
        ),
        languages=tuple(sorted({*filter(language_tag, languages), *filter(None, [wanted.language])})),
        topics=tuple(plain_text(name, 120) for name in topics),
        rows=tuple(story_row(row, now) for row in found.rows),
        narrowed=bool(wanted.topic or wanted.language or wanted.least > 1 or wanted.before),
        no_topic=found.no_topic,
        looked=found.looked,
        further=_address(replace(wanted, before=found.further)) if found.further else "",
    )


def story_row(row: Row, now: datetime) -> StoryRow:
    """A story as `ops.store.pages.stories` reads it."""
    spread = row["spread"] or _NONE_KEPT
    several, counted = row["last_at"] > row["first_at"], spread["looked"] < LOOKED_AT
    over = span((row["last_at"] - row["first_at"]).total_seconds())
    grown = _grown(spread["grew"])
    sources, copies = said_n("{n} source", "{n} sources", spread["sources"]), spread["copies"]
    return StoryRow(
        path=f"/stories/{row['id']}",
        title=plain_text(row["title"], _TITLE) or said("(without a title)"),
        language=language_tag(spread["language"]),
        size=said_n("{n} article", "{n} articles", row["articles"]),
        sources=sources if counted else said("at least {sources}", sources=sources),
        copies=said_n("{n} is a copy", "{n} are copies", copies) if copies else "",
        languages=tuple(filter(None, map(language_tag, spread["languages"] or ()))),
        first=stamp(row["first_at"], now),
        last=stamp(row["last_at"], now) if several else None,
        over=over,
        bars=charts.bars(grown, *SPARK) if several and counted else (),
        alt=said(
            "It grew to {articles} in {span}",
            articles=said_n("{n} article", "{n} articles", grown[-1]),
            span=over,
        ),
        topics=tuple(
            (
                plain_text(topic["topic"], _NAME),
                f"{topic['articles']:,}",
                f"/stories?{urlencode({'topic': topic['topic']})}",
            )
            for topic in row["topics"]
        ),
        told=tuple(_told(each, now) for each in row["told"]),
        muted=any(silence["channel"] is None and silence["holds"] for silence in row["silences"]),
    )


def _grown(bars: Sequence[int]) -> tuple[int, ...]:
    """How many articles there were at the end of each bar."""
    came = Counter(bars)
    return tuple(accumulate(came[bar] for bar in range(1, BARS + 1)))


def _told(row: Row, now: datetime) -> ToldRow:
    first = stamp(row["first_at"], now) if row["first_at"] else None
    messages = (
        said_n("{n} message", "{n} messages", row["sent"])
        if row["sent"] == row["messages"]
        else said("{sent} of {all} sent", sent=row["sent"], all=row["messages"])
    )
    return ToldRow(plain_text(row["channel"], _NAME), messages, first)


def one(
    row: Row,
    articles: Sequence[Row],
    further: int | None,
    now: datetime,
    merged: Sequence[Row] = (),
    others: Sequence[Row] = (),
) -> StoryView:
    """The page of one story, with this part of its articles, the stories that were merged into it, and others that
    could be."""
    return StoryView(
        number=row["id"],
        row=story_row(row, now),
        articles=tuple(_article(each, row, now) for each in articles),
        merged=tuple(
            MergedRow(
                each["id"],
                plain_text(each["title"], _TITLE) or said("(without a title)"),
                said_n("{n} article", "{n} articles", each["articles"]),
            )
            for each in merged
        ),
        others=others_to_choose(others),
        silences=tuple(
            SilenceRow(
                number=silence["id"],
                channel=plain_text(silence["channel"] or "", _NAME),
                begin=None if silence["holds"] else stamp(silence["from_at"], now),
                until=stamp(silence["until_at"], now),
                by=plain_text(silence["made_by"], _NAME),
                comment=plain_text(silence["comment"], 200),
            )
            for silence in row["silences"]
        ),
        further=f"/stories/{row['id']}?after={further}" if further is not None else "",
    )


def others_to_choose(others: Sequence[Row]) -> tuple[OtherStory, ...]:
    """Stories as they are offered beside a field for one."""
    return tuple(OtherStory(each["id"], plain_text(each["title"], 120)) for each in others)


def _article(row: Row, story: Row, now: datetime) -> ArticleRow:
    why = row["why"] or {}
    _, _, marks = show_why([evidence_of(match) for match in row["matches"]])
    title = tuple(runs(row["title"], marks, _TITLE))
    placed = Placed(
        why.get("reason", ""),
        row["like_title"],
        row["like_source"],
        why.get("by", ""),
        why.get("likeness", 0.0),
        why.get("shared", ()),
    )
    late = (row["seen_at"] - story["first_at"]).total_seconds()
    return ArticleRow(
        path=f"/articles/{row['id']}",
        out=f"/stories/{story['id']}/take-out/{row['id']}",
        seen=stamp(row["seen_at"], now),
        after=joined(("+", span(late)), "") if late > 0 else "",
        title=title if any(piece.strip() for piece, _ in title) else ((said("(without a title)"), False),),
        language=language_tag(row["language"]),
        source=plain_text(row["source"], _NAME),
        link=safe_link(row["url"]),
        because=placed_because(placed),
        copy=row["copy"],
        topics=tuple(dict.fromkeys(plain_text(match["topic"], _NAME) for match in row["matches"])),
        sendings=tuple(sending_row(sending, now) for sending in row["sendings"]),
    )


def _address(wanted: Sought) -> str:
    asked = {
        "since": _since(wanted),
        "topic": wanted.topic,
        "language": wanted.language,
        "least": str(wanted.least) if wanted.least > 1 else "",
        "before": _cursor(wanted.before) if wanted.before else "",
    }
    said_of_it = {name: value for name, value in asked.items() if value}
    return f"/stories?{urlencode(said_of_it)}" if said_of_it else "/stories"


def _since(wanted: Sought) -> str:
    return next((key for hours, key, _ in _HOURS[1:] if hours == wanted.hours), "")


def _cursor(before: tuple[datetime, int]) -> str:
    at, number = before
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}-{number}"


def _before(cursor: str) -> tuple[datetime, int] | None:
    at, _, number = cursor.partition("-")
    micros = _number(at)
    return (_EPOCH + timedelta(microseconds=micros), _number(number)) if micros else None


def _number(text: str) -> int:
    """A number of the address; 0 for what is none, or too large to be one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 17 else 0
