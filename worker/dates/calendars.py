"""Days of other calendars, as days of ours.

Hijri dates are not read: the calendars of two countries differ by a day, and no feed says which it means.
"""

from __future__ import annotations

from datetime import date, timedelta

_BUDDHIST_AHEAD = 543
_REPUBLIC_AHEAD = 1911  # Taiwan counts from the republic's first year, 1912
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": _REPUBLIC_AHEAD, "民国": _REPUBLIC_AHEAD}
_NOWRUZ_1300 = date(1921, 3, 21)
_CYCLE_YEARS, _CYCLE_DAYS = 33, 12053
_LEAP_IN_CYCLE = frozenset((1, 5, 9, 13, 17, 22, 26, 30))


def from_era(era: str, year: int) -> int:
    """The year of our calendar: Reiwa 3 is 2021, and so is the republic's 110."""
    return _ERAS[era] + year


def from_buddhist(year: int) -> int:
    """Thai years run 543 ahead; years that cannot be Thai stay."""
    return year - _BUDDHIST_AHEAD if 2400 <= year <= 2700 else year


def from_jalali(year: int, month: int, day: int) -> date:
    """The day in our calendar, for the years 1300 to 1499. Raises ValueError for a day that is none.

    The leap years of these two centuries follow one cycle of 33 years, but for the few that astronomy moves by a
    year after 1500 (https://www.fourmilab.ch/documents/calendar/, "Persian").
    """
    if not (1300 <= year <= 1499 and 1 <= month <= 12 and 1 <= day <= _month_days(year, month)):
        raise ValueError("no such day in the Iranian calendar")
    whole, rest = divmod(year - 1300, _CYCLE_YEARS)
    days = whole * _CYCLE_DAYS + sum(366 if _is_leap(1300 + passed) else 365 for passed in range(rest))
    days += 31 * min(month - 1, 6) + 30 * max(month - 7, 0) + day - 1
    return _NOWRUZ_1300 + timedelta(days=days)


def _month_days(year: int, month: int) -> int:
    if month <= 6:
        return 31
    return 30 if month <= 11 or _is_leap(year) else 29


def _is_leap(year: int) -> bool:
    return year % _CYCLE_YEARS in _LEAP_IN_CYCLE
