"""Topics and their changes: every process that matches follows them by number, never by message."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from worker.model import Topic, TopicId
from worker.store.schema import topics


@dataclass(frozen=True, slots=True)
class TopicChange:
    """A topic as it now stands; `removed` if it is no longer watched."""

    number: int
    topic: Topic
    removed: bool


def changes_since(connection: Connection, number: int) -> list[TopicChange]:
    """What changed after change `number`, in order. Writers hold a lock on the table while they take
    numbers, so a smaller number never appears after a larger one."""
    rows = connection.execute(select(topics).where(topics.c.change > number).order_by(topics.c.change))
    return [
        TopicChange(row.change, Topic(TopicId(row.id), row.name, row.query), row.removed_at is not None)
        for row in rows
    ]


def last_change(connection: Connection) -> int:
    """The newest change's number; 0 when there never was a topic."""
    return int(connection.execute(select(func.coalesce(func.max(topics.c.change), 0))).scalar_one())
