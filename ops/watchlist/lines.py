"""On which line of a TOML text does each value stand? `tomllib` gives values without their places.

One pass over the source that never goes back: it follows the grammar (https://toml.io/en/v1.0.0) only as far
as places need, and stops where it no longer understands, which is where `tomllib` stops as well. It also
refuses shapes that would make a parser slow or overflow its stack, and that no watchlist has.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

Path = tuple[str | int, ...]

MAX_DEPTH = 8
"""Levels of tables and lists; the deepest that a watchlist has is 3."""
MAX_ITEMS = 10_000
"""Items of one list in brackets."""
MAX_SCALAR = 1_000
"""Characters of a number or date, with the blanks behind it."""

_BLANK = re.compile(r"[ \t]*+")
_SPACE = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_KEY_PART = re.compile(r"""([A-Za-z0-9_-]++)|"((?:[^"\\\n]|\\.)*+)"|'([^'\n]*+)'""")
_STRING = re.compile(
    r'''"""[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+"{3,5}'''
    r"""|'''[^']*+(?:'(?!'')[^']*+)*+'{3,5}"""
    r'''|"(?:[^"\\\n]|\\.)*+"'''
    r"""|'[^'\n]*+'""",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^\n,\]}#]++")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Lines:
    """Where values stand, in 1-based lines. `excess` is the line and the words of a refused shape."""

    places: Mapping[Path, int]
    excess: tuple[int, str] | None = None

    def of(self, path: Path) -> int:
        """The line of this value, or of the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, 1)


def find_lines(text: str) -> Lines:
    """The place of every table, key and list item of a TOML text; never fails, whatever the text."""
    scan = _Scan(text)
    try:
        scan.document()
    except _Lost:
        pass
    return Lines(scan.places, scan.excess)


class _Lost(Exception):
    """The text is not TOML from here on, or not a shape that we follow."""


class _Scan:
    """The pass itself: a position, the table that keys belong to, and the open brackets around it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[Path, int] = {}
        self.excess: tuple[int, str] | None = None
        self.counts: dict[Path, int] = {}
        self.open: list[tuple[str, Path]] = []
        self.newlines = [found.start() for found in re.finditer("\n", text)]

    def document(self) -> None:
        """Every header and every `key = value`, to the end of the text."""
        table: Path = ()
        while self.skip(_SPACE) < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)

    def header(self) -> Path:
        """`[a.b]` or `[[a.b]]`; the path of the table that the next keys belong to."""
        start = self.at
        brackets = 2 if self.text.startswith("[[", start) else 1
        self.at += brackets
        *outer, last = self.key()
        self.expect("]" * brackets)
        path = (*self.latest(tuple(outer)), last)
        path = self.next_item(path) if brackets == 2 else path
        self.note(path, start)
        return path

    def latest(self, keys: tuple[str, ...]) -> Path:
        """The path with, at each list of tables, the number of its newest one."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        return path

    def next_item(self, path: Path) -> Path:
        count = self.counts.get(path, 0)
        self.counts[path] = count + 1
        return (*path, count)

    def pair(self, table: Path) -> None:
        """`key = value`; a value that opens a bracket is followed until that bracket closes."""
        start = self.at
        path = (*table, *self.key())
        self.expect("=")
        self.note(path, start)
        self.value(path)
        while self.open:
            self.inside()

    def value(self, path: Path) -> None:
        """A text, a number, or the opening of a list or an inline table."""
        self.skip(_BLANK)
        opening = self.text[self.at : self.at + 1]
        if opening in ("[", "{") and opening:
            self.at += 1
            self.open.append((opening, path))
            self.refuse(len(self.open) > MAX_DEPTH, f"is nested deeper than {MAX_DEPTH} levels")
            return
        if opening in ("'", '"'):
            self.take(_STRING)
        else:
            scalar = self.take(_SCALAR)
            self.refuse(
                len(scalar[0]) > MAX_SCALAR, f"is a value of more than {MAX_SCALAR} characters without quotes"
            )

    def inside(self) -> None:
        """The next thing inside the innermost open bracket: its end, a comma, a pair or an item."""
        opening, path = self.open[-1]
        if self.skip(_SPACE) >= len(self.text):
            raise _Lost
        if self.text[self.at] in ("]", "}"):
            self.open.pop()
            self.at += 1
        elif self.text[self.at] == ",":
            self.at += 1
        elif opening == "{":
            self.inline_pair(path)
        else:
            self.item(path)

    def inline_pair(self, table: Path) -> None:
        start = self.at
        path = (*table, *self.key())
        self.expect("=")
        self.note(path, start)
        self.value(path)

    def item(self, path: Path) -> None:
        item = self.next_item(path)
        self.refuse(self.counts[path] > MAX_ITEMS, f"is a list of more than {MAX_ITEMS} items")
        self.note(item, self.at)
        self.value(item)

    def key(self) -> tuple[str, ...]:
        """A key with its dots, unquoted: `a."b c".d` → ("a", "b c", "d")."""
        parts: list[str] = []
        while True:
            self.skip(_BLANK)
            parts.append(_unquoted(self.take(_KEY_PART)))
            self.refuse(len(parts) > MAX_DEPTH, f"is a key of more than {MAX_DEPTH} parts")
            self.skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return tuple(parts)
            self.at += 1

    def note(self, path: Path, position: int) -> None:
        """Remembers the line of this path, and of tables that exist only by being named in it."""
        line = bisect_left(self.newlines, position) + 1
        for length in range(1, len(path) + 1):
            self.places.setdefault(path[:length], line)

    def refuse(self, excessive: bool, words: str) -> None:
        if excessive:
            self.excess = (bisect_left(self.newlines, self.at) + 1, words)
            raise _Lost

    def skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self.text, self.at)
        if not found:
            raise _Lost
        self.at = found.end()
        return found

    def expect(self, sign: str) -> None:
        if not self.text.startswith(sign, self.skip(_BLANK)):
            raise _Lost
        self.at += len(sign)


def _unquoted(part: re.Match[str]) -> str:
    bare, quoted, literal = part.groups()
    if quoted is not None:
        return _ESCAPE.sub(_unescaped, quoted)
    return str(bare if bare is not None else literal)


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if not code:
        return _ESCAPED.get(found[3], found[0])
    number = int(code, 16)
    return chr(number) if number <= 0x10FFFF else found[0]
