"""PURE. The overview as one value: what the template shows, and nothing that it would have to work out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ops.dashboard import charts
from ops.dashboard.charts import Bar, Curve
from ops.dashboard.views.rows import AlertRow, DeliveryRow, FeedRow, alert_row, delivery_row, feed_row
from ops.dashboard.views.todo import Task, tasks
from ops.dashboard.words import Shape, Stamp, State, stamp
from ops.store.audit import Audit
from ops.store.overview import Lag, Overview, Queue
from ops.verdict import DESK_LATE_S, assurance, count, span, verdict

Row = Mapping[str, Any]

SPARK = (100.0, 28.0)
CHART = (1000.0, 200.0)
DESKS = {
    "poll": ("Poll", "feeds polled"),
    "read": ("Read", "articles read"),
    "plan": ("Plan", "matches planned"),
    "send": ("Send", "messages sent"),
}
_SCALES = (10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was read for one view."""

    overview: Overview
    ledger: Audit | None
    hours: Sequence[Row]
    alerts: Sequence[Row]
    deliveries: Sequence[Row]
    attempts: Mapping[int, Sequence[Row]]
    feeds: Sequence[Row]
    circuits: Sequence[Row]
    unsent: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit and what it compares to; `bars` or `shares` picture it."""

    label: str
    values: tuple[tuple[str, str], ...]
    detail: str
    bars: tuple[Bar, ...] = ()
    shares: tuple[tuple[Shape, Bar], ...] = ()
    alt: str = ""


@dataclass(frozen=True, slots=True)
class DeskCard:
    """A desk of the pipeline: what it did in the last hour, what waits, and for how long."""

    name: str
    does: str
    done: str
    waiting: str
    oldest: str
    state: State


@dataclass(frozen=True, slots=True)
class Chart:
    """Seconds from publication to alert, hour by hour."""

    median: Curve
    late: Curve
    scale: tuple[str, str, str]
    hours: tuple[str, ...]
    alt: str


@dataclass(frozen=True, slots=True)
class View:
    """The whole page."""

    at: Stamp
    clock: str
    level: Shape
    sentence: str
    because: str
    figures: tuple[Figure, ...]
    desks: tuple[DeskCard, ...]
    chart: Chart | None
    tasks: tuple[Task, ...]
    alerts: tuple[AlertRow, ...]
    deliveries: tuple[DeliveryRow, ...]
    feeds: tuple[FeedRow, ...]
    feeds_total: int
    failing: int
    articles: str


def compose(facts: Facts) -> View:
    """The page that these facts make; the time is the facts' own."""
    now = facts.overview
    level, sentence = verdict(now)
    failing = now.feeds.get("failing", 0) + now.feeds.get("gone", 0)
    return View(
        at=stamp(now.at, now.at),
        clock=f"{now.at:%H:%M:%S} UTC",
        level=level,
        sentence=sentence,
        because=assurance(now, facts.ledger),
        figures=_figures(now, facts.hours),
        desks=tuple(_desk(name, now.desks.get(name, Queue(0, 0.0))) for name in DESKS),
        chart=_chart(facts.hours),
        tasks=tuple(tasks(now, facts.ledger, facts.circuits, facts.unsent, facts.feeds)),
        alerts=tuple(alert_row(row, now.at) for row in facts.alerts),
        deliveries=tuple(
            delivery_row(row, facts.attempts.get(row["id"], ()), now.at) for row in facts.deliveries
        ),
        feeds=tuple(feed_row(row, now.at) for row in facts.feeds),
        feeds_total=sum(now.feeds.values()),
        failing=failing,
        articles=count(now.articles_24h, "article"),
    )


def _figures(now: Overview, hours: Sequence[Row]) -> tuple[Figure, ...]:
    return (
        _lag("Publication to alert", now.published_to_sent, "from the site's own time"),
        _lag("Seen to sent", now.seen_to_sent, "our own part of it"),
        _feeds(now),
        _articles(now, hours),
        _oldest(now),
    )


