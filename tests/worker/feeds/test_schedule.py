from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.feeds.hints import after_skipped, hint_s, retry_after_s
from worker.feeds.schedule import (
    ADAPTIVE_LEAST_S,
    ADAPTIVE_MOST_S,
    FAILING_MOST_S,
    HINT_MOST_S,
    MISSED_MOST,
    Changed,
    Failed,
    Outcome,
    Rhythm,
    Unchanged,
    Wish,
    ask_for_all,
    missed_most,
    next_poll,
    recall,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def _after(
    rhythm: Rhythm, *outcomes: Outcome, every_s: float | None = None, apart_s: float = 60.0
) -> list[str]:
    reasons, now = [], NOW
    for outcome in outcomes:
        poll = next_poll(rhythm, outcome, now, 0.0, Wish(every_s))
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
        poll = next_poll(Rhythm(), outcome, NOW, 1.0, Wish(7.0))
        assert (poll.interval_s, poll.reason) == (7.0, "every")
    assert next_poll(Rhythm(), Unchanged(), NOW, 0.0, Wish(0.1)).interval_s == 5.0


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
    poll = next_poll(Rhythm(), Failed(status, value), NOW, -1.0, Wish(5.0))
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
    rhythm = Rhythm(
        90.0,
        12.5,
        1.0,
        read_at=2.0,
        full_at=3.0,
        failures=3,
        gone=1,
        ttl_s=60.0,
        skip_hours=(1,),
        skip_days=(6,),
    )
    assert recall(json.loads(json.dumps(asdict(rhythm)))) == rhythm
    assert recall({}) == Rhythm()
    assert recall({"interval_s": "x", "failures": None, "unknown": 1}) == Rhythm()


READ = Rhythm(interval_s=600, gap_s=60, news_at=NOW.timestamp() - 900, read_at=NOW.timestamp() - 600)


@pytest.mark.parametrize(
    ("rhythm", "outcome", "missed"),
    [
        (READ, Changed(4, 0), 6),  # ten entries in ten minutes, of which four are there
        (READ, Changed(30, 0), 1),  # more than usual came: at least one may be missing
        (replace(READ, gap_s=0.01), Changed(10, 0), 1000),
        (replace(READ, gap_s=None), Changed(7, 0), 7),  # no gap known yet: as many again
        (READ, Changed(4, 1), 0),
        (READ, Changed(0, 0), 0),
        (READ, Changed(4, 0, partial=True), 0),
        (Rhythm(), Changed(30, 0), 0),
    ],
    ids=["usual", "burst", "bounded", "no gap yet", "overlap", "empty", "partial", "first poll"],
)
def test_what_may_be_missing_is_the_usual_number_less_what_is_there(rhythm, outcome, missed):
    assert missed_most(rhythm, outcome, NOW) == missed
    assert next_poll(rhythm, outcome, NOW, 0.0).missed_most == missed


def test_the_users_bounds_hold_for_the_adaptive_interval_and_for_failures():
    wish = Wish(None, 20.0, 600.0)
    rhythm = Rhythm(interval_s=30, gap_s=4, news_at=NOW.timestamp() - 4)
    assert next_poll(rhythm, Changed(1, 5), NOW, 0.0, wish).interval_s == 20.0
    for _ in range(20):
        rhythm = next_poll(rhythm, Unchanged(), NOW, 0.0, wish).rhythm
    assert rhythm.interval_s == 600.0
    assert next_poll(Rhythm(), Failed(500), NOW, 0.0, wish).interval_s == 20.0


def test_what_the_document_asked_for_holds_over_the_304s_that_follow():
    rhythm = next_poll(Rhythm(interval_s=60), Changed(0, 5, ttl_s=600), NOW, 0.0).rhythm
    later = next_poll(replace(rhythm, interval_s=60), Unchanged(), NOW, 0.0)
    assert (later.reason, later.interval_s) == ("server_hint", 600)
    forgotten = next_poll(later.rhythm, Changed(0, 5), NOW, 0.0).rhythm
    assert forgotten.ttl_s is None
    assert next_poll(later.rhythm, Changed(1, 0, partial=True), NOW, 0.0).rhythm.ttl_s == 600


def test_a_fixed_interval_keeps_its_beat_when_a_poll_was_late():
    for late_s, interval in ((0.4, 6.6), (3.0, 4.0), (6.9, 7.1), (700.5, 6.5)):
        assert next_poll(Rhythm(), Unchanged(), NOW, 1.0, Wish(7.0), late_s).interval_s == pytest.approx(
            interval
        )


def test_after_a_stop_feeds_are_spread_over_half_of_their_interval():
    waits = [
        next_poll(
            Rhythm(interval_s=600, gap_s=1200, news_at=0), Changed(1, 1), NOW, j, late_s=4000
        ).interval_s
        / next_poll(Rhythm(interval_s=600, gap_s=1200, news_at=0), Changed(1, 1), NOW, 0.0).interval_s
        for j in (-1.0, 0.0, 1.0)
    ]
    assert waits == pytest.approx([0.5, 0.75, 1.0])


def test_a_feed_whose_site_cools_waits_with_it_and_is_no_worse_for_it():
    until = NOW + timedelta(minutes=5)
    poll = next_poll(Rhythm(failures=0), Failed(403, cooling_until=until), NOW, 1.0)
    assert (poll.reason, poll.rhythm.failures) == ("host_cooling", 0)
    assert until <= poll.at <= until + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("hours_ago", "whole"), [(None, True), (23.9, False), (24, True), (500, True)], ids=str
)
def test_once_a_day_a_feed_is_asked_for_its_whole_document(hours_ago, whole):
    full_at = None if hours_ago is None else NOW.timestamp() - hours_ago * 3600
    assert ask_for_all(Rhythm(full_at=full_at), NOW) is whole


