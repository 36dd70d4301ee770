"""Which of many articles could a query match at all? By letters alone, some thirty times quicker than reading them.

A query needs one of the words of its cover (`anchors`), so an article that matches holds the letters of one. Letters
are evened out (one byte for each, without case and accents), every four of them are looked up in one table, and
what is found there is compared in full. No answer "no" is wrong; a "yes" says only that the article must be read.

A text with a letter that cannot be evened out by itself (marks, ligatures, what is invisible) is always a "yes".
Loads numpy, so only who looks through an archive does this.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from worker.match.anchors import cover
from worker.match.compile import compile_query
from worker.match.entities import Catalogue
from worker.match.fold import APOSTROPHES, bare, fold
from worker.match.namebook import NameBook
from worker.match.query import parse_query

_PARTS, _ODD = 0, 1
"""What stands for signs and blanks, and for letters that need a closer look."""
_GRAM = 4
_TABLE_BITS = 16
_SPREAD = np.uint32(0x9E3779B1)
_QUOTES = '"“”״'
_SPELLED_OUT = (("ß", "ss"), ("ẞ", "ss"), ("æ", "ae"), ("Æ", "ae"), ("œ", "oe"), ("Œ", "oe"))
# The first halves of emoji in UTF-16; the second halves stand in no other letter that is looked for.
_EMOJI = range(0xD83C, 0xD83F)
_SECOND_HALVES = range(0xDC00, 0xE000)
_JAMO = range(0x1100, 0x1200)
# Han and Hangul, which stand for themselves; asking about each of them takes a second.
_BY_THEMSELVES = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xAC00, 0xD7A4))


class Sieve:
    """Lets through the texts that one of the queries may match. Raises BadQuery as `parse_query` does."""

    def __init__(self, queries: Iterable[str], known: Catalogue | None = None) -> None:
        wanted = [[_even(word) for word in _words(query, known)] for query in queries]
        # Where a text holds a word with an odd letter, it is let through for that.
        plain = [word for words in wanted for word in words if _ODD not in word]
        self._open = not all(wanted) or any(_PARTS in word for word in plain)
        self._by_gram: dict[bytes, list[bytes]] = {}
        for word in set(plain):
            self._by_gram.setdefault(word[:_GRAM], []).append(word)
        lengths = {len(gram) for gram in self._by_gram}
        self._tables = {length: _table(self._by_gram, length) for length in lengths}

    def through(self, texts: Sequence[str]) -> list[bool]:
        """For each text whether it must be read."""
        if self._open or not texts:
            return [True] * len(texts)
        joined, ends = _joined(texts)
        letters = _means().take(np.frombuffer(joined.encode("utf-16-le"), np.uint16))
        kept = np.zeros(len(texts), bool)
        kept[_owners(np.flatnonzero(letters == _ODD), ends)] = True
        evened = letters.tobytes()
        for length, table in self._tables.items():
            self._compare(evened, _places(letters, length, table), ends, length, kept)
        return [bool(each) for each in kept]

    def _compare(
        self,
        letters: bytes,
        places: NDArray[np.intp],
        ends: NDArray[np.intp],
        length: int,
        kept: NDArray[np.bool_],
    ) -> None:
        for place, owner in zip(places.tolist(), _owners(places, ends).tolist(), strict=True):
            if not kept[owner]:
                words = self._by_gram.get(letters[place : place + length], ())
                kept[owner] = any(letters.startswith(word, place) for word in words)


def _words(query: str, known: Catalogue | None) -> Iterator[str]:
    """Words of which one stands in every article that the query finds."""
    book = NameBook(known)
    found = cover(compile_query(parse_query(query, book.known)), _cost)
    for anchor in () if found is None else found.guards:
        if anchor[0] == "@":
            yield from _of_entity(anchor[1:], book)
        else:
            yield max(anchor.removeprefix("^").removeprefix("=").removesuffix("*").split(" "), key=len)


def _of_entity(key: str, book: NameBook) -> Iterator[str]:
    """For each name the word of it that says most, in every form that answers to it."""
    book.add(key)
    for pattern in {id(each): each for patterns in book.names.values() for each in patterns}.values():
        if pattern.entity == key:
            yield from max(pattern.words, key=lambda forms: min(map(len, forms), default=0))


def _cost(anchor: str) -> float:
    """Long words are rare."""
    return 1 / (1 + max(map(len, anchor.strip("@^=*").split(" "))))


def _places(letters: NDArray[np.uint8], length: int, table: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Where so many letters stand that are in the table."""
    windows = np.ndarray(len(letters) - _GRAM + 1, np.uint32, letters, strides=(1,))
    if length < _GRAM:
        windows = windows & np.uint32((1 << 8 * length) - 1)
    return np.flatnonzero(table.take((windows * _SPREAD) >> np.uint32(32 - _TABLE_BITS)))


def _table(grams: Iterable[bytes], length: int) -> NDArray[np.bool_]:
    """Marked where a group of so many letters falls."""
    table = np.zeros(1 << _TABLE_BITS, bool)
    for gram in grams:
        if len(gram) == length:
            number = int.from_bytes(gram, "little")
            table[(number * int(_SPREAD) & 0xFFFFFFFF) >> (32 - _TABLE_BITS)] = True
    return table


def _joined(texts: Sequence[str]) -> tuple[str, NDArray[np.intp]]:
    """The texts as one, apart by blanks, and where each ends (UTF-16)."""
    spelled = [text if text.isascii() else _spelled_out(text) for text in texts]
    lengths = [len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2 for text in spelled]
    ends = np.cumsum(np.array(lengths, np.intp) + _GRAM)
    return "".join(f"{text}{' ' * _GRAM}" for text in spelled), ends


def _owners(places: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.searchsorted(ends, places, side="right")


def _even(word: str) -> bytes:
    """A word as it stands in an evened text."""
    units = np.frombuffer(_spelled_out(word).encode("utf-16-le", "surrogatepass"), np.uint16)
    return bytes(_means().take(units))


def _spelled_out(text: str) -> str:
    for letter, spelled in _SPELLED_OUT:
        text = text.replace(letter, spelled)
    return text


@lru_cache(maxsize=1)
def _means() -> NDArray[np.uint8]:
    """What stands for each unit of UTF-16."""
    if sys.byteorder != "little":  # the windows are read as they lie
        raise NotImplementedError("only little-endian machines are supported")
    return np.array([_mean(code) for code in range(0x10000)], np.uint8)


def _mean(code: int) -> int:
    if code in _EMOJI or code in _SECOND_HALVES:
        return _PARTS
    if 0xD800 <= code < 0xDC00 or code in _JAMO:
        return _ODD
    if any(code in letters for letters in _BY_THEMSELVES):
        return 0x80 | (code & 0x7F)
    char = chr(code)
    if char in APOSTROPHES:
        return ord("'")
    if char in _QUOTES:
        return ord('"')
    if unicodedata.category(char) in ("Mn", "Mc", "Me", "Cf") or _vanishes(char):
        return _ODD
    return _byte(char) if char.isalnum() else _PARTS


def _byte(letter: str) -> int:
    evened = bare(fold(letter))
    if len(evened) != 1 or bare(fold(evened)) != evened or ord(evened) > 0xFFFF:
        return _ODD
    if (
        evened != letter and _mean(ord(evened)) == _ODD
    ):  # a mark with a letter's shape, as half-width Japanese has
        return _ODD
    code = ord(evened)
    return code if code < 0x80 else 0x80 | (code & 0x7F)


def _vanishes(char: str) -> bool:
    return char.isalnum() and not bare(fold(char))
