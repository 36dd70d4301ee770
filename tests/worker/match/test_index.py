"""The index answers exactly as the plain evaluator does, whatever is added, replaced or discarded."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.errors import BadQuery
from worker.match import TopicIndex, parse_query, print_query
from worker.match.naive import naive_match
from worker.match.nodes import (
    AtLeast,
    Exact,
    Filter,
    Link,
    Named,
    Node,
    Not,
    Phrase,
    Scoped,
    Word,
    all_of,
    any_of,
    chain,
)
from worker.model import Article, Match, Topic, TopicId

_Words = st.SearchStrategy[Node]


def _terms(words: list[str], others: _Words) -> _Words:
    """Words, phrases, the other leaves, and NEAR and OR of all these."""
    word = st.builds(Word, st.sampled_from(words)) | st.builds(Word, st.just("perang"), st.just(True))
    several = st.lists(word, min_size=2, max_size=3).map(tuple)
    leaf = word | st.builds(Phrase, several, st.integers(0, 2)) | others
    return st.recursive(leaf, lambda inner: _near(inner) | _several(inner).map(any_of), max_leaves=4)


def _near(inner: _Words) -> _Words:
    link = st.builds(Link, inner, st.integers(0, 3), st.booleans())
    return st.builds(
        lambda first, links: reduce(chain, links, first), inner, st.lists(link, min_size=1, max_size=2)
    )


def _several(inner: _Words) -> st.SearchStrategy[list[Node]]:
    return st.lists(inner, min_size=2, max_size=3)


def _wider(inner: _Words) -> _Words:
    return st.one_of(
        _several(inner).map(all_of),
        _several(inner).map(any_of),
        inner.map(Not),
        _several(inner).flatmap(
            lambda parts: st.integers(1, len(parts)).map(lambda k: AtLeast(k, tuple(parts)))
        ),
        st.builds(Scoped, st.sampled_from(["title", "body"]), _TERMS),
    )


_EXACT = st.builds(Exact, st.sampled_from(["NATO", "nato perang", "pêche", "中国", "Rusia-Ukraina"]))
_NAMED = st.builds(Named, st.sampled_from(["nato", "ukraine"]))
_FILTERS = st.builds(Filter, st.just("lang"), st.sampled_from(["id", "it"])) | st.just(Filter("tag", "x"))
_TERMS = _terms(["nato", "ukraina", "perang", "pêche", "peche", "中"], _EXACT | _NAMED)
_QUERIES = st.recursive(_TERMS | _FILTERS, _wider, max_leaves=8)
_LETTERS = _terms(["a", "b", "c"], st.just(Exact("a b")))

_SCRAPS = "nato Nato NATO O'NATO Ukrainanya Rusia-Ukraina perang perangkat pêche peche 中 国 . x"
_TEXTS = st.lists(st.sampled_from([*_SCRAPS.split(), "\n\n"]), max_size=14).map(" ".join)
_ARTICLES = st.builds(
    Article,
    title=_TEXTS,
    body=_TEXTS,
    language=st.sampled_from(["id", "it", "en"]),
    tags=st.sampled_from([(), ("x",)]),
)
_LETTER_TEXTS = st.lists(st.sampled_from("abcx"), max_size=12).map(" ".join)


def _readable(query: Node) -> bool:
    try:
        parse_query(print_query(query))
    except BadQuery:
        return False
    return True


def _indexed(queries: list[Node], article: Article) -> list[Match]:
    index = TopicIndex()
    for number, query in enumerate(queries):
        index.add(Topic(TopicId(number), "", print_query(query)))
    return index.match(article)


def _plain(queries: list[Node], article: Article) -> list[Match]:
    found = [(TopicId(number), naive_match(query, article)) for number, query in enumerate(queries)]
    return [Match(topic, hits) for topic, hits in found if hits is not None]


@settings(max_examples=200, deadline=None)
@given(st.lists(_QUERIES.filter(_readable), min_size=1, max_size=3), _ARTICLES)
def test_the_index_finds_what_the_plain_evaluator_finds(queries: list[Node], article: Article) -> None:
    assert _indexed(queries, article) == _plain(queries, article)


@settings(max_examples=300, deadline=None)
@given(_TERMS, _ARTICLES)
def test_every_kind_of_term_is_found_by_the_index(term: Node, article: Article) -> None:
    assert _indexed([term], article) == _plain([term], article)


@settings(max_examples=500, deadline=None)
@given(_LETTERS, _LETTER_TEXTS)
def test_words_in_order_and_near_one_another_are_found_where_they_stand(term: Node, text: str) -> None:
    article = Article("", text, language="id")
    assert _indexed([term], article) == _plain([term], article)


@settings(deadline=None)
@given(_QUERIES.filter(_readable))
def test_a_tree_printed_and_read_again_is_the_same_tree(query: Node) -> None:
    read = parse_query(print_query(query))
    assert parse_query(print_query(read)) == read


@settings(deadline=None)
@given(_QUERIES.filter(_readable), st.sampled_from([1.0, -1.0]), _ARTICLES)
def test_the_cost_of_anchors_never_changes_what_is_found(query: Node, sign: float, article: Article) -> None:
    usual, odd = TopicIndex(), TopicIndex(cost=lambda anchor: sign * (sum(map(ord, anchor)) % 7 + 1))
    for index in (usual, odd):
        index.add(Topic(TopicId(1), "", print_query(query)))
    assert usual.match(article) == odd.match(article)


def _topic(number: int, query: str) -> Topic:
    return Topic(TopicId(number), f"topic {number}", query)


def _ids(index: TopicIndex, text: str) -> list[int]:
    return [match.topic for match in index.match(Article(text, "", language="id"))]


def test_topics_come_and_go() -> None:
    index = TopicIndex()
    index.add(_topic(2, "perang*"))
    index.add(_topic(1, '"perang dunia" OR =NATO'))
    assert _ids(index, "perang dunia") == [1, 2]
    index.discard(TopicId(2))
    assert _ids(index, "perang dunia") == [1]
    assert TopicId(1) in index
    assert TopicId(2) not in index
    assert len(index) == 1
    index.discard(TopicId(7))


def test_a_topic_added_again_replaces_the_one_before() -> None:
    index = TopicIndex()
    index.add(_topic(1, "perang"))
    index.add(_topic(1, "damai"))
    assert _ids(index, "perang") == []
    assert _ids(index, "damai") == [1]


def test_a_topic_with_a_bad_query_changes_nothing() -> None:
    index = TopicIndex()
    index.add(_topic(1, "perang"))
    with pytest.raises(BadQuery):
        index.add(_topic(1, "perang ("))
    assert _ids(index, "perang") == [1]


def test_an_index_that_was_emptied_holds_nothing_back() -> None:
    index = TopicIndex()
    for number in range(50):
        index.add(
            _topic(number, f"kata{number} OR awal{number}* OR =Nama{number} OR title:judul{number} OR @nato")
        )
        index.add(_topic(number + 50, '"satu dua" OR kata1'))
    for number in range(100):
        index.discard(TopicId(number))
    assert index._topics_at == index._book.names == {}
    assert not index._beginnings
    assert not index._groups
    assert index._exact == index._titled == index._words == index._groups._firsts == set()
    assert _ids(index, "kata1 awal2x Nama3") == []


def test_a_topic_is_asked_only_when_one_of_its_anchors_is_there() -> None:
    index = TopicIndex()
    index.add(_topic(1, "the AND kyrgyzstan"))
    index.add(_topic(2, "the AND (biak OR sorong)"))
    index.add(_topic(3, "atleast/2(the, jayapura, merauke)"))
    index.add(_topic(4, '"the new" OR title:the'))
    anchors = set(index._topics_at)
    assert anchors == {"kyrgyzstan", "biak", "sorong", "jayapura", "merauke", "the new", "^the"}


def test_the_words_of_articles_it_was_shown_decide_where_topics_are_filed() -> None:
    index = TopicIndex()
    for text in ("damai di kabupaten", "kabupaten damai", "kabupaten"):
        index.learn(Article("", text, language="id"))
    index.add(_topic(1, "kabupaten AND damai"))
    index.add(_topic(2, "kabupaten AND xyz"))
    assert set(index._topics_at) == {"damai", "xyz"}
