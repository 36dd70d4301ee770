"""What a query says, as a tree of frozen values.

Every node carries the 1-based column (code points) where it began in the query; columns take no part
in comparisons, so a query printed canonically and read again gives an equal tree.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from worker.model import Field

FilterField = Literal["lang", "source", "author", "url", "tag"]

# Each column is spelt out: what a function of ours returned, mypyc would take for the number itself.
#
# A topic brings some nine nodes of the kinds whose `__init__` is written out. mypy alone keeps these frozen, but for
# the column, whose field it takes for its value: what dataclass makes to keep them so at runtime takes 0.7 µs a node,
# in machine code too, and this 0.04.


@dataclass(init=False, unsafe_hash=True, slots=True)
class Word:
    """One whole word, or with `prefix` every word that begins so; `text` as the user wrote it."""

    text: Final[str]
    prefix: Final[bool]
    column: int = dataclasses.field(compare=False, repr=False, kw_only=True)

    def __init__(self, text: str, prefix: bool = False, *, column: int = 1) -> None:
        self.text, self.prefix, self.column = text, prefix, column


@dataclass(init=False, unsafe_hash=True, slots=True)
class Phrase:
    """At least two words in this order, with at most `slop` other words between them in all."""

    words: Final[tuple[Word, ...]]
    slop: Final[int]
    column: int = dataclasses.field(compare=False, repr=False, kw_only=True)

    def __init__(self, words: tuple[Word, ...], slop: int = 0, *, column: int = 1) -> None:
        self.words, self.slop, self.column = words, slop, column


@dataclass(frozen=True, slots=True)
class Exact:
    """Letters, case, accents and symbols just so, between word borders."""

    text: str
    column: int = dataclasses.field(default=1, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Named:
    """An entity under all its names in all languages; `key` is the name of its pack entry."""

    key: str
    column: int = dataclasses.field(default=1, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Filter:
    """A fact about the article rather than a word in it; `column` is where the value begins, `field_column` where
    the field's name does."""

    field: FilterField
    value: str
    prefix: bool = False
    column: int = dataclasses.field(default=1, compare=False, repr=False, kw_only=True)
    field_column: int = dataclasses.field(default=1, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Scoped:
    """A part that looks only at the title, or only at the body."""

    field: Field
    node: Node
    column: int = dataclasses.field(default=1, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Link:
    """One NEAR in a chain: the operand on its right, and how many words may stand between."""

    operand: Node
    distance: int
    ordered: bool


@dataclass(frozen=True, slots=True)
class Near:
    """Terms close to one another, joined from left to right; a joined pair reaches over both."""

    first: Node
    links: tuple[Link, ...]
    column: int = dataclasses.field(default=1, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Not:
    """True where the part is false."""

    node: Node
    column: int = dataclasses.field(default=1, compare=False, repr=False, kw_only=True)


@dataclass(init=False, unsafe_hash=True, slots=True)
class And:
    """All parts (two or more, none of them an And)."""

    parts: Final[tuple[Node, ...]]
    column: int = dataclasses.field(compare=False, repr=False, kw_only=True)

    def __init__(self, parts: tuple[Node, ...], *, column: int = 1) -> None:
        self.parts, self.column = parts, column


@dataclass(init=False, unsafe_hash=True, slots=True)
class Or:
    """Any part (two or more, none of them an Or)."""

    parts: Final[tuple[Node, ...]]
    column: int = dataclasses.field(compare=False, repr=False, kw_only=True)

    def __init__(self, parts: tuple[Node, ...], *, column: int = 1) -> None:
        self.parts, self.column = parts, column


@dataclass(frozen=True, slots=True)
class AtLeast:
    """`count` of the parts or more."""

    count: int
    parts: tuple[Node, ...]
    column: int = dataclasses.field(default=1, compare=False, repr=False, kw_only=True)


Leaf = Word | Phrase | Exact | Named
Node = Leaf | Filter | Scoped | Near | Not | And | Or | AtLeast


def begins(node: Node) -> int:
    """The column where all of a part begins: of a filter its field."""
    return node.field_column if isinstance(node, Filter) else node.column


def all_of(parts: Iterable[Node]) -> Node:
    """The parts joined by AND, flat; a single part stays itself."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat), column=begins(flat[0]))


def any_of(parts: Iterable[Node]) -> Node:
    """The parts joined by OR, flat; a single part stays itself."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat), column=begins(flat[0]))


def chain(first: Node, link: Link) -> Near:
    """The operands joined by NEAR from left to right, flat on the left side."""
    if isinstance(first, Near):
        return Near(first.first, (*first.links, link), column=first.column)
    return Near(first, (link,), column=first.column)
