"""Which bytes of UTF-8 a text must hold to have a letter at all: a text without one that begins a Cyrillic letter has
no Cyrillic word, and need not be evened out for one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from worker.match.evened import ODD, PARTS, Evened, means
from worker.match.fold import bare, fold

_HALF = range(0xD800, 0xE000)
_FOUR_BYTES = frozenset({0xF0})
"""Letters beyond the plane may stand for any others."""


class Leads:
    """What the letters beyond ASCII of some words begin with. A word of ASCII needs none."""

    def __init__(self, words: Iterable[Evened]) -> None:
        needs = {
            frozenset(
                _leads(block << 8 | letter)
                for letter, block in zip(word.letters, word.blocks, strict=True)
                if block and letter != ODD
            )
            for word in words
        }
        self._needs = [need for need in needs if not any(other < need for other in needs)]
        self._asked = frozenset().union(*(lead for need in self._needs for lead in need))

    def begin_in(self, text: bytes) -> bool:
        """Whether all letters of some word may be in a text (UTF-8)."""
        if not self._asked:
            return bool(self._needs)
        there = {lead for lead in self._asked if lead in text}
        return any(not any(map(there.isdisjoint, need)) for need in self._needs)


@lru_cache(maxsize=1 << 10)
def _leads(unit: int) -> frozenset[int]:
    """The first bytes of whatever may come to be this letter: of itself and its kin, of these without a mark, and of
    odd letters that have it in them."""
    letters = {chr(code) for code in np.flatnonzero(means() == unit).tolist()}
    bases = {base for letter in letters for base in _bases(letter)}
    meant = {int(means()[ord(base)]) for base in bases if ord(base) < 0x10000 and base > "\x7f"}
    kin = {chr(code) for each in meant - {ODD, PARTS} for code in np.flatnonzero(means() == each).tolist()}
    odd = {letter for letter, forms in _odd_letters() if not forms.isdisjoint(letters | bases)}
    return frozenset(letter.encode()[0] for letter in letters | kin | bases | odd) | _FOUR_BYTES


def _bases(letter: str) -> set[str]:
    """A letter with ever fewer of its marks."""
    apart = unicodedata.normalize("NFD", letter)
    composed = (unicodedata.normalize("NFC", apart[:upto]) for upto in range(1, len(apart) + 1))
    return {base for base in composed if len(base) == 1 and not "\x00" <= base <= "\x7f"}


@lru_cache(maxsize=1)
def _odd_letters() -> list[tuple[str, frozenset[str]]]:
    """The odd letters that are no marks, each with all letters that it may come to be."""
    return [
        (letter, frozenset(f"{folded}{bare(folded)}{unicodedata.normalize('NFKC', letter)}"))
        for letter in map(chr, np.flatnonzero(means() == ODD).tolist())
        if letter.isalnum() and ord(letter) not in _HALF
        for folded in [fold(letter)]
    ]
