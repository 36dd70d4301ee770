"""Claiming what is looked for at its receiver, and what a mended channel tells together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.circuits import ONE_BY_ONE, Held, gathered
from alerts.decision import MOST_ARTICLES
from alerts.doubt import LookAgain
from alerts.store import circuits, deliveries, doubts, tidying

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
AGO, SOON = NOW - timedelta(minutes=1), NOW + timedelta(hours=2)


@pytest.fixture
def doubtful(rows):
    """Makes deliveries whose answer was lost."""
    feed, topic, subscription, known = rows.feed(), rows.topic(), rows.subscription(), {}

    def make(name="desk", **facts):
        if name not in known:
            known[name] = rows.channel(name, kind="slack_bot", credential="slack")
        usual = {"state": "unknown", "due_at": AGO}
        delivery = rows.announced(known[name], subscription, topic, feed, **{**usual, **facts})
        rows.change(
            """INSERT INTO attempts (delivery_id, n, started_at, ended_at, verdict)
               VALUES (:d, 1, :began, :ended, 'unsure')""",
            d=delivery,
            began=AGO - timedelta(seconds=20),
            ended=AGO,
        )
        return delivery

    make.channels = known
    return make


@pytest.fixture
def do(database):
    def call(function, *arguments, **facts):
        with database.begin() as connection:
            return function(connection, *arguments, **facts)

    return call


def looks(do, **facts):
    return [look.due.id for look in do(doubts.claim_looks, 10, **facts)]


def test_a_look_knows_when_the_attempt_was_and_below_which_message(rows, do, doubtful):
    root = doubtful(state="sent", remote_id="17.000001", story_id=None)
    doubtful(thread_of=root)
    (claimed,) = do(doubts.claim_looks, 10)
    assert (claimed.look.began, claimed.look.ended) == (AGO - timedelta(seconds=20), AGO)
    assert claimed.look.thread == "17.000001"
    assert claimed.look.key == claimed.due.key


def test_one_look_at_a_channel_at_a_time_and_none_before_its_time(do, doubtful):
    first, second, other = doubtful(), doubtful(), doubtful("other")
    doubtful("third", due_at=SOON), doubtful("fourth", ended_at=NOW)
    assert looks(do) == [first, other]
    assert looks(do) == []
    assert second


def test_a_look_whose_sender_vanished_is_taken_over_and_its_old_holder_writes_nothing(do, doubtful):
    doubtful()
    (old,) = do(doubts.claim_looks, 10, lease_s=0)
    (new,) = do(doubts.claim_looks, 10)
    again = LookAgain(SOON, 1, 0, "", "not_there_yet")
    assert not do(doubts.look_again, old.due, again)
    assert do(doubts.look_again, new.due, again)
    assert looks(do) == []


def test_how_far_a_look_has_come_is_remembered(do, rows, doubtful):
    doubtful()
    (claimed,) = do(doubts.claim_looks, 10)
    do(doubts.look_again, claimed.due, LookAgain(AGO, 1, 3, "c4", "looks_on"))
    (again,) = do(doubts.claim_looks, 10)
    assert (again.look.looks, again.look.pages, again.look.cursor) == (1, 3, "c4")


def test_who_wants_to_be_left_alone_is_not_asked_for_anything_else(do, doubtful):
    doubtful(), doubtful()
    (claimed,) = do(doubts.claim_looks, 10)
    do(doubts.look_again, claimed.due, LookAgain(SOON, 0, 0, "", "ratelimited", everybody=True))
    assert looks(do) == []


@pytest.mark.parametrize(
    ("reason", "asked"), [("token_revoked", False), ("answers_unclear", True), ("takes_nothing", True)]
)
def test_behind_a_dead_credential_nobody_is_asked_and_behind_unclear_answers_that_is_how_to_find_out(
    do, doubtful, reason, asked
):
    delivery = doubtful()
    do(circuits.open_circuit, "sender:slack", reason, SOON, 0)
    assert looks(do) == ([delivery] if asked else [])


def test_where_nothing_held_can_be_the_probe_the_look_is_it(do, doubtful):
    root = doubtful()
    doubtful(state="held", held_by="channel:1", thread_of=root)
    do(circuits.open_circuit, "channel:1", "channel_not_found", SOON, 0)
    assert looks(do) == []
    do(circuits.open_circuit, "channel:1", "channel_not_found", AGO, 0)
    other = doubtful(state="held", held_by="channel:1")
    assert looks(do) == []
    do(
        lambda connection: connection.exec_driver_sql(
            f"UPDATE deliveries SET state = 'expired' WHERE id = {other}"
        )
    )
    assert looks(do) == [root]


def test_a_doubt_is_neither_sent_nor_expired_while_it_is_looked_for(do, rows, doubtful):
    doubtful(expires_at=AGO)
    do(tidying.tidy)
    assert do(deliveries.claim_due, 10) == []
    assert rows.one("SELECT state, ended_at FROM deliveries") == ("unknown", None)


def held(n, channel=1, articles=1, single=True):
    return Held(n, channel, articles, single)


def test_a_handful_stays_as_it_is_and_more_is_gathered_channel_by_channel():
    few = [held(n) for n in range(ONE_BY_ONE)]
    assert gathered(few, 200) == []
    many = [held(n) for n in range(6)] + [held(n, channel=2) for n in range(10, 15)]
    assert gathered(many, 200) == [tuple(range(6))]


def test_what_is_gathered_fits_into_messages_and_digests_and_doubts_stay_apart():
    many = [held(n, articles=2) for n in range(7)] + [held(99, single=False)]
    assert gathered(many, 6) == [(0, 1, 2), (3, 4, 5)]
    assert MOST_ARTICLES == 200


def test_alerts_and_slots_of_what_was_held_move_together_and_nobody_is_told_twice(do, rows, doubtful):
    told = [doubtful(state="held", held_by="channel:1", due_at=AGO) for _ in range(8)]
    marked = doubtful(state="held", held_by="channel:1", possible_repeat=True)
    digest = doubtful(state="held", held_by="channel:1", kind="digest")
    do(circuits.open_circuit, "channel:1", "no_service", SOON, 0)
    assert do(circuits.close_circuit, "channel:1")
    rollup = rows.one("SELECT id FROM deliveries WHERE kind = 'rollup'")
    assert rows.one("SELECT count(*) FROM alerts WHERE delivery_id = :id", id=rollup) == 8
    assert (
        rows.one("SELECT count(*) FROM delivery_articles WHERE delivery_id = :id AND taken", id=rollup) == 8
    )
    assert rows.all("SELECT DISTINCT state, reason FROM deliveries WHERE id = ANY(:ids)", ids=told) == [
        ("suppressed", "gathered")
    ]
    assert rows.all("SELECT id FROM deliveries WHERE state = 'waiting' ORDER BY id") == [
        (marked,),
        (digest,),
        (rollup,),
    ]
    do(tidying.tidy)
    assert rows.one("SELECT state FROM deliveries WHERE id = :id", id=rollup) == "waiting"
    assert rows.one("SELECT count(*) FROM delivery_articles WHERE taken") == 10
