"""When to poll a feed next. Pure: what happened goes in, a time and a named reason come out.

Adaptive between 60 s and 30 min, or between the user's own bounds: a feed that brings an entry every ten minutes
is asked every five. Feeds that fail are asked ever more seldom, but for ever; only one that says twice that it is
gone is left alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from worker.feeds.hints import RETRY_AFTER_MOST_S, after_skipped, retry_after_s

Reason = Literal[
    "every",  # the user's fixed interval
    "news",  # new entries: half the usual gap between two
    "unchanged",  # nothing new: half as long again
    "catching_up",  # nothing known in the document: entries may have slipped through between two polls
    "server_hint",  # the server wants to be asked less often (Cache-Control, Expires, ttl)
    "skipped_hours",  # the feed says that it need not be asked at that hour or on that day
    "failing",  # doubled with every failure
    "retry_after",  # the server named the time
    "host_cooling",  # the whole site wants to be left alone for a while
    "gone",  # 410 twice: not polled again
]

EVERY_LEAST_S = 5.0
ADAPTIVE_LEAST_S, ADAPTIVE_MOST_S = 60.0, 1800.0
FIRST_S = 300.0
HINT_MOST_S = 900.0  # news sites cache for hours what changes in minutes
FAILING_MOST_S = 6 * 3600.0
FULL_EVERY_S = 24 * 3600.0
MISSED_MOST = 1000
_ENTRIES_PER_POLL = 0.5
_WEIGHT = 0.3  # of the newest gap in the moving average
_SLOWER, _FASTER = 1.5, 0.5
_JITTER = 0.1
_GONE_AFTER = 2
_LATE = 0.5  # of the interval: a poll later than that came after a stop, with many others


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user wants, in seconds: a fixed interval, else bounds for the adaptive one."""

    every_s: float | None = None
    least_s: float = ADAPTIVE_LEAST_S
    most_s: float = ADAPTIVE_MOST_S


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the scheduler remembers of a feed between polls; plain numbers, so that it fits a JSON column.

    Moments are Unix seconds. What the feed's document asked for is kept, because a 304 brings no document.
    """

    interval_s: float = FIRST_S
    gap_s: float | None = None  # moving average of the seconds between two new entries
    news_at: float | None = None  # when new entries were last seen
    read_at: float | None = None  # when the feed was last read, whether it brought anything or not
    full_at: float | None = None  # when its whole document was last had, not a 304
    failures: int = 0
    gone: int = 0
    ttl_s: float | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """The feed was read: so many entries were new, so many known. `hint_s` is the server's wish. `partial`: the
    server sent what is new and nothing else (RFC 3229), so what is absent means nothing."""

    new: int
    known: int
    hint_s: float | None = None
    partial: bool = False
    ttl_s: float | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The same document as last time (304; or the same bytes: then `full`)."""

    hint_s: float | None = None
    full: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """No feed was read. `status` None: no answer at all. `retry_after` is the header as it came. `cooling_until`:
    the answer was about the whole site, which is left alone until then."""

    status: int | None = None
    retry_after: str | None = None
    cooling_until: datetime | None = None


Outcome = Changed | Unchanged | Failed


@dataclass(frozen=True, slots=True)
class NextPoll:
    """When to poll, why, and what to remember. `at` None: never. `missed_most`: so many entries at most may have
    slipped through since the poll before; 0 where none can."""

    interval_s: float
    at: datetime | None
    reason: Reason
    rhythm: Rhythm
    missed_most: int = 0

    @property
    def gap_possible(self) -> bool:
        """Whether entries may be missing."""
        return self.missed_most > 0


def next_poll(
    rhythm: Rhythm,
    outcome: Outcome,
    now: datetime,
    jitter: float,
    wish: Wish = Wish(),
    late_s: float = 0.0,
) -> NextPoll:
    """Decide when to ask again.

    `jitter` in [-1, 1] spreads feeds by ±10 %. `late_s`: how long after its time the feed was polled. A fixed interval
    is kept to the second, but for failures and for what the server asks with 429 or 503.
    """
    match outcome:
        case Failed():
            return _after_failure(rhythm, outcome, now, jitter, wish)
        case Changed():
            missed = missed_most(rhythm, outcome, now)
            learned = _remembered(_learned(rhythm, outcome, now, wish), outcome)
            full = not outcome.partial
            reason: Reason = "catching_up" if missed else "news" if outcome.new else "unchanged"
        case Unchanged(full=full):
            learned, missed, reason = _slower(rhythm, wish), 0, "unchanged"
    moment = now.timestamp()
    full_at = moment if full else learned.full_at
    learned = replace(learned, failures=0, gone=0, read_at=moment, full_at=full_at)
    if wish.every_s is not None:
        interval = _in_step(max(wish.every_s, EVERY_LEAST_S), late_s)
        return _at(now, interval, "every", learned, missed)
    hint = min(max(outcome.hint_s or 0.0, learned.ttl_s or 0.0), HINT_MOST_S)
    if hint > learned.interval_s:
        return _rested(_at(now, hint * (1 + _JITTER * abs(jitter)), "server_hint", learned, missed))
    return _rested(_at(now, _spread(learned.interval_s, jitter, late_s), reason, learned, missed))


def missed_most(rhythm: Rhythm, outcome: Changed, now: datetime) -> int:
    """How many entries may have come and gone since the last look; 0 while the document still holds a known one.

    Not one known entry, although the feed was read before: its window has rolled past us. How far, its usual gap
    tells: as many as it brings in that time, less those that are there.
    """
    if outcome.partial or not outcome.new or outcome.known or rhythm.news_at is None:
        return 0
    since = rhythm.read_at if rhythm.read_at is not None else rhythm.news_at
    elapsed = max(now.timestamp() - since, 0.0)
    usual = elapsed / rhythm.gap_s if rhythm.gap_s else 2.0 * outcome.new
    return int(min(max(math.ceil(usual) - outcome.new, 1), MISSED_MOST))


