"""Topics written by hand: what may be saved, and what saving, taking back and removing one do.

Pages and the API come through here, so that nobody saves what a watchlist would refuse, or over somebody else's head.
All of it happens in the caller's transaction; running workers follow by the change's number, as they do after `apply`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ops.store import audit_log
from ops.store import topics as rows
from ops.store.declared import alone
from ops.store.topics import Standing, Version
from ops.watchlist import DeclaredTopic
from ops.watchlist.values import name as tag_name
from ops.watchlist.values import query as query_of
from ops.watchlist.values import topic_name
from ops.watchlist.words import Fault
from worker.match.entities import Catalogue
from worker.store.engine import Connection
from worker.store.topics import catalogue

MOST_TAGS = 50

Part = Literal["name", "query", "tags"]


@dataclass(frozen=True, slots=True)
class Saved:
    """It stands as it was sent; `new` is False where it had stood so before."""

    topic: int
    version: int
    new: bool = True


@dataclass(frozen=True, slots=True)
class Faulty:
    """It cannot be saved so: for each part what is wrong, and what was expected."""

    wrong: Mapping[Part, str]


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody else saved meanwhile: what stands now. Nothing was changed."""

    now: Standing


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """A watchlist declares it; there it is changed."""


@dataclass(frozen=True, slots=True)
class Gone:
    """It is not watched any more."""


@dataclass(frozen=True, slots=True)
class Removed:
    """It was watched until now."""

    topic: DeclaredTopic


def cleaned(topic: DeclaredTopic, known: Catalogue) -> DeclaredTopic | Faulty:
    """PURE. The topic as it would be stored, or what is wrong with it: the rules of a watchlist."""
    wrong: dict[Part, str] = {}
    named, asked = topic_name(topic.name), query_of(known)(topic.query)
    tags = [tag_name(tag) for tag in topic.tags]
    if isinstance(named, Fault):
        wrong["name"] = _told(named)
    if isinstance(asked, Fault):
        wrong["query"] = _told(asked)
    if fault := next((tag for tag in tags if isinstance(tag, Fault)), None):
        wrong["tags"] = _told(fault)
    elif len(tags) > MOST_TAGS:
        wrong["tags"] = f"{len(tags)} tags are too many; expected at most {MOST_TAGS}"
    if wrong:
        return Faulty(wrong)
    return DeclaredTopic(str(named), str(asked), tuple(dict.fromkeys(map(str, tags))))


def _told(fault: Fault) -> str:
    return f"{fault.problem}; expected {fault.expected}" if fault.expected else fault.problem


def add(connection: Connection, topic: DeclaredTopic, who: str) -> Saved | Faulty:
    """Watches for a new topic from now on."""
    alone(connection)
    clean = cleaned(topic, catalogue(connection))
    if isinstance(clean, Faulty):
        return clean
    if taken := _taken(connection, clean.name, None):
        return taken
    made = rows.put(connection, None, clean, declared=False, by=who)
    audit_log.note(connection, who, "added", "topic", clean.name, after=_facts(clean))
    return Saved(made, 1)


def save(
    connection: Connection, topic: int, draft: DeclaredTopic, began_from: int, who: str
) -> Saved | Faulty | Stale | ReadOnly | Gone:
    """Writes the draft as the topic's next version, where nobody has saved since the version that it began from."""
    alone(connection)
    before = rows.standing(connection, topic)
    if before is None:
        return Gone()
    if before.declared:
        return ReadOnly()
    if before.version != began_from:
        return Stale(before)
    clean = cleaned(draft, catalogue(connection))
    if isinstance(clean, Faulty):
        return clean
    if clean == before.topic:
        return Saved(topic, before.version, new=False)
    if clean.name != before.topic.name and (refused := _unnameable(connection, topic, before.topic, clean)):
        return refused
    rows.put(connection, topic, clean, declared=False, by=who)
    if clean.name != before.topic.name:
        rows.call_otherwise(connection, before.topic.name, clean.name)
    audit_log.note(connection, who, "changed", "topic", clean.name, _facts(before.topic), _facts(clean))
    return Saved(topic, before.version + 1)


def take_back(
    connection: Connection, topic: int, number: int, began_from: int, who: str
) -> Saved | Faulty | Stale | ReadOnly | Gone:
    """Makes the query and the tags of an earlier version the newest ones; the topic keeps its name."""
    earlier = rows.version(connection, topic, number)
    now = rows.standing(connection, topic)
    if earlier is None or now is None:
        return Gone()
    draft = DeclaredTopic(now.topic.name, earlier.topic.query, earlier.topic.tags)
    return save(connection, topic, draft, began_from, who)


def remove(connection: Connection, topic: int, who: str) -> Removed | ReadOnly | Gone:
    """Watches for the topic no longer. Subscriptions go on naming it, and hear nothing by that name; what was matched
    and told stays."""
    alone(connection)
    before = rows.standing(connection, topic)
    if before is None:
        return Gone()
    if before.declared:
        return ReadOnly()
    rows.remove(connection, topic)
    audit_log.note(connection, who, "removed", "topic", before.topic.name, before=_facts(before.topic))
    return Removed(before.topic)


def _unnameable(
    connection: Connection, topic: int, before: DeclaredTopic, after: DeclaredTopic
) -> Faulty | None:
    """Why it cannot be called so: another topic is, or a file names it as it is called now."""
    bound = [each.name for each in rows.heard_by(connection, before) if each.by_name and each.declared]
    if bound:
        told = f'the subscription "{bound[0]}" names it as it is called now, and a watchlist declares that'
        return Faulty({"name": f"{told}; rename it there first"})
    return _taken(connection, after.name, topic)


def _taken(connection: Connection, name: str, by: int | None) -> Faulty | None:
    if rows.topic_called(connection, name) in (None, by):
        return None
    return Faulty({"name": f'another topic is called "{name}"; expected another name'})


def _facts(topic: DeclaredTopic) -> dict[str, object]:
    return {"name": topic.name, "query": topic.query, "tags": list(topic.tags)}


__all__ = [
    "MOST_TAGS",
    "Faulty",
    "Gone",
    "Part",
    "ReadOnly",
    "Removed",
    "Saved",
    "Stale",
    "Standing",
    "Version",
    "add",
    "cleaned",
    "remove",
    "save",
    "take_back",
]
