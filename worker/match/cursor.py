"""A cursor over a query's text: it skips, looks, takes, and knows the column for complaints."""

from __future__ import annotations

import re
from typing import NamedTuple

from worker.errors import BadQuery

MAX_LEAVES = 4_000
# Nobody writes more by hand; each level costs some ten Python frames of the thousand there are.
MAX_DEPTH = 40

QUOTES = '"“”„‟«»'
_BLANKS = re.compile(r"\s*")
# A quote between two Hebrew letters is the sign of an abbreviation (ארה"ב), not a quotation.
_INSIDE_HEBREW = '(?<=[א-ת])["“”](?=[א-ת])'
_RAW = re.compile(rf"(?:{_INSIDE_HEBREW}|[^\s(){QUOTES}])*")
_RAW_BEFORE_COMMA = re.compile(rf"(?:{_INSIDE_HEBREW}|[^\s(),{QUOTES}])*")
_CLOSING = {
    **dict.fromkeys('"“”„‟', re.compile(f'(?!{_INSIDE_HEBREW})["“”„‟]')),
    "«": re.compile("»"),
    "»": re.compile("«"),
}


class Operator(NamedTuple):
    """How an operator is written, and the letters that it may begin with: looked at first, since most often there
    is something else."""

    begins: str
    pattern: re.Pattern[str]


class Cursor:
    """A place in the text; every `take` leaves it behind what it has read.

    `owed` is the operator (with its column) that still waits for the term after it.
    """

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth, self.leaves = text, 0, 0, 0
        self.owed: tuple[str, int] | None = None

    @property
    def column(self) -> int:
        """The 1-based column of the next character."""
        return self.at + 1

    @property
    def next(self) -> str:
        """The next character, or an empty text at the end."""
        return self.text[self.at : self.at + 1]

    @property
    def previous(self) -> str:
        """The character just passed, or an empty text at the beginning."""
        return self.text[self.at - 1 : self.at] if self.at else ""

    def skip_blanks(self) -> None:
        """Go to the next character that is not blank."""
        if "!" <= self.text[self.at : self.at + 1] <= "~":
            return
        blanks = _BLANKS.match(self.text, self.at)
        self.at = blanks.end() if blanks else self.at

    def ahead(self, operator: Operator) -> re.Match[str] | None:
        """What stands next, blanks aside, if it is this; nothing is taken but the blanks."""
        next_one = self.text[self.at : self.at + 1]
        if next_one not in operator.begins:
            if "!" <= next_one <= "~":
                return None
            self.skip_blanks()
        return operator.pattern.match(self.text, self.at)

    def take(self, operator: Operator) -> re.Match[str] | None:
        """The operator that stands next, if it is this one; it is owed a term from now on."""
        found = self.ahead(operator)
        if found:
            self.owed = (found[0].partition("/")[0], self.column)
            self.at = found.end()
        return found

    def take_sign(self, sign: str) -> bool:
        """Whether this sign stood here, directly; it is passed."""
        taken = self.text.startswith(sign, self.at)
        self.at += len(sign) if taken else 0
        return taken

    def take_raw(self, *, comma_ends: bool) -> str:
        """The characters up to a blank, a parenthesis or a quotation mark (or a comma)."""
        found = (_RAW_BEFORE_COMMA if comma_ends else _RAW).match(self.text, self.at)
        raw = found[0] if found else ""
        self.at += len(raw)
        return raw

    def take_quoted(self) -> str:
        """What stands between the quotation mark here and the one that closes it."""
        opened = self.column
        closing = _CLOSING[self.next].search(self.text, self.at + 1)
        if not closing:
            closes = {"«": "»", "»": "«", "“": "”", "„": "“", "‟": "”"}.get(self.next, self.next)
            raise BadQuery(opened, "the quotation mark is never closed", f"write {closes} where it ends")
        inside = self.text[self.at + 1 : closing.start()]
        self.at = closing.end()
        return inside

    def count_leaf(self) -> None:
        """One term more; raises BadQuery beyond the limit."""
        self.owed = None
        self.leaves += 1
        if self.leaves > MAX_LEAVES:
            raise BadQuery(
                self.column, f"the query has more than {MAX_LEAVES:,} terms", "split it into several topics"
            )

    def enter(self, column: int) -> None:
        """Go one level further down; raises BadQuery beyond the limit."""
        if self.depth >= MAX_DEPTH:
            raise BadQuery(column, f"nested more than {MAX_DEPTH} levels deep", "take some parentheses away")
        self.depth += 1

    def leave(self) -> None:
        """Come back from where `enter` went."""
        self.depth -= 1


def number(digits: str, most: int, column: int, what: str) -> int:
    """The number written in ASCII digits; raises BadQuery where it is above `most`."""
    if len(digits.lstrip("0")) > len(str(most)) or int(digits) > most:
        raise BadQuery(column, f"{what} is too much", f"{most} is the most")
    return int(digits)
