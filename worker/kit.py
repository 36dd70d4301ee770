"""What the desks work with: opened once per process by the composition root, handed to every desk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from worker.app import Desk
from worker.errors import BadInput
from worker.heap import lasting_objects
from worker.http import Web
from worker.match import TopicIndex
from worker.match.entities import Entity, shipped
from worker.match.entities.own import with_own
from worker.model import Topic, TopicId
from worker.robots import Forbidden
from worker.secrets import KeyRing
from worker.store.engine import Connection, Engine
from worker.store.entries import recent_articles
from worker.store.topics import EntityChange, TopicChange, changes_since

log = structlog.get_logger("worker")


MANY = 500
"""So many changes at once come at a start, or with a large watchlist: then the words of recent articles are worth
counting, and the heap is worth settling."""

LEARNT = 200
"""Articles whose words are counted, in a second or less."""


@dataclass(slots=True)
class TopicWatch:
    """The topic index of this process, kept up to date with the tables by change number: topics, and the users' own
    entities that they may name."""

    index: TopicIndex = field(default_factory=TopicIndex)
    number: int = 0
    own: dict[int, Entity] = field(default_factory=dict)
    unreadable: dict[TopicId, Topic] = field(default_factory=dict)

    def follow(self, connection: Connection) -> int:
        """Takes in what changed since last time; returns how many changes that were."""
        changes = changes_since(connection, self.number)
        if len(changes) < MANY:
            self._take_in(changes)
            return len(changes)
        with lasting_objects():
            for article in recent_articles(connection, LEARNT) if not self.number else ():
                self.index.learn(article)
            self._take_in(changes)
        return len(changes)

    def _take_in(self, changes: Sequence[TopicChange | EntityChange]) -> None:
        topics = [change for change in changes if isinstance(change, TopicChange)]
        for change in topics:
            self._forget(change.topic.id)
        self._learn([change for change in changes if isinstance(change, EntityChange)])
        for change in topics:
            if not change.removed:
                self._watch(change.topic)
        if changes:
            self.number = changes[-1].number

    def _forget(self, topic: TopicId) -> None:
        self.index.discard(topic)
        self.unreadable.pop(topic, None)

    def _learn(self, changes: Iterable[EntityChange]) -> None:
        """The index compiles the topics that use entities anew, so only where an entity changed."""
        changed = list(changes)
        for change in changed:
            self.own.pop(change.id, None)
            if change.entity is not None:
                self.own[change.id] = change.entity
        if changed:
            refused = self.index.know(with_own(shipped(), (self.own[row] for row in sorted(self.own))))
            for topic in list(self.unreadable.values()):
                self._watch(topic)
            for topic, error in refused:
                self._set_aside(topic, error)

    def _watch(self, topic: Topic) -> None:
        """A topic that this version cannot read never keeps the others from being watched."""
        try:
            self.index.add(topic)
        except BadInput as error:
            self._set_aside(topic, error)
        else:
            self.unreadable.pop(topic.id, None)

    def _set_aside(self, topic: Topic, error: BadInput) -> None:
        log.error("topic_unreadable", topic=topic.name, detail=str(error))
        self.unreadable[topic.id] = topic


@dataclass(slots=True)
class Kit:
    """One process's tools. `clock` is read at the edge of a desk; everything below takes `now`. `settled` is told
    which desk has left rows behind, and rings whoever follows it. `stopping` says that the process is about to end.
    `forbids` says whether a site's robots.txt forbids a page (None: it may be read); where it is None itself, nobody
    asks. `callback_base` is the public address at which hubs may call us (WebSub); None: they may not."""

    engine: Engine
    web: Web
    keys: KeyRing
    clock: Callable[[], datetime]
    settled: Callable[[Desk], object]
    topics: TopicWatch = field(default_factory=TopicWatch)
    forbids: Callable[[str], Awaitable[Forbidden | None]] | None = None
    callback_base: str | None = None
    stopping: Callable[[], bool] = lambda: False
