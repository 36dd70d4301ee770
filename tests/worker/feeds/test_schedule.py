from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.feeds.schedule import (
    ADAPTIVE_LEAST_S,
    ADAPTIVE_MOST_S,
    FAILING_MOST_S,
    HINT_MOST_S,
    Changed,
    Failed,
    Outcome,
    Rhythm,
    Unchanged,
    hint_s,
    next_poll,
    recall,
    retry_after_s,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def _after(
    rhythm: Rhythm, *outcomes: Outcome, every_s: float | None = None, apart_s: float = 60.0
) -> list[str]:
    reasons, now = [], NOW
    for outcome in outcomes:
        poll = next_poll(rhythm, outcome, now, 0.0, every_s)
        rhythm, now = poll.rhythm, now + timedelta(seconds=apart_s)
        reasons.append(poll.reason)
    return reasons


def test_a_feed_that_brings_an_entry_every_ten_minutes_is_asked_every_five():
    rhythm = Rhythm()
    for poll in range(20):
        rhythm = next_poll(rhythm, Changed(1, 9), NOW + timedelta(minutes=10 * poll), 0.0).rhythm
    assert rhythm.interval_s == pytest.approx(300)


def test_a_quiet_feed_is_asked_half_as_often_again_each_time_up_to_half_an_hour():
    first = next_poll(Rhythm(interval_s=100), Unchanged(), NOW, 0.0)
    assert (first.interval_s, first.reason) == (150, "unchanged")
    rhythm = first.rhythm
    for _ in range(20):
        rhythm = next_poll(rhythm, Changed(0, 30), NOW, 0.0).rhythm
    assert rhythm.interval_s == ADAPTIVE_MOST_S


def test_a_document_without_a_known_entry_says_that_some_may_be_missing_and_is_asked_sooner():
    seen_before = Rhythm(interval_s=600, gap_s=1200, news_at=NOW.timestamp() - 600)
    poll = next_poll(seen_before, Changed(30, 0), NOW, 0.0)
    assert poll.gap_possible
    assert poll.reason == "catching_up"
    assert poll.interval_s <= 300
    assert not next_poll(Rhythm(), Changed(30, 0), NOW, 0.0).gap_possible, "the first poll knows nothing"


def test_the_users_interval_is_kept_to_the_second_whatever_the_server_wishes():
    for outcome in (Changed(3, 5, hint_s=3600), Unchanged(hint_s=3600)):
        poll = next_poll(Rhythm(), outcome, NOW, 1.0, every_s=7.0)
        assert (poll.interval_s, poll.reason) == (7.0, "every")
    assert next_poll(Rhythm(), Unchanged(), NOW, 0.0, every_s=0.1).interval_s == 5.0


def test_the_server_may_slow_us_down_but_not_beyond_a_quarter_of_an_hour():
    fast = Rhythm(interval_s=60)
    poll = next_poll(fast, Changed(0, 5, hint_s=600), NOW, -1.0)
    assert poll.reason == "server_hint"
    assert poll.interval_s >= 600
    assert next_poll(fast, Unchanged(hint_s=86400), NOW, 0.0).interval_s == HINT_MOST_S
    assert next_poll(fast, Unchanged(hint_s=30), NOW, 0.0).reason == "unchanged"


def test_failures_double_the_wait_up_to_six_hours_and_never_end_the_polling():
    rhythm, waits = Rhythm(), []
    for _ in range(40):
        poll = next_poll(rhythm, Failed(500), NOW, 0.0)
        assert poll.at is not None
        rhythm = poll.rhythm
        waits.append(poll.interval_s)
    assert waits[:4] == [60, 120, 240, 480]
    assert waits[-1] == FAILING_MOST_S
    assert waits == sorted(waits)


def test_one_success_forgets_the_failures():
    rhythm = next_poll(Rhythm(failures=9, gone=1), Unchanged(), NOW, 0.0).rhythm
    assert (rhythm.failures, rhythm.gone) == (0, 0)


@pytest.mark.parametrize(
    ("outcomes", "reasons"),
    [
        ([Failed(410), Failed(410)], ["failing", "gone"]),
        ([Failed(410), Unchanged(), Failed(410)], ["failing", "unchanged", "failing"]),
        ([Failed(410), Failed(500), Failed(410)], ["failing", "failing", "failing"]),
        ([Failed(404)] * 3, ["failing"] * 3),
    ],
)
def test_only_a_feed_that_says_twice_running_that_it_is_gone_is_left_alone(outcomes, reasons):
    assert _after(Rhythm(), *outcomes) == reasons


def test_gone_has_no_next_time():
    assert next_poll(Rhythm(gone=1), Failed(410), NOW, 0.0).at is None


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("value", ["7200", "Mon, 23 Nov 2026 14:00:00 GMT", " 7200.0 "])
def test_retry_after_is_obeyed_in_both_forms_even_with_a_fixed_interval(status, value):
    poll = next_poll(Rhythm(), Failed(status, value), NOW, -1.0, every_s=5.0)
    assert poll.reason == "retry_after"
    assert 7200 <= poll.interval_s <= 7200 * 1.1


def test_retry_after_counts_only_where_it_is_longer_than_our_own_wait_and_only_on_429_and_503():
    assert next_poll(Rhythm(failures=5), Failed(429, "1"), NOW, 0.0).reason == "failing"
    assert next_poll(Rhythm(), Failed(500, "7200"), NOW, 0.0).reason == "failing"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("1.5", 1.5),
        ("99999999", 86400),
        ("-1", None),
        ("", None),
        (None, None),
        ("soon", None),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 86400),
        ("1e9", None),
    ],
)
def test_retry_after_is_at_most_a_day_and_nonsense_is_nothing(value, seconds):
    assert retry_after_s(value, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "ttl_s", "wish"),
    [
        ({}, None, None),
        ({}, 900, 900),
        ({"cache-control": "public, max-age=600"}, None, 600),
        ({"cache-control": "max-age=600", "age": "200"}, None, 400),
        ({"cache-control": "max-age=600", "expires": "Mon, 23 Nov 2026 18:00:00 GMT"}, 60, 600),
        ({"cache-control": "no-cache, max-age=600"}, None, None),
        ({"expires": "Mon, 23 Nov 2026 12:05:00 GMT"}, None, 300),
        ({"expires": "0"}, None, None),
        ({"expires": "Mon, 23 Nov 2020 12:05:00 GMT"}, None, None),
        ({"cache-control": "max-age=abc"}, None, None),
    ],
)
def test_what_server_and_feed_wish_is_read_from_headers_and_ttl(headers, ttl_s, wish):
    assert hint_s(headers, ttl_s, NOW) == wish


