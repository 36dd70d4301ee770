"""Why an article was told or not, in one sentence."""

from __future__ import annotations

import pytest

from ops.dashboard.tongues import tongue
from ops.said import spoken
from ops.tracing import _NOTES, Asked, lacks, made_now, names_of, nearest_feeds, parts_of
from worker.match import explain
from worker.match.explain import NOTES
from worker.model import Article, Topic, TopicId

ARTICLE = Article("Gempa di laut", "Olahraga tetap jalan.", language="id", source="Harian")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("banjir", "needs banjir, and it is not in title or body"),
        ("gempa banjir", "needs banjir, and it is not in title or body"),
        ("gempa -olahraga", "excludes olahraga, and that is there: Olahraga"),
        ("banjir OR tsunami", "needs one of banjir, tsunami, and none of them is there"),
        ("gempa (banjir OR tsunami)", "needs one of banjir, tsunami, and none of them is there"),
        ("gempa lang:en,uk", "needs one of lang:en, lang:uk, and none of them is there"),
        ("gempa lang:en", "needs lang:en, and the article's is id"),
        ("body:gempa", "needs gempa, and it is not in body"),
        ("atleast/2(gempa, banjir, tsunami)", "needs banjir, and it is not in title or body"),
        ("gempa NEAR/1 olahraga", "needs gempa NEAR/1 olahraga, and it is not near enough in title or body"),
    ],
)
def test_what_a_query_lacks_ends_the_sentence(query, words):
    assert lacks(explain(query, ARTICLE)) == words


def test_an_entity_that_is_not_there_is_told_with_its_names():
    assert lacks(explain("@nato", ARTICLE)).startswith("needs @nato, and none of its ")


def test_an_address_is_known_by_its_canonical_form_and_as_a_guid():
    identities, keys = names_of("HTTPS://News.Example:443/a?utm_source=x#top")
    assert "https://news.example/a" in identities
    assert len(keys) >= 1


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://news.example.id/a", ["https://news.example.id/rss", "https://www.example.id/rss"]),
        ("https://m.example.id/a", ["https://news.example.id/rss", "https://www.example.id/rss"]),
        ("https://elsewhere.example/a", []),
        ("no address", []),
    ],
)
def test_the_nearest_feeds_are_those_of_the_host_and_of_its_siblings(url, expected):
    feeds = [
        {"url": f"https://{host}/rss"} for host in ("other.example", "news.example.id", "www.example.id")
    ]
    assert [feed["url"] for feed in nearest_feeds(url, feeds)] == expected


def asked(query, *heard_by):
    return Asked(Topic(TopicId(1), query.title(), query), explain(query, ARTICLE), False, heard_by)


@pytest.mark.parametrize(
    ("problem", "topics", "silent", "words"),
    [
        ("the server answered 404", [], 0, "It cannot be read: the server answered 404. Of such an entry"),
        (None, None, 0, "It can be read. Which topics match nobody knows here: no installation runs."),
        (None, [], 0, "It can be read, and there is no topic."),
        (None, [], 3, "None of the 3 topics would match."),
        (None, [asked("gempa")], 0, "It would match Gempa, and no subscription hears of that."),
        (
            None,
            [asked("gempa", "desk"), asked("laut", "desk", "rina")],
            1,
            "It would match Gempa, Laut, of which desk, rina would hear.",
        ),
        (None, [asked("banjir")], 1, "The topic Banjir would not match: it needs banjir, and it is not in"),
    ],
)
def test_what_would_be_made_of_a_page_ends_in_one_sentence(problem, topics, silent, words):
    assert made_now(problem, topics, silent).startswith(words)


def test_everything_that_the_matcher_says_can_be_said_in_other_languages() -> None:
    assert {note.message for note in _NOTES} == set(NOTES)


def test_what_is_missing_is_said_in_the_readers_language() -> None:
    told = [text for _, _, text in parts_of(explain('nato OR "gempa kuat"', ARTICLE))]
    assert told[1:] == ["nato: not in title or body", '"gempa kuat": not in title or body: kuat']
    assert [spoken(text, tongue("id")) for text in told[1:]] == [
        "nato: tidak ada di judul atau isi",
        '"gempa kuat": tidak ada di judul atau isi: kuat',
    ]
