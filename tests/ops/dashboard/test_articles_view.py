"""What the pages of articles show, by table: what an address asks for, what is marked, how long each step took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.dashboard.views import article as one
from ops.dashboard.views import articles as listed
from ops.dashboard.views import reading as again
from ops.dashboard.words import by_clock
from ops.said import spoken
from ops.store.pages.articles import BEGUN, ENDED, Found, Sought
from ops.store.tracing import Trail
from ops.tracing import Asked, Trace
from worker.match import explain
from worker.match.entities import Catalogue
from worker.model import Article, Topic, TopicId

NOW = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
DAY = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, Sought()),
        ({"words": "  gempa \u202e palu\x00 "}, Sought(words="gempa palu")),
        ({"words": "x" * 900}, Sought(words="x" * 199 + "…")),
        ({"show": "matched", "before": "17"}, Sought(show="matched", before=17)),
        ({"show": "everything"}, Sought()),
        ({"before": "-1"}, Sought()),
        ({"before": "9" * 30}, Sought()),
        ({"before": "١٢"}, Sought()),
        ({"language": "uk"}, Sought(language="uk")),
        ({"language": "<b>"}, Sought()),
        ({"day": "2026-11-25"}, Sought(since=DAY, until=DAY + timedelta(days=1))),
        ({"day": "2026-02-31"}, Sought()),
        ({"day": "0001-01-01"}, Sought()),
        ({"day": "9999-12-31"}, Sought()),
        ({"topic": "Perang & damai", "feed": "Kabar"}, Sought(topic="Perang & damai", feed="Kabar")),
    ],
)
def test_an_address_asks_for_what_can_be_understood_in_it(query: dict[str, str], wanted: Sought) -> None:
    assert listed.sought(query) == wanted


def row(**facts: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "title": "Gempa di Palu",
        "url": "https://kabar.example/1",
        "source": "Kabar",
        "language": "id",
        "seen_at": NOW,
        "read_at": NOW - timedelta(minutes=2),
        "summary_only": False,
        "backlog": False,
        "headline": "",
        "excerpt": "",
        "matches": [],
        "sendings": [],
        **facts,
    }


def test_words_that_were_sought_are_marked_where_they_stand() -> None:
    shown = listed.article_row(
        row(headline=f"{BEGUN}Gempa{ENDED} di Palu", excerpt=f"kata {BEGUN}gempa{ENDED}. <b>"), NOW
    )
    assert shown.title == (("Gempa", True), (" di Palu", False))
    assert shown.excerpt == (("kata ", False), ("gempa", True), (". <b>", False))
    assert not shown.untold


def test_an_article_without_a_visible_title_can_still_be_opened() -> None:
    shown = listed.article_row(row(title="\u200b \u202e"), NOW)
    assert shown.title == (("(without a title)", False),)
    assert shown.path == "/articles/7"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", "http://"])
def test_an_address_that_is_no_link_is_none(url: str) -> None:
    assert listed.article_row(row(url=url), NOW).link is None


def test_the_next_part_asks_for_the_same() -> None:
    wanted = Sought(words="a & b", topic="Perang", show="unmatched", since=DAY, until=DAY + timedelta(days=1))
    view = listed.compose(wanted, Found([row()], further=7), ["id", "<b>"], [], NOW)
    assert view.further == ("/articles?words=a+%26+b&topic=Perang&day=2026-11-25&show=unmatched&before=7")
    assert (
        listed.sought({"words": "a & b", "topic": "Perang", "day": "2026-11-25", "show": "unmatched"})
        == wanted
    )
    assert view.languages == ("id",)
    assert [(str(word), chosen) for word, _, chosen in view.shows] == [
        ("All", False),
        ("Matched", False),
        ("Not matched", True),
        ("Reported", False),
    ]


def stored(**facts: Any) -> dict[str, Any]:
    seen = NOW - timedelta(minutes=5)
    return {
        "id": 7,
        "identity": "https://kabar.example/1",
        "url": "https://kabar.example/1",
        "source": "Kabar",
        "title": "Gempa di Palu",
        "body": "Kata BMKG.\n\nGempa merusak rumah.\n",
        "text_length": 32,
        "language": "id",
        "authors": ["Rina"],
        "tags": [],
        "published_at": seen - timedelta(seconds=90),
        "seen_at": seen,
        "read_at": seen + timedelta(seconds=2),
        "method": "json-ld",
        "via": None,
        "notes": {},
        "summary_only": False,
        "page_problem": None,
        **facts,
    }


def match(topic: str, *hits: tuple[str, int, int, str]) -> dict[str, Any]:
    return {
        "topic": topic,
        "found_at": NOW - timedelta(minutes=4),
        "hits": [list(hit) for hit in hits],
        "state": "planned",
    }


def asked(name: str, query: str) -> Asked:
    article = Article(title="Gempa di Palu", body="Kata BMKG.\n\nGempa merusak rumah.\n", language="id")
    return Asked(Topic(TopicId(1), name, query), explain(query, article, Catalogue()), False, ())


def facts(article: dict[str, Any], matches: list[dict[str, Any]], **more: Any) -> one.Facts:
    asked_now = more.pop("asked", ())
    named = more.get("named", "")
    trail = Trail((), article, matches, more.pop("alerts", ()), more.pop("deliveries", ()))
    trace = Trace(article["identity"], trail, asked_now, 0, named or None)
    return one.Facts(7, trace, None, (), (), "ratna", **more)


def test_the_words_of_each_topic_are_marked_in_their_paragraph() -> None:
    matches = [
        match("Gempa", ("title", 0, 5, "Gempa"), ("body", 12, 17, "Gempa")),
        match("BMKG", ("body", 5, 9, "BMKG")),
    ]
    view = one.compose(facts(stored(), matches), NOW)
    assert view.title == (("Gempa", True), (" di Palu", False))
    assert view.paragraphs == (
        (("Kata ", False), ("BMKG", True), (".", False)),
        (("Gempa", True), (" merusak rumah.", False)),
    )


def test_one_topic_alone_can_be_marked() -> None:
    matches = [match("Gempa", ("body", 12, 17, "Gempa")), match("BMKG", ("body", 5, 9, "BMKG"))]
    view = one.compose(facts(stored(), matches, named="BMKG", asked=(asked("BMKG", "BMKG"),)), NOW)
    assert view.paragraphs[0][1] == ("BMKG", True)
    assert view.paragraphs[1] == (("Gempa merusak rumah.", False),)
    assert [topic.chosen for topic in view.topics] == [True]


def test_a_place_whose_word_is_another_by_now_is_not_marked() -> None:
    view = one.compose(
        facts(stored(body="Teks lain sama sekali."), [match("Gempa", ("body", 12, 17, "Gempa"))]), NOW
    )
    assert view.paragraphs == ((("Teks lain sama sekali.", False),),)


def test_each_step_says_how_long_it_took_and_those_that_never_were_say_nothing() -> None:
    view = one.compose(facts(stored(), [match("Gempa")]), NOW)
    assert [(str(step.word), str(step.after), step.at is not None) for step in view.steps] == [
        ("Published", "", True),
        ("Seen", "90 s", True),
        ("Read", "2 s", True),
        ("Matched", "58 s", True),
        ("Planned", "", False),
        ("Sent", "", False),
    ]
    assert len(view.strip) == 3
    assert sum(bar.width for bar in view.strip) == pytest.approx(1000, abs=4)


def test_an_article_without_a_date_begins_where_it_was_seen() -> None:
    view = one.compose(facts(stored(published_at=None), []), NOW)
    assert [str(step.after) for step in view.steps] == ["", "", "2 s", "", "", ""]


def test_a_text_that_is_too_long_says_how_much_is_not_shown() -> None:
    body = "kata " * 20_000
    view = one.compose(facts(stored(body=body, text_length=len(body)), []), NOW)
    assert any("more characters are matched" in note for note in view.cut)
    many = one.compose(facts(stored(body="baris\n" * 1_000), []), NOW)
    assert len(many.paragraphs) == 400
    assert str(many.cut[0]).startswith("3,599 more characters")


def test_a_topic_that_was_asked_for_is_explained_where_others_match() -> None:
    both = (asked("Gempa", "gempa"), asked("Pemilu", "pemilu OR pilkada"))
    view = one.compose(facts(stored(), [], named="Pemilu", asked=both), NOW)
    assert view.sentence.startswith("Silent: the topic Pemilu needs one of pemilu, pilkada")
    assert [(topic.name, str(topic.state.word), topic.chosen) for topic in view.topics] == [
        ("Gempa", "matches", False),
        ("Pemilu", "does not match", True),
    ]


def test_a_reading_that_was_made_again_parts_the_page() -> None:
    told = {
        "url": "https://kabar.example/1",
        "fetched": {"status": 200},
        "page": {"method": "extracted"},
        "article": {"article": {"title": "Gempa", "language": "id"}, "authors": []},
        "words": 2,
        "page_words": 4,
        "seen": [["Menu utama", False], ["Gempa merusak.", True]],
        "topics": [{"name": "Gempa", "matches": True}],
        "sentence": "It would match Gempa.",
    }
    view = again.compose(7, told, NOW, NOW)
    assert view.good
    assert view.paragraphs == (("Menu utama", False), ("Gempa merusak.", True))
    assert (str(view.facts[1][0]), str(view.facts[1][1])) == (
        "Text",
        "2 of 4 words of the page, taken by the quick way",
    )


def test_a_reading_of_which_nothing_came_says_so() -> None:
    view = again.compose(
        7, {"url": "x", "problem": "status 403", "sentence": "It cannot be read: 403."}, NOW, NOW
    )
    assert not view.good
    assert view.paragraphs == ()
    assert [str(value) for _, value in view.facts] == ["status 403"]


def test_the_last_word_is_harmless_and_in_the_readers_time_and_language() -> None:
    class Shouting:
        def gettext(self, message: str) -> str:
            return message.replace("Told", "TOLD").replace("after it was seen", "AFTER")

        def ngettext(self, one: str, many: str, n: int) -> str:
            return one if n == 1 else many

    sent = NOW - timedelta(minutes=3)
    delivery = {
        "id": 1, "key": "k", "channel": "desk\u202e<b>{x}", "kind": "article", "state": "sent", "reason": None,
        "due_at": sent, "ended_at": sent, "created_at": sent, "possible_repeat": False, "attempts": [],
    }  # fmt: skip
    alert = {
        "topic": "Gempa", "subscription": "s", "channel": delivery["channel"], "delivery": 1, "reason": "at_once",
        "decided_for": "at_once", "state": "sent", "due_at": sent, "ended_at": sent, "attempts": 1,
        "possible_repeat": False, "seen_at": sent - timedelta(seconds=9), "decided_at": sent,
    }  # fmt: skip
    view = one.compose(facts(stored(), [match("Gempa")], alerts=(alert,), deliveries=(delivery,)), NOW)
    assert view.sentence == "Told desk<b>{x} at 2026-11-26 09:57:00, 2 min after it was seen."
    assert by_clock(view.sentence, "Asia/Jakarta") == (
        "Told desk<b>{x} at Thu 26 Nov 2026, 16:57:00 WIB, 2 min after it was seen."
    )
    assert spoken(by_clock(view.sentence, "UTC"), Shouting()) == (
        "TOLD desk<b>{x} at Thu 26 Nov 2026, 09:57:00 UTC, 2 min AFTER."
    )
    many = one.compose(facts(stored(), [], alerts=(alert,) * 103, deliveries=(delivery,)), NOW)
    assert (len(many.told), str(many.more_told), many.more_messages) == (100, "3 more are not shown.", "")
    assert by_clock(view.told[0].said, "Asia/Jakarta").startswith(
        "told in desk<b>{x} at Thu 26 Nov 2026, 16:57"
    )
