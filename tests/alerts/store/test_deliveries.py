"""Claiming and ending deliveries: one in flight per channel, in order; crashes leave a trace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from alerts.circuits import Pause
from alerts.store import deliveries as store
from alerts.store import tidying

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=1)
AGO = NOW - timedelta(minutes=5)


@pytest.fixture
def made(rows):
    """Makes an announced article as a delivery; the facts of its row may be given."""
    feed, topic, subscription = rows.feed(), rows.topic(), rows.subscription()
    channels = {"desk": rows.channel("desk")}

    def make(channel="desk", of=subscription, **facts):
        if channel not in channels:
            channels[channel] = rows.channel(channel)
        return rows.announced(channels[channel], of, topic, feed, **facts)

    make.channels = channels
    return make


def claim(database, limit=10, **facts):
    with database.begin() as connection:
        return store.claim_due(connection, limit, **facts)


def tidy(database):
    with database.begin() as connection:
        tidying.tidy(connection)


def begin(database, due, **facts):
    with database.begin() as connection:
        return store.begin_attempt(connection, due, **facts)


def end(database, due, state, verdict="sent", **facts):
    with database.begin() as connection:
        store.end_attempt(connection, due, verdict=verdict, reason=None, answer="", elapsed_s=0.1)
        return store.settle(connection, due, {"state": state, **facts})


def states(rows):
    return [row[0] for row in rows.all("SELECT state FROM deliveries ORDER BY id")]


def test_each_channel_has_one_message_in_flight_and_channels_do_not_wait_for_each_other(database, made):
    first, _, other = made(), made(), made("mail")
    assert [due.id for due in claim(database)] == [first, other]
    assert claim(database) == []


def test_two_senders_at_once_never_get_the_same_channel(database, made):
    for n in range(6):
        made(f"channel {n % 3}")
    with database.begin() as connection:
        mine = store.claim_due(connection, 2)
    assert {due.channel_id for due in mine}.isdisjoint(due.channel_id for due in claim(database))


def test_messages_go_in_the_order_they_were_made_and_live_ones_before_backlog(database, made):
    backlog, first, second = made(rank=1, kind="backlog"), made(), made()
    order = []
    while due := claim(database):
        order += [each.id for each in due]
        end(database, due[0], "sent")
    assert order == [first, second, backlog]


@pytest.mark.parametrize("state", ["held", "unknown", "sent", "failed", "expired", "suppressed"])
def test_what_is_not_to_go_now_is_not_claimed(database, made, state):
    made(state=state)
    assert claim(database) == []


def test_what_is_not_due_yet_waits(database, made):
    made(state="collecting", due_at=LATER)
    due = made(state="collecting")
    assert [each.id for each in claim(database)] == [due]


@pytest.mark.parametrize(("attempts", "passes"), [(1, False), (3, False), (4, True)])
def test_a_message_that_is_tried_again_keeps_its_place_for_its_first_attempts(
    database, made, attempts, passes
):
    made(state="waiting", due_at=LATER, attempts=attempts)
    next_one = made()
    assert [due.id for due in claim(database)] == ([next_one] if passes else [])


def test_a_paused_channel_gets_nothing_and_the_asked_wait_is_remembered(database, rows, made):
    made(due_at=AGO)
    with database.begin() as connection:
        store.pause(connection, Pause(made.channels["desk"], LATER), asked=True)
    assert claim(database) == []
    rows.change(
        "UPDATE channels SET asked_from = :ago, pause_until = :now", ago=AGO + timedelta(minutes=1), now=NOW
    )
    assert len(claim(database)) == 1
    assert rows.one("SELECT round(waited_s) FROM deliveries") == 240


def test_a_pause_of_our_own_is_no_wait_that_somebody_asked_for(database, rows, made):
    made(due_at=AGO)
    rows.change("UPDATE channels SET pause_until = :now, asked_from = NULL", now=NOW)
    claim(database)
    assert rows.one("SELECT waited_s FROM deliveries") == 0


def test_a_shorter_pause_does_not_shorten_a_longer_one(database, rows, made):
    made()
    with database.begin() as connection:
        for until in (LATER, NOW + timedelta(hours=1)):
            store.pause(connection, Pause(made.channels["desk"], until), asked=True)
    assert rows.one("SELECT pause_until FROM channels") == LATER


def test_an_attempt_is_numbered_on_even_where_being_blocked_gave_the_count_back(database, rows, made):
    made()
    for n in (1, 2, 3):
        (due,) = claim(database)
        assert begin(database, due) == n
        end(database, due, "waiting", "blocked", attempts=due.attempts)
    assert rows.all("SELECT n, verdict FROM attempts ORDER BY n") == [(n, "blocked") for n in (1, 2, 3)]
    assert rows.one("SELECT attempts, first_attempt_at IS NOT NULL FROM deliveries") == (0, True)


def test_a_sender_that_vanished_before_its_attempt_has_surely_sent_nothing(database, made):
    delivery = made()
    claim(database, lease_s=0)
    with database.begin() as connection:
        ((due, begun),) = store.claim_abandoned(connection)
        assert store.claim_abandoned(connection) == []
    assert (due.id, begun) == (delivery, False)


def test_a_sender_that_vanished_in_its_attempt_may_have_sent_it(database, rows, made):
    made()
    (due,) = claim(database, lease_s=0)
    begin(database, due, lease_s=0)
    with database.begin() as connection:
        ((found, begun),) = store.claim_abandoned(connection)
    assert begun
    assert found.token > due.token
    end(database, found, "waiting", "unsure")
    assert rows.all("SELECT verdict, ended_at IS NOT NULL FROM attempts") == [("unsure", True)]


def test_a_sender_at_work_is_not_abandoned(database, made):
    made()
    claim(database)
    with database.begin() as connection:
        assert store.claim_abandoned(connection) == []


def test_a_sender_that_lost_its_lease_begins_and_ends_nothing(database, rows, made):
    made()
    (old,) = claim(database, lease_s=0)
    with database.begin() as connection:
        store.claim_abandoned(connection)
    assert begin(database, old) is None
    assert not end(database, old, "failed")
    assert states(rows) == ["sending"]
    assert rows.one("SELECT taken FROM delivery_articles") is True


@pytest.mark.parametrize("state", ["failed", "expired", "suppressed"])
def test_what_ends_untold_gives_its_article_back_at_once(database, rows, made, state):
    made()
    (due,) = claim(database)
    end(database, due, state)
    assert rows.one("SELECT taken FROM delivery_articles") is False


def test_what_was_sent_keeps_its_article_for_ever(database, rows, made):
    made()
    (due,) = claim(database)
    end(database, due, "sent")
    tidy(database)
    assert rows.one("SELECT taken FROM delivery_articles") is True


def test_what_was_claimed_once_never_collides_with_a_bundle_of_its_key(database, rows, made):
    made(bundle="backlog:1", kind="backlog")
    (due,) = claim(database)
    made(bundle="backlog:1", kind="backlog", state="collecting", due_at=LATER)
    assert end(database, due, "waiting", "simpler", due_at=NOW)
    with pytest.raises(IntegrityError, match="uq_deliveries_open_bundle"):
        made(bundle="backlog:1", kind="backlog")


REMOVED = {"channels": "channel_removed", "subscriptions": "subscription_removed"}


@pytest.mark.parametrize(("table", "reason"), REMOVED.items())
@pytest.mark.parametrize("state", ["collecting", "ready", "waiting", "held"])
def test_what_waits_for_somebody_who_was_removed_is_suppressed_with_that_reason(
    database, rows, made, state, table, reason
):
    made(state=state, due_at=LATER)
    rows.change(f"UPDATE {table} SET removed_at = now()")
    tidy(database)
    assert rows.all("SELECT delivery_id, suppressed FROM alerts") == [(None, reason)]
    assert rows.one("SELECT state, reason, ended_at IS NOT NULL FROM deliveries") == (
        "suppressed",
        "emptied",
        True,
    )
    assert rows.one("SELECT taken FROM delivery_articles") is False


def test_a_message_that_another_subscription_still_wants_goes_on(database, rows, made):
    delivery = made(due_at=LATER)
    other = rows.subscription()
    match = rows.one("SELECT match_id FROM alerts")
    rows.alert(match, other, made.channels["desk"], delivery)
    rows.change("UPDATE subscriptions SET removed_at = now() WHERE id <> :other", other=other)
    tidy(database)
    assert states(rows) == ["ready"]
    assert sorted(map(str, rows.all("SELECT suppressed FROM alerts"))) == [
        "('subscription_removed',)",
        "(None,)",
    ]
    assert rows.one("SELECT taken FROM delivery_articles") is True


def test_an_article_that_only_the_removed_one_wanted_leaves_a_shared_message(database, rows, made):
    bundle = made(kind="rollup", bundle="rollup:x", due_at=LATER, state="collecting")
    channel, other = made.channels["desk"], rows.subscription()
    article = rows.article(1)
    rows.alert(rows.match(1, article), other, channel, bundle)
    rows.slot(bundle, article, channel)
    rows.change("UPDATE subscriptions SET removed_at = now() WHERE id = :other", other=other)
    tidy(database)
    assert states(rows) == ["collecting"]
    assert rows.one("SELECT count(*) FROM delivery_articles WHERE article_id = :a", a=article) == 0


@pytest.mark.parametrize(("state", "expires"), [("ready", True), ("waiting", True), ("collecting", False)])
def test_what_came_too_late_to_be_news_expires_and_frees_its_article(database, rows, made, state, expires):
    made(state=state, expires_at=AGO, due_at=AGO)
    tidy(database)
    assert states(rows) == ["expired" if expires else state]
    assert rows.one("SELECT taken FROM delivery_articles") is not expires


def test_a_message_on_its_way_is_left_alone_whatever_is_removed_or_late(database, rows, made):
    made(state="sending", expires_at=AGO, lease_until=LATER)
    rows.change("UPDATE channels SET removed_at = now()")
    rows.change("UPDATE subscriptions SET removed_at = now()")
    tidy(database)
    assert states(rows) == ["sending"]
