"""RSS's skipHours and skipDays (https://www.rssboard.org/rss-specification#optionalChannelElements).

Read from the text itself: they are rare (none in 208 feeds looked at), and no parser has to know of them.
"""

from __future__ import annotations

import re

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST = 4096
_HOUR = re.compile(r"<hour>\s*(\d{1,2})\s*</hour>", re.IGNORECASE)
_DAY = re.compile(r"<day>\s*([a-z]{6,9})\s*</day>", re.IGNORECASE)


def skipped(text: str) -> tuple[frozenset[int], frozenset[int]]:
    """The hours (0–23, GMT) and the days (Monday is 0) at which a feed says that it need not be asked. Early
    versions of RSS count hours from 1 to 24; 24 is midnight."""
    hours = (int(hour) for hour in _HOUR.findall(_inside(text, "skipHours")))
    days = (day.lower() for day in _DAY.findall(_inside(text, "skipDays")))
    return frozenset(hour % 24 for hour in hours if hour <= 24), frozenset(
        _DAYS.index(day) for day in days if day in _DAYS
    )


def _inside(text: str, element: str) -> str:
    begin = text.find(f"<{element}>")
    end = text.find(f"</{element}>", begin, begin + _LONGEST) if begin >= 0 else -1
    return text[begin:end] if end >= 0 else ""
