"""What counts as news, and that nothing is missed when transactions end in another order than they began."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from ops.dashboard.live import age_of, heard_at
from ops.dashboard.news import Memory, frame, since
from ops.store.stream import Look
from ops.windows import OVERLAP_S, Window

AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


def look(**found: object) -> Look:
    nothing = {"articles": (), "alerts": (), "deliveries": (), "ended": (), "attempts": (), "circuits": ""}
    return Look(at=AT, **{**nothing, **found})  # type: ignore[arg-type]


def test_the_first_look_is_no_news() -> None:
    memory = Memory()
    assert memory.take(look(articles=[3, 2, 1], alerts=[9]), 0.0) == {}
    assert memory.take(look(articles=[4, 3, 2, 1], alerts=[9]), 1.0) == {"articles": 1}


def test_a_lower_number_that_comes_later_is_news_too() -> None:
    memory = Memory()
    memory.take(look(articles=[1]), 0.0)
    assert memory.take(look(articles=[5, 1]), 1.0) == {"articles": 1}
    assert memory.take(look(articles=[5, 4, 1]), 60.0) == {"articles": 1}
    assert memory.take(look(articles=[5, 4, 1]), 61.0) == {}


def test_the_floor_rises_only_behind_what_has_long_been_seen() -> None:
    memory = Memory()
    memory.take(look(articles=[7]), 0.0)
    memory.take(look(articles=[8, 7]), OVERLAP_S - 1)
    assert memory.floors()["articles"] == 0
    memory.take(look(articles=[8, 7]), OVERLAP_S + 1)
    assert memory.floors()["articles"] == 7
    assert memory.take(look(articles=[8]), OVERLAP_S + 2) == {}


def test_a_window_forgets_and_still_does_not_tell_twice() -> None:
    window = Window()
    assert window.fresh(range(1, 1001), 0.0) == list(range(1, 1001))
    window.forget(OVERLAP_S + 1, OVERLAP_S, raise_floor=True)
    assert window.seen == {}
    assert window.floor == 1000
    assert window.fresh([999, 1000, 1001], OVERLAP_S + 2) == [1001]


@pytest.mark.parametrize(
    "found",
    [
        {"deliveries": [1, 2]},
        {"ended": [1]},
        {"attempts": [2 * 5 + 1]},
        {"circuits": "channel:1 dns 0"},
    ],
)
def test_whatever_becomes_of_a_delivery_is_news_of_deliveries(found: dict[str, object]) -> None:
    memory = Memory()
    memory.take(look(deliveries=[1], attempts=[2 * 5]), 0.0)
    news = memory.take(look(**{"deliveries": [1], "attempts": [2 * 5], **found}), 1.0)
    assert list(news) == ["deliveries"]


def test_a_mark_that_changes_is_news_and_one_seen_first_is_none() -> None:
    memory = Memory()
    assert memory.differing({"feeds": "a", "verdict": "x"}) == {}
    assert memory.differing({"feeds": "b", "verdict": "x"}) == {"feeds": 1}
    assert memory.differing({"feeds": "b", "verdict": "x"}) == {}


def test_who_comes_late_is_told_of_the_kinds_that_have_moved() -> None:
    newest = {"articles": AT, "alerts": None, "deliveries": AT - timedelta(minutes=3)}
    assert since(newest, AT - timedelta(seconds=1)) == ["articles"]
    assert since(newest, AT - timedelta(hours=1)) == ["articles", "deliveries"]
    assert since(newest, AT) == []


def test_an_event_is_tiny_and_its_id_is_its_time() -> None:
    told = frame("articles", 3, AT).decode()
    assert told == 'id: 1795683600000\ndata: {"kind":"articles","n":3}\n\n'
    assert heard_at(told.splitlines()[0].removeprefix("id: ")) == AT
    assert json.loads(told.splitlines()[1].removeprefix("data: "))["n"] == 3


@pytest.mark.parametrize("id_", ["", "abc", "-1", "1" * 40, "1e3", "\u0661", "999999999999999"])
def test_an_id_that_is_none_of_ours_is_no_moment(id_: str) -> None:
    assert heard_at(id_) is None


@pytest.mark.parametrize(
    ("told", "age"), [("", 0.0), ("1500", 1.5), ("-3", 0.0), ("999999999999", 3600.0), ("x", 0.0)]
)
def test_the_age_of_a_page(told: str, age: float) -> None:
    assert age_of(told) == age
