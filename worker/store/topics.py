"""Topics, the entities they name, and their changes: every process that matches follows them by number, never by
message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select, text

from worker.errors import BadInput
from worker.match.entities import Catalogue, Entity, entity_of, shipped
from worker.match.entities.own import with_own
from worker.model import Topic, TopicId
from worker.store.schema import entities


@dataclass(frozen=True, slots=True)
class TopicChange:
    """A topic as it now stands; `removed` if it is no longer watched."""

    number: int
    topic: Topic
    removed: bool


@dataclass(frozen=True, slots=True)
class EntityChange:
    """An entity of the users' own as it now stands, by its row; None if it is gone, or cannot be read."""

    number: int
    id: int
    entity: Entity | None


Change = TopicChange | EntityChange

# One statement sees one moment: a topic never comes without the entity that it names.
_CHANGES = text("""
    SELECT change, 'topic' AS noun, id, name, query, NULL AS said, coalesce(removed_at > 'epoch', false) AS removed
    FROM topics WHERE change > :number
    UNION ALL
    SELECT change, 'entity', id, key, NULL, said, removed_at IS NOT NULL FROM entities WHERE change > :number
    ORDER BY change
""")

_LAST = text("""
    SELECT coalesce(greatest((SELECT max(change) FROM topics), (SELECT max(change) FROM entities)), 0)
""")


def changes_since(connection: Connection, number: int) -> list[Change]:
    """What changed after change `number`, in order. Writers hold a lock on the table while they take
    numbers, so a smaller number never appears after a larger one."""
    return [_change(row) for row in connection.execute(_CHANGES, {"number": number})]


def _change(row: Any) -> Change:
    if row.noun == "topic":
        return TopicChange(row.change, Topic(TopicId(row.id), row.name, row.query), row.removed)
    return EntityChange(row.change, row.id, None if row.removed else _entity(row.said))


def _entity(said: Any) -> Entity | None:
    """The entity; None where this version cannot read what another one stored."""
    try:
        return entity_of(said)
    except BadInput:
        return None


def topic_changes(connection: Connection) -> dict[TopicId, TopicChange]:
    """The last change of every standing topic, or of an entity that it may name where that is younger."""
    found = changes_since(connection, 0)
    entity = max((change.number for change in found if isinstance(change, EntityChange)), default=0)
    return {
        change.topic.id: replace(
            change, number=max(change.number, entity if "@" in change.topic.query else 0)
        )
        for change in found
        if isinstance(change, TopicChange) and not change.removed
    }


def last_change(connection: Connection) -> int:
    """The newest change's number; 0 when there never was a topic or entity."""
    return int(connection.execute(_LAST).scalar_one())


def catalogue(connection: Connection) -> Catalogue:
    """Every entity that a query may name: those that Pantau brings, and the users' own."""
    standing = select(entities.c.said).where(entities.c.removed_at.is_(None)).order_by(entities.c.id)
    found = (_entity(said) for said in connection.execute(standing).scalars())
    return with_own(shipped(), (entity for entity in found if entity is not None))
