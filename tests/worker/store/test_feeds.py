"""Feeds: who polls what, and what a poll leaves behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.model import Entry, NewEntry
from worker.polling import sift
from worker.store import feeds as store

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
PLANS = {
    "usual": "SELECT",
    "hash": "SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off",
    "nested loops": "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;"
    "SET LOCAL enable_material = off",
}
any_plan = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())


def entry(title, *keys, backlog=False, **facts):
    return NewEntry(Entry(id=keys[0], link=None, title=title, **facts), keys, backlog)


@pytest.fixture
def feed(database, rows):
    """A feed that has been claimed."""
    rows.feed()
    with database.begin() as connection:
        (claimed,) = store.claim_due(connection, 5)
    return claimed


@any_plan
def test_the_feeds_longest_due_are_claimed_first_and_come_in_that_order(database, rows, plan):
    late = [NOW - timedelta(minutes=m) for m in (3, 50, 7, 20, 1, 35)]
    ids = {rows.feed(next_poll_at=due): due for due in late}
    with database.begin() as connection:
        connection.exec_driver_sql(plan)
        claimed = store.claim_due(connection, 4)
    assert [feed.id for feed in claimed] == sorted(ids, key=ids.__getitem__)[:4]


@any_plan
def test_a_claim_takes_no_more_than_it_asked_for_whatever_the_plan(database, rows, plan):
    for _ in range(12):
        rows.feed()
    with database.begin() as connection:
        connection.exec_driver_sql(plan)
        assert len(store.claim_due(connection, 3)) == 3
    assert rows.one("SELECT count(*) FROM feeds WHERE lease_token > 0") == 3


def test_what_is_not_due_gone_removed_or_leased_is_left_alone(database, rows):
    rows.feed(next_poll_at=NOW + timedelta(days=1))
    rows.feed(state="gone")
    rows.feed(removed_at=NOW)
    rows.feed(lease_until=NOW + timedelta(days=1))
    due = rows.feed(lease_until=NOW - timedelta(seconds=1), lease_token=8)
    with database.begin() as connection:
        (claimed,) = store.claim_due(connection, 10)
    assert (claimed.id, claimed.token) == (due, 9)


def test_two_connections_never_get_the_same_feed(database, rows):
    for _ in range(6):
        rows.feed()
    with database.begin() as one, database.begin() as other:
        first = store.claim_due(one, 4)
        second = store.claim_due(other, 4)  # would wait for ever if it did not skip what the first holds
    assert len(first) == 4
    assert len(second) == 2
    assert not {feed.id for feed in first} & {feed.id for feed in second}


def test_a_claim_lasts_as_long_as_its_lease(database, rows):
    rows.feed()
    with database.begin() as connection:
        assert store.claim_due(connection, 1, lease_s=0)
    with database.begin() as connection:
        assert store.claim_due(connection, 1)
    with database.begin() as connection:
        assert not store.claim_due(connection, 1)


def test_a_holder_that_lost_its_lease_changes_nothing(database, rows, feed):
    rows.change("UPDATE feeds SET lease_until = 'epoch'")
    with database.begin() as connection:
        (newer,) = store.claim_due(connection, 1)
    with database.begin() as connection:
        late, in_time = {"title": "late", "last_ok_at": NOW}, {"title": "in time"}
        assert store.settle_polls(connection, [(feed, late), (newer, in_time)]) == {newer.id}
        assert store.hold(connection, [feed, newer]) == {newer.id}
    assert rows.all("SELECT title, last_ok_at FROM feeds") == [("in time", None)]


def test_settling_gives_the_lease_back(database, rows, feed):
    with database.begin() as connection:
        store.settle_polls(connection, [(feed, {"next_poll_at": NOW})])
    with database.begin() as connection:
        (again,) = store.claim_due(connection, 1)
    assert again.token == feed.token + 1


def test_a_site_is_polled_where_its_feed_was_found_but_remembers_what_was_asked(database, rows):
    rows.feed(url="https://site.example/", found_url="https://site.example/rss", name=None, title="Own")
    with database.begin() as connection:
        (claimed,) = store.claim_due(connection, 1)
    assert (claimed.asked_url, claimed.url) == ("https://site.example/", "https://site.example/rss")
    assert (claimed.name, claimed.first_poll) == ("Own", True)


def test_new_entries_are_stored_oldest_first_with_all_their_keys(database, rows, feed):
    document = [entry(title, f"guid:{title}", f"link:{title}") for title in ("newest", "middle", "oldest")]
    with database.begin() as connection:
        ids = store.add_entries(connection, feed.id, document, NOW)
    assert rows.all("SELECT title FROM entries ORDER BY id") == [("oldest",), ("middle",), ("newest",)]
    assert ids == sorted(ids)
    keys = rows.all("SELECT k.key, e.title FROM entry_keys k JOIN entries e ON e.id = k.entry_id")
    assert set(keys) == {
        (f"{kind}:{e.entry.title}", e.entry.title) for e in document for kind in ("guid", "link")
    }


def test_an_entry_without_a_publication_date_goes_by_its_update(database, rows, feed):
    with database.begin() as connection:
        store.add_entries(connection, feed.id, [entry("a", "k", updated=NOW, backlog=True)], NOW)
    assert rows.all("SELECT published_at, backlog, state FROM entries") == [(NOW, True, "new")]


def poll(database, feed, *found):
    """What the poll desk does with a document's entries: returns the new ones' titles."""
    with database.begin() as connection:
        known = store.known_keys(connection, feed.id, {key for each in found for key in each.keys})
        new, learned = sift(list(found), known)
        store.learn_keys(connection, feed.id, learned)
        store.add_entries(connection, feed.id, new, NOW)
    return [each.entry.title for each in new]


def test_an_entry_known_under_any_of_its_keys_is_not_new(database, feed):
    assert poll(database, feed, entry("told", "guid:1", "link:1")) == ["told"]
    assert poll(database, feed, entry("another guid", "guid:2", "link:1")) == []
    assert poll(database, feed, entry("another link", "guid:1", "link:3")) == []
    assert poll(database, feed, entry("both are others", "guid:9", "link:9")) == ["both are others"]


def test_a_key_seen_later_is_learned_and_counts_from_then_on(database, rows, feed):
    poll(database, feed, entry("told", "guid:1", "link:1"))
    poll(database, feed, entry("moved", "guid:1", "link:2"))
    assert poll(database, feed, entry("new guid at the new place", "guid:2", "link:2")) == []
    owners = rows.all("SELECT DISTINCT entry_id FROM entry_keys")
    assert owners == rows.all("SELECT id FROM entries")


def test_the_same_key_in_another_feed_is_another_entry(database, rows, feed):
    rows.feed()
    with database.begin() as connection:
        (other,) = store.claim_due(connection, 5)
    assert poll(database, feed, entry("here", "guid:1")) == ["here"]
    assert poll(database, other, entry("there", "guid:1")) == ["there"]


def test_a_feeds_state_and_its_entries_are_stored_together_or_not_at_all(database, rows, feed):
    with database.connect() as connection:
        store.add_entries(connection, feed.id, [entry("lost with the crash", "guid:1")], NOW)
        assert store.settle_polls(connection, [(feed, {"etag": '"1"', "body_hash": b"1"})])
        connection.rollback()
    assert rows.all("SELECT etag, body_hash FROM feeds") == [(None, None)]
    assert rows.one("SELECT (SELECT count(*) FROM entries) + (SELECT count(*) FROM entry_keys)") == 0


DOCUMENTS = st.lists(
    st.lists(st.sets(st.sampled_from("abcdef"), min_size=1, max_size=3), max_size=4), min_size=1, max_size=5
)


@given(documents=DOCUMENTS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_feed_does_with_its_keys_no_key_ever_brings_two_entries(database, rows, feed, documents):
    rows.change("DELETE FROM entry_keys")
    rows.change("DELETE FROM entries")
    for document in documents:
        seen, found = set(), []
        for keys in document:
            if seen.isdisjoint(keys):
                found.append(entry("x", *sorted(keys)))
            seen |= keys
        poll(database, feed, *found)
    assert (
        rows.one(
            "SELECT count(*) FROM entries e WHERE NOT EXISTS (SELECT FROM entry_keys WHERE entry_id = e.id)"
        )
        == 0
    )
    offered = {key for document in documents for keys in document for key in keys}
    learned = {key for (key,) in rows.all("SELECT key FROM entry_keys")}
    assert learned <= offered
