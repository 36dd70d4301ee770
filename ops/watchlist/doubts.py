"""What a query says that can be used, and can be proved not to be meant: parts that can never match, and languages
that nothing is written in. Only what is certain is told; a doubt never keeps a query from being used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from ops.watchlist.languages import LANGUAGES, MEANT, is_language
from ops.watchlist.words import did_you_mean, visible
from worker.match import print_query
from worker.match.nodes import And, AtLeast, Filter, Leaf, Near, Node, Not, Or, Scoped
from worker.model import Field


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is doubtful about a query, at which column (1-based, code points)."""

    column: int
    problem: str

    def __str__(self) -> str:
        return f"column {self.column}: {self.problem}"


_Fact = tuple[Field | None, Leaf | Near]
"""A term, and the field that it has to be in; None for any."""


def doubts(query: Node) -> list[Doubt]:
    """Everything doubtful, by column."""
    return sorted({*_languages(query), *_contradictions(query)}, key=lambda doubt: doubt.column)


def _languages(node: Node) -> Iterator[Doubt]:
    for inner in _all(node):
        if isinstance(inner, Filter) and inner.field == "lang" and not inner.prefix:
            code = inner.value.lower()
            if not is_language(code):
                yield Doubt(
                    inner.column, f"no language has the code '{visible(inner.value)}'{language_hint(code)}"
                )


def language_hint(code: str) -> str:
    """` (did you mean "uk"?)` behind the code of no language, or nothing where no code is near."""
    return f' (did you mean "{MEANT[code]}"?)' if code in MEANT else did_you_mean(code, sorted(LANGUAGES))


def _contradictions(query: Node) -> Iterator[Doubt]:
    for node in _all(query):
        if isinstance(node, And):
            yield from _excluded(node)
            yield from _two_languages(node)


def _excluded(node: And) -> Iterator[Doubt]:
    """A term that has to be there, beside the same term as one that may not be."""
    wanted = {fact for part in node.parts for fact in _demanded(part, None)}
    for part in node.parts:
        if isinstance(part, Not):
            for field, term in _enough(part.node, None):
                if any(term == other and field in (None, where) for where, other in wanted):
                    problem = f"'{_shown(node)}' can never match: {_shown(term)} is both wanted and excluded"
                    yield Doubt(part.column, problem)


def _two_languages(node: And) -> Iterator[Doubt]:
    """An article has one language."""
    codes = [part for part in node.parts if isinstance(part, Filter) and part.field == "lang"]
    for one, other in combinations(codes, 2):
        if not (_covers(one, other) or _covers(other, one)):
            values = f"'{one.value}' and '{other.value}'"
            told = f"'{_shown(node)}' can never match: no article is in {visible(values)}"
            yield Doubt(
                other.column, f"{told}; write lang:{visible(one.value)},{visible(other.value)} for either"
            )


def _covers(one: Filter, other: Filter) -> bool:
    """Whether the articles in one language may be in the other: "pt" has "pt-br" in it."""
    wide, narrow = one.value.lower(), other.value.lower()
    return narrow.startswith(wide) if one.prefix else narrow == wide or narrow.startswith(f"{wide}-")


def _demanded(node: Node, field: Field | None) -> Iterator[_Fact]:
    """Terms without which the part does not hold."""
    match node:
        case And(parts):
            for part in parts:
                yield from _demanded(part, field)
        case AtLeast(count, parts) if count == len(parts):
            for part in parts:
                yield from _demanded(part, field)
        case Scoped(inner_field, inner):
            yield from _demanded(inner, inner_field)
        case Or() | AtLeast() | Not() | Filter():
            return
        case _:
            yield field, node


def _enough(node: Node, field: Field | None) -> Iterator[_Fact]:
    """Terms of which each alone makes the part hold."""
    match node:
        case Or(parts) | AtLeast(1, parts):
            for part in parts:
                yield from _enough(part, field)
        case Scoped(inner_field, inner):
            yield from _enough(inner, inner_field)
        case And() | AtLeast() | Not() | Filter():
            return
        case _:
            yield field, node


def _all(node: Node) -> Iterator[Node]:
    yield node
    match node:
        case Not(inner) | Scoped(_, inner):
            yield from _all(inner)
        case And(parts) | Or(parts) | AtLeast(_, parts):
            for part in parts:
                yield from _all(part)
        case _:
            return


def _shown(node: Node) -> str:
    text = visible(print_query(node))
    return text if len(text) <= 60 else f"{text[:59]}…"
