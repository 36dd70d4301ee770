"""All entities that a query may name, each read only when somebody asks for it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial, reduce

from worker.errors import BadInput
from worker.match.entities.entry import Entity
from worker.match.fold import loose

_CLEARLY_LESS = 0.1

# What one pack says about an entity, when asked.
Entry = Callable[[], Entity]


class Catalogue(Mapping[str, Entity]):
    """Entities by key, immutable; what several packs say about one key counts together.

    An entity is read when it is first asked for; asking raises BadInput where its pack cannot be read. Two
    catalogues are equal only if they are the same one.
    """

    def __init__(self, entries: Iterable[tuple[str, Entry]] = ()) -> None:
        self._entries: dict[str, Sequence[Entry]] = {}
        self._read: dict[str, Entity] = {}
        self._smaller: tuple[Catalogue, Iterable[str]] | None = None
        for key, entry in entries:
            self._entries[key] = (*self._entries.get(key, ()), entry)

    def __getitem__(self, key: str) -> Entity:
        if key not in self._read:
            self._read[key] = self._joined(key)
        return self._read[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<Catalogue of {len(self)} entities>"

    def _joined(self, key: str) -> Entity:
        return _complete(reduce(Entity.joined_with, (entry() for entry in self._entries[key])))

    def extended(self, entities: Iterable[Entity]) -> Catalogue:
        """A catalogue with these besides; same key: names, stops, words and examples are added.

        Raises BadInput for an entity that has no title or no names afterwards.
        """
        added = list(entities)
        larger = Catalogue((entity.key, partial(_itself, entity)) for entity in added)
        new = larger._entries
        larger._entries = self._entries | {key: (*self._entries.get(key, ()), *new[key]) for key in new}
        larger._read = {key: entity for key, entity in self._read.items() if key not in new}
        for key in new:
            larger[key]
        larger._smaller = self, tuple(new)
        return larger

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """The keys under each name; what is read for it is not kept. To read all that Pantau brings takes seconds, so
        what extends a catalogue adds to what that one has found."""
        smaller, keys = self._smaller or (None, self)
        found = {called: list(known) for called, known in smaller._by_name.items()} if smaller else {}
        for key in keys:
            for called in dict.fromkeys(_as_called(name.text) for name in self._joined(key).names):
                if key not in (under := found.setdefault(called, [])):
                    under.append(key)
        return found

    def nearest(self, wanted: str, count: int = 3) -> list[str]:
        """Keys that the writer of an unknown one may have meant: those with such a name, else by spelling."""
        by_name = self._by_name.get(_as_called(wanted), [])
        return by_name[:count] or _alike(wanted.casefold(), self, count)


def _alike(wanted: str, keys: Iterable[str], count: int) -> list[str]:
    """The keys spelt most like it, without those that are clearly less so than the best."""
    found = difflib.get_close_matches(wanted, list(keys), count, cutoff=0.6)
    likeness = {key: difflib.SequenceMatcher(None, key, wanted).ratio() for key in found}
    return [key for key in found if likeness[key] > likeness[found[0]] - _CLEARLY_LESS]


def _as_called(name: str) -> str:
    return loose(name.replace("_", " ").replace("-", " "))


def _itself(entity: Entity) -> Entity:
    return entity


def _complete(entity: Entity) -> Entity:
    if not entity.title:
        raise BadInput(f"entity '{entity.key}': title: expected a text, such as title = \"...\"")
    if not entity.names:
        raise BadInput(
            f"entity '{entity.key}': names: expected at least one, such as names.en = {{ name = [\"...\"] }}"
        )
    return entity
