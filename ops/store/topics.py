"""Topics as rows that are changed, with every version that they had.

A topic that was never changed may have no version here: what it is now is its first. Whoever changes one writes that
down before. Callers hold `ops.store.declared.alone`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Connection, Text, cast, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import array

from alerts.store.schema import subscriptions
from ops.watchlist import DeclaredTopic
from worker.store.schema import topics

NEXT_CHANGE = text("nextval('topic_changes')")
WATCHLIST = "a watchlist"
"""Who saved a version that came with a file."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A topic that is watched, and the number of its version."""

    id: int
    topic: DeclaredTopic
    declared: bool
    version: int


@dataclass(frozen=True, slots=True)
class Version:
    """What a topic was from a moment on; `by` is None where nobody knows any more."""

    number: int
    topic: DeclaredTopic
    by: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """A subscription that hears of a topic: by its name, or by a tag."""

    id: int
    name: str
    by_name: bool
    declared: bool
    channels: tuple[str, ...]
    when: tuple[str, ...]


# What the topic is now becomes its first version, where it has none.
_KEEP_FIRST = text("""
    INSERT INTO topic_versions (topic_id, number, name, query, tags, saved_by, saved_at)
    SELECT id, 1, name, query, tags, CASE WHEN declared THEN :watchlist END, created_at FROM topics
    WHERE id = :id AND NOT EXISTS (SELECT FROM topic_versions WHERE topic_id = :id)
""")

_NEXT_VERSION = text("""
    INSERT INTO topic_versions (topic_id, number, name, query, tags, saved_by)
    SELECT id, coalesce((SELECT max(number) FROM topic_versions WHERE topic_id = :id), 0) + 1, name, query, tags, :by
    FROM topics WHERE id = :id
""")

_STANDING = text("""
    SELECT t.id, t.name, t.query, t.tags, t.declared,
           coalesce((SELECT max(number) FROM topic_versions v WHERE v.topic_id = t.id), 1) AS version
    FROM topics t WHERE t.id = :id AND t.removed_at IS NULL
""")

_VERSIONS = text("""
    SELECT number, name, query, tags, saved_by, saved_at FROM topic_versions
    WHERE topic_id = :id AND number < :before ORDER BY number DESC LIMIT :limit
""")

_FIRST = text("""
    SELECT 1 AS number, name, query, tags, CASE WHEN declared THEN :watchlist END AS saved_by, created_at AS saved_at
    FROM topics WHERE id = :id AND NOT EXISTS (SELECT FROM topic_versions WHERE topic_id = :id)
""")

_HEARD = text("""
    SELECT id, name, topics, channels, "when", declared FROM subscriptions
    WHERE removed_at IS NULL AND topics && CAST(:selectors AS text[]) ORDER BY name
""")


def put(connection: Connection, known: int | None, topic: DeclaredTopic, *, declared: bool, by: str) -> int:
    """Writes a topic, a new one where none is `known`; returns its row. A subscription to a tag that the topic now
    has, or has no more, is another one from now on."""
    row: dict[str, Any] = {"name": topic.name, "query": topic.query, "tags": list(topic.tags)}
    row |= {"declared": declared, "change": NEXT_CHANGE}
    if known is None:
        # by the clock and not by the start of the transaction, which may have waited for a planner's end
        made = insert(topics).values(created_at=func.clock_timestamp(), **row).returning(topics.c.id)
        new = int(connection.execute(made).scalar_one())
        if not declared:
            connection.execute(_NEXT_VERSION, {"id": new, "by": by})
        return new
    before = connection.execute(select(topics).where(topics.c.id == known)).one()
    connection.execute(_KEEP_FIRST, {"id": known, "watchlist": WATCHLIST})
    connection.execute(update(topics).where(topics.c.id == known).values(**row))
    if (before.name, before.query, tuple(before.tags)) != (topic.name, topic.query, topic.tags):
        connection.execute(_NEXT_VERSION, {"id": known, "by": by})
    if moved := set(before.tags) ^ set(topic.tags):
        _as_of_now(connection, [f"tag:{tag}" for tag in moved])
    return known


def _as_of_now(connection: Connection, selectors: Sequence[str]) -> None:
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.topics.op("&&")(cast(selectors, ARRAY(Text))))
        .values(changed_at=func.clock_timestamp())
    )


def call_otherwise(connection: Connection, before: str, after: str) -> None:
    """Subscriptions that name the topic go on naming it under its new name, and hear of it as before."""
    for column in (subscriptions.c.topics, subscriptions.c.urgent):
        connection.execute(
            update(subscriptions)
            .where(subscriptions.c.removed_at.is_(None), column.op("@>")(cast(array([before]), ARRAY(Text))))
            .values({column: func.array_replace(column, before, after)})
        )


def remove(connection: Connection, topic: int) -> None:
    """The topic is watched no longer; what it matched stays."""
    gone = {"removed_at": func.now(), "change": NEXT_CHANGE}
    connection.execute(update(topics).where(topics.c.id == topic).values(**gone))


def standing(connection: Connection, topic: int) -> Standing | None:
    """The topic as it is; None where it is not watched."""
    row = connection.execute(_STANDING, {"id": topic}).one_or_none()
    return None if row is None else Standing(row.id, _topic(row), row.declared, row.version)


def topic_called(connection: Connection, name: str) -> int | None:
    """The row of the topic that is watched under this name."""
    here = topics.c.removed_at.is_(None) & (topics.c.name == name)
    return connection.execute(select(topics.c.id).where(here)).scalar()


def versions(connection: Connection, topic: int, limit: int, before: int = 2**31 - 1) -> list[Version]:
    """What the topic was and is, the newest first; those below number `before`."""
    asked = {"id": topic, "limit": limit, "before": before}
    rows = connection.execute(_VERSIONS, asked).all()
    rows = rows or connection.execute(_FIRST, {"id": topic, "watchlist": WATCHLIST}).all()
    return [_version(row) for row in rows if row.number < before]


def version(connection: Connection, topic: int, number: int) -> Version | None:
    """One version; None where there is none of this number."""
    found = versions(connection, topic, 1, number + 1)
    return found[0] if found and found[0].number == number else None


def heard_by(connection: Connection, topic: DeclaredTopic) -> list[Heard]:
    """The subscriptions that hear of the topic, by name."""
    selectors = [topic.name, *(f"tag:{tag}" for tag in topic.tags)]
    rows = connection.execute(_HEARD, {"selectors": selectors})
    return [
        Heard(
            row.id,
            row.name,
            topic.name in row.topics,
            row.declared,
            tuple(row.channels),
            tuple(row.when),
        )
        for row in rows
    ]


def _topic(row: Any) -> DeclaredTopic:
    return DeclaredTopic(row.name, row.query, tuple(row.tags))


def _version(row: Any) -> Version:
    return Version(row.number, _topic(row), row.saved_by, row.saved_at)
