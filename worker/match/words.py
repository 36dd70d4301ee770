"""A written word and everything it answers to.

*Ukrainanya* answers to ``ukrainanya`` and, without its clitic, to ``ukraina``; *L’Église* to ``l'église``,
``église`` and, without accents, to ``l'eglise`` and ``eglise``. A query's word is found where one of the
keys is its folded self.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from worker.match.fold import bare, fold, plain
from worker.match.languages import languages


class Case(Enum):
    """How the capitals of a word lie; NONE where the script has no capitals."""

    LOWER = "lower"
    TITLE = "Title"
    UPPER = "UPPER"
    MIXED = "McMixed"
    INNER = "iMixed"
    NONE = "none"

    @property
    def has_capital(self) -> bool:
        """Whether the word begins as a name does, as far as its script can tell."""
        return self not in (Case.LOWER, Case.INNER)


@dataclass(frozen=True, slots=True)
class Word:
    """The keys a written word answers to, each with the case of the letters it stands for."""

    keys: Mapping[str, Case]
    case: Case


@dataclass(frozen=True, slots=True)
class _Attachments:
    """The clitics of all languages together."""

    before: Mapping[str, int]
    after: Mapping[str, int]
    after_at_home: Mapping[str, tuple[int, frozenset[str]]]
    elided: frozenset[str]
    apostrophised: frozenset[str]
    hyphenated: frozenset[str]
    words: frozenset[str]
    longest: int


@lru_cache(maxsize=1)
def _attachments() -> _Attachments:
    all_clitics = [language.clitics for language in languages().values()]
    before = {fold(text): clitics.shortest for clitics in all_clitics for text in clitics.before}
    after = {fold(text): clitics.shortest for clitics in all_clitics for text in clitics.after}
    at_home = {
        fold(text): (clitics.shortest, clitics.home)
        for clitics in all_clitics
        for text in clitics.after_at_home
    }
    return _Attachments(
        before=before,
        after=after,
        after_at_home=at_home,
        elided=frozenset(fold(text) for clitics in all_clitics for text in clitics.elided),
        apostrophised=frozenset(fold(text) for clitics in all_clitics for text in clitics.apostrophised),
        hyphenated=frozenset(fold(text) for clitics in all_clitics for text in clitics.hyphenated),
        words=frozenset(fold(text) for clitics in all_clitics for text in clitics.words),
        longest=max(map(len, [*before, *after, *at_home]), default=0),
    )


def hangs_after_hyphen(written: str) -> bool:
    """Whether a part after a hyphen belongs to the word before it (Ukraina-lah)."""
    return fold(written) in _attachments().hyphenated


# The longest words of any language are shorter; a hostile text's must not be remembered.
_MEMORABLE = 64


def word(written: str, language: str | None = None) -> Word:
    """What a written word answers to in a text of this language (None: not known)."""
    return _remembered(written, language) if len(written) <= _MEMORABLE else _word(written, language)


# Distinct words of a news archive level off around this order; a word takes some 500 bytes.
@lru_cache(maxsize=1 << 16)
def _remembered(written: str, language: str | None) -> Word:
    return _word(written, language)


def _word(written: str, language: str | None) -> Word:
    folded, seen = fold(written), plain(written)
    case = case_of(seen)
    keys: dict[str, Case] = {}
    for start, end in _readings(folded, language):
        # Where folding changed the length (ß, ligatures) the whole word's case is the best there is.
        part_case = case_of(seen[start:end]) if len(seen) == len(folded) else case
        key = folded[start:end]
        keys.setdefault(key, part_case)
        keys.setdefault(bare(key), part_case)
    return Word(keys, case)


def case_of(text: str) -> Case:
    """How the capitals lie in these letters."""
    capitals = [_is_capital(char) for char in text if _has_case(char)]
    if not capitals:
        return Case.NONE
    if all(capitals):
        return Case.UPPER
    if not any(capitals):
        return Case.LOWER
    if not capitals[0]:
        return Case.INNER
    return Case.MIXED if any(capitals[1:]) else Case.TITLE


def _has_case(char: str) -> bool:
    # Georgian letters are formally lower case, but nobody writes Georgian names with capitals.
    return (char.isupper() or char.islower() or char.istitle()) and not "ა" <= char <= "ჿ"


def _is_capital(char: str) -> bool:
    return char.isupper() or char.istitle()


def _readings(folded: str, language: str | None) -> Iterator[tuple[int, int]]:
    """The slices of a folded word that it answers to: whole, then without what hangs on it."""
    yield 0, len(folded)
    hung = _attachments()
    if folded in hung.words:
        return
    start, end = _between_apostrophes(folded, hung)
    if (start, end) != (0, len(folded)):
        yield start, end
    if folded[start:end] in hung.words:
        return
    for length in range(1, min(hung.longest, end - start - 1) + 1):
        if _hangs_after(folded[start:end], length, language, hung):
            yield start, end - length
        if end - start - length >= hung.before.get(folded[start : start + length], end):
            yield start + length, end


def _between_apostrophes(folded: str, hung: _Attachments) -> tuple[int, int]:
    """The word without an elided little word before it and an ending after it: d'Ukraine, NATO'nun."""
    start, end = 0, len(folded)
    head, apostrophe, rest = folded.partition("'")
    if apostrophe and rest and head in hung.elided:
        start = len(head) + 1
    body, apostrophe, tail = folded[start:].rpartition("'")
    if apostrophe and body and tail in hung.apostrophised:
        end = start + len(body)
    return start, end


def _hangs_after(text: str, length: int, language: str | None, hung: _Attachments) -> bool:
    clitic, left = text[-length:], len(text) - length
    if left >= hung.after.get(clitic, len(text)):
        return True
    shortest, home = hung.after_at_home.get(clitic, (len(text), frozenset()))
    return left >= shortest and (language is None or language in home)
