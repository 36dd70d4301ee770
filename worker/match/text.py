"""A text as words that know where they stand.

Words are runs of letters and digits with apostrophes inside them; hyphens and all other signs separate. A
letter of Han, hiragana, Thai, Lao, Khmer or Burmese is a token of its own, so a term in these scripts is a
phrase of its letters; a run of katakana is one word. Offsets are code points of the text as written. A
paragraph's end counts as a blank; web addresses are not text.

An article of 700 words is cut in 0.2 ms: small letters first, then one split of the regular-expression engine,
and all places from the lengths of the parts. Nothing is done word by word that does not have to be.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import NamedTuple

from worker.match.fold import APOSTROPHES, HYPHENS, INVISIBLE, UNSEEN_LETTERS
from worker.match.scripts import IDEOGRAPHS, KATAKANA, UNSPACED, is_ideograph
from worker.match.segments import borders
from worker.match.words import Case, Word, case_of, hangs_after_hyphen, vocabulary, word
from worker.model import Field, Hit

_ADDRESS = re.compile(r"(?:https?://|www\.)[!-;=?-~]+", re.IGNORECASE)
# What may stand before a word that begins a sentence; after an opening quote or a colon one may begin too.
_SENTENCE_BREAK = re.compile(r"[.!?…。！？;:\n\"“”„‟«»‹›•·–—\-]")
# Up to so many places a list is searched as quickly as a set is made.
_FEW = 50
_HYPHENS = frozenset(HYPHENS)
_HEBREW = "\u05d0-\u05ea"


class _Cutter(NamedTuple):
    """How a text is cut: `common` for one that holds nothing `uncommon`, else `any`, `anywhere` beyond the BMP.

    A character class is quick only within the Basic Multilingual Plane; one astral range in it costs ninefold.
    """

    common: re.Pattern[str]
    uncommon: re.Pattern[str]
    any: re.Pattern[str]
    anywhere: re.Pattern[str]

    def of(self, small: str) -> re.Pattern[str]:
        """The pattern that cuts this text, which is in small letters."""
        if small.isascii():
            return self.common
        # An astral letter takes two units of UTF-16; a search for one would take five times as long.
        if len(small.encode("utf-16-le", "surrogatepass")) != 2 * len(small):
            return self.anywhere
        return self.any if self.uncommon.search(small) else self.common


_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


@lru_cache(maxsize=1)
def _cutter() -> _Cutter:
    """Built from the Unicode table of the running Python."""
    plane = list(map(chr, range(0x80, 0x10000)))
    apart = re.compile(f"[{IDEOGRAPHS}{KATAKANA}{UNSPACED}{INVISIBLE}]")
    marks = _class_of(
        char for char in plane if unicodedata.category(char)[0] == "M" and not apart.match(char)
    )
    marks += UNSEEN_LETTERS
    unseen = re.compile(f"[{UNSEEN_LETTERS}]")
    letters = "0-9a-zA-Z" + _class_of(
        char for char in plane if char.isalnum() and not apart.match(char) and not unseen.match(char)
    )
    beyond = f"[^\\W\\x00-\uffff{IDEOGRAPHS}]"
    astral_marks = _class_of(
        char for char in map(chr, range(0x10000, sys.maxunicode // 8)) if unicodedata.category(char)[0] == "M"
    )
    return _Cutter(
        common=re.compile(r"(\w+(?:'\w+)*)"),
        uncommon=re.compile(f"[{marks}{INVISIBLE}{_HEBREW}{_within_plane(IDEOGRAPHS)}{KATAKANA}{UNSPACED}]"),
        any=_any(f"[{letters}]", f"[{marks}]", _within_plane(IDEOGRAPHS)),
        anywhere=_any(f"(?:[{letters}]|{beyond})", f"[{marks}{astral_marks}]", IDEOGRAPHS),
    )


def _any(letter: str, mark: str, ideographs: str) -> re.Pattern[str]:
    run = f"{letter}+(?:(?:(?:{mark}|[{INVISIBLE}])*{mark}|[{INVISIBLE}]+(?={letter})){letter}*)*"
    joint = f"(?:'|(?<=[{_HEBREW}])[\"“”״](?=[{_HEBREW}]))"
    # A letter of Thai and its kin with the vowels and tones upon it (Mn, Mc, and the letter am, in two parts
    # or one).
    upon = _class_of(char for char in map(chr, range(0xE00, 0x1800)) if unicodedata.category(char)[0] == "M")
    am = "(?<=\u0e4d)\u0e32|(?<=\u0ecd)\u0eb2|[\u0e33\u0eb3]"
    cluster = f"(?![{upon}])[{ideographs}{UNSPACED}](?:[{upon}\u3099\u309a]|{am})*"
    return re.compile(f"({run}(?:{joint}{run})*|[{KATAKANA}]+|{cluster})")


def _class_of(chars: Iterable[str]) -> str:
    """The characters as the inside of a character class, in ranges."""
    ranges: list[list[str]] = []
    for char in chars:
        if ranges and ord(char) == ord(ranges[-1][1]) + 1:
            ranges[-1][1] = char
        else:
            ranges.append([char, char])
    return "".join(first if first == last else f"{first}-{last}" for first, last in ranges)


def _within_plane(ranges: str) -> str:
    """The part of a character class's inside that is not astral; the astral ranges come last."""
    return _ASTRAL.split(ranges)[0]


