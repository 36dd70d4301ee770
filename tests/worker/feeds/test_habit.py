"""Silence is what a feed's own week makes of it: a quiet night is none, a dead feed is one within its usual time."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.silence import BEGIN, KINDS, measure
from worker.feeds.habit import AGAIN, LEAST_WEEKS, WEEK_H, Habit, learn, listen, missing, silent_from

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)


def office_hours(weeks, per_hour=1, entries=2):
    """Arrivals at work, nine to five: each hour's first ones some minutes after the hour."""
    return [
        (MONDAY + timedelta(days=7 * week + day, hours=hour, minutes=7 + 60 // per_hour * n), entries)
        for week in range(weeks)
        for day in range(5)
        for hour in range(9, 17)
        for n in range(per_hour)
    ]


def office(weeks=4, **facts):
    habit = learn(office_hours(weeks, **facts), MONDAY - WEEK, MONDAY + weeks * WEEK)
    assert habit is not None
    return habit


def test_less_than_three_weeks_make_no_habit():
    arrivals = office_hours(4)
    assert learn(arrivals, arrivals[-1][0] - 3 * WEEK + HOUR, MONDAY + 4 * WEEK) is None
    assert learn(arrivals, arrivals[-1][0] - 3 * WEEK, MONDAY + 4 * WEEK) is not None


def test_the_silence_that_is_to_be_judged_teaches_nothing():
    arrivals = office_hours(4)
    assert learn(arrivals, MONDAY, MONDAY + 4 * WEEK) == learn(arrivals, MONDAY, MONDAY + 6 * WEEK)


def test_a_feed_that_brings_next_to_nothing_has_no_habit():
    assert learn(office_hours(4)[:5], MONDAY, MONDAY + 4 * WEEK) is None


def test_a_week_is_learned_hour_by_hour():
    habit = office()
    assert habit.per_week == pytest.approx(40)
    noon, night, sunday = 12, 3, 6 * 24 + 12
    assert habit.per_hour[noon] == pytest.approx(1)
    assert habit.per_hour[night] == habit.per_hour[sunday] == 0
    assert habit.entries_per_arrival == pytest.approx(2)


def test_younger_weeks_count_more():
    slowed = office_hours(4, per_hour=4)[: 40 * 4 * 2] + [
        (at + 2 * WEEK, entries) for at, entries in office_hours(2, per_hour=1)
    ]
    habit = learn(slowed, MONDAY, MONDAY + 4 * WEEK)
    assert 40 < habit.per_week < (40 + 160) / 2


FRIDAY_EVENING = MONDAY + timedelta(weeks=4, days=4, hours=16, minutes=7)


def test_nights_and_weekends_cost_nothing():
    habit = office()
    monday_morning = MONDAY + timedelta(weeks=5, hours=8)
    assert missing(habit, FRIDAY_EVENING, monday_morning) <= 2
    assert silent_from(habit, FRIDAY_EVENING) > monday_morning + timedelta(hours=8)


def test_what_is_missing_is_told_in_entries():
    assert (
        missing(office(), MONDAY + timedelta(weeks=4, hours=10), MONDAY + timedelta(weeks=4, hours=15)) == 10
    )


def test_bunches_are_borne_longer_than_regular_entries():
    regular = office(per_hour=2)
    rng = random.Random(1)
    days = sorted(rng.sample(range(28), 8))
    bunches = [(MONDAY + timedelta(days=day, minutes=6 * n), 1) for day in days for n in range(40)]
    habit = learn(bunches, MONDAY, MONDAY + 4 * WEEK)
    assert habit.uneven > 3 * regular.uneven


def test_a_silence_of_last_week_is_borne_again():
    thursday = (FRIDAY_EVENING - timedelta(days=1)).date()
    arrivals = [each for each in office_hours(5, per_hour=4) if each[0].date() != thursday]
    day_off = learn(arrivals, MONDAY, MONDAY + 5 * WEEK)
    always_there = office(5, per_hour=4)
    last = MONDAY + timedelta(weeks=5, hours=9)
    assert silent_from(day_off, last) > silent_from(always_there, last) + 8 * HOUR


def test_one_long_outage_does_not_make_the_next_one_pass_unnoticed():
    busy = office_hours(8, per_hour=12)
    outage = MONDAY + timedelta(weeks=6), MONDAY + timedelta(weeks=7)
    habit = learn([each for each in busy if not outage[0] < each[0] < outage[1]], MONDAY, MONDAY + 8 * WEEK)
    last = MONDAY + timedelta(weeks=8, hours=9)
    assert silent_from(habit, last) < last + timedelta(days=4)


def test_eight_weeks_are_remarkable_for_every_feed():
    habit = Habit((0.01,) * WEEK_H, 1.0, uneven=50.0, longest=100.0)
    assert silent_from(habit, MONDAY) <= MONDAY + 8 * WEEK + HOUR


def test_a_feed_is_silent_only_once_a_poll_says_so():
    habit, last = office(), MONDAY + timedelta(weeks=4, hours=9)
    remarkable = silent_from(habit, last)
    before = listen(habit, last, last + HOUR, last + HOUR)
    assert (before.silent, before.look_at) == (False, remarkable)
    down = listen(habit, last, last + HOUR, remarkable + HOUR)
    assert (down.silent, down.look_at) == (False, remarkable + HOUR + AGAIN)
    heard = listen(habit, last, remarkable + HOUR, remarkable + HOUR)
    assert heard.silent
    assert heard.missing == missing(habit, last, remarkable + HOUR) > 10


rates = st.lists(st.floats(0, 50), min_size=WEEK_H, max_size=WEEK_H)


@given(rates, st.floats(0.1, 50), st.floats(0, 100), st.integers(0, 10**7))
def test_silence_never_begins_at_once_and_never_so_late_that_nobody_cares(week, uneven, longest, minutes):
    habit = Habit(tuple(week), 1.0, uneven, longest)
    last = BEGIN + timedelta(minutes=minutes)
    assert last + HOUR <= silent_from(habit, last) <= last + timedelta(days=367)


@given(rates, st.floats(1, 20), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_later_entry_never_makes_a_feed_silent_sooner(week, uneven, minutes, later):
    habit = Habit(tuple(week), 1.0, uneven, 0.0)
    last = BEGIN + timedelta(minutes=minutes)
    then = last + timedelta(minutes=later)
    assert silent_from(habit, then) >= silent_from(habit, last) - timedelta(seconds=1)


@given(st.lists(st.tuples(st.integers(0, 60 * 24 * 60), st.integers(1, 50)), max_size=80))
def test_any_history_makes_a_habit_or_none(history):
    arrivals = sorted((BEGIN + timedelta(minutes=minutes), entries) for minutes, entries in history)
    habit = learn(arrivals, BEGIN, BEGIN + timedelta(days=60))
    if habit is not None:
        assert len(habit.per_hour) == WEEK_H
        assert habit.per_week > 0
        assert silent_from(habit, arrivals[-1][0]) > arrivals[-1][0]


@pytest.mark.parametrize("kind", KINDS[1:4] + KINDS[5:], ids=lambda kind: kind.name)
def test_a_year_passes_with_less_than_a_false_alarm_in_the_mean(kind):
    """One feed and year each here; decision 0016 has the figures of many."""
    found = measure(kind, 1, random.Random(7), cuts=20)
    assert found.false_per_year <= 2
    assert found.delays_h
    assert sorted(found.delays_h)[10] < LEAST_WEEKS * 2 * 7 * 24
