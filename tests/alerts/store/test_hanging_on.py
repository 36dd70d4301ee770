"""What hangs on another message: follow-ups wait for it, updates stand in nobody's way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.store import deliveries as store
from alerts.store import tidying

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
SOON = NOW + timedelta(hours=2)  # longer than the whole suite takes


@pytest.fixture
def desk(rows):
    """Makes messages of one story on one channel."""
    feed, topic, subscription = rows.feed(), rows.topic(), rows.subscription()
    channel, numbers = rows.channel("desk", kind="slack_bot", credential="slack"), iter(range(1, 99))
    rows.change("INSERT INTO stories (title, first_at, last_at) VALUES ('NATO', now(), now())")
    story = rows.one("SELECT id FROM stories")

    def make(**facts):
        usual = {"story_id": story, "bundle": f"b:{next(numbers)}"}
        if facts.get("kind") in ("update", "notice"):
            return rows.delivery(channel, subscription, **{**usual, **facts})
        return rows.announced(channel, subscription, topic, feed, **{**usual, **facts})

    return make


@pytest.fixture
def claim(database):
    def run(**facts):
        with database.begin() as connection:
            tidying.tidy(connection)
            return [due.id for due in store.claim_due(connection, 10, **facts)]

    return run


def hanging(rows):
    return dict(rows.all("SELECT id, thread_of FROM deliveries WHERE kind = 'followup' ORDER BY id"))


WAITING = {
    "in doubt": {"state": "unknown", "due_at": SOON},
    "waiting": {"state": "waiting", "due_at": SOON, "attempts": 9},
    "held": {"state": "held", "held_by": "channel:1"},
    "being sent": {"state": "sending", "lease_until": SOON},
}


@pytest.mark.parametrize("facts", WAITING.values(), ids=WAITING.keys())
def test_what_follows_waits_for_its_message_and_stays_hung_on_it(rows, desk, claim, facts):
    rows.change("INSERT INTO circuits (name, reason, probe_at) VALUES ('channel:99', 'x', now())")
    root = desk(**facts)
    if facts["state"] == "held":
        rows.change("UPDATE circuits SET name = 'channel:1', probe_at = now() + interval '1 hour'")
    follow = desk(kind="followup", thread_of=root)
    assert claim() == []
    assert hanging(rows) == {follow: root}


def test_a_story_in_doubt_does_not_keep_others_back(desk, claim):
    root = desk(state="unknown", due_at=SOON)
    desk(kind="followup", thread_of=root)
    other = desk(story_id=None)
    assert claim() == [other]


def test_once_its_message_is_sent_what_follows_goes(desk, claim):
    follow = desk(kind="followup", thread_of=desk(state="sent"))
    assert claim() == [follow]


ENDED = {
    "failed": {"state": "failed"},
    "expired": {"state": "expired"},
    "suppressed": {"state": "suppressed"},
    "a person's to judge": {"state": "unknown", "ended_at": NOW},
    "deleted by somebody": {"state": "sent", "reason": "thread_gone"},
}


@pytest.mark.parametrize("facts", ENDED.values(), ids=ENDED.keys())
def test_of_what_follows_no_message_the_first_begins_anew_and_the_rest_follows_that(rows, desk, claim, facts):
    root = desk(**facts)
    first, second, third = (desk(kind="followup", thread_of=root) for _ in range(3))
    assert claim() == [first]
    assert hanging(rows) == {first: None, second: first, third: first}
    late = desk(kind="followup", thread_of=root)
    claim()
    assert hanging(rows)[late] == first


def test_what_follows_no_message_follows_the_storys_next_one_where_there_is_one(rows, desk, claim):
    gone, heir = desk(state="failed"), desk(state="sent")
    follow = desk(kind="followup", thread_of=gone)
    assert claim() == [follow]
    assert hanging(rows) == {follow: heir}


def test_updates_go_last_and_only_the_newest(rows, desk, claim):
    root = desk(state="sent")
    older, newer = (desk(kind="update", thread_of=root) for _ in range(2))
    news = desk(kind="followup", thread_of=root)
    assert claim() == [news]
    assert rows.one("SELECT state, reason FROM deliveries WHERE id = :id", id=older) == (
        "suppressed",
        "newer_update",
    )
    rows.change("UPDATE deliveries SET state = 'sent' WHERE id = :id", id=news)
    assert claim() == [newer]


@pytest.mark.parametrize(
    "facts", [{"state": "sending", "lease_until": SOON}, {"state": "waiting", "due_at": SOON}]
)
def test_an_update_on_its_way_or_tried_again_does_not_keep_news_waiting(desk, claim, facts):
    desk(kind="update", thread_of=desk(state="sent"), attempts=1, **facts)
    news = desk(story_id=None)
    assert claim() == [news]


def test_an_update_waits_for_its_message_and_ends_with_it(rows, desk, claim):
    root = desk(state="unknown", due_at=SOON)
    update = desk(kind="update", thread_of=root)
    assert claim() == []
    rows.change("UPDATE deliveries SET state = 'expired' WHERE id = :root", root=root)
    assert claim() == []
    assert rows.one(
        "SELECT state, reason, ended_at IS NOT NULL FROM deliveries WHERE id = :id", id=update
    ) == (
        "suppressed",
        "message_gone",
        True,
    )


def test_what_carries_no_alert_ends_with_its_channel(rows, desk, claim):
    root = desk(state="sent")
    desk(kind="update", thread_of=root), desk(kind="notice", story_id=None)
    rows.change("UPDATE channels SET removed_at = now()")
    assert claim() == []
    ended = rows.all("SELECT state, reason FROM deliveries WHERE kind IN ('update', 'notice')")
    assert ended == [("suppressed", "channel_removed")] * 2


def test_a_paced_channel_takes_a_burst_and_then_one_a_second(database, rows, desk, claim):
    for _ in range(8):
        desk(story_id=None)
    taken = 0
    while claim(paces={"slack_bot": 60.0}):
        rows.change("UPDATE deliveries SET state = 'sent' WHERE state = 'sending'")
        taken += 1
    assert taken == store.BURST
    rows.change("UPDATE channels SET pace_at = pace_at - interval '60 seconds'")
    assert len(claim(paces={"slack_bot": 60.0})) == 1
    rows.change("UPDATE deliveries SET state = 'sent' WHERE state = 'sending'")
    assert claim(paces={"slack_bot": 60.0}) == []
    assert len(claim(paces={"email": 60.0})) == 1, "other kinds have other paces"
