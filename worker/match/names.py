"""Find the entities that are asked for in an article, by the words their names begin with.

A name needs its capitals where its script has them, an acronym needs capitals throughout: *nato* (Italian:
born), *who*, *us* and *as* stay silent. In a line all in capitals case says nothing; there a short acronym
counts only when the article names the entity elsewhere too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Final

from worker.match.namebook import TITLED_LETTERS, Home, NameBook, Pattern
from worker.match.text import FieldText, Span
from worker.match.words import Case
from worker.model import Field

Found = Mapping[str, Sequence[Span]]
Tongue = Callable[[], str | None]

# In a shouted line PBB and USA speak for themselves; US, AS and UN are shouted words too.
_TELLING_LETTERS: Final = 3


class _Proof(Enum):
    """How well an occurrence stands on its own."""

    SURE = "sure"
    IF_NAMED_ELSEWHERE = "if named elsewhere"
    NONE = "none"


def find_names(book: NameBook, fields: Sequence[FieldText], tongue: Tongue) -> dict[Field, Found]:
    """For each field the entities in it with their occurrences, ascending, none inside another. `tongue` tells
    the article's language, and is asked only where that makes a difference."""
    seen = {field.name: list(_occurrences(book, field, tongue)) for field in fields}
    sure = {entity for found in seen.values() for entity, _, proof in found if proof is _Proof.SURE}
    return {name: _gathered((e, span) for e, span, _ in found if e in sure) for name, found in seen.items()}


def _occurrences(book: NameBook, field: FieldText, tongue: Tongue) -> Iterator[tuple[str, Span, _Proof]]:
    stops: Found | None = None
    for pattern, position in _begun(book.names, field):
        proof = _proof(pattern, field, position, tongue)
        if proof is _Proof.NONE:
            continue
        span = field.span(position, position + len(pattern.words) - 1)
        stops = _stops(book, field, tongue) if stops is None else stops
        if not any(
            stop.first <= span.first and span.last <= stop.last for stop in stops.get(pattern.entity, ())
        ):
            yield pattern.entity, span, proof


def _begun(book: Mapping[str, Sequence[Pattern]], field: FieldText) -> Iterator[tuple[Pattern, int]]:
    """Every pattern whose first word stands in the field, and where."""
    keys = field.keys
    for key in book.keys() & keys:
        # Of the names that begin with "new" or "the", hardly any has its other words in the text as well.
        possible = [pattern for pattern in book[key] if not any(map(keys.isdisjoint, pattern.words[1:]))]
        if possible:
            for position in field.places[key]:
                for pattern in possible:
                    yield pattern, position


def _proof(pattern: Pattern, field: FieldText, position: int, tongue: Tongue) -> _Proof:
    answers = _answers(pattern, field, position, tongue)
    if answers is None or not field.is_whole(position, position + len(pattern.words) - 1):
        return _Proof.NONE
    if pattern.not_in and tongue() in pattern.not_in.get(" ".join(key for key, _ in answers), ()):
        return _Proof.NONE
    cases = [case for _, case in answers]
    if pattern.kind == "any":
        return _Proof.SURE
    if pattern.kind == "name":
        named = _has_capitals(pattern, cases) and not _opens_as_word(pattern, field, position, tongue)
        return _Proof.SURE if named else _Proof.NONE
    if all(case in (written, Case.NONE) for case, written in zip(cases, pattern.cases, strict=True)):
        return _proof_of_capitals(pattern, field, position, tongue)
    if cases == [Case.TITLE]:
        is_word = pattern.letters < TITLED_LETTERS or _opens_as_word(pattern, field, position, tongue)
        return _Proof.NONE if is_word else _Proof.SURE
    # NATOs: capitals as far as the acronym goes, then the ending.
    begins = cases == [Case.MIXED] and field.at(position)[: pattern.letters].isupper()
    return _Proof.SURE if begins else _Proof.NONE


def _opens_as_word(pattern: Pattern, field: FieldText, position: int, tongue: Tongue) -> bool:
    """Whether the name may be an ordinary word here that has its capital from the beginning of a sentence."""
    return bool(pattern.word_in) and field.opens_sentence(position) and tongue() in pattern.word_in


def _proof_of_capitals(pattern: Pattern, field: FieldText, position: int, tongue: Tongue) -> _Proof:
    if not field.is_shouting(position):
        return _Proof.SURE
    spoken = tongue()
    # Where the pack lists the languages in which a short acronym is a word, it is none in the others: EU-GIPFEL.
    listed = bool(pattern.word_in) and spoken is not None
    is_word = spoken in pattern.word_in if listed else pattern.letters < _TELLING_LETTERS
    return _Proof.IF_NAMED_ELSEWHERE if is_word else _Proof.SURE


def _answers(
    pattern: Pattern, field: FieldText, position: int, tongue: Tongue
) -> list[tuple[str, Case]] | None:
    """Where the pattern's words stand at this position, the key that each answers to and its case; else None.

    A text may leave accents out, but not add some: Slovak *Ruská* (Russian) is no form of *Rusko*, genitive *Ruska*.
    """
    if position + len(pattern.words) > len(field):
        return None
    answers = []
    for offset, homes in enumerate(pattern.words):
        for key, case in field.word(position + offset).spelled.items():
            if key in homes and _is_home(homes[key], tongue):
                answers.append((key, case))
                break
        else:
            return None
    return answers


def _is_home(home: Home, tongue: Tongue) -> bool:
    return home is None or (spoken := tongue()) is None or spoken in home


def _has_capitals(pattern: Pattern, cases: list[Case]) -> bool:
    """Whether every word that the pack writes with a capital has one here (Nations *u*nies may have none)."""
    pairs = zip(cases, pattern.cases, strict=True)
    return all(case.has_capital or not written.has_capital for case, written in pairs)


def _stops(book: NameBook, field: FieldText, tongue: Tongue) -> Found:
    return _gathered(
        (pattern.entity, field.span(position, position + len(pattern.words) - 1))
        for pattern, position in _begun(book.stops, field)
        if _answers(pattern, field, position, tongue) is not None
    )


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
