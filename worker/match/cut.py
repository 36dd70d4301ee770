"""Cuts a text into words.

Words are runs of letters and digits with apostrophes inside them; hyphens and all other signs separate. A
letter of Han, hiragana, Thai, Lao, Khmer or Burmese is a token of its own, so a term in these scripts is a
phrase of its letters; a run of katakana is one word. A paragraph's end counts as a blank; web addresses are not
text.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from worker.match.fold import APOSTROPHES, INVISIBLE, UNSEEN_LETTERS
from worker.match.scripts import IDEOGRAPHS, KATAKANA, UNSPACED
from worker.match.words import signs

if TYPE_CHECKING:
    from worker.match.letters import LetterTable, Looked

# Spelt out: told to ignore case, the expression engine would take 133 µs for an article instead of 48.
_ADDRESS: Final = re.compile(
    r"[hHwW](?:(?<=[hH])[tT][tT][pP][sS\u017f]?://|(?<=[wW])[wW][wW]\.)[!-;=?-~\u0130\u0131\u017f\u212a]+"
)
_HEBREW: Final = "\u05d0-\u05ea"


class Cutter(NamedTuple):
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


_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")
_APART: Final = re.compile(f"[{IDEOGRAPHS}{KATAKANA}{UNSPACED}{INVISIBLE}]")
_JOINT: Final = re.compile(f"[{INVISIBLE}{UNSEEN_LETTERS}]")


def joins(char: str) -> bool:
    """Whether a mark of the plane goes with the letter before it, or joins it with the next."""
    return bool(_JOINT.match(char)) or _goes_along(char)


def _goes_along(char: str) -> bool:
    return unicodedata.category(char)[0] == "M" and not _APART.match(char)


@lru_cache(maxsize=1)
def cutter() -> Cutter:
    """Built from the Unicode table of the running Python."""
    plane = list(map(chr, range(0x80, 0x10000)))
    marks = _class_of(filter(_goes_along, plane)) + UNSEEN_LETTERS
    unseen = re.compile(f"[{UNSEEN_LETTERS}]")
    letters = "0-9a-zA-Z" + _class_of(
        char for char in plane if char.isalnum() and not _APART.match(char) and not unseen.match(char)
    )
    beyond = f"[^\\W\\x00-\uffff{IDEOGRAPHS}]"
    astral_marks = _class_of(
        char for char in map(chr, range(0x10000, sys.maxunicode // 8)) if unicodedata.category(char)[0] == "M"
    )
    return Cutter(
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


class Cut(NamedTuple):
    """A text as its words in small letters, and where each begins and ends by turns (code points). `plain` as
    `is_plain` says. `notable`: those of the words that may answer to something besides themselves, some maybe
    twice."""

    words: list[str]
    edges: array[int]
    plain: bool
    notable: list[str]


# In shorter texts (titles, terms) the expression engine is quicker than the table.
_SHORT: Final = 200


def cut(text: str) -> Cut:
    """The words of a text, in order."""
    looked = _table().cut(text) if len(text) > _SHORT else None
    if looked is None:
        return thoroughly(text)
    if looked.careful:
        return _filled_in(text, looked)
    return Cut(looked.words, looked.edges, looked.plain, looked.notable)


def _filled_in(text: str, looked: Looked) -> Cut:
    """With the words of the stretches that need more care, which are cut all at once."""
    words, edges, careful, plain, notable = looked
    inside = thoroughly(" ".join([text[start:end] for start, end in careful]))
    all_words: list[str] = []
    all_edges = array("q")
    done = cut_off = moved = 0
    for start, end in careful:
        before = bisect_left(edges, start) // 2
        behind = bisect_left(inside.edges, moved + end - start + 1) // 2
        all_words += words[done:before] + inside.words[cut_off:behind]
        all_edges += edges[2 * done : 2 * before]
        all_edges.extend([edge - moved + start for edge in inside.edges[2 * cut_off : 2 * behind]])
        done, cut_off, moved = before, behind, moved + end - start + 1
    return Cut(all_words + words[done:], all_edges + edges[2 * done :], plain, notable + inside.notable)


def thoroughly(text: str) -> Cut:
    """The same for any text, by one split of the expression engine."""
    small = small_letters(text)
    pattern = cutter().of(small)
    # What lies between words and the words by turns; together as long as the text.
    parts = pattern.split(small)
    edges = array("q", accumulate(map(len, parts[:-1])))
    words = parts[1::2]
    return Cut(words, edges, pattern is cutter().common, [*set(words)])


@lru_cache(maxsize=1)
def _table() -> LetterTable:
    # Loads numpy, which takes a quarter of a second, so only where articles are read.
    from worker.match.letters import LetterTable  # noqa: PLC0415

    return LetterTable(small_letters("".join(map(chr, range(0x10000)))), cutter().uncommon, signs())


class Piece(NamedTuple):
    """A stretch of a text: start and end as code points, and the letters themselves."""

    start: int
    end: int
    written: str


def pieces(text: str) -> Iterator[Piece]:
    """The words of a text, in order."""
    edges = cut(text).edges
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield Piece(start, end, text[start:end])


def is_plain(text: str) -> bool:
    """Whether the text is cut at its blanks and signs alone: every letter stands by itself, none is a mark."""
    return cutter().of(text) is cutter().common


def small_letters(text: str) -> str:
    """The text in small letters, of the same length, with nothing in it that is no text."""
    # İ is the only letter whose small form has two code points, Σ the only one with two small forms; the fold has
    # one for each.
    small = text.replace("İ", "i").replace("Σ", "σ").lower()
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
