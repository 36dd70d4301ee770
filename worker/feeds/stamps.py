"""The two forms of date that nearly all feeds write, at a tenth of what reading any date costs (1.5 µs)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_MONTHS = {
    name: f"{number:02}"
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_MESSAGE = re.compile(  # RFC 5322, 3.3, in the form that all programs write
    r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?:[+-](?:0\d|1[0-4])\d\d|GMT|UTC?|Z)"
)
_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-](?:0\d|1[0-4]):\d\d)"
)  # RFC 3339
_EARLIEST, _LATEST = 1995, 2100


def standard_moment(text: str) -> datetime | None:
    """The moment in UTC that a date in the form of RFC 5322 or 3339 names; None for any other text, or where there
    is any doubt: the reader of all dates decides then."""
    if _MESSAGE.fullmatch(text):
        zone = f"{text[26:29]}:{text[29:]}" if text[26] in "+-" else "Z"
        written = f"{text[12:16]}-{_MONTHS.get(text[8:11])}-{text[5:7]}T{text[17:25]}{zone}"
    elif found := _TIMESTAMP.fullmatch(text):
        written = found[1] + found[2]
    else:
        return None
    try:
        moment = datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if _EARLIEST <= moment.year <= _LATEST else None
