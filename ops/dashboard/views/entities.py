"""PURE. Named things: which one a name belongs to, and everything that it is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.letter import plain_text, safe_link
from ops.dashboard.words import language_tag
from ops.named_things import naming, readable
from ops.said import Said, said
from worker.match.entities import ANY_LANGUAGE, Entity

Row = Mapping[str, Any]

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


def whole(entity: Entity, topics: Sequence[Row]) -> Whole:
    """Everything about an entity, its names language by language."""
    languages = dict.fromkeys(name.language for name in entity.names)
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
        topics=tuple(plain_text(name, _NAME) for name in naming(entity.key, topics)),
    )


def _tongue(code: str, entity: Entity) -> Tongue:
    names = [(plain_text(name.text, _NAME), name.kind) for name in entity.names if name.language == code]
    return Tongue(code, None if code == ANY_LANGUAGE else language_tag(code), tuple(dict.fromkeys(names)))
