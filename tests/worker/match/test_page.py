"""The page about the query language tells the truth: what it shows can be written, and errors read as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from worker.errors import BadQuery
from worker.match import cursor, evaluate, parse_query, query

PAGE = (Path(__file__).parents[3] / "docs" / "query-language.md").read_text(encoding="utf-8")


def _rows(heading: str) -> list[list[str]]:
    """The rows of the table under a heading, as cells."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [
        [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines
    ]


WRITTEN = [shown for row in _rows("What you write") for shown in re.findall(r"`([^`]+)`", row[0])]
WRONG = [(row[0].strip("`"), row[1]) for row in _rows("When a query is wrong")]


@pytest.mark.parametrize("written", [*WRITTEN, *re.findall(r"```\n(.+)\n```", PAGE)])
def test_what_the_page_shows_can_be_written(written: str) -> None:
    parse_query(written)


@pytest.mark.parametrize(("written", "answer"), WRONG)
def test_a_wrong_query_is_answered_as_the_page_says(written: str, answer: str) -> None:
    with pytest.raises(BadQuery) as error:
        parse_query(written)
    assert str(error.value) == answer


def test_the_page_gives_the_limits_that_hold() -> None:
    limits = [int(row[1].partition(" ")[0].replace(",", "")) for row in _rows("Limits")[:5]]
    assert limits == [
        query.MAX_LENGTH,
        cursor.MAX_LEAVES,
        cursor.MAX_DEPTH,
        query.MAX_DISTANCE,
        evaluate.MAX_HITS,
    ]
