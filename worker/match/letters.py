"""Cuts a text by looking up every letter in one table: three times as quick as the expression engine, where it can.

The table says of each code point of the Basic Multilingual Plane what its small letter is, that it parts words, or
that it needs the thorough way; that goes for the stretch around it, from blank to blank, which no word reaches beyond.
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

# No code point of a letter or digit is below the apostrophe's.
_BLANK, _APOSTROPHE = 0x20, 0x27
_THOROUGH = "\x01"
_PLANE = 0x10000
_MANY_LETTERS, _MANY_STRETCHES = 4, 100
"""Where one letter in 4 needs more care, or there is a stretch with such letters to 100 letters, the whole text is cut
with care: putting a stretch in its place takes 3 µs, and one to 14 letters took twice as long as the whole."""
_ADDRESS_BEGINS = re.compile("://|[wW]{3}")


class Looked(NamedTuple):
    """The words of a text in small letters, where each begins and ends by turns, and the stretches without them that
    need more care. `plain`: these hold addresses, but no letter that does."""

    words: list[str]
    edges: array[int]
    careful: list[tuple[int, int]]
    plain: bool


class LetterTable:
    """`small`: what stands for each code point of the plane in a text in small letters. What holds one that is
    `uncommon` there is not cut here."""

    def __init__(self, small: str, uncommon: re.Pattern[str]) -> None:
        means = [ord(char) if char.isalnum() or char == "'" else _BLANK for char in small]
        for found in uncommon.finditer(small):
            means[found.start()] = ord(_THOROUGH)
        self._means = np.array(means, np.uint16)

    def cut(self, text: str) -> Looked | None:
        """The words of a text, as far as they can be looked up; None where it needs more care as a whole."""
        codes = _codes(f" {text} ")
        if codes is None:
            return None
        small = self._means.take(codes)
        odd = np.flatnonzero(small == ord(_THOROUGH))
        if odd.size * _MANY_LETTERS > len(text):
            return None
        careful = _stretches(text, [*(odd - 1).tolist(), *_addresses(text, _written(small))])
        if careful is None:
            return None
        for start, end in careful:
            small[start + 1 : end + 1] = _BLANK
        joints = np.flatnonzero(small == _APOSTROPHE)
        if joints.size:
            inside = (small[joints - 1] > _APOSTROPHE) & (small[joints + 1] > _APOSTROPHE)
            small[joints[~inside]] = _BLANK
        is_word = small != _BLANK
        edges = np.flatnonzero(is_word[1:] != is_word[:-1])
        return Looked(_written(small).split(), array("q", edges.tobytes()), careful, plain=not odd.size)


def _written(codes: NDArray[np.uint16]) -> str:
    return codes.tobytes().decode("utf-16-le")


def _addresses(text: str, small: str) -> list[int]:
    """Where web addresses begin in a text, or may; `small` is the same in small letters."""
    if "://" not in text and "www" not in small:  # an eighth of what the expression takes
        return []
    return [found.start() for found in _ADDRESS_BEGINS.finditer(text)]


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


def _codes(text: str) -> NDArray[np.uint16] | NDArray[np.uint32] | None:
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
