"""An alert that was not told because its article was just going out: what becomes of it when that comes to nothing."""

from __future__ import annotations

import asyncio
from importlib import import_module

import pytest

from alerts.channels import channels
from alerts.desks import send as desks
from alerts.desks.plan import plan
from alerts.store import confirmations, tidying
from alerts.store.alone import hold_planning
from ops.retrying import retry
from ops.store import restored
from ops.store.audit import accounts, audit
from worker.wire import Failure, Reply

pytestmark = pytest.mark.servers

OK = Reply(200, {}, b"ok", "https://hooks.example/desk")
GONE = Reply(404, {}, b"no_service", OK.url)
SECOND = "SELECT delivery_id, suppressed, told_in, reason FROM alerts WHERE subscription_id = :second"
DELIVERY = "SELECT state FROM deliveries ORDER BY id LIMIT 1"


class Midway:
    """A receiver at whose door something happens just before it answers."""

    def __init__(self, happening, *answers):
        self.happening, self.answers, self.asked = happening, list(answers), 0

    async def ask(self, request):
        self.asked += 1
        happening, self.happening = self.happening, lambda: None
        await asyncio.to_thread(happening)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def second_wish(kit, rows):
    """An article that one subscription hears of; a second comes to want it while it is being sent."""
    topic, other, feed = rows.topic("NATO"), rows.topic("Kyiv", "kyiv"), rows.feed()
    rows.channel()
    first, second = rows.subscription(["NATO"]), rows.subscription(["Kyiv"])
    article = rows.article(feed)
    rows.match(topic, article)
    plan(kit)

    def happening():
        rows.match(other, article)
        assert plan(kit) == 1
        assert rows.one(SECOND, second=second) == (None, "already_told", 1, "already_told")

    return first, second, happening


@pytest.fixture
def send(kit):
    def run(web):
        kit.web = web
        outbox = desks.Outbox(kit, None, {}, channels())
        asyncio.run(desks.send(outbox, seconds=0.01))
        return web.asked

    return run


def proof(database):
    with database.connect() as connection:
        return audit(connection), accounts(connection, "lost", 10)


@pytest.mark.parametrize(
    ("answer", "state", "counted"),
    [
        (Failure("refused", "nobody"), "waiting", "waiting"),
        (Reply(400, {}, b"invalid_blocks", OK.url), "waiting", "waiting"),
        (Reply(403, {}, b"action_prohibited", OK.url), "held", "held"),
        (Failure("timeout", "20 s", written=True), "waiting", "waiting"),
    ],
)
def test_it_is_in_the_message_after_all(database, rows, second_wish, send, answer, state, counted):
    _, second, happening = second_wish
    send(Midway(happening, answer))
    assert rows.one(DELIVERY) == state
    assert rows.one(SECOND, second=second) == (1, None, None, "joined")
    found, lost = proof(database)
    assert (getattr(found, counted), found.sound, lost) == (2, True, [])


def test_what_was_told_stays_told(database, rows, second_wish, send):
    _, second, happening = second_wish
    send(Midway(happening, OK))
    assert rows.one(SECOND, second=second) == (None, "already_told", 1, "already_told")
    found, _ = proof(database)
    assert (found.sent, found.suppressed, found.sound) == (1, 1, True)


def test_the_second_hears_although_the_first_was_removed_when_the_try_came_to_nothing(
    database, rows, second_wish, send
):
    first, second, happening = second_wish

    def and_leaves():
        happening()
        rows.change("UPDATE subscriptions SET removed_at = now() WHERE id = :first", first=first)

    send(Midway(and_leaves, Failure("refused", "nobody")))
    rows.change("UPDATE deliveries SET due_at = now()")
    assert send(Midway(lambda: None, OK)) == 1
    assert rows.one(SECOND, second=second) == (1, None, None, "joined")
    found, lost = proof(database)
    assert (found.sent, found.suppressed, lost) == (1, 1, [])
    assert found.suppressed_because == {"subscription_removed": 1}


def test_a_failure_is_shared_and_so_is_the_second_try_by_hand(database, rows, second_wish, send, kit):
    _, _, happening = second_wish
    rows.change("UPDATE deliveries SET expires_at = now() + interval '1 second'")
    send(Midway(happening, Failure("refused", "nobody")))
    assert rows.one(DELIVERY) == "expired"
    found, lost = proof(database)
    assert (found.expired, lost) == (2, [])
    with kit.engine.begin() as connection:
        retry(connection, 1)
    assert send(Midway(lambda: None, OK)) == 1
    assert proof(database)[0].sent == 2


