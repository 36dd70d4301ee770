"""Turn a query's tree into a plan: negations pushed down to the terms, keys folded, fields at each term.

In a plan a negation stands only before a term or a filter (`Lacks`), so every other term is positive and its
occurrences are hits. `cover` names the cheapest keys of which at least one must be in an article that
matches.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from worker.match import nodes
from worker.match.fold import fold
from worker.match.reading import exact_parts
from worker.match.scripts import is_character
from worker.model import Field

FIELDS: tuple[Field, ...] = get_args(Field)


@dataclass(frozen=True, slots=True)
class Step:
    """One word of a term: a key that must be answered to, or with `prefix` the beginning of one."""

    key: str
    prefix: bool


@dataclass(frozen=True, slots=True)
class Words:
    """Words in order with at most `slop` others between them in all."""

    steps: tuple[Step, ...]
    slop: int


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A text that must stand just so between word borders."""

    text: str


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity under any of its names."""

    key: str


@dataclass(frozen=True, slots=True)
class Either:
    """Any of several terms, in the place of one (operands of NEAR)."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """The next operand of a chain, and how far it may be from what is joined so far."""

    term: Term
    distance: int
    ordered: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """Terms near one another, joined from left to right."""

    first: Term
    links: tuple[Link, ...]


Term = Words | Verbatim | Entity | Either | Chain


@dataclass(frozen=True, slots=True)
class Seek:
    """A term and the fields it may be in."""

    term: Term
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Lacks:
    """True where the term or filter is not there."""

    part: Seek | nodes.Filter


@dataclass(frozen=True, slots=True)
class Every:
    """All parts."""

    parts: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class Enough:
    """At least `count` of the parts; one is OR."""

    count: int
    parts: tuple[Plan, ...]


Plan = Seek | nodes.Filter | Lacks | Every | Enough
Cost = Callable[[str], float]


def compile_query(node: nodes.Node, fields: tuple[Field, ...] = FIELDS) -> Plan:
    """The plan of a query's tree."""
    return _plan(node, fields, wanted=True)


def _plan(node: nodes.Node, fields: tuple[Field, ...], wanted: bool) -> Plan:
    match node:
        case nodes.Not(inner):
            return _plan(inner, fields, not wanted)
        case nodes.Scoped(field, inner):
            return _plan(inner, (field,), wanted)
        case nodes.And(parts):
            return _joined(parts, fields, wanted, count=len(parts))
        case nodes.Or(parts):
            return _joined(parts, fields, wanted, count=1)
        case nodes.AtLeast(count, parts):
            return _joined(parts, fields, wanted, count)
        case nodes.Filter():
            return node if wanted else Lacks(node)
        case _:
            sought = Seek(term_of(node), fields)
            return sought if wanted else Lacks(sought)


def _joined(parts: tuple[nodes.Node, ...], fields: tuple[Field, ...], wanted: bool, count: int) -> Plan:
    """De Morgan for any threshold: not (k of n) is (n - k + 1 of n) not."""
    plans = tuple(_plan(part, fields, wanted) for part in parts)
    needed = count if wanted else len(parts) - count + 1
    return Every(plans) if needed == len(plans) else Enough(needed, plans)


def term_of(node: nodes.Node) -> Term:
    """The term of a leaf or of what may stand beside NEAR."""
    match node:
        case nodes.Word():
            return Words((_step(node),), 0)
        case nodes.Phrase(words, slop):
            return Words(tuple(map(_step, words)), slop)
        case nodes.Exact(text):
            return Verbatim(text)
        case nodes.Named(key):
            return Entity(key)
        case nodes.Or(parts):
            return Either(tuple(map(term_of, parts)))
        case nodes.Near(first, links):
            return Chain(
                term_of(first), tuple(Link(term_of(k.operand), k.distance, k.ordered) for k in links)
            )
        case _:
            raise TypeError(f"{type(node).__name__} has no place in a text")


def _step(word: nodes.Word) -> Step:
    # A single letter of Han or Thai is a token of its own: nothing longer can begin with it.
    return Step(fold(word.text), word.prefix and not is_character(word.text))


# -- what an article must hold ---------------------------------------------------------------------------


def cover(plan: Plan, cost: Cost) -> frozenset[str] | None:
    """The cheapest anchors of which at least one is in every article that matches; None if none need be.

    Anchors are keys; `=part` stands for a part of an exact term, `@key` for an entity, `begin*` for a prefix.
    """
    match plan:
        case Seek(term):
            return anchors(term, cost)
        case Every(parts):
            return _cheapest([cover(part, cost) for part in parts], cost)
        case Enough(count, parts):
            return _of_enough([cover(part, cost) for part in parts], count, cost)
        case _:
            return None


def anchors(term: Term, cost: Cost) -> frozenset[str]:
    """The cheapest anchors of one term."""
    match term:
        case Words(steps):
            return frozenset({min((f"{step.key}*" if step.prefix else step.key for step in steps), key=cost)})
        case Verbatim(text):
            return frozenset({min((f"={part}" for part in exact_parts(text)), key=cost)})
        case Entity(key):
            return frozenset({f"@{key}"})
        case Either(terms):
            return frozenset().union(*(anchors(one, cost) for one in terms))
        case Chain(first, links):
            return (
                _cheapest([anchors(one, cost) for one in (first, *(link.term for link in links))], cost)
                or frozenset()
            )


def _cheapest(covers: list[frozenset[str] | None], cost: Cost) -> frozenset[str] | None:
    return min(
        (found for found in covers if found is not None), key=lambda found: _price(found, cost), default=None
    )


def _of_enough(covers: list[frozenset[str] | None], count: int, cost: Cost) -> frozenset[str] | None:
    """Of n parts k must hold, so one of any n - k + 1 holds: the cheapest of those that have anchors."""
    known = sorted((found for found in covers if found is not None), key=lambda found: _price(found, cost))
    needed = len(covers) - count + 1
    return frozenset().union(*known[:needed]) if len(known) >= needed else None


def _price(found: frozenset[str], cost: Cost) -> float:
    return sum(map(cost, found))


_SIGIL = re.compile(r"^[=@]|\*$")


def cost_by_length(anchor: str) -> float:
    """How many articles an anchor is likely to bring, guessed from its length: the longer the rarer (Zipf).

    An entity is as rare as a word of eight letters, a prefix ten times as common as the word.
    """
    if anchor.startswith("@"):
        return 2.0**-8
    length = len(_SIGIL.sub("", anchor))
    return float(2.0 ** -min(length, 16)) * (10.0 if anchor.endswith("*") else 1.0)
