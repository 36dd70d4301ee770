"""PURE. What each term of a query brings: in how many of the articles found it stands, and how many only it brings.

A term is a word, phrase, exact text, entity or a whole NEAR that the query wants to find. What it excludes and its
filters bring nothing, but they have their say in whether an article would still be found without the term.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from worker.match import Explained, TopicIndex, explain, parse_query, print_query
from worker.match.entities import Catalogue
from worker.match.nodes import And, AtLeast, Filter, Node, Not, Or, Scoped
from worker.model import Article, Field, Topic, TopicId


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
        self._query = query
        self._known = known
        self._index = TopicIndex(known)
        self._numbers: dict[str, int] = {}
        self._wanted: dict[int, str] = {}
        self._filters: dict[str, int] = {}
        self._found: Counter[int] = Counter()
        self._alone: Counter[int] = Counter()
        self._tree = self._read(parse_query(query, known), None, wanted=True)

    def count(self, article: Article) -> None:
        """Takes in an article that the query finds."""
        here = {int(match.topic) for match in self._index.match(article)} | self._filters_that_hold(article)
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
                text = print_query(node)
                number = self._filters[text] = self._number(text)
                return _Atom(number)
            case _:
                return self._term(print_query(node if field is None else Scoped(field, node)), wanted)

    def _enough(self, count: int, parts: tuple[Node, ...], field: Field | None, wanted: bool) -> _Tree:
        return _Enough(count, tuple(self._read(part, field, wanted=wanted) for part in parts))

    def _term(self, text: str, wanted: bool) -> _Atom:
        new = text not in self._numbers
        number = self._number(text)
        if new:
            self._index.add(Topic(TopicId(number), "", text))
        if wanted:
            self._wanted.setdefault(number, text)
        return _Atom(number)

    def _number(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))

    def _filters_that_hold(self, article: Article) -> set[int]:
        """A filter alone is no topic, so it is asked as a part of the whole."""
        if not self._filters:
            return set()
        parts = _parts(explain(self._query, article, self._known))
        return {self._filters[part.query] for part in parts if part.holds and part.query in self._filters}


def _parts(whole: Explained) -> Iterator[Explained]:
    yield whole
    for part in whole.parts:
        yield from _parts(part)


def _holds(tree: _Tree, here: set[int]) -> bool:
    match tree:
        case _Atom(number):
            return number in here
        case _Unless(part):
            return not _holds(part, here)
        case _Enough(count, parts):
            return sum(_holds(part, here) for part in parts) >= count
