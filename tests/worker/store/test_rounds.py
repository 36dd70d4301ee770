"""The poll desk's rounds: what a poll leaves to be done is done while others are still being polled."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from worker.desks.rounds import make_rounds
from worker.store.engine import DatabaseTrouble
from worker.wire import Reply

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
ITEM = "<item><title>{0}</title><link>https://news.example/{0}</link></item>"


def rss(*numbers):
    items = "".join(ITEM.format(n) for n in numbers)
    return f"<rss version='2.0'><channel><title>Harian</title>{items}</channel></rss>".encode()


class Web:
    """Answers by address; one address is slow until a gap is being filled."""

    def __init__(self, answers):
        self.answers, self.asked, self.filling = answers, [], asyncio.Event()

    async def ask(self, request):
        if request.url.endswith("?paged=2"):
            self.filling.set()
        if request.url.endswith("/slow"):
            await self.filling.wait()
        self.asked.append(request.url)
        return Reply(200, {}, self.answers[request.url.removeprefix("https://news.example/")], request.url)


def test_a_gap_is_filled_while_a_slow_feed_is_still_being_polled(kit, rows):
    kit.web = Web({"feed": rss(2, 1), "slow": rss(1), "feed?paged=2": rss(4, 3, 2)})
    feed = rows.feed(url="https://news.example/feed", created_at=NOW - timedelta(hours=1))
    asyncio.run(make_rounds(kit))
    kit.web.answers["feed"] = rss(6, 5)
    rows.feed(url="https://news.example/slow")
    rows.change("UPDATE feeds SET next_poll_at = now() - interval '1 s'")
    asyncio.run(asyncio.wait_for(make_rounds(kit), 30))
    assert kit.web.asked[-2:] == ["https://news.example/feed?paged=2", "https://news.example/slow"]
    assert rows.one("SELECT state, recovered FROM gaps WHERE feed_id = :feed", feed=feed) == ("filled", 2)


def test_a_feed_that_was_read_for_the_first_time_begins_to_have_a_habit(kit, rows):
    kit.web = Web({"feed": rss(2, 1)})
    feed = rows.feed(url="https://news.example/feed")
    asyncio.run(make_rounds(kit))
    begun = rows.one("SELECT feed_id, look_at - began_at FROM habits")
    assert begun == (feed, timedelta(days=21))


def test_a_trouble_on_the_side_is_raised_when_the_polls_are_done(kit, rows):
    kit.web = Web({"feed": rss(2, 1)})
    rows.feed(url="https://news.example/feed")
    rows.change("ALTER TABLE gaps RENAME COLUMN due_at TO due")
    try:
        with pytest.raises(DatabaseTrouble, match="due_at"):
            asyncio.run(make_rounds(kit))
        assert rows.one("SELECT count(*) FROM entries") == 2
    finally:
        rows.change("ALTER TABLE gaps RENAME COLUMN due TO due_at")