def test_the_rhythm_survives_its_json_column_and_nonsense_in_it():
    rhythm = Rhythm(interval_s=90.0, gap_s=12.5, news_at=1.0, failures=3, gone=1)
    assert recall(json.loads(json.dumps(asdict(rhythm)))) == rhythm
    assert recall({}) == Rhythm()
    assert recall({"interval_s": "x", "failures": None, "unknown": 1}) == Rhythm()


outcomes = st.one_of(
    st.builds(Changed, st.integers(0, 2000), st.integers(0, 2000), st.none() | st.floats(0, 1e9)),
    st.builds(Unchanged, st.none() | st.floats(0, 1e9)),
    st.builds(Failed, st.none() | st.integers(400, 599), st.none() | st.text(max_size=12)),
)


@given(
    st.lists(outcomes, max_size=12), st.floats(-1, 1), st.none() | st.floats(5, 1e6), st.integers(0, 10**6)
)
def test_every_next_time_is_later_and_bounded(told, jitter, every_s, apart_s):
    rhythm, now = Rhythm(), NOW
    for outcome in told:
        poll = next_poll(rhythm, outcome, now, jitter, every_s)
        rhythm = poll.rhythm
        if poll.at is None:
            assert poll.reason == "gone"
            return
        assert poll.at == now + timedelta(seconds=poll.interval_s)
        least = 5.0 if every_s is not None else ADAPTIVE_LEAST_S * 0.9
        assert least <= poll.interval_s <= max(86400 * 1.1, every_s or 0)
        now += timedelta(seconds=apart_s)
