"""How far an article of our own came, and what it means if it stays away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.self_test import (
    GIVE_UP_S,
    Round,
    SelfTest,
    Traces,
    age_s,
    due,
    follow,
    patience_s,
    took_s,
    trouble,
)
from ops.self_test_words import by_desk, came_through, where_it_stays
from worker import self_test as door
from worker.model import FeedId, TopicId
from worker.wire import Request

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
BEGUN = Round(NOW, 900.0)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


SEEN = Traces(seen_at=after(1), entry_state="new")
READ = replace(SEEN, entry_state="read", read_at=after(2))
MATCHED = replace(READ, matched=True)
PLANNED = replace(MATCHED, planned_at=after(3), delivery_state="ready")
SENT = replace(PLANNED, delivery_state="sent", sent_at=after(5))

STAYS = [
    (Traces(), "poll", None, False),
    (Traces(feed_error="dns: no such host"), "poll", "dns: no such host", False),
    (SEEN, "read", None, False),
    (replace(SEEN, entry_state="failed", entry_reason="set aside"), "read", "set aside", True),
    (READ, "read", "no_match", True),
    (replace(READ, page_problem="timeout: 10 s"), "read", "timeout: 10 s", False),
    (MATCHED, "plan", None, False),
    (replace(MATCHED, planned_at=after(3), suppressed="cap"), "plan", "cap", True),
    (PLANNED, "send", None, False),
    (replace(PLANNED, delivery_state="held", delivery_reason="blocked"), "send", "blocked", False),
    (replace(PLANNED, delivery_state="failed", delivery_reason="no", sent_at=after(4)), "send", "no", True),
    (SENT, None, None, True),
]


@pytest.mark.parametrize(("traces", "step", "reason", "over"), STAYS)
def test_where_it_stays_and_whether_more_is_to_come(traces, step, reason, over):
    found = follow(BEGUN, traces, after(10))
    assert (found.stopped_at, found.reason, found.ended_at is not None) == (step, reason, over)
    assert (found.sent_at is not None) is (step is None)


@pytest.mark.parametrize("traces", [traces for traces, *_ in STAYS])
def test_none_is_watched_for_ever(traces):
    assert follow(BEGUN, traces, after(GIVE_UP_S + 1)).ended_at is not None


def test_a_round_that_takes_long_is_a_trouble_and_one_that_failed_is_until_the_next_came_through():
    came = replace(follow(BEGUN, SENT, after(6)))
    assert trouble(SelfTest(came, came), after(800)) is None
    stays = follow(replace(BEGUN, published_at=after(900)), SEEN, after(1000))
    assert trouble(SelfTest(stays, came), after(1000)) is None
    late = trouble(SelfTest(stays, came), after(1300))
    assert late is not None
    assert (late.step, late.for_s) == ("read", 400.0)
    failed = follow(replace(BEGUN, published_at=after(900)), READ, after(1000))
    assert trouble(SelfTest(failed, came), after(1001)) is not None


def test_where_none_begins_any_more_the_tick_is_named():
    came = follow(BEGUN, SENT, after(6))
    assert trouble(SelfTest(came, came), after(900 + 300)) is None
    stopped = trouble(SelfTest(came, came), after(900 + 301))
    assert stopped is not None
    assert stopped.step == "tick"


@pytest.mark.parametrize(("every_s", "patience"), [(10, 30), (60, 180), (900, 300)])
def test_three_periods_and_never_more_than_five_minutes(every_s, patience):
    assert patience_s(every_s) == patience


def test_one_round_at_a_time():
    assert due(None, 900.0, NOW)
    assert not due(BEGUN, 900.0, after(5000))
    came = follow(BEGUN, SENT, after(6))
    assert not due(came, 900.0, after(899))
    assert due(came, 900.0, after(900))


def test_what_each_desk_took_adds_up_to_the_whole():
    came = follow(BEGUN, SENT, after(6))
    assert took_s(came) == {"poll": 1.0, "read": 1.0, "plan": 1.0, "send": 2.0}
    assert age_s(SelfTest(came, came), after(65)) == 60.0
    assert age_s(SelfTest(BEGUN), after(65)) is None


def test_its_words():
    came = follow(BEGUN, SENT, after(6))
    well = SelfTest(came, came)
    assert came_through(well, after(65)) == "The self-test came through 60 s ago, in 5 s."
    assert (
        by_desk(well, after(65)) == "came through 60 s ago (poll 1.0 s, read 1.0 s, plan 1.0 s, send 2.0 s)"
    )
    assert by_desk(SelfTest(BEGUN), after(5)) == "has not come through yet"
    assert (came_through(None, NOW), by_desk(None, NOW), where_it_stays(None, NOW)) == ("", "", None)
    stays = SelfTest(follow(BEGUN, Traces(feed_error="dns: x"), after(400)))
    assert where_it_stays(stays, after(400)) == (
        "The self-test of 6 min 40 s ago does not come through: the poll desk has not seen it "
        "(its name is not known (DNS) (x))."
    )


@given(st.integers(-5, 5), st.integers(-5, 5))
def test_it_hears_itself_alone_and_nobody_else_hears_it(topic, feed):
    assert door.of_one_house(TopicId(topic), FeedId(feed)) == ((topic == -1) == (feed == -1))


@pytest.mark.parametrize(
    ("url", "method", "status"),
    [
        (door.feed_at(NOW), "GET", 200),
        (door.FEED, "GET", 200),
        (f"{door.FEED}?published=yesterday", "GET", 200),
        (door.page_at(NOW), "GET", 200),
        (f"https://{door.HOST}/robots.txt", "GET", 404),
        (f"https://{door.HOST}/", "GET", 404),
        (door.HOOK, "POST", 200),
        (door.FEED, "POST", 405),
    ],
)
def test_what_its_host_answers(url, method, status):
    assert door.answer(Request(url, method)).status == status


def test_its_word_stands_on_the_page_and_not_in_the_feed():
    feed, page = (door.answer(Request(url)).body.decode() for url in (door.feed_at(NOW), door.page_at(NOW)))
    assert door.page_at(NOW) in feed
    assert door.WORD not in feed
    assert door.WORD in page
