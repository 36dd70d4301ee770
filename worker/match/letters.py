"""Cuts a text by looking up every letter in one table: three times as quick as the expression engine, where it can.

The table says of each code point of the Basic Multilingual Plane what its small letter is, that it parts words, or
that it needs the thorough way; that goes for the stretch around it, from blank to blank, which no word reaches beyond.
Most words show by their letters that they answer to themselves alone, which spares asking about them.
Loads numpy, so only articles are cut like this.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.match.scripts import is_character
from worker.match.words import Signs

# No code point of a letter or digit is below the apostrophe's.
_BLANK, _APOSTROPHE = 0x20, 0x27
_THOROUGH = "\x01"
_PLANE = 0x10000
_MANY_LETTERS, _MANY_STRETCHES = 4, 100
"""Where one letter in 4 needs more care, or there is a stretch with such letters to 100 letters, the whole text is cut
with care: putting a stretch in its place takes 3 µs, and one to 14 letters took twice as long as the whole."""
_ADDRESS_BEGINS = re.compile("://|[wW]{3}")
_ANYWHERE, _FIRST, _LAST, _ODD, _JOINT, _SLASH, _W = 1, 2, 4, 8, 16, 32, 64
"""What a letter shows: that it is a sign, by where in a word it must stand, that it needs the thorough way, that it
joins letters or may stand in an address. Most texts show little: one look at all tells which steps can be spared."""
_TWICE = _SLASH | _W
# Two letters become a place in a table of 65,536; that some pairs share one asks about a word too many now and then.
_SPREAD = np.uint16(31)


Codes = NDArray[np.uint16]
Shown = NDArray[np.uint8]


class Looked(NamedTuple):
    """The words of a text in small letters, where each begins and ends by turns, and the stretches without them that
    need more care. `plain`: these hold addresses, but no letter that does. `notable`: the words with a sign, some maybe
    twice."""

    words: list[str]
    edges: array[int]
    careful: list[tuple[int, int]]
    plain: bool
    notable: list[str]


class LetterTable:
    """`small`: what stands for each code point of the plane in a text in small letters. What holds one that is
    `uncommon` there is not cut here. `signs`: what is looked for in words."""

    def __init__(self, small: str, uncommon: re.Pattern[str], signs: Signs) -> None:
        means = [ord(char) if char.isalnum() or char == "'" else _BLANK for char in small]
        for found in uncommon.finditer(small):
            means[found.start()] = ord(_THOROUGH)
        self._means = np.array(means, np.uint16)
        shows = np.zeros(_PLANE, np.uint8)
        for chars, what in (
            (signs.letters, _ANYWHERE), (signs.first, _FIRST), (signs.last, _LAST),
            (_THOROUGH, _ODD), ("'", _JOINT), ("w", _W),
        ):  # fmt: skip
            shows[[ord(char) for char in chars]] |= what
        self._shows = shows.take(self._means)
        self._shows[ord("/")] = _SLASH
        self._tails = np.zeros(_PLANE, np.bool_)
        pairs = np.array([[ord(char) for char in tail] for tail in signs.tails], np.uint16)
        self._tails[_pair(pairs[:, 0], pairs[:, 1])] = True

    def cut(self, text: str) -> Looked | None:
        """The words of a text, as far as they can be looked up; None where it needs more care as a whole."""
        codes = _codes(f" {text} ")
        if codes is None:
            return None
        places = codes.astype(np.intp)  # else each look would do it
        small, shows = self._means.take(places), self._shows.take(places)
        held = int(np.bitwise_or.reduce(shows))
        odd = np.flatnonzero(shows & _ODD).tolist() if held & _ODD else []
        if len(odd) * _MANY_LETTERS > len(text):
            return None
        careful = _stretches(text, [place - 1 for place in odd] + _addresses(text, shows, held))
        if careful is None:
            return None
        for start, end in careful:
            small[start + 1 : end + 1] = _BLANK
        if held & _JOINT:
            _part_at_outer_apostrophes(small)
        is_word = small != _BLANK
        edges = np.flatnonzero(is_word[1:] != is_word[:-1])
        words = _written(small).split()
        notable = self._notable(small, shows, held, edges) if words else []
        return Looked(
            words, array("q", edges.tobytes()), careful, not odd, list(map(words.__getitem__, notable))
        )

    def _notable(self, small: Codes, shows: Shown, held: int, edges: NDArray[np.intp]) -> list[int]:
        """Which words have a sign, by their number; `small` and `shows` begin with the blank before the text."""
        first, last = edges[::2] + 1, edges[1::2]
        found = self._tails.take(_pair(small[:-1], small[1:]).take(last - 1))
        if held & _ANYWHERE:
            # A sign that stands outside of words, as in a stretch that needs more care, counts for some other word.
            there = np.flatnonzero((shows & _ANYWHERE).view(np.bool_))
            found[first.searchsorted(there, "right") - 1] = True
        if held & (_FIRST | _LAST):
            found |= (shows.take(first) & _FIRST | shows.take(last) & _LAST) != 0
        return np.flatnonzero(found).tolist()


def _pair(one: Codes, other: Codes) -> Codes:
    return one * _SPREAD + other


def _written(codes: Codes) -> str:
    return codes.tobytes().decode("utf-16-le")


def _addresses(text: str, shows: Shown, held: int) -> list[int]:
    """Where web addresses begin in a text, or may: a slash or a w stands twice there."""
    if not held & _TWICE:
        return []
    twice = shows & _TWICE
    if not (twice[1:] & twice[:-1]).any():
        return []
    return [found.start() for found in _ADDRESS_BEGINS.finditer(text)]


def _part_at_outer_apostrophes(small: Codes) -> None:
    """Blanks for apostrophes that do not stand between letters."""
    joints = np.flatnonzero(small == _APOSTROPHE)
    inside = (small[joints - 1] > _APOSTROPHE) & (small[joints + 1] > _APOSTROPHE)
    small[joints[~inside]] = _BLANK


def _stretches(text: str, places: list[int]) -> list[tuple[int, int]] | None:
    """What stands from blank to blank around these places, in order; None where these are many."""
    found: list[tuple[int, int]] = []
    most, end = len(text) // _MANY_STRETCHES, 0
    for place in sorted(places):
        if place >= end:
            if len(found) == most:
                return None
            start = text.rfind(" ", end, place) + 1
            end = text.find(" ", place)
            end = len(text) if end < 0 else end
            found.append((start, end))
    return found


def _codes(text: str) -> Codes | NDArray[np.uint32] | None:
    """The code points, blanks for signs beyond the plane, such as pictures; None where a letter is beyond it."""
    plane = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")
    if plane.size == len(text):
        return plane
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    beyond = codes >= _PLANE
    if not all(_is_sign(chr(code)) for code in set(codes[beyond].tolist())):
        return None
    return np.where(beyond, np.uint32(_BLANK), codes)


def _is_sign(char: str) -> bool:
    # Ideographs that this Python's Unicode does not know yet count as such all the same.
    return not (char.isalnum() or is_character(char)) and unicodedata.category(char)[0] != "M"
