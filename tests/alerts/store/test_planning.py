"""What planning leaves in the ledger, on a real database: nobody is told twice, nothing is left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy.exc import IntegrityError

from alerts.desks.plan import plan
from alerts.store import people, planning, tidying

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
DELIVERIES = "SELECT id, channel_id, kind, state FROM deliveries ORDER BY id"
ALERTS = "SELECT subscription_id, channel_id, delivery_id, suppressed, reason FROM alerts ORDER BY id"


@pytest.fixture
def desk(rows):
    """A channel, a topic, a feed: what every plan needs."""
    return rows.channel("desk"), rows.topic("NATO"), rows.feed()


def tidy(kit):
    with kit.engine.begin() as connection:
        tidying.tidy(connection)


def test_a_channel_hears_of_an_article_once_however_many_topics_and_subscriptions_lead_to_it(kit, rows, desk):
    desk, nato, feed = desk
    mail, kyiv = rows.channel("mail"), rows.topic("Kyiv", "kyiv")
    rows.subscription(["NATO", "Kyiv"], ["desk", "mail"])
    rows.subscription(["Kyiv"], ["desk"])
    rows.subscription(["NATO"], ["desk", "mail"], when=["hourly"])
    article = rows.article(feed)
    for topic in (nato, kyiv):
        rows.match(topic, article)
    assert plan(kit) == 2
    assert [(channel, kind, state) for _, channel, kind, state in rows.all(DELIVERIES)] == [
        (desk, "article", "ready"),
        (mail, "article", "ready"),
    ]
    assert rows.all("SELECT channel_id, article_id FROM delivery_articles ORDER BY 1") == [
        (desk, article),
        (mail, article),
    ]
    assert rows.one("SELECT count(*) FROM alerts WHERE delivery_id IS NOT NULL") == 4 + 1 + 2
    assert rows.all("SELECT DISTINCT state FROM matches") == [("planned",)]


def test_the_database_itself_refuses_to_announce_an_article_to_a_channel_twice(rows, desk):
    channel, _, feed = desk
    subscription, article = rows.subscription(), rows.article(feed)
    first, second = (rows.delivery(channel, subscription) for _ in range(2))
    rows.slot(first, article, channel)
    with pytest.raises(IntegrityError, match="uq_delivery_articles_slot"):
        rows.slot(second, article, channel)
    rows.slot(second, article, channel, taken=False)


def test_planning_again_changes_nothing(kit, rows, desk):
    _, topic, feed = desk
    rows.subscription()
    rows.match(topic, rows.article(feed))
    plan(kit)
    before = rows.all(DELIVERIES), rows.all(ALERTS)
    assert plan(kit) == 0
    assert (rows.all(DELIVERIES), rows.all(ALERTS)) == before


@pytest.mark.parametrize("state", ["collecting", "ready", "waiting", "held"])
def test_a_match_found_later_joins_what_is_not_sent_yet(kit, rows, desk, state):
    _, topic, feed = desk
    rows.subscription()
    rows.subscription(["Kyiv"])
    article = rows.article(feed)
    rows.match(topic, article)
    plan(kit)
    rows.change("UPDATE deliveries SET state = :state", state=state)
    rows.match(rows.topic("Kyiv", "kyiv"), article)
    plan(kit)
    ((delivery, *_),) = rows.all(DELIVERIES)
    assert [(row[2], row[4]) for row in rows.all(ALERTS)] == [(delivery, "at_once"), (delivery, "joined")]


@pytest.mark.parametrize("state", ["sending", "sent", "unknown"])
def test_a_match_found_after_the_telling_is_suppressed_with_that_reason(kit, rows, desk, state):
    _, topic, feed = desk
    rows.subscription()
    rows.subscription(["Kyiv"])
    article = rows.article(feed)
    rows.match(topic, article)
    plan(kit)
    rows.change("UPDATE deliveries SET state = :state", state=state)
    rows.match(rows.topic("Kyiv", "kyiv"), article)
    plan(kit)
    assert [row[3] for row in rows.all(ALERTS)] == [None, "already_told"]
    assert len(rows.all(DELIVERIES)) == 1


def test_an_article_that_waits_for_a_digest_moves_to_a_message_that_is_due_at_once(kit, rows, desk):
    _, topic, feed = desk
    digest = rows.subscription(when=["weekly mon 07:00", "weekly thu 07:00"])
    rows.subscription(["Kyiv"])
    article, other = rows.article(feed), rows.article(feed)
    for number in (article, other):
        rows.match(topic, number)
    plan(kit)
    rows.match(rows.topic("Kyiv", "kyiv"), article)
    plan(kit)
    old, new = (row[0] for row in rows.all(DELIVERIES))
    assert rows.all("SELECT article_id, delivery_id FROM delivery_articles ORDER BY 1") == [
        (article, new),
        (other, old),
    ]
    moved = rows.all(
        "SELECT delivery_id FROM alerts a JOIN matches m ON m.id = match_id WHERE article_id = :a", a=article
    )
    assert moved == [(new,), (new,)]
    assert rows.one("SELECT subscription_id FROM deliveries WHERE id = :old", old=old) == digest


def test_a_delivery_whose_every_article_moved_away_is_ended_as_emptied(kit, rows, desk):
    _, topic, feed = desk
    rows.subscription(when=["weekly mon 07:00", "weekly thu 07:00"])
    rows.subscription(["Kyiv"])
    article = rows.article(feed)
    rows.match(topic, article)
    plan(kit)
    rows.match(rows.topic("Kyiv", "kyiv"), article)
    plan(kit)
    tidy(kit)
    ended = rows.all("SELECT kind, state, reason FROM deliveries ORDER BY id")
    assert ended == [("digest", "suppressed", "emptied"), ("article", "ready", None)]
    assert rows.all("SELECT article_id, taken FROM delivery_articles") == [(article, True)]


def test_what_new_feeds_held_already_becomes_one_summary_that_waits_for_the_last_of_it(
    kit, rows, desk, clock
):
    _, topic, feed = desk
    rows.subscription()
    fresh, old = {"backlog": True, "published_at": NOW - timedelta(days=1)}, timedelta(days=8)
    rows.match(topic, rows.article(feed, **fresh))
    rows.match(topic, rows.article(feed, backlog=True, published_at=NOW - old, read_at=NOW))
    plan(kit)
    first_due = rows.one("SELECT due_at FROM deliveries")
    clock.ahead = timedelta(seconds=20)
    rows.match(topic, rows.article(rows.feed(), **fresh))
    plan(kit)
    kind, state, rank, due = rows.one("SELECT kind, state, rank, due_at FROM deliveries")
    assert (kind, state, rank) == ("backlog", "collecting", 1)
    assert due - first_due >= timedelta(seconds=20)
    assert rows.one("SELECT count(*) FROM delivery_articles") == 2
    assert sorted(row[4] for row in rows.all(ALERTS)) == ["backlog", "backlog", "too_old"]


def test_a_summary_that_is_held_takes_nothing_more_and_a_new_one_opens_beside_it(kit, rows, desk):
    channel, topic, feed = desk
    rows.subscription()
    rows.match(topic, rows.article(feed, backlog=True))
    plan(kit)
    rows.change("UPDATE deliveries SET state = 'held', held_by = :name", name=f"channel:{channel}")
    rows.match(topic, rows.article(rows.feed(), backlog=True))
    plan(kit)
    assert [row[3] for row in rows.all(DELIVERIES)] == ["held", "collecting"]
    tidy(kit)  # no circuit is open: the first one may go, although it has the second one's key
    assert [row[3] for row in rows.all(DELIVERIES)] == ["waiting", "collecting"]


@pytest.mark.parametrize(("credential", "hours"), [(None, 24), ("smtp", 48)])
def test_a_message_stays_worth_sending_for_as_long_as_its_kind_may_take(kit, rows, credential, hours):
    rows.channel(credential=credential)
    rows.subscription()
    rows.match(rows.topic(), rows.article(rows.feed()))
    plan(kit)
    assert rows.one("SELECT expires_at - due_at FROM deliveries") == timedelta(hours=hours)


def test_a_wait_that_the_user_asked_for_is_remembered_and_shrinks_when_it_is_cut_short(kit, rows, desk):
    _, topic, feed = desk
    rows.subscription(wait_s=600)
    rows.subscription(["Kyiv"], wait_s=60)
    article = rows.article(feed)
    rows.match(topic, article)
    plan(kit)
    assert rows.one("SELECT state, round(waited_s) FROM deliveries") == ("collecting", 600)
    rows.match(rows.topic("Kyiv", "kyiv"), article)
    plan(kit)
    due_in, waited = rows.one(
        "SELECT round(extract(epoch FROM due_at - created_at)), waited_s FROM deliveries"
    )
    assert due_in == pytest.approx(60, abs=3)
    assert waited == pytest.approx(60, abs=3)


def test_what_is_over_the_cap_of_an_hour_goes_into_a_roll_up(kit, rows, desk):
    _, topic, feed = desk
    rows.subscription(cap_per_hour=2)
    for _ in range(5):
        rows.match(topic, rows.article(feed))
    plan(kit)
    rows.match(topic, rows.article(feed))
    plan(kit)
    assert [row[2] for row in rows.all(DELIVERIES)] == ["article", "article", "rollup"]
    assert rows.one("SELECT count(*) FROM delivery_articles WHERE delivery_id = 3") == 4


@pytest.mark.parametrize("state", ["failed", "expired"])
def test_an_article_whose_telling_failed_may_be_announced_anew(kit, rows, desk, state):
    _channel, topic, feed = desk
    rows.subscription()
    rows.subscription(["Kyiv"])
    article = rows.article(feed)
    rows.match(topic, article)
    plan(kit)
    rows.change("UPDATE deliveries SET state = :state, ended_at = now()", state=state)
    tidy(kit)
    rows.match(rows.topic("Kyiv", "kyiv"), article)
    plan(kit)
    assert [row[3] for row in rows.all(DELIVERIES)] == [state, "ready"]
    assert rows.all("SELECT taken FROM delivery_articles ORDER BY delivery_id") == [(False,), (True,)]


def test_who_subscribes_by_tag_hears_of_every_topic_with_it(kit, rows, desk):
    _, _, feed = desk
    rows.subscription(["tag:war"])
    rows.match(rows.topic("Kyiv", "kyiv", tags=["war"]), rows.article(feed))
    rows.match(rows.topic("Cocoa", "kakao", tags=["trade"]), rows.article(feed))
    plan(kit)
    assert len(rows.all(ALERTS)) == 1


def test_nobody_hears_of_what_was_read_before_they_subscribed(kit, rows, desk):
    _, topic, feed = desk
    rows.subscription(created_at=NOW)
    rows.match(topic, rows.article(feed, read_at=NOW - timedelta(seconds=1)))
    plan(kit)
    assert [row[3] for row in rows.all(ALERTS)] == ["before_subscription"]


@pytest.mark.parametrize("gone", ["channels", "subscriptions", "topics"])
def test_what_was_removed_is_planned_for_no_more(kit, rows, desk, gone):
    _, topic, feed = desk
    rows.subscription()
    rows.change(f"UPDATE {gone} SET removed_at = now()")
    rows.match(topic, rows.article(feed))
    assert plan(kit) == 1
    assert rows.all(ALERTS) == []


def test_two_planners_at_once_tell_everything_once(kit, rows, desk):
    _, topic, feed = desk
    rows.subscription()
    rows.subscription(when=["hourly"])
    for _ in range(60):
        rows.match(topic, rows.article(feed))
    planned = []
    planners = [Thread(target=lambda: planned.append(plan(kit))) for _ in range(3)]
    for planner in planners:
        planner.start()
    for planner in planners:
        planner.join()
    assert sum(planned) == 60
    assert rows.one("SELECT count(*) FROM alerts") == 120
    assert rows.one("SELECT count(*) FROM delivery_articles") == 60


def test_live_news_is_planned_before_backlog(kit, rows, desk):
    _, topic, feed = desk
    rows.match(topic, rows.article(feed, backlog=True))
    live = rows.article(feed)
    rows.match(topic, live)
    with kit.engine.begin() as connection:
        (news,) = planning.take_news(connection, 1)
    assert news.article == live


def test_a_planner_asks_only_about_the_topics_that_were_found(rows, database):
    rows.channel()
    asked, other = (rows.topic(name, tags=["metals"]) for name in ("Nickel", "Copper"))
    rows.subscription(topics=["tag:metals", "Copper"], urgent=["tag:metals"])
    with database.connect() as connection:
        (whole,), (part,), (none,) = (
            people.load_subscriptions(connection, among) for among in (None, {asked}, set())
        )
    assert whole.topics == {asked, other}
    assert part == replace(whole, topics=frozenset({asked}), urgent=frozenset({asked}))
    assert none == replace(whole, topics=frozenset(), urgent=frozenset())
