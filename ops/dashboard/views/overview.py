"""PURE. The overview as one value: what the template shows, and nothing that it would have to work out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts.letter import plain_text
from ops.amounts import count, span
from ops.causes import cause
from ops.dashboard import charts
from ops.dashboard.charts import Bar, Curve
from ops.dashboard.views.rows import (
    AlertRow,
    DeliveryRow,
    FeedRow,
    alert_row,
    delivery_row,
    feed_row,
    name_of,
)
from ops.dashboard.views.todo import Task, tasks
from ops.dashboard.words import Shape, Stamp, State, stamp
from ops.said import Said, joined, said, said_n
from ops.store.audit import Audit
from ops.store.overview import Overview, Queue
from ops.store.pages.overview import GOAL_S, Bin, Panels, Stages, Trend
from ops.verdict import DESK_LATE_S, Level, assurance, behind, deserted, verdict

Row = Mapping[str, Any]

SPARK = (100.0, 28.0)
CHART = (1000.0, 200.0)
_SCALES = (10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400)
_TICKS = 6


@dataclass(frozen=True, slots=True)
class Stretch:
    """A length of time that the overview may show, in parts of `step`, compared to the same length `shift` earlier.
    What was found for it is kept for `fresh_s`."""

    key: str
    word: Said
    whole: Said
    earlier: Said
    length: timedelta
    step: timedelta
    shift: timedelta
    fresh_s: float
    pattern: str


_DAY = timedelta(days=1)
STRETCHES = (
    Stretch(
        "1h",
        said("1 h"),
        said("one hour"),
        said("this hour a week ago"),
        timedelta(hours=1),
        timedelta(minutes=5),
        7 * _DAY,
        10,
        "%H:%M",
    ),
    Stretch(
        "24h",
        said("24 h"),
        said("24 hours"),
        said("the same a week ago"),
        _DAY,
        timedelta(hours=1),
        7 * _DAY,
        30,
        "%H:%M",
    ),
    Stretch(
        "7d",
        said("7 d"),
        said("7 days"),
        said("the 7 days before"),
        7 * _DAY,
        _DAY / 4,
        7 * _DAY,
        120,
        "%-d %b",
    ),
    Stretch(
        "30d",
        said("30 d"),
        said("30 days"),
        said("the 30 days before"),
        30 * _DAY,
        _DAY,
        30 * _DAY,
        300,
        "%-d %b",
    ),
)
USUAL = STRETCHES[1]
LEVELS: Mapping[Level, Said] = {"ok": said("All well"), "slow": said("Slow"), "bad": said("Needs a person")}


def stretch_of(key: str) -> Stretch:
    """The stretch of this key in the address; 24 hours where there is none."""
    return next((stretch for stretch in STRETCHES if stretch.key == key), USUAL)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was read for one view."""

    overview: Overview
    ledger: Audit | None
    stages: Stages
    alerts: Sequence[Row]
    deliveries: Sequence[Row]
    attempts: Mapping[int, Sequence[Row]]
    feeds: Sequence[Row]
    circuits: Sequence[Row]
    unsent: Sequence[Row]
    channels: Sequence[Row] = ()
    stretch: Stretch = USUAL
    trend: Trend | None = None
    panels: Panels | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit and what it compares to; `bars` or `shares` picture it."""

    label: Said
    values: tuple[tuple[Said | str, Said | str], ...]
    detail: Said | str
    bars: tuple[Bar, ...] = ()
    shares: tuple[tuple[Shape, Bar], ...] = ()
    alt: Said | str = ""


@dataclass(frozen=True, slots=True)
class DeskCard:
    """A desk of the pipeline in figures, each with its word: what it did in the last hour, what waits and for how long,
    how quick it is, and what goes wrong at this desk alone. `hot` figures say that it is behind; `load` is the share of
    the time allowed that the oldest has waited."""

    name: Said
    figures: tuple[tuple[Said, Said | str, bool], ...]
    state: State
    load: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Seconds from publication to alert, part by part; `goal` is the height of what is aimed at, None where it is above
    the picture."""

    median: Curve
    late: Curve
    scale: tuple[Said | str, ...]
    goal: float | None
    ticks: tuple[Said | str, ...]
    alt: Said


@dataclass(frozen=True, slots=True)
class Share:
    """A line of a panel: a name with its number, as a part of the longest line; `usual` is the place of a mark."""

    name: str
    number: str
    share: float
    usual: float | None = None
    more: bool = False
    state: State | None = None
    alt: Said | str = ""


