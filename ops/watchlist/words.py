"""How a fault is told: the user's text quoted safely, and the name that was probably meant."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

_SHOWN = 60
_CANDIDATES = 2_000
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a value cannot be used. `expected` completes "expected …".

    `unknown` is a name that is none of the `known` ones; whoever tells the fault may look for the nearest.
    """

    problem: str
    expected: str = ""
    unknown: str = ""
    known: Collection[str] = ()


def shown(value: object) -> str:
    """A value for a message: texts in quotes, cut at 60 characters, control characters visible."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    text = str(value)
    text = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    return f'"{visible(text)}"' if isinstance(value, str) else visible(text)


def visible(text: str) -> str:
    """The text on one line, with what a terminal would obey or hide written as its code point."""
    return _FORBIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def control_character(text: str) -> str | None:
    """The name of the first character that no name or address may hold, such as "U+0007"; None if clean.

    Controls, line separators, lone surrogates, and the bidirectional overrides that make a text read as
    another one (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing).
    """
    found = _FORBIDDEN.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def same(text: str) -> str:
    """The form in which names are compared loosely: composed, without case."""
    return unicodedata.normalize("NFC", text).casefold()


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, or None; looks at 2,000 names at most (some 20 ms)."""
    forms: dict[str, str] = {}
    for name in known:
        forms.setdefault(same(name), name)
        if len(forms) >= _CANDIDATES:
            break
    wanted = same(word[:200])
    if wanted in forms:
        return forms[wanted]
    found = difflib.get_close_matches(wanted, forms, n=1)
    return forms[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean "x"?)`, or nothing where no name is near."""
    near = nearest(word, known)
    return f' (did you mean "{visible(near)}"?)' if near else ""


def one_of(words: Iterable[str]) -> str:
    """`"a", "b" or "c"`."""
    *first, last = (f'"{word}"' for word in words)
    return f"{', '.join(first)} or {last}" if first else last
