"""Names that are ordinary words in some language, by how often the language uses them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import Protocol

from tools.entities.drafts import Draft
from tools.entities.naming import comparable, has_capitals
from worker.match.entities import ANY_LANGUAGE, Name
from worker.match.fold import bare, fold
from worker.match.languages import forms, listed

# Names of countries lie around this; decimal logarithms of the uses in a billion words.
_COMMON = 3.9
# Foreign names are quoted, too: only a word that is used far more than the language's own name means something else.
_FAR_MORE = 0.5
# How often it must be used where the language's own name is of several words, which nobody has counted.
_VERY_COMMON = 4.8
_CONSPICUOUS = 1.4
_OTHER_SCRIPTS = listed("ar bg bn el fa he hi ja ko mk ru ta uk ur zh")


class Counts(Protocol):
    """How often languages use words, as `registers.WordCounts` tells it."""

    languages: tuple[str, ...]

    def frequency(self, word: str, language: str) -> float:
        """The decimal logarithm of a word's uses in a billion words, 0 if it is not known."""
        ...


def not_in(names: Iterable[Name], counts: Counts) -> dict[str, list[str]]:
    """Names, each with the languages that call the thing otherwise and use the word for something else."""
    every = list(names)
    found: dict[str, list[str]] = {}
    for language in counts.languages:
        its_own = [name for name in every if name.language == language]
        own = _Own(
            names={comparable(name.text) for name in its_own},
            forms={form for name in its_own for form in _forms(name)},
        )
        for text in {name.text for name in every if _means_another(name, language, own, counts)}:
            found.setdefault(text, []).append(language)
    return found


@dataclass(frozen=True, slots=True)
class _Own:
    """What a language calls a thing."""

    names: set[tuple[str, ...]]
    forms: set[str]


def _means_another(name: Name, language: str, own: _Own, counts: Counts) -> bool:
    words = comparable(name.text)
    if name.kind != "name" or name.language == ANY_LANGUAGE or len(words) != 1 or not has_capitals(name.text):
        return False
    is_latin = words[0][0] < "\u0300"
    if not own.names or words in own.names or is_latin is (language in _OTHER_SCRIPTS):
        return False
    single = [counts.frequency(one[0], language) for one in own.names if len(one) == 1]
    least = max(single) + _FAR_MORE if single else _VERY_COMMON
    used = max(counts.frequency(spelling, language) for spelling in _spellings(name.text))
    # Latvian Kijevas is the genitive of its own Kijeva, and Lithuanian for Kyiv besides.
    if used >= _COMMON and used > least and words[0] not in own.forms:
        return True
    # Nobody quotes a foreign name in a foreign inflection.
    foreign = _forms(name) - own.forms - _spellings(name.text) if is_latin else ()
    return any(counts.frequency(form, language) >= _COMMON for form in foreign)


@cache
def _spellings(text: str) -> frozenset[str]:
    return frozenset({fold(text), bare(fold(text))})


@cache
def _forms(name: Name) -> frozenset[str]:
    return frozenset(spelling for form in forms(name.text, name.language) for spelling in _spellings(form))


def suspects(drafts: Iterable[Draft], counts: Counts) -> Iterator[str]:
    """Names that their own language uses far more than other languages use theirs: probably words, too."""
    for draft in drafts:
        uses = {
            name: counts.frequency(fold(name.text), name.language)
            for name in draft.names
            if name.language in counts.languages
            and len(comparable(name.text)) == 1
            and not has_capitals(name.text)
        }
        usual = median(uses.values()) if uses else 0.0
        for name, use in uses.items():
            if use > 4 and use - usual > _CONSPICUOUS:
                yield f"{draft.key}: {name.language} {name.text} {use:.1f} (usual {usual:.1f})"
