"""PURE. A feed that says it has moved for good (301, 308): believed after three sightings over a day.

One redirect may be a slip of an hour; a feed's address that was changed for it would be lost. And it must be the
same feed that is found there: a domain that was sold redirects everything as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SIGHTINGS, OVER_S = 3, 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Move:
    """Where a feed says it has moved to, how often it said so in a row, and since when (Unix seconds)."""

    to: str
    times: int
    since: float


def recall_move(remembered: Mapping[str, Any]) -> Move | None:
    """The move from its stored form (`dataclasses.asdict`), or None."""
    match remembered:
        case {"to": str(to), "times": int(times), "since": int() | float() as since}:
            return Move(to, times, float(since))
    return None


def sighted(before: Move | None, to: str | None, now: datetime) -> Move | None:
    """What is remembered after one more answer that came by way of `to`; None where it came without a detour."""
    if to is None:
        return None
    if before is None or before.to != to:
        return Move(to, 1, now.timestamp())
    return Move(to, before.times + 1, before.since)


def believed(move: Move | None, now: datetime, *, same_feed: bool) -> str | None:
    """The new address, once it is certain; `same_feed`: what was found there is what we know."""
    if move is None or not same_feed:
        return None
    old_enough = now.timestamp() - move.since >= OVER_S
    return move.to if move.times >= SIGHTINGS and old_enough else None
