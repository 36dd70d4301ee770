"""A word in whatever letters it may be written, as a pattern for RE2: any case and width, with accents or without.

RE2 (https://github.com/google/re2/wiki/Syntax) goes through a text once, however many words it looks for. A pattern
may find more than the matcher, never less: marks are left out on both sides, and a text with *odd* letters, which
cannot be told from others one by one (ligatures, parts of syllables, letters beyond the plane), may hold anything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from worker.match.cut import joins
from worker.match.fold import APOSTROPHES, bare, fold
from worker.match.scripts import is_character
from worker.match.words import written_on_words

_TWO_LETTERS = {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe"}
_QUOTES = '"“”״'
_SURROGATES = range(0xD800, 0xE000)
_JAMO = range(0x1100, 0x1200)
# Han and Hangul, which stand for themselves; asking about each of them takes a second.
_BY_THEMSELVES = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xAC00, 0xD7A4))
_EMOJI = range(0x1F000, 0x1FC00)
# Latin, Greek, Cyrillic: a word ends where its letters do, but for what `written_on_words` says.
_SPACED = (range(0x30, 0x250), range(0x370, 0x530), range(0x1E00, 0x2000))
_LONGEST_HUNG = 12
"""Letters of what hangs on a word by an apostrophe: lorsqu', 'lerinden."""
_END_OF_PLANE = 0x10000
_END = 0x110000

_ODD, _MARK, _SIGN = "odd", "mark", ""
"""What letters may be instead of a letter. A sign parts words."""


class Sought(NamedTuple):
    """A key that a word in a text must answer to, or with `open_end` one that begins so; with `capital` only where
    that word has one."""

    key: str
    capital: bool = False
    open_end: bool = False


def any_writing(sought: Sought) -> str | None:
    """The pattern for a word. None where it has an odd letter, which finds it already; "" where it has no letter to
    look for."""
    kinds = [kind for char in sought.key for kind in _kinds_within(char) if kind != _MARK]
    if _ODD in kinds:
        return None
    if not kinds or _SIGN in kinds:
        return ""
    pattern = _in_a_row(kinds)
    # Where ß may stand for two letters the case of a part is that of the whole word.
    if sought.capital and sought.key[0].islower() and "ss" not in "".join(kinds):
        return pattern.replace(_written(kinds[0]), _capital(kinds[0]), 1)
    return pattern


@lru_cache(maxsize=1 << 12)
def _kinds_within(char: str) -> tuple[str, ...]:
    """What the letters are that a letter counts as."""
    letters = _TWO_LETTERS.get(char)
    if letters is None:
        letters = bare(fold(char)) or char if _evened(char) == _ODD else char
    return tuple(map(_evened, letters))


def stands_alone(key: str) -> bool:
    """Whether a word is of a script that parts words, so that it is none in the middle of a longer one."""
    return key[0] in _solid() and key[-1] in _solid()


def standing_alone(whole: Collection[str], beginnings: Collection[str]) -> str:
    """The pattern for words that have no further letter before or behind them, but what languages write on words;
    and for beginnings, with none before them. All are patterns themselves."""
    no_letter = "[^" + _class(_solid())[1:]
    words = [f"(?:{'|'.join(whole)})(?:{_behind()})?(?:{no_letter}|$)"] if whole else []
    return f"(?:^|{no_letter})(?:{'|'.join([*words, *beginnings])})"


def side_by_side(words: Collection[str], *, open_end: bool) -> str:
    """The pattern for words that stand alone one behind the other, and of which the last may go on with `open_end`.
    Between two of them may be what languages hang on words by an apostrophe, at the first (NATO'nun) and at the second
    (l'Ukraine); two other words that are as short may be as well."""
    letter, no_letter = _class(_solid()), "[^" + _class(_solid())[1:]
    hung = f"(?:{_behind()})?"
    between = f"{hung}{no_letter}+(?:{letter}{{1,{_LONGEST_HUNG}}}{no_letter}+){{0,2}}"
    return f"(?:^|{no_letter}){between.join(words)}" + ("" if open_end else f"{hung}(?:{no_letter}|$)")


@lru_cache(maxsize=1)
def _behind() -> str:
    """What is written on the end of words by their own script's letters."""
    hung = sorted(filter(stands_alone, written_on_words()[1]))
    return "|".join(pattern for each in hung if (pattern := any_writing(Sought(each))))


@lru_cache(maxsize=1)
def _solid() -> frozenset[str]:
    """Letters and digits beside which no other word begins or ends."""
    before = {letter for hung in written_on_words()[0] for letter in hung}
    spaced = (chr(code) for codes in _SPACED for code in codes)
    letters = (
        char for char in spaced if char in _TWO_LETTERS or _kinds().get(char, _ODD) not in (_ODD, _MARK)
    )
    return frozenset(char for char in letters if char.isalnum()) - {*APOSTROPHES, *before}


@lru_cache(maxsize=1)
def odd_letters() -> str:
    """The class of letters that may stand for any others."""
    beyond = (range(_END_OF_PLANE, _EMOJI.start), range(_EMOJI.stop, _END))
    return _class((char for char, kind in _kinds().items() if kind == _ODD), beyond)


@lru_cache(maxsize=1)
def marks() -> str:
    """The class of what is left out: accents, vowel signs, what is invisible."""
    return _class(_all_marks())


def without_marks(text: str) -> str:
    """The text as patterns expect it."""
    return _marks().sub("", text)


def without_joints(text: str) -> str:
    """The text without those marks that go with the letter before them, or join two; others part words."""
    return _joints().sub("", text)


@lru_cache(maxsize=1)
def _marks() -> re.Pattern[str]:
    return re.compile(f"[{''.join(_all_marks())}]+")


@lru_cache(maxsize=1)
def _joints() -> re.Pattern[str]:
    return re.compile(f"[{''.join(filter(joins, _all_marks()))}]+")


def _all_marks() -> Iterator[str]:
    return (char for char, kind in _kinds().items() if kind == _MARK)


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
    return _class(_kin_and_halves(letter))


def _kin_and_halves(letter: str) -> set[str]:
    kin = {letter, *_kin().get(letter, ())}
    halves = {sign for sign, meant in _TWO_LETTERS.items() if letter in meant}
    return {base for each in kin for base in _bases(each)} | kin | halves


@lru_cache(maxsize=1 << 12)
def _capital(letter: str) -> str:
    """The same without small letters."""
    kept = [char for char in _kin_and_halves(letter) if not unicodedata.normalize("NFKC", char).islower()]
    return _class(kept)


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
    # Kangxi radicals and circled kana are signs to Unicode, and letters to who reads them.
    return _alone(char) if char.isalnum() or is_character(char) else _SIGN


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
