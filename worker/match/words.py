"""A written word and everything it answers to.

*Ukrainanya* answers to ``ukrainanya`` and, without its clitic, to ``ukraina``; *L’Église* to ``l'église``,
``église`` and, without accents, to ``l'eglise`` and ``eglise``. A query's word is found where one of the
keys is its folded self.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple

from worker.match.fold import bare, both_layers, fold, is_itself, plain
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
    """The keys a written word answers to, each with the case of the letters it stands for; `spelled` are those
    that keep its accents."""

    keys: Mapping[str, Case]
    spelled: Mapping[str, Case]
    case: Case


@dataclass(frozen=True, slots=True)
class _Attachments:
    """The clitics of all languages together; `first` are the letters that any of them begins with, `tails` the two that
    it ends with, or the one that it is."""

    before: Mapping[str, int]
    after: Mapping[str, int]
    after_at_home: Mapping[str, tuple[int, frozenset[str]]]
    elided: frozenset[str]
    apostrophised: frozenset[str]
    hyphenated: frozenset[str]
    words: frozenset[str]
    longest: int
    first: frozenset[str]
    tails: frozenset[str]


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
        first=frozenset(text[0] for text in before),
        tails=frozenset(text[-2:] for text in [*after, *at_home]),
    )


def written_on_words() -> tuple[frozenset[str], frozenset[str]]:
    """What languages write on words without a sign between: before them, and after them; folded."""
    hung = _attachments()
    return frozenset(hung.before), frozenset({*hung.after, *hung.after_at_home})


def hangs_after_hyphen(written: str) -> bool:
    """Whether a part after a hyphen belongs to the word before it (Ukraina-lah)."""
    return fold(written) in hyphenated()


def hyphenated() -> frozenset[str]:
    """What hangs on words by a hyphen, folded."""
    return _attachments().hyphenated


MEMORABLE: Final = 64
"""Letters. The longest words of any language are shorter; a hostile text's must not be remembered."""


def word(written: str, language: str | None = None) -> Word:
    """What a written word answers to in a text of this language (None: not known)."""
    return _remembered(written, language) if len(written) <= MEMORABLE else _word(written, language)


# Asked only of words that may be a name; a word takes some 500 bytes.
@lru_cache(maxsize=1 << 14)
def _remembered(written: str, language: str | None) -> Word:
    return _word(written, language)


def _word(written: str, language: str | None) -> Word:
    folded, seen = fold(written), plain(written)
    case = case_of(seen)
    spelled: dict[str, Case] = {}
    for start, end in _readings(folded, language):
        # Where folding changed the length (ß, ligatures) the whole word's case is the best there is.
        part_case = case_of(seen[start:end]) if len(seen) == len(folded) else case
        spelled.setdefault(folded[start:end], part_case)
    keys = dict(spelled)
    for key, part_case in spelled.items():
        keys.setdefault(bare(key), part_case)
    return Word(keys, spelled, case)


# Words with a sign of a news archive level off at some ten thousands a language; one takes about 240 bytes here.
_MOST_REMEMBERED: Final = 1 << 15


class Vocabulary:
    """The keys of small-lettered words in texts of one language, each worked out once.

    Of words that answer to themselves alone no more is remembered than that.
    """

    def __init__(self, language: str | None) -> None:
        self._language = language
        self._keys: dict[str, tuple[str, ...]] = {}

    def manifold_among(self, tokens: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Those of the words that answer to more than themselves, or to something else, with their keys."""
        found, known, new = {}, self._keys, []
        for token in tokens:
            keys = known.get(token)
            if keys is None:
                new.append(token)
            elif keys:
                found[token] = keys
        if new:
            self._learn(new, found)
        return found

    def _learn(self, tokens: list[str], found: dict[str, tuple[str, ...]]) -> None:
        """Work out the keys of new words; those that are manifold are `found`."""
        if len(self._keys) + len(tokens) > _MOST_REMEMBERED:
            self._keys.clear()
        for token, keys in zip(tokens, _keys_of_each(tokens, self._language), strict=True):
            if len(token) <= MEMORABLE and len(self._keys) < _MOST_REMEMBERED:
                self._keys[token] = keys
            if keys:
                found[token] = keys


@lru_cache(maxsize=256)
def vocabulary(language: str | None) -> Vocabulary:
    """The vocabulary of a language's texts, shared by all of them in this process."""
    return Vocabulary(language)


def _keys_of_each(tokens: list[str], language: str | None) -> list[tuple[str, ...]]:
    """The keys of words in small letters, of each itself first if it is one; none where it is its own only key."""
    found, hung = list[tuple[str, ...]](), _attachments()
    for token, folded, bared in zip(tokens, *both_layers(tokens), strict=True):
        if "'" in folded or _may_carry(folded, hung):
            found.append(_keys_where_something_hangs(token, folded, language))
        elif folded == token:
            found.append(() if bared == folded else (token, bared))
        else:
            found.append((folded,) if bared == folded else (folded, bared))
    return found


def _keys_where_something_hangs(token: str, folded: str, language: str | None) -> tuple[str, ...]:
    spellings = [folded[start:end] for start, end in _readings(folded, language)]
    found = dict.fromkeys([*spellings, *map(bare, spellings)])
    keys = (token, *(key for key in found if key != token)) if token in found else tuple(found)
    return () if keys == (token,) else keys


class Signs(NamedTuple):
    """By what a word in small letters shows that it may answer to something besides itself: one of these letters
    anywhere, as its `first` or as its `last`, or as its end one of these two letters (`tails`)."""

    letters: frozenset[str]
    first: frozenset[str]
    last: frozenset[str]
    tails: frozenset[str]


@lru_cache(maxsize=1)
def signs() -> Signs:
    """What the words of any language show, letters within the Basic Multilingual Plane."""
    hung = _attachments()
    plane = filter(str.isalnum, map(chr, range(0x10000)))
    return Signs(
        frozenset("'").union(char for char in plane if not is_itself(char)),
        hung.first,
        frozenset(tail for tail in hung.tails if len(tail) == 1),
        frozenset(tail for tail in hung.tails if len(tail) > 1),
    )


def _may_carry(folded: str, hung: _Attachments) -> bool:
    """Whether the word begins or ends with letters that some clitic does."""
    return folded[0] in hung.first or _may_end(folded, hung)


def _may_end(text: str, hung: _Attachments) -> bool:
    return text[-2:] in hung.tails or text[-1:] in hung.tails


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


def _readings(folded: str, language: str | None) -> list[tuple[int, int]]:
    """The slices of a folded word that it answers to: whole, then without what hangs on it."""
    found, hung = [(0, len(folded))], _attachments()
    if folded in hung.words:
        return found
    start, end = _between_apostrophes(folded, hung) if "'" in folded else (0, len(folded))
    text = folded[start:end]
    if (start, end) != (0, len(folded)):
        found.append((start, end))
        if text in hung.words:
            return found
    starts, ends = text[:1] in hung.first, _may_end(text, hung)
    if starts or ends:
        for length in range(1, min(hung.longest, len(text) - 1) + 1):
            if ends and _hangs_after(text, length, language, hung):
                found.append((start, end - length))
            if starts and len(text) - length >= hung.before.get(text[:length], len(text)):
                found.append((start + length, end))
    return found


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
    shortest = hung.after.get(clitic)
    if shortest is not None and left >= shortest:
        return True
    at_home = hung.after_at_home.get(clitic)
    return at_home is not None and left >= at_home[0] and (language is None or language in at_home[1])
