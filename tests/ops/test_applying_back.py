"""Topics applied to older articles: told in one summary or kept in silence, and nobody hears of an article twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest

from alerts.desks.plan import plan
from alerts.store import deliveries, letters
from ops.applying_back import BATCH, Applied, Order, apply_back
from ops.store.audit import audit
from ops.store.watched import articles_of_last, topics_named
from worker.store.topics import catalogue

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
WEEK_S = 7 * 86400.0
ALERTS = "SELECT delivery_id, suppressed, reason FROM alerts ORDER BY id"
DELIVERIES = "SELECT kind, bundle, state, rank FROM deliveries ORDER BY id"

Back = Callable[..., Applied]


@pytest.fixture
def back(kit: Any) -> Back:
    """Applies topics to the articles of the last seven days."""

    def run(*names: str, asked: Any = "catch_up", dry_run: bool = False) -> Applied:
        with kit.engine.connect() as connection:
            topics = list(topics_named(connection, names or ("NATO",)).values())
            order = Order(topics, catalogue(connection), asked, kit.clock, dry_run)
            return apply_back(kit.engine, order, articles_of_last(connection, WEEK_S))

    return run


@pytest.fixture
def desk(rows: Any) -> Any:
    """Three articles of NATO, read days ago, one of rain, one of long ago; a topic and its subscription of today."""
    rows.feed_id = rows.feed()
    for day in (1, 2, 3):
        rows.article(rows.feed_id, read_at=NOW - timedelta(days=day), published_at=NOW - timedelta(days=40))
    rows.article(rows.feed_id, title="Hujan", body="Hujan turun.", read_at=NOW - timedelta(days=1))
    rows.article(rows.feed_id, read_at=NOW - timedelta(days=8))
    rows.channel()
    rows.topic()
    rows.subscription(created_at=NOW, changed_at=NOW)
    return rows


def sound(kit: Any) -> bool:
    with kit.engine.connect() as connection:
        return bool(audit(connection).sound)


def test_older_articles_become_one_summary_behind_all_news_with_its_reason(
    kit: Any, desk: Any, back: Back
) -> None:
    done = back()
    assert done == Applied(articles=4, matched=3, new_matches=3, told=3)
    assert desk.all(DELIVERIES) == [("backlog", "older:1", "collecting", 1)]
    assert desk.all(ALERTS) == [(1, None, "applied_back")] * 3
    assert desk.one("SELECT due_at - created_at > interval '29 s' FROM deliveries")
    assert plan(kit) == 0
    assert sound(kit)


def test_the_summary_says_what_it_is(kit: Any, desk: Any, back: Back) -> None:
    from alerts.letter import subject

    back()
    desk.change("UPDATE deliveries SET due_at = now()")
    with kit.engine.begin() as connection:
        (due,) = deliveries.claim_due(connection, 1)
        letter = letters.load_letter(connection, due, NOW)
    assert subject(letter) == "3 older articles on NATO"


def test_silence_keeps_the_matches_and_tells_nobody(kit: Any, desk: Any, back: Back) -> None:
    done = back(asked="silent")
    assert (done.new_matches, done.told, done.suppressed) == (3, 0, {"applied_back": 3})
    assert desk.all(DELIVERIES) == []
    assert desk.all(ALERTS) == [(None, "applied_back", "applied_back")] * 3
    assert sound(kit)


@pytest.mark.parametrize("asked", ["catch_up", "silent"])
@pytest.mark.parametrize("again", ["catch_up", "silent"])
def test_doing_it_again_changes_nothing(kit: Any, desk: Any, back: Back, asked: str, again: str) -> None:
    back(asked=asked)
    before = desk.all(ALERTS), desk.all(DELIVERIES), desk.all("SELECT * FROM delivery_articles")
    assert back(asked=again) == Applied(articles=4, matched=3)
    assert (desk.all(ALERTS), desk.all(DELIVERIES), desk.all("SELECT * FROM delivery_articles")) == before
    assert sound(kit)


def test_a_dry_run_says_the_same_and_keeps_nothing(desk: Any, back: Back) -> None:
    told = back(dry_run=True)
    assert desk.all("SELECT id FROM matches") == desk.all(ALERTS) == desk.all(DELIVERIES) == []
    assert back() == told


def test_a_channel_that_has_heard_of_an_article_does_not_hear_of_it_again(
    kit: Any, desk: Any, back: Back
) -> None:
    desk.topic("Kyiv", "kyiv OR met")
    told = desk.subscription(["Kyiv"])
    live = desk.match(2, 1)
    assert plan(kit) == 1
    desk.change("UPDATE deliveries SET state = 'sent', ended_at = now()")
    done = back()
    assert (done.told, done.suppressed) == (2, {"already_told": 1})
    assert desk.all("SELECT match_id, subscription_id FROM alerts WHERE delivery_id = 1") == [(live, told)]
    assert sound(kit)


def test_what_waits_for_the_plan_desk_is_left_to_it(kit: Any, desk: Any, back: Back) -> None:
    desk.change(
        "UPDATE subscriptions SET created_at = :then, changed_at = :then", then=NOW - timedelta(days=30)
    )
    desk.match(1, 1)
    done = back()
    assert (done.matched, done.new_matches, done.told) == (3, 2, 2)
    assert plan(kit) == 1
    assert sorted(kind for kind, *_ in desk.all(DELIVERIES)) == ["article", "backlog"]
    assert sound(kit)


def test_who_subscribed_late_hears_of_what_was_matched_before(kit: Any, desk: Any, back: Back) -> None:
    desk.match(1, 1)
    plan(kit)
    assert desk.all(ALERTS) == [(None, "before_subscription", "before_subscription")]
    assert back().told == 3
    assert desk.all(ALERTS) == [(1, None, "applied_back")] * 3
    desk.channel("late")
    desk.subscription(channels=["late"], created_at=NOW, changed_at=NOW)
    assert back() == Applied(articles=4, matched=3, told=3)
    assert sound(kit)


def test_filters_of_a_subscription_count(desk: Any, back: Back) -> None:
    desk.change("UPDATE subscriptions SET languages = '{uk}'")
    assert back().suppressed == {"language_filter": 3}


def test_several_topics_share_one_place_for_an_article(kit: Any, desk: Any, back: Back) -> None:
    desk.topic("Met", "met")
    desk.subscription(["Met"])
    assert back("NATO", "Met").told == 6
    assert desk.one("SELECT count(*) FROM delivery_articles") == 3
    assert {reason for *_, reason in desk.all(ALERTS)} == {"applied_back"}
    assert sound(kit)


def test_what_is_more_than_one_message_holds_becomes_several(kit: Any, desk: Any, back: Back) -> None:
    for _ in range(210):
        desk.article(desk.feed_id, read_at=NOW - timedelta(hours=1))
    assert back().told == 213
    sizes = desk.all("SELECT count(*) FROM delivery_articles GROUP BY delivery_id ORDER BY 1")
    assert sizes == [(13,), (200,)]
    assert sound(kit)


def test_news_that_comes_meanwhile_is_told_first(kit: Any, desk: Any, back: Back) -> None:
    back()
    desk.match(1, desk.article(desk.feed_id, read_at=NOW + timedelta(seconds=1)))
    plan(kit)
    desk.change("UPDATE deliveries SET due_at = now() - interval '1 s'")
    with kit.engine.begin() as connection:
        (due,) = deliveries.claim_due(connection, 5)
    assert due.kind == "article"


def test_planning_and_applying_back_at_once_tell_everything_once(kit: Any, desk: Any, back: Back) -> None:
    desk.change(
        "UPDATE subscriptions SET created_at = :then, changed_at = :then", then=NOW - timedelta(days=30)
    )
    for _ in range(40):
        desk.article(desk.feed_id, read_at=NOW - timedelta(hours=1))
        desk.match(1, desk.article(desk.feed_id, read_at=NOW - timedelta(minutes=1)))
    threads = [Thread(target=back), Thread(target=lambda: plan(kit)), Thread(target=back)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.one("SELECT count(*) FROM delivery_articles") == desk.one("SELECT count(*) FROM alerts") == 83
    assert desk.all("SELECT DISTINCT state FROM matches") == [("planned",)]
    assert sound(kit)


def test_what_was_broken_off_is_completed_by_doing_it_again(kit: Any, desk: Any, back: Back) -> None:
    for _ in range(150):
        desk.article(desk.feed_id, read_at=NOW - timedelta(hours=1))

    def breaking(articles: Any) -> Any:
        for number, stored in enumerate(articles):
            if number == 130:
                raise InterruptedError
            yield stored

    with kit.engine.connect() as connection:
        topics = list(topics_named(connection, ("NATO",)).values())
        order = Order(topics, catalogue(connection), "catch_up", kit.clock)
        with closing(articles_of_last(connection, WEEK_S)) as articles, pytest.raises(InterruptedError):
            apply_back(kit.engine, order, breaking(articles))
    done = desk.one("SELECT count(*) FROM alerts")
    assert done
    assert done % BATCH == 0
    assert back().told == 153 - done
    assert desk.one("SELECT count(*) FROM delivery_articles") == 153
    assert sound(kit)
