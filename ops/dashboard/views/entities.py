"""PURE. Named things: which one a name belongs to, and everything that it is called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.letter import plain_text, safe_link
from ops.dashboard.words import language_tag
from ops.said import Said, said
from worker.errors import BadInput
from worker.match.entities import ANY_LANGUAGE, Entity, Name, entity_of, keys_with
from worker.match.fold import loose

Row = Mapping[str, Any]

LONGEST_ASKED = 100
MOST_FOUND = 12
MOST_LOOKED_AT = 60
_LANGUAGES = 8
_NAME = 120

PACKS: Mapping[str, Said] = {
    "capitals.jsonl": said("Capitals"),
    "cities.jsonl": said("Cities"),
    "cities-notes.toml": said("Cities: what looks like one and is none"),
    "companies.toml": said("Companies"),
    "countries.jsonl": said("Countries and territories"),
    "countries-notes.toml": said("Countries: what looks like one and is none"),
    "founding.toml": said("First names and alliances"),
    "more-names.toml": said("More names of things in other packs"),
    "organisations.toml": said("Organisations"),
    "people.toml": said("People"),
    "places.toml": said("Places"),
}


@dataclass(frozen=True, slots=True)
class Pack:
    """A file of entities that Pantau brings."""

    file: str
    word: Said | str
    count: str


@dataclass(frozen=True, slots=True)
class Own:
    """An entity of the users' own."""

    key: str
    title: str
    origin: Said | str
    names: int


@dataclass(frozen=True, slots=True)
class Found:
    """An entity that goes by what was asked: `name` is the one that fits, `exactly` or in part, in these languages."""

    key: str
    title: str
    name: str
    languages: tuple[str, ...]
    exactly: bool


@dataclass(frozen=True, slots=True)
class Tongue:
    """What an entity is called in one language: (name, its class)."""

    code: str
    lang: str | None
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything that is known of an entity."""

    key: str
    title: str
    kind: str
    as_of: str
    source: str | None
    tongues: tuple[Tongue, ...]
    words: tuple[str, ...]
    stops: tuple[str, ...]
    topics: tuple[str, ...]


def packs(sizes: Mapping[str, int]) -> tuple[Pack, ...]:
    """The packs that Pantau brings, the largest first."""
    found = sorted(sizes.items(), key=lambda size: -size[1])
    return tuple(Pack(file, PACKS.get(file, file), f"{count:,}") for file, count in found)


def own_rows(rows: Iterable[Row]) -> tuple[Own, ...]:
    """The users' own entities; those that this version cannot read count no names."""
    return tuple(
        Own(
            key=plain_text(row["key"], _NAME),
            title=plain_text(row["title"] or "", _NAME),
            origin=said("a watchlist") if row["origin"] == "watchlist" else said("the folder of packs"),
            names=len(entity.names) if (entity := readable(row["said"])) else 0,
        )
        for row in rows
    )


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


def whole(entity: Entity, topics: Sequence[Row]) -> Whole:
    """Everything about an entity, its names language by language."""
    languages = dict.fromkeys(name.language for name in entity.names)
    named = re.compile(rf"@{re.escape(entity.key)}(?![\w-])", re.IGNORECASE)
    return Whole(
        key=entity.key,
        title=plain_text(entity.title, _NAME),
        kind=entity.kind or "",
        as_of=entity.as_of,
        source=safe_link(entity.source) if entity.source else None,
        tongues=tuple(_tongue(code, entity) for code in sorted(languages)),
        words=tuple(
            f"{plain_text(name, _NAME)} ({', '.join(sorted(tongues))})"
            for name, tongues in entity.also_words.items()
        ),
        stops=tuple(dict.fromkeys(plain_text(stop.text, _NAME) for stop in entity.stop)),
        topics=tuple(plain_text(row["name"], _NAME) for row in topics if named.search(row["query"])),
    )


def _tongue(code: str, entity: Entity) -> Tongue:
    names = [(plain_text(name.text, _NAME), name.kind) for name in entity.names if name.language == code]
    return Tongue(code, None if code == ANY_LANGUAGE else language_tag(code), tuple(dict.fromkeys(names)))
