"""What a letter is made of, on a real database: topics in their order, threads, coverage, updates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

import worker.store.schema as world
from alerts.model import Coverage, Letter, Thread
from alerts.store import letters
from alerts.store.deliveries import DueDelivery
from alerts.store.schema import deliveries as ledger

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)


@pytest.fixture
def letter(kit: Any) -> Callable[[int], Letter]:
    """The letter of a delivery, as the send desk loads it."""

    def load(delivery: int) -> Letter:
        with kit.engine.connect() as connection:
            row = connection.execute(select(ledger).where(ledger.c.id == delivery)).one()
            facts = {fact.name: getattr(row, fact.name, None) for fact in fields(DueDelivery)}
            due = DueDelivery(**facts | {"key": str(row.key)})
            return letters.load_letter(connection, due, NOW)

    return load


@pytest.fixture
def desk(rows: Any) -> Any:
    """A channel that follows two topics and all about war, in that order."""
    rows.feed_id, rows.desk = rows.feed(), rows.channel()
    rows.names = {
        name: rows.topic(name, tags=tags) for name, tags in (("Air", ["war"]), ("NATO", []), ("Kyiv", []))
    }
    rows.follows = rows.subscription(["NATO", "Kyiv", "tag:war"])
    return rows


def story(desk: Any, **facts: Any) -> int:
    return desk.add(world.stories, **{"title": "First", "first_at": NOW, "last_at": NOW, **facts})


def told(desk: Any, delivery: int, *topics: str, channel: int | None = None, **facts: Any) -> int:
    """An article in a delivery, with an alert for each topic."""
    where = channel or desk.desk
    article = desk.article(desk.feed_id, **facts)
    desk.slot(delivery, article, where)
    for topic in topics or ("NATO",):
        desk.alert(desk.match(desk.names[topic], article, state="planned"), desk.follows, where, delivery)
    return article


def test_topics_stand_in_the_order_in_which_the_subscription_names_them(desk: Any, letter: Any) -> None:
    delivery = desk.delivery(desk.desk, desk.follows, kind="digest")
    told(desk, delivery, "Air", "Kyiv", "NATO")
    found = letter(delivery)
    assert found.topics == ("NATO", "Kyiv", "Air")
    assert found.items[0].topics == ("NATO", "Kyiv", "Air")


def test_a_topic_that_the_subscription_no_longer_names_comes_last(desk: Any, letter: Any) -> None:
    delivery = desk.delivery(desk.desk, desk.follows, kind="digest")
    told(desk, delivery, "Air", "NATO")
    desk.change("UPDATE subscriptions SET topics = '{tag:war}'")
    assert letter(delivery).topics == ("Air", "NATO")


@pytest.mark.parametrize(
    ("options", "language"), [({}, "en"), ({"language": "id"}, "id"), ({"language": "x"}, "en")]
)
def test_a_letter_speaks_its_channels_language(rows: Any, letter: Any, options: Any, language: str) -> None:
    channel = rows.channel(options=options)
    delivery = rows.announced(channel, rows.subscription(), rows.topic(), rows.feed())
    assert letter(delivery).language == language


def test_only_places_in_the_title_are_marked_in_the_title(desk: Any, letter: Any) -> None:
    delivery = desk.delivery(desk.desk, desk.follows)
    article = desk.article(desk.feed_id, title="NATO di Kyiv")
    desk.slot(delivery, article, desk.desk)
    hits = [["body", 0, 4, "NATO"], ["title", 0, 4, "NATO"], ["title", 8, 12, "Kyiv"]]
    match = desk.match(desk.names["NATO"], article, state="planned", hits=hits)
    desk.alert(match, desk.follows, desk.desk, delivery)
    assert letter(delivery).items[0].title_marks == ((0, 4), (8, 12))


def test_a_follow_up_knows_the_message_it_hangs_on(desk: Any, letter: Any) -> None:
    event_ = story(desk)
    root = desk.delivery(desk.desk, desk.follows, state="sent", remote_id="17.5", story_id=event_)
    told(desk, root, title="The second", seen_at=NOW, story_id=event_)
    told(desk, root, title="The first", seen_at=NOW - timedelta(minutes=3), story_id=event_)
    further = desk.delivery(desk.desk, desk.follows, kind="followup", thread_of=root, story_id=event_)
    told(desk, further, "NATO", "Kyiv", story_id=event_)
    found = letter(further)
    key = desk.one("SELECT key::text FROM deliveries WHERE id = :id", id=root)
    assert found.topics == ("NATO", "Kyiv")
    assert found.thread == Thread(key=key, title="The first", remote_id="17.5", topics=("NATO",))
    assert found.items[0].story == event_
    assert found.told_at is None


def test_a_story_counts_what_the_channel_has_heard_or_hears_with_this_letter(desk: Any, letter: Any) -> None:
    event_, other = story(desk), story(desk)
    sent = desk.delivery(desk.desk, desk.follows, state="sent")
    told(desk, sent, source="Reuters", language="en", story_id=event_)
    told(desk, sent, source="Reuters", language="en", story_id=event_)
    told(desk, sent, source="Antara", language="id", story_id=other)
    later = desk.delivery(desk.desk, desk.follows, state="waiting", due_at=NOW + timedelta(hours=1))
    told(desk, later, source="Tass", language="ru", story_id=event_)
    failed = desk.delivery(desk.desk, desk.follows, state="failed")
    lost = told(desk, failed, source="BBC", language="cy", story_id=event_)
    desk.change("UPDATE delivery_articles SET taken = false WHERE article_id = :id", id=lost)
    elsewhere = desk.channel("elsewhere")
    foreign = desk.delivery(elsewhere, desk.follows, state="sent")
    told(desk, foreign, channel=elsewhere, source="AFP", language="fr", story_id=event_)
    now = desk.delivery(desk.desk, desk.follows)
    told(desk, now, source="Kompas", language="id", story_id=event_)
    told(desk, now, source="Tempo", language=None)
    assert letter(now).coverage == {event_: Coverage(articles=3, outlets=2, languages=2)}


def test_an_update_shows_the_first_message_with_all_that_is_known_by_now(desk: Any, letter: Any) -> None:
    event_ = story(desk)
    then = NOW - timedelta(minutes=9)
    root = desk.delivery(desk.desk, desk.follows, state="sent", remote_id="17.5", first_attempt_at=then)
    article = told(desk, root, title="The first", story_id=event_, source="Reuters", language="en")
    found_later = desk.match(desk.names["Kyiv"], article, state="planned")
    desk.alert(found_later, desk.follows, desk.desk, None, suppressed="already_told")
    unwanted = desk.match(desk.names["Air"], article, state="planned")
    desk.alert(unwanted, desk.follows, desk.desk, None, suppressed="language_filter")
    further = desk.delivery(
        desk.desk,
        desk.follows,
        kind="followup",
        thread_of=root,
        state="waiting",
        due_at=NOW + timedelta(hours=1),
    )
    told(desk, further, story_id=event_, source="Tass", language="ru")
    update = desk.delivery(desk.desk, None, kind="update", thread_of=root, story_id=event_)
    found = letter(update)
    assert [(item.title, item.topics) for item in found.items] == [("The first", ("NATO", "Kyiv"))]
    assert found.coverage == {event_: Coverage(articles=2, outlets=2, languages=2)}
    assert (found.told_at, found.thread.remote_id) == (then, "17.5")


def test_a_notice_has_no_articles_and_is_a_letter_all_the_same(desk: Any, letter: Any) -> None:
    found = letter(desk.delivery(desk.desk, None, kind="notice"))
    assert (found.kind, found.items, found.timezone) == ("notice", (), "UTC")


def test_any_number_of_articles_costs_three_questions(desk: Any, kit: Any, letter: Any) -> None:
    event_ = story(desk)
    delivery = desk.delivery(desk.desk, desk.follows, kind="digest")
    for number in range(30):
        told(desk, delivery, "NATO", "Kyiv", story_id=event_ if number % 3 else None)
    asked: list[str] = []
    event.listen(kit.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    assert len(letter(delivery).items) == 30
    assert len([said for said in asked if "SELECT" in said]) == 1 + 3
