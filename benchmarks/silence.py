"""How often the silence detector cries without reason, and how soon with one: simulated feeds, over years.

    python -m benchmarks.silence [--years 20] [--seed 1]

Each kind of feed has its hours, weekends, holidays, busy and dull days, and summer time. A false alarm is a
silence that ended by itself after Pantau would have called it one. A delay is measured by cutting a feed off
at a random moment: from then to the alarm.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from worker.feeds.habit import MOST_WEEKS, Arrival, Habit, learn, silent_from

BEGIN = datetime(2025, 1, 6, tzinfo=UTC)
SLOT = timedelta(minutes=5)
HOLIDAYS = ((1, 1), (2, 17), (3, 20), (4, 3), (4, 6), (5, 1), (5, 14), (5, 25), (8, 17), (10, 3), (11, 1))
CUTS = 300


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of feed: entries on a usual day, the hours and weekdays they come in, and how it rests."""

    name: str
    per_day: float
    hours: tuple[int, ...] = tuple(range(24))
    weekend: float = 1.0
    holiday: float = 1.0
    christmas: float = 1.0  # 24 December to 1 January
    moody: float = 0.3  # sigma of the day's log-normal mood
    bunch: int = 1  # entries that come together
    weekdays: tuple[int, ...] = tuple(range(7))
    spread_h: float = 0.0  # its hour wanders that much
    all_at_once: bool = False  # one arrival in an hour of the day


