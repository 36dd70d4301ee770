"""What is old enough goes with all that hangs on it, and the proof holds at every piece."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.retention import REST, Keep, clear
from ops.store import retention as store
from ops.store.audit import audit

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
KEEP = Keep(articles_s=90 * 86400.0, ledger_s=365 * 86400.0)
OLD, ANCIENT = NOW - timedelta(days=100), NOW - timedelta(days=400)
TABLES = (
    "articles",
    "matches",
    "alerts",
    "deliveries",
    "delivery_articles",
    "attempts",
    "feedback",
    "entries",
)


@pytest.fixture
def told(rows):
    """Makes an article that somebody was told of, with a message of its own."""
    feed, topic, channel, subscription = rows.feed(), rows.topic(), rows.channel(), rows.subscription()

    def tell(read_at, state="sent", ended_at=None, *, heard=True, **facts):
        article = rows.article(feed, read_at=read_at, **facts)
        rows.entry(feed, article_id=article, state="read", seen_at=read_at)
        match = rows.match(topic, article, state="planned", created_at=read_at)
        if not heard:
            return article
        ended = ended_at or (read_at if state in ("sent", "failed", "expired") else None)
        delivery = rows.delivery(channel, subscription, state=state, ended_at=ended, created_at=read_at)
        rows.slot(delivery, article, channel, state not in ("failed", "expired"))
        rows.alert(match, subscription, channel, delivery, created_at=read_at)
        rows.change(
            "INSERT INTO attempts (delivery_id, n, started_at, ended_at, verdict) VALUES (:d, 1, :at, :at, 'sent')",
            d=delivery,
            at=read_at,
        )
        return article

    tell.feed = feed
    return tell


def walk(database, horizon=None):
    """The whole walk, piece by piece; how many rows of each kind went."""
    place, gone = store.BEGINNING, Counter()
    while place is not None:
        with database.begin() as connection:
            n, following = store.remove(connection, place, horizon or KEEP.horizon(NOW))
            assert audit(connection).sound
        gone[place.step] += n
        place = following
    return +gone


def counts(rows):
    return {table: n for table in TABLES if (n := rows.one(f"SELECT count(*) FROM {table}"))}


def test_an_article_that_nobody_was_told_of_goes_with_all_that_hangs_on_it(database, rows, told):
    article = told(OLD, heard=False)
    rows.change(
        "INSERT INTO readings (article_id, read_at, title, body, method, summary_only) "
        "VALUES (:a, now(), '', '', 'fast', false)",
        a=article,
    )
    kept = told(NOW - timedelta(days=80), heard=False)
    # planned without anybody who wants it would be a lie only where somebody did: nobody subscribed by then
    rows.change("UPDATE subscriptions SET removed_at = now()")
    assert walk(database) == {"articles": 1}
    assert rows.all("SELECT id FROM articles") == [(kept,)]
    assert rows.one("SELECT count(*) FROM readings") == 0
    assert counts(rows) == {"articles": 1, "matches": 1, "entries": 1}


def test_what_was_told_stays_with_its_article_as_long_as_the_ledger(database, rows, told):
    kept, gone = told(OLD), told(ANCIENT)
    assert walk(database) == {"articles": 1, "deliveries": 1}
    assert rows.all("SELECT id FROM articles") == [(kept,)]
    assert gone != kept
    assert counts(rows) == {table: 1 for table in TABLES if table != "feedback"}


@pytest.mark.parametrize("state", ["collecting", "ready", "sending", "waiting", "held", "unknown"])
def test_nothing_goes_of_what_is_under_way_whatever_its_age(database, rows, told, state):
    told(ANCIENT, state)
    assert walk(database) == {}
    assert rows.one("SELECT count(*) FROM alerts") == 1


def test_a_message_that_ended_late_keeps_its_article(database, rows, told):
    told(ANCIENT, ended_at=OLD)
    assert walk(database) == {}


def test_an_article_that_is_still_to_be_planned_stays(database, rows, told):
    told(ANCIENT, heard=False)
    rows.change("UPDATE matches SET state = 'new'")
    assert walk(database) == {}


def test_an_original_stays_as_long_as_a_copy_of_it(database, rows, told):
    original = told(ANCIENT)
    copy = told(OLD, copy_of=original)
    assert walk(database) == {}
    rows.change("UPDATE alerts SET created_at = :at", at=ANCIENT)
    rows.change("UPDATE deliveries SET ended_at = :at", at=ANCIENT)
    assert walk(database) == {"articles": 1, "deliveries": 1}
    assert rows.all("SELECT id FROM articles WHERE id IN (:a, :b)", a=original, b=copy) == [(original,)]
    assert walk(database) == {"articles": 1, "deliveries": 1}


def test_a_message_with_an_article_that_stays_and_the_first_of_a_thread_stay(database, rows, told):
    told(ANCIENT)
    delivery = rows.one("SELECT id FROM deliveries")
    told(OLD)
    rows.change("UPDATE deliveries SET thread_of = :d WHERE id <> :d", d=delivery)
    assert walk(database) == {"articles": 1}
    assert rows.one("SELECT count(*) FROM deliveries") == 2


def test_an_empty_story_goes_and_another_counts_what_is_left_of_it(database, rows, told):
    for title, articles in (("gone", [OLD]), ("goes on", [OLD, NOW])):
        rows.change(
            "INSERT INTO stories (title, first_at, last_at, articles) VALUES (:t, :at, :last, :n)",
            t=title,
            at=OLD,
            last=articles[-1],
            n=len(articles),
        )
        story = rows.one("SELECT max(id) FROM stories")
        for read_at in articles:
            rows.article(told.feed, read_at=read_at, story_id=story)
    assert walk(database) == {"articles": 2, "stories": 1}
    assert rows.all("SELECT title, articles FROM stories") == [("goes on", 1)]


def test_what_a_feed_brought_is_known_although_it_is_gone(database, rows, told):
    entry = rows.entry(told.feed, state="read", seen_at=OLD)
    rows.change("INSERT INTO entry_keys VALUES (:f, 'guid:1', :e, :d)", f=told.feed, e=entry, d=OLD.date())
    assert walk(database) == {"entries": 1}
    assert rows.all("SELECT key, entry_id FROM entry_keys") == [("guid:1", None)]


def test_old_notes_of_the_audit_log_go_with_the_ledger(database, rows):
    for at in (OLD, ANCIENT):
        rows.change(
            "INSERT INTO audit_log (at, who, what, kind, name) VALUES (:at, 'u', 'w', 'k', 'n')", at=at
        )
    assert walk(database) == {"notes": 1}


def test_a_ledger_that_is_kept_for_less_than_articles_goes_with_them(database, rows, told):
    told(NOW - timedelta(days=60))
    told(OLD)
    assert walk(database, Keep(90 * 86400.0, 30 * 86400.0).horizon(NOW)) == {"articles": 1, "deliveries": 1}


@given(
    made=st.lists(
        st.tuples(
            st.integers(0, 500),
            st.sampled_from(["sent", "failed", "expired", "held", "waiting", "nobody"]),
            st.integers(0, 500),
        ),
        max_size=8,
    )
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_proof_holds_at_every_piece_and_nothing_young_goes(database, rows, told, made):
    for age, state, later in made:
        read_at = NOW - timedelta(days=age)
        ended = min(read_at + timedelta(days=later), NOW)
        told(
            read_at, state, ended if state in ("sent", "failed", "expired") else None, heard=state != "nobody"
        )
    rows.change("UPDATE subscriptions SET changed_at = now()")  # nobody waits for what is merely planned
    young = set(rows.all("SELECT id FROM articles WHERE read_at >= :at", at=NOW - timedelta(days=90)))
    walk(database)
    assert young <= set(rows.all("SELECT id FROM articles"))
    for table in TABLES:
        rows.change(f"TRUNCATE {table} CASCADE")


def test_each_turn_goes_on_where_the_last_one_stopped_and_then_it_rests(database, rows, told, kit, clock):
    for _ in range(3):
        told(ANCIENT)
    passed = "UPDATE heartbeats SET at = at - interval '1 hour'"
    clear(kit, KEEP, at_work_s=0)
    assert rows.one("SELECT count(*) FROM articles") == 3
    rows.change(passed)
    clear(kit, KEEP)
    assert counts(rows) == {}
    told(ANCIENT)
    rows.change(passed)
    clear(kit, KEEP)
    assert rows.one("SELECT count(*) FROM articles") == 1
    clock.ahead = REST + timedelta(minutes=1)
    rows.change(passed)
    clear(kit, KEEP)
    assert counts(rows) == {}


def test_the_walk_goes_behind_what_stays_and_its_place_is_written_down(database, rows, told, monkeypatch):
    monkeypatch.setattr(store, "_ARTICLES", 1)
    stays, goes = told(OLD - timedelta(days=1)), told(OLD, heard=False)
    rows.change("UPDATE subscriptions SET removed_at = now()")
    place, gone = store.BEGINNING, []
    while place.step == "articles":
        with database.begin() as connection:
            n, following = store.remove(connection, place, KEEP.horizon(NOW))
            store.keep_place(connection, following, NOW, REST)
            gone.append(n)
        with database.connect() as connection:
            place = store.place_of(connection, NOW)
    assert gone == [0, 1, 0]
    assert (rows.one("SELECT id FROM articles"), goes) == (stays, goes)
