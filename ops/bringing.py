"""PURE. What each term of a query brings: in how many of the articles found it stands, and how many only it brings.

A term is a word, phrase, exact text, entity or a whole NEAR that the query wants to find. What it excludes and its
filters bring nothing, but they have their say in whether an article would still be found without the term.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from worker.match import parse_query, print_query
from worker.match.compile import Plan, compile_query
from worker.match.entities import Catalogue
from worker.match.evaluate import hits_of
from worker.match.nodes import And, AtLeast, Filter, Node, Not, Or, Scoped
from worker.match.reading import Reading
from worker.model import Field


@dataclass(frozen=True, slots=True)
class Share:
    """What a term brings: `found` articles in which it stands, `alone` of them that would be lost without it."""

    term: str
    found: int
    alone: int


@dataclass(frozen=True, slots=True)
class _Atom:
    """Something that an article has or has not, by the number it is filed under."""

    number: int


@dataclass(frozen=True, slots=True)
class _Unless:
    """True where the part is false."""

    part: _Tree


@dataclass(frozen=True, slots=True)
class _Enough:
    """At least `count` of the parts."""

    count: int
    parts: tuple[_Tree, ...]


_Tree = _Atom | _Unless | _Enough


class Terms:
    """The terms of one query, counted over the articles that it finds. Raises BadQuery as `parse_query` does."""

    def __init__(self, query: str, known: Catalogue | None = None) -> None:
        self._numbers: dict[str, int] = {}
        self._plans: dict[int, Plan] = {}
        self._wanted: dict[int, str] = {}
        self._found: Counter[int] = Counter()
        self._alone: Counter[int] = Counter()
        self._tree = self._read(parse_query(query, known), None, wanted=True)

    def count(self, reading: Reading) -> None:
        """Takes in an article that the query finds, as it was read for the query."""
        here = {number for number, plan in self._plans.items() if hits_of(plan, reading) is not None}
        for number in here & self._wanted.keys():
            self._found[number] += 1
            self._alone[number] += not _holds(self._tree, here - {number})

    def shares(self) -> tuple[Share, ...]:
        """Every term, what brings most first, and in the order of the query where two bring as much."""
        shares = [Share(term, self._found[n], self._alone[n]) for n, term in self._wanted.items()]
        return tuple(sorted(shares, key=lambda share: (-share.found, -share.alone)))

    def _read(self, node: Node, field: Field | None, *, wanted: bool) -> _Tree:
        match node:
            case Not(inner):
                return _Unless(self._read(inner, field, wanted=not wanted))
            case Scoped(inner_field, inner):
                return self._read(inner, inner_field, wanted=wanted)
            case And(parts):
                return self._enough(len(parts), parts, field, wanted)
            case Or(parts):
                return self._enough(1, parts, field, wanted)
            case AtLeast(count, parts):
                return self._enough(count, parts, field, wanted)
            case Filter():
                return self._atom(node, wanted=False)
            case _:
                return self._atom(node if field is None else Scoped(field, node), wanted=wanted)

    def _enough(self, count: int, parts: tuple[Node, ...], field: Field | None, wanted: bool) -> _Tree:
        return _Enough(count, tuple(self._read(part, field, wanted=wanted) for part in parts))

    def _atom(self, node: Node, *, wanted: bool) -> _Atom:
        text = print_query(node)
        number = self._numbers.setdefault(text, len(self._numbers))
        self._plans.setdefault(number, compile_query(node))
        if wanted:
            self._wanted.setdefault(number, text)
        return _Atom(number)


def _holds(tree: _Tree, here: set[int]) -> bool:
    match tree:
        case _Atom(number):
            return number in here
        case _Unless(part):
            return not _holds(part, here)
        case _Enough(count, parts):
            return sum(_holds(part, here) for part in parts) >= count