KINDS = (
    Kind("news agency", 400, holiday=0.6, christmas=0.5, weekend=0.6),
    Kind("daily, day and night", 80, tuple(range(5, 23)), weekend=0.5, holiday=0.25, christmas=0.4),
    Kind("local paper", 12, tuple(range(6, 19)), weekend=0.3, holiday=0.1, christmas=0.3, moody=0.5),
    Kind(
        "ministry, office hours", 5, tuple(range(8, 17)), weekend=0.0, holiday=0.0, christmas=0.0, moody=0.6
    ),
    Kind("think tank", 0.8, tuple(range(8, 17)), weekend=0.05, holiday=0.0, christmas=0.0, moody=0.8),
    Kind("blog, now and then", 0.3, tuple(range(18, 24)), moody=1.0),
    Kind("live ticker, in bunches", 30, tuple(range(10, 24)), moody=1.2, bunch=8),
    Kind("import every morning", 15, (6,), weekend=0.0, holiday=0.0, christmas=0.0, all_at_once=True),
    Kind(
        "weekly magazine", 25, (7,), holiday=0.0, christmas=0.0, weekdays=(3,), all_at_once=True, spread_h=6
    ),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out for a kind: false alarms per feed and year, and hours from the cut to the alarm."""

    kind: Kind
    false_per_year: float
    delays_h: Sequence[float]


def arrivals_of(kind: Kind, years: float, rng: random.Random) -> list[Arrival]:
    """What a feed of this kind brings, from BEGIN on."""
    found: list[Arrival] = []
    for day in range(int(365 * years)):
        midnight = BEGIN + timedelta(days=day)
        mean = kind.per_day * _share(kind, midnight) * rng.lognormvariate(-(kind.moody**2) / 2, kind.moody)
        found += sorted(_of_a_day(kind, midnight - _summer(midnight), mean, rng))
    return _slotted(found)


def _share(kind: Kind, day: datetime) -> float:
    date = (day.month, day.day)
    share = kind.weekend if day.weekday() >= 5 else 1.0
    if day.weekday() not in kind.weekdays:
        return 0.0
    if date >= (12, 24) or date == (1, 1):
        return share * kind.christmas
    return share * (kind.holiday if date in HOLIDAYS else 1.0)


def _summer(day: datetime) -> timedelta:
    return timedelta(hours=1 if (3, 29) <= (day.month, day.day) < (10, 25) else 0)


def _of_a_day(kind: Kind, midnight: datetime, mean: float, rng: random.Random) -> Iterator[Arrival]:
    if kind.all_at_once:
        if mean > 0:
            hour = kind.hours[0] + rng.random() * (1 + kind.spread_h)
            yield midnight + timedelta(hours=hour), max(1, _poisson(mean, rng))
        return
    for _ in range(_poisson(mean / kind.bunch, rng)):
        at = midnight + timedelta(hours=rng.choice(kind.hours) + rng.random())
        for _ in range(kind.bunch):
            yield at, 1
            at += timedelta(minutes=rng.expovariate(1 / 6))


def _poisson(mean: float, rng: random.Random) -> int:
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    count, product, limit = 0, rng.random(), math.exp(-mean)
    while product > limit:
        count, product = count + 1, product * rng.random()
    return count


def _slotted(found: Sequence[Arrival]) -> list[Arrival]:
    slots: dict[int, int] = {}
    for at, entries in found:
        slot = int((at - BEGIN) / SLOT)
        slots[slot] = slots.get(slot, 0) + entries
    return [(BEGIN + slot * SLOT, entries) for slot, entries in sorted(slots.items())]


def habits_of(arrivals: Sequence[Arrival], every: timedelta) -> list[tuple[datetime, Habit | None]]:
    """The habit as it is learned anew each time, from what had come by then."""
    learned: list[tuple[datetime, Habit | None]] = []
    now, end, first, last = BEGIN, arrivals[-1][0], 0, 0
    while now < end:
        now += every
        while last < len(arrivals) and arrivals[last][0] <= now:
            last += 1
        while arrivals[first][0] <= now - timedelta(weeks=MOST_WEEKS) and first < last:
            first += 1
        learned.append((now, learn(arrivals[first:last], BEGIN, now)))
    return learned


def measure(kind: Kind, years: float, rng: random.Random, cuts: int = CUTS) -> Measured:
    """One feed of this kind over so many years."""
    arrivals = arrivals_of(kind, years, rng)
    habits = habits_of(arrivals, timedelta(weeks=1))
    false = 0
    for (at, _), (then, _) in pairwise(arrivals):
        habit = _habit_at(habits, at)
        false += habit is not None and then > silent_from(habit, at)
    delays = []
    for _ in range(cuts):
        cut = rng.randrange(len(arrivals) // 4, len(arrivals))
        last, moment = (
            arrivals[cut - 1][0],
            arrivals[cut][0] - (arrivals[cut][0] - arrivals[cut - 1][0]) * rng.random(),
        )
        habit = _habit_at(habits, last)
        if habit is not None:
            delays.append(max(silent_from(habit, last) - moment, timedelta(0)) / timedelta(hours=1))
    return Measured(kind, false / max(years - 3 / 52, 0.1), delays)


def _habit_at(habits: Sequence[tuple[datetime, Habit | None]], at: datetime) -> Habit | None:
    index = int((at - BEGIN) / timedelta(weeks=1)) - 1
    return habits[min(index, len(habits) - 1)][1] if index >= 0 else None


def main() -> None:
    """Prints one line for each kind of feed."""
    reader = argparse.ArgumentParser(prog="python -m benchmarks.silence", description=__doc__)
    reader.add_argument("--years", type=float, default=20)
    reader.add_argument("--seed", type=int, default=1)
    asked = reader.parse_args()
    print(f"{'feed':26}{'entries/day':>12}{'false/year':>12}{'delay: median':>15}{'95 %':>10}")  # noqa: T201
    for kind in KINDS:
        found = measure(kind, asked.years, random.Random(asked.seed))
        late = sorted(found.delays_h)
        ninety = late[int(len(late) * 0.95)] if late else math.nan
        middle = median(late) if late else math.nan
        print(  # noqa: T201
            f"{kind.name:26}{kind.per_day:12g}{found.false_per_year:12.2f}{middle:13.1f} h{ninety:8.1f} h"
        )


if __name__ == "__main__":
    main()
