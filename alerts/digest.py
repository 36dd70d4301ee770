"""When a digest goes out: "now", "hourly", "daily 07:00", "weekly mon,fri 12:00", in the reader's own time.

A clock time that the spring change leaves out happens when the clocks have jumped (03:30 is told at 04:30);
one that the autumn change repeats happens once, the first time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from worker.errors import BadInput

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_FORMS = 'write "now", "hourly", "daily 07:00" or "weekly mon,fri 07:00"'
# What people in Indonesia call their zones is no IANA name.
_NICKNAMES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}


@dataclass(frozen=True, slots=True)
class AtOnce:
    """As soon as it is known."""


@dataclass(frozen=True, slots=True)
class Hourly:
    """At every full hour of the reader's clock."""


@dataclass(frozen=True, slots=True)
class At:
    """On these days of the week (0 is Monday) at this time of the reader's clock."""

    days: frozenset[int]
    clock: time


When = AtOnce | Hourly | At


@lru_cache(maxsize=1024)
def parse_when(text: str) -> When:
    """The moment that `text` names. Raises BadInput with a sentence where it names none."""
    match text.split():
        case ["now"]:
            return AtOnce()
        case ["hourly"]:
            return Hourly()
        case ["daily", clock]:
            return At(frozenset(range(7)), parse_clock(clock))
        case ["weekly", days, clock]:
            return At(_days(days), parse_clock(clock))
        case _:
            raise BadInput(f'"{text[:60]}" is no time to tell; {_FORMS}')


def parse_clock(text: str) -> time:
    """A time of day written HH:MM, 00:00 to 23:59. Raises BadInput."""
    found = _CLOCK.fullmatch(text)
    if found is None or not text.isascii():
        raise BadInput(
            f'"{text[:60]}" is no time of day; write two digits each for hour and minute, such as 07:00'
        )
    return time(int(found[1]), int(found[2]))


def _days(text: str) -> frozenset[int]:
    names = text.split(",")
    unknown = [name for name in names if name not in DAYS]
    if unknown:
        raise BadInput(
            f'"{unknown[0][:60]}" is no day of the week; write {", ".join(DAYS)}, with commas between'
        )
    return frozenset(DAYS.index(name) for name in names)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises BadInput for any other text."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        meant = _NICKNAMES.get(name.upper(), "Asia/Jakarta")
        raise BadInput(f'"{name[:60]}" is no time zone; write an IANA name such as {meant}') from None


def next_due(when: When, timezone: str, now: datetime) -> datetime:
    """The first such moment after `now`, in UTC; `now` itself for AtOnce. Raises BadInput for a bad zone."""
    at = now.astimezone(UTC)
    return at if isinstance(when, AtOnce) else _next(when, timezone, at)


@lru_cache(maxsize=4096)
def _next(when: Hourly | At, timezone: str, now: datetime) -> datetime:
    """Kept, because a planning asks for the same moment with each of its matches. `now` is in UTC: in other zones the
    two hours of an autumn night are equal."""
    match when:
        case Hourly():
            return _full_hour(zone(timezone), now)
        case At(days, clock):
            return min(due for due in _moments(days, clock, zone(timezone), now) if due > now)


def _full_hour(where: ZoneInfo, now: datetime) -> datetime:
    """When the clock next shows a full hour. On Lord Howe Island it changes by half an hour, so one may be missing."""
    local = now.astimezone(where)
    due = now.astimezone(UTC) + _HOUR - (local - local.replace(minute=0, second=0, microsecond=0))
    return due if due.astimezone(where).minute == 0 else _full_hour(where, due)


def _moments(days: frozenset[int], clock: time, where: ZoneInfo, now: datetime) -> Iterable[datetime]:
    # From yesterday, because a gap can push a late evening past midnight; to a week from tomorrow.
    today = now.astimezone(where).date()
    for date in (today + _DAY * shift for shift in range(-1, 9)):
        if date.weekday() in days:
            yield datetime.combine(date, clock, where).astimezone(UTC)
