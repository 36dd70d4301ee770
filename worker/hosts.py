"""PURE. What a site bears and what it said: when it may be asked, how often at once, when it wants to be left alone.

take(host, now, count, seconds)  -> the turns that may be taken now, and the host without them
give_back(host, until)           -> the host with that connection free again
hear(host, status, retry_after, now) -> the host after an answer: cooling where it asked for that
open_at(host, now)               -> the first moment at which anybody may ask

The rate is the generic cell rate algorithm (ITU-T I.371): one moment per site says all about its past. A
connection is a lease with an end, so one that was held by a killed process is free again by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from worker.feeds.hints import retry_after_s
from worker.model import Turn
from worker.pace import Pace

EPOCH = datetime.fromtimestamp(0, UTC)
CRAWL_DELAY_MOST_S = 60.0
"""A Crawl-delay beyond that would be a feed a day on a site of some hundred feeds."""
COOL_S, COOL_MOST_S = 60.0, 3600.0
GOOD_LATELY = timedelta(hours=1)
"""A site that answered well within this time and now refuses is throttling, not forbidding."""
REFUSED_AT_LEAST = 2


@dataclass(frozen=True, slots=True)
class Host:
    """One site's row. `due_at`: when the next request would be due at the even pace. `leases`: until when its
    connections are taken. `refusals`: answers in a row that asked us to slow down without saying how long."""

    site: str
    due_at: datetime = EPOCH
    leases: tuple[datetime, ...] = ()
    delay_s: float | None = None
    paused_until: datetime = EPOCH
    paused_why: str | None = None
    ok_at: datetime | None = None
    refusals: int = 0
    pace: Pace = field(default_factory=Pace)

    @property
    def bears(self) -> Pace:
        """The pace that counts: a Crawl-delay goes before everything (one request, then the wait)."""
        if not self.delay_s:
            return self.pace
        return Pace(1, min(self.pace.per_second, 1 / self.delay_s), 1)


def take(host: Host, now: datetime, count: int, seconds: float) -> tuple[tuple[Turn, ...], Host]:
    """As many of `count` turns as the site bears now. Each holds a connection for `seconds` at most; their ends
    differ, so that each names its own."""
    live = tuple(until for until in host.leases if until > now)
    turns: list[Turn] = []
    due = host.due_at
    while len(turns) < count and len(live) + len(turns) < host.bears.connections:
        if now < max(host.paused_until, due - _tolerance(host.bears)):
            break
        due = max(due, now) + _step(host.bears)
        turns.append(Turn(host.site, _unused(now + timedelta(seconds=seconds), live, turns)))
    return tuple(turns), replace(host, due_at=due, leases=live + tuple(turn.until for turn in turns))


def _unused(until: datetime, live: tuple[datetime, ...], turns: list[Turn]) -> datetime:
    taken = {*live, *(turn.until for turn in turns)}
    while until in taken:
        until += timedelta(microseconds=1)
    return until


def give_back(host: Host, until: datetime) -> Host:
    """The connection of that lease is free again; a lease that has lapsed changes nothing."""
    return replace(host, leases=tuple(each for each in host.leases if each != until))


def open_at(host: Host, now: datetime) -> datetime:
    """The first moment at which the site may be asked, as things stand; in the past where it may be asked now."""
    live = sorted(until for until in host.leases if until > now)
    full = len(live) - host.bears.connections
    free = live[full] if full >= 0 else EPOCH
    return max(free, host.paused_until, host.due_at - _tolerance(host.bears))


def hear(host: Host, status: int | None, retry_after: str | None, now: datetime) -> Host:
    """What an answer says about the whole site.

    429, and 503 with a time: it wants to be left alone. 403 from a site that answered well a short time ago, and
    not to one request alone: it means the same and does not say so.
    """
    asked_s = retry_after_s(retry_after, now)
    if status is not None and (200 <= status < 300 or status == 304):
        return replace(host, ok_at=now, refusals=0)
    if status in (429, 503) and asked_s:
        return _cool(host, now + timedelta(seconds=asked_s), f"it answered {status} and named the time")
    if status == 429:
        return _refused(host, now, "it answered 429")
    if status == 403 and host.ok_at is not None and now - host.ok_at <= GOOD_LATELY:
        return _refused(host, now, "it answers 403 since a short time ago", after=REFUSED_AT_LEAST)
    return host


def cooling(host: Host, status: int | None, now: datetime) -> datetime | None:
    """Until when a feed that was answered so waits with its site; None where the answer is about the feed alone."""
    return host.paused_until if status in (403, 429) and host.paused_until > now else None


def _refused(host: Host, now: datetime, why: str, after: int = 1) -> Host:
    if host.paused_until > now:  # an answer to what was asked before the pause
        return host
    counted = replace(host, refusals=host.refusals + 1)
    if counted.refusals < after:
        return counted
    seconds = min(COOL_S * 2.0 ** min(counted.refusals - after, 10), COOL_MOST_S)
    return _cool(counted, now + timedelta(seconds=seconds), why)


def _cool(host: Host, until: datetime, why: str) -> Host:
    if until <= host.paused_until:
        return host
    return replace(host, paused_until=until, paused_why=why)


def _step(pace: Pace) -> timedelta:
    return timedelta(seconds=1 / pace.per_second)


def _tolerance(pace: Pace) -> timedelta:
    return (pace.burst - 1) * _step(pace)
