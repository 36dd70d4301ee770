"""PURE. The list of topics, and one topic with what it found: what the templates show, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from alerts.evidence import Evidence, show_why
from alerts.letter import plain_text, runs, safe_link
from ops.dashboard import charts
from ops.dashboard.charts import Bar
from ops.dashboard.views.written import Forms, languages_by_name
from ops.dashboard.words import Stamp, language_tag, stamp
from ops.said import Said, said, said_n
from ops.store.pages.topics import Places
from ops.store.topics import Heard, Standing, Version

Row = Mapping[str, Any]
Runs = tuple[tuple[str, bool], ...]

PAGE = 50
FOUND = 20
SPARK_DAYS = 14
SPANS = (14, 30)
SPARK = (100.0, 28.0)
CHART = (1000.0, 160.0)
_NAME, _TITLE, _QUOTE, _TAG, _WORD = 120, 250, 360, 40, 40
_LANGUAGES, _WORDS = 6, 4


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A topic in the list: what it found today and lately, and how many subscriptions hear of it."""

    id: int
    name: str
    tags: tuple[str, ...]
    declared: bool
    today: Said
    hears: Said
    bars: tuple[Bar, ...]
    alt: Said


@dataclass(frozen=True, slots=True)
class ListView:
    """The list of topics; `more` leads to those behind, `words` are what it was filtered by."""

    topics: tuple[TopicRow, ...]
    total: Said
    any: bool
    words: str
    more: str


@dataclass(frozen=True, slots=True)
class DayBar:
    """A day in the picture, with its label where there is room for one."""

    bar: Bar
    label: str


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A part of the whole, as a bar and in per cent."""

    word: Said | str
    share: float
    told: str


@dataclass(frozen=True, slots=True)
class Together:
    """Another topic that matches the same articles."""

    id: int
    name: str
    share: float
    told: str


@dataclass(frozen=True, slots=True)
class FoundRow:
    """An article that a topic found. `delivery` is the message by which it was told, so that it may be judged; `mine`
    what the reader said of it."""

    match: int
    article: int
    title: Runs
    link: str | None
    language: str | None
    quote: Runs
    source: str
    at: Stamp
    places: tuple[tuple[str, Said], ...]
    summary_only: bool
    delivery: str
    mine: bool | None
    judged: Said | str


@dataclass(frozen=True, slots=True)
class HeardRow:
    """A subscription that hears of the topic, and how."""

    id: int
    name: str
    how: Said
    where: str


@dataclass(frozen=True, slots=True)
class TopicView:
    """One topic."""

    id: int
    name: str
    query: tuple[str, ...]
    tags: tuple[str, ...]
    declared: bool
    version: int
    saved: Said
    saved_at: Stamp
    forms: tuple[Forms, ...]
    heard: tuple[HeardRow, ...]
    days: tuple[tuple[str, int], ...]
    bars: tuple[DayBar, ...]
    total: Said
    average: Said
    alt: Said
    spans: tuple[tuple[Said, str, bool], ...]
    places: tuple[ShareRow, ...]
    languages: tuple[ShareRow, ...]
    judged_by: Said
    together: tuple[Together, ...]
    found: tuple[FoundRow, ...]
    further: str


def first_moment(now: datetime, days: int) -> datetime:
    """When the first of so many days began (UTC), the last of which is today."""
    return datetime.combine(now.astimezone(UTC).date() - timedelta(days=days - 1), time(), UTC)


def days_of(counts: Mapping[date, int], now: datetime, days: int) -> tuple[tuple[date, int], ...]:
    """Every one of so many days with its number, today last."""
    today = now.astimezone(UTC).date()
    return tuple(
        (day, counts.get(day, 0)) for day in (today - timedelta(days=n) for n in reversed(range(days)))
    )


def list_view(
    rows: Sequence[Row],
    days: Mapping[int, Mapping[date, int]],
    hearing: Mapping[int, int],
    total: int,
    words: str,
    now: datetime,
) -> ListView:
    """The list; one row more than a page holds says that it goes on."""
    shown = rows[:PAGE]
    more = {**({"q": words} if words else {}), "after": shown[-1]["name"]} if len(rows) > PAGE else {}
    return ListView(
        topics=tuple(_listed(row, days.get(row["id"], {}), hearing.get(row["id"], 0), now) for row in shown),
        total=said_n("{n} topic", "{n} topics", total),
        any=total > 0,
        words=words,
        more=f"/topics?{urlencode(more)}" if more else "",
    )


def _listed(row: Row, counts: Mapping[date, int], hearing: int, now: datetime) -> TopicRow:
    numbers = [n for _, n in days_of(counts, now, SPARK_DAYS)]
    return TopicRow(
        id=row["id"],
        name=plain_text(row["name"], _NAME),
        tags=_tags(row["tags"]),
        declared=row["declared"],
        today=said_n("{n} match today", "{n} matches today", numbers[-1]),
        hears=said_n("{n} subscription", "{n} subscriptions", hearing)
        if hearing
        else said("nobody hears of it"),
        bars=charts.bars(numbers, *SPARK),
        alt=said_n("{n} match in 14 days", "{n} matches in 14 days", sum(numbers)),
    )


def _tags(tags: Sequence[str]) -> tuple[str, ...]:
    return tuple(plain_text(tag, _TAG) for tag in tags[:10])


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """What was read for one topic's page."""

    topic: Standing
    version: Version
    heard: Sequence[Heard]
    days: Mapping[date, int]
    places: Places
    together: Sequence[Row]
    found: Sequence[Row]
    judged: Mapping[int, Row]
    forms: tuple[Forms, ...]


