"""The whole trace of an article by its address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
URL = "https://news.example.id/gempa"
LAST = "SELECT last_value FROM topic_changes"


@pytest.fixture
def desk(installation: None, rows: Any) -> Any:
    """An article of an earthquake, read ten seconds ago, with the entry that brought it; a channel."""
    rows.feed_id = rows.feed(url="https://news.example.id/rss", name="Harian Contoh", state="ok")
    rows.channel("#desk")
    return rows


def bring(rows: Any, **facts: Any) -> int:
    usual = {"url": URL, "identity": URL, "title": "Gempa di laut", "body": "NATO tidak tahu. \x1b[31mGempa"}
    usual |= {"seen_at": NOW - timedelta(seconds=10), "read_at": NOW - timedelta(seconds=9)}
    article: int = rows.article(rows.feed_id, **{**usual, **facts})
    known(rows, rows.entry(rows.feed_id, link=URL, state="read", article_id=article, attempts=1))
    return article


def known(rows: Any, entry: int, key: str = "") -> None:
    from worker.feeds.identity import entry_keys
    from worker.model import Entry

    for each in entry_keys(Entry(None, URL, ""), "https://news.example.id/rss"):
        rows.change(
            "INSERT INTO entry_keys (feed_id, key, entry_id) VALUES (:f, :k, :e)",
            f=rows.feed_id,
            k=key or each,
            e=entry,
        )


def last_line(answer: Any) -> str:
    return str(answer.out.splitlines()[-1])


def tell(rows: Any, **facts: Any) -> int:
    """A topic that matches, and the delivery of it."""
    topic = rows.topic("Gempa", "gempa")
    article = bring(rows, topic_set=rows.one(LAST))
    subscription = rows.subscription(["Gempa"], ["#desk"], name="desk, at once")
    match = rows.match(
        topic, article, state="planned", quote={"field": "body", "text": "Gempa", "marks": [[0, 5]]}
    )
    delivery: int = rows.delivery(1, subscription, **facts)
    rows.slot(delivery, article, 1)
    rows.alert(match, subscription, 1, delivery, reason="at_once")
    return delivery


def test_an_article_that_was_told_ends_with_to_whom_and_how_soon(pantau: Any, desk: Any) -> None:
    delivery = tell(desk, state="sent", ended_at=NOW - timedelta(seconds=9.7), attempts=1)
    desk.change(
        "INSERT INTO attempts (delivery_id, n, verdict, answer, ended_at, elapsed_s) "
        "VALUES (:d, 1, 'sent', '200 ok', now(), 0.2)",
        d=delivery,
    )
    answer = pantau("why", URL)
    assert answer.code == 0
    assert last_line(answer).startswith("Told #desk at ")
    assert last_line(answer).endswith(", 0.3 s after it was seen.")
    for words in (
        "Harian Contoh",
        "desk, at once",
        "attempt 1",
        "200 ok",
        "+ gempa: Gempa",
        "> Gempa",
        "language id",
    ):
        assert words in answer.out
    assert "\x1b" not in answer.out
    (found,) = pantau("why", f"{URL}?utm_source=feed", "--json").lines
    assert found["known"]
    assert found["article"]["topic_set"] == 1
    assert "body" not in found["article"]
    assert found["topics"][0]["explained"]["hits"][0]["text"] == "Gempa"
    assert found["deliveries"][0]["attempts"][0]["answer"] == "200 ok"
    sentence = found["alerts"][0].pop("sentence")
    assert sentence.startswith("told in #desk at ")
    assert sentence in " ".join(answer.out.split())
    assert found["alerts"][0] | {"decided_at": 0} == {
        "topic": "Gempa",
        "subscription": "desk, at once",
        "channel": "#desk",
        "delivery": delivery,
        "decided_at": 0,
        "reason": "at_once",
        "decided_for": "at_once",
        "state": "sent",
    }


@pytest.mark.parametrize(
    ("state", "facts", "words"),
    [
        ("ready", {}, "On its way to #desk, due at "),
        ("waiting", {"reason": "tries_again: dns"}, "On its way to #desk, due at "),
        (
            "held",
            {"reason": "no_service", "held_by": "channel:1"},
            "Held for #desk: the Slack hook was removed.",
        ),
        ("failed", {"reason": "refused_plainest: x"}, "Not told to #desk, the delivery failed: "),
        ("expired", {"reason": "too_late"}, "Not told to #desk, the delivery expired: too late."),
        (
            "unknown",
            {"reason": "answer_lost_holds: timeout"},
            "In doubt for #desk: it did not answer in time.",
        ),
    ],
)
def test_every_end_of_a_delivery_has_its_sentence(
    pantau: Any, desk: Any, state: str, facts: Any, words: str
) -> None:
    tell(desk, state=state, **facts)
    assert words in last_line(pantau("why", URL))


def test_what_a_pause_keeps_is_said_to_wait_for_its_end(pantau: Any, desk: Any) -> None:
    tell(desk, state="collecting", due_at=datetime(9999, 1, 1, tzinfo=UTC))
    assert "Kept for #desk until its subscription is resumed." in last_line(pantau("why", URL))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("language_filter", "language filter: the subscription hears of uk, and this is id"),
        ("source_filter", "source filter: the subscription hears of only Kompas, and this is from Feed"),
        ("applied_back", "it was found by `topics apply-back --silent`, which tells nobody"),
        ("silenced", "silenced"),
        ("something_new", "something new"),
    ],
)
def test_an_alert_that_was_suppressed_says_why(pantau: Any, desk: Any, reason: str, words: str) -> None:
    topic, article = desk.topic("Gempa", "gempa"), bring(desk)
    match = desk.match(topic, article, state="planned")
    subscription = desk.subscription(["Gempa"], ["#desk"], languages=["uk"], sources=["Kompas"])
    desk.alert(match, subscription, 1, None, suppressed=reason)
    answer = pantau("why", URL)
    assert last_line(answer) == f"Not told to #desk: {words}."
    assert f"suppressed: {words}" in " ".join(answer.out.split())


def test_what_was_told_before_names_the_message_that_told_it(pantau: Any, desk: Any) -> None:
    at = NOW - timedelta(minutes=5)
    delivery = tell(desk, state="sent", ended_at=at)
    desk.change("UPDATE alerts SET told_in = delivery_id, delivery_id = NULL, suppressed = 'already_told'")
    told = f"the same article was already told in #desk at {at:%Y-%m-%d %H:%M:%S} (delivery {delivery})"
    assert last_line(pantau("why", URL)) == f"Not told to #desk: {told}."


def test_a_follow_up_and_what_is_over_the_cap_are_told_with_their_places(pantau: Any, desk: Any) -> None:
    due = datetime(2026, 11, 26, 10, 15, tzinfo=UTC)
    delivery = tell(desk, state="collecting", kind="rollup", due_at=due)
    desk.change("UPDATE alerts SET reason = 'over_cap'")
    desk.change("UPDATE subscriptions SET cap_per_hour = 12, timezone = 'Asia/Jakarta'")
    said = " ".join(pantau("why", URL).out.split())
    assert "over the cap of 12 an hour, in the roll-up of 2026-11-26 17:15 Asia/Jakarta: on its way" in said
    first = desk.announced(1, 1, 1, desk.feed_id, state="sent")
    desk.change("UPDATE articles SET title = 'Gempa pertama' WHERE identity <> :url", url=URL)
    desk.change("UPDATE alerts SET reason = 'follow_up' WHERE delivery_id = :d", d=delivery)
    desk.change("UPDATE deliveries SET thread_of = :f WHERE id = :d", f=first, d=delivery)
    said = " ".join(pantau("why", URL).out.split())
    assert f"follow-up of “Gempa pertama” (delivery {first}): on its way to #desk" in said


def test_a_named_topic_that_stays_silent_says_what_it_needs(pantau: Any, desk: Any) -> None:
    desk.topic("Banjir", "gempa AND banjir")
    bring(desk)
    answer = pantau("why", URL, "--topic", "Banjir")
    assert last_line(answer) == "Silent: the topic Banjir needs banjir, and it is not in title or body."
    assert "- banjir: not in title or body" in answer.out
    assert pantau("why", URL, "--topic", "banjir").code == 65


def test_topics_that_match_are_shown_and_the_others_counted(pantau: Any, desk: Any) -> None:
    for name, query in (("Gempa", "gempa"), ("Banjir", "banjir"), ("Hujan", "hujan")):
        desk.topic(name, query)
    bring(desk)
    answer = pantau("why", URL)
    assert "topics     1 match, 2 stay silent" in answer.out
    assert "Banjir" not in answer.out
    assert last_line(answer) == (
        "Silent: it matches Gempa, which was added or changed after it was read "
        "(`pantau topics apply-back` tells of such articles)."
    )


def test_a_match_of_which_nobody_hears_says_so(pantau: Any, desk: Any) -> None:
    topic = desk.topic("Gempa", "gempa")
    article = bring(desk, topic_set=1)
    desk.match(topic, article, state="new")
    assert last_line(pantau("why", URL)) == "Silent: it matches Gempa, and the plan desk has not come to it."
    desk.change("UPDATE matches SET state = 'planned'")
    assert (
        last_line(pantau("why", URL)) == "Silent: it matches Gempa, and no subscription hears of that topic."
    )
    desk.subscription(["Gempa"], ["#desk"], name="late")
    assert last_line(pantau("why", URL)) == "Silent: it matches Gempa, and late came after it was read."


def test_an_article_that_no_topic_matches_says_so(pantau: Any, desk: Any) -> None:
    bring(desk)
    assert last_line(pantau("why", URL)) == "Silent: there is no topic."
    desk.topic("Banjir", "banjir")
    assert last_line(pantau("why", URL)) == "Silent: none of the 1 topics matches."


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"state": "new"}, "Not read yet: Harian Contoh brought it at "),
        (
            {"state": "failed", "reason": "it ended its reader three times"},
            "Never read: it ended its reader three times.",
        ),
    ],
)
def test_an_entry_that_was_not_read_says_so(pantau: Any, desk: Any, facts: Any, words: str) -> None:
    known(desk, desk.entry(desk.feed_id, link=URL, **facts))
    answer = pantau("why", URL)
    assert answer.code == 0
    assert last_line(answer).startswith(words)


def test_an_article_whose_page_was_not_had_says_so_and_when_it_is_tried_again(pantau: Any, desk: Any) -> None:
    desk.topic("Banjir", "banjir")
    article = bring(desk, summary_only=True, method="feed", page_problem="status 503")
    desk.change("UPDATE entries SET page_tries = 2, page_due_at = '2026-11-23 14:05'")
    answer = pantau("why", URL)
    assert "page       feed, summary only (status 503)" in answer.out
    assert "tried 2 times, again at 2026-11-23 14:05:00" in answer.out
    assert last_line(answer) == (
        "Silent: none of the 1 topics matches. "
        "Only its feed's own words were read, since its page was not had: status 503."
    )
    assert pantau("why", URL, "--json").lines[0]["entries"][0]["page_tries"] == 2
    assert desk.one("SELECT id FROM articles") == article


def test_both_readings_of_an_article_are_shown_and_the_way_it_came(pantau: Any, desk: Any) -> None:
    article = bring(
        desk,
        via="news.google.com",
        reread_at=NOW,
        notes={"asked": ["https://a.example/", URL], "repeated": 41, "via": "news.google.com"},
    )
    desk.change(
        "INSERT INTO readings (article_id, read_at, title, body, method, summary_only, page_problem) "
        "VALUES (:a, '2026-11-23 07:00', 'Gempa', 'Gempa.', 'feed', true, 'timeout: no page')",
        a=article,
    )
    answer = pantau("why", URL)
    for words in (
        "before     2026-11-23 07:00:00, 6 characters, feed, summary only (timeout: no page)",
        "the link led through news.google.com",
        "asked      https://a.example/",
        "41 characters that the site repeats",
        f"again {NOW:%Y-%m-%d %H:%M:%S}",
    ):
        assert words in answer.out
    (found,) = pantau("why", URL, "--json").lines
    assert found["article"]["via"] == "news.google.com"
    assert [reading["method"] for reading in found["earlier_readings"]] == ["feed"]


def test_an_address_that_nobody_brought_is_told_with_the_nearest_feed(pantau: Any, desk: Any) -> None:
    answer = pantau("why", "https://www.example.id/elsewhere")
    assert answer.code == 4
    assert answer.out.splitlines() == [
        "nearest    Harian Contoh (https://news.example.id/rss): ok, not polled yet",
        "Unknown: no feed has brought an entry with this address. (--fetch reads it now)",
    ]
    (found,) = pantau("why", "https://www.example.id/elsewhere", "--json").lines
    assert (found["known"], found["nearest_feeds"][0]["name"]) == (False, "Harian Contoh")


def test_a_topic_that_cannot_be_read_is_no_obstacle(pantau: Any, desk: Any) -> None:
    desk.topic("Gempa", "gempa")
    desk.topic("Broken", "@nobody-knows-it")
    bring(desk)
    assert pantau("why", URL, "--json").lines[0]["topics"][0]["name"] == "Gempa"
    assert "unknown entity" in pantau("why", URL, "--topic", "Broken").err


def test_a_topic_may_name_an_entity_of_ones_own(pantau: Any, desk: Any) -> None:
    desk.entity({"key": "quake", "title": "Quake", "names": {"id": {"any": ["gempa"]}}})
    desk.topic("Quake", "@quake")
    bring(desk, topic_set=99)
    (found,) = pantau("why", URL, "--json").lines
    assert (found["topics"][0]["name"], found["topics"][0]["changed_since"]) == ("Quake", False)
