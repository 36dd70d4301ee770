"""Named things with all their names: packs of TOML files that people edit, one thing a file.

    key = "nato"                       # what a query writes after the @
    title = "NATO"                     # what people read

    [names.en]
    name = ["North Atlantic Treaty Organization"]   # needs its capitals, is inflected by languages/en.py
    acronym = ["NATO"]                               # needs capitals throughout, is not inflected
    any = []                                         # whatever its case, is inflected

    [also_words]                       # acronyms that are ordinary words in these languages
    NATO = ["it", "es"]

    stop = ["Chicken Kiev"]            # an occurrence inside one of these is none (top of the file)

    [examples]
    match = [["id", "Anggota NATO bertemu", "NATO"]]      # language, text, the words that must be hit
    silent = [["it", "Nato a Roma"]]

The shared test runs the examples of every file. A file that cannot be used stops the start with its name.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Literal, get_args

from worker.errors import BadInput
from worker.match.fold import loose

NameClass = Literal["name", "acronym", "any"]

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


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
    """A named thing: all its names, and what looks like them but is not it."""

    key: str
    title: str
    names: tuple[Name, ...]
    also_words: Mapping[str, frozenset[str]]
    stop: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()


@lru_cache(maxsize=1)
def entities() -> Mapping[str, Entity]:
    """Every entity of the packs, by key.

    Raises BadInput, naming the file, for one that cannot be read or offers nothing.
    """
    files = (file for file in resources.files(__name__).iterdir() if file.name.endswith(".toml"))
    found: dict[str, Entity] = {}
    for file in sorted(files, key=lambda file: file.name):
        entity = read_entity(file.read_text(encoding="utf-8"), file.name)
        if entity.key in found:
            raise BadInput(f"entities/{file.name}: the key '{entity.key}' is taken; choose another")
        found[entity.key] = entity
    return found


def entity_names() -> Mapping[str, str]:
    """What a query may write after the @, with the title people read."""
    return {key: entity.title for key, entity in entities().items()}


def nearest(wanted: str, count: int = 3) -> list[str]:
    """Keys that the writer of an unknown one may have meant: by one of their names, then by spelling."""
    called = loose(wanted.replace("_", " ").replace("-", " "))
    by_name = [
        key for key, entity in entities().items() if any(loose(n.text) == called for n in entity.names)
    ]
    by_spelling = difflib.get_close_matches(wanted.casefold(), list(entities()), count, cutoff=0.6)
    return list(dict.fromkeys([*by_name, *by_spelling]))[:count]


def read_entity(toml: str, where: str) -> Entity:
    """The entity of one file; `where` names the file in complaints (BadInput)."""
    try:
        return _entity(tomllib.loads(toml))
    except (tomllib.TOMLDecodeError, _Complaint) as error:
        raise BadInput(f"entities/{where}: {error}") from error


class _Complaint(Exception):
    """What is wrong in a file, without its name."""


def _entity(said: dict[str, Any]) -> Entity:
    unknown = said.keys() - {"key", "title", "stop", "names", "also_words", "examples"}
    if unknown:
        raise _Complaint(f"'{sorted(unknown)[0]}' is not a key of an entity; see entities/__init__.py")
    names = tuple(
        name for language, classes in _table(said, "names").items() for name in _names(language, classes)
    )
    if not names:
        raise _Complaint("it offers no names; give at least one under [names.<language>]")
    return Entity(
        key=_key(said),
        title=_text(said, "title"),
        names=tuple(map(_with_letters, names)),
        also_words={
            name: frozenset(_texts(tongues, name)) for name, tongues in _table(said, "also_words").items()
        },
        stop=_texts(said.get("stop", []), "stop"),
        examples=_examples(_table(said, "examples")),
    )


def _key(said: dict[str, Any]) -> str:
    key = _text(said, "key")
    if not _KEY.fullmatch(key):
        raise _Complaint(f"the key '{key}' may hold only small letters a-z, digits, - and _")
    return key


def _names(language: str, classes: object) -> list[Name]:
    if not _LANGUAGE.fullmatch(language):
        raise _Complaint(f"[names.{language}]: '{language}' is not a language code such as id or uk")
    if not isinstance(classes, dict) or classes.keys() - set(get_args(NameClass)):
        raise _Complaint(f"[names.{language}] takes the keys {', '.join(get_args(NameClass))}")
    return [
        Name(text, language, kind)
        for kind in get_args(NameClass)
        for text in _texts(classes.get(kind, []), f"names.{language}.{kind}")
    ]


def _with_letters(name: Name) -> Name:
    if not any(map(str.isalnum, name.text)):
        raise _Complaint(f"the name '{name.text}' has no letters or digits")
    return name


def _examples(said: dict[str, Any]) -> tuple[Example, ...]:
    rows = [_texts(row, "examples") for kind in ("match", "silent") for row in said.get(kind, [])]
    if any(len(row) < 2 for row in rows):
        raise _Complaint("an example is [language, text] or [language, text, word that must be hit, ...]")
    if any(len(_texts(row, "examples")) < 3 for row in said.get("match", [])):
        raise _Complaint("an example under match names the words that must be hit")
    return tuple(Example(language, text, hits) for language, text, *rest in rows for hits in [tuple(rest)])


def _table(said: dict[str, Any], key: str) -> dict[str, Any]:
    found = said.get(key, {})
    if not isinstance(found, dict):
        raise _Complaint(f"'{key}' must be a table")
    return found


def _text(said: dict[str, Any], key: str) -> str:
    found = said.get(key)
    if not isinstance(found, str) or not found.strip():
        raise _Complaint(f"'{key}' is missing; write {key} = \"...\"")
    return found


def _texts(found: object, key: str) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(text, str) and text.strip() for text in found):
        raise _Complaint(f"'{key}' must be a list of texts")
    return tuple(found)
