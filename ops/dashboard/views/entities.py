"""PURE. Named things: which one a name belongs to, and everything that it is called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.letter import plain_text, safe_link
from ops.dashboard.said import Said, said
from ops.dashboard.words import language_tag
from worker.errors import BadInput
from worker.match.entities import ANY_LANGUAGE, Entity, Name, entity_of, keys_with
from worker.match.fold import loose

Row = Mapping[str, Any]

LONGEST_ASKED = 100
MOST_FOUND = 12
_LOOKED_AT = 60
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
    """An entity that goes by what was asked: `name` is the one that fits, with its language."""

    key: str
    title: str
    name: str
    language: str | None


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
    return list(dict.fromkeys([*ours, *keys_with(asked)]))


def fitting(asked: str, entities: Iterable[Entity]) -> tuple[Found, ...]:
    """Those that go by this name, exactly first; then those of which it is a part of a name."""
    wanted = loose(asked)
    ranked = sorted(_ranked(wanted, entities), key=lambda each: (each[0], len(each[1].name), each[1].key))
    return tuple(found for _, found in ranked[:MOST_FOUND])


def _ranked(wanted: str, entities: Iterable[Entity]) -> Iterator[tuple[int, Found]]:
    for entity in list(entities)[:_LOOKED_AT]:
        named = [
            Name(entity.title, ANY_LANGUAGE, "any"),
            Name(entity.key, ANY_LANGUAGE, "any"),
            *entity.names,
        ]
        called = [(loose(name.text), name) for name in named]
        fits = [(int(text != wanted), name) for text, name in called if wanted in text]
        if fits:
            rank, name = min(fits, key=lambda each: (each[0], len(each[1].text)))
            language = None if name.language == ANY_LANGUAGE else language_tag(name.language)
            yield (
                rank,
                Found(entity.key, plain_text(entity.title, _NAME), plain_text(name.text, _NAME), language),
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
