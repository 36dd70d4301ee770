"""The overview never says two things of one: what is remembered gives way to what is read now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from ops.dashboard.views.agreeing import agreed, refuted_panels, refuted_trend
from ops.dashboard.views.overview import STRETCHES, Facts, stretch_of
from ops.store.day import Lag
from ops.store.overview import Queue
from ops.store.pages.overview import Panels
from tests.ops.dashboard.test_overview_view import FACTS, NOW, TREND, WELL

NOBODY = replace(TREND, alerts=0, p50=None, p95=None, seen_p50=None, within=None, articles=0, sent=0)


def told(ago: timedelta = timedelta(minutes=1), topic: str = "NATO", **sending: Any) -> dict[str, Any]:
    sent = {"kind": "article", "state": "sent", "ended_at": NOW - ago, **sending}
    dates = {"published_at": NOW - ago, "seen_at": NOW - ago}
    return {**dates, "evidence": [{"topic": topic}, {"topic": topic}], "sendings": [sent]}


def facts(**given: Any) -> Facts:
    return replace(FACTS, **given)


@pytest.mark.parametrize("stretch", STRETCHES, ids=lambda stretch: stretch.key)
def test_figures_without_an_alert_are_refuted_by_one_that_is_shown(stretch: Any) -> None:
    assert refuted_trend(facts(trend=NOBODY, stretch=stretch, alerts=[told()]))
    assert not refuted_trend(facts(trend=TREND, stretch=stretch, alerts=[told()]))
    assert not refuted_trend(facts(trend=NOBODY, stretch=stretch, alerts=[told(stretch.length)]))
    assert not refuted_trend(facts(trend=None, stretch=stretch, alerts=[told()]))


@pytest.mark.parametrize(
    "sending", [{"kind": "digest"}, {"state": "failed"}, {"ended_at": None, "state": "ready"}]
)
def test_what_was_not_told_at_once_refutes_nothing(sending: dict[str, Any]) -> None:
    assert not refuted_trend(facts(trend=NOBODY, alerts=[told(**sending)]))


def test_alerts_without_a_date_have_no_time_from_publication_and_that_is_no_contradiction() -> None:
    undated = {**told(), "published_at": None}
    counted = replace(NOBODY, seen_p50=2.0)
    assert not refuted_trend(facts(trend=counted, alerts=[undated]))
    assert refuted_trend(facts(trend=counted, alerts=[undated, told()]))
    assert refuted_trend(facts(trend=NOBODY, alerts=[undated]))


def test_a_days_figures_are_those_of_the_verdict() -> None:
    now = replace(
        WELL, articles_24h=7, sent_24h=3, published_to_sent=Lag(4.0, 9.0, 2), seen_to_sent=Lag(1.0, 2.0, 2)
    )
    trend = agreed(facts(overview=now)).trend
    assert trend is not None
    assert (trend.articles, trend.sent, trend.alerts, trend.p50, trend.p95, trend.seen_p50) == (
        7,
        3,
        2,
        4.0,
        9.0,
        1.0,
    )


def test_an_hours_figures_are_those_of_the_desks() -> None:
    desks = {"read": Queue(0, 0.0, done_1h=5), "send": Queue(0, 0.0, done_1h=4)}
    trend = agreed(facts(overview=replace(WELL, desks=desks), stretch=stretch_of("1h"))).trend
    assert trend is not None
    assert (trend.articles, trend.sent) == (5, 4)


@pytest.mark.parametrize("key", ["7d", "30d"])
def test_a_longer_time_never_has_less_than_its_last_day(key: str) -> None:
    now = replace(WELL, articles_24h=130, sent_24h=20, published_to_sent=Lag(4.0, 9.0, 5))
    trend = agreed(facts(overview=now, stretch=stretch_of(key))).trend
    assert trend is not None
    assert (trend.articles, trend.sent, trend.alerts) == (130, TREND.sent, 5)


def test_a_topic_has_as_many_matches_today_as_are_shown() -> None:
    rows = [{"id": 1, "name": "NATO", "today": 1, "usual": None, "before": 0, "days": None}]
    shown = [told(), told(), told(timedelta(days=2)), told(topic="Air")]
    panels = agreed(facts(panels=Panels(rows, ()), alerts=shown)).panels
    assert panels is not None
    assert panels.topics[0]["today"] == 2


def test_a_short_list_of_topics_is_refuted_by_a_topic_that_it_lacks() -> None:
    rows = [{"name": "NATO", "today": 1}, {"name": "Air", "today": 0}]
    assert not refuted_panels(facts(panels=Panels(rows, ()), alerts=[told()]), 6)
    assert refuted_panels(facts(panels=Panels(rows, ()), alerts=[told(topic="Air")]), 6)
    assert not refuted_panels(facts(panels=Panels(rows, ()), alerts=[told(topic="Air")]), 1)
    assert not refuted_panels(facts(panels=None, alerts=[told()]), 6)


def test_an_alert_that_was_just_told_is_in_all_panels_at_once(site: Any, world: Any, engine: Engine) -> None:
    visitor = site.known_visitor()
    for key in ("", "?range=1h", "?range=7d", "?range=30d"):
        assert "no alert in" in visitor.get(f"/{key}").text
    with world() as news:
        news.tick()
        news.story()
        news.connection.execute(text("UPDATE deliveries SET kind = 'article'"))
    for key in ("", "?range=1h", "?range=7d", "?range=30d"):
        page = visitor.get(f"/{key}").text
        assert "no alert in" not in page, key
        assert "of-topics" in page, key
    with engine.begin() as connection:
        connection.execute(text("UPDATE deliveries SET state = 'failed', reason = 'refused'"))
    page = visitor.get("/").text
    assert '<span class="n bad">1 failed</span>' in page
