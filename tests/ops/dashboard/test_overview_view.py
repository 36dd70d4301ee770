"""The overview's figures in words: shares, comparisons, bars, and where a button may lead."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ops.dashboard.views.overview import Facts, View, compose, stretch_of
from ops.store.day import Lag
from ops.store.overview import Overview, Queue
from ops.store.pages.overview import Bin, Panels, Stages, Trend

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
WELL = Overview(
    at=NOW,
    feeds={"ok": 3},
    desks={name: Queue(0, 0.0) for name in ("poll", "read", "plan", "send")},
    seen_to_sent=Lag(2.0, 5.0, 62),
    published_to_sent=Lag(47.0, 161.0, 62),
    articles_24h=7200,
    matched_24h=62,
    sent_24h=1,
    held=0,
    failed=0,
    in_doubt=0,
    circuits={},
    tick_age_s=0.4,
)
TREND = Trend([Bin(NOW, 9, 2, 40.0, 600.0)], 2, 40.0, 161.0, 3.0, 0.992, 120, 44, None, None)
FACTS = Facts(WELL, None, Stages(), (), (), {}, (), (), (), trend=TREND)


def seen(**facts: object) -> View:
    return compose(replace(FACTS, **facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(("key", "chosen"), [("7d", "7d"), ("", "24h"), ("<script>", "24h"), ("1H", "24h")])
def test_a_stretch_that_there_is_none_of_is_the_usual_one(key: str, chosen: str) -> None:
    assert stretch_of(key).key == chosen


@pytest.mark.parametrize(
    ("within", "shown"),
    [(0.992, "99.2 %"), (0.99999, "99.9 %"), (1.0, "100 %"), (0.5, "50 %"), (0.0, "0 %")],
)
def test_all_is_said_only_of_all(within: float, shown: str) -> None:
    lag = seen(trend=replace(TREND, within=within)).figures[0]
    assert lag.detail == f"{shown} within 5 min; our own part 3 s"


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (None, "62 matched today"),
        (9, "62 matched today"),
        (100, "20 % more than the same a week ago"),
        (119, "as many as the same a week ago"),
        (160, "25 % less than the same a week ago"),
        (20, "6.0 times the same a week ago"),
    ],
)
def test_numbers_are_compared_where_there_was_enough(before: int | None, words: str) -> None:
    assert seen(trend=replace(TREND, articles_before=before)).figures[2].detail == words


def test_what_is_still_being_counted_is_said_to_be() -> None:
    view = seen(trend=None)
    assert (view.counting, view.chart) == (True, None)
    assert [figure.detail for figure in view.figures[2:4]] == ["being counted", "being counted"]


def test_the_goal_is_drawn_where_the_picture_reaches_it() -> None:
    assert seen().chart.goal == 100.0  # type: ignore[union-attr]
    quick = replace(TREND, bins=[Bin(NOW, 9, 2, 4.0, 6.0)])
    assert seen(trend=quick).chart.goal is None  # type: ignore[union-attr]


def test_a_topic_that_has_far_more_than_usual_stands_out_and_none_does_by_three_matches() -> None:
    def topic(name: str, today: int, usual: float | None) -> dict[str, object]:
        return {"id": 1, "name": name, "today": today, "before": 9, "usual": usual, "days": 7.0}

    rows = [
        topic("War", 40, 10.0),
        topic("Nickel", 3, 1.0),
        topic("New\u202e", 12, None),
        topic("Calm", 12, 11),
    ]
    shares = seen(panels=Panels(rows, ())).topics
    assert [(share.name, share.more) for share in shares] == [
        ("War", True),
        ("Nickel", False),
        ("New", False),
        ("Calm", False),
    ]
    assert [share.alt for share in shares] == ["usually 10", "usually 1", "", "usually 11"]


@pytest.mark.parametrize(
    ("facts", "shape", "word"),
    [
        ({}, "ok", "open"),
        ({"sent": 0}, "off", "nothing sent"),
        ({"paused_until": NOW + timedelta(minutes=1)}, "slow", "asked for a pause"),
        ({"reason": "http_410"}, "bad", "it is gone for good (410)"),
    ],
)
def test_a_channel_is_shown_with_how_it_is(facts: dict[str, object], shape: str, word: str) -> None:
    row = {"name": "desk", "kind": "webhook", "sent": 3, "reason": None, "paused_until": None, **facts}
    (share,) = seen(channels=[row]).channels
    assert share.state is not None
    assert (share.state.shape, share.state.word) == (shape, word)


def test_a_desk_that_nobody_serves_says_so_in_the_strip() -> None:
    signs = [{"part": "worker:a:1", "age_s": 1.0, "queues": ["tick", "poll", "read", "plan"]}]
    desks = seen(overview=replace(WELL, signs=signs)).desks
    assert [desk.state.word for desk in desks] == ["keeping up"] * 3 + ["nobody works here"]


def test_the_strip_tells_the_share_of_what_went_wrong_and_no_share_of_nothing() -> None:
    did = Stages(polled=200, unchanged=142, read=50, summary_only=1, read_p95=2.4)
    figures = [{str(word): figure for word, figure, _ in desk.figures} for desk in seen(stages=did).desks]
    assert (figures[0]["Unchanged"], figures[1]["Summary only"], figures[1]["p95"]) == (
        "71 %",
        "2 %",
        "2.4 s",
    )
    assert (figures[2]["Kept back"], figures[3]["Not accepted"], figures[3]["p95"]) == ("–", "–", "–")