def topic_view(facts: TopicFacts, span: int, now: datetime) -> TopicView:
    """The page of one topic, with `span` days in its picture."""
    topic = facts.topic.topic
    days = days_of(facts.days, now, span)
    total = sum(n for _, n in days)
    most = max(days, key=lambda day: day[1])
    address = f"/topics/{facts.topic.id}"
    return TopicView(
        id=facts.topic.id,
        name=plain_text(topic.name, _NAME),
        query=tuple(topic.query.split("\n")),
        tags=_tags(topic.tags),
        declared=facts.topic.declared,
        version=facts.topic.version,
        saved=saved_by(facts.version),
        saved_at=stamp(facts.version.at, now),
        forms=facts.forms,
        heard=tuple(map(_heard, facts.heard)),
        days=tuple((_day(day), n) for day, n in days),
        bars=_bars(days),
        total=said_n("{n} article", "{n} articles", total),
        average=said("about {n} a day", n=_average(total, span)),
        alt=said(
            "Matches day by day over {days} days; the most, {n}, on {day}",
            days=span,
            n=most[1],
            day=_day(most[0]),
        ),
        spans=tuple((said("{n} days", n=each), f"{address}?days={each}", each == span) for each in SPANS),
        places=_places(facts.places),
        languages=_languages(facts.places),
        judged_by=said_n("the newest {n} match", "the newest {n} matches", facts.places.matches),
        together=_together(facts.together, facts.places.matches),
        found=tuple(found_row(row, facts.judged.get(row["article_id"]), now) for row in facts.found[:FOUND]),
        further=f"{address}?days={span}&before={facts.found[FOUND - 1]['id']}#found"
        if len(facts.found) > FOUND
        else "",
    )


def saved_by(version: Version) -> Said:
    """Who saved a version, as far as anybody knows."""
    if version.by is None:
        return said("version {n}", n=version.number)
    return said("version {n}, saved by {who}", n=version.number, who=plain_text(version.by, 80))