def _lag(label: str, lag: Lag, meaning: str) -> Figure:
    if lag.p50 is None or lag.p95 is None:
        return Figure(label, (("–", ""),), "no alert in 24 hours")
    values = ((span(lag.p50), "median"), (span(lag.p95), "p95"))
    return Figure(label, values, f"{meaning}, {count(lag.n, 'alert')}")


def _feeds(now: Overview) -> Figure:
    answering, total = now.feeds.get("ok", 0), sum(now.feeds.values())
    silent = min(now.silent, answering)
    well = answering - silent
    parts: tuple[tuple[Shape, str, int], ...] = (
        ("ok", "ok", well),
        ("slow", "silent", silent),
        ("off", "new", now.feeds.get("new", 0)),
        ("bad", "failing", now.feeds.get("failing", 0)),
        ("bad", "gone", now.feeds.get("gone", 0)),
    )
    drawn = charts.shares([n for _, _, n in parts], *SPARK)
    detail = ", ".join(f"{n:,} {word}" for shape, word, n in parts if n and shape != "ok")
    return Figure(
        "Feeds healthy",
        ((f"{well:,}", f"of {total:,}"),),
        detail or ("all of them" if total else "none yet"),
        shares=tuple((shape, bar) for (shape, _, n), bar in zip(parts, drawn, strict=True) if n),
        alt=", ".join(f"{n} {word}" for _, word, n in parts if n) or "no feeds",
    )


def _articles(now: Overview, hours: Sequence[Row]) -> Figure:
    counts = [row["articles"] for row in hours]
    return Figure(
        "Articles in 24 hours",
        ((f"{now.articles_24h:,}", "read"),),
        f"{now.matched_24h:,} matched, {count(now.sent_24h, 'message')} sent",
        bars=charts.bars(counts, *SPARK),
        alt=f"Articles read per hour over 24 hours, at most {max(counts, default=0)}",
    )


def _oldest(now: Overview) -> Figure:
    name, queue = max(now.desks.items(), key=lambda desk: desk[1].oldest_s, default=("", Queue(0, 0.0)))
    waiting = sum(desk.waiting for desk in now.desks.values())
    if not waiting:
        return Figure("Oldest waiting", (("0 s", ""),), "nothing waits")
    detail = f"at the {name} desk; {waiting:,} waiting in all"
    return Figure("Oldest waiting", ((span(queue.oldest_s), ""),), detail)


def _desk(name: str, queue: Queue) -> DeskCard:
    title, does = DESKS[name]
    late = queue.oldest_s > DESK_LATE_S
    state = State("slow", "behind") if late else State("ok", "keeping up")
    oldest = span(queue.oldest_s) if queue.waiting else "–"
    return DeskCard(title, does, f"{queue.done_1h:,}", f"{queue.waiting:,}", oldest, state)


def _chart(hours: Sequence[Row]) -> Chart | None:
    """None where nothing was told in these hours."""
    told = [row["p95"] for row in hours if row["p95"] is not None]
    if not told:
        return None
    top = float(next((scale for scale in _SCALES if scale >= max(told)), max(told)))
    worst = max((row for row in hours if row["p95"] is not None), key=lambda row: row["p95"])
    return Chart(
        median=charts.curve([row["p50"] for row in hours], top, *CHART),
        late=charts.curve([row["p95"] for row in hours], top, *CHART),
        scale=(span(top), span(top / 2), "0"),
        hours=tuple(f"{row['at']:%H:%M}" for row in hours),
        alt=(
            f"Time from publication to alert, hour by hour over 24 hours. The slowest 95th percentile was "
            f"{span(worst['p95'])} in the hour from {_hour(worst['at'])}."
        ),
    )


def _hour(at: datetime) -> str:
    return f"{at:%H:%M} UTC"
