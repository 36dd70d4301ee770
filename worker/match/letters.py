"""Cuts a text by looking up every letter in one table: three times as quick as the expression engine, where it can.

The table says of each code point of the Basic Multilingual Plane what its small letter is, that it parts words, or
that it needs the thorough way. Loads numpy, so only articles are cut like this.
"""

from __future__ import annotations

import re
import unicodedata
from array import array

import numpy as np
from numpy.typing import NDArray

from worker.match.scripts import is_character

# No code point of a letter or digit is below the apostrophe's.
_BLANK, _APOSTROPHE = 0x20, 0x27
_THOROUGH = "\x01"
_PLANE = 0x10000


class LetterTable:
    """`small`: what stands for each code point of the plane in a text in small letters. A text that holds one which
    is `uncommon` there is not cut here."""

    def __init__(self, small: str, uncommon: re.Pattern[str]) -> None:
        means = [ord(char) if char.isalnum() or char == "'" else _BLANK for char in small]
        for found in uncommon.finditer(small):
            means[found.start()] = ord(_THOROUGH)
        self._means = np.array(means, np.uint16)

    def cut(self, text: str) -> tuple[list[str], array[int]] | None:
        """The words in small letters, and where each begins and ends by turns; None where that needs more care."""
        codes = _codes(f" {text} ")
        if codes is None:
            return None
        small = self._means.take(codes)
        joints = np.flatnonzero(small == _APOSTROPHE)
        if joints.size:
            inside = (small[joints - 1] > _APOSTROPHE) & (small[joints + 1] > _APOSTROPHE)
            small[joints[~inside]] = _BLANK
        written = small.tobytes().decode("utf-16-le")
        if _THOROUGH in written or "www" in written:  # the latter begins an address
            return None
        is_word = small != _BLANK
        edges = np.flatnonzero(is_word[1:] != is_word[:-1])
        return written.split(), array("q", edges.tobytes())


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
