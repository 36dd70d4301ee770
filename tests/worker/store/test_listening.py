"""The silence detector on a real database: learned from what was stored, told once, over by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import structlog

from worker.desks.listening import listen_to_feeds

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
WEEKS = 5


@pytest.fixture
def feed(rows):
    """A feed that brought two entries an hour for five weeks, and nothing for two days."""
    feed = rows.feed(state="ok", last_ok_at=NOW, created_at=NOW - timedelta(weeks=WEEKS))
    rows.change(
        """
        INSERT INTO entries (feed_id, title, summary, content, authors, tags, seen_at, backlog)
        SELECT :feed, 'x', '', '', '{}', '{}', at, false
        FROM generate_series(cast(:began AS timestamptz), :ended, '30 min') AS at
        """,
        feed=feed,
        began=NOW - timedelta(weeks=WEEKS),
        ended=NOW - timedelta(days=2),
    )
    began = {"feed": feed, "began": NOW - timedelta(weeks=WEEKS)}
    rows.change("INSERT INTO habits (feed_id, began_at, look_at) VALUES (:feed, :began, now())", **began)
    return feed


@pytest.fixture
def listen(kit, rows):
    """Looks at what is due, after so much time; returns the events that were logged."""

    def once(after=timedelta(0)):
        kit.clock.ahead += after
        with structlog.testing.capture_logs() as logged:
            listen_to_feeds(kit)
        return [event["event"] for event in logged]

    return once


def told(rows):
    return rows.one("SELECT silent_since, missing FROM habits")


def test_a_feed_that_answers_and_brings_nothing_is_silent_and_says_what_is_missing(feed, listen, rows):
    assert listen() == ["silent"]
    silent_since, missing = told(rows)
    assert silent_since == NOW - timedelta(days=2)
    assert missing == pytest.approx(96, abs=3)


def test_it_is_told_once_while_what_is_missing_grows(feed, listen, rows):
    listen()
    rows.change("UPDATE feeds SET last_ok_at = last_ok_at + interval '1 hour'")
    assert listen(timedelta(hours=1)) == []
    assert told(rows)[1] == pytest.approx(98, abs=3)


def test_it_is_over_by_itself_once_an_entry_comes(feed, listen, rows):
    listen()
    rows.entry(feed, seen_at=NOW)
    assert listen(timedelta(minutes=2)) == ["heard_again"]
    assert told(rows) == (None, None)
    assert rows.one("SELECT look_at > now() + interval '2 h' FROM habits") is True


@pytest.mark.parametrize(
    "facts",
    [
        {"state": "failing"},  # its trouble is told of already
        {"state": "gone"},
        {"last_ok_at": NOW - timedelta(days=2)},  # we were down, not the feed
    ],
)
def test_a_feed_that_was_not_read_is_not_silent(feed, listen, rows, facts):
    for name, value in facts.items():
        rows.change(f"UPDATE feeds SET {name} = :value", value=value)
    assert listen() == []
    assert told(rows) == (None, None)


def test_a_feed_with_news_is_looked_at_again_when_its_silence_would_be_remarkable(feed, listen, rows):
    rows.entry(feed, seen_at=NOW)
    assert listen() == []
    hours = rows.one("SELECT extract(epoch FROM look_at - now()) / 3600 FROM habits")
    assert 2 < hours < 7 * 24  # it was silent for two days just now


def test_what_is_not_known_long_enough_is_not_judged(feed, listen, rows):
    rows.change("UPDATE habits SET began_at = now() - interval '20 days'")
    assert listen() == []
    assert rows.one("SELECT look_at > now() + interval '6 days', per_hour FROM habits") == (True, None)


def test_backlog_teaches_nothing(feed, listen, rows):
    rows.change("UPDATE entries SET backlog = true")
    assert listen() == []


def test_a_habit_is_learned_anew_each_week_but_not_from_silence(feed, listen, rows):
    rows.entry(feed, seen_at=NOW)
    listen()
    first = rows.one("SELECT learned_at FROM habits")
    rows.change("UPDATE habits SET look_at = now() - interval '1 s'")
    listen(timedelta(days=1))
    assert rows.one("SELECT learned_at FROM habits") == first
    rows.change("UPDATE feeds SET last_ok_at = now() + interval '8 days'")
    rows.change("UPDATE habits SET look_at = now() - interval '1 s'")
    listen(timedelta(days=7))
    second = rows.one("SELECT learned_at FROM habits")
    assert second > first
    assert told(rows)[0] is not None
    rows.change("UPDATE habits SET look_at = now() - interval '1 s'")
    listen(timedelta(days=30))
    assert rows.one("SELECT learned_at FROM habits") == second


def test_a_removed_feed_is_forgotten(feed, listen, rows):
    rows.change("UPDATE feeds SET removed_at = now()")
    assert listen() == []
    assert rows.one("SELECT count(*) FROM habits") == 0
