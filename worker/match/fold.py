"""Two spellings that mean the same word become the same string.

Two layers, both Unicode NFKC and case-folded (UAX #15, UAX #21):

- `fold` keeps accents: *Pêche* → ``pêche``;
- `bare` takes them off in Latin and Greek scripts only: ``pêche`` → ``peche``; й, ї and ґ stay letters.

A word in a text answers to both, a word in a query stands for its folded self. So *peche* finds pêche and
*pêche* does not find peche.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from worker.match.scripts import is_character

APOSTROPHES: Final = "'’ʼ‘‛`´ʹ\u0374′＇ꞌ"
HYPHENS: Final = "-‐‑‒–—―−﹣－־"
_HEBREW_GERSHAYIM: Final = {'"': "״", "“": "״", "”": "״"}

# Format characters that leave no trace: soft hyphen, zero width, direction marks, word joiner, BOM.
INVISIBLE: Final = (
    "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff"
)
# Tatweel and Arabic signs that are formally letters but only carry or lengthen others.
UNSEEN_LETTERS: Final = "\u0640\u06e5\u06e6\ufcf2-\ufcf4\ufe70-\ufe7f"
# Arabic vowel signs; Hebrew points without the punctuation among them (maqaf, paseq, sof pasuq).
_UNWRITTEN: Final = "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
_POINTS: Final = "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"

_DROPPED: Final = re.compile(f"[{INVISIBLE}{UNSEEN_LETTERS}{_UNWRITTEN}{_POINTS}]+")
# Learners' stress marks (за́мок); ѓ and ќ are composed by then and stay.
_STRESS: Final = re.compile("(?<=[\u0400-\u052f])\u0301")
_UNIFIED_LETTERS: Final = {
    **dict.fromkeys(APOSTROPHES, "'"),
    **{"ё": "е", "ı": "i", "ς": "σ"},
    **dict.fromkeys("أإآٱ", "ا"),
    **{"ى": "ي", "ی": "ي", "ک": "ك"},
    # Romanian is still typed with the cedillas that Unicode 1 had for its commas.
    **{"ț": "ţ", "ș": "ş"},
}
_UNIFIED: Final = str.maketrans(_UNIFIED_LETTERS)
_TO_BE_UNIFIED: Final = re.compile(f"[{''.join(_UNIFIED_LETTERS)}]")
# The Thai and Lao letter am: compatibility forms split it, writers do not.
_SPLIT_BY_NFKC: Final = {"\u0e4d\u0e32": "\u0e33", "\u0ecd\u0eb2": "\u0eb3"}
_APOSTROPHES_ONLY: Final = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))
# ASCII, Cyrillic, Hebrew, Arabic, kana, Han and Hangul syllables carry no accent that could come off.
_UNACCENTED: Final = re.compile(
    "[0-9a-z'\u0430-\u045f\u0491\u05d0-\u05ea\u0621-\u063a\u0641-\u064a"
    "\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]*"
)
_LATIN_STROKES: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe"})


# Small letters of Latin, Greek, Cyrillic, Hebrew and Arabic and Hangul's syllables, which none of the steps below would
# touch, but for `_UNIFIED`; a new word of these takes 1 µs instead of 6.
_PLAIN_LETTERS: Final = (
    "0-9a-z'\u00e0-\u00f6\u00f8-\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e"
    "\u03ac-\u03af\u03b1-\u03ce\u0430-\u045f\u0491\u05d0-\u05ea\u0621-\u063a\u0641-\u064a\uac00-\ud7a3"
)
_PLAIN_WORD: Final = re.compile(f"[{_PLAIN_LETTERS}]+")
_PLAIN_WORDS: Final = re.compile(f"[{_PLAIN_LETTERS}\n]+")


def plain(written: str) -> str:
    """A word without what cannot be seen, one form per character, its case kept."""
    if written.isascii():
        return written.replace("`", "'")
    if _PLAIN_WORD.fullmatch(written.lower()):
        return unicodedata.normalize("NFKC", written)
    # Apostrophes first: NFKC makes a blank and an accent of ´.
    seen = _DROPPED.sub("", written).translate(_APOSTROPHES_ONLY)
    for quote, gershayim in _HEBREW_GERSHAYIM.items():
        seen = seen.replace(quote, gershayim)
    wide, narrow = unicodedata.normalize("NFKC", seen), unicodedata.normalize("NFC", seen)
    if wide != narrow and not _is_one_word(wide):
        wide = narrow
    for parts, am in _SPLIT_BY_NFKC.items():
        wide = wide.replace(parts, am)
    return _STRESS.sub("", _DROPPED.sub("", wide)).translate(_APOSTROPHES_ONLY)


def _is_one_word(text: str) -> bool:
    """Whether compatibility forms left a word whole: ½ would become 1⁄2, ﷺ a sentence and ໜ two letters."""
    if text[:1] in APOSTROPHES or (len(text) > 1 and any(map(is_character, text))):
        return False
    return all(char.isalnum() or char in "'״" or unicodedata.category(char)[0] == "M" for char in text)


def fold(written: str) -> str:
    """The word's exact layer: case, width and invisible characters gone, accents kept. Idempotent."""
    if written.isascii():
        return written.replace("`", "'").lower()
    small = written.lower()
    if len(small) == len(written) and _PLAIN_WORD.fullmatch(small):
        # Most words hold none of these; looking takes a tenth of translating.
        return small.translate(_UNIFIED) if _TO_BE_UNIFIED.search(small) else small
    return _folded(written)


