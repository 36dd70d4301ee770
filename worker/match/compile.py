"""Turn a query's tree into a plan: negations pushed down to the terms, keys folded, fields at each term.

In a plan a negation stands only before a term or a filter (`Lacks`), so every other term is positive and its
occurrences are hits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple, get_args

from worker.match import nodes
from worker.match.fold import fold
from worker.match.scripts import is_character
from worker.model import Field

FIELDS: Final[tuple[Field, ...]] = get_args(Field)


# As among the nodes, those that a topic brings many of have an `__init__` written out.


@dataclass(init=False, unsafe_hash=True, slots=True)
class Single:
    """One whole word: a key that must be answered to."""

    key: Final[str]

    def __init__(self, key: str) -> None:
        self.key = key


class Step(NamedTuple):
    """One word of a term: a key that must be answered to, or with `prefix` the beginning of one."""

    key: str
    prefix: bool


@dataclass(init=False, unsafe_hash=True, slots=True)
class Words:
    """Words in order with at most `slop` others between them in all. `open_end`: in a script without blanks the
    last letter may go on to a longer word."""

    steps: Final[tuple[Step, ...]]
    slop: Final[int]
    open_end: Final[bool]

    def __init__(self, steps: tuple[Step, ...], slop: int, open_end: bool = False) -> None:
        self.steps, self.slop, self.open_end = steps, slop, open_end


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


Term = Single | Words | Verbatim | Entity | Either | Chain


@dataclass(init=False, unsafe_hash=True, slots=True)
class Seek:
    """A term and the fields it may be in. An article that holds it has a word for every key of `needs`."""

    term: Final[Term]
    fields: Final[tuple[Field, ...]]
    needs: Final[tuple[str, ...]]

    def __init__(self, term: Term, fields: tuple[Field, ...], needs: tuple[str, ...]) -> None:
        self.term, self.fields, self.needs = term, fields, needs


@dataclass(frozen=True, slots=True)
class Lacks:
    """True where the term or filter is not there."""

    part: Seek | nodes.Filter


@dataclass(init=False, unsafe_hash=True, slots=True)
class Every:
    """All parts; an article that holds them has a word for every key of `needs`."""

    parts: Final[tuple[Plan, ...]]
    needs: Final[tuple[str, ...]]

    def __init__(self, parts: tuple[Plan, ...], needs: tuple[str, ...]) -> None:
        self.parts, self.needs = parts, needs


@dataclass(init=False, unsafe_hash=True, slots=True)
class Enough:
    """At least `count` of the parts; one is OR.

    `told` are those parts that need a certain word, by that word: of a long OR most are not in an article, and one
    look at the words they need spares asking them. `silent` are the others.
    """

    count: Final[int]
    told: Final[Mapping[str, tuple[Plan, ...]]]
    silent: Final[tuple[Plan, ...]]

    def __init__(self, count: int, told: Mapping[str, tuple[Plan, ...]], silent: tuple[Plan, ...]) -> None:
        self.count, self.told, self.silent = count, told, silent

    @property
    def parts(self) -> tuple[Plan, ...]:
        """All of them."""
        return (*chain.from_iterable(self.told.values()), *self.silent)


Plan = Seek | nodes.Filter | Lacks | Every | Enough
_NEEDY: Final = (Seek, Every)


def compile_query(node: nodes.Node, fields: tuple[Field, ...] = FIELDS) -> Plan:
    """The plan of a query's tree."""
    return _plan(node, fields, wanted=True)


def _plan(node: nodes.Node, fields: tuple[Field, ...], wanted: bool) -> Plan:
    match node:
        case nodes.Word() | nodes.Phrase():  # most nodes are
            sought = seek_of(node, fields)
            return sought if wanted else Lacks(sought)
        case nodes.Or():
            return _joined(node.parts, fields, wanted, count=1)
        case nodes.And():
            return _joined(node.parts, fields, wanted, count=len(node.parts))
        case nodes.Not():
            return _plan(node.node, fields, not wanted)
        case nodes.Scoped():
            return _plan(node.node, (node.field,), wanted)
        case nodes.AtLeast():
            return _joined(node.parts, fields, wanted, node.count)
        case nodes.Filter():
            return node if wanted else Lacks(node)
        case _:
            sought = seek_of(node, fields)
            return sought if wanted else Lacks(sought)


