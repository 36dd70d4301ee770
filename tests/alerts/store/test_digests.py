"""Digests on a real database: cut by what was planned, sent once however late, never empty."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from alerts.desks.plan import plan
from alerts.desks.send import Outbox, send
from alerts.plan import decide
from alerts.store import deliveries, people, planning, tidying
from alerts.store.decisions import Ledger
from ops.store.audit import audit
from worker.wire import Reply

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
OK = Reply(200, {}, b"ok", "https://hooks.example/desk")
SLOW_DOWN = Reply(429, {"retry-after": "30"}, b"rate_limited", OK.url)
DIGESTS = "SELECT kind, state, due_at FROM deliveries ORDER BY id"


class Receiver:
    """Answers as told, the last answer again and again."""

    def __init__(self, *answers):
        self.answers, self.sent = list(answers), []

    async def ask(self, request):
        self.sent.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def sent(kit):
    """Sends what is due; returns how many messages were tried."""

    def run(*answers):
        kit.web = Receiver(*(answers or (OK,)))
        asyncio.run(send(Outbox(kit, None), seconds=0.1))
        return len(kit.web.sent)

    return run


@pytest.fixture
def desk(rows):
    """An hourly subscription of a topic, and a feed."""
    return rows.channel("desk"), rows.topic("NATO"), rows.feed(), rows.subscription(when=["hourly"])


def come_due(rows, since=timedelta(seconds=1)):
    rows.change(
        "UPDATE deliveries SET due_at = :due WHERE state = 'collecting'", due=datetime.now(UTC) - since
    )


def test_what_is_planned_while_its_digest_is_cut_comes_in_the_next_one(kit, rows, desk, sent):
    _, topic, feed, _ = desk
    first, late = rows.article(feed), rows.article(feed)
    rows.match(topic, first)
    plan(kit)
    due = rows.one("SELECT due_at FROM deliveries")
    rows.match(topic, late)
    with kit.engine.begin() as connection:
        news = planning.take_news(connection, 10)
        subscriptions = people.load_subscriptions(connection)
        decisions = decide(news, subscriptions, {}, {}, due - timedelta(seconds=1))
        come_due(rows)
        with kit.engine.begin() as sender:
            deliveries.claim_due(sender, 10)  # the hour strikes
        Ledger(connection, {s.id: s for s in subscriptions}, due - timedelta(seconds=1)).write(
            decisions, {item.match for item in news}
        )
    assert [(kind, state) for kind, state, _ in rows.all(DIGESTS)] == [
        ("digest", "sending"),
        ("digest", "collecting"),
    ]
    assert rows.all(DIGESTS)[1][2] == due + timedelta(hours=1)
    assert rows.one("SELECT delivery_id FROM delivery_articles WHERE article_id = :late", late=late) == 2


def test_a_digest_that_was_only_emptied_is_opened_again_under_its_own_time(kit, rows, desk):
    _, topic, feed, _ = desk
    article = rows.article(feed)
    rows.match(topic, article)
    plan(kit)
    rows.subscription(["Kyiv"])
    rows.match(rows.topic("Kyiv", "kyiv"), article)
    plan(kit)
    with kit.engine.begin() as connection:
        tidying.tidy(connection)
    rows.match(topic, rows.article(feed))
    plan(kit)
    (_, ended, due), _, (_, opened, again) = rows.all(DIGESTS)
    assert (ended, opened, again) == ("suppressed", "collecting", due)


@pytest.mark.parametrize("down", [timedelta(hours=2), timedelta(days=5)])
@pytest.mark.parametrize("trouble", [[], [SLOW_DOWN]])
def test_a_digest_missed_while_pantau_was_down_goes_out_once_at_the_start(
    kit, rows, desk, sent, down, trouble
):
    _, topic, feed, _ = desk
    for _ in range(3):
        rows.match(topic, rows.article(feed))
    plan(kit)
    rows.change("UPDATE deliveries SET expires_at = expires_at - (:down)::interval", down=down)
    come_due(rows, down)
    for answer in trouble:
        sent(answer)
        assert rows.one("SELECT state, due_at > now() FROM deliveries") == ("waiting", True)
        rows.change("UPDATE deliveries SET due_at = now()")
        rows.change("UPDATE channels SET pause_until = 'epoch'")
    assert (sent(), sent()) == (1, 0)
    with kit.engine.connect() as connection:
        assert (audit(connection).sent, audit(connection).expired) == (3, 0)


def test_a_digest_of_which_nothing_is_left_is_not_sent(kit, rows, desk, sent):
    _, topic, feed, subscription = desk
    rows.match(topic, rows.article(feed))
    plan(kit)
    rows.change("UPDATE subscriptions SET removed_at = now() WHERE id = :id", id=subscription)
    come_due(rows)
    assert sent() == 0
    assert rows.all("SELECT state, reason FROM deliveries") == [("suppressed", "emptied")]


def test_an_hour_without_news_brings_no_digest(kit, rows, desk, sent):
    plan(kit)
    assert sent() == 0
    assert rows.all(DIGESTS) == []


def test_a_topic_that_changes_tells_nothing_again(kit, rows, desk, sent):
    _, topic, feed, _ = desk
    rows.subscription(["tag:war"])
    rows.match(topic, rows.article(feed))
    plan(kit)
    come_due(rows)
    assert sent() == 1
    rows.change("UPDATE topics SET query = 'nato OR otan', tags = '{war}', change = nextval('topic_changes')")
    rows.change("UPDATE subscriptions SET \"when\" = '{now}', changed_at = clock_timestamp()")
    plan(kit)
    assert sent() == 0
    assert rows.one("SELECT count(*) FROM alerts") == 1
    with kit.engine.connect() as connection:
        assert (audit(connection).lost, audit(connection).doubled) == (0, 0)


def test_several_times_of_one_subscription_each_tell_what_came_since_the_one_before(kit, rows, desk, sent):
    _, topic, feed, subscription = desk
    rows.change(
        "UPDATE subscriptions SET \"when\" = '{hourly,daily 07:00,weekly mon 07:00}' WHERE id = :id",
        id=subscription,
    )
    rows.match(topic, rows.article(feed))
    plan(kit)
    come_due(rows)
    assert sent() == 1
    rows.match(topic, rows.article(feed))
    plan(kit)
    assert [state for _, state, _ in rows.all(DIGESTS)] == ["sent", "collecting"]
