"""What a query must be beyond its grammar: NEAR joins what has a place, every branch names something."""

from __future__ import annotations

from worker.errors import BadQuery
from worker.match.nodes import (
    And,
    AtLeast,
    Exact,
    Filter,
    Named,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Scoped,
    Word,
    begins,
)


def require_near_operand(node: Node) -> None:
    """Raises BadQuery unless the node has places in the text that a distance can be measured between."""
    match node:
        case Word() | Phrase() | Exact() | Named() | Near():
            return
        case Or(parts):
            for part in parts:
                require_near_operand(part)
        case Scoped(field):
            raise BadQuery(node.column, f"'{field}:' cannot stand beside NEAR", f"write {field}:(a NEAR b)")
        case Filter(field):
            raise BadQuery(
                node.field_column, f"'{field}:' cannot stand beside NEAR", "write it outside, with AND"
            )
        case And() | Not() | AtLeast():
            name = {And: "AND", Not: "NOT", AtLeast: "atleast"}[type(node)]
            hint = "join words, phrases, entities, OR of these, or another NEAR"
            raise BadQuery(node.column, f"{name} cannot stand beside NEAR", hint)


def require_positive(query: Node) -> None:
    """Raises BadQuery where a branch could be true without any word being there."""
    empty = _branch_without_term(query, wanted=True)
    if empty is not None:
        raise BadQuery(begins(empty), "needs at least one positive term", "add a word that must be there")


def _branch_without_term(node: Node, wanted: bool) -> Node | None:
    """The part that holds (or, where not wanted, fails) with no term found; None if there is no such part."""
    match node:
        case Word() | Phrase() | Exact() | Named() | Near():
            return None if wanted else node
        case Filter():
            return node
        case Not(inner):
            empty = _branch_without_term(inner, not wanted)
            return node if empty is inner else empty
        case Scoped(_, inner):
            return _branch_without_term(inner, wanted)
        case And(parts) | Or(parts):
            needed = len(parts) if isinstance(node, And) is wanted else 1
            return _too_many(node, parts, needed, wanted)
        case AtLeast(count, parts):
            needed = count if wanted else len(parts) - count + 1
            return _too_many(node, parts, needed, wanted)


def _too_many(node: Node, parts: tuple[Node, ...], needed: int, wanted: bool) -> Node | None:
    """The culprit when `needed` parts, enough to decide the node, can all do without a term."""
    empty = [found for part in parts if (found := _branch_without_term(part, wanted)) is not None]
    if len(empty) < needed:
        return None
    return empty[0] if needed == 1 and len(parts) > 1 else node
