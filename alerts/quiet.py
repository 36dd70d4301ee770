"""Quiet hours: when somebody does not want to be told, by the reader's own clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from alerts.digest import parse_clock, zone
from worker.errors import BadInput

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `start` up to but not including `end`; over midnight where `end` is the earlier clock time."""

    start: time
    end: time


@lru_cache(maxsize=1024)
def parse_quiet(text: str) -> Quiet:
    """Quiet hours written "22:00-06:00". Raises BadInput with a sentence."""
    start, dash, end = text.partition("-")
    if not dash:
        raise BadInput(f'"{text[:60]}" are no quiet hours; write start and end, such as "22:00-06:00"')
    window = Quiet(parse_clock(start.strip()), parse_clock(end.strip()))
    if window.start == window.end:
        raise BadInput(
            f'quiet hours "{text}" start and end at the same time; leave them out to be told at any hour'
        )
    return window


def quiet_until(window: Quiet, timezone: str, now: datetime) -> datetime | None:
    """When the quiet hours that `now` lies in are over (UTC); None if it lies in none.

    The window runs from the first moment the clock shows `start` or later to the first it shows `end` or
    later, so one that ends in the hour that autumn repeats ends once. Raises BadInput for a bad zone.
    """
    return _until(window, timezone, now.astimezone(UTC))


@lru_cache(maxsize=4096)
def _until(window: Quiet, timezone: str, now: datetime) -> datetime | None:
    """Kept, because a planning asks for the same moment with each of its matches; in UTC, where no two hours of an
    autumn night are equal."""
    where = zone(timezone)
    today = now.astimezone(where).date()
    for day in (today - _DAY, today):
        end_day = day if window.start < window.end else day + _DAY
        end = _reached(end_day, window.end, where)
        if _reached(day, window.start, where) <= now < end:
            return end
    return None


def _reached(day: date, clock: time, where: ZoneInfo) -> datetime:
    """The first moment at which the clock shows this time of this day, or a later one."""
    wall = datetime.combine(day, clock)
    at = wall.replace(tzinfo=where).astimezone(UTC)
    # Where spring leaves the time out, `at` lies up to an hour behind the jump: walk back to the jump itself.
    while (at - _MINUTE).astimezone(where).replace(tzinfo=None) >= wall:
        at -= _MINUTE
    return at
