"""The tick rings the desks that have work, and no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import worker.store.schema as world
from ops.store import ticking

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
AGO, SOON = NOW - timedelta(seconds=5), NOW + timedelta(days=1)


@pytest.fixture
def due(database):
    def desks():
        with database.connect() as connection:
            return ticking.desks_with_work(connection)

    return desks


def test_idle_desks_are_left_alone(due, rows):
    feed = rows.feed(next_poll_at=SOON)
    rows.entry(feed, state="read")
    rows.match(rows.topic(), rows.article(feed), state="planned")
    channel, subscription = rows.channel(), rows.subscription()
    for facts in ({"due_at": SOON}, {"state": "sent"}, {"state": "sending", "lease_until": SOON}):
        rows.delivery(channel, subscription, **facts)
    assert due() == []


def test_a_due_feed_rings_poll_unless_somebody_polls_it(due, rows):
    rows.feed(next_poll_at=AGO, lease_until=SOON)
    assert due() == []
    rows.feed(next_poll_at=AGO)
    assert due() == ["poll"]


def test_a_gap_whose_next_step_is_due_rings_poll_unless_its_feed_is_being_polled(due, rows):
    feed = rows.feed(next_poll_at=SOON)
    rows.add(world.gaps, feed_id=feed, since=AGO, until=AGO, at_most=1, due_at=AGO)
    assert due() == ["poll"]
    rows.change("UPDATE gaps SET due_at = now() + interval '1 min'")
    assert due() == []
    rows.change("UPDATE gaps SET due_at = now()")
    rows.change("UPDATE feeds SET lease_until = now() + interval '1 min'")
    assert due() == []


@pytest.mark.parametrize(("at", "rung"), [(SOON, []), (AGO, ["poll"])])
def test_a_look_at_a_feeds_silence_and_a_hub_to_be_asked_ring_poll_when_due(due, rows, at, rung):
    feed = rows.feed(next_poll_at=SOON)
    rows.change(
        "INSERT INTO habits (feed_id, began_at, look_at) VALUES (:feed, now(), :at)", feed=feed, at=at
    )
    assert due() == rung
    rows.change("DELETE FROM habits")
    rows.change(
        "INSERT INTO websub (feed_id, hub, topic, base, token_hash, token, secret, due_at) "
        "VALUES (:feed, '', '', '', '', '', '', :at)",
        feed=feed,
        at=at,
    )
    assert due() == rung


def test_an_unread_entry_rings_read_and_a_new_match_rings_plan(due, rows):
    feed = rows.feed(next_poll_at=SOON)
    rows.entry(feed, lease_until=SOON)
    assert due() == []
    rows.entry(feed)
    rows.match(rows.topic(), rows.article(feed))
    assert due() == ["read", "plan"]


def test_a_page_that_is_due_again_rings_read_and_one_that_is_not_does_not(due, rows):
    feed = rows.feed(next_poll_at=SOON)
    rows.entry(feed, state="read", page_due_at=SOON)
    rows.entry(feed, state="failed", page_due_at=AGO)
    assert due() == []
    rows.entry(feed, state="read", page_due_at=AGO)
    assert due() == ["read"]


WORK = {
    "something is due": {"state": "ready", "due_at": AGO},
    "a bundle is full": {"state": "collecting", "due_at": AGO},
    "a sender vanished": {"state": "sending", "lease_until": AGO},
    "nothing holds it any more": {"state": "held", "held_by": "channel:9"},
}


@pytest.mark.parametrize("facts", WORK.values(), ids=WORK.keys())
def test_send_is_rung_when(due, rows, facts):
    rows.delivery(rows.channel(), rows.subscription(), **facts)
    assert due() == ["send"]


@pytest.mark.parametrize(("probe_at", "rung"), [(SOON, []), (AGO, ["send"])])
def test_what_is_held_rings_send_when_its_probe_is_due(due, rows, probe_at, rung):
    rows.change("INSERT INTO circuits (name, reason, probe_at) VALUES ('sender:smtp', 'x', :at)", at=probe_at)
    rows.delivery(rows.channel(), rows.subscription(), state="held", held_by="sender:smtp")
    assert due() == rung


def test_a_part_shows_that_it_lives(database):
    with database.begin() as connection:
        assert ticking.last_beat(connection, "tick") is None
        ticking.beat(connection, "tick")
        first = ticking.last_beat(connection, "tick")
        ticking.beat(connection, "tick")
        assert ticking.last_beat(connection, "tick") > first


def test_signs_of_life_of_processes_long_gone_are_forgotten(database, rows):
    for part, age in (("worker:1", "2 days"), ("worker:2", "1 hour"), ("tick", "9 days")):
        rows.change(
            "INSERT INTO heartbeats VALUES (:part, now() - CAST(:age AS interval))", part=part, age=age
        )
    with database.begin() as connection:
        ticking.forget_old(connection)
    assert rows.all("SELECT part FROM heartbeats ORDER BY part") == [("tick",), ("worker:2",)]
