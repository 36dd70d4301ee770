"""A word in whatever letters it may be written, as a pattern for RE2: any case and width, with accents or without.

RE2 (https://github.com/google/re2/wiki/Syntax) goes through a text once, however many words it looks for. A pattern
may find more than the matcher, never less: marks are left out on both sides, and a text with *odd* letters, which
cannot be told from others one by one (ligatures, parts of syllables, letters beyond the plane), may hold anything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby

from worker.match.fold import APOSTROPHES, bare, fold

_TWO_LETTERS = {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe"}
_QUOTES = '"“”״'
_SURROGATES = range(0xD800, 0xE000)
_JAMO = range(0x1100, 0x1200)
# Han and Hangul, which stand for themselves; asking about each of them takes a second.
_BY_THEMSELVES = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xAC00, 0xD7A4))
_EMOJI = range(0x1F000, 0x1FC00)
_END_OF_PLANE = 0x10000
_END = 0x110000

_ODD, _MARK, _SIGN = "odd", "mark", ""
"""What letters may be instead of a letter. A sign parts words."""


def any_writing(word: str) -> str | None:
    """The pattern for a word. None where it has an odd letter, which finds it already; "" where it has no letter to
    look for."""
    kinds = [_evened(letter) for char in word for letter in _apart(char)]
    kinds = [kind for kind in kinds if kind != _MARK]
    if _ODD in kinds:
        return None
    return "" if _SIGN in kinds else _in_a_row(kinds)


def _apart(char: str) -> str:
    """The letters that a letter counts as."""
    if char in _TWO_LETTERS:
        return _TWO_LETTERS[char]
    return bare(fold(char)) or char if _evened(char) == _ODD else char


@lru_cache(maxsize=1)
def odd_letters() -> str:
    """The class of letters that may stand for any others."""
    beyond = (range(_END_OF_PLANE, _EMOJI.start), range(_EMOJI.stop, _END))
    return _class((char for char, kind in _kinds().items() if kind == _ODD), beyond)


@lru_cache(maxsize=1)
def marks() -> str:
    """The class of what is left out: accents, vowel signs, what is invisible."""
    return _class(char for char, kind in _kinds().items() if kind == _MARK)


def without_marks(text: str) -> str:
    """The text as patterns expect it."""
    return _marks().sub("", text)


@lru_cache(maxsize=1)
def _marks() -> re.Pattern[str]:
    return re.compile(f"[{''.join(char for char, kind in _kinds().items() if kind == _MARK)}]+")


def _in_a_row(letters: Iterable[str]) -> str:
    """The classes of the letters, with signs for two of them (straße, encyclopædia)."""
    pattern = ""
    for letter, same in groupby(letters):
        count = len(list(same))
        if letter == "s" and count > 1:
            pattern += f"{_written(letter)}{{{(count + 1) // 2},{count}}}"
        else:
            pattern += _written(letter) * count
    for two in ("ae", "oe"):
        apart = _written(two[0]) + _written(two[1])
        pattern = pattern.replace(apart, f"(?:{apart}|{_signs_for(two)})")
    return pattern


def _signs_for(letters: str) -> str:
    return _class(sign for sign, meant in _TWO_LETTERS.items() if meant == letters)


@lru_cache(maxsize=1 << 12)
def _written(letter: str) -> str:
    """The class of all that may come to be this letter, and of signs of which it may be a half."""
    kin = {letter, *_kin().get(letter, ())}
    halves = {sign for sign, meant in _TWO_LETTERS.items() if letter in meant}
    return _class({base for each in kin for base in _bases(each)} | kin | halves)


def _bases(letter: str) -> set[str]:
    """A letter with ever fewer of its marks, in front of it or behind."""
    apart = unicodedata.normalize("NFD", letter)
    composed = {unicodedata.normalize("NFC", apart[:upto]) for upto in range(1, len(apart) + 1)}
    return {
        base for base in {*composed, without_marks(unicodedata.normalize("NFKD", letter))} if len(base) == 1
    }


@lru_cache(maxsize=1)
def _kin() -> dict[str, set[str]]:
    """For each letter those that even out to it."""
    found: dict[str, set[str]] = {}
    for char, kind in _kinds().items():
        if kind not in (_ODD, _MARK):
            found.setdefault(kind, set()).add(char)
    return found


@lru_cache(maxsize=1)
def _kinds() -> dict[str, str]:
    """What letters of the plane even out to, of those that neither stand for themselves nor part words."""
    skipped = {code for codes in (*_BY_THEMSELVES, _SURROGATES) for code in codes}
    kinds = {chr(code): _evened(chr(code)) for code in range(_END_OF_PLANE) if code not in skipped}
    return {char: kind for char, kind in kinds.items() if kind != _SIGN and char not in _TWO_LETTERS}


def _evened(char: str) -> str:
    """The letter without case and accent, or what it is instead of one."""
    code = ord(char)
    if code >= _END_OF_PLANE:
        return _SIGN if code in _EMOJI else _ODD
    if any(code in letters for letters in _BY_THEMSELVES):
        return char
    if char in APOSTROPHES:
        return "'"
    if char in _QUOTES:
        return '"'
    if code in _JAMO or code in _SURROGATES:
        return _ODD
    if unicodedata.category(char) in ("Mn", "Mc", "Me", "Cf"):
        return _ODD if any(map(str.isalnum, fold(char))) else _MARK  # a iota below counts as one beside
    return _alone(char) if char.isalnum() else _SIGN


def _alone(letter: str) -> str:
    evened = bare(fold(letter))
    if len(evened) != 1 or bare(fold(evened)) != evened or ord(evened) >= _END_OF_PLANE:
        return _ODD
    # A mark with a letter's shape, as half-width Japanese has, is odd as well.
    return evened if evened == letter or _evened(evened) not in (_ODD, _MARK, _SIGN) else _ODD


def _class(letters: Iterable[str], ranges: Iterable[range] = ()) -> str:
    """Letters, and ranges of code points, as a class."""
    spans = [(ord(letter), ord(letter)) for letter in letters]
    spans += [(each.start, each.stop - 1) for each in ranges]
    joined: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return "[" + "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in joined) + "]"
