"""What careful readers say a query must find: cases written by people who had not seen the rules.

`tests/corpus/matching` holds them, and `misses.json` each case that the matcher still gets wrong, with its cause.
The share that is right may only rise (`floors.json`); a case that turns right leaves the list.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from worker.errors import BadQuery
from worker.match import TopicIndex, parse_query
from worker.model import Article, Hit, Topic, TopicId

CORPUS = Path(__file__).parents[2] / "corpus"
CASES = [
    json.loads(line)
    for file in sorted((CORPUS / "matching").glob("cases-*.jsonl"))
    for line in file.read_text("utf-8").splitlines()
]
MISSES: dict[str, str] = json.loads((CORPUS / "matching" / "misses.json").read_text("utf-8"))
MALFORMED = [
    json.loads(line)
    for file in sorted((CORPUS / "queries").glob("malformed-*.jsonl"))
    for line in file.read_text("utf-8").splitlines()
]


@cache
def _watching() -> tuple[TopicIndex, dict[str, TopicId]]:
    ids = {query: TopicId(number) for number, query in enumerate(dict.fromkeys(c["query"] for c in CASES))}
    index = TopicIndex()
    for query, topic in ids.items():
        index.add(Topic(topic, "", query))
    return index, ids


def _found(case: dict[str, Any]) -> tuple[Hit, ...] | None:
    index, ids = _watching()
    matches = index.match(Article(case.get("title", ""), case["body"], case["language"]))
    return next((match.hits for match in matches if match.topic == ids[case["query"]]), None)


def _is_right(case: dict[str, Any]) -> bool:
    hits = _found(case)
    if (hits is not None) != case["match"]:
        return False
    return set(case.get("words", ())) <= {hit.text for hit in hits or ()}


def test_the_cases_that_are_wrong_are_those_that_are_listed() -> None:
    wrong = {case["id"] for case in CASES if not _is_right(case)}
    assert sorted(wrong - MISSES.keys()) == [], "new misses"
    assert sorted(MISSES.keys() - wrong) == [], "these are right now: take them from misses.json"


def test_the_share_that_is_right_is_not_below_its_floor() -> None:
    floor = json.loads((CORPUS / "floors.json").read_text("utf-8"))["matching"]
    right = sum(map(_is_right, CASES))
    assert right / len(CASES) >= floor
    assert len(CASES) >= 1300


def test_every_miss_says_its_cause() -> None:
    assert all(len(cause) > 20 for cause in MISSES.values())


def _written(case: dict[str, Any]) -> str:
    if "query" in case:
        return str(case["query"])
    texts, counts = case["repeat"][::2], case["repeat"][1::2]
    return "".join(text * count for text, count in zip(texts, counts, strict=True))


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: str(case.get("query", case.get("repeat")))[:50])
def test_a_malformed_query_is_told_where_it_is_wrong_why_and_what_to_do(case: dict[str, Any]) -> None:
    with pytest.raises(BadQuery) as caught:
        parse_query(_written(case))
    told = str(caught.value).lower()
    assert case["column"] in (None, caught.value.column)
    assert all(word in told for word in case["cause"].lower().split())
    assert (case["suggestion"] or "").lower() in caught.value.suggestion.lower()


def test_there_are_a_hundred_malformed_queries_and_more() -> None:
    assert len(MALFORMED) >= 150
