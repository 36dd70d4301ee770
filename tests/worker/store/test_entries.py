"""Entries to be read: live ones first, three tries, one article however many feeds bring it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from string import ascii_letters, digits
from threading import Thread

import pytest

from worker.model import Article, Finding, Hit, Match, ReadArticle, TopicId
from worker.reading import LONGEST_IDENTITY
from worker.store import claims
from worker.store import entries as store

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
TOPIC_SET = 7
HITS = (Hit("body", 0, 4, "NATO"),)
FORCE_NESTED_LOOPS = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"


def reading(identity="https://a.example/1", **facts):
    article = Article(title="Title", body="NATO met.", language="id", url=identity, source="A")
    return ReadArticle(
        article,
        identity,
        **{"authors": (), "published_at": None, "method": "fast", "summary_only": False},
        page_problem=None,
    )


def finding(topic):
    return Finding(Match(TopicId(topic), HITS), "body", "NATO met.", ((0, 4),))


def claim(database, limit=10, **facts):
    with database.begin() as connection:
        return claims.claim_unread(connection, limit, **facts)


def suspect(database, **facts):
    with database.begin() as connection:
        return claims.claim_suspect(connection, **facts)


def settle(database, entry, read, *found):
    with database.begin() as connection:
        settled = store.settle_reading(connection, entry, read, found, TOPIC_SET, NOW)
    return settled and settled.matches


@pytest.fixture
def feed(rows):
    return rows.feed(name="Harian", tags=["war"], language="id")


@pytest.mark.parametrize("plan", ["SELECT", FORCE_NESTED_LOOPS], ids=["usual plan", "nested loops"])
def test_live_entries_are_read_before_backlog_and_each_kind_in_its_order(database, rows, feed, plan):
    kinds = [True, False, True, False, False, True]
    ids = [rows.entry(feed, backlog=backlog) for backlog in kinds]
    with database.begin() as connection:
        connection.exec_driver_sql(plan)
        claimed = claims.claim_unread(connection, 5)
    assert [entry.id for entry in claimed] == [ids[n] for n in (1, 3, 4, 0, 2)]
    assert rows.one("SELECT count(*) FROM entries WHERE lease_token = 1") == 5


def test_an_entry_comes_with_what_its_feed_says(database, rows, feed):
    rows.entry(feed, tags=["the entry's own"], guid="g")
    (entry,) = claim(database)
    assert (entry.source, entry.tags, entry.language, entry.full_text) == ("Harian", ("war",), "id", True)


def test_two_connections_never_read_the_same_entry(database, rows, feed):
    for _ in range(5):
        rows.entry(feed)
    with database.begin() as one, database.begin() as other:
        first, second = claims.claim_unread(one, 3), claims.claim_unread(other, 3)
    assert (len(first), len(second)) == (3, 2)
    assert not {entry.id for entry in first} & {entry.id for entry in second}
    assert claim(database) == []


def test_a_begun_reading_is_remembered_although_what_follows_fails(database, rows, feed):
    rows.entry(feed)
    for tries in range(claims.MOST_ATTEMPTS):
        (entry,) = claim(database, lease_s=0) or suspect(database, lease_s=0)
        assert entry.attempts == tries
        with database.begin() as connection:
            claims.begin_reading(connection, entry)
        with database.connect() as connection:
            store.settle_reading(connection, entry, reading(), [], TOPIC_SET, NOW)
            connection.rollback()
    assert claim(database) == []  # it comes by itself
    (entry,) = suspect(database)
    assert entry.attempts == claims.MOST_ATTEMPTS
    assert rows.one("SELECT count(*) FROM articles") == 0


def test_an_entry_set_aside_stays_visible_with_its_reason_and_is_not_claimed_again(database, rows, feed):
    rows.entry(feed)
    (entry,) = claim(database, lease_s=0)
    with database.begin() as connection:
        assert store.set_aside(connection, entry, "it ended its reader three times")
    assert rows.one("SELECT state, reason FROM entries") == ("failed", "it ended its reader three times")
    assert claim(database) == []


def test_a_reading_leaves_article_matches_and_entry_together(database, rows, feed):
    topics = [rows.topic(name) for name in ("NATO", "Ukraina")]
    entry_id = rows.entry(feed, seen_at=NOW - timedelta(seconds=9))
    (entry,) = claim(database)
    assert settle(database, entry, reading(), *map(finding, topics)) == 2
    article, seen, read, topic_set = rows.one("SELECT id, seen_at, read_at, topic_set FROM articles")
    assert (seen, read, topic_set) == (NOW - timedelta(seconds=9), NOW, TOPIC_SET)
    assert rows.one("SELECT id, state, reason, article_id FROM entries") == (entry_id, "read", None, article)
    found = rows.all("SELECT topic_id, article_id, state, hits, quote->>'text' FROM matches ORDER BY id")
    assert found == [(t, article, "new", [["body", 0, 4, "NATO"]], "NATO met.") for t in topics]


def test_an_article_that_a_second_feed_brings_is_the_same_article_and_announces_nothing(database, rows, feed):
    topic = rows.topic()
    rows.entry(feed)
    rows.entry(rows.feed())
    first, second = claim(database)
    assert settle(database, first, reading(), finding(topic)) == 1
    assert settle(database, second, reading(), finding(topic)) == 0
    assert rows.one("SELECT count(*) FROM articles") == rows.one("SELECT count(*) FROM matches") == 1
    ties = rows.all("SELECT reason, article_id IS NOT NULL FROM entries ORDER BY id")
    assert ties == [(None, True), ("same_article", True)]


def test_two_readers_of_the_same_article_at_once_leave_one(database, rows, feed):
    topic = rows.topic()
    rows.entry(feed)
    rows.entry(rows.feed())
    first, second = claim(database)
    told = []
    with database.begin() as connection:
        settled = store.settle_reading(connection, first, reading(), [finding(topic)], TOPIC_SET, NOW)
        told.append(settled.matches)
        other = Thread(target=lambda: told.append(settle(database, second, reading(), finding(topic))))
        other.start()
        other.join(0.2)  # it waits for what this transaction will have done
        assert other.is_alive()
    other.join()
    assert told == [1, 0]
    assert rows.one("SELECT count(*) FROM matches") == 1


@pytest.mark.parametrize("late", ["settles", "sets aside", "counts"])
def test_a_reader_that_lost_its_lease_changes_nothing(database, rows, feed, late):
    rows.entry(feed)
    (old,) = claim(database, lease_s=0)
    (new,) = claim(database)
    with database.connect() as connection:
        if late == "settles":
            assert store.settle_reading(connection, old, reading(), [], TOPIC_SET, NOW) is None
            connection.rollback()
        elif late == "sets aside":
            assert not store.set_aside(connection, old, "late")
        else:
            claims.begin_reading(connection, old)
        connection.commit()
    assert rows.one("SELECT state, attempts FROM entries") == ("new", 0)
    assert rows.one("SELECT count(*) FROM articles") == 0
    assert settle(database, new, reading()) == 0


def test_an_entry_is_read_once(database, rows, feed):
    rows.entry(feed)
    (entry,) = claim(database)
    assert settle(database, entry, reading()) == 0
    with database.connect() as connection:
        assert (
            store.settle_reading(connection, entry, reading("https://a.example/2"), [], TOPIC_SET, NOW)
            is None
        )


def test_a_topic_matches_an_article_once_even_if_it_is_found_twice(database, rows, feed):
    topic = rows.topic()
    rows.entry(feed)
    (entry,) = claim(database)
    settle(database, entry, reading(), finding(topic), finding(topic))
    assert rows.one("SELECT count(*) FROM matches") == 1


def test_the_longest_identity_fits_into_the_index(database, rows, feed):
    incompressible = "".join(random.Random(1).choices(ascii_letters + digits, k=LONGEST_IDENTITY))
    rows.entry(feed)
    (entry,) = claim(database)
    assert settle(database, entry, reading(incompressible)) == 0
    assert rows.one("SELECT identity FROM articles") == incompressible
