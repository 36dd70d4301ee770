"""Read a query: its text in, a tree of `worker.match.nodes` out, or a `BadQuery` that says where and why.

    or    := and (("OR" | "|") and)*       and := near (["AND" | "&"] near)*
    near  := unary (("NEAR" | "ONEAR")["/" n] unary)*
    unary := ("NOT" | "-") unary | field ":" (unary | list) | primary
    primary := "(" or ")" | "phrase"["~" n] | word["*"] | "=" word | "=" "phrase" | "@" entity
             | "atleast/" k "(" or ("," or)* ")"

One pass from left to right, no looking back: linear in the length of the query.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import Final, Literal, cast, get_args

from worker.errors import BadQuery
from worker.match.called import field_of
from worker.match.cursor import MAX_DEPTH, QUOTES, Cursor, number
from worker.match.entities import Catalogue, shipped
from worker.match.nodes import (
    And,
    AtLeast,
    Filter,
    FilterField,
    Link,
    Node,
    Not,
    Or,
    Phrase,
    Scoped,
    all_of,
    any_of,
    chain,
)
from worker.match.terms import entity, exact, filter_value, phrase, spelled_out, words
from worker.match.wholeness import require_near_operand, require_positive
from worker.model import Field

MAX_LENGTH: Final = 20_000
MAX_DISTANCE: Final = 100
_DEFAULT_DISTANCE: Final = 5

_FIELDS: Final[tuple[str, ...]] = (*get_args(Field), *get_args(FilterField))
_FIELD: Final = re.compile(r"([^\W\d_]+):")
_AT_LEAST: Final = re.compile(r"atleast/([0-9]*)\s*(\(?)")
_CLOSE: Final = "write ')' where it ends"
_DIGITS: Final = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class _Place:
    """Inside which field we are, and what a comma means there: a sign in a word, the next value of a list,
    or the next operand of atleast."""

    field: Field | None = None
    filter: FilterField | None = None
    filter_column: int = 0
    comma: Literal["sign", "list", "operand"] = "sign"


_ANYWHERE: Final = _Place()
_ENDS_AND: Final = ("or", "close", "end")


def parse_query(text: str, known: Catalogue | None = None) -> Node:
    """The tree of a query; `known` are the entities it may name, those that Pantau brings unless it is given.

    Raises BadQuery with the column (1-based, code points), the cause and a suggestion.
    """
    if len(text) > MAX_LENGTH:
        cause = f"the query has {len(text):,} characters, more than {MAX_LENGTH:,}"
        raise BadQuery(MAX_LENGTH + 1, cause, "split it into several topics")
    reader = _Reader(text, shipped() if known is None else known)
    node = reader.whole()
    if reader.may_be_empty:
        require_positive(node)
    return node


class _Reader(Cursor):
    """One method per level of the grammar."""

    def __init__(self, text: str, known: Catalogue) -> None:
        super().__init__(text)
        self._known, self._has_fields = known, ":" in text
        # Without a NOT and a filter every branch names something.
        self.may_be_empty = False

    def whole(self) -> Node:
        if self.ahead() == "end":
            raise BadQuery(1, "the query is empty", "write at least one word")
        node = self._or(_ANYWHERE)
        if self.next:
            raise BadQuery(self.column, f"'{self.next}' closes nothing", "remove it")
        return node

    def _or(self, place: _Place) -> Node:
        node = self._and(place)
        if self.ahead() != "or":
            return node
        parts = [node]
        while self.take_operator("or"):
            parts.append(self._and(place))
        return any_of(parts)

    def _and(self, place: _Place) -> Node:
        node = self._near(place)
        if not self._goes_on(place):
            return node
        parts = [node, self._near(place)]
        while self._goes_on(place):
            parts.append(self._near(place))
        return all_of(parts)

    def _goes_on(self, place: _Place) -> bool:
        """Whether another part of an AND follows; the AND itself is taken."""
        following = self.ahead()
        if following == "and":
            return self.take_operator("and") is not None
        return following not in _ENDS_AND and (following != "comma" or place.comma == "sign")

    def _closes(self, place: _Place) -> bool:
        following = self.ahead()
        return following in ("end", "close") or (following == "comma" and place.comma != "sign")

    def _near(self, place: _Place) -> Node:
        node = self._unary(place)
        while self.ahead() == "near":
            require_near_operand(node)
            column, written = self.column, self.take_operator("near") or ""
            distance = _distance(written, column)
            operand = self._unary(place)
            require_near_operand(operand)
            node = chain(node, Link(operand, distance, ordered=written[0] == "O"))
        return node

    def _unary(self, place: _Place) -> Node:
        following = self.ahead()
        if following in ("word", "phrase") and not place.filter and self.depth < MAX_DEPTH:
            self.count_leaf()
            column = self.column
            return spelled_out(self.take(), column)
        self._require_term(place)
        column = self.column
        self.enter(column)
        char = self.next
        if (following == "not" and self.take_operator("not")) or (char == "-" and self._take_minus(place)):
            self.may_be_empty = True
            node: Node = Not(self._unary(place), column=column)
        elif field := self._take_field(place):
            node = self._fielded(field, place, column)
        else:
            node = self._primary(place)
        self.leave()
        return node

    def _require_term(self, place: _Place) -> None:
        if self._closes(place):
            name, column = self.owed or (self.previous.strip() or "this", self.column)
            raise BadQuery(column, f"{name} needs a term after it")
        if self.ahead() in ("or", "and", "near"):
            name = self.take().partition("/")[0]
            raise BadQuery(
                self._looked + 1, f"{name} needs a term before it", f'quote it if you mean the word: "{name}"'
            )

    def _take_minus(self, place: _Place) -> bool:
        """A minus excludes when it stands after a blank or '(' and directly before something."""
        if self.next != "-":
            return False
        if self.previous.strip() not in ("", "("):
            if place.filter:
                return False
            raise BadQuery(self.column, "'-' excludes only after a blank or '('", "write NOT")
        following = self.text[self.at + 1 : self.at + 2]
        if not following.strip() or following == ")":
            raise BadQuery(
                self.column, "'-' needs a term directly after it", "write -word, or leave the sign out"
            )
        self.owed = ("-", self.column)
        return self.take_sign("-")

    def _primary(self, place: _Place) -> Node:
        char = self.next
        if char == "(":
            return self._group(place)
        if place.filter:
            return replace(self._filter_value(place.filter), field_column=place.filter_column)
        if char == "a" and (found := _AT_LEAST.match(self.text, self.at)):
            return self._at_least(found, place)
        self.count_leaf()
        column = self.column
        if char in QUOTES:
            return self._phrase(column)
        if char == "=":
            self.at += 1
            return exact(self._value(place), column)
        if char == "@":
            self.at += 1
            return entity(self._raw(place), self._known, column)
        return words(self._raw(place), column)

    def _raw(self, place: _Place) -> str:
        return self.take_raw(comma_ends=place.comma != "sign")

    def _value(self, place: _Place) -> str:
        return self.take_quoted() if self.next and self.next in QUOTES else self._raw(place)

    def _group(self, place: _Place) -> Node:
        column = self.column
        self.take_sign("(")
        if self.ahead() == "close":
            raise BadQuery(column, "'()' is empty", "write a term between them or remove them")
        if self.ahead() == "end":
            raise BadQuery(column, "'(' is never closed", _CLOSE)
        node = self._or(place if place is _ANYWHERE else self._inside(place))
        self._close(column)
        return type(node)(node.parts, column=column) if isinstance(node, And | Or) else node

    def _inside(self, place: _Place) -> _Place:
        return replace(place, comma="list" if place.filter else "sign")

    def _close(self, opened: int) -> None:
        if self.ahead() == "end":
            raise BadQuery(opened, "'(' is never closed", _CLOSE)
        if not self.take_sign(")"):
            raise BadQuery(self.column, f"'{self.next}' has no meaning here", "join the terms with OR or AND")

    def _phrase(self, column: int) -> Node:
        node = phrase(self.take_quoted(), column)
        slop_column = self.column
        if not self.take_sign("~"):
            return node
        found = _DIGITS.match(self.text, self.at)
        if not found:
            raise BadQuery(slop_column, "'~' needs a number after it", 'write "two words"~3')
        self.at = found.end()
        slop = number(found[0], MAX_DISTANCE, slop_column, f"~{found[0]}")
        return replace(node, slop=slop) if isinstance(node, Phrase) else node

    def _at_least(self, found: re.Match[str], place: _Place) -> Node:
        column = self.column
        if not found[1] or not found[2]:
            missing = "its terms between '(' and ')'" if found[1] else "a number after '/'"
            raise BadQuery(column, f"atleast needs {missing}", "write atleast/2(a, b, c)")
        self.at, self.owed = found.end(), ("atleast", column)
        inside = replace(place, comma="operand")
        parts = [self._or(inside)]
        while self._take_comma():
            parts.append(self._or(inside))
        self._close(self.text.index("(", column) + 1)
        count = number(found[1], len(parts), column, f"atleast/{found[1]} of {len(parts)}")
        if count == 0:
            raise BadQuery(column, "atleast/0 is always true", "ask for at least 1")
        return AtLeast(count, tuple(parts), column=column)

    def _take_comma(self) -> bool:
        self.ahead()
        self.owed = (",", self.column)
        return self.take_sign(",")

    def _take_field(self, place: _Place) -> str | None:
        """The field's name, small, where one stands here; inside a filter only our own names are fields."""
        found = _FIELD.match(self.text, self.at) if self._has_fields else None
        name = found[1].lower() if found else None
        if not found or name is None or (place.filter and name not in _FIELDS):
            return None
        if name not in _FIELDS:
            raise BadQuery(self.column, f"unknown field '{found[0]}'", _field_hint(name))
        self.owed, self.at = (f"'{found[0]}'", self.column), found.end()
        return name

    def _fielded(self, name: str, place: _Place, column: int) -> Node:
        if place.filter:
            raise BadQuery(
                column, f"'{name}:' cannot stand inside '{place.filter}:'", "write them side by side"
            )
        if name in get_args(FilterField):
            return any_of(self._listed(replace(place, filter=cast(FilterField, name), filter_column=column)))
        if place.field not in (None, name):
            raise BadQuery(
                column, f"'{name}:' inside '{place.field}:' can never match", "write them side by side"
            )
        node = any_of(self._listed(replace(place, field=cast(Field, name))))
        return node if place.field == name else Scoped(cast(Field, name), node, column=column)

    def _listed(self, place: _Place) -> list[Node]:
        """One term, or several with commas between; inside atleast a comma parts its operands instead."""
        if place.comma == "operand":
            return [self._unary(place)]
        place = replace(place, comma="list")
        parts = [self._unary(place)]
        while self._take_comma():
            parts.append(self._unary(place))
        return parts

    def _filter_value(self, field: FilterField) -> Filter:
        self.may_be_empty = True
        self.count_leaf()
        column = self.column
        if self.next in QUOTES:
            return filter_value(field, self.take_quoted(), self.take_sign("*"), column)
        raw = self.take_raw(comma_ends=True)
        return filter_value(field, raw.removesuffix("*"), raw.endswith("*"), column)


def _distance(written: str, column: int) -> int:
    name, slash, digits = written.partition("/")
    if not slash:
        return _DEFAULT_DISTANCE
    if not _DIGITS.fullmatch(digits):
        raise BadQuery(column, f"{name} needs a number after '/'", f"write {name}/5")
    return number(digits, MAX_DISTANCE, column, f"{name}/{digits[:9]}")


def _field_hint(name: str) -> str:
    meant = field_of(name)
    near = [meant] if meant else difflib.get_close_matches(name, _FIELDS, 1)
    return (
        f"did you mean '{near[0]}:'?"
        if near
        else f"quote it if you mean the words; fields are {', '.join(_FIELDS)}"
    )
