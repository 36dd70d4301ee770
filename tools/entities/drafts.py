"""Entities in the making: which countries and cities there are, and which names are theirs."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.entities.naming import (
    comparable,
    country_names,
    has_capitals,
    is_all_capitals,
    is_usable,
    key_of,
    language_of_letters,
)
from worker.match.entities import ANY_LANGUAGE, Entity, Name, read_pack
from worker.match.languages import languages, listed

if TYPE_CHECKING:
    from tools.entities.registers import City, Places

_RANKS = ("country", "territory", "capital", "city")
# An alternate name of GeoNames in Latin letters must resemble a name we trust: The Big Durian is not Jakarta's name.
_ALIKE = 0.55
_SHORTEST_ALTERNATE = 5
# Letters that an alternate name needs where no capital tells it from a word.
_SHORTEST_WITHOUT_CAPITALS = 4
_SHORTEST_IN_DENSE_SCRIPTS = 2


# Languages in Latin letters that inflect the foreign names they have no name of their own for.
_INFLECTING = listed("cs da de et fi hr hu lt lv nb pl sk sl sv")


@dataclass
class Draft:
    """An entity in the making; `rank` says who keeps a name that two of them have."""

    key: str
    title: str
    kind: str
    rank: str
    names: dict[Name, None] = field(default_factory=dict)
    stops: set[Name] = field(default_factory=set)
    also_words: dict[str, list[str]] = field(default_factory=dict)
    not_in: dict[str, list[str]] = field(default_factory=dict)

    def add(self, text: str, language: str) -> None:
        """Give it a name; the class follows from its capitals."""
        self.names[Name(text, language, "acronym" if is_all_capitals(text) else "name")] = None


def choices(file: Path) -> dict[str, Any]:
    """What people decided (choices.toml)."""
    return tomllib.loads(file.read_text(encoding="utf-8"))


def countries(said: Mapping[str, Any], territories: Iterable[tuple[str, str, str]]) -> list[Draft]:
    """Countries and territories with their names in every language, by key."""
    chosen = said["countries"]
    by_code: dict[str, list[tuple[str, str]]] = {}
    for code, language, name in territories:
        if code not in chosen["left_out"] and code.isalpha():
            by_code.setdefault(code, []).append((language, name))
    return sorted((_country(code, names, chosen) for code, names in by_code.items()), key=lambda d: d.key)


def _country(code: str, names: list[tuple[str, str]], chosen: Mapping[str, Any]) -> Draft:
    english = next(name for language, name in names if language == "en")
    title = chosen["titles"].get(code, english).replace("&", "and").replace("St. ", "Saint ")
    kind = "territory" if code in chosen["territories"] else "country"
    draft = Draft(chosen["keys"].get(code) or key_of(title), title, kind, kind)
    for language, name in sorted(names):
        for text in country_names(name, code, language):
            draft.add(text, language)
    return draft


def cities(
    said: Mapping[str, Any],
    known: Iterable[Draft],
    places: Places,
    zones: Mapping[str, list[tuple[str, str]]],
) -> tuple[list[Draft], list[Draft]]:
    """Capitals and other cities with their names, by key."""
    chosen, taken = said["cities"], {draft.key for draft in known}
    capitals = {
        city.id: city
        for code, name in {**places.capitals, **chosen["capitals"]}.items()
        if name and code not in said["countries"]["left_out"] and (city := places.find(name, code))
    }
    others = {city.id: city for city in _chosen_cities(chosen, places) if city.id not in capitals}
    by_zone = {comparable(name): names for name, names in zones.items()}
    drafts = []
    for rank, found in (("capital", capitals), ("city", others)):
        made = [_city(city, rank, chosen["titles"], by_zone, taken) for city in _by_size(found.values())]
        drafts.append(sorted((draft for draft in made if draft), key=lambda draft: draft.key))
    return drafts[0], drafts[1]


def _by_size(found: Iterable[City]) -> list[City]:
    return sorted(found, key=lambda city: (-city.population, city.id))


def _chosen_cities(chosen: Mapping[str, Any], places: Places) -> list[City]:
    large = [
        city
        for city in places.largest_first
        if city.population >= chosen["from"].get(city.country, chosen["everywhere"])
        and city.name not in chosen["left_out"]
    ]
    named = [
        place
        for code, names in chosen["more"].items()
        for name in names
        if (place := places.find(name, code))
    ]
    return [*large, *named]


def _city(
    city: City,
    rank: str,
    titles: Mapping[str, str],
    zones: Mapping[tuple[str, ...], list[tuple[str, str]]],
    taken: set[str],
) -> Draft | None:
    """A city; None if a larger one has its key."""
    title = titles.get(city.name, city.name)
    key = key_of(title)
    if key in taken:
        return None
    taken.add(key)
    draft = Draft(key, title, "city", rank)
    in_zones = zones.get(comparable(title)) or zones.get(comparable(city.name)) or []
    for language, name in sorted(in_zones):
        if is_usable(name) and not is_all_capitals(name):
            draft.add(name, language)
    for text in (title, city.name):
        if has_capitals(text):
            draft.add(text, "en")
    for language in _INFLECTING - {name.language for name in draft.names}:
        draft.add(title, language)
    _add_alternates(draft, city)
    return draft


def _add_alternates(draft: Draft, city: City) -> None:
    trusted = {"".join(comparable(name.text)) for name in draft.names}
    trusted = {name for name in trusted if name.isascii()}
    for text in city.alternates:
        if not is_usable(text) or is_all_capitals(text):
            continue
        plain = "".join(comparable(text))
        if has_capitals(text) and plain.isascii():
            if len(plain) >= _SHORTEST_ALTERNATE and any(_alike(plain, name) for name in trusted):
                _add_alternate(draft, text)
        elif has_capitals(text) or _is_long_enough(plain):
            _add_alternate(draft, text)


def _add_alternate(draft: Draft, text: str) -> None:
    for language in language_of_letters(text) or (ANY_LANGUAGE,):
        draft.add(text, language)


def _alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, one, other).ratio() >= _ALIKE


def _is_long_enough(name: str) -> bool:
    is_dense = all(char >= "\u3040" for char in name)
    return len(name) >= (_SHORTEST_IN_DENSE_SCRIPTS if is_dense else _SHORTEST_WITHOUT_CAPITALS)


def notes(folder: Path, keys: set[str]) -> dict[str, Entity]:
    """What people say about these keys in packs of their own."""
    found: dict[str, Entity] = {}
    for file in sorted(folder.glob("*.toml")):
        for entity in read_pack(file.read_text(encoding="utf-8"), file.name):
            if entity.key in keys:
                found[entity.key] = found[entity.key].joined_with(entity) if entity.key in found else entity
    return found


def same_words(draft: Draft, said: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    """What people say about a name, for all names that differ from it by accents or case only.

    An acronym is another word: Usa is Italian for "uses", USA is not.
    """
    by_words = {_as_word(text): sorted(tongues) for text, tongues in said.items()}
    return {
        name.text: by_words[_as_word(name.text)] for name in draft.names if _as_word(name.text) in by_words
    }


def _as_word(name: str) -> tuple[tuple[str, ...], bool]:
    return comparable(name), is_all_capitals(name)


def without_words(drafts: Iterable[Draft], unusable: Mapping[str, list[str]]) -> None:
    """Take away the names that people found to be ordinary words."""
    for draft in drafts:
        words = {comparable(text) for text in unusable.get(draft.key, ())}
        draft.names = {name: None for name in draft.names if comparable(name.text) not in words}


def without_forms(drafts: Iterable[Draft], uninflected: Mapping[str, list[str]]) -> None:
    """Let names stand as they are in the languages where people found a form of them to be another word."""
    for draft in drafts:
        tongues = uninflected.get(draft.key, ())
        draft.names = dict.fromkeys(
            replace(name, language=ANY_LANGUAGE) if name.language in tongues else name for name in draft.names
        )


def without_rare_words(drafts: Iterable[Draft], foreign: Mapping[str, Mapping[str, list[str]]]) -> None:
    """Take away names that only small languages have and that are words of large ones: nobody would miss them."""
    for draft in drafts:
        words = foreign[draft.key]
        draft.names = {
            name: None for name in draft.names if name.text not in words or name.language in _kept_apart()
        }


def settle(drafts: Iterable[Draft], said_by_people: Mapping[str, Entity]) -> None:
    """Leave every name to one entity and every spelling once where no rules of a language inflect it."""
    every = list(drafts)
    owners: dict[tuple[str, ...], tuple[tuple[bool, bool, int, int], str]] = {}
    for draft in every:
        note = said_by_people.get(draft.key)
        said = {comparable(name.text) for name in note.names} if note else set()
        for words in {comparable(name.text) for name in draft.names} | said:
            claim = (_claim(draft, words, words in said), draft.key)
            owners[words] = min(owners.get(words, claim), claim)
    for draft in every:
        mine = [name for name in draft.names if owners[comparable(name.text)][1] == draft.key]
        draft.names = dict.fromkeys(_once(mine))


def _claim(draft: Draft, words: tuple[str, ...], by_people: bool) -> tuple[bool, bool, int, int]:
    """How well a name belongs to a draft, the best first: people say so, English, the more important thing."""
    using = {name.language for name in draft.names if comparable(name.text) == words}
    return (not by_people, "en" not in using, _RANKS.index(draft.rank), -len(using))


def _once(names: list[Name]) -> list[Name]:
    """Names in a language without a file count once, whatever the language, under the first that has them."""
    inflected = [name for name in names if name.language in _kept_apart()]
    seen = {name.text for name in inflected}
    kept = list(inflected)
    for name in names:
        if name.text not in seen:
            seen.add(name.text)
            kept.append(name)
    return sorted(kept, key=lambda name: (name.language, name.kind, name.text))


def _kept_apart() -> frozenset[str]:
    """Languages that have rules of inflection, or may get them."""
    return frozenset(languages()) | _LIKELY


_LIKELY = listed(
    "af am az be bg bn bs ca cs cy da el et eu fa fi fil ga gl hi hr hu hy is ja ka kk km lo lt lv mk mn my nb nn "
    "no pt ro sk sl sq sr sv sw ta te th ur uz vi zh"
)
