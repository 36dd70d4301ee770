"""What the desks work with: opened once per process by the composition root, handed to every desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from worker.app import Desk
from worker.http import Web
from worker.match import TopicIndex
from worker.secrets import KeyRing
from worker.store.engine import Connection, Engine
from worker.store.topics import changes_since


@dataclass(slots=True)
class TopicWatch:
    """The topic index of this process, kept up to date with the table by change number."""

    index: TopicIndex = field(default_factory=TopicIndex)
    number: int = 0

    def follow(self, connection: Connection) -> int:
        """Takes in what changed since last time; returns how many changes that were."""
        changes = changes_since(connection, self.number)
        for change in changes:
            self.index.discard(change.topic.id)
            if not change.removed:
                self.index.add(change.topic)
            self.number = change.number
        return len(changes)


@dataclass(slots=True)
class Kit:
    """One process's tools. `clock` is read at the edge of a desk; everything below takes `now`. `settled` is told
    which desk has left rows behind, and rings whoever follows it."""

    engine: Engine
    web: Web
    keys: KeyRing
    clock: Callable[[], datetime]
    settled: Callable[[Desk], object]
    topics: TopicWatch = field(default_factory=TopicWatch)
