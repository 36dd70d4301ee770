"""What a query says that cannot be meant: only what can be proved, and every such place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.watchlist.doubts import doubts
from worker.match import TopicIndex, parse_query, print_query
from worker.model import Article, Topic, TopicId


def told(query):
    return [str(doubt) for doubt in doubts(parse_query(query))]


NEVER = "can never match"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (
            "gempa -gempa",
            ["column 7: 'gempa AND NOT gempa' can never match: gempa is both wanted and excluded"],
        ),
        ("gempa AND NOT (banjir OR gempa)", [NEVER]),
        ("title:gempa -gempa", [NEVER]),
        ("title:gempa -title:gempa", [NEVER]),
        ('"pakta pertahanan" laut -"pakta pertahanan"', [NEVER]),
        ("@nato -@nato", [NEVER]),
        ("laut OR (gempa -gempa)", [NEVER]),
        ("atleast/2(gempa, laut) -gempa", [NEVER]),
        ("(gempa NEAR/3 laut) -(gempa NEAR/3 laut)", [NEVER]),
        (
            "gempa lang:id lang:en",
            [
                "column 20: 'gempa AND lang:id AND lang:en' can never match: no article is in 'id' and 'en'; "
                "write lang:id,en for either"
            ],
        ),
        ("gempa lang:ua", ["column 12: no language has the code 'ua' (did you mean \"uk\"?)"]),
        ("gempa lang:qx,id", ["column 12: no language has the code 'qx'"]),
        ("gempa lang:idn", ["column 12: no language has the code 'idn' (did you mean \"id\"?)"]),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_column(query, words):
    found = told(query)
    assert len(found) == len(words)
    for sentence, expected in zip(found, words, strict=True):
        assert expected in sentence


@pytest.mark.parametrize(
    "query",
    [
        "gempa -banjir",
        "gempa -title:gempa",
        "title:gempa -body:gempa",
        "gempa -(gempa laut)",
        "(gempa OR laut) -gempa",
        "gempa lang:pt lang:pt-br",
        "gempa lang:id,en",
        "gempa lang:id -lang:en",
        "gempa lang:fil",
        "gempa lang:yue",
        "gempa lang:zh-hant",
        "gempa lang:i*",
        "atleast/1(gempa, laut) -gempa",
        "perang* -perang",
    ],
)
def test_what_may_be_meant_is_not_doubted(query):
    assert told(query) == []


_WORDS = st.sampled_from(["gempa", "laut", "siaga"])
_TREES = st.recursive(
    _WORDS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} AND {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} NOT {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} OR {pair[1]})"),
        _WORDS.map(lambda word: f"title:{word}"),
    ),
    max_leaves=5,
)


@settings(deadline=None)  # the first match loads the names of all entities
@given(_TREES, st.sets(_WORDS), st.sets(_WORDS))
def test_what_is_said_never_to_match_never_does(query, title, body):
    whole = f"'{print_query(parse_query(query))}'"
    never = [doubt for doubt in told(query) if NEVER in doubt and doubt.split(": ", 1)[1].startswith(whole)]
    index = TopicIndex()
    index.add(Topic(TopicId(0), "", query))
    if never:
        assert index.match(Article(" ".join(title), " ".join(body))) == []
