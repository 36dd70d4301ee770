"""When to poll a feed next. Pure: what happened goes in, a time and a named reason come out.

Adaptive between 60 s and 30 min: a feed that brings an entry every ten minutes is asked every five. Feeds
that fail are asked ever more seldom, but for ever; only one that says twice that it is gone is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from worker.dates import read_date

Reason = Literal[
    "every",  # the user's fixed interval
    "news",  # new entries: half the usual gap between two
    "unchanged",  # nothing new: half as long again
    "catching_up",  # nothing known in the document: entries may have slipped through between two polls
    "server_hint",  # the server wants to be asked less often (Cache-Control, Expires, ttl)
    "failing",  # doubled with every failure
    "retry_after",  # the server named the time
    "gone",  # 410 twice: not polled again
]

EVERY_LEAST_S = 5.0
ADAPTIVE_LEAST_S, ADAPTIVE_MOST_S = 60.0, 1800.0
FIRST_S = 300.0
HINT_MOST_S = 900.0  # news sites cache for hours what changes in minutes
FAILING_MOST_S = 6 * 3600.0
RETRY_AFTER_MOST_S = 24 * 3600.0
_ENTRIES_PER_POLL = 0.5
_WEIGHT = 0.3  # of the newest gap in the moving average
_SLOWER, _FASTER = 1.5, 0.5
_JITTER = 0.1
_GONE_AFTER = 2


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the scheduler remembers of a feed between polls; plain numbers, so that it fits a JSON column."""

    interval_s: float = FIRST_S
    gap_s: float | None = None  # moving average of the seconds between two new entries
    news_at: float | None = None  # when new entries were last seen, Unix seconds
    failures: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True)
class Changed:
    """The feed was read: so many entries were new, so many known. `hint_s` is the server's wish."""

    new: int
    known: int
    hint_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The same document as last time (304, or the same bytes)."""

    hint_s: float | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """No feed was read. `status` None: no answer at all. `retry_after` is the header as it came."""

    status: int | None = None
    retry_after: str | None = None


Outcome = Changed | Unchanged | Failed


@dataclass(frozen=True, slots=True)
class NextPoll:
    """When to poll, why, and what to remember. `at` None: never. `gap_possible`: entries may be missing."""

    interval_s: float
    at: datetime | None
    reason: Reason
    rhythm: Rhythm
    gap_possible: bool = False


def next_poll(
    rhythm: Rhythm, outcome: Outcome, now: datetime, jitter: float, every_s: float | None = None
) -> NextPoll:
    """Decide when to ask again. `jitter` in [-1, 1] spreads feeds by ±10 %; `every_s` is the user's interval,
    kept to the second, but for failures and for what the server asks with 429 or 503."""
    match outcome:
        case Failed():
            return _after_failure(rhythm, outcome, now, jitter, every_s)
        case Changed(new=new, known=known):
            learned = _learned(rhythm, new, known, now)
            gap_possible = _slipped(rhythm, new, known)
            reason: Reason = "catching_up" if gap_possible else "news" if new else "unchanged"
        case Unchanged():
            learned, gap_possible, reason = _slower(rhythm), False, "unchanged"
    learned = replace(learned, failures=0, gone=0)
    if every_s is not None:
        interval = max(every_s, EVERY_LEAST_S)
        return _at(now, interval, "every", learned, gap_possible)
    hint = min(outcome.hint_s or 0.0, HINT_MOST_S)
    if hint > learned.interval_s:
        return _at(now, hint * (1 + _JITTER * abs(jitter)), "server_hint", learned, gap_possible)
    return _at(now, learned.interval_s * (1 + _JITTER * jitter), reason, learned, gap_possible)


def recall(remembered: Mapping[str, Any]) -> Rhythm:
    """The rhythm from its stored form (`dataclasses.asdict`); what is no number there starts afresh."""
    numbers = {name: float(value) for name, value in remembered.items() if isinstance(value, int | float)}
    return Rhythm(
        interval_s=_within(numbers.get("interval_s", FIRST_S)),
        gap_s=numbers.get("gap_s"),
        news_at=numbers.get("news_at"),
        failures=int(numbers.get("failures", 0)),
        gone=int(numbers.get("gone", 0)),
    )


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Seconds to wait, from a Retry-After header in either form (RFC 9110, 10.2.3); at most 24 h."""
    text = (value or "").strip()
    if re.fullmatch(r"\d{1,12}(\.\d{1,6})?", text):
        return min(float(text), RETRY_AFTER_MOST_S)
    until = read_date(text, UTC)
    if until is None:
        return None
    return min(max((until - now).total_seconds(), 0.0), RETRY_AFTER_MOST_S)