@dataclass(frozen=True, slots=True)
class View:
    """The whole page."""

    at: Stamp
    clock: str
    level: Shape
    word: Said
    sentence: Said
    because: Said
    figures: tuple[Figure, ...]
    stretches: tuple[tuple[Said, str, bool], ...]
    stretch: Said
    desks: tuple[DeskCard, ...]
    chart: Chart | None
    counting: bool
    topics: tuple[Share, ...]
    together: tuple[Share, ...]
    together_of: str
    channels: tuple[Share, ...]
    tasks: tuple[Task, ...]
    alerts: tuple[AlertRow, ...]
    deliveries: tuple[DeliveryRow, ...]
    feeds: tuple[FeedRow, ...]
    feeds_total: int
    failing: int
    articles: Said
    offered: Collection[str]


def compose(facts: Facts, offered: Collection[str] = ()) -> View:
    """The page that these facts make; the time is the facts' own. `offered` are the pages there are to lead to."""
    now = facts.overview
    level, sentence = verdict(now)
    failing = now.feeds.get("failing", 0) + now.feeds.get("gone", 0)
    panels = facts.panels or Panels((), ())
    return View(
        at=stamp(now.at, now.at),
        clock=f"{now.at:%H:%M:%S} UTC",
        level=level,
        word=LEVELS[level],
        sentence=sentence,
        because=assurance(now, facts.ledger),
        figures=_figures(facts),
        stretches=tuple(
            (each.word, "/" if each is USUAL else f"/?range={each.key}", each is facts.stretch)
            for each in STRETCHES
        ),
        stretch=facts.stretch.whole,
        desks=_desks(now, facts.stages),
        chart=_chart(facts.trend, facts.stretch),
        counting=facts.trend is None,
        tasks=tuple(tasks(now, facts.ledger, facts.circuits, facts.unsent, facts.feeds, offered)),
        alerts=tuple(alert_row(row, now.at) for row in facts.alerts),
        deliveries=tuple(
            delivery_row(row, facts.attempts.get(row["id"], ()), now.at) for row in facts.deliveries
        ),
        feeds=tuple(feed_row(row, now.at) for row in facts.feeds),
        feeds_total=sum(now.feeds.values()),
        failing=failing,
        articles=count(now.articles_24h, "article"),
        topics=_topics(panels.topics),
        together=_together(panels.together),
        together_of=name_of(panels.topics[0]["name"]) if panels.together else "",
        channels=_channels(facts.channels, now.at),
        offered=offered,
    )


def _figures(facts: Facts) -> tuple[Figure, ...]:
    now, trend, stretch = facts.overview, facts.trend, facts.stretch
    return (
        _lag(trend, stretch),
        _feeds(now),
        _articles(now, trend, stretch),
        _sent(trend, stretch),
        _oldest(now),
    )


def _lag(trend: Trend | None, stretch: Stretch) -> Figure:
    label = said("Publication to alert")
    if trend is None:
        return Figure(label, (("–", ""),), said("being counted"))
    if trend.p50 is None or trend.p95 is None:
        return Figure(label, (("–", ""),), _no_lag(trend, stretch))
    values = ((span(trend.p50), said("median")), (span(trend.p95), said("p95")))
    detail = said(
        "{share} within {goal}; our own part {own}",
        share=_percent(trend.within or 0.0),
        goal=span(GOAL_S),
        own=span(max(trend.seen_p50 or 0.0, 0.0)),
    )
    drawn = charts.bars([part.p95 or 0.0 for part in trend.bins], *SPARK)
    alt = said("The slowest twentieth, part by part over {whole}", whole=stretch.whole)
    return Figure(label, values, detail, bars=drawn, alt=alt)


def _no_lag(trend: Trend, stretch: Stretch) -> Said:
    """Why there is no time from publication to alert."""
    if trend.seen_p50 is None:
        return said("no alert in {whole}", whole=stretch.whole)
    return said("no alert in {whole} of an article with a date", whole=stretch.whole)