def test_only_a_whole_document_counts_as_one():
    moment = NOW.timestamp()
    told = {
        Changed(1, 1): moment,
        Changed(1, 1, partial=True): None,
        Unchanged(): None,
        Unchanged(full=True): moment,
    }
    for outcome, full_at in told.items():
        assert next_poll(Rhythm(), outcome, NOW, 0.0).rhythm.full_at == full_at


AT = datetime(2026, 11, 28, 2, 30, tzinfo=UTC)  # a Saturday


@pytest.mark.parametrize(
    ("hours", "days", "hours_later"),
    [
        ((), (), 0),
        ((3,), (), 0),
        ((2,), (), 0.5),
        ((2, 3, 4), (), 2.5),
        (range(2, 20), (), 6),  # bounded
        (range(24), (), 0),  # a feed that skips all its hours has said nothing
        ((), (5,), 6),
        ((), range(7), 0),
        ((2,), range(7), 0.5),
        ((), (6,), 0),
    ],
)
def test_skipped_hours_and_days_are_waited_out_for_six_hours_at_most(hours, days, hours_later):
    assert after_skipped(AT, hours, days) == AT + timedelta(hours=hours_later)


def test_a_feed_in_its_skipped_hours_says_so_unless_the_user_wants_it_anyway():
    rhythm = next_poll(Rhythm(), Changed(0, 1, skip_hours=(12, 13)), NOW, 0.0).rhythm
    poll = next_poll(recall(json.loads(json.dumps(asdict(rhythm)))), Unchanged(), NOW, 0.0)
    assert (poll.reason, poll.at) == ("skipped_hours", NOW.replace(hour=14))
    assert next_poll(rhythm, Unchanged(), NOW, 0.0, Wish(60.0)).reason == "every"


outcomes = st.one_of(
    st.builds(
        Changed,
        st.integers(0, 2000),
        st.integers(0, 2000),
        st.none() | st.floats(0, 1e9),
        st.booleans(),
        st.none() | st.floats(0, 1e9),
        st.lists(st.integers(0, 23), max_size=24).map(tuple),
        st.lists(st.integers(0, 6), max_size=7).map(tuple),
    ),
    st.builds(Unchanged, st.none() | st.floats(0, 1e9), st.booleans()),
    st.builds(Failed, st.none() | st.integers(400, 599), st.none() | st.text(max_size=12)),
)


@given(
    st.lists(outcomes, max_size=12),
    st.floats(-1, 1),
    st.none() | st.floats(5, 1e6),
    st.integers(0, 10**6),
    st.floats(0, 1e7),
)
def test_every_next_time_is_later_and_bounded(told, jitter, every_s, apart_s, late_s):
    rhythm, now = Rhythm(), NOW
    for outcome in told:
        poll = next_poll(rhythm, outcome, now, jitter, Wish(every_s), late_s)
        rhythm = poll.rhythm
        if poll.at is None:
            assert poll.reason == "gone"
            return
        assert poll.at == now + timedelta(seconds=poll.interval_s)
        least = 2.5 if every_s is not None else ADAPTIVE_LEAST_S * 0.5
        assert least <= poll.interval_s <= max(86400 * 1.1, (every_s or 0) * 1.5)
        assert 0 <= poll.missed_most <= MISSED_MOST
        now += timedelta(seconds=apart_s)
