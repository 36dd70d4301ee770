"""Cells that no spreadsheet computes, in CSV that every reader reads."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.sheets import cell, sheet

DANGEROUS = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example","click")',
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "   =1",
    "\u00a0=1",
    "\u3000@x",
    "\uff1d1+1",
    "\u22121",
]


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_would_be_a_formula_is_a_text(text):
    assert cell(text) == f"'{text}"
    assert cell([text, "b"]).startswith("'")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Kapal gandum tiba", "Kapal gandum tiba"),
        ("a=b", "a=b"),
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (-5, "-5"),
        (datetime(2026, 11, 26, 7, 0, tzinfo=UTC), "2026-11-26T07:00:00Z"),
        (["NATO", "Ukraina"], "NATO, Ukraina"),
        ("\x1b[31mred\x00", "\ufffd[31mred\ufffd"),
        ("\ud800", "\ufffd"),
    ],
)
def test_other_values_are_as_they_are(value, shown):
    assert cell(value) == shown


@given(st.lists(st.fixed_dictionaries({"a": st.text(), "b": st.one_of(st.none(), st.text())}), max_size=5))
def test_a_reader_gets_every_cell_back_and_none_begins_like_a_formula(rows):
    read = list(csv.reader(io.StringIO("".join(sheet(rows, ("a", "b"))), newline="")))
    assert read[0] == ["a", "b"]
    assert read[1:] == [[cell(row["a"]), cell(row["b"])] for row in rows]
    for line in read[1:]:
        for text in line:
            assert text.lstrip()[:1] not in ("=", "+", "-", "@") or text.startswith("'")


def test_every_cell_stands_in_quotes():
    assert list(sheet([{"a": 1, "b": 'say "x"'}], ("a", "b"))) == ['"a","b"\r\n', '"1","say ""x"""\r\n']
