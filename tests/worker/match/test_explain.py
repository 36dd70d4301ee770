"""The tree that says why an article matched, or what it lacks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.errors import BadQuery
from worker.match import TopicIndex, explain
from worker.model import Article, Topic, TopicId

ARTICLE = Article("Ukraina minta bantuan", "Menteri NATO bertemu di Brussel.", language="id", tags=("dunia",))


def test_each_part_of_a_query_is_explained() -> None:
    query = '@nato -@ukraine (title:nato OR "bantuan militer" OR menteri NEAR/0 bertemu) tag:dunia,desa'
    assert explain(query, ARTICLE).render().splitlines() == [
        '- @nato AND NOT @ukraine AND (title:nato OR "bantuan militer" OR menteri NEAR/0 bertemu) '
        "AND (tag:dunia OR tag:desa): 2 of 4 hold, 4 needed",
        "  + @nato: body 8: NATO",
        "  - NOT @ukraine: excluded, but it is there",
        "    + @ukraine: title 0: Ukraina",
        '  - title:nato OR "bantuan militer" OR menteri NEAR/0 bertemu',
        "    - title:nato",
        "      - nato: not in title",
        '    - "bantuan militer": not in title or body: militer',
        "    - menteri NEAR/0 bertemu: not near enough in title or body",
        "      + menteri: body 0: Menteri",
        "      + bertemu: body 13: bertemu",
        "  + tag:dunia OR tag:desa",
        "    + tag:dunia: the article's is dunia",
        "    - tag:desa: the article's is dunia",
    ]


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ('"minta ukraina"', "all its words are in title or body, but not side by side in this order"),
        ("=Nato", "not just so in title or body"),
        ("@moscow", "none of its"),
        ("(a OR b) NEAR c", "not near enough in title or body"),
        ("atleast/2(ukraina, a, b)", "1 of 3 hold, 2 needed"),
    ],
)
def test_a_part_that_fails_says_what_is_missing(query: str, note: str) -> None:
    explained = explain(query, ARTICLE)
    assert not explained.holds
    assert note in explained.note


def test_many_hits_are_counted_rather_than_listed() -> None:
    assert explain("a", Article("", "a " * 9, language="id")).render().endswith("(and 4 more)")


def test_a_bad_query_is_refused_here_too() -> None:
    with pytest.raises(BadQuery):
        explain("a OR", ARTICLE)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        ["a", "a -b", "a OR (b c)", "atleast/2(a, b, c)", "a NEAR/1 b", "title:a", "NOT (NOT a OR b)"]
    ),
    st.lists(st.sampled_from("abcx"), max_size=5).map(" ".join),
)
def test_the_explanation_agrees_with_the_match(query: str, body: str) -> None:
    index = TopicIndex()
    index.add(Topic(TopicId(1), "", query))
    article = Article("", body, language="id")
    assert explain(query, article).holds is bool(index.match(article))