def _feeds(now: Overview) -> Figure:
    answering, total = now.feeds.get("ok", 0), sum(now.feeds.values())
    silent = min(now.silent, answering)
    well = answering - silent
    new, failing, gone = (now.feeds.get(state, 0) for state in ("new", "failing", "gone"))
    parts: tuple[tuple[Shape, Said, int], ...] = (
        ("ok", said("{n} ok", n=f"{well:,}"), well),
        ("slow", said("{n} silent", n=f"{silent:,}"), silent),
        ("off", said("{n} new", n=f"{new:,}"), new),
        ("bad", said("{n} failing", n=f"{failing:,}"), failing),
        ("bad", said("{n} gone", n=f"{gone:,}"), gone),
    )
    drawn = charts.shares([n for _, _, n in parts], *SPARK)
    detail = joined((word for shape, word, n in parts if n and shape != "ok"), ", ")
    return Figure(
        said("Feeds healthy"),
        ((f"{well:,}", said("of {n}", n=f"{total:,}")),),
        detail or (said("all of them") if total else said("none yet")),
        shares=tuple((shape, bar) for (shape, _, n), bar in zip(parts, drawn, strict=True) if n),
        alt=joined((word for _, word, n in parts if n), ", ") or said("no feeds"),
    )


def _articles(now: Overview, trend: Trend | None, stretch: Stretch) -> Figure:
    label = said("Articles in {whole}", whole=stretch.whole)
    if trend is None:
        return Figure(label, (("–", ""),), said("being counted"))
    matched = said("{n} matched today", n=f"{now.matched_24h:,}")
    return Figure(
        label,
        ((f"{trend.articles:,}", _per_hour(trend.articles, stretch)),),
        _compared(trend.articles, trend.articles_before, stretch) or matched,
        bars=charts.bars([part.articles for part in trend.bins], *SPARK),
        alt=said("Articles read, part by part over {whole}", whole=stretch.whole),
    )


def _sent(trend: Trend | None, stretch: Stretch) -> Figure:
    label = said("Messages in {whole}", whole=stretch.whole)
    if trend is None:
        return Figure(label, (("–", ""),), said("being counted"))
    alerts = said_n("{n} article told at once", "{n} articles told at once", trend.alerts)
    return Figure(
        label,
        ((f"{trend.sent:,}", said("sent")),),
        _compared(trend.sent, trend.sent_before, stretch) or alerts,
        bars=charts.bars([part.sent for part in trend.bins], *SPARK),
        alt=said("Messages sent, part by part over {whole}", whole=stretch.whole),
    )


def _per_hour(n: int, stretch: Stretch) -> Said:
    hours = stretch.length.total_seconds() / 3600
    return said("read, {n} an hour", n=f"{n / hours:,.0f}") if hours > 1 and n else said("read")


def _compared(n: int, before: int | None, stretch: Stretch) -> Said | None:
    """How a number compares to what it was; None where that is not known, or was too little to compare."""
    if not before or before < 10:
        return None
    change = n / before - 1
    if abs(change) < 0.02:
        return said("as many as {earlier}", earlier=stretch.earlier)
    if change > 1:
        return said("{times} times {earlier}", times=f"{n / before:,.1f}", earlier=stretch.earlier)
    if change > 0:
        return said("{share} more than {earlier}", share=_percent(change), earlier=stretch.earlier)
    return said("{share} less than {earlier}", share=_percent(-change), earlier=stretch.earlier)


def _percent(share: float) -> str:
    """ "99.2 %", and "100 %" only for all of them."""
    shown = round(share * 100, 1 if share > 0.99 else 0)
    if shown >= 100 and share < 1:
        shown = 99.9
    return f"{shown:g} %"


def _oldest(now: Overview) -> Figure:
    name, queue = max(now.desks.items(), key=lambda desk: desk[1].oldest_s, default=("", Queue(0, 0.0)))
    waiting = sum(desk.waiting for desk in now.desks.values())
    if not waiting:
        return Figure(said("Oldest waiting"), (("0 s", ""),), said("nothing waits"))
    detail = said("at the {desk} desk; {n} waiting in all", desk=name, n=f"{waiting:,}")
    return Figure(said("Oldest waiting"), ((span(queue.oldest_s), ""),), detail)


def _desks(now: Overview, did: Stages) -> tuple[DeskCard, ...]:
    """The strip of the four desks."""
    return (
        _desk(
            now,
            "poll",
            said("Poll"),
            said("Feeds polled"),
            _of(said("Unchanged"), did.unchanged, did.polled),
            (said("Failing"), f"{did.poll_failed:,}"),
        ),
        _desk(
            now,
            "read",
            said("Read"),
            said("Articles read"),
            _p95(did.read_p95),
            _of(said("Summary only"), did.summary_only, did.read),
        ),
        _desk(
            now,
            "plan",
            said("Plan"),
            said("Matches planned"),
            _p95(did.plan_p95),
            _of(said("Kept back"), did.suppressed, did.planned),
        ),
        _desk(
            now,
            "send",
            said("Send"),
            said("Messages sent"),
            _p95(did.send_p95),
            _of(said("Not accepted"), did.refused, did.tried),
        ),
    )


