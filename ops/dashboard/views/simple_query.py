"""PURE. A query as three lists of words (any of them, all of them, none of them), and back where it has that form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from worker.errors import BadQuery
from worker.match import parse_query, print_query
from worker.match.entities import Catalogue
from worker.match.nodes import And, Exact, Named, Node, Not, Or, Phrase, Word, all_of, any_of

List = Literal["any", "all", "none"]
LISTS: tuple[List, ...] = ("any", "all", "none")
_LEAVES = Word | Phrase | Exact | Named


@dataclass(frozen=True, slots=True)
class Simple:
    """Words, phrases and @names, one a line: one of `any`, everything of `all`, nothing of `none`."""

    any: str = ""
    all: str = ""
    none: str = ""

    def of(self, which: List) -> str:
        """One of the lists, as it was written."""
        return {"any": self.any, "all": self.all, "none": self.none}[which]


@dataclass(frozen=True, slots=True)
class Unusable:
    """What is wrong with which list: the line and why."""

    wrong: Mapping[List, str]


def as_query(simple: Simple, known: Catalogue) -> str | Unusable:
    """The query that the lists say; several words on a line are a phrase."""
    wrong: dict[List, str] = {}
    found: dict[List, list[Node]] = {}
    for which in LISTS:
        try:
            found[which] = [_term(line, known) for line in _lines(simple.of(which))]
        except BadQuery as bad:
            wrong[which] = bad.cause
    if not wrong and not found["any"] and not found["all"]:
        wrong["any"] = "at least one word is needed, here or in the list below"
    if wrong:
        return Unusable(wrong)
    either = [any_of(found["any"])] if found["any"] else []
    return print_query(all_of([*either, *found["all"], *map(Not, found["none"])]))


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(line for each in text.splitlines() if (line := each.strip())))


def _term(line: str, known: Catalogue) -> Node:
    """A line as one term: as it is written where that is one, else as a phrase."""
    try:
        node = parse_query(line, known)
    except BadQuery:
        if line[0] in "@=":
            raise
        node = None
    if isinstance(node, _LEAVES):
        return node
    return parse_query('"' + "".join(char for char in line if char not in '"“”„‟«»') + '"', known)


def as_lists(query: str, known: Catalogue) -> Simple | None:
    """The lists that say the query; None where it says more than lists can."""
    try:
        node = parse_query(query, known)
    except BadQuery:
        return Simple() if not query.strip() else None
    parts: Sequence[Node] = node.parts if isinstance(node, And) else (node,)
    either = [part for part in parts if isinstance(part, Or)]
    nots = [part.node for part in parts if isinstance(part, Not)]
    rest = [part for part in parts if not isinstance(part, Or | Not)]
    choice: Sequence[Node] = either[0].parts if either else ()
    if len(either) > 1 or not all(isinstance(part, _LEAVES) for part in (*choice, *nots, *rest)):
        return None
    if not either and len(rest) == 1:
        choice, rest = rest, []
    return Simple(_written(choice), _written(rest), _written(nots))


def _written(nodes: Iterable[Node]) -> str:
    """One a line; a plain phrase needs no quotes there."""
    return "\n".join(
        " ".join(word.text for word in node.words)
        if isinstance(node, Phrase) and not node.slop and not any(word.prefix for word in node.words)
        else print_query(node)
        for node in nodes
    )
