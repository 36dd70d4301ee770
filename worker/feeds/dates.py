"""When an entry was published, from whatever the feed wrote."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from feedparser.datetimes import _parse_date as _parse_by_feedparser

from worker.dates import read_date

_LONGEST = 120
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_WORD = re.compile(r"[^\W\d_]{3}")
_AHEAD = timedelta(hours=24)


def parse_date(text: str, default_zone: tzinfo = UTC) -> datetime | None:
    """The moment `text` names, in UTC; None where it cannot be read or lies before 1995.

    Our own table comes first because feedparser takes a zone it does not know (WIB) for UTC; feedparser knows
    forms we do not (Greek, Hungarian, ordinal dates). A time without zone is in `default_zone`.
    """
    if not text or len(text) > _LONGEST:
        return None
    return read_date(text, default_zone) or _by_feedparser(text)


def plausible(moment: datetime | None, now: datetime) -> datetime | None:
    """The moment, unless it lies more than a day ahead: then the feed's clock or its author erred."""
    return None if moment is None or moment > now + _AHEAD else moment


def _by_feedparser(text: str) -> datetime | None:
    """Only for dates in words: of numbers that name no date feedparser makes one (month 13 a new year)."""
    parsed = _parse_by_feedparser(text) if _WORD.search(text) else None
    if not parsed:
        return None
    year, month, day, hour, minute, second = parsed[:6]
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment >= _EARLIEST else None
