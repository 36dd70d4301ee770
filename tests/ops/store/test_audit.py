"""The proof: every alert in exactly one state, and a lie in the ledger is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.desks.plan import plan
from ops.store.audit import FAULTS, LISTS, accounts, audit

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
STATES = {
    "collecting": "waiting",
    "ready": "waiting",
    "sending": "waiting",
    "waiting": "waiting",
    "held": "held",
    "sent": "sent",
    "failed": "failed",
    "expired": "expired",
    "unknown": "in_doubt",
    "suppressed": "suppressed",
}
COUNTED = ("sent", "suppressed", "expired", "waiting", "held", "failed", "in_doubt")


@pytest.fixture
def made(rows):
    feed, topic, channel, subscription = rows.feed(), rows.topic(), rows.channel(), rows.subscription()

    def make(state="sent", **facts):
        return rows.announced(channel, subscription, topic, feed, state=state, **facts)

    make.ids = (channel, subscription, topic, feed)
    return make


def take(database):
    with database.connect() as connection:
        return audit(connection)


def attempt(rows, delivery, n, verdict):
    rows.change(
        "INSERT INTO attempts (delivery_id, n, verdict, ended_at) VALUES (:d, :n, :v, now())",
        d=delivery,
        n=n,
        v=verdict,
    )


@pytest.mark.parametrize(("state", "counted"), STATES.items())
def test_every_state_of_a_delivery_counts_as_one_state_of_its_alert(database, made, state, counted):
    made(state)
    found = take(database)
    assert {name: getattr(found, name) for name in COUNTED} == {
        name: int(name == counted) for name in COUNTED
    }
    assert (found.alerts, found.sound) == (1, True)


def test_an_alert_that_was_suppressed_when_planned_counts_as_suppressed(database, rows, made):
    channel, subscription, topic, feed = made.ids
    match = rows.match(topic, rows.article(feed), state="planned")
    rows.alert(match, subscription, channel, None, suppressed="language_filter")
    assert (take(database).alerts, take(database).suppressed) == (1, 1)


@given(st.lists(st.sampled_from(sorted(STATES)), max_size=8))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_alerts_are_the_sum_of_the_states(database, rows, made, states):
    rows.change("TRUNCATE alerts, delivery_articles, attempts, deliveries, matches CASCADE")
    for state in states:
        made(state)
    found = take(database)
    assert found.alerts == len(states) == sum(getattr(found, name) for name in COUNTED)


def test_a_match_that_was_planned_without_a_word_to_somebody_is_lost(database, rows, made):
    _, _, topic, feed = made.ids
    rows.match(topic, rows.article(feed), state="planned")
    found = take(database)
    assert (found.lost, found.sound) == (1, False)
    rows.change("UPDATE matches SET state = 'new'")
    assert take(database).lost == 0


def test_a_loss_to_one_of_two_channels_is_seen(database, rows, made):
    made("sent")
    rows.channel("second")
    rows.change("UPDATE subscriptions SET channels = '{desk,second}'")
    assert take(database).lost == 1


def test_a_loss_to_somebody_who_subscribes_by_tag_is_seen(database, rows, made):
    made("sent")
    rows.change("UPDATE topics SET tags = '{war}'")
    rows.subscription(["tag:war"])
    assert take(database).lost == 1


EXCUSES = {
    "they subscribed later": "UPDATE subscriptions SET created_at = now() + interval '1 hour'",
    "they changed the subscription since": "UPDATE subscriptions SET changed_at = now() + interval '1 hour'",
    "the subscription is gone": "UPDATE subscriptions SET removed_at = now()",
    "the channel came later": "UPDATE channels SET created_at = now() + interval '1 hour'",
    "the channel is gone": "UPDATE channels SET removed_at = now()",
    "the topic is gone": "UPDATE topics SET removed_at = now()",
    "nobody follows the topic": "UPDATE subscriptions SET topics = '{Kyiv}'",
}


@pytest.mark.parametrize("excuse", EXCUSES.values(), ids=EXCUSES.keys())
def test_who_had_nothing_to_hear_has_lost_nothing(database, rows, made, excuse):
    _, _, topic, feed = made.ids
    rows.match(topic, rows.article(feed), state="planned")
    rows.change(excuse)
    assert take(database).lost == 0


def test_planning_for_real_leaves_nothing_lost_whatever_the_filters(kit, rows):
    feed, topic = rows.feed(tags=["war"]), rows.topic(tags=["t"])
    for name in ("a", "b", "c"):
        rows.channel(name)
    rows.subscription(["NATO"], ["a", "b"], sources=["nobody"])
    rows.subscription(["tag:t", "NATO"], ["b", "c"], languages=["uk"], when=["daily 07:00"])
    rows.subscription(["tag:t"], ["a"], quiet="00:00-23:59")
    for age in (0, 3, 9):
        facts = {"backlog": age > 0, "published_at": NOW - timedelta(days=age)}
        rows.match(topic, rows.article(feed, **facts))
    plan(kit)
    found = take(kit.engine)
    assert (found.alerts, found.lost, found.doubled) == (15, 0, 0)


@pytest.fixture
def tell(rows, made):
    """Tells one and the same article on a channel, with these verdicts, whatever was told before."""
    channel, subscription, topic, feed = made.ids
    article = rows.article(feed)
    match = rows.match(topic, article, state="planned")

    def once(*verdicts, on=channel, state="sent"):
        delivery = rows.delivery(on, subscription, state=state)
        rows.slot(delivery, article, on, taken=False)
        if not rows.all("SELECT 1 FROM alerts WHERE channel_id = :on", on=on):
            rows.alert(match, subscription, on, delivery)
        for n, verdict in enumerate(verdicts, start=1):
            attempt(rows, delivery, n, verdict)

    return once


def test_two_accepted_attempts_of_one_message_are_a_double(database, tell):
    tell("sent", "sent")
    found = take(database)
    assert (found.alerts, found.doubled, found.sound) == (1, 1, False)


def test_two_sent_messages_of_one_article_on_one_channel_are_a_double(database, tell):
    tell("sent")
    assert take(database).sound
    tell("sent")
    assert take(database).doubled == 1


def test_a_double_on_each_of_two_channels_counts_twice(database, rows, tell):
    for channel in (None, rows.channel("other")):
        where = {"on": channel} if channel else {}
        tell("sent", **where), tell("sent", **where)
    assert take(database).doubled == 2


def test_a_copy_sent_because_an_answer_was_lost_is_a_possible_repeat_and_no_double(database, rows, made):
    delivery = made("sent", possible_repeat=True)
    attempt(rows, delivery, 1, "unsure"), attempt(rows, delivery, 2, "sent")
    made("waiting", possible_repeat=True)
    found = take(database)
    assert (found.possible_repeats, found.doubled, found.sound) == (1, 0, True)


def test_the_same_article_on_two_channels_or_told_after_a_failure_is_no_double(database, rows, tell):
    tell("never", state="failed")
    tell("later", "sent")
    tell("sent", on=rows.channel("other"))
    assert take(database).doubled == 0


def listed(database, wanted):
    with database.connect() as connection:
        return accounts(connection, wanted, 100)


def planned(rows, made, **facts):
    """A match that was planned, of an article that nothing was told of."""
    _, _, topic, feed = made.ids
    return rows.match(topic, rows.article(feed, **facts), state="planned")


def nothing_decided(rows, made):
    planned(rows, made)


def suppressed_for_no_reason(rows, made):
    channel, subscription, _, _ = made.ids
    rows.alert(planned(rows, made), subscription, channel, None, suppressed="")


def told_already_nowhere(rows, made):
    channel, subscription, _, _ = made.ids
    other = rows.channel("other")
    rows.alert(planned(rows, made), subscription, channel, None, suppressed="already_told")
    elsewhere = rows.delivery(other, subscription, state="sent")
    rows.slot(elsewhere, rows.one("SELECT article_id FROM matches"), other)


def of_another_channel(rows, made):
    made("sent")
    rows.change("UPDATE deliveries SET channel_id = :other", other=rows.channel("other"))


def on_an_update(rows, made):
    made("sent", kind="update")


def on_a_notice(rows, made):
    made("sent", kind="notice")


def ended_as_empty(rows, made):
    made("suppressed", reason="emptied")


def joined_after_it_had_gone(rows, made):
    attempt(rows, made("sent"), 1, "sent")
    rows.change("UPDATE alerts SET created_at = now() + interval '1 hour'")


def in_a_state_of_its_own(rows, made):
    made("forgotten")


BREAKAGES = {
    nothing_decided: "never_decided",
    suppressed_for_no_reason: "no_reason",
    told_already_nowhere: "told_nowhere",
    of_another_channel: "elsewhere",
    on_an_update: "carries_none",
    on_a_notice: "carries_none",
    ended_as_empty: "emptied",
    joined_after_it_had_gone: "came_after",
    in_a_state_of_its_own: "no_state",
}


def test_every_fault_that_the_audit_knows_is_made_here():
    assert set(BREAKAGES.values()) == set(FAULTS)


@pytest.mark.parametrize(
    ("damage", "fault"), BREAKAGES.items(), ids=lambda item: getattr(item, "__name__", "")
)
def test_a_ledger_that_was_broken_on_purpose_is_found_out(database, rows, made, damage, fault):
    damage(rows, made)
    found = take(database)
    assert (found.lost, found.sound) == (1, False)
    assert found.alerts == sum(getattr(found, name) for name in COUNTED)
    (row,) = listed(database, "lost")
    assert (row["fault"], row["topic"], row["state"]) == (fault, "NATO", "lost")


def test_what_was_told_already_needs_a_message_that_names_it(database, rows, made):
    channel, subscription, _, _ = made.ids
    match = planned(rows, made)
    article = rows.one("SELECT article_id FROM matches")
    rows.slot(rows.delivery(channel, subscription, state="sent"), article, channel)
    rows.alert(match, subscription, channel, None, suppressed="already_told")
    found = take(database)
    assert (found.suppressed, found.lost, dict(found.suppressed_because)) == (1, 0, {"already_told": 1})


def test_updates_and_notices_that_carry_no_alert_count_nowhere(database, rows, made):
    channel, subscription, _, _ = made.ids
    made("sent")
    for kind, whose in (("update", subscription), ("notice", None)):
        delivery = rows.delivery(channel, whose, kind=kind, state="sent", possible_repeat=True)
        attempt(rows, delivery, 1, "sent"), attempt(rows, delivery, 2, "sent")
    found = take(database)
    assert (found.alerts, found.sent, found.possible_repeats, found.sound) == (1, 1, 0, True)


@pytest.mark.parametrize("kind", ["article", "followup", "rollup", "digest", "quiet", "backlog"])
def test_every_kind_of_message_that_carries_alerts_is_accounted_for(database, made, kind):
    made("sent", kind=kind)
    assert (take(database).sent, take(database).sound) == (1, True)


def test_a_follow_up_that_repeats_its_first_message_is_a_double(database, rows, made):
    channel, subscription, _, _ = made.ids
    first = made("sent")
    article = rows.one("SELECT article_id FROM delivery_articles")
    again = rows.delivery(channel, subscription, state="sent", kind="followup", thread_of=first)
    rows.slot(again, article, channel, taken=False)
    assert take(database).doubled == 1
    assert [row["doubled"] for row in listed(database, "doubled")] == [True]


def test_each_figure_has_the_alerts_behind_it(database, rows, made, tell):
    for state in STATES:
        made(state)
    planned(rows, made)
    tell("sent", "sent")
    found = take(database)
    assert {name: len(listed(database, name)) for name in LISTS} == {
        name: getattr(found, name) for name in LISTS
    }