def _joined(parts: tuple[nodes.Node, ...], fields: tuple[Field, ...], wanted: bool, count: int) -> Plan:
    """De Morgan for any threshold: not (k of n) is (n - k + 1 of n) not."""
    plans = tuple(_plan(part, fields, wanted) for part in parts)
    needed = count if wanted else len(parts) - count + 1
    return every(plans) if needed == len(plans) else enough(needed, plans)


def every(plans: tuple[Plan, ...]) -> Every:
    """All of the plans."""
    return Every(plans, tuple([key for plan in plans if isinstance(plan, _NEEDY) for key in plan.needs]))


def enough(count: int, plans: Iterable[Plan]) -> Enough:
    """At least `count` of the plans."""
    told: dict[str, tuple[Plan, ...]] = {}
    silent: list[Plan] = []
    for plan in plans:
        if isinstance(plan, Seek) and plan.needs:
            # The longest of its words is likely to be the rarest.
            word = max(plan.needs, key=len) if len(plan.needs) > 1 else plan.needs[0]
            told[word] = (*told[word], plan) if word in told else (plan,)
        else:
            silent.append(plan)
    return Enough(count, told, tuple(silent))


def seek_of(node: nodes.Node, fields: tuple[Field, ...]) -> Seek:
    """A leaf, or a chain of NEAR, to be looked for in these fields."""
    if isinstance(node, nodes.Word) and not node.prefix:
        key = fold(node.text)
        return Seek(Single(key), fields, (key,))
    term = term_of(node)
    return Seek(term, fields, _needs(term))


def _needs(term: Term) -> tuple[str, ...]:
    match term:
        case Single():
            return (term.key,)
        case Words():
            return tuple([step.key for step in term.steps if not step.prefix])
        case Chain():
            return _needs(term.first) + tuple([key for link in term.links for key in _needs(link.term)])
        case _:
            return ()


def term_of(node: nodes.Node) -> Term:
    """The term of a leaf or of what may stand beside NEAR."""
    match node:
        case nodes.Word():
            return Words((_step(node),), 0, True) if node.prefix else Single(fold(node.text))
        case nodes.Phrase():
            return Words(tuple([_step(word) for word in node.words]), node.slop, node.words[-1].prefix)
        case nodes.Exact():
            return Verbatim(node.text)
        case nodes.Named():
            return Entity(node.key)
        case nodes.Or():
            return Either(tuple([term_of(part) for part in node.parts]))
        case nodes.Near():
            links = [Link(term_of(link.operand), link.distance, link.ordered) for link in node.links]
            return Chain(term_of(node.first), tuple(links))
        case _:
            raise TypeError(f"{type(node).__name__} has no place in a text")


def _step(word: nodes.Word) -> Step:
    # A single letter of Han or Thai is a token of its own: nothing longer can begin with it.
    return Step(fold(word.text), word.prefix and not is_character(word.text))


def entities_of(plan: Plan) -> frozenset[str]:
    """The keys of the entities that a plan asks for."""
    match plan:
        case Seek(term):
            return _entities_in(term)
        case Lacks(part):
            return entities_of(part)
        case Every() | Enough():
            return frozenset().union(*map(entities_of, plan.parts))
        case _:
            return frozenset()


def _entities_in(term: Term) -> frozenset[str]:
    match term:
        case Entity(key):
            return frozenset({key})
        case Either(terms):
            return frozenset().union(*map(_entities_in, terms))
        case Chain(first, links):
            return frozenset().union(_entities_in(first), *(_entities_in(link.term) for link in links))
        case _:
            return frozenset()
