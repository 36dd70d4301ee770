"""What a page is written in is told by its text; what a feed or page claims decides only where the text does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from worker.match import detect

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "corpus" / "not-walls.jsonl").read_text("utf-8").splitlines()
]
CLAIMS = ("en", "id", "ru", "de", "fr", "zh", None)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_wrong_claim_does_not_win(row):
    text = "\n".join((row["title"], *row["text"]))
    # Indonesian and Malay are told apart by the claim alone, and a wrong one cannot.
    kin = {"id", "ms"} if row["lang"] == "id" else {row["lang"]}
    assert {detect(text, claim) for claim in CLAIMS} <= kin


@pytest.mark.parametrize("claim", ["uk", None])
def test_a_text_that_tells_nothing_is_what_is_claimed(claim):
    assert detect("2:1 (1:0) 15' 78' 90+2'", claim) == claim
