"""Feeds that are paused: asked no more, silent without alarm, and told of together once they are resumed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ops.store.ticking import desks_with_work
from tests.worker.store.test_listening import feed, listen, told
from tests.worker.store.test_poll_desk import HOME, due_again, rss, run
from worker.desks.poll import poll
from worker.store import pausing
from worker.store.spread import spread_new
from worker.wire import Reply

pytestmark = pytest.mark.servers

__all__ = ["feed", "listen", "run"]  # fixtures
NOW = datetime.now(UTC)
STATE = "SELECT state, paused_by, paused_at IS NOT NULL, resumed_at IS NOT NULL FROM feeds"


def switched(rows, deed, *given):
    with rows.engine.begin() as connection:
        return deed(connection, *given)


def test_a_paused_feed_is_not_polled_and_no_tick_rings_for_it(kit, rows, run):
    feed = rows.feed(url=HOME + "a")
    assert switched(rows, pausing.pause, feed, "edi") is True
    assert switched(rows, pausing.pause, feed, "budi") is False
    due_again(rows)
    assert run({"a": rss("x")}) == 0
    assert kit.web.asked == []
    assert "poll" not in switched(rows, desks_with_work)
    assert switched(rows, spread_new) == 0
    assert rows.all(STATE) == [("paused", "edi", True, False)]


def test_what_a_poll_under_way_brings_is_not_taken(kit, rows):
    feed = rows.feed(url=HOME + "a")

    class Slow:
        async def ask(self, request):
            switched(rows, pausing.pause, feed, "edi")
            return Reply(200, {}, rss("x"), request.url)

    kit.web = Slow()
    asyncio.run(poll(kit, seconds=2))
    assert rows.all(STATE) == [("paused", "edi", True, False)]
    assert rows.one("SELECT count(*) FROM entries") == 0


def test_what_appeared_meanwhile_is_backlog_what_comes_after_is_news_and_nothing_is_called_missed(rows, run):
    feed = rows.feed(url=HOME + "a")
    run({"a": rss(*"abcde")})
    rows.change("UPDATE feeds SET last_ok_at = now() - interval '5 days'")
    switched(rows, pausing.pause, feed, "edi")
    assert switched(rows, pausing.resume, feed) is True
    assert switched(rows, pausing.resume, feed) is False
    due_again(rows)
    rows.change("UPDATE entries SET backlog = false")
    assert run({"a": rss(*"vwxyz")}) == 1  # nothing that is known stands in it any more
    assert rows.all("SELECT title FROM entries WHERE backlog ORDER BY title") == [(t,) for t in "vwxyz"]
    assert rows.one("SELECT count(*) FROM gaps") == 0
    due_again(rows)
    assert run({"a": rss("news", *"vwxyz")}) == 1
    assert rows.all("SELECT title FROM entries WHERE NOT backlog AND title > 'f' ORDER BY 1") == [("news",)]
    assert rows.one("SELECT state FROM feeds") == "ok"


def test_its_silence_alarms_nobody_neither_paused_nor_at_once_when_it_is_resumed(feed, listen, rows):
    listen()
    assert told(rows)[0] is not None
    switched(rows, pausing.pause, feed, "edi")
    assert told(rows) == (None, None)
    assert listen(timedelta(hours=1)) == []
    switched(rows, pausing.resume, feed)
    rows.change("UPDATE feeds SET state = 'ok', last_ok_at = now()")
    rows.change("UPDATE habits SET look_at = now()")
    assert listen(timedelta(minutes=11)) == []
    assert told(rows) == (None, None)


def test_what_is_gone_cannot_be_paused_and_a_removed_one_neither(rows):
    for facts in ({"state": "gone"}, {"removed_at": NOW}):
        feed = rows.feed(**facts)
        assert switched(rows, pausing.pause, feed, "edi") is False
        assert switched(rows, pausing.resume, feed) is False
