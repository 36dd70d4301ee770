"""What servers and feeds say about being asked: Retry-After, Cache-Control, Expires, skipHours and skipDays."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from worker.dates import read_date

RETRY_AFTER_MOST_S = 24 * 3600.0
SKIPPED_MOST = timedelta(hours=6)
"""A night is skipped as the feed says; a weekend is looked into now and then, for what is told late is told in vain."""


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Seconds to wait, from a Retry-After header in either form (RFC 9110, 10.2.3); at most 24 h."""
    text = (value or "").strip()
    if re.fullmatch(r"\d{1,12}(\.\d{1,6})?", text):
        return min(float(text), RETRY_AFTER_MOST_S)
    until = read_date(text, UTC)
    if until is None:
        return None
    return min(max((until - now).total_seconds(), 0.0), RETRY_AFTER_MOST_S)


def hint_s(headers: Mapping[str, str], ttl_s: float | None, now: datetime) -> float | None:
    """How long the server and the feed wish to be left alone. `headers` has lower-case names.

    Cache-Control goes before Expires (RFC 9111, 5.3); the feed's own ttl counts if it is longer.
    """
    wishes = [wish for wish in (_freshness(headers, now), ttl_s) if wish is not None and wish > 0]
    return float(max(wishes)) if wishes else None


def _freshness(headers: Mapping[str, str], now: datetime) -> float | None:
    control = headers.get("cache-control", "").lower()
    if "no-cache" in control or "no-store" in control:
        return None
    if found := re.search(r"(?<![\w-])max-age\s*=\s*\"?(\d{1,10})", control):
        age = headers.get("age", "").strip()
        return float(found[1]) - (float(age) if re.fullmatch(r"\d{1,10}", age) else 0.0)
    expires = read_date(headers.get("expires", ""), UTC)
    return (expires - now).total_seconds() if expires else None


def after_skipped(at: datetime, hours: Collection[int], days: Collection[int]) -> datetime:
    """`at`, or the end of the hours (0–23, GMT) and days (Monday is 0) around it in which the feed need not be asked;
    at most six hours later. A feed that skips all of its hours or all of its days has said nothing."""
    hours = hours if len(set(hours)) < 24 else ()
    days = days if len(set(days)) < 7 else ()
    moved = at.astimezone(UTC)
    while (moved.hour in hours or moved.weekday() in days) and moved < at + SKIPPED_MOST:
        moved = moved.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return min(moved, at + SKIPPED_MOST)
