"""What a pack says about one named thing, and how that is read from a table of TOML or JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, get_args

from worker.errors import BadInput

NameClass = Literal["name", "acronym", "any"]
Kind = Literal["country", "territory", "city", "organisation", "person", "company", "place"]

# Names and stop contexts of no particular language (ISO 639-2): never inflected.
ANY_LANGUAGE = "mul"

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*")
_DAY = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_FIELDS = frozenset(
    {"key", "title", "kind", "as_of", "source", "stop", "also_words", "not_in", "names", "examples"}
)
_EXAMPLE = '[["en", "a text", "the words that must be hit"]]'


@dataclass(frozen=True, slots=True)
class Name:
    """One way to call the thing in one language."""

    text: str
    language: str
    kind: NameClass


@dataclass(frozen=True, slots=True)
class Example:
    """A text in a language, and the words that must be hit in it; none where it must stay silent."""

    language: str
    text: str
    hits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """A named thing: all its names, and what looks like them but is not it.

    `stop`: an occurrence inside one of these is none; they count whatever their case and are inflected by
    their language. `also_words`: names that are ordinary words, too, in these languages, where they do not
    count when written as words are (an acronym as a shouted word, a name at the beginning of a sentence).
    `not_in`: names that mean nothing but something else in these languages and never count there. `as_of`
    is the day the facts are true for, `source` the address where a reader can check them. Title and names
    are empty where an entry only adds to an entity of another pack.
    """

    key: str
    title: str
    names: tuple[Name, ...]
    also_words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    not_in: Mapping[str, frozenset[str]] = field(default_factory=dict)
    stop: tuple[Name, ...] = ()
    examples: tuple[Example, ...] = ()
    kind: Kind | None = None
    as_of: str = ""
    source: str = ""

    def joined_with(self, other: Entity) -> Entity:
        """This entity with what another entry of the same key says besides; what is said twice counts once.

        Title, kind, day and source are those of the first entry that gives them.
        """
        return Entity(
            key=self.key,
            title=self.title or other.title,
            names=tuple(dict.fromkeys(self.names + other.names)),
            also_words=_both(self.also_words, other.also_words),
            not_in=_both(self.not_in, other.not_in),
            stop=tuple(dict.fromkeys(self.stop + other.stop)),
            examples=tuple(dict.fromkeys(self.examples + other.examples)),
            kind=self.kind or other.kind,
            as_of=self.as_of or other.as_of,
            source=self.source or other.source,
        )


def entity_of(said: Mapping[str, Any]) -> Entity:
    """The entity that one table of a pack describes.

    Title and names may be missing, for an entry that adds to an entity of another pack; a `Catalogue`
    refuses an entity that nobody completes. Raises BadInput with the path in the table and what was
    expected there.
    """
    for unknown in sorted(said.keys() - _FIELDS):
        _expected(unknown, f"only the fields {', '.join(sorted(_FIELDS))}")
    return Entity(
        key=_key(said.get("key")),
        title=_text(said, "title"),
        names=tuple(_names(said)),
        also_words=_languages_of_names(said, "also_words"),
        not_in=_languages_of_names(said, "not_in"),
        stop=tuple(_stops(said)),
        examples=tuple(_examples(said)),
        kind=_kind(said),
        as_of=_day(said),
        source=_address(said),
    )


def _expected(path: str, expected: str) -> NoReturn:
    raise BadInput(f"{path}: expected {expected}")


def _key(key: object) -> str:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        _expected("key", 'small letters a-z, digits, - and _, such as key = "world-bank"')
    return key


def _names(said: Mapping[str, Any]) -> Iterator[Name]:
    for language, classes in _by_language(said.get("names", {}), "names").items():
        path = f"names.{language}"
        if not isinstance(classes, dict) or classes.keys() - set(get_args(NameClass)):
            _expected(path, f"a table with {', '.join(get_args(NameClass))}")
        for kind in get_args(NameClass):
            for text in _texts(classes.get(kind, []), f"{path}.{kind}"):
                yield Name(text, language, kind)


def _stops(said: Mapping[str, Any]) -> Iterator[Name]:
    stops = said.get("stop", [])
    by_language = {ANY_LANGUAGE: stops} if isinstance(stops, list) else _by_language(stops, "stop")
    for language, texts in by_language.items():
        path = f"stop.{language}" if by_language is stops else "stop"
        for text in _texts(texts, path):
            yield Name(text, language, "any")


def _languages_of_names(said: Mapping[str, Any], path: str) -> dict[str, frozenset[str]]:
    found = {}
    for name, tongues in _table(said.get(path, {}), path).items():
        found[name] = frozenset(_texts(tongues, f"{path}.{name}"))
        if not all(map(_LANGUAGE.fullmatch, found[name])):
            _expected(f"{path}.{name}", 'language codes, such as ["en", "id"]')
    return found


def _both(
    one: Mapping[str, frozenset[str]], other: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    return {name: one.get(name, frozenset()) | other.get(name, frozenset()) for name in (*one, *other)}


def _examples(said: Mapping[str, Any]) -> Iterator[Example]:
    rows = _table(said.get("examples", {}), "examples")
    for unknown in sorted(rows.keys() - {"match", "silent"}):
        _expected(f"examples.{unknown}", "only match and silent")
    for row in _rows(rows, "match"):
        if len(row) < 3:
            _expected("examples.match", _EXAMPLE)
        yield Example(row[0], row[1], row[2:])
    for row in _rows(rows, "silent"):
        if len(row) != 2:
            _expected("examples.silent", '[["en", "a text in which nothing may be hit"]]')
        yield Example(row[0], row[1])


def _rows(examples: Mapping[str, Any], kind: str) -> list[tuple[str, ...]]:
    rows = examples.get(kind, [])
    if not isinstance(rows, list):
        _expected(f"examples.{kind}", _EXAMPLE)
    return [_texts(row, f"examples.{kind}", letters=False) for row in rows]


def _kind(said: Mapping[str, Any]) -> Kind | None:
    kind: Kind | None = said.get("kind")
    if kind is not None and kind not in get_args(Kind):
        _expected("kind", f"one of {', '.join(get_args(Kind))}")
    return kind


def _day(said: Mapping[str, Any]) -> str:
    day = _text(said, "as_of")
    if day and not _DAY.fullmatch(day):
        _expected("as_of", 'a day, such as as_of = "2026-01-15"')
    return day


def _address(said: Mapping[str, Any]) -> str:
    source = _text(said, "source")
    if source and not source.startswith(("https://", "http://")):
        _expected("source", 'a web address, such as source = "https://www.who.int"')
    return source


def _by_language(table: object, path: str) -> dict[str, Any]:
    found = _table(table, path)
    for language in found:
        if not _LANGUAGE.fullmatch(language):
            _expected(f"{path}.{language}", "a language code of two or three letters, such as id or uk")
    return found


def _table(found: object, path: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        _expected(path, "a table")
    return found


def _text(said: Mapping[str, Any], path: str) -> str:
    found = said.get(path, "")
    if not isinstance(found, str) or (path in said and not found.strip()):
        _expected(path, f'a text, such as {path} = "..."')
    return found


def _texts(found: object, path: str, *, letters: bool = True) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(text, str) and text.strip() for text in found):
        _expected(path, 'a list of texts, such as ["..."]')
    for text in found if letters else ():
        if not any(map(str.isalnum, text)):
            _expected(path, f"letters or digits in '{text}'")
    return tuple(found)
