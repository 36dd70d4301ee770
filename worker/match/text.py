"""A text as words that know where they stand.

Words are runs of letters and digits with apostrophes inside them; hyphens and all other signs separate. A
letter of Han, hiragana, Thai, Lao, Khmer or Burmese is a token of its own, so a term in these scripts is a
phrase of its letters; a run of katakana is one word. Offsets are code points of the text as written. A
paragraph's end counts as a blank; web addresses are not text.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import NamedTuple

from worker.match.fold import APOSTROPHES, HYPHENS, INVISIBLE, UNSEEN_LETTERS
from worker.match.scripts import IDEOGRAPHS, KATAKANA, UNSPACED
from worker.match.words import Case, Word, hangs_after_hyphen, word
from worker.model import Field

_ADDRESS = re.compile(r"(?:https?://|www\.)[!-;=?-~]+", re.IGNORECASE)
# What may stand before a word that begins a sentence; after an opening quote or a colon one may begin too.
_SENTENCE_BREAK = re.compile(r"[.!?…。！？;:\n\"“”„‟«»‹›•·–—\-]")


@lru_cache(maxsize=1)
def _token_pattern() -> re.Pattern[str]:
    """Letters with the marks on them; built from the Unicode table of the running Python."""
    marks = "".join(
        char for char in map(chr, range(0x300, sys.maxunicode // 8)) if unicodedata.category(char)[0] == "M"
    )
    marks = re.sub(f"[{UNSPACED}{INVISIBLE}]", "", marks)
    marks += UNSEEN_LETTERS
    letter = f"[^\\W{APOSTROPHES}{UNSEEN_LETTERS}{IDEOGRAPHS}{KATAKANA}{UNSPACED}]"
    run = f"{letter}+(?:(?:[{marks}{INVISIBLE}]*[{marks}]|[{INVISIBLE}]+(?={letter})){letter}*)*"
    joint = f'[{APOSTROPHES}]|(?<=[א-ת])["“”״](?=[א-ת])'
    # A letter of Thai and its kin with the vowels and tones upon it (Mn, Mc, and the letter am, in two parts
    # or one).
    cluster_marks = "".join(
        char for char in map(chr, range(0xE00, 0x1800)) if unicodedata.category(char)[0] == "M"
    )
    am = "(?<=\u0e4d)\u0e32|(?<=\u0ecd)\u0eb2|[\u0e33\u0eb3]"
    cluster = f"(?![{cluster_marks}])[{IDEOGRAPHS}{UNSPACED}](?:[{cluster_marks}\u3099\u309a]|{am})*"
    return re.compile(f"{run}(?:(?:{joint}){run})*|[{KATAKANA}]+|{cluster}")


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
    for found in _token_pattern().finditer(without_addresses(text).replace("_", " ")):
        yield Piece(found.start(), found.end(), found[0])


def without_addresses(text: str) -> str:
    """The text with web addresses blanked, everything else at its place."""
    return _ADDRESS.sub(lambda found: " " * len(found[0]), text)


class FieldText:
    """One field of an article: its words, and for every key the positions that answer to it."""

    def __init__(self, name: Field, written: str, language: str | None) -> None:
        self.name, self.written = name, written
        self.pieces = tuple(pieces(written))
        self.words: tuple[Word, ...] = tuple(word(piece.written, language) for piece in self.pieces)
        self._prefixed: dict[str, list[int]] = {}

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """For every key the positions, ascending, of the words that answer to it."""
        found: dict[str, list[int]] = {}
        for position, one in enumerate(self.words):
            for key in one.keys:
                found.setdefault(key, []).append(position)
        return found

    def beginning_with(self, prefix: str) -> list[int]:
        """The positions of words with a key that begins so, ascending."""
        if prefix not in self._prefixed:
            found = {
                position
                for key, positions in self.places.items()
                if key.startswith(prefix)
                for position in positions
            }
            self._prefixed[prefix] = sorted(found)
        return self._prefixed[prefix]

    def span(self, first: int, last: int) -> Span:
        """The words from first to last, with a particle that hangs on the last one by a hyphen."""
        return Span(first, last, self.pieces[first].start, self._end_with_particle(last))

    def _end_with_particle(self, position: int) -> int:
        end = self.pieces[position].end
        if position + 1 < len(self.pieces):
            following = self.pieces[position + 1]
            hyphen = self.written[end : following.start]
            if len(hyphen) == 1 and hyphen in HYPHENS and hangs_after_hyphen(following.written):
                return following.end
        return end

    def opens_sentence(self, position: int) -> bool:
        """Whether a sentence may begin with this word."""
        if position == 0:
            return True
        gap = self.written[self.pieces[position - 1].end : self.pieces[position].start]
        return bool(_SENTENCE_BREAK.search(gap))

    def is_shouting(self, position: int) -> bool:
        """Whether the word stands in a line of two or more words all in capitals, where case says nothing."""
        return self._shouting_lines[self._line_of[position]]

    @cached_property
    def _line_of(self) -> list[int]:
        line, end, lines = 0, 0, []
        for piece in self.pieces:
            line += self.written.count("\n", end, piece.start)
            end = piece.end
            lines.append(line)
        return lines

    @cached_property
    def _shouting_lines(self) -> dict[int, bool]:
        cases: dict[int, list[Case]] = {}
        for line, piece, one in zip(self._line_of, self.pieces, self.words, strict=True):
            cases.setdefault(line, []).extend([one.case] if len(piece.written) > 1 else [])
        return {line: _all_capitals(found) for line, found in cases.items()}


def _all_capitals(cases: list[Case]) -> bool:
    cased = [case for case in cases if case is not Case.NONE]
    return len(cased) > 1 and all(case is Case.UPPER for case in cased)
