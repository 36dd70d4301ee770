"""PURE. How a feed usually brings news through the week, and since when its silence is no chance any more.

A silence is measured in what it cost: how many arrivals were to be expected in it, by the hour of the week.
A quiet night or weekend costs a feed that rests then nothing, and an hour at noon costs a news agency much.
An arrival is a poll that brought something new, however much, so that ten entries at once count once.

learn(arrivals, began, now)        -> Habit, or None as long as too little is known
silent_from(habit, last)           -> the moment from which on silence is remarkable
missing(habit, last, now)          -> "normally 14 articles by now"
listen(habit, last, polled, now)   -> whether it is silent, and when to look again

Figures: docs/decisions/0016-silence.md; `python -m benchmarks.silence` measures them again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

WEEK_H = 168
SLOT_S = 300.0
"""Arrivals this close count as one."""

LEAST_WEEKS, MOST_WEEKS = 3, 8
_FADES_BY_HALF_WEEKS = 3.0
_FEWEST_ARRIVALS = 6  # a yearly report has no habit
_DULL = 0.25  # of the usual: what a holiday brings
_FALSE_PER_DULL_DAY = 0.01
_BEYOND_LONGEST = 2.0
_COSTLIEST = 100.0  # what one outage may teach, or the next one would go unnoticed for weeks
_DOUBT = 4.0  # arrivals' worth of belief that a feed is as uneven as chance
_SHORTEST = timedelta(hours=1)  # caches on the way hold a feed back for that long
_FAR = timedelta(days=366)

AGAIN = timedelta(minutes=1)
LEARN_AGAIN = timedelta(weeks=1)

_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Habit:
    """A feed's week. `per_hour` are the arrivals to be expected in each hour of the week, Monday 00:00 UTC first.

    `uneven` is 1 where arrivals come as if by chance, less where they are regular, more where they come in
    bunches. `longest` is the costliest silence lately, in arrivals; older ones count less.
    """

    per_hour: tuple[float, ...]
    entries_per_arrival: float
    uneven: float
    longest: float

    @property
    def per_week(self) -> float:
        """The arrivals of a whole week."""
        return sum(self.per_hour)


Arrival = tuple[datetime, int]
"""When something new was seen, and how many entries."""


def learn(arrivals: Sequence[Arrival], began: datetime, now: datetime) -> Habit | None:
    """The habit behind these arrivals (oldest first), watched since `began`. None for less than three whole
    weeks, and for a feed that brings too little to have a habit.

    The weeks end with the last arrival: the silence since then is what is to be judged, and teaches nothing yet.
    """
    end = min(arrivals[-1][0], now) if arrivals else now
    weeks = min(int((end - began) / timedelta(weeks=1)), MOST_WEEKS)
    known = [(at, entries) for at, entries in arrivals if end - timedelta(weeks=weeks) < at <= end]
    if weeks < LEAST_WEEKS or len(known) < _FEWEST_ARRIVALS:
        return None
    watched = sum(_weight(week) for week in range(weeks))
    moments, last = [_hours(at) for at, _ in known], _hours(end)
    weights = [_weight((last - moment) // WEEK_H) for moment in moments]
    hours = [0.0] * WEEK_H
    for moment, weight in zip(moments, weights, strict=True):
        hours[int(moment) % WEEK_H] += weight / watched
    week = _smooth(hours)
    entries = sum(weight * count for weight, (_, count) in zip(weights, known, strict=True))
    return Habit(week, entries / sum(weights), *_unevenness(week, moments, weights))


def silent_from(habit: Habit, last: datetime) -> datetime:
    """When nothing since `last` becomes remarkable: chance would bring such a silence on one dull day in a
    hundred, and it is twice as costly as any lately. Eight weeks are remarkable always."""
    on_a_dull_day = max(habit.per_week / 7 * _DULL, 0.01)
    chance = habit.uneven / _DULL * math.log(max(on_a_dull_day / _FALSE_PER_DULL_DAY, math.e))
    bearable = min(max(chance, _BEYOND_LONGEST * habit.longest), MOST_WEEKS * habit.per_week)
    return max(_when(habit.per_hour, last, bearable), last + _SHORTEST)


def missing(habit: Habit, last: datetime, now: datetime) -> int:
    """How many entries would normally have come since `last`."""
    cost = _Costs.of(habit.per_hour)
    return round((cost.until(_hours(now)) - cost.until(_hours(last))) * habit.entries_per_arrival)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a look at a feed found: whether it is silent, how many entries are missing, when to look again."""

    silent: bool
    missing: int
    look_at: datetime


def listen(habit: Habit, last: datetime, polled: datetime | None, now: datetime) -> Heard:
    """Whether a feed is silent that was last polled well at `polled`: only a poll can tell that nothing came."""
    remarkable = silent_from(habit, last)
    if polled is None or polled < remarkable:
        return Heard(False, 0, max(remarkable, now + AGAIN))
    return Heard(True, missing(habit, last, polled), now + AGAIN)


def _hours(at: datetime) -> float:
    """Hours since a Monday long ago."""
    return (at - _MONDAY) / timedelta(hours=1)


def _weight(weeks_ago: float) -> float:
    return math.exp2(-weeks_ago / _FADES_BY_HALF_WEEKS)


def _smooth(hours: Sequence[float]) -> tuple[float, ...]:
    """Each hour leans on its neighbours: weeks differ by minutes, and summer time shifts all by one hour."""
    return tuple((hours[h - 1] + 2 * hours[h] + hours[(h + 1) % WEEK_H]) / 4 for h in range(WEEK_H))


def _unevenness(
    week: Sequence[float], moments: Sequence[float], weights: Sequence[float]
) -> tuple[float, float]:
    """From the silences between arrivals: half their mean square (1 for chance), and the longest."""
    cost = _Costs.of(week)
    spent = [cost.until(moment) for moment in moments]
    squares, weight, longest = _DOUBT, _DOUBT, 0.0
    for (earlier, later), counts in zip(pairwise(spent), weights[1:], strict=True):
        silence = min(later - earlier, _COSTLIEST)
        squares += counts * silence * silence / 2
        weight += counts
        longest = max(longest, silence * counts)
    return squares / weight, longest


@dataclass(frozen=True, slots=True)
class _Costs:
    """The week summed up, so that the cost of a silence of any length is a matter of two look-ups."""

    per_hour: Sequence[float]
    sums: tuple[float, ...]  # from Monday 00:00 to the beginning of each hour; the whole week's at the end

    @classmethod
    def of(cls, per_hour: Sequence[float]) -> _Costs:
        return cls(per_hour, (0.0, *accumulate(per_hour)))

    def until(self, moment: float) -> float:
        """Arrivals to be expected from a Monday long ago to this moment, in hours since then."""
        whole = math.floor(moment)
        weeks, hour = divmod(whole, WEEK_H)
        return weeks * self.sums[-1] + self.sums[hour] + (moment - whole) * self.per_hour[hour]


def _when(week: Sequence[float], start: datetime, cost: float) -> datetime:
    """When a silence that begins at `start` has cost so much; a year later at most."""
    per_week = sum(week)
    if per_week <= 0:
        return start + _FAR
    weeks, left = divmod(cost, per_week)
    at = _hours(start) + WEEK_H * weeks
    for _ in range(WEEK_H + 1):
        rate, room = week[int(at) % WEEK_H], math.floor(at) + 1 - at
        if rate * room >= left > 0:
            at += left / rate
            break
        left -= rate * room
        if left <= 0:
            break
        at += room
    return min(_MONDAY + timedelta(hours=at), start + _FAR)
