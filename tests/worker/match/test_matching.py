"""What a query finds in an article, row by row of the query language's page."""

from __future__ import annotations

import pytest

from worker.match import TopicIndex
from worker.match.compile import compile_query, entities_of
from worker.match.evaluate import evaluate
from worker.match.namebook import NameBook
from worker.match.query import parse_query
from worker.match.reading import Reading
from worker.model import Article, Hit, Match, Topic, TopicId


def _found(query: str, article: Article) -> list[str] | None:
    """The words hit, the field before each; None where the article does not match."""
    plan = compile_query(parse_query(query))
    hits = evaluate(plan, Reading(article, NameBook(keys=entities_of(plan))))
    return None if hits is None else [f"{hit.field}:{hit.text}" for hit in hits]


def _in_body(query: str, text: str, language: str | None = "id") -> list[str] | None:
    found = _found(query, Article("", text, language=language))
    return None if found is None else [hit.removeprefix("body:") for hit in found]


FINDS = [
    # whole words, case, accents
    ("ukraina", "UKRAINA dan Ukraina", ["UKRAINA", "Ukraina"]),
    ("peche", "la pêche et la Peche", ["pêche", "Peche"]),
    ("pêche", "la peche", None),
    ("peña", "pena", None),
    ("pena", "peña", ["peña"]),
    ("Łódź", "Lodz", None),
    ("lodz", "Łódź", ["Łódź"]),
    ("strasse", "Straße", ["Straße"]),
    ("елка", "ёлка", ["ёлка"]),
    ("иод", "йод", None),
    # what languages hang on words
    ("ukraina", "Ukrainanya, Ukraina-lah, Rusia-Ukraina", ["Ukrainanya", "Ukraina-lah", "Ukraina"]),
    ("ukraine", "Ukraine's l’Ukraine", ["Ukraine's", "l’Ukraine"]),
    ("perang", "peperangan perangkat memerangi", None),
    ("serang", "menyerang", None),
    ("masa", "masalah", None),
    ("ke", "Kenya", None),
    ("أوكرانيا", "وأوكرانيا", ["وأوكرانيا"]),
    ("우크라이나", "우크라이나는", ["우크라이나는"]),
    # prefixes
    ("perang*", "perang perangkat peperangan PERANGKO", ["perang", "perangkat", "PERANGKO"]),
    ("ukr*", "l'Ukraine", ["l'Ukraine"]),
    ("pech*", "pêcheur", ["pêcheur"]),
    # phrases
    ('"pakta pertahanan"', "Pakta Pertahanan; pakta-pertahanan", ["Pakta Pertahanan", "pakta-pertahanan"]),
    ('"pakta pertahanan"', "pakta\n\npertahanan", ["pakta\n\npertahanan"]),
    ('"pakta pertahanan"', "pertahanan pakta", None),
    ('"pakta pertahanan"', "pakta baru pertahanan", None),
    ('"pakta pertahanan"', "pakta pertahanannya", ["pakta pertahanannya"]),
    ('"serang* militer"', "serangan militer", ["serangan militer"]),
    ('"a b"~2', "a x x b", ["a x x b"]),
    ('"a b"~2', "a x x x b", None),
    ('"a b c"~1', "a x b x c", None),
    ('"a b"~5', "a a x b b", ["a x b"]),
    ("covid-19", "Covid-19 COVID 19", ["Covid-19", "COVID 19"]),
    # NEAR
    ("a NEAR/1 b", "b x a", ["b", "a"]),
    ("a ONEAR/1 b", "b x a", None),
    ("a ONEAR/1 b", "a x b", ["a", "b"]),
    ("a NEAR/0 b", "a b", ["a", "b"]),
    ("a NEAR/0 b", "a x b", None),
    ("a NEAR a", "a", None),
    ("a NEAR a", "a a", ["a", "a"]),
    ('"a b" NEAR/3 b', "a b", None),
    ("a NEAR/1 b NEAR/1 c", "a x b x c", ["a", "b", "c"]),
    ("a NEAR/1 b NEAR/1 c", "c x a x b", ["c", "a", "b"]),
    ("a NEAR/0 b NEAR/0 c", "a b x c", None),
    ("a NEAR/2 (b NEAR/0 c)", "a x b c", ["a", "b", "c"]),
    ("a NEAR/0 (b NEAR/0 c)", "a x b c", None),
    ("(a OR b) NEAR/0 c", "a x b c", ["b", "c"]),
    ("@nato NEAR/2 perang*", "NATO dalam perangnya", ["NATO", "perangnya"]),
    # exact
    ("=NATO", "NATO nato Nato NATO-led l'NATO NATOnya", ["NATO", "NATO", "NATO"]),
    ('="New START"', "New START new start New\nSTART", ["New START", "New\nSTART"]),
    ("=C++", "C++ C C+", ["C++"]),
    ("=peña", "peña pena Peña pen\u0303a", ["peña", "pen\u0303a"]),
    ("=foo_bar", "foo_bar foo bar", ["foo_bar"]),
    ("=中国", "在中国的", ["中国"]),
    ('="a a"', "xa a a", ["a a"]),
    ("=हिन्दी", "हिन्दी", ["हिन्दी"]),
    ("=ह", "हिन्दी", None),
    ("=NATO", "O'NATO", ["NATO"]),
    # logic
    ("a b", "a", None),
    ("a OR b", "b", ["b"]),
    ("a -b", "a b", None),
    ("a -b", "a c", ["a"]),
    ("NOT NOT a", "a", ["a"]),
    ("a OR (b c)", "a b", ["a"]),
    ("atleast/2(a, b, c)", "a c", ["a", "c"]),
    ("atleast/2(a, b, c)", "a", None),
    ("c NOT atleast/2(a, b)", "a c", ["c"]),
    ("c NOT atleast/2(a, b)", "a b c", None),
    # scripts without blanks
    ("中国", "集中国力办大事", None),
    ("ロシア", "プロシア", None),
    ("ロシア", "ロシア軍", ["ロシア"]),
    ("ยูเครน", "กองทัพยูเครนโจมตี", ["ยูเครน"]),
    ("កម្ពុជា", "ព្រះរាជាណាចក្រកម្ពុជា", ["កម្ពុជា"]),
    ("မြန်မာ", "ပြည်ထောင်စုမြန်မာနိုင်ငံ", ["မြန်မာ"]),
    # what is not text
    ("ukraina", "https://example.org/ukraina", None),
    ("nato", "na\u00adto", ["na\u00adto"]),
]


