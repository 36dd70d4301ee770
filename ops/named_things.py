"""PURE. Which thing a name belongs to: the entities that Pantau brings and the users' own, looked up by any of their
names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.letter import plain_text
from worker.errors import BadInput
from worker.match.entities import ANY_LANGUAGE, Entity, Name, entity_of, keys_with
from worker.match.fold import loose

Row = Mapping[str, Any]

LONGEST_ASKED = 100
MOST_FOUND = 12
MOST_LOOKED_AT = 60
_LANGUAGES = 8
_NAME = 120


@dataclass(frozen=True, slots=True)
class Found:
    """An entity that goes by what was asked: `name` is the one that fits, `exactly` or in part, in these languages."""

    key: str
    title: str
    name: str
    languages: tuple[str, ...]
    exactly: bool


def readable(said_of_it: Mapping[str, Any]) -> Entity | None:
    """The entity that a row holds; None where another version wrote what this one cannot read."""
    try:
        return entity_of(said_of_it)
    except BadInput:
        return None


def candidates(asked: str, own: Iterable[Row]) -> list[str]:
    """Keys of entities that may go by what was asked, the users' own first; they are to be looked at."""
    wanted = asked.casefold()
    ours = [row["key"] for row in own if wanted in str(row["said"]).casefold()]
    return list(dict.fromkeys([*ours, *keys_with(asked)]))[:MOST_LOOKED_AT]


def fitting(asked: str, entities: Iterable[Entity]) -> tuple[Found, ...]:
    """Those that go by this name, exactly first; then those of which it is a part of a name."""
    wanted = loose(asked)
    found = [each for entity in entities if (each := _fit(wanted, entity)) is not None]
    return tuple(sorted(found, key=lambda each: (not each.exactly, len(each.name), each.key))[:MOST_FOUND])


def the_one(found: Sequence[Found]) -> str:
    """The key of the only thing that was found, or that goes by exactly this name; "" where there is no such."""
    exact = [each.key for each in found if each.exactly]
    if len(exact) == 1:
        return exact[0]
    return found[0].key if len(found) == 1 else ""


def _fit(wanted: str, entity: Entity) -> Found | None:
    """The entity by the shortest of its names that holds what is wanted."""
    own = [Name(text, ANY_LANGUAGE, "any") for text in (entity.title, entity.key)]
    called = [(loose(name.text), name) for name in (*entity.names, *own)]
    fits = [(text != wanted, len(text), text, name) for text, name in called if wanted in text]
    if not fits:
        return None
    inexact, _, text, name = min(fits, key=lambda fit: fit[:3])
    tongues = sorted({each.language for folded, each in called if folded == text} - {ANY_LANGUAGE})
    shown = tuple(tongues[:_LANGUAGES])
    return Found(
        entity.key, plain_text(entity.title, _NAME), plain_text(name.text, _NAME), shown, not inexact
    )


def naming(key: str, topics: Iterable[Row]) -> Iterator[str]:
    """The names of those of these topics whose queries name the entity of this key, and no longer one."""
    named = re.compile(rf"@{re.escape(key)}(?![\w-])", re.IGNORECASE)
    return (row["name"] for row in topics if named.search(row["query"]))
