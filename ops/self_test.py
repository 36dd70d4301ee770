"""PURE. Is it still able to tell anybody at all? How far an article of our own came, and what it means if it stays
away.

published ─▶ poll ─▶ read ─▶ plan ─▶ send
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

Step = Literal["tick", "poll", "read", "plan", "send"]

STEPS: tuple[tuple[Step, str], ...] = (
    ("poll", "seen_at"),
    ("read", "read_at"),
    ("plan", "planned_at"),
    ("send", "sent_at"),
)
"""The desks in their order, and which moment says that each was through."""

PATIENCE_S = (30.0, 300.0)
"""At least and at most: three periods, within these, are what a round may take. One takes some seconds."""
GIVE_UP_S = 3600.0
"""So long the way of one round is watched; then it makes room for the next, or a desk that comes back after a day would
be judged by the mishap of yesterday."""

_BROKEN = ("failed", "expired", "suppressed")


@dataclass(frozen=True, slots=True)
class Round:
    """An article of ours: when it was published, when each desk was through with it, and how it ended. `stopped_at`
    and `reason` say where and why it did not come through."""

    published_at: datetime
    every_s: float
    seen_at: datetime | None = None
    read_at: datetime | None = None
    planned_at: datetime | None = None
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    stopped_at: Step | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SelfTest:
    """How the self-test stands: its newest round, and the last one that came through."""

    newest: Round
    through: Round | None = None


@dataclass(frozen=True, slots=True)
class Traces:
    """What the tables have of the round that is under way; None where it has not come so far."""

    feed_error: str | None = None
    seen_at: datetime | None = None
    entry_state: str | None = None
    entry_reason: str | None = None
    read_at: datetime | None = None
    page_problem: str | None = None
    planned_at: datetime | None = None
    matched: bool = False
    suppressed: str | None = None
    delivery_state: str | None = None
    delivery_reason: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """Where the self-test stays, since when (seconds), and why, as far as it is known."""

    step: Step
    for_s: float
    reason: str | None


def patience_s(every_s: float) -> float:
    """How long a round may take."""
    least, most = PATIENCE_S
    return min(max(3 * every_s, least), most)


def follow(begun: Round, traces: Traces, now: datetime) -> Round:
    """The round as its traces show it; ended where nothing more is to come of it."""
    step, reason = _halt(traces)
    sent_at = traces.sent_at if step is None else None
    hopeless = _hopeless(traces) or (now - begun.published_at).total_seconds() > max(GIVE_UP_S, begun.every_s)
    return Round(
        begun.published_at,
        begun.every_s,
        traces.seen_at,
        traces.read_at,
        traces.planned_at,
        sent_at,
        now if sent_at is not None or hopeless else None,
        step,
        reason,
    )


def _halt(traces: Traces) -> tuple[Step | None, str | None]:
    """The desk that has not done its part yet, and what it says about it."""
    if traces.seen_at is None:
        return "poll", traces.feed_error
    if traces.read_at is None:
        return "read", traces.entry_reason
    if not traces.matched:
        return "read", traces.page_problem or "no_match"
    if traces.planned_at is None or traces.suppressed is not None:
        return "plan", traces.suppressed
    if traces.delivery_state != "sent" or traces.sent_at is None:
        return "send", traces.delivery_reason
    return None, None


def _hopeless(traces: Traces) -> bool:
    """Whether nothing will come of it any more. A page that was not had is tried again."""
    unmatched = traces.read_at is not None and not traces.matched and traces.page_problem is None
    return (
        traces.entry_state == "failed"
        or unmatched
        or traces.suppressed is not None
        or traces.delivery_state in _BROKEN
    )


def due(newest: Round | None, every_s: float, now: datetime) -> bool:
    """Whether the next round is to begin: one at a time, each a period after the one before."""
    if newest is None:
        return True
    return newest.ended_at is not None and (now - newest.published_at).total_seconds() >= every_s


def trouble(test: SelfTest | None, now: datetime) -> Stopped | None:
    """What is wrong, if anything: a round that takes too long or came to nothing, or none that begins."""
    if test is None:
        return None
    newest = test.newest
    for_s = (now - newest.published_at).total_seconds()
    if newest.ended_at is None:
        late = for_s > patience_s(newest.every_s)
        return Stopped(newest.stopped_at or "poll", for_s, newest.reason) if late else None
    if newest.sent_at is None:
        return Stopped(newest.stopped_at or "poll", for_s, newest.reason)
    overdue = for_s > newest.every_s + patience_s(newest.every_s)
    return Stopped("tick", for_s, None) if overdue else None


def age_s(test: SelfTest, now: datetime) -> float | None:
    """Since the last one came through; None: none has yet."""
    if test.through is None or test.through.sent_at is None:
        return None
    return max((now - test.through.sent_at).total_seconds(), 0.0)


def took_s(came: Round) -> Mapping[Step, float]:
    """How long each desk took, of a round that came through."""
    moments = [came.published_at, *(getattr(came, moment) for _, moment in STEPS)]
    spans = [max((after - before).total_seconds(), 0.0) for before, after in pairwise(moments)]
    return {step: spent for (step, _), spent in zip(STEPS, spans, strict=True)}
