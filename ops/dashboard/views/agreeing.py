"""PURE. What was counted a while ago beside what is read now: the overview must not say two things of one.

Everything on the page is read at one moment, but for what goes through much: the figures of the day and of the stretch,
and topics by their matches. Those are remembered for some seconds. Numbers that are known afresh anyway take their
place, and what the rest of the page refutes is looked up again at that same moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ops.dashboard.views.overview import Facts
from ops.store.overview import Overview, Queue
from ops.store.pages.overview import Panels, Trend

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def refuted_trend(facts: Facts) -> bool:
    """Whether the remembered figures know of no alert where the page shows some."""
    trend = facts.trend
    if trend is None or trend.p50 is not None:
        return False
    return any(row["published_at"] or trend.seen_p50 is None for row in _told(facts, facts.stretch.length))


def refuted_day(facts: Facts) -> bool:
    """Whether the remembered day knows of no message where the page shows some."""
    told = facts.overview.seen_to_sent.n and facts.overview.sent_24h
    return not told and any(True for _ in _told(facts, _DAY))


def refuted_panels(facts: Facts, most: int) -> bool:
    """Whether the page shows a topic's matches of today that the remembered panel, of at most so many, leaves out."""
    if facts.panels is None:
        return False
    listed = {row["name"] for row in facts.panels.topics if row["today"]}
    return len(listed) < most and bool(_matched(facts).keys() - listed)


def agreed(facts: Facts) -> Facts:
    """The same with every remembered number as the rest of the page has it."""
    facts = replace(facts, overview=_overview(facts))
    return replace(facts, trend=_trend(facts), panels=_panels(facts))


def _overview(facts: Facts) -> Overview:
    """A day has no less than its last hour, and than what is shown of it."""
    now = facts.overview
    began = now.at - _DAY
    return replace(
        now,
        articles_24h=max(now.articles_24h, _done(now, "read")),
        sent_24h=max(now.sent_24h, _done(now, "send")),
        matched_24h=max(now.matched_24h, sum(row["seen_at"] > began for row in facts.alerts)),
    )


def _trend(facts: Facts) -> Trend | None:
    trend, now, length = facts.trend, facts.overview, facts.stretch.length
    if trend is None:
        return None
    if length == _DAY:
        return _of_the_day(trend, now)
    if length == _HOUR:
        return replace(trend, articles=_done(now, "read"), sent=_done(now, "send"))
    return replace(
        trend,
        articles=max(trend.articles, now.articles_24h),
        sent=max(trend.sent, now.sent_24h),
        alerts=max(trend.alerts, now.published_to_sent.n),
    )


def _of_the_day(trend: Trend, now: Overview) -> Trend:
    """A day's figures are read afresh for the verdict."""
    return replace(
        trend,
        articles=now.articles_24h,
        sent=now.sent_24h,
        alerts=now.published_to_sent.n,
        p50=now.published_to_sent.p50,
        p95=now.published_to_sent.p95,
        seen_p50=now.seen_to_sent.p50,
    )


def _done(now: Overview, desk: str) -> int:
    return now.desks.get(desk, Queue(0, 0.0)).done_1h


def _panels(facts: Facts) -> Panels | None:
    """No topic has fewer matches today than are shown."""
    if facts.panels is None:
        return None
    shown = _matched(facts)
    topics = [{**row, "today": max(row["today"], shown[row["name"]])} for row in facts.panels.topics]
    return replace(facts.panels, topics=topics)


def _matched(facts: Facts) -> Counter[str]:
    """By topic the articles of today among the alerts that are shown."""
    began = facts.overview.at - _DAY
    topics = ({match["topic"] for match in row["evidence"]} for row in facts.alerts if row["seen_at"] > began)
    return Counter(topic for each in topics for topic in each)


def _told(facts: Facts, length: timedelta) -> Iterator[Any]:
    """The shown alerts that were told at once within this time."""
    began = facts.overview.at - length
    for row in facts.alerts:
        for each in row["sendings"]:
            if (
                each["kind"] == "article"
                and each["state"] == "sent"
                and each["ended_at"]
                and each["ended_at"] > began
            ):
                yield row
                break
