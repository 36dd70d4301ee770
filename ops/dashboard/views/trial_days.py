"""PURE. What a tried draft would have found, day by day, as bars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ops.dashboard.charts import Bar
from ops.searching import Difference, Search

CHART = (1000.0, 200.0)
LEAST_SLOTS = 7
"""Days that the chart has room for at least: a single one would be a wall, not a bar."""


@dataclass(frozen=True, slots=True)
class DayPair:
    """A day: what both find, and what only the draft finds on top of it. `short` is the day's name and number where
    there is room for it."""

    kept: Bar | None
    added: Bar | None
    label: str
    day: str
    short: tuple[str, str]
    counts: tuple[int, int, int]


def day_pairs(new: Search, gained: Difference, lost: Difference) -> tuple[DayPair, ...]:
    """Every day as two bars, one upon the other."""
    most = max((day.matched for day in new.days), default=0) or 1
    width = CHART[0] / max(len(new.days), LEAST_SLOTS)
    pairs = []
    for place, day in enumerate(new.days):
        added = gained.days.get(day.day, 0)
        kept = day.matched - added
        x, wide = round(place * width + width * 0.14, 2), round(width * 0.72, 2)
        tall, above = CHART[1] * kept / most, CHART[1] * added / most
        named = _day(day.day)
        counts = (kept, added, lost.days.get(day.day, 0))
        pairs.append(
            DayPair(
                kept=Bar(x, round(CHART[1] - tall, 2), wide, round(tall, 2)) if kept else None,
                added=Bar(x, round(CHART[1] - tall - above, 2), wide, round(above, 2)) if added else None,
                label=f"{named}: {day.matched:,}",
                day=named,
                short=(f"{day.day:%a}", str(day.day.day)),
                counts=counts,
            )
        )
    return tuple(pairs)


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
