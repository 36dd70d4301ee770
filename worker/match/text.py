"""A field of an article as words that know where they stand; offsets are code points of the text as written.

An article of 700 words is cut in 0.1 ms (`cut`). Nothing is done word by word that does not have to be.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, KeysView, Sequence
from functools import partial
from typing import Final, NamedTuple

from worker.match.cut import cut
from worker.match.fold import HYPHENS
from worker.match.scripts import is_ideograph
from worker.match.segments import borders
from worker.match.wanted import Wanted
from worker.match.words import Case, Word, case_of, hangs_after_hyphen, hyphenated, vocabulary, word
from worker.model import Field, Hit

# What may stand before a word that begins a sentence; after an opening quote or a colon one may begin too.
_SENTENCE_BREAK: Final = re.compile(r"[.!?…。！？;:\n\"“”„‟«»‹›•·–—\-]")
# Up to so many comparisons a list is searched as quickly as a set is made.
_FEW: Final = 100
_HYPHENS: Final = frozenset(HYPHENS)
# A Hit of its four parts; its own constructor takes twice as long, and an article has some 150.
_hit: Final[Callable[[tuple[Field, int, int, str]], Hit]] = partial(tuple.__new__, Hit)
_LINE_BREAK: Final = re.compile("\n")


class Span(NamedTuple):
    """An occurrence: its first and last word (positions in the field) and its code points."""

    first: int
    last: int
    start: int
    end: int


class FieldText:
    """One field of an article: its words, and for every key the positions that answer to it, or for those alone that
    are `wanted`.

    `is_plain`: it was cut at its blanks and signs alone. `places`: for every key the positions, ascending, of the words
    that answer to it. `manifold`: the words that answer to more than themselves or to something else, with their keys.
    What few texts are asked for is found when it is.
    """

    def __init__(self, name: Field, written: str, language: str | None, wanted: Wanted | None = None) -> None:
        self.name, self.written, self.language = name, written, language
        self.tokens, self._edges, self.is_plain, notable = cut(written)
        if wanted is None:
            standing = places_of_words(self.tokens)
            self.manifold = vocabulary(language).manifold_among(notable)
            self.places = _places(standing, self.manifold)
        else:
            self.manifold = wanted.among(set(self.tokens), notable, language)
            self.places = _places_among(self.tokens, self.manifold)
        self._hung: dict[int, int] | None = None
        self._borders: frozenset[int] | None = None
        self._is_segmented = False
        self._breaks: list[int] | None = None
        # What was asked about lines.
        self._shouting: dict[int, bool] = {}

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def keys(self) -> KeysView[str]:
        """Every key that some word answers to."""
        return self.places.keys()

    def word(self, position: int) -> Word:
        """One word with its keys and their case."""
        return word(self.at(position), self.language)

    def keys_at(self, position: int) -> tuple[str, ...]:
        """The keys that the word at a position answers to; none where there is no word."""
        token = self.tokens[position] if position < len(self.tokens) else None
        return () if token is None else self.manifold.get(token, (token,))

    def at(self, position: int) -> str:
        """The word at a position, as written."""
        return self.written[self._edges[2 * position] : self._edges[2 * position + 1]]

    def positions(self, key: str, prefix: bool) -> list[int]:
        """Where a word stands that answers to this key, or (`prefix`) to one that begins so, ascending."""
        if not prefix:
            return self.places.get(key, [])
        found = [positions for other, positions in self.places.items() if other.startswith(key)]
        return sorted(set().union(*found)) if len(found) > 1 else found[0] if found else []

    def runs(self, words: Sequence[tuple[str, bool]]) -> list[int]:
        """Where words stand side by side in this order (each a key, and whether it is a beginning), ascending."""
        positions = []
        for key, prefix in words:
            found = self.positions(key, prefix) if prefix else self.places.get(key)
            if not found:
                return []
            positions.append(found)
        starts = positions[0]
        for at, found in enumerate(positions):
            if at:
                starts = _followed(starts, found, at)
        return starts

    def span(self, first: int, last: int) -> Span:
        """The words from first to last, with a particle that hangs on the last one by a hyphen."""
        return Span(first, last, self._edges[2 * first], self._end_of(last))

    def _end_of(self, position: int) -> int:
        return self._hanging().get(position) or self._edges[2 * position + 1]

    def _hanging(self) -> dict[int, int]:
        """The words on which a particle hangs by a hyphen, and where it ends."""
        if self._hung is None:
            self._hung = self._hung_by_hyphens()
        return self._hung

    def _hung_by_hyphens(self) -> dict[int, int]:
        following = {at for key in hyphenated() if key in self.places for at in self.places[key] if at}
        return {
            at - 1: self._edges[2 * at + 1]
            for at in following
            if hangs_after_hyphen(self.tokens[at])
            and self.written[self._edges[2 * at - 1] : self._edges[2 * at]] in _HYPHENS
        }

    def hits_of(self, key: str) -> list[Hit]:
        """Where a word stands that answers to this key."""
        positions = self.places.get(key)
        return self._hits(positions, 0) if positions else []

    def hits_of_run(self, words: Sequence[tuple[str, bool]], open_end: bool) -> list[Hit]:
        """Where words stand side by side; arguments as for `runs` and `is_whole`."""
        firsts = self.runs(words)
        return self._hits(firsts, len(words) - 1, open_end) if firsts else []

    def _hits(self, firsts: Sequence[int], further: int, open_end: bool = False) -> list[Hit]:
        """The hits of so many further words behind each of the first ones."""
        if not self.is_plain:
            firsts = [first for first in firsts if self.is_whole(first, first + further, open_end)]
        name, written, edges, hung = self.name, self.written, self._edges, self._hanging()
        found = []
        for first in firsts:
            last = first + further
            start, end = edges[2 * first], hung[last] if last in hung else edges[2 * last + 1]
            found.append(_hit((name, start, end, written[start:end])))
        return found

    def hit(self, span: Span) -> Hit:
        """An occurrence as a match lists it."""
        return _hit((self.name, span.start, span.end, self.written[span.start : span.end]))

    def words_within(self, start: int, end: int) -> tuple[int, int] | None:
        """The first and the last word that has a letter in this stretch; None where there is none."""
        first = bisect_right(self._edges[1::2], start)
        last = bisect_left(self._edges[::2], end) - 1
        return (first, last) if first <= last else None

    def is_whole(self, first: int, last: int, open_end: bool = False) -> bool:
        """Whether no word of Chinese or Japanese is cut in two at either end (中国 in 集中国力); with `open_end`
        the last one may go on."""
        if self.is_plain:
            return True
        begins = is_ideograph(self.tokens[first])
        ends = not open_end and is_ideograph(self.tokens[last])
        if not (begins or ends):
            return True
        if not self._is_segmented:
            self._borders, self._is_segmented = borders(self.written), True
        if self._borders is None:
            return True
        if begins and self._edges[2 * first] not in self._borders:
            return False
        return not ends or self._edges[2 * last + 1] in self._borders

    def opens_sentence(self, position: int) -> bool:
        """Whether a sentence may begin with this word."""
        gap = self.written[self._edges[2 * position - 1] : self._edges[2 * position]] if position else "\n"
        return bool(_SENTENCE_BREAK.search(gap))

    def is_shouting(self, position: int) -> bool:
        """Whether the word stands in a line of two or more words all in capitals, where case says nothing."""
        if self._breaks is None:  # where the lines end, but the last one
            self._breaks = [found.start() for found in _LINE_BREAK.finditer(self.written)]
        line = bisect_left(self._breaks, self._edges[2 * position])
        if line not in self._shouting:
            self._shouting[line] = self._shouts(line, self._breaks)
        return self._shouting[line]

    def _shouts(self, line: int, breaks: list[int]) -> bool:
        """The first small letter decides about most lines."""
        start = breaks[line - 1] if line else 0
        end = breaks[line] if line < len(breaks) else len(self.written)
        first, behind = ((bisect_left(self._edges, place) + 1) // 2 for place in (start, end))
        capitals = 0
        for position in range(first, behind):
            case = case_of(self.at(position)) if len(self.at(position)) > 1 else Case.NONE
            if case not in (Case.UPPER, Case.NONE):
                return False
            capitals += case is Case.UPPER
        return capitals > 1


def keys_alone(words: set[str], notable: Iterable[str], language: str | None) -> set[str]:
    """Every key that one of these small-lettered words answers to, for whoever does not ask where they stand, which
    is most of the work. `notable` as in `Cut`."""
    manifold = vocabulary(language).manifold_among(notable)
    found = words.difference([token for token, keys in manifold.items() if token not in keys])
    return found.union(*manifold.values())


def places_of_words(tokens: list[str]) -> dict[str, list[int]]:
    """For every word as it stands in a text its positions, ascending."""
    found: dict[str, list[int]] = {}
    for position, token in enumerate(tokens):
        positions = found.get(token)
        if positions is None:
            found[token] = [position]
        else:
            positions.append(position)
    return found


def _places(standing: dict[str, list[int]], manifold: dict[str, tuple[str, ...]]) -> dict[str, list[int]]:
    """For every key the positions of the words that answer to it."""
    found = standing.copy()
    for token, keys in manifold.items():
        if token not in keys:
            del found[token]
    for token, keys in manifold.items():
        for key in keys:
            if key != token:
                others, positions = found.get(key), standing[token]
                found[key] = positions if others is None else sorted({*others, *positions})
    return found


def _places_among(tokens: list[str], asked: dict[str, tuple[str, ...]]) -> dict[str, list[int]]:
    """The same for the words alone that are asked for, each with its keys."""
    found: dict[str, list[int]] = {}
    for position in [at for at, token in enumerate(tokens) if token in asked] if asked else ():
        for key in asked[tokens[position]]:
            found.setdefault(key, []).append(position)
    return found


def _followed(starts: list[int], found: list[int], at: int) -> list[int]:
    """Those of the starts so many words behind which one of the found stands."""
    if len(starts) * len(found) <= _FEW:
        return [start for start in starts if start + at in found]
    return sorted({place - at for place in found}.intersection(starts))