@pytest.mark.parametrize(("query", "text", "hits"), FINDS)
def test_a_query_finds_its_words_and_no_others(query: str, text: str, hits: list[str] | None) -> None:
    assert _in_body(query, text) == hits


ARTICLE = Article(
    title="Ukraina minta bantuan",
    body="NATO bertemu. Ukraina senang.",
    language="id-ID",
    url="https://ekonomi.bisnis.com/read/2026/Ekonomi/1?a=1",
    source="Bisnis Indonesia",
    author="Ayu Lestari, Budi Péna",
    tags=("Luar Negeri", "indonesia"),
)


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("lang:id", True),
        ("lang:id-ID", True),
        ("lang:en,id", True),
        ("lang:en", False),
        ("lang:i*", True),
        ('source:"bisnis indonesia"', True),
        ("source:bisnis*", True),
        ("source:bisnis.com", True),
        ("source:ekonomi.bisnis.com", True),
        ("source:com", False),
        ("source:indonesia", False),
        ("tag:indonesia", True),
        ('tag:"luar negeri"', True),
        ("tag:luar*", True),
        ("tag:negeri", False),
        ('author:"ayu lestari"', True),
        ("author:budi", True),
        ("author:pena", True),
        ('author:"lestari ayu"', False),
        ("url:/ekonomi/", True),
        ("url:/politik/", False),
        ("url:https://ekonomi*", True),
        ("url:/read/*", True),
        ("url:ekonomi.bisnis.com/read*", True),
        ("url:bisnis*", False),
        ("-lang:en", True),
        ("NOT tag:indonesia", False),
        ("lang:(en OR id)", True),
    ],
)
def test_a_filter_asks_for_a_fact_of_the_article(query: str, holds: bool) -> None:
    assert _found(f"ukraina {query}", ARTICLE) == (["title:Ukraina", "body:Ukraina"] if holds else None)


def test_terms_look_in_the_field_they_are_given() -> None:
    assert _found("title:nato", ARTICLE) is None
    assert _found("body:nato", ARTICLE) == ["body:NATO"]
    assert _found("title:(ukraina OR nato)", ARTICLE) == ["title:Ukraina"]
    assert _found("title:ukraina -title:nato", ARTICLE) == ["title:Ukraina"]


def test_phrases_and_near_never_reach_from_the_title_into_the_body() -> None:
    assert _found('"bantuan nato"', ARTICLE) is None
    assert _found("bantuan NEAR/9 nato", ARTICLE) is None


def test_hits_come_from_true_branches_only_title_first_and_never_twice() -> None:
    assert _found("ukraina OR (nato rusia) OR ukrain*", ARTICLE) == ["title:Ukraina", "body:Ukraina"]


def test_at_most_a_hundred_hits_are_told() -> None:
    hits = evaluate(
        compile_query(parse_query("a")), Reading(Article("a", "a " * 300, language="id"), NameBook())
    )
    assert hits is not None
    assert len(hits) == 100
    assert hits[:2] == (Hit("title", 0, 1, "a"), Hit("body", 0, 1, "a"))


def test_a_term_of_one_word_repeated_ends_in_spite_of_its_pairs() -> None:
    query = "a NEAR/100 " * 100 + "a"
    assert _in_body(query, "a " * 2_000) is not None


def test_an_indonesian_article_is_found_under_ukraine_and_nato_and_an_italian_birth_is_not() -> None:
    paragraphs = [
        f"Paragraf ke-{number} tentang pertemuan para menteri di Jakarta." for number in range(1, 10)
    ]
    paragraphs.append("Anggota NATO akan memutuskannya pekan depan.")
    body = "\n\n".join(paragraphs)
    index = TopicIndex()
    index.add(Topic(TopicId(1), "Ukraina", "@ukraine"))
    index.add(Topic(TopicId(2), "NATO", "@nato"))
    place = body.index("NATO")
    assert index.match(Article("Ukraina minta bantuan", body)) == [
        Match(TopicId(1), (Hit("title", 0, 7, "Ukraina"),)),
        Match(TopicId(2), (Hit("body", place, place + 4, "NATO"),)),
    ]
    assert index.match(Article("Il pittore", "È nato a Roma nel 1950 da una famiglia povera.")) == []
