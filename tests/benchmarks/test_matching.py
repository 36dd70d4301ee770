"""The benchmark measures, and what it measures is the same tomorrow; how fast anything is, is not tested."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from itertools import islice

import pytest
from click.testing import CliRunner

from benchmarks.matching.__main__ import main
from benchmarks.matching.articles import generated, mixed, real
from benchmarks.matching.engine import NotInstalled
from benchmarks.matching.languages import LANGUAGES
from benchmarks.matching.patterns import Alternation, Automaton, Searches, terms
from benchmarks.matching.postgresql import Beyond, Percolating, tsquery
from benchmarks.matching.table import rendered
from benchmarks.matching.topics import topics
from benchmarks.matching.vocabulary import Vocabulary, vocabularies
from worker.match import parse_query
from worker.model import Article, Topic, TopicId

SEED = 7


def test_a_seed_makes_the_same_words_and_names():
    one, other, another = (Vocabulary(LANGUAGES[0], seed) for seed in (SEED, SEED, SEED + 1))
    assert (one.words, one.known_names) == (other.words, other.known_names)
    assert one.words != another.words


def test_a_seed_makes_the_articles_that_were_measured_before():
    # If this changes, figures from before the change cannot be compared with figures from after it.
    [article] = generated(SEED, [3])
    assert article.language == "uk"
    assert article.title.startswith("Щябел Їшуненко тінрирхют")


def test_an_article_is_the_same_whichever_others_are_made():
    assert generated(SEED, [4]) == generated(SEED, range(3, 6))[1:2]


def test_articles_are_as_long_and_as_mixed_as_the_news():
    articles = generated(SEED, range(300))
    assert 600 < sum(len(article.body.split()) for article in articles) / len(articles) < 800
    assert {article.language for article in articles} == {language.code for language in LANGUAGES}


@pytest.mark.parametrize("vocabulary", vocabularies(SEED), ids=lambda vocabulary: vocabulary.language.code)
def test_words_are_many_and_distinct(vocabulary):
    assert len(set(vocabulary.words)) == len(vocabulary.words) == 40_000


@pytest.mark.parametrize("entities", [False, True])
def test_a_seed_makes_the_same_topics_and_all_can_be_read(entities):
    made = list(islice(topics(SEED, entities=entities), 2_000))
    assert made == list(islice(topics(SEED, entities=entities), 2_000))
    assert len({topic.query for topic in made}) > 1_900
    for topic in made:
        parse_query(topic.query)
    assert entities == any("@" in topic.query and "lang:" not in topic.query for topic in made)


def test_real_pages_are_mixed_in(tmp_path):
    (tmp_path / "extraction").mkdir()
    pages = {
        "a": {"articleBody": "Harga beras naik\n\nPemerintah berjanji membantu petani."},
        "b": {"articleBody": "x"},
    }
    (tmp_path / "extraction" / "ground-truth.json").write_text(json.dumps(pages), encoding="utf-8")
    first, second = real(tmp_path)
    assert (first.title, first.body) == ("Harga beras naik", "Pemerintah berjanji membantu petani.")
    articles = mixed(SEED, 3, [first, second])
    assert first in articles
    assert second not in articles, "more than half of the articles would be real"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('ukraina AND ("laut hitam" OR kerj*)', "('ukraina') & (('laut hitam') | ('kerj':*))"),
        ("title:putin NOT nato", "('putin':A) & (!('nato'))"),
        ("l'Ukraine", "'l''Ukraine'"),
    ],
)
def test_a_query_as_postgresql_says_it(query, expected):
    assert tsquery(parse_query(query)) == expected


@pytest.mark.parametrize("query", ["a NEAR/5 b", "@nato", "nato lang:id", '"a b"~2', "=NATO"])
def test_what_postgresql_cannot_say_is_left_out(query):
    with pytest.raises(Beyond):
        tsquery(parse_query(query))


def test_the_terms_of_a_query_are_what_pattern_engines_look_for():
    query = parse_query('(Ukraina OR "Laut Hitam") AND NOT perang* title:(a NEAR/3 b) @nato')
    assert set(terms(query)) == {
        ("ukraina", False),
        ("laut hitam", False),
        ("perang", True),
        ("a", False),
        ("b", False),
    }


ASKED = ['ukraina AND "laut hitam"', "laut NOT ukraina", "perang*", "=NATO", "lau", "title:laut"]
ARTICLE = Article("Ukraina", "Di Laut Hitam, peperangan lama; perangkat baru.")


@pytest.mark.parametrize("engine", [Alternation, Searches, Automaton])
def test_pattern_engines_find_the_terms(engine):
    if engine is Automaton:
        pytest.importorskip("ahocorasick_rs")
    known = engine()
    known.add(known.translated([Topic(TopicId(at), "t", query) for at, query in enumerate(ASKED[:3])]))
    known.ready()
    # of laut and "laut hitam", which begin at the same place, an alternation finds the one that stands first
    assert known.match(ARTICLE) == (3 if engine is Alternation else 4)


def test_a_peer_that_is_not_installed_is_left_out_and_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ahocorasick_rs", None)
    with pytest.raises(NotInstalled, match="uv sync --group bench"):
        Automaton().ready()
    missing = rendered([{"engine": "ahocorasick_rs", "missing": "ahocorasick_rs is not installed"}])
    assert "ahocorasick_rs is not installed" in missing


@pytest.mark.servers
def test_postgresql_finds_topics():
    with closing(Percolating()) as server:
        server.add(server.translated([Topic(TopicId(at), "t", query) for at, query in enumerate(ASKED)]))
        server.ready()
        assert sorted(server.found(ARTICLE)) == [0, 2]


def test_it_runs_from_end_to_end(tmp_path):
    figures = tmp_path / "figures.json"
    small = "--topics 50 --articles 5 --peers naive,re,search --seconds 1 --json".split()
    result = CliRunner().invoke(main, [*small, str(figures)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "50 topics, 5 articles, 0 of them real pages" in result.output
    [size] = json.loads(figures.read_text(encoding="utf-8"))["sizes"]
    engines = {engine["engine"]: engine for engine in size["engines"]}
    assert engines.keys() == {"pantau", "naive", "re", "search"}
    assert engines["naive"]["compared"] == 50 * engines["naive"]["first"]["articles"]
    assert engines["naive"]["different"] == engines["naive"]["different_plainest"] == 0
    assert engines["pantau"]["warm"]["articles"] == 5


def test_the_quick_look_runs():
    result = CliRunner().invoke(
        main, "--quick --topics 50 --articles 5 --profile".split(), catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    for line in ("load", "add one", "cold", "warm", "unseen", "function calls"):
        assert line in result.output


@pytest.mark.parametrize("wrong", ["--topics many", "--topics 0", "--peers grep", "--articles 0"])
def test_wrong_options_are_refused(wrong):
    assert CliRunner().invoke(main, wrong.split()).exit_code == 2
