"""In a line all in capitals, case says nothing; which lines are is told word by word, from the first small letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.match.text import FieldText
from worker.match.words import Case, case_of

PARTS = ["NATO", "Nato", "nato", "A", "a", "\n", " ", "\n\n", "ÉCOLE", "学校", "12", "- ", "a b c "]


def shouts(field: FieldText, position: int) -> bool:
    """By the words of the lines, each looked at."""
    lines = [field.written.count("\n", 0, field.span(at, at).start) for at in range(len(field))]
    line = [field.at(at) for at in range(len(field)) if lines[at] == lines[position]]
    cases = [case_of(word) for word in line if len(word) > 1]
    cased = [case for case in cases if case is not Case.NONE]
    return len(cased) > 1 and all(case is Case.UPPER for case in cased)


@given(st.lists(st.sampled_from(PARTS), max_size=30))
def test_a_line_shouts_where_two_words_or_more_are_all_in_capitals(parts):
    field = FieldText("body", "".join(parts), "en")
    assert [field.is_shouting(at) for at in range(len(field))] == [
        shouts(field, at) for at in range(len(field))
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("NATO TALKS\nNATO met", [True, True, False, False]),
        ("NATO", [False]),
        ("\nNATO A 12 EU", [True] * 4),
        ("", []),
    ],
)
def test_lines_are_told_apart(written, expected):
    field = FieldText("body", written, "en")
    assert [field.is_shouting(at) for at in range(len(field))] == expected
