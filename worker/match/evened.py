"""Letters evened out: one byte for each, without case and accents, so that many texts are compared at once.

A letter beyond ASCII has a second byte for the block that it is from. Letters that cannot be evened out by themselves
(marks, ligatures, what is invisible) are *odd*. Loads numpy, so only who looks through an archive does this.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.match.fold import APOSTROPHES, bare, fold

PARTS, ODD, END = 0, 1, 5
"""What stands for signs and blanks, for letters that need a closer look, and between two texts."""
_SPELLED_OUT = {2: "ss", 3: "ae", 4: "oe"}
"""What stands for letters that count as two, until they are."""
_TWO_LETTERS = {"ß": 2, "ẞ": 2, "æ": 3, "Æ": 3, "œ": 4, "Œ": 4}
_BLOCKS_FROM, _BLOCKS = 8, 248
"""A letter beyond ASCII has a second byte, for the block of 128 that it is from."""
_BETWEEN = "\uffff".encode()  # stands for no letter; the sieve is open for texts that hold one
GRAM = 4
"""So many neighbouring letters are compared at once; as many blanks stand behind the last text."""
_QUOTES = '"“”״'
# The first halves of emoji in UTF-16; the second halves stand in no other letter that is looked for.
_EMOJI = range(0xD83C, 0xD83F)
_SECOND_HALVES = range(0xDC00, 0xE000)
_JAMO = range(0x1100, 0x1200)
# Han and Hangul, which stand for themselves; asking about each of them takes a second.
_BY_THEMSELVES = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xAC00, 0xD7A4))


class Evened(NamedTuple):
    """A text or word with a byte for each letter; `blocks` says from which block each is, 0 for ASCII."""

    letters: bytes
    blocks: bytes


def evenly(texts: Sequence[bytes]) -> tuple[bytes, Callable[[], bytes]]:
    """Any texts evened out, and the way to their blocks."""
    joined = _BETWEEN.join([*texts, b" " * GRAM])
    units = np.frombuffer(joined.decode("utf-8").encode("utf-16-le"), np.uint16)
    return _plane(units, 0), lambda: _plane(units, 1)


def plainly(texts: Sequence[bytes]) -> tuple[bytes, Callable[[], bytes]]:
    """The same for texts of ASCII."""
    evened = bytes([END]).join([text.translate(_plain_means()) for text in (*texts, b" " * GRAM)])
    return evened, lambda: bytes(len(evened))


@lru_cache(maxsize=1)
def _plain_means() -> bytes:
    """What stands for each letter of ASCII; the other half is never asked for."""
    return means()[:0x80].astype(np.uint8).tobytes() + bytes(0x80)


def _plane(units: NDArray[np.uint16], which: int) -> bytes:
    """The first or the second byte of each letter (units of UTF-16), with those spelled out that count as two."""
    plane = _half(which).take(units).tobytes()
    for mark, spelled in _SPELLED_OUT.items():
        plane = plane.replace(bytes([mark]), b"\0\0" if which else spelled.encode())
    return plane


def evened_word(word: str) -> Evened:
    """A word as it stands in an evened text."""
    units = np.frombuffer(word.encode("utf-16-le", "surrogatepass"), np.uint16)
    return Evened(_plane(units, 0), _plane(units, 1))


@lru_cache(maxsize=1)
def means() -> NDArray[np.uint16]:
    """What stands for each unit of UTF-16: its letter in the low byte, the letter's block in the high one."""
    if sys.byteorder != "little":  # the windows are read as they lie
        raise NotImplementedError("only little-endian machines are supported")
    return np.array([_mean(code) for code in range(0x10000)], np.uint16)


@lru_cache(maxsize=2)
def _half(which: int) -> NDArray[np.uint8]:
    """The letters, or the blocks, that units of UTF-16 stand for."""
    return (means() >> 8 * which & 0xFF).astype(np.uint8)


def _mean(code: int) -> int:
    if code == 0xFFFF:
        return END
    if code in _EMOJI or code in _SECOND_HALVES:
        return PARTS
    if 0xD800 <= code < 0xDC00 or code in _JAMO:
        return ODD
    if any(code in letters for letters in _BY_THEMSELVES):
        return _letter(code)
    char = chr(code)
    if char in APOSTROPHES:
        return ord("'")
    if char in _QUOTES:
        return ord('"')
    if char in _TWO_LETTERS:
        return _TWO_LETTERS[char] * 0x101
    if unicodedata.category(char) in ("Mn", "Mc", "Me", "Cf") or _vanishes(char):
        return ODD
    return _alone(char) if char.isalnum() else PARTS


def _alone(letter: str) -> int:
    evened = bare(fold(letter))
    if len(evened) != 1 or bare(fold(evened)) != evened or ord(evened) > 0xFFFF:
        return ODD
    if (
        evened != letter and _mean(ord(evened)) == ODD
    ):  # a mark with a letter's shape, as half-width Japanese has
        return ODD
    return _letter(ord(evened))


def _letter(code: int) -> int:
    if code < 0x80:
        return code
    block = _BLOCKS_FROM + (code >> 7) % _BLOCKS
    return block << 8 | 0x80 | (code & 0x7F)


def _vanishes(char: str) -> bool:
    return char.isalnum() and not bare(fold(char))
