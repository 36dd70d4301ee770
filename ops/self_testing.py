"""SHELL. The self-test's turn at each tick: it publishes an article, watches it through, and clears up behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from ops.self_test import due, follow
from ops.store import self_test as store
from worker.kit import Kit
from worker.store.engine import Connection

log = structlog.get_logger("watch")

_LOOK_AGAIN = timedelta(seconds=30)
"""Another process may have moved it meanwhile."""


@dataclass(slots=True)
class SelfTesting:
    """The self-test as one process sees it: every how many seconds (None: it is off), and when to look again."""

    every_s: float | None = None
    look_at: datetime | None = None
    removed: bool = False

    def go_on(self, kit: Kit) -> None:
        """Does what is due; nothing most of the time."""
        now = kit.clock()
        if self.removed or (self.look_at is not None and now < self.look_at <= now + _LOOK_AGAIN):
            return
        with kit.engine.begin() as connection:
            if not store.alone(connection):
                return
            if self.every_s is None:
                self.removed = not store.stands(connection) or store.remove(connection)
            else:
                self._move(connection, kit, self.every_s, now)

    def _move(self, connection: Connection, kit: Kit, every_s: float, now: datetime) -> None:
        newest = store.latest(connection)
        if newest is not None and newest.ended_at is None:
            newest = follow(newest, store.traces(connection), now)
            if newest.ended_at is None or not store.end(connection, newest):
                return
            told = log.info if newest.sent_at is not None else log.error
            told(
                "self_test", through=newest.sent_at is not None, step=newest.stopped_at, reason=newest.reason
            )
        if due(newest, every_s, now):
            store.begin(connection, kit.keys, every_s, now)
            self.look_at = None
        elif newest is not None:
            next_at = newest.published_at + timedelta(seconds=every_s)
            self.look_at = min(next_at, now + _LOOK_AGAIN)