def hint_s(headers: Mapping[str, str], ttl_s: int | None, now: datetime) -> float | None:
    """How long the server and the feed wish to be left alone. `headers` has lower-case names.

    Cache-Control goes before Expires (RFC 9111, 5.3); the feed's own ttl counts if it is longer.
    """
    wishes = [wish for wish in (_freshness(headers, now), ttl_s) if wish is not None and wish > 0]
    return float(max(wishes)) if wishes else None


def _freshness(headers: Mapping[str, str], now: datetime) -> float | None:
    control = headers.get("cache-control", "").lower()
    if "no-cache" in control or "no-store" in control:
        return None
    if found := re.search(r"max-age\s*=\s*\"?(\d{1,10})", control):
        age = headers.get("age", "").strip()
        return float(found[1]) - (float(age) if re.fullmatch(r"\d{1,10}", age) else 0.0)
    expires = read_date(headers.get("expires", ""), UTC)
    return (expires - now).total_seconds() if expires else None


def _learned(rhythm: Rhythm, new: int, known: int, now: datetime) -> Rhythm:
    if not new:
        return _slower(rhythm)
    moment = now.timestamp()
    first = rhythm.news_at is None
    gap = rhythm.gap_s if first else _average(rhythm.gap_s, max(moment - (rhythm.news_at or 0.0), 1.0) / new)
    interval = rhythm.interval_s if gap is None else gap * _ENTRIES_PER_POLL
    if _slipped(rhythm, new, known):
        interval = min(interval, rhythm.interval_s * _FASTER)
    return replace(rhythm, interval_s=_within(interval), gap_s=gap, news_at=moment)


def _slipped(rhythm: Rhythm, new: int, known: int) -> bool:
    """Not one known entry, although the feed was read before: its window has rolled past us."""
    return new > 0 and known == 0 and rhythm.news_at is not None


def _average(gap_s: float | None, newest_s: float) -> float:
    return newest_s if gap_s is None else (1 - _WEIGHT) * gap_s + _WEIGHT * newest_s


def _slower(rhythm: Rhythm) -> Rhythm:
    return replace(rhythm, interval_s=_within(rhythm.interval_s * _SLOWER))


def _within(interval_s: float) -> float:
    return min(max(interval_s, ADAPTIVE_LEAST_S), ADAPTIVE_MOST_S)


def _after_failure(
    rhythm: Rhythm, outcome: Failed, now: datetime, jitter: float, every_s: float | None
) -> NextPoll:
    failures = rhythm.failures + 1
    gone = rhythm.gone + 1 if outcome.status == 410 else 0
    learned = replace(rhythm, failures=failures, gone=gone)
    if gone >= _GONE_AFTER:
        return NextPoll(0.0, None, "gone", learned)
    base = ADAPTIVE_LEAST_S if every_s is None else max(every_s, EVERY_LEAST_S)
    backoff = max(min(base * 2.0 ** min(failures - 1, 20), FAILING_MOST_S), min(base, RETRY_AFTER_MOST_S))
    asked = retry_after_s(outcome.retry_after, now) if outcome.status in (429, 503) else None
    if asked is not None and asked > backoff:
        return _at(now, asked * (1 + _JITTER * abs(jitter)), "retry_after", learned)
    spread = 0.0 if every_s is not None else jitter
    return _at(now, backoff * (1 + _JITTER * spread), "failing", learned)


def _at(
    now: datetime, interval_s: float, reason: Reason, rhythm: Rhythm, gap_possible: bool = False
) -> NextPoll:
    return NextPoll(interval_s, now + timedelta(seconds=interval_s), reason, rhythm, gap_possible)