def _desk(now: Overview, key: str, name: Said, does: Said, *special: tuple[Said, Said | str]) -> DeskCard:
    queue = now.desks.get(key, Queue(0, 0.0))
    state = State("slow", said("behind")) if behind(key, queue) else State("ok", said("keeping up"))
    state = State("bad", said("nobody works here")) if key in deserted(now) else state
    oldest = span(queue.oldest_s) if queue.waiting else "–"
    figures = (
        (does, f"{queue.done_1h:,}", False),
        (said("Waiting"), f"{queue.waiting:,}", True),
        (said("Oldest"), oldest, True),
        *((word, figure, False) for word, figure in special),
    )
    return DeskCard(
        name, figures, state, min(queue.oldest_s / DESK_LATE_S[key], 1.0) if queue.waiting else 0.0
    )


def _p95(seconds: float | None) -> tuple[Said, Said | str]:
    return said("p95"), "–" if seconds is None else span(max(seconds, 0.0))


def _of(word: Said, n: int, all_: int) -> tuple[Said, str]:
    return word, _percent(n / all_) if all_ else "–"


def _chart(trend: Trend | None, stretch: Stretch) -> Chart | None:
    """None where nothing was told in this time."""
    told = [part for part in trend.bins if part.p95 is not None] if trend else []
    if trend is None or not told:
        return None
    worst = max(told, key=_p95_of)
    top = float(next((scale for scale in _SCALES if scale >= _p95_of(worst)), _p95_of(worst)))
    return Chart(
        median=charts.curve([part.p50 for part in trend.bins], top, *CHART),
        late=charts.curve([part.p95 for part in trend.bins], top, *CHART),
        scale=(span(top), span(top / 2), "0"),
        goal=round(CHART[1] * (1 - GOAL_S / top), 1) if top >= GOAL_S else None,
        ticks=_ticks(trend.bins, stretch),
        alt=said(
            "Time from publication to alert over {whole}. The slowest 95th percentile was {p95}, from {at}.",
            whole=stretch.whole,
            p95=span(_p95_of(worst)),
            at=f"{worst.at:%-d %b %H:%M} UTC",
        ),
    )


def _p95_of(part: Bin) -> float:
    return part.p95 or 0.0


def _ticks(bins: Sequence[Bin], stretch: Stretch) -> tuple[Said | str, ...]:
    """Times below the picture, evenly apart; the last one is now."""
    places = [round(n * (len(bins) - 1) / _TICKS) for n in range(_TICKS)]
    return (*(bins[place].at.strftime(stretch.pattern) for place in places), said("now"))


def _topics(rows: Sequence[Row]) -> tuple[Share, ...]:
    """Topics with today's matches; the mark is a usual day."""
    longest = max((max(row["today"], row["usual"] or 0) for row in rows), default=0) or 1
    return tuple(_topic(row, longest) for row in rows if row["today"] or row["before"])


def _topic(row: Row, longest: float) -> Share:
    usual = row["usual"]
    alt = "" if usual is None else said("usually {n}", n=f"{usual:,.0f}")
    return Share(
        name=name_of(row["name"]),
        number=f"{row['today']:,}",
        share=row["today"] / longest,
        usual=None if usual is None else usual / longest,
        more=usual is not None and row["today"] >= 10 and row["today"] > 1.5 * usual,
        alt=alt,
    )


def _together(rows: Sequence[Row]) -> tuple[Share, ...]:
    longest = max((row["articles"] for row in rows), default=1)
    return tuple(
        Share(name_of(row["word"]), f"{row['articles']:,}", row["articles"] / longest)
        for row in rows
        if name_of(row["word"])
    )


def _channels(rows: Sequence[Row], now: datetime) -> tuple[Share, ...]:
    longest = max((row["sent"] for row in rows), default=1) or 1
    return tuple(
        Share(name_of(row["name"]), f"{row['sent']:,}", row["sent"] / longest, state=_channel_state(row, now))
        for row in rows
    )


def _channel_state(row: Row, now: datetime) -> State:
    if row["reason"]:
        return State("bad", cause(plain_text(row["reason"], 120)))
    if row["paused_until"] and row["paused_until"] > now:
        return State("slow", said("asked for a pause"))
    return State("ok", said("open")) if row["sent"] else State("off", said("nothing sent"))
