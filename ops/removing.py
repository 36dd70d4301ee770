"""Taking away a feed by hand: one that a watchlist declares is taken away there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.store import programs
from ops.store.declared import alone, drop_feed
from worker.store.engine import Connection


@dataclass(frozen=True, slots=True)
class Declared:
    """It stays: a watchlist declares it."""

    url: str


@dataclass(frozen=True, slots=True)
class Removed:
    """It is polled no more; what it brought stays. `before` is what it was."""

    before: Mapping[str, Any]


def remove_feed(connection: Connection, number: int) -> Removed | Declared | None:
    """Takes a feed away; None where there is none of this number."""
    alone(connection)
    feed = programs.feed(connection, number)
    if feed is None:
        return None
    if feed["declared"]:
        return Declared(feed["url"])
    drop_feed(connection, number)
    return Removed(feed)