# Third words by second by first; the empty text stands for none.
Groups = Mapping[str, Mapping[str, Collection[str]]]


class Piece(NamedTuple):
    """A stretch of a text: start and end as code points, and the letters themselves."""

    start: int
    end: int
    written: str


class Span(NamedTuple):
    """An occurrence: its first and last word (positions in the field) and its code points."""

    first: int
    last: int
    start: int
    end: int


def pieces(text: str) -> Iterator[Piece]:
    """The words of a text, in order."""
    small, at = _small(text), 0
    for number, part in enumerate(_cutter().of(small).split(small)):
        end = at + len(part)
        if number % 2:
            yield Piece(at, end, text[at:end])
        at = end


def is_plain(text: str) -> bool:
    """Whether the text is cut at its blanks and signs alone: every letter stands by itself, none is a mark."""
    return _cutter().of(text) is _cutter().common


def _small(text: str) -> str:
    """The text in small letters, of the same length, with nothing in it that is no text."""
    # İ is the only letter whose small form has two code points; the fold has one for it.
    small = text.replace("İ", "i").lower()
    if "://" in small or "www." in small:
        small = _blanked(small)
    if "_" in small:
        small = small.replace("_", " ")
    if small.isascii():
        return small.replace("`", "'")
    for apostrophe in APOSTROPHES:
        if apostrophe in small:
            small = small.replace(apostrophe, "'")
    return small


def without_addresses(text: str) -> str:
    """The text with web addresses blanked, everything else at its place."""
    return _blanked(text) if "://" in text or "www." in text.lower() else text


def _blanked(text: str) -> str:
    return _ADDRESS.sub(lambda found: " " * len(found[0]), text)


