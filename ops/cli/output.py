"""How every command answers: stdout is the result, `--json` makes it one object or JSON Lines."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

import click

from alerts.letter import runs
from ops.plain_json import plain

T = TypeVar("T")
_SHOWN_EVERY_S = 0.1
_SURROGATE = re.compile("[\ud800-\udfff]")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of words.")


def print_json(value: object) -> None:
    """One object on one line."""
    line = json.dumps(plain(value), ensure_ascii=False)
    # half a surrogate pair, as in a file name that is no UTF-8, has no form but the escaped one
    click.echo(_SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", line))


def print_words(text: str) -> None:
    """A text for the terminal; what no encoding has shows as U+FFFD."""
    click.echo(_SURROGATE.sub("\ufffd", text))


def print_json_lines(values: Iterable[object]) -> None:
    """One object per line."""
    for value in values:
        print_json(value)


def say(sentence: str) -> None:
    """Progress, for the person at the terminal; never part of the result."""
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201


def progress(things: Iterable[T], total: int, noun: str) -> Iterator[T]:
    """The things one after the other, with a line for whoever waits at a terminal; silent where nobody does."""
    if not sys.stderr.isatty():
        yield from things
        return
    shown, width = time.monotonic(), 0
    try:
        for number, thing in enumerate(things, start=1):
            if time.monotonic() - shown >= _SHOWN_EVERY_S:
                line = f"{number:,} of {total:,} {noun}"
                shown, width = time.monotonic(), len(line)
                _write(f"\r{line}")
            yield thing
    finally:
        _write(f"\r{' ' * width}\r" if width else "")


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def highlighted(text: str, marks: Iterable[tuple[int, int]], limit: int) -> str:
    """Foreign text as one harmless line, with the marked words in bold where the terminal can."""
    return "".join(
        click.style(piece, bold=True) if marked else piece for piece, marked in runs(text, marks, limit)
    )


def percent(part: int, whole: int) -> str:
    """How much a part is of the whole: 71 %, 4.2 %."""
    share = 100 * part / whole if whole else 0.0
    return f"{share:.0f} %" if share == 0 or share >= 10 else f"{share:.1f} %"


def table(rows: Iterable[Iterable[object]], headings: Iterable[str]) -> str:
    """Columns for a terminal, as wide as they need to be."""
    lines = [
        [str(cell) for cell in headings],
        *([("" if c is None else str(c)) for c in row] for row in rows),
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines
    )
