"""Feeds: who polls what, and what a poll leaves behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.feeds.recognise import sift
from worker.model import Entry, KnownKey, NewEntry
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
        sifted = sift(list(found), known)
        store.learn_keys(connection, feed.id, sifted.learned)
        store.add_entries(connection, feed.id, sifted.new, NOW)
    return [each.entry.title for each in sifted.new]


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


def test_a_key_that_another_entry_holds_goes_over_to_the_new_one(database, rows, feed):
    poll(database, feed, entry("first", "guid:1", "link:1"))
    with database.begin() as connection:
        (second,) = store.add_entries(connection, feed.id, [entry("second", "guid:1", "link:2")], NOW)
        known = store.known_keys(connection, feed.id, {"guid:1", "link:1"})
    assert known["guid:1"] == KnownKey(second, NOW.date(), "second", None, None)
    assert known["link:1"].title == "first"


def test_of_each_title_the_entry_seen_last_is_found(database, rows, feed):
    other = rows.feed()
    for number in (feed.id, feed.id, other):
        last = rows.entry(number, title="Kurs", guid=f"g{number}")
    rows.entry(feed.id, title="Cuaca")
    with database.begin() as connection:
        found = store.entries_titled(connection, feed.id, {"Kurs", "Banjir"})
    assert [(each.title, each.id) for _, each in found] == [("Kurs", f"g{feed.id}")]
    assert found[0][0] == last - 1


AGO = {days: NOW - timedelta(days=days) for days in (1, 2, 40, 100, 101, 120, 200)}


def keys_of(rows):
    return dict(rows.all("SELECT key, entry_id IS NULL FROM entry_keys ORDER BY key"))


def shown(database, feed, *keys, days):
    """The feed brings entries with one key each, seen so many days ago."""
    with database.begin() as connection:
        store.add_entries(connection, feed.id, [entry(key, key) for key in keys], AGO[days])


def test_an_entry_that_is_forgotten_leaves_its_keys_and_never_comes_back_as_new(database, rows, feed):
    shown(database, feed, "guid:old", days=100)
    shown(database, feed, "guid:fresh", days=1)
    rows.change("UPDATE entries SET state = 'read'")
    with database.begin() as connection:
        assert store.forget_entries(connection, AGO[40])[0] == 1
    assert keys_of(rows) == {"guid:fresh": False, "guid:old": True}
    assert poll(database, feed, entry("old", "guid:old", "link:moved")) == []
    assert poll(database, feed, entry("moved again", "guid:other", "link:moved")) == []
    assert rows.all("SELECT title FROM entries") == [("guid:fresh",)]


def test_entries_that_wait_to_be_read_are_not_forgotten(database, rows, feed):
    shown(database, feed, "guid:waits", days=200)
    with database.begin() as connection:
        assert store.forget_entries(connection, AGO[40])[0] == 0
    assert keys_of(rows) == {"guid:waits": False}


def test_entries_are_forgotten_in_portions_the_oldest_first(database, rows, feed):
    for days in (200, 120, 101):
        shown(database, feed, f"guid:{days}", days=days)
    rows.change("UPDATE entries SET state = 'failed'")
    with database.begin() as connection:
        gone, last = store.forget_entries(connection, AGO[40], limit=2)
        assert gone == 2
        gone, last = store.forget_entries(connection, AGO[40], last, limit=2)
        assert gone == 1
        assert store.forget_entries(connection, AGO[40], last, limit=2) == (0, None)
    assert set(keys_of(rows).values()) == {True}


def forgotten(database, rows, feed, before, *, margin_days=30):
    rows.change("UPDATE entries SET state = 'read'")
    with database.begin() as connection:
        store.forget_entries(connection, NOW)
        assert store.forget_keys(connection, before.date(), margin_days=margin_days)[1]
    return set(keys_of(rows))


def test_keys_that_the_feed_no_longer_shows_go_after_their_time(database, rows, feed):
    shown(database, feed, "guid:gone", days=200)
    shown(database, feed, "guid:not yet", days=101)
    shown(database, feed, "guid:there", days=1)
    assert forgotten(database, rows, feed, AGO[120]) == {"guid:not yet", "guid:there"}


def test_keys_that_the_feed_still_shows_stay_however_old(database, rows, feed):
    shown(database, feed, "guid:evergreen", "guid:gone", days=200)
    with database.begin() as connection:
        store.show_keys(connection, feed.id, ["guid:evergreen"], AGO[1].date())
    assert forgotten(database, rows, feed, AGO[120]) == {"guid:evergreen"}


def test_what_stood_in_the_last_document_of_a_quiet_feed_stays(database, rows, feed):
    """It answers 304 for half a year; when it changes, what it had is not new."""
    shown(database, feed, "guid:a", "guid:b", days=200)
    assert forgotten(database, rows, feed, AGO[40]) == {"guid:a", "guid:b"}
    assert poll(database, feed, entry("a", "guid:a"), entry("c", "guid:c")) == ["c"]


def test_keys_of_entries_that_are_still_there_stay(database, rows, feed):
    shown(database, feed, "guid:waits", days=200)
    shown(database, feed, "guid:fresh", days=1)
    with database.begin() as connection:
        assert store.forget_keys(connection, AGO[40].date())[0] == 0


def test_showing_a_key_never_makes_it_older(database, rows, feed):
    shown(database, feed, "guid:a", days=1)
    with database.begin() as connection:
        store.show_keys(connection, feed.id, ["guid:a"], AGO[40].date())
        store.show_keys(connection, feed.id, [], NOW.date())
    assert rows.one("SELECT seen FROM entry_keys") == AGO[1].date()


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


def test_an_address_is_watched_by_the_feed_that_was_given_it_or_has_moved_there(database, rows):
    given = rows.feed(url="https://a.example/feed")
    moved = rows.feed(url="https://old.example/feed", found_url="https://new.example/feed")
    rows.feed(url="https://b.example/feed", found_url="https://a.example/feed")
    rows.feed(url="https://gone.example/feed", removed_at=NOW)
    asked = ["https://a.example/feed", "https://new.example/feed", "https://gone.example/feed"]
    with database.connect() as connection:
        assert store.watched_at(connection, asked) == {asked[0]: given, asked[1]: moved}
        assert store.watched_at(connection, []) == {}
