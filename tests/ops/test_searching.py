"""What a query would have found, day by day and term by term, and what another one would have found instead."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.bringing import Terms
from ops.searching import SHOWN, Stored, compare, search
from tests.worker.match.test_sieve import QUERIES, WORDS
from worker.errors import BadQuery
from worker.match import TopicIndex
from worker.match.closely import Closely
from worker.model import Article, ArticleId, Topic, TopicId

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def stored(title, body="", day=0, **facts):
    at = NOON - timedelta(days=day)
    return Stored(ArticleId(1), Article(title=title, body=body, language="id", **facts), at, at)


def shares(query, *texts, **facts):
    """What each term brings over the articles that the query finds."""
    found = search(query, [stored("", text, **facts) for text in texts])
    return {share.term: (share.found, share.alone) for share in found.terms}


def test_every_day_between_the_first_and_the_last_is_counted_even_an_empty_one():
    found = search("nato", [stored("nato"), stored("hujan"), stored("nato", day=2)])
    assert [(day.day, day.articles, day.matched) for day in found.days] == [
        (date(2026, 11, 23), 1, 1),
        (date(2026, 11, 24), 0, 0),
        (date(2026, 11, 25), 2, 1),
    ]
    assert (found.articles, found.matched, round(found.share, 2)) == (3, 2, 0.67)


def test_a_day_is_one_of_utc_whatever_the_clock_of_the_server():
    late = NOON.astimezone(UTC).replace(hour=23) - timedelta(days=1)
    jakarta = late.astimezone(datetime.now(UTC).astimezone().tzinfo)
    article = Stored(ArticleId(1), Article("nato", ""), jakarta, jakarta)
    assert search("nato", [article]).days[0].day == date(2026, 11, 24)


def test_nothing_to_look_through_gives_nothing():
    found = search("nato", [])
    assert (found.articles, found.matched, found.days, found.sightings, found.share) == (0, 0, (), (), 0.0)


def test_the_first_twenty_are_kept_with_their_sentence_and_their_words():
    articles = [
        stored(f"NATO {n}", "Hujan turun lama sekali.\n\nSekjen NATO tiba di Kyiv.") for n in range(30)
    ]
    found = search("nato OR kyiv", articles)
    assert [each.stored.article.title for each in found.sightings] == [f"NATO {n}" for n in range(SHOWN)]
    first = found.sightings[0]
    assert first.quote.text == "Sekjen NATO tiba di Kyiv."
    assert [first.quote.text[start:end] for start, end in first.quote.marks] == ["NATO", "Kyiv"]
    assert first.title_marks == ((0, 4),)
    assert first.words == ("NATO", "Kyiv")


ARTICLES = ("gempa banjir siaga", "gempa besar", "siaga dan banjir", "kering")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("gempa OR banjir", {"gempa": (2, 1), "banjir": (2, 1)}),
        ("gempa AND banjir", {"gempa": (1, 1), "banjir": (1, 1)}),
        ("gempa", {"gempa": (2, 2)}),
        ("gempa -kering", {"gempa": (2, 2)}),
        ("body:gempa OR title:banjir", {"body:gempa": (2, 2), "title:banjir": (0, 0)}),
        ("atleast/2(gempa, banjir, siaga)", {"banjir": (2, 1), "siaga": (2, 1), "gempa": (1, 0)}),
        ("(gempa lang:id) OR (banjir lang:en)", {"gempa": (2, 2), "banjir": (1, 0)}),
        ("gempa NEAR/3 banjir OR siaga", {"siaga": (2, 1), "gempa NEAR/3 banjir": (1, 0)}),
    ],
)
def test_each_term_is_counted_where_it_stands_and_where_only_it_brings_the_article(query, expected):
    assert shares(query, *ARTICLES) == expected


_WORDS = st.sampled_from(["gempa", "banjir", "siaga", "laut"])
_TREES = st.recursive(
    _WORDS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} OR {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} AND {pair[1]})"),
        st.tuples(inner, _WORDS).map(lambda pair: f"({pair[0]} NOT {pair[1]})"),
        st.tuples(inner, inner, inner).map(lambda three: f"atleast/2({', '.join(three)})"),
        inner.map(lambda part: f"({part} lang:id)"),
    ),
    max_leaves=6,
)


def finds(query, words):
    index = TopicIndex()
    index.add(Topic(TopicId(0), "", query))
    return bool(index.match(Article("", " ".join(sorted(words)), "id")))


@settings(deadline=None)  # the first match loads the names of all entities
@given(_TREES, st.sets(_WORDS))
def test_what_a_term_brings_alone_is_what_the_query_does_not_find_where_its_word_is_taken_out(query, words):
    if not finds(query, words):
        return
    terms = Terms(query)
    terms.count(Closely([query]).read(Article("", " ".join(sorted(words)), "id")))
    for share in terms.shares():
        assert share.found == (share.term in words)
        assert share.alone == (share.term in words and not finds(query, words - {share.term}))


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [*WORDS, "kiev", "Dinamo", "Kiev", "US", "us", "RI", "KE KIEV LAGI", "", "中国", "集中", "国力"]
        )
    ),
    max_size=5,
).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([*QUERIES, "@kyiv", "@usa", "@china OR @nato", "kiev -dinamo", "lang:id AND @nato"]),
    st.lists(
        st.tuples(
            LINES, st.lists(LINES, max_size=14).map("\n".join), st.sampled_from(["id", "en", "zh", "", None])
        ),
        max_size=6,
    ),
)
def test_whether_an_article_matches_may_be_seen_from_a_part_of_it_alone(query, texts):
    articles = [Stored(ArticleId(1), Article(*text), NOON, NOON) for text in texts]
    index = TopicIndex()
    index.add(Topic(TopicId(0), "", query))
    matching = sum(bool(index.match(each.article)) for each in articles)
    with patch("ops.searching.SHOWN", 0):
        assert search(query, articles, by_term=False).matched == matching
        assert compare("gempa", query, articles, by_term=False).gained.articles == matching


def test_terms_come_with_what_brings_most_first():
    found = search("gempa OR banjir OR siaga", [stored("banjir"), stored("banjir gempa")])
    assert [share.term for share in found.terms] == ["banjir", "gempa", "siaga"]


@pytest.mark.parametrize(("matching", "of", "warned"), [(2, 20, True), (1, 20, False), (5, 19, False)])
def test_a_query_that_matches_more_than_one_in_twenty_is_warned_of_with_the_figure(matching, of, warned):
    found = search("nato", [stored("nato" if n < matching else "hujan") for n in range(of)])
    assert bool(found.warnings) is warned
    if warned:
        assert "10.0%" in found.warnings[0]


def test_two_queries_are_held_against_each_other_article_by_article():
    articles = [stored("gempa"), stored("gempa banjir"), stored("banjir"), stored("kering")]
    found = compare("gempa", "banjir", iter(articles))
    assert (found.saved.matched, found.new.matched) == (2, 2)
    assert [each.stored.article.title for each in found.gained.sightings] == ["banjir"]
    assert [each.stored.article.title for each in found.lost.sightings] == ["gempa"]
    assert (found.gained.articles, found.lost.articles) == (1, 1)


@pytest.mark.parametrize("queries", [("nato", "("), ("(", "nato")])
def test_a_query_that_cannot_be_read_is_refused_before_any_article_is_taken(queries):
    taken = []
    with pytest.raises(BadQuery):
        compare(*queries, (taken.append(1) for _ in range(3)))
    assert taken == []
