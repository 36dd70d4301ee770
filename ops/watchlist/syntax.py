"""From text to TOML tables with the line of each value, or the one fault that stops the reading."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from typing import Any

from ops.watchlist.lines import Lines, find_lines
from ops.watchlist.model import TABLES
from ops.watchlist.words import Fault, visible

_PLACE = re.compile(
    r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL
)
_HINTS = {  # what tomllib says, and what helps then
    "Invalid value": 'a text in "quotes", a number, true, false or a list in [brackets]',
    "Cannot overwrite a value": "each key once in its table",
    "Cannot declare": "each table once; what can stand several times has two brackets, such as [[feed]]",
    "Cannot mutate": "each table once; what can stand several times has two brackets, such as [[feed]]",
    "Expected '='": 'key = value, such as name = "NATO"',
    "Expected newline": "one key = value on each line",
    "Expected ']'": "a header such as [[feed]] alone on its line",
    "Unclosed array": "a list that ends with ]",
    "Unclosed inline table": "an inline table that ends with } on the same line",
    "Unterminated string": "a closing quote",
    "Illegal character '\\n'": "a closing quote on the same line, or a text in three quotes",
    "Illegal character": "visible characters (a text may hold others as \\uXXXX)",
    "Unescaped '\\'": "\\\\ for a backslash, or the text in 'single quotes'",
    "Invalid statement": f"a key = value, a # comment, or a header such as {TABLES}",
    "Invalid initial character": "a key of letters, digits, _ and -",
}
_YAML = re.compile(r"(?:---\s*$|-\s+\S|[\w-]+:(?:\s|$))")


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML document: its tables, and where everything in it stands."""

    tables: dict[str, Any]
    lines: Lines


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The text is no TOML that we read; `line` is 1-based."""

    line: int
    fault: Fault


def load_document(text: str) -> Document | Unreadable:
    """The TOML document that a text is; a byte order mark in front is no part of it."""
    text = text.removeprefix("\ufeff")
    lines = find_lines(text)
    if lines.excess:
        line, words = lines.excess
        return Unreadable(line, Fault(f"this {words}", "the flat tables of a watchlist"))
    try:
        return Document(tomllib.loads(text), lines)
    except tomllib.TOMLDecodeError as error:
        return _other_format(text) or _explained(text, str(error))
    except (ValueError, RecursionError) as error:
        # A number beyond 4,300 digits, or a date that no calendar has.
        return Unreadable(
            1, Fault(f"not valid TOML: {visible(str(error))[:200]}", "values that a watchlist has")
        )


def _explained(text: str, message: str) -> Unreadable:
    place = _PLACE.fullmatch(message)
    if not place:
        return Unreadable(1, Fault(f"not valid TOML: {visible(message)}"))
    what = visible(place["what"])
    hint = next((hint for start, hint in _HINTS.items() if what.startswith(start)), "")
    if not place["line"]:
        return Unreadable(text.count("\n") + 1, Fault(f"not valid TOML at the end of the file: {what}", hint))
    return Unreadable(int(place["line"]), Fault(f"column {place['column']}: not valid TOML: {what}", hint))


def _other_format(text: str) -> Unreadable | None:
    """Says so where another kind of file was handed in by mistake."""
    expected = f"TOML with {TABLES}"
    start = text.lstrip()
    if start.startswith("<"):
        return Unreadable(
            1,
            Fault("this is XML or HTML", f"{expected}; the feeds of an OPML list become [[feed]] tables"),
        )
    if start.startswith(("{", "[")) and _is_json(text):
        return Unreadable(1, Fault("this is JSON", expected))
    for number, row in enumerate(text.split("\n"), 1):
        if row.strip() and not row.lstrip().startswith("#"):
            return Unreadable(number, Fault("this looks like YAML", expected)) if _YAML.match(row) else None
    return None


def _is_json(text: str) -> bool:
    first = text.split("\n", 1)[0]
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return first.strip() in ("{", "[", "[{") or first.lstrip().startswith(('{"', '[{"'))
    return True
