"""The same answers the slow, plain way: the query's tree walked as it stands, every position tried.

Nothing here is quick or shared with the plan and the index but the words themselves; a property test holds
the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from worker.match.compile import compile_query, entities_of
from worker.match.evaluate import in_order
from worker.match.fold import fold
from worker.match.namebook import NameBook
from worker.match.nodes import (
    And,
    AtLeast,
    Exact,
    Filter,
    Leaf,
    Named,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Scoped,
    Word,
)
from worker.match.reading import Reading
from worker.match.text import Span
from worker.model import Article, Field, Hit

_Marked = tuple[Span, frozenset[Span]]


def naive_match(query: Node, article: Article) -> tuple[Hit, ...] | None:
    """The hits of a query in an article as `evaluate` gives them, or None where it does not match."""
    reading = Reading(article, NameBook(keys=entities_of(compile_query(query))))
    found = _holds(query, reading, ("title", "body"), wanted=True)
    return None if found is None else in_order(found)


def _holds(node: Node, reading: Reading, fields: Sequence[Field], wanted: bool) -> set[Hit] | None:
    """Hits where the node is as wanted (true, or false under a negation), else None."""
    match node:
        case Not(inner):
            return _holds(inner, reading, fields, not wanted)
        case Scoped(field, inner):
            return _holds(inner, reading, [field], wanted)
        case Filter():
            return set() if reading.says(node) is wanted else None
        case And(parts):
            return _some(parts, reading, fields, wanted, len(parts) if wanted else 1)
        case Or(parts):
            return _some(parts, reading, fields, wanted, 1 if wanted else len(parts))
        case AtLeast(count, parts):
            return _some(parts, reading, fields, wanted, count if wanted else len(parts) - count + 1)
        case _:
            hits = {
                Hit(field, span.start, span.end, reading.fields[field].written[span.start : span.end])
                for field in fields
                for _, marked in _occurrences(node, reading, field)
                for span in marked
            }
            return (hits or None) if wanted else (None if hits else set())


def _some(
    parts: Sequence[Node], reading: Reading, fields: Sequence[Field], wanted: bool, count: int
) -> set[Hit] | None:
    held = [found for part in parts if (found := _holds(part, reading, fields, wanted)) is not None]
    return set().union(*held) if len(held) >= count else None


def _occurrences(node: Node, reading: Reading, field: Field) -> list[_Marked]:
    """Each occurrence as the stretch it reaches over and the spans to be marked in it."""
    match node:
        case Near():
            return _chain(node, reading, field)
        case Or(parts):
            return [found for part in parts for found in _occurrences(part, reading, field)]
        case Word() | Phrase() | Exact() | Named():
            return [(span, frozenset({span})) for span in _leaf(node, reading, field)]
        case _:
            raise TypeError(f"{type(node).__name__} has no place in a text")


def _leaf(leaf: Leaf, reading: Reading, field: Field) -> list[Span]:
    text = reading.fields[field]
    match leaf:
        case Named(key):
            return list(reading.entity(key, field))
        case Exact(wanted):
            return reading.verbatim(field).occurrences(wanted)
        case Word():
            return [
                text.span(at, at)
                for at in range(len(text))
                if _answers(leaf, text.word(at).keys) and text.is_whole(at, at, leaf.prefix)
            ]
        case Phrase(words, slop):
            windows = _windows(words, slop, [set(text.word(at).keys) for at in range(len(text))])
            return [
                text.span(first, last)
                for first, last in windows
                if text.is_whole(first, last, words[-1].prefix)
            ]


def _answers(word: Word, keys: Iterable[str]) -> bool:
    wanted = fold(word.text)
    return any(key.startswith(wanted) if word.prefix else key == wanted for key in keys)


def _windows(words: Sequence[Word], slop: int, keys: list[set[str]]) -> list[tuple[int, int]]:
    """Every choice of positions in order, kept where no other choice lies inside it."""
    all_windows = {
        (first, last)
        for first in range(len(keys))
        for last in range(first + len(words) - 1, min(len(keys), first + len(words) + slop))
        if any(
            all(_answers(word, keys[at]) for word, at in zip(words, (first, *inner, last), strict=True))
            for inner in combinations(range(first + 1, last), len(words) - 2)
        )
    }
    return [one for one in all_windows if not any(_inside(other, one) for other in all_windows)]


def _inside(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return inner != outer and outer[0] <= inner[0] and inner[1] <= outer[1]


def _chain(node: Near, reading: Reading, field: Field) -> list[_Marked]:
    found = _occurrences(node.first, reading, field)
    for link in node.links:
        others = _occurrences(link.operand, reading, field)
        found = [
            (_cover(left, right), marked | more)
            for left, marked in found
            for right, more in others
            if _near(left, right, link.distance, link.ordered)
        ]
    return found


def _near(left: Span, right: Span, distance: int, ordered: bool) -> bool:
    after = 0 <= right.first - left.last - 1 <= distance
    before = 0 <= left.first - right.last - 1 <= distance
    return after or (before and not ordered)


def _cover(left: Span, right: Span) -> Span:
    return Span(
        min(left.first, right.first),
        max(left.last, right.last),
        min(left.start, right.start),
        max(left.end, right.end),
    )
