"""`[[entity]]`: named things of one's own, in the format of the packs that Pantau brings
(`worker/match/entities/__init__.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from ops.watchlist.model import DeclaredEntity, Known
from ops.watchlist.section import Section
from ops.watchlist.words import Fault, control_character, shown
from worker.errors import BadInput
from worker.match import TopicIndex
from worker.match.entities import ANY_LANGUAGE, Catalogue, Entity, Name, entity_of
from worker.match.entities.own import with_own
from worker.model import Article, Topic, TopicId

FIELDS = ("key", "title", "kind", "as_of", "source", "names", "stop", "also_words", "examples")
"""In the order in which people read them."""
LONGEST_KEY = 200
NOTHING = DeclaredEntity("", {})

Found = list[tuple[Section, DeclaredEntity]]


def read_entity(section: Section) -> DeclaredEntity:
    """The entity that a table declares; NOTHING where it cannot be used."""
    section.asked += FIELDS
    if "key" not in section.values:
        section.missing("key")
        return NOTHING
    said = _without_empty({field: section.values[field] for field in FIELDS if field in section.values})
    fault = _hidden_sign(said) or _fault(said) or _too_long(said["key"])
    if fault is None:
        return DeclaredEntity(said["key"], said)
    path, problem = fault
    section.complain(path[0], problem, *path[1:])
    return NOTHING


def _without_empty(table: Mapping[str, Any]) -> dict[str, Any]:
    """The table without lists and tables that say nothing."""
    kept: dict[str, Any] = {}
    for key, value in table.items():
        inner = _without_empty(value) if isinstance(value, dict) else value
        if inner not in ({}, []):
            kept[key] = inner
    return kept


def _hidden_sign(value: Any, path: tuple[str, ...] = ()) -> tuple[tuple[str, ...], Fault] | None:
    """The first text that holds what cannot be seen, names of keys included."""
    if isinstance(value, dict):
        inner = ((str(key), each) for key, each in value.items())
        keys = (_hidden_sign(str(key), (*path, str(key))) for key in value)
        parts = (_hidden_sign(each, (*path, key)) for key, each in inner)
        return next((found for found in (*keys, *parts) if found), None)
    if isinstance(value, list):
        return next((found for each in value if (found := _hidden_sign(each, path))), None)
    sign = control_character(value) if isinstance(value, str) else None
    if sign is None:
        return None
    return path, Fault(f"{shown(value)} contains the control character {sign}", "texts of one line")


def _fault(said: Mapping[str, Any]) -> tuple[tuple[str, ...], Fault] | None:
    try:
        entity_of(said)
    except BadInput as bad:
        where, _, expected = str(bad).partition(": expected ")
        path = tuple(where.split("."))
        value = _at(said, path)
        problem = "cannot be used" if isinstance(value, list | dict) else f"{shown(value)} does not fit"
        return path, Fault(problem, expected)
    return None


def _too_long(key: str) -> tuple[tuple[str, ...], Fault] | None:
    if len(key) <= LONGEST_KEY:
        return None
    return ("key",), Fault(f"{shown(key)} is {len(key)} characters long", f"at most {LONGEST_KEY}")


def _at(said: Mapping[str, Any], path: Iterable[str]) -> object:
    """What stands there; where the path leads nowhere, what stands around it."""
    value: Any = said
    for step in path:
        if not isinstance(value, dict) or step not in value:
            break
        value = value[step]
    return value


def catalogue_with(found: Found, known: Known) -> Catalogue:
    """Every entity that the topics of a file may name: its own, and those that are known and that it does not
    declare anew. Complains of an entity that has no title or no names."""
    own = {each.key: each for _, each in reversed(found) if each is not NOTHING}
    kept = (each for each in known.entities if each.key not in own)
    catalogue = extended(known.catalogue, kept)
    whole: list[Entity] = []
    for section, each in found:
        entity = entity_of(each.said) if own.get(each.key) is each else None
        if entity is not None and _is_whole(section, entity, catalogue):
            whole.append(entity)
    whole += _placeholders(found, catalogue)
    catalogue = catalogue.extended(whole) if whole else catalogue
    for section, each in found:
        if own.get(each.key) is each:
            _try_examples(section, entity_of(each.said), catalogue)
    return catalogue


def _placeholders(found: Found, catalogue: Catalogue) -> list[Entity]:
    """What stands for entities that were complained of, so that nobody hears of the topics that name them as well."""
    keys = {str(section.values.get("key")) for section, _ in found} - set(catalogue)
    whole = {each.key for _, each in found if {"title", "names"} <= each.said.keys()}
    names = (Name("placeholder", ANY_LANGUAGE, "any"),)
    return [Entity(key, "placeholder", names) for key in keys - whole]


def extended(catalogue: Catalogue, declared: Iterable[DeclaredEntity]) -> Catalogue:
    """The catalogue with declared entities; those that another version stored and this one cannot read are left
    out."""
    return with_own(catalogue, _readable(declared))


def _readable(declared: Iterable[DeclaredEntity]) -> Iterator[Entity]:
    for each in declared:
        with suppress(BadInput):
            yield entity_of(each.said)


def _is_whole(section: Section, entity: Entity, catalogue: Catalogue) -> bool:
    """Whether it has title and names, or adds to an entity that has them."""
    if entity.key in catalogue:
        return True
    for field, given in (("title", entity.title), ("names", entity.names)):
        if not given:
            section.missing(field)
    return bool(entity.title and entity.names)


def _try_examples(section: Section, entity: Entity, catalogue: Catalogue) -> None:
    """Warns of each example in which other words are hit than it says."""
    if not entity.examples:
        return
    index = TopicIndex(catalogue)
    index.add(Topic(TopicId(0), entity.key, f"@{entity.key}"))
    for example in entity.examples:
        article = Article("", example.text, language=example.language)
        hits = tuple(hit.text for match in index.match(article) for hit in match.hits)
        if hits != example.hits:
            kind = "match" if example.hits else "silent"
            section.warn("examples", Fault(_told(example.text, hits), _hoped(example.hits)), kind)


def _told(text: str, hits: tuple[str, ...]) -> str:
    return f"in {shown(text)} {_listed(hits) if hits else 'nothing'} is hit"


def _hoped(hits: tuple[str, ...]) -> str:
    return _listed(hits) if hits else "nothing"


def _listed(hits: tuple[str, ...]) -> str:
    return ", ".join(shown(hit) for hit in hits)


def entity_facts(entity: DeclaredEntity) -> dict[str, str | list[str]]:
    """What an entity says, one line a key: `names.id.name` → its texts."""
    return dict(_flat({field: value for field, value in entity.said.items() if field != "key"}))


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str | list[str]]]:
    for key, value in table.items():
        match value:
            case dict():
                yield from _flat(value, f"{above}{key}.")
            case list():
                yield f"{above}{key}", [" | ".join(e) if isinstance(e, list) else str(e) for e in value]
            case _:
                yield f"{above}{key}", str(value)
