"""Find every entity of the packs in an article, in one pass over its words.

A name needs its capitals where its script has them, an acronym needs capitals throughout: *nato* (Italian:
born), *who*, *us* and *as* stay silent. In a line all in capitals case says nothing; there a short acronym
counts only when the article names the entity elsewhere too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from worker.match.entities import Entity, Name, NameClass, entities
from worker.match.fold import bare, fold
from worker.match.languages import forms
from worker.match.text import FieldText, Span, pieces
from worker.match.words import Case, case_of
from worker.model import Field

Found = Mapping[str, Sequence[Span]]

# Nato and Unesco are read as the acronym, Eu and Un are not: short ones are words of too many languages.
_TITLED_LETTERS = 4
# In a shouted line PBB and USA speak for themselves; US, AS and UN are shouted words too.
_TELLING_LETTERS = 3


class _Proof(Enum):
    """How well an occurrence stands on its own."""

    SURE = "sure"
    IF_NAMED_ELSEWHERE = "if named elsewhere"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One name ready to be compared: per word the keys that answer, and the case it is written in."""

    entity: str
    kind: NameClass
    words: tuple[frozenset[str], ...]
    cases: tuple[Case, ...]
    letters: int
    word_in: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Book:
    """The names of all entities by the keys of their first word, and the same for their stop contexts."""

    names: Mapping[str, Sequence[_Pattern]]
    stops: Mapping[str, Sequence[_Pattern]]


@lru_cache(maxsize=1)
def _book() -> _Book:
    known = entities().values()
    names = [_pattern(entity, name) for entity in known for name in entity.names]
    stops = [_pattern(entity, Name(text, "", "any")) for entity in known for text in entity.stop]
    return _Book(_by_first_word(names), _by_first_word(stops))


def _pattern(entity: Entity, name: Name) -> _Pattern:
    written = [piece.written for piece in pieces(name.text)]
    return _Pattern(
        entity=entity.key,
        kind=name.kind,
        words=tuple(_answering(word, name) for word in written),
        cases=tuple(map(case_of, written)),
        letters=sum(map(len, written)),
        word_in=entity.also_words.get(name.text, frozenset()),
    )


def _answering(written: str, name: Name) -> frozenset[str]:
    """The keys of one word of a name: its forms, each with and without accents."""
    spellings = {written} if name.kind == "acronym" else forms(written, name.language)
    folded = {fold(spelling) for spelling in spellings}
    return frozenset(folded | {bare(key) for key in folded})


def _by_first_word(patterns: Iterable[_Pattern]) -> dict[str, list[_Pattern]]:
    book: dict[str, list[_Pattern]] = {}
    for pattern in patterns:
        for key in pattern.words[0]:
            book.setdefault(key, []).append(pattern)
    return book


def find_names(fields: Sequence[FieldText], language: str | None) -> dict[Field, Found]:
    """For each field the entities in it with their occurrences, ascending, none inside another."""
    seen = {field.name: list(_occurrences(field, language)) for field in fields}
    sure = {entity for found in seen.values() for entity, _, proof in found if proof is _Proof.SURE}
    return {name: _gathered((e, span) for e, span, _ in found if e in sure) for name, found in seen.items()}


def _occurrences(field: FieldText, language: str | None) -> Iterator[tuple[str, Span, _Proof]]:
    stops: Found | None = None
    for position, word in enumerate(field.words):
        for key in word.keys:
            for pattern in _book().names.get(key, ()):
                proof = _proof(pattern, field, position, language)
                if proof is _Proof.NONE:
                    continue
                span = field.span(position, position + len(pattern.words) - 1)
                stops = _stops(field) if stops is None else stops
                if not any(
                    stop.first <= span.first and span.last <= stop.last
                    for stop in stops.get(pattern.entity, ())
                ):
                    yield pattern.entity, span, proof


def _proof(pattern: _Pattern, field: FieldText, position: int, language: str | None) -> _Proof:
    cases = _cases(pattern, field, position)
    if cases is None:
        return _Proof.NONE
    if pattern.kind == "any":
        return _Proof.SURE
    if pattern.kind == "name":
        return _Proof.SURE if _has_capitals(pattern, cases) else _Proof.NONE
    if all(case in (written, Case.NONE) for case, written in zip(cases, pattern.cases, strict=True)):
        return _proof_of_capitals(pattern, field, position, language)
    titled = cases == [Case.TITLE] and pattern.letters >= _TITLED_LETTERS
    is_word = language in pattern.word_in and field.opens_sentence(position)
    return _Proof.SURE if titled and not is_word else _Proof.NONE


def _proof_of_capitals(pattern: _Pattern, field: FieldText, position: int, language: str | None) -> _Proof:
    telling = pattern.letters >= _TELLING_LETTERS and language not in pattern.word_in
    return _Proof.SURE if telling or not field.is_shouting(position) else _Proof.IF_NAMED_ELSEWHERE


def _cases(pattern: _Pattern, field: FieldText, position: int) -> list[Case] | None:
    """The case of each word where the pattern's words stand at this position, else None."""
    if position + len(pattern.words) > len(field.words):
        return None
    cases = []
    for offset, keys in enumerate(pattern.words):
        answers = [case for key, case in field.words[position + offset].keys.items() if key in keys]
        if not answers:
            return None
        cases.append(answers[0])
    return cases


def _has_capitals(pattern: _Pattern, cases: list[Case]) -> bool:
    """Whether every word that the pack writes with a capital has one here (Nations *u*nies may have none)."""
    pairs = zip(cases, pattern.cases, strict=True)
    return all(case.has_capital or not written.has_capital for case, written in pairs)


def _stops(field: FieldText) -> Found:
    found = [
        (pattern.entity, field.span(position, position + len(pattern.words) - 1))
        for position, word in enumerate(field.words)
        for key in word.keys
        for pattern in _book().stops.get(key, ())
        if _cases(pattern, field, position) is not None
    ]
    return _gathered(found)


def _gathered(found: Iterable[tuple[str, Span]]) -> Found:
    """The spans of each entity, the longest where they lie within one another."""
    by_entity: dict[str, set[Span]] = {}
    for entity, span in found:
        by_entity.setdefault(entity, set()).add(span)
    return {entity: _outermost(spans) for entity, spans in by_entity.items()}


def _outermost(spans: set[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.first, -span.last)):
        if not kept or span.last > kept[-1].last:
            kept.append(span)
    return kept
