"""Names that stand inside longer names of other things: Papua New *Guinea*, South *Sudan*."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from worker.match.cut import pieces
from worker.match.entities import Name
from worker.match.fold import bare, fold
from worker.match.languages import forms

# So short a name counts with its marks only: Vietnamese Ý (Italy) is not the y of Saint Kitts y Nevis.
_SHORTEST_BARE = 4


@dataclass(frozen=True, slots=True)
class _Pattern:
    key: str
    words: tuple[frozenset[str], ...]


def stops(names: Mapping[str, Iterable[Name]]) -> dict[str, set[Name]]:
    """For every key the names of other keys that have one of its own names inside them, in any inflection."""
    by_first_word: dict[str, list[_Pattern]] = {}
    for key, its_names in names.items():
        for name in its_names:
            pattern = _Pattern(key, _words(name))
            for word in pattern.words[0]:
                by_first_word.setdefault(word, []).append(pattern)
    found: dict[str, set[Name]] = {key: set() for key in names}
    for key, its_names in names.items():
        for name in its_names:
            for inside in _inside(name, by_first_word):
                if inside != key:
                    found[inside].add(name)
    return found


def _inside(name: Name, by_first_word: Mapping[str, list[_Pattern]]) -> set[str]:
    words = [_spellings(piece.written) for piece in pieces(name.text)]
    return {
        pattern.key
        for start, first in enumerate(words)
        for word in first
        for pattern in by_first_word.get(word, ())
        if len(pattern.words) < len(words)
        and start + len(pattern.words) <= len(words)
        and all(words[start + offset] & keys for offset, keys in enumerate(pattern.words))
    }


def _words(name: Name) -> tuple[frozenset[str], ...]:
    marked = fold(name.text)
    if len(marked) < _SHORTEST_BARE and marked != bare(marked):
        return (frozenset({marked}),)
    return tuple(_answering(piece.written, name) for piece in pieces(name.text))


def _answering(word: str, name: Name) -> frozenset[str]:
    inflected = {word} if name.kind == "acronym" else forms(word, name.language)
    return frozenset(key for form in inflected for key in _spellings(form))


def _spellings(word: str) -> frozenset[str]:
    return frozenset({fold(word), bare(fold(word))})