def ask_for_all(rhythm: Rhythm, now: datetime) -> bool:
    """Whether to ask without validators this time: some servers say 304 for ever, so once a day none are sent."""
    return rhythm.full_at is None or now.timestamp() - rhythm.full_at >= FULL_EVERY_S


def recall(remembered: Mapping[str, Any]) -> Rhythm:
    """The rhythm from its stored form (`dataclasses.asdict`); what is no number there starts afresh."""
    numbers = {name: float(value) for name, value in remembered.items() if isinstance(value, int | float)}
    return Rhythm(
        interval_s=max(numbers.get("interval_s", FIRST_S), EVERY_LEAST_S),
        gap_s=numbers.get("gap_s"),
        news_at=numbers.get("news_at"),
        read_at=numbers.get("read_at"),
        full_at=numbers.get("full_at"),
        failures=int(numbers.get("failures", 0)),
        gone=int(numbers.get("gone", 0)),
        ttl_s=numbers.get("ttl_s"),
        skip_hours=_whole(remembered.get("skip_hours")),
        skip_days=_whole(remembered.get("skip_days")),
    )


def _whole(values: object) -> tuple[int, ...]:
    return tuple(each for each in values if isinstance(each, int)) if isinstance(values, list | tuple) else ()


def _remembered(rhythm: Rhythm, outcome: Changed) -> Rhythm:
    """With what the document asks for; a partial one may leave it out."""
    if outcome.partial:
        return rhythm
    return replace(rhythm, ttl_s=outcome.ttl_s, skip_hours=outcome.skip_hours, skip_days=outcome.skip_days)


def _learned(rhythm: Rhythm, outcome: Changed, now: datetime, wish: Wish) -> Rhythm:
    if not outcome.new:
        return _slower(rhythm, wish)
    moment = now.timestamp()
    first = rhythm.news_at is None
    since = max(moment - (rhythm.news_at or 0.0), 1.0)
    gap = rhythm.gap_s if first else _average(rhythm.gap_s, since / outcome.new)
    interval = rhythm.interval_s if gap is None else gap * _ENTRIES_PER_POLL
    if missed_most(rhythm, outcome, now):
        interval = min(interval, rhythm.interval_s * _FASTER)
    return replace(rhythm, interval_s=_within(interval, wish), gap_s=gap, news_at=moment)


def _average(gap_s: float | None, newest_s: float) -> float:
    return newest_s if gap_s is None else (1 - _WEIGHT) * gap_s + _WEIGHT * newest_s


def _slower(rhythm: Rhythm, wish: Wish) -> Rhythm:
    return replace(rhythm, interval_s=_within(rhythm.interval_s * _SLOWER, wish))


def _within(interval_s: float, wish: Wish) -> float:
    return min(max(interval_s, wish.least_s), wish.most_s)


def _in_step(interval_s: float, late_s: float) -> float:
    """To the next beat of a fixed interval: late by a little, or after a stop, a feed keeps its place among those
    with the same interval. At least half of it, so that no two polls come close together."""
    left = interval_s - late_s % interval_s
    return left if left >= interval_s / 2 else left + interval_s


def _spread(interval_s: float, jitter: float, late_s: float) -> float:
    """±10 %; after a stop, when all are late and polled one after the other, over half of the interval."""
    if late_s > interval_s * _LATE:
        return interval_s * (0.75 + 0.25 * jitter)
    return interval_s * (1 + _JITTER * jitter)


def _rested(poll: NextPoll) -> NextPoll:
    """Not in the hours and on the days in which the feed need not be asked."""
    if poll.at is None or not (poll.rhythm.skip_hours or poll.rhythm.skip_days):
        return poll
    later = after_skipped(poll.at, poll.rhythm.skip_hours, poll.rhythm.skip_days)
    if later <= poll.at:
        return poll
    longer = poll.interval_s + (later - poll.at).total_seconds()
    return replace(poll, at=later, interval_s=longer, reason="skipped_hours")


def _after_failure(rhythm: Rhythm, outcome: Failed, now: datetime, jitter: float, wish: Wish) -> NextPoll:
    if outcome.cooling_until is not None:
        wait = max((outcome.cooling_until - now).total_seconds(), EVERY_LEAST_S)
        return _at(now, wait * (1 + _JITTER * abs(jitter)), "host_cooling", rhythm)
    failures = rhythm.failures + 1
    gone = rhythm.gone + 1 if outcome.status == 410 else 0
    learned = replace(rhythm, failures=failures, gone=gone)
    if gone >= _GONE_AFTER:
        return NextPoll(0.0, None, "gone", learned)
    base = wish.least_s if wish.every_s is None else max(wish.every_s, EVERY_LEAST_S)
    backoff = max(min(base * 2.0 ** min(failures - 1, 20), FAILING_MOST_S), min(base, RETRY_AFTER_MOST_S))
    asked = retry_after_s(outcome.retry_after, now) if outcome.status in (429, 503) else None
    if asked is not None and asked > backoff:
        return _at(now, asked * (1 + _JITTER * abs(jitter)), "retry_after", learned)
    spread = 0.0 if wish.every_s is not None else jitter
    return _at(now, backoff * (1 + _JITTER * spread), "failing", learned)


def _at(now: datetime, interval_s: float, reason: Reason, rhythm: Rhythm, missed: int = 0) -> NextPoll:
    return NextPoll(interval_s, now.astimezone(UTC) + timedelta(seconds=interval_s), reason, rhythm, missed)