def _folded(written: str) -> str:
    folded = _fold_once(plain(written))
    return folded if folded.isascii() else _fold_once(folded)


def _fold_once(text: str) -> str:
    cased = unicodedata.normalize("NFC", text.casefold()).replace("i\u0307", "i")
    return unicodedata.normalize("NFC", cased.translate(_UNIFIED))


def is_itself(letter: str) -> bool:
    """Whether a word of such small letters alone is folded and bare as it stands."""
    return bool(_PLAIN_WORD.fullmatch(letter)) and fold(letter) == letter == bare(letter)


def bare(folded: str) -> str:
    """A folded word without accents, where its script is Latin or Greek."""
    if _UNACCENTED.fullmatch(folded):
        return folded
    if _PLAIN_WORD.fullmatch(folded):
        return folded.translate(_plain_bare())
    return _bared(folded)


def both_layers(words: list[str]) -> tuple[list[str], list[str]]:
    """Words in small letters folded, and the same without accents, as `fold` and `bare` say of each. No word has a
    line's end in it."""
    lines = "\n".join(words)
    if not _PLAIN_WORDS.fullmatch(lines):
        folded = list(map(fold, words))
        return folded, list(map(bare, folded))
    # Replacing the few letters that occur takes a third of translating every one.
    letters = set(lines)
    folded_lines = _with(_UNIFIED_LETTERS, letters, lines)
    bared_lines = _with(_bare_letters(), letters.union(_UNIFIED_LETTERS.values()), folded_lines)
    return folded_lines.split("\n"), bared_lines.split("\n")


def _with(meant: dict[str, str], letters: set[str], text: str) -> str:
    for letter in letters.intersection(meant):
        text = text.replace(letter, meant[letter])
    return text


@lru_cache(maxsize=1)
def _bare_letters() -> dict[str, str]:
    """What becomes of each letter of a plain word: they stand for themselves, so none need be taken apart again."""
    letters = filter(_PLAIN_WORD.fullmatch, map(chr, range(0x700)))
    return {letter: bared for letter in letters if (bared := _bared(letter)) != letter}


@lru_cache(maxsize=1)
def _plain_bare() -> dict[int, str]:
    return str.maketrans(_bare_letters())


def _bared(folded: str) -> str:
    kept: list[str] = []
    base_folds = False
    for char in unicodedata.normalize("NFD", folded):
        if not unicodedata.combining(char):
            base_folds = char < "\u0400"
        elif base_folds:
            continue
        kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_LATIN_STROKES)


def loose(text: str) -> str:
    """A name for comparison as a person would compare it: folded, blanks as one, no accents."""
    return bare(fold(" ".join(text.split())))
