"""A cursor over a query's text: it skips, looks, takes, and knows the column for complaints."""

from __future__ import annotations

import re
from typing import Final, Literal, cast

from worker.errors import BadQuery

MAX_LEAVES: Final = 4_000
# Nobody writes more by hand; each level costs some ten Python frames of the thousand there are.
MAX_DEPTH: Final = 40

QUOTES: Final = '"“”„‟«»'
# A quote between two Hebrew letters is the sign of an abbreviation (ארה"ב), not a quotation.
_INSIDE_HEBREW: Final = '(?<=[א-ת])["“”](?=[א-ת])'
_RAW: Final = re.compile(rf"(?:{_INSIDE_HEBREW}|[^\s(){QUOTES}])*")
_RAW_BEFORE_COMMA: Final = re.compile(rf"(?:{_INSIDE_HEBREW}|[^\s(),{QUOTES}])*")
_CLOSING: Final = {
    **dict.fromkeys('"“”„‟', re.compile(f'(?!{_INSIDE_HEBREW})["“”„‟]')),
    "«": re.compile("»"),
    "»": re.compile("«"),
}


# Letters of Latin, Greek and Cyrillic that a word is typed with as it is meant: nothing joined, nothing unseen.
_EASY: Final = (
    "0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u012f\u0134-\u013e\u0141-\u0148\u014a-\u017e"
    "\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03a9\u03ac-\u03af\u03b1-\u03ce\u0400-\u045f\u0490\u0491"
)
EASY: Final = re.compile(f"[{_EASY}]+")
_BORDER: Final = rf"(?=[\s(){QUOTES}]|$)"
_AHEAD: Final = re.compile(
    rf"""\s*(?:
      (?P<or>OR{_BORDER} | \|(?=\s|$))
    | (?P<and>AND{_BORDER} | &(?=\s|$))
    | (?P<not>NOT{_BORDER})
    | (?P<near>O?NEAR(?:/\S*?)?{_BORDER})
    | (?P<word>[{_EASY}]+(?=[\s)]|$))
    | (?P<phrase>"[{_EASY}]+(?:\ [{_EASY}]+)*"(?!~))
    | (?P<comma>,) | (?P<close>\)) | (?P<end>$) | (?P<other>)
    )""",
    re.VERBOSE,
)
"""What stands next, blanks aside. `word` and `phrase` are those that need no second look; most terms are one of
the two, so most of a query is read by this pattern alone."""
_ANYTHING: Final = cast(re.Match[str], _AHEAD.match("*"))

Ahead = Literal["or", "and", "not", "near", "word", "phrase", "comma", "close", "end", "other"]


class Cursor:
    """A place in the text; every `take` leaves it behind what it has read.

    `owed` is the operator (with its column) that still waits for the term after it.
    """

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth, self.leaves = text, 0, 0, 0
        self.owed: tuple[str, int] | None = None
        self._looked, self._found = -1, _ANYTHING
        self._ahead: Ahead = "other"

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

    def ahead(self) -> Ahead:
        """What stands next; the blanks before it are passed, nothing else is taken."""
        if self._looked != self.at:
            found = self._found = _AHEAD.match(self.text, self.at) or _ANYTHING
            self._ahead = cast(Ahead, found.lastgroup)
            self._looked = self.at = found.start(self._ahead)
        return self._ahead

    def take(self) -> str:
        """What `ahead` has just seen, passed."""
        self.at = self._found.end()
        return self._found[self._ahead]

    def take_operator(self, operator: Ahead) -> str | None:
        """The operator as written, if it is this one that stands next; it is owed a term from now on."""
        if self.ahead() != operator:
            return None
        column, written = self.column, self.take()
        self.owed = (written.partition("/")[0], column)
        return written

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
