"""The figures of the overview: what is late, what is not, and how long telling takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ops.store import overview as store
from ops.store import programs

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)


def ago(seconds):
    return datetime.now(UTC) - timedelta(seconds=seconds)


@pytest.fixture
def look(database):
    def at_it():
        with database.connect() as connection:
            return store.overview(connection)

    return at_it


@pytest.fixture
def sent(rows):
    """Makes a message that was sent: seconds from seeing (and publishing) to the end of its sending."""
    feed, topic, channel, subscription = rows.feed(), rows.topic(), rows.channel(), rows.subscription()

    def make(seen_s, published_s=None, **facts):
        facts = {"state": "sent", "ended_at": NOW, **facts}
        delivery = rows.announced(channel, subscription, topic, feed, **facts)
        published = None if published_s is None else facts["ended_at"] - timedelta(seconds=published_s)
        rows.change(
            "UPDATE articles SET seen_at = :seen, published_at = :published "
            "WHERE id = (SELECT article_id FROM delivery_articles WHERE delivery_id = :d)",
            seen=facts["ended_at"] - timedelta(seconds=seen_s),
            published=published,
            d=delivery,
        )
        return delivery

    return make


def test_nothing_sent_is_no_figure_rather_than_zero(look):
    assert look().seen_to_sent == look().published_to_sent == store.Lag(None, None, 0)


def test_latency_is_the_time_from_seeing_to_sending(look, sent):
    for seconds in (1, 2, 3, 4, 100):
        sent(seconds, seconds + 10)
    now = look()
    assert (now.seen_to_sent.p50, now.seen_to_sent.n) == (3, 5)
    assert now.seen_to_sent.p95 == pytest.approx(80.8)
    assert (now.published_to_sent.p50, now.published_to_sent.n) == (13, 5)


def test_waits_that_somebody_asked_for_are_no_lag_of_ours(look, sent):
    sent(607, waited_s=600)
    assert look().seen_to_sent.p50 == pytest.approx(7)


@pytest.mark.parametrize("kind", ["digest", "backlog", "quiet", "rollup"])
def test_bundles_say_nothing_about_speed(look, sent, kind):
    sent(3)
    sent(40_000, 50_000, kind=kind)
    assert (look().seen_to_sent.n, look().published_to_sent.n) == (1, 0)
    assert look().sent_24h == 2


def test_only_what_was_sent_within_a_day_counts(look, sent):
    sent(3, ended_at=NOW - timedelta(hours=25))
    sent(3, state="waiting", ended_at=NOW)
    assert (look().seen_to_sent.n, look().sent_24h) == (0, 0)


def test_every_desk_tells_what_waits_and_since_when(look, rows):
    feed = rows.feed(next_poll_at=ago(40))
    rows.feed(next_poll_at=ago(-3600))
    rows.feed(next_poll_at=ago(500), state="gone"), rows.feed(next_poll_at=ago(500), removed_at=NOW)
    rows.entry(feed, seen_at=ago(30)), rows.entry(feed, seen_at=ago(10)), rows.entry(feed, state="read")
    rows.match(rows.topic(), rows.article(feed), created_at=ago(20))
    channel, subscription = rows.channel(), rows.subscription()
    rows.delivery(channel, subscription, due_at=ago(15)), rows.delivery(channel, subscription, due_at=ago(5))
    rows.delivery(channel, subscription, due_at=ago(-60), state="collecting")
    rows.delivery(channel, subscription, due_at=ago(900), state="held")
    desks = look().desks
    assert {name: queue.waiting for name, queue in desks.items()} == {
        "poll": 1,
        "read": 2,
        "plan": 1,
        "send": 2,
    }
    ages = {"poll": 40, "read": 30, "plan": 20, "send": 15}
    assert {name: desk.oldest_s for name, desk in desks.items()} == pytest.approx(ages, abs=10)


def test_a_leased_feed_is_as_old_as_its_lease(look, rows):
    rows.feed(next_poll_at=ago(400), lease_until=ago(5))
    assert look().desks["poll"].oldest_s < 60


def test_idle_desks_have_no_age(look):
    assert {(queue.waiting, queue.oldest_s) for queue in look().desks.values()} == {(0, 0.0)}


def test_what_a_paused_channel_holds_back_is_not_late_and_is_told_apart(look, rows):
    until = ago(-300)
    channel = rows.channel(pause_until=until, asked_from=NOW)
    rows.delivery(channel, rows.subscription(), due_at=ago(50))
    now = look()
    assert now.desks["send"].waiting == 0
    assert now.pauses == {"desk": store.Pause(until, 1)}


def test_what_waits_behind_a_message_that_was_put_off_is_not_late(look, rows):
    channel, subscription = rows.channel(), rows.subscription()
    first = rows.delivery(channel, subscription, due_at=ago(-300), state="waiting", attempts=3)
    rows.delivery(channel, subscription, due_at=ago(200))
    assert look().desks["send"].waiting == 0
    rows.change("UPDATE deliveries SET attempts = 4 WHERE id = :first", first=first)  # others may pass it
    assert look().desks["send"].waiting == 1


@pytest.mark.parametrize(("state", "waiting"), [("unknown", 0), ("waiting", 0), ("sent", 1), ("failed", 1)])
def test_what_follows_a_message_is_late_once_that_is_over(look, rows, state, waiting):
    channel, subscription = rows.channel(), rows.subscription()
    root = rows.delivery(channel, subscription, due_at=ago(-300), state=state, attempts=9)
    rows.delivery(channel, subscription, due_at=ago(200), kind="followup", thread_of=root)
    assert look().desks["send"].waiting == waiting


def test_a_pause_of_our_own_is_not_told_as_asked_for(look, rows):
    channel = rows.channel(pause_until=ago(-300))
    rows.delivery(channel, rows.subscription(), due_at=ago(50))
    assert look().pauses == {}


def test_feeds_are_counted_by_state_and_removed_ones_not_at_all(look, rows):
    for state in ("ok", "ok", "failing", "gone", "new"):
        rows.feed(state=state)
    rows.feed(state="ok", removed_at=NOW)
    assert look().feeds == {"ok": 2, "failing": 1, "gone": 1, "new": 1}


def test_trouble_is_counted_for_the_day_and_for_all_time(look, sent):
    for state in ("held", "failed", "unknown"):
        sent(1, state=state)
        sent(1, state=state, ended_at=NOW - timedelta(days=2))
    now = look()
    assert (now.held, now.failed, now.in_doubt) == (2, 2, 2)
    assert (now.failed_24h, now.in_doubt_24h) == (1, 1)


def test_a_circuit_is_told_by_the_name_of_what_it_stops(look, rows, database):
    channel = rows.channel("desk")
    for name in (f"channel:{channel}", "sender:smtp"):
        rows.change(
            "INSERT INTO circuits (name, reason, probe_at) VALUES (:n, 'login_refused', now())", n=name
        )
    rows.delivery(channel, rows.subscription(), state="held", held_by="sender:smtp")
    assert look().circuits == {"desk": "login_refused", "smtp": "login_refused"}
    with database.connect() as connection:
        assert {row["stops"]: row["held"] for row in store.circuit_list(connection)} == {"desk": 0, "smtp": 1}


def test_the_beat_has_an_age_once_it_ticked(look, rows):
    assert look().tick_age_s is None
    rows.change("INSERT INTO heartbeats (part, at) VALUES ('tick', :at)", at=ago(5))
    assert look().tick_age_s == pytest.approx(5, abs=10)


def test_the_latest_deliveries_come_with_article_topics_and_state(database, rows, sent):
    sent(1), sent(1, state="failed")
    with database.connect() as connection:
        newest, oldest = store.latest_deliveries(connection)
        (failed,) = store.latest_deliveries(connection, state="failed")
    assert (newest["id"], oldest["state"]) == (failed["id"], "sent")
    assert (newest["articles"], newest["topics"], newest["channel"]) == (1, ["NATO"], "desk")


def test_a_site_that_is_left_alone_is_told_and_what_waits_with_it_is_not_late(database, look, rows):
    until = ago(-300)
    rows.feed(
        url="https://cool.example/1",
        next_poll_at=ago(500),
        found_url="https://cool.example/2",
        notice="moved",
    )
    rows.feed(url="https://fine.example/", next_poll_at=ago(20))
    rows.change(
        "INSERT INTO hosts (site, paused_until, open_at, paused_why) VALUES ('cool.example:443', :t, :t, 'it said so')",
        t=until,
    )
    now = look()
    assert (now.desks["poll"].waiting, round(now.desks["poll"].oldest_s)) == (1, 20)
    assert now.cooling == [{"site": "cool.example:443", "until": until, "why": "it said so", "feeds": 1}]
    with database.connect() as connection:
        cool, fine = store.feed_list(connection)
    assert (cool["cooling_until"], cool["cooling_why"], cool["next_poll_at"]) == (until, "it said so", until)
    assert (cool["notice"], cool["found_url"], cool["site"]) == (
        "moved",
        "https://cool.example/2",
        "cool.example:443",
    )
    assert fine["cooling_until"] is fine["cooling_why"] is None


def test_workers_are_told_by_their_latest_sign_and_what_they_serve(look, rows):
    insert = (
        "INSERT INTO heartbeats (part, at, says)"
        " VALUES (:part, now() - CAST(:age AS interval), CAST(:says AS jsonb))"
    )
    for part, age, says in (
        ("worker:send:1", "4 s", '{"queues": ["send"]}'),
        ("worker:old:1", "2 h", "{}"),
        ("worker:older:1", "2 days", "{}"),
        ("tick", "1 s", "{}"),
    ):
        rows.change(insert, part=part, age=age, says=says)
    newest, old = look().signs
    assert (newest["part"], newest["queues"]) == ("worker:send:1", ["send"])
    assert 4 <= newest["age_s"] < 30
    assert (old["part"], old["queues"]) == ("worker:old:1", None)


def test_a_channel_that_takes_nothing_is_told_while_somebody_waits_for_it(look, rows, sent, database):
    assert look().balking == {}
    delivery = sent(3, state="waiting", reason="tries_again: refused")
    assert look().balking == {}  # not tried in vain yet
    rows.change("UPDATE channels SET nothing_since = now() - interval '9 s'")
    (balk,) = look().balking.values()
    assert (balk.waiting, balk.reason) == (1, "tries_again: refused")
    assert (look().at - balk.since).total_seconds() >= 9
    with database.connect() as connection:
        (shown,) = programs.channels(connection, 2**62, 5)
    assert (shown["takes_nothing_since"], shown["takes_nothing_why"]) == (balk.since, balk.reason)
    rows.change("UPDATE channels SET asked_from = now(), pause_until = now() + interval '1 minute'")
    assert look().balking == {}  # it asked for a pause
    rows.change("UPDATE channels SET asked_from = NULL")
    rows.change("UPDATE deliveries SET state = 'expired' WHERE id = :d", d=delivery)
    assert look().balking == {}  # nobody waits any more


def test_a_database_that_takes_its_time_is_told(look, rows, monkeypatch):
    rows.feed()
    assert look().asked_s > 0
    slow = store.text("SELECT state, count(*) AS n FROM feeds, pg_sleep(0.4) GROUP BY state")
    monkeypatch.setattr(store, "_FEEDS", slow)
    assert look().asked_s >= 0.4


def test_what_a_verdict_needs_is_the_same_without_the_figures_of_the_day(database, sent):
    sent(3)
    with database.connect() as connection:
        now, whole = store.standing(connection), store.overview(connection)
    assert (now.sent_24h, whole.sent_24h) == (0, 1)
    assert (now.feeds, now.desks.keys(), now.circuits) == (whole.feeds, whole.desks.keys(), whole.circuits)


def test_the_feed_that_began_to_fail_last_is_told(look, rows):
    rows.feed(name="Well")
    assert look().unwell is None
    rows.feed(name="Long dead", state="failing", failures=40, last_error="tls")
    rows.feed(name="Just now", state="failing", failures=1, last_error="dns")
    rows.feed(name="Removed", state="failing", failures=0, last_error="dns", removed_at=ago(1))
    assert (look().unwell["name"], look().unwell["last_error"]) == ("Just now", "dns")