def _average(total: int, days: int) -> str:
    whole = total / days
    return f"{whole:.0f}" if whole >= 10 or whole == int(whole) else f"{whole:.1f}"


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _bars(days: Sequence[tuple[date, int]]) -> tuple[DayBar, ...]:
    """A bar for every day that has any."""
    width = CHART[0] / len(days)
    top = max((n for _, n in days), default=0) or 1
    return tuple(
        DayBar(
            Bar(round(place * width + width * 0.14, 2), round(CHART[1] * (1 - n / top), 2), round(width * 0.72, 2),
                round(CHART[1] * n / top, 2)),
            f"{_day(day)}: {n:,}",
        )
        for place, (day, n) in enumerate(days)
        if n
    )  # fmt: skip


def _places(places: Places) -> tuple[ShareRow, ...]:
    beside = places.matches - places.in_title
    return tuple(
        ShareRow(word, n / places.matches, f"{n / places.matches:.0%}")
        for word, n in ((said("Title"), places.in_title), (said("Text only"), beside))
        if places.matches
    )


def _languages(places: Places) -> tuple[ShareRow, ...]:
    ranked = sorted(places.languages.items(), key=lambda each: (-each[1], each[0]))[:_LANGUAGES]
    return tuple(
        ShareRow(languages_by_name(code), n / places.matches, f"{n / places.matches:.0%}")
        for code, n in ranked
    )


def _together(rows: Sequence[Row], matches: int) -> tuple[Together, ...]:
    return tuple(
        Together(row["id"], plain_text(row["name"], _NAME), min(row["n"] / matches, 1.0), f"{row['n']:,}")
        for row in rows
        if matches
    )


def _heard(heard: Heard) -> HeardRow:
    how = said("by its name") if heard.by_name else said("by a tag")
    where = ", ".join(plain_text(channel, 60) for channel in heard.channels[:5])
    return HeardRow(heard.id, plain_text(heard.name, _NAME), how, where)


def found_row(row: Row, judged: Row | None, now: datetime) -> FoundRow:
    """A match with its marked sentence, and what people said of it."""
    spans = tuple((start, end) for field, start, end, _ in row["hits"] if field == "title")
    marks = tuple((start, end) for start, end in row["quote"]["marks"])
    quote, quoted, in_title = show_why([Evidence(spans, row["quote"]["field"], row["quote"]["text"], marks)])
    return FoundRow(
        match=row["id"],
        article=row["article_id"],
        title=title_runs(row["title"], in_title),
        link=safe_link(row["url"]),
        language=language_tag(row["language"]),
        quote=tuple(runs(quote, quoted, _QUOTE)),
        source=plain_text(row["source"], 80),
        at=stamp(row["at"], now),
        places=_words(row["hits"]),
        summary_only=row["summary_only"],
        delivery="" if row["delivery"] is None else str(row["delivery"]),
        mine=None if judged is None else judged["mine"],
        judged=_judged(judged),
    )


def title_runs(title: str, marks: Sequence[tuple[int, int]]) -> Runs:
    """A title in pieces; never empty."""
    pieces = tuple(runs(title, marks, _TITLE))
    return pieces if any(piece.strip() for piece, _ in pieces) else ((said("(without a title)"), False),)


def _words(hits: Sequence[Sequence[Any]]) -> tuple[tuple[str, Said], ...]:
    """The words that matched, those of the title first, each once."""
    found: dict[str, dict[str, str]] = {"title": {}, "body": {}}
    for field, _, _, word in hits:
        if field in found and not (field == "body" and word.casefold() in found["title"]):
            found[field].setdefault(word.casefold(), plain_text(word, _WORD))
    places = {"title": said("in the title"), "body": said("in the text")}
    return tuple(
        (", ".join(list(words.values())[:_WORDS]), places[field]) for field, words in found.items() if words
    )


def _judged(judged: Row | None) -> Said | str:
    if judged is None or not judged["relevant"] + judged["beside"]:
        return ""
    return said("{yes} said relevant, {no} not", yes=judged["relevant"], no=judged["beside"])
