"""A query that is asked at once answers as it does among all others."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worker.match.test_cases import CASES, _found
from tests.worker.match.test_entities import ALL
from tests.worker.match.test_sieve import QUERIES, WORDS
from worker.errors import BadQuery
from worker.match import TopicIndex
from worker.match.closely import Closely
from worker.model import Article, Topic, TopicId

NEWS = (
    Article("Rusia gempur Kiev", "Sekretaris jenderal NATO menyebut serangan ke Ukraina.", "id"),
    Article("北约讨论乌克兰问题", "北约秘书长说，乌克兰的前途由乌克兰人决定。", "zh"),
    Article("Resep ayam kiev", "Lumuri dada ayam di Łódź. Harga naik, perang usai.", "id"),
    Article("", "", None),
)


def in_the_index(query: str, article: Article) -> object:
    index = TopicIndex()
    index.add(Topic(TopicId(1), "", query))
    found = index.match(article)
    return found[0].hits if found else None


def closely(queries: list[str], article: Article) -> list[object]:
    reader = Closely(queries)
    return list(reader.hits(reader.read(article)))


@pytest.mark.parametrize("query", QUERIES)
def test_it_says_of_news_what_the_index_says(query):
    for article in NEWS:
        assert closely([query], article) == [in_the_index(query, article)]


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.sampled_from(QUERIES), min_size=1, max_size=3), st.lists(st.sampled_from(WORDS), max_size=8)
)
def test_it_says_the_same_among_any_words(queries, words):
    article = Article(" ".join(words[:2]), " ".join(words), None)
    assert closely(queries, article) == [in_the_index(query, article) for query in queries]


def test_it_says_of_the_cases_of_careful_readers_what_the_index_says():
    reader = cache(lambda query: Closely([query]))
    for case in CASES:
        article = Article(case.get("title", ""), case["body"], case["language"])
        asked = reader(case["query"])
        assert asked.hits(asked.read(article)) == [_found(case)], case["id"]


@pytest.mark.parametrize("entity", ALL[5::12], ids=lambda entity: entity.key)
def test_it_says_of_an_entity_s_examples_what_the_index_says(entity):
    for each in entity.examples:
        article = Article(each.text, each.text, each.language)
        assert closely([f"@{entity.key}"], article) == [in_the_index(f"@{entity.key}", article)]


LONG = "\n".join(["Hujan turun lama."] * 9)


@pytest.mark.parametrize(
    ("query", "line", "sees"),
    [
        ("nato", "Sekjen NATO tiba.", True),
        ("@nato", "Sekjen NATO tiba.", True),
        ('"sekjen nato" AND tiba', "Sekjen NATO tiba.", True),
        ("title:kabar AND nato", "Sekjen NATO tiba.", True),
        ("nato AND lang:id", "Sekjen NATO tiba.", True),
        ("nato AND turun", "Sekjen NATO tiba.", False),  # that is told by another line
        ("nato -hujan", "Sekjen NATO tiba.", False),  # which may hold what is not wanted
        ("nato NEAR/3 tiba", "Sekjen NATO tiba.", False),  # some of many pairs are never looked at
        ("@kyiv", "Pagi di Kiev.", True),
        ("@kyiv", "Dinamo\nKiev yang menang.", False),
    ],
)
def test_the_lines_about_a_place_may_say_enough(query, line, sees):
    article = Article("Kabar", f"{LONG}\n{line}\n{LONG}", "id")
    place = f"{article.title}\n{article.body}".index(line.split()[-2])
    assert Closely([query]).sees(article, place) == [sees]
    assert Closely([query]).sees(Article("Kabar", article.body, None), place) == [False]


def test_a_query_that_cannot_be_read_is_refused():
    with pytest.raises(BadQuery):
        Closely(["nato", "(nato"])