def test_a_person_who_sends_again_what_is_in_doubt_sends_it_for_the_second_too(
    database, rows, second_wish, send, kit
):
    _, second, happening = second_wish
    rows.change("UPDATE deliveries SET on_doubt = 'hold'")
    send(Midway(happening, Failure("timeout", "20 s", written=True)))
    assert rows.one(DELIVERY) == "unknown"
    assert rows.one(SECOND, second=second)[1] == "already_told"
    with kit.engine.begin() as connection:
        retry(connection, 1)
    assert rows.one(SECOND, second=second) == (1, None, None, "joined")
    assert send(Midway(lambda: None, OK)) == 1
    assert proof(database)[0].sent == 2


def test_a_claimed_message_that_nobody_wants_any_more_goes_out_for_who_came_to_want_it(
    database, rows, second_wish, send, kit
):
    first, second, happening = second_wish
    rows.change("UPDATE deliveries SET state = 'sending', lease_until = now() - interval '1 s'")
    happening()
    rows.change(
        "UPDATE alerts SET delivery_id = NULL, suppressed = 'subscription_removed' WHERE subscription_id = :first",
        first=first,
    )
    assert send(Midway(lambda: None, OK)) == 1
    assert rows.one(SECOND, second=second) == (1, None, None, "joined")
    found, lost = proof(database)
    assert (found.sent, lost) == (1, [])


def test_an_already_told_alert_of_a_message_that_told_nobody_is_found_by_the_proof(
    database, rows, second_wish, kit
):
    """Were it not taken back, the audit would say so."""
    _, _, happening = second_wish
    rows.change("UPDATE deliveries SET state = 'sending'")
    happening()
    assert proof(database)[0].sound
    rows.change("UPDATE deliveries SET state = 'failed'")
    found, lost = proof(database)
    assert found.lost == 1
    assert [row["fault"] for row in lost] == ["told_nowhere"]


def test_who_leaves_while_it_is_being_sent_is_not_sent_it_once_more(database, rows, kit, send):
    rows.channel(kind="email", to="rina@example.org", credential="smtp", address="rina", declared=True)
    subscription = rows.subscription(name="ours")
    rows.match(rows.topic(), rows.article(rows.feed()))
    plan(kit)
    rows.change("UPDATE deliveries SET state = 'waiting', due_at = now(), attempts = 1")
    rows.change("INSERT INTO departures (subscription, address, via) VALUES ('ours', 'rina', 'page')")
    assert send(Midway(lambda: None, OK)) == 0
    assert (
        rows.one("SELECT suppressed FROM alerts WHERE subscription_id = :s", s=subscription) == "unsubscribed"
    )
    assert proof(database)[0].sound


def test_a_sender_waits_no_longer_than_a_moment_for_a_planner(kit, rows, database):
    rows.announced(rows.channel(), rows.subscription(), rows.topic(), rows.feed())
    with database.connect() as planner, planner.begin():
        hold_planning(planner)
        with database.connect() as sender, sender.begin():
            assert not tidying.tidy_alone(sender)
    with database.connect() as sender, sender.begin():
        assert tidying.tidy_alone(sender)
        assert sender.exec_driver_sql("SHOW lock_timeout").scalar() == "20s"


def test_an_upgrade_takes_back_what_earlier_versions_left_behind(database, rows, kit):
    feed, topic, kyiv, channel = rows.feed(), rows.topic(), rows.topic("Kyiv", "kyiv"), rows.channel()
    first, second = rows.subscription(), rows.subscription(["Kyiv"])
    for state in ("failed", "sent"):
        rows.announced(channel, first, topic, feed, state=state)
    for (article,) in rows.all("SELECT article_id FROM delivery_articles ORDER BY delivery_id"):
        match = rows.match(kyiv, article, state="planned")
        rows.alert(match, second, channel, None, suppressed="already_told", reason="already_told")
    assert proof(database)[0].lost == 1
    rows.change(import_module("ops.migrations.versions.0019_told_after_all").CHANGES)
    found, lost = proof(database)
    assert (found.failed, found.sent, found.suppressed, lost) == (2, 1, 1, [])


def test_what_a_restore_drops_has_told_nobody_and_asks_nobody(database, rows, kit, second_wish):
    _, second, happening = second_wish
    rows.change("UPDATE deliveries SET state = 'sending'")
    happening()
    rows.change(
        "INSERT INTO confirmations (channel_id, address, expires_at) VALUES (1, 'rina', now() + interval '1 day')"
    )
    with kit.engine.begin() as connection:
        restored.hold_everything(connection)
    with kit.engine.begin() as connection:
        assert confirmations.claim(connection, 10) == []
        assert restored.release(connection, drop=True) == 1
    assert rows.one(SECOND, second=second)[1] == "restored"
    assert rows.one("SELECT state, reason FROM confirmations") == ("unknown", "restored")
    found, lost = proof(database)
    assert (found.suppressed_because, lost) == ({"restored": 2}, [])
