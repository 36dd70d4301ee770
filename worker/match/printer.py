"""Write a query's tree in its one canonical way: reading it again gives an equal tree."""

from __future__ import annotations

import re
from itertools import pairwise

from worker.match.cut import pieces
from worker.match.nodes import And, AtLeast, Exact, Filter, Named, Near, Node, Not, Or, Phrase, Scoped, Word
from worker.match.scripts import is_character

# How tightly each form binds; a looser part stands in parentheses.
_OR, _AND, _NEAR, _UNARY, _PRIMARY = range(5)
_OPERATORS = frozenset({"OR", "AND", "NOT", "NEAR", "ONEAR"})
_BARE_VALUE = re.compile(r"[^\s(),\"“”„‟«»*=@-][^\s(),\"“”„‟«»]*")


def print_query(node: Node) -> str:
    """The canonical text of a query; `parse_query` of it equals the tree (columns aside)."""
    return _text(node)[0]


def _text(node: Node) -> tuple[str, int]:
    match node:
        case Word():
            return _word(node), _PRIMARY
        case Phrase(words, slop):
            return _phrase(words, slop), _PRIMARY
        case Exact(text):
            return f"={_quoted(text)}", _PRIMARY
        case Named(key):
            return f"@{key}", _PRIMARY
        case Filter():
            return _filter(node), _UNARY
        case Scoped(field, inner):
            return f"{field}:{_bound(inner, _PRIMARY)}", _UNARY
        case Not(inner):
            return f"NOT {_bound(inner, _UNARY)}", _UNARY
        case Near():
            return _near(node), _NEAR
        case And(parts):
            return " AND ".join(_bound(part, _NEAR) for part in parts), _AND
        case Or(parts):
            return " OR ".join(_bound(part, _AND) for part in parts), _OR
        case AtLeast(count, parts):
            return f"atleast/{count}({', '.join(_bound(part, _OR) for part in parts)})", _PRIMARY


def _bound(node: Node, tightness: int) -> str:
    text, binds = _text(node)
    return text if binds >= tightness else f"({text})"


def _word(word: Word) -> str:
    text = f"{word.text}*" if word.prefix else word.text
    return f'"{text}"' if text in _OPERATORS else text


def _phrase(words: tuple[Word, ...], slop: int) -> str:
    """The words with blanks between them, but none between letters of scripts that write none."""
    text = words[0].text
    for before, after in pairwise(words):
        star = "*" if before.prefix else ""
        text += (
            star + ("" if not star and _are_written_together(before.text, after.text) else " ") + after.text
        )
    return f'"{text}{"*" if words[-1].prefix else ""}"' + (f"~{slop}" if slop else "")


def _are_written_together(before: str, after: str) -> bool:
    """Letters of Han or Thai, unless the second would become a sign upon the first."""
    return is_character(before) and is_character(after) and len(list(pieces(before + after))) > 1


def _filter(node: Filter) -> str:
    bare = _BARE_VALUE.fullmatch(node.value) and not node.value.endswith("*")
    return f"{node.field}:{node.value if bare else _quoted(node.value)}{'*' if node.prefix else ''}"


def _quoted(text: str) -> str:
    return f"«{text}»" if '"' in text else f'"{text}"'


def _near(node: Near) -> str:
    text = _bound(node.first, _UNARY)
    for link in node.links:
        operator = "ONEAR" if link.ordered else "NEAR"
        text += f" {operator}/{link.distance} {_bound(link.operand, _UNARY)}"
    return text