class FieldText:
    """One field of an article: its words, and for every key the positions that answer to it."""

    def __init__(self, name: Field, written: str, language: str | None) -> None:
        self.name, self.written, self.language = name, written, language
        small = _small(written)
        pattern = _cutter().of(small)
        # What lies between words and the words by turns; together as long as the text.
        self._parts = pattern.split(small)
        self._common = pattern is _cutter().common
        self.tokens = self._parts[1::2]
        self._known = vocabulary(language)

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def _edges(self) -> list[int]:
        """Where each part ends, so where the next one starts."""
        return list(accumulate(map(len, self._parts)))

    @cached_property
    def keys(self) -> set[str]:
        """Every key that some word answers to."""
        if not self._manifold:
            return self._unique
        found = self._unique.union(*[keys for _, keys in self._manifold])
        found.difference_update([token for token, keys in self._manifold if token not in keys])
        return found

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Every word with its keys and their case."""
        return tuple(map(self.word, range(len(self))))

    def word(self, position: int) -> Word:
        """One word with its keys and their case."""
        return word(self.at(position), self.language)

    def at(self, position: int) -> str:
        """The word at a position, as written."""
        return self.written[self._edges[2 * position] : self._edges[2 * position + 1]]

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """For every key the positions, ascending, of the words that answer to it."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for position, token in enumerate(self.tokens):
            found[token].append(position)
        found.default_factory = None
        standing = [(token, keys, found[token]) for token, keys in self._manifold]
        for token, keys, positions in standing:
            if token not in keys:
                del found[token]
            for key in keys:
                if key != token:
                    others = found.get(key)
                    found[key] = positions if others is None else sorted({*others, *positions})
        return found

    @cached_property
    def _manifold(self) -> list[tuple[str, tuple[str, ...]]]:
        """The words, each once, that answer to more than themselves or to something else, with their keys."""
        return self._known.manifold_among(self._unique)

    @cached_property
    def _unique(self) -> set[str]:
        return set(self.tokens)

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
            found = self.positions(key, prefix)
            if not found:
                return []
            positions.append(found)
        if len(words) == 1:
            return positions[0]
        often = list(map(len, positions))
        rarest = often.index(min(often))
        starts = [position - rarest for position in positions[rarest]]
        for at, found in enumerate(positions):
            if at != rarest:
                among = found if len(found) <= _FEW else set(found)
                starts = [start for start in starts if start + at in among]
        return starts

    def groups(self, begun: Groups, members: Set[str]) -> list[str]:
        """Which of these pairs and triples of keys stand here side by side, each as its words with blanks between,
        some maybe twice. `members` are all words of any of them."""
        tokens, found = [*self.tokens, "", ""], []
        following = zip(map(begun.get, self.tokens), tokens[1:], strict=False)
        for at in [at for at, (seconds, second) in enumerate(following) if seconds and second in seconds]:
            first, second = tokens[at], tokens[at + 1]
            found += _group(first, second, tokens[at + 2], begun[first][second])
        # A word of several keys takes part under the others too, where some group has one of them.
        manifold = {
            token: keys
            for token, keys in self._manifold
            if not members.isdisjoint(keys[1:] if keys[0] == token else keys)
        }
        return [*found, *self._manifold_groups(begun, manifold)] if manifold else found

    def _manifold_groups(self, begun: Groups, manifold: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
        tokens = [*self.tokens, "", ""]
        places = [at for at, token in enumerate(tokens) if token in manifold]
        for start in {start for at in places for start in (at - 2, at - 1, at) if start >= 0}:
            firsts, seconds, thirds = (manifold.get(one, (one,)) for one in tokens[start : start + 3])
            for first in firsts:
                for second in seconds if first in begun else ():
                    for third in thirds if second in begun[first] else ():
                        yield from _group(first, second, third, begun[first][second])

    def span(self, first: int, last: int) -> Span:
        """The words from first to last, with a particle that hangs on the last one by a hyphen."""
        return Span(first, last, self._edges[2 * first], self._end_of(last))

    def _end_of(self, position: int) -> int:
        gap = 2 * position + 2
        if self._parts[gap] in _HYPHENS and hangs_after_hyphen(self._parts[gap + 1]):
            return self._edges[gap + 1]
        return self._edges[gap - 1]

    def hits_of(self, key: str) -> list[Hit]:
        """Where a word stands that answers to this key."""
        return self._hits(self.places[key], 0) if key in self.keys else []

    def hits_of_run(self, words: Sequence[tuple[str, bool]], open_end: bool) -> list[Hit]:
        """Where words stand side by side; arguments as for `runs` and `is_whole`."""
        return self._hits(self.runs(words), len(words) - 1, open_end)

    def _hits(self, firsts: list[int], further: int, open_end: bool = False) -> list[Hit]:
        """The hits of so many further words behind each of the first ones."""
        name, written, edges, found = self.name, self.written, self._edges, []
        for first in firsts:
            if self._common or self.is_whole(first, first + further, open_end):
                start, end = edges[2 * first], self._end_of(first + further)
                found.append(Hit(name, start, end, written[start:end]))
        return found

    def hit(self, span: Span) -> Hit:
        """An occurrence as a match lists it."""
        return Hit(self.name, span.start, span.end, self.written[span.start : span.end])

    def words_within(self, start: int, end: int) -> tuple[int, int] | None:
        """The first and the last word that has a letter in this stretch; None where there is none."""
        first = bisect_right(self._edges[1::2], start)
        last = bisect_left(self._edges[:-1:2], end) - 1
        return (first, last) if first <= last else None

    def is_whole(self, first: int, last: int, open_end: bool = False) -> bool:
        """Whether no word of Chinese or Japanese is cut in two at either end (中国 in 集中国力); with `open_end`
        the last one may go on."""
        if self._common or self._borders is None:
            return True
        if is_ideograph(self.tokens[first]) and self._edges[2 * first] not in self._borders:
            return False
        cut = is_ideograph(self.tokens[last]) and self._edges[2 * last + 1] not in self._borders
        return open_end or not cut

    @cached_property
    def _borders(self) -> frozenset[int] | None:
        return borders(self.written)

    def opens_sentence(self, position: int) -> bool:
        """Whether a sentence may begin with this word."""
        gap = self.written[self._edges[2 * position - 1] : self._edges[2 * position]] if position else "\n"
        return bool(_SENTENCE_BREAK.search(gap))

    def is_shouting(self, position: int) -> bool:
        """Whether the word stands in a line of two or more words all in capitals, where case says nothing."""
        return self._shouting_lines[self._line_of[position]]

    @cached_property
    def _line_of(self) -> list[int]:
        breaks = [part.count("\n") for part in self._parts[::2]]
        return list(accumulate(breaks))

    @cached_property
    def _shouting_lines(self) -> dict[int, bool]:
        cases: dict[int, list[Case]] = {}
        for line, position in zip(self._line_of, range(len(self)), strict=False):
            written = self.at(position)
            cases.setdefault(line, []).extend([case_of(written)] if len(written) > 1 else [])
        return {line: _all_capitals(found) for line, found in cases.items()}


def _group(first: str, second: str, third: str, thirds: Collection[str]) -> list[str]:
    """The pair, where it is one, and the triple, where it is one."""
    found = [f"{first} {second}"] if "" in thirds else []
    if third and third in thirds:
        found.append(f"{first} {second} {third}")
    return found


def _all_capitals(cases: list[Case]) -> bool:
    cased = [case for case in cases if case is not Case.NONE]
    return len(cased) > 1 and all(case is Case.UPPER for case in cased)
