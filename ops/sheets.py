"""PURE. Lists for spreadsheets: CSV in which no cell of a stranger's becomes a formula.

Excel, LibreOffice and Google Sheets compute what begins with one of a few signs, even in quotes, even behind blanks,
and may run a program for it (https://owasp.org/www-community/attacks/CSV_Injection). An apostrophe before it makes
it a text, which they show without it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

# Controls and tabs are signs of their own; the wide forms are what Excel takes for the narrow ones in East Asia.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212]")
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def sheet(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """The lines of the sheet, each with its end."""
    yield _line(columns)
    for row in rows:
        yield _line([cell(row[name]) for name in columns])


def cell(value: Any) -> str:
    """A value as a cell that shows what it says and computes nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, date):  # and moments
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, list | tuple):
        return cell(", ".join(map(str, value)))
    text = _UNSEEN.sub("\ufffd", str(value))
    return f"'{text}" if _FORMULA.match(text) else text


def _line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(cells)
    return line.getvalue()
