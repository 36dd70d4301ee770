"""Gaps on a real database: found by a poll, filled from older pages, never with what was known before."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from worker.desks.gaps import fill_gaps
from worker.desks.poll import poll
from worker.feeds.ways import Way
from worker.secrets import Secret
from worker.store import gaps
from worker.wire import Failure, Reply

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
FEED = "https://news.example/feed"
ITEM = "<item><title>{0}</title><link>https://news.example/{0}</link><pubDate>{1}</pubDate></item>"


def rss(*numbers, extra=""):
    """Entries, the newest first; entry n was published n seconds after an hour ago."""

    def date(n):
        return (NOW - timedelta(hours=1) + timedelta(seconds=n)).strftime("%a, %d %b %Y %H:%M:%S GMT")

    items = "".join(ITEM.format(n, date(n)) for n in numbers)
    return f"<rss version='2.0'><channel><title>Harian</title>{extra}{items}</channel></rss>".encode()


class Web:
    """Answers by address; remembers what it was asked."""

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    async def ask(self, request):
        self.asked.append(request)
        answer = self.answers.get(request.url, Reply(404, {}, b"", request.url))
        return Reply(200, {}, answer, request.url) if isinstance(answer, bytes) else answer


@pytest.fixture
def feed(rows):
    return rows.feed(url=FEED, name=None, created_at=NOW - timedelta(hours=1))


@pytest.fixture
def work(kit, rows):
    """Polls once, or fills gaps, against these answers; returns the addresses that were asked."""

    def once(desk, answers):
        kit.web = Web(answers)
        rows.change("UPDATE feeds SET next_poll_at = now() - interval '1 s'")
        asyncio.run(desk(kit, seconds=1))
        return [request.url for request in kit.web.asked]

    return once


@pytest.fixture
def gap(feed, work, rows):
    """A feed that was read up to entry 3, and then jumped to entries 20 and 21."""
    work(poll, {FEED: rss(3, 2, 1)})
    rows.change("UPDATE feeds SET last_ok_at = now() - interval '59 min'")
    work(poll, {FEED: rss(21, 20)})
    return rows.one("SELECT id FROM gaps")


def titles(rows):
    return [int(title) for (title,) in rows.all("SELECT title FROM entries ORDER BY id")]


def test_a_poll_that_knows_nothing_of_what_it_sees_records_a_gap(gap, rows):
    since, until, at_most, state = rows.one("SELECT since, until, at_most, state FROM gaps")
    assert since < until
    assert at_most >= 1
    assert state == "open"


def test_a_poll_that_knows_something_records_none(feed, work, rows):
    work(poll, {FEED: rss(3, 2, 1)})
    work(poll, {FEED: rss(4, 3)})
    assert rows.all("SELECT id FROM gaps") == []


def test_pages_are_followed_to_the_first_known_entry_and_no_further(gap, work, rows):
    asked = work(
        fill_gaps,
        {
            FEED + "?paged=2": rss(*range(19, 9, -1)),
            FEED + "?paged=3": rss(*range(9, 0, -1)),
            FEED + "?paged=4": rss(0),
        },
    )
    assert asked == [FEED + "?paged=2", FEED + "?paged=3"]
    assert sorted(titles(rows)) == list(range(1, 22))
    assert rows.one("SELECT state, recovered, how, reason FROM gaps") == ("filled", 16, "pages 2 to 3", None)
    assert rows.one("SELECT bool_or(backlog) FROM entries WHERE title::int > 3") is False


def test_what_is_brought_back_rings_the_read_desk(gap, kit, work):
    rung = []
    kit.settled = rung.append
    work(fill_gaps, {FEED + "?paged=2": rss(19, 3)})
    assert rung == ["poll"]


def test_without_pages_and_sitemap_the_gap_stays_and_says_why(gap, work, rows):
    asked = work(fill_gaps, {})
    assert asked == [FEED + "?paged=2", "https://news.example/robots.txt"]
    assert rows.one("SELECT state, recovered, reason, ended_at IS NOT NULL FROM gaps") == (
        "unfillable",
        0,
        "the server answered 404",
        True,
    )


def test_the_news_sitemap_brings_back_what_the_feed_has_no_pages_for(gap, work, rows):
    def page(path, minutes_ago):
        at = (datetime.now(UTC) - timedelta(minutes=minutes_ago)).isoformat()
        return (
            f"<url><loc>https://news.example/{path}</loc><news:news><news:title>{path}</news:title>"
            f"<news:publication_date>{at}</news:publication_date></news:news></url>"
        )

    sitemap = "".join((page("20", 10), page("18", 20), page("19", 30), page("2", 300), page("sport/x", 20)))
    index = "<sitemap><loc>https://news.example/news.xml</loc></sitemap>"
    space = "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
    news = "xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'"
    asked = work(
        fill_gaps,
        {
            "https://news.example/robots.txt": b"Sitemap: https://news.example/map.xml",
            "https://news.example/map.xml": f"<sitemapindex {space}>{index}</sitemapindex>".encode(),
            "https://news.example/news.xml": f"<urlset {space} {news}>{sitemap}</urlset>".encode(),
        },
    )
    assert len(asked) == 4
    assert rows.all("SELECT title FROM entries ORDER BY id OFFSET 5") == [("19",), ("18",)]
    assert rows.one("SELECT state, recovered, how FROM gaps") == ("filled", 2, "the news sitemap")


def test_a_page_that_is_the_feed_once_more_brings_nothing_twice(gap, work, rows):
    work(fill_gaps, {FEED + "?paged=2": rss(21, 20), "https://news.example/robots.txt": b""})
    assert titles(rows) == [1, 2, 3, 20, 21]
    assert rows.one("SELECT state FROM gaps") == "unfillable"


def test_never_more_than_five_documents_are_asked(gap, work, rows):
    pages = {FEED + f"?paged={n}": rss(20 - n) for n in range(2, 16)}
    asked = work(fill_gaps, pages)
    assert len(asked) == 5
    assert rows.one("SELECT state, recovered FROM gaps") == ("unfillable", 5)


def test_a_server_in_trouble_is_asked_again_later(gap, work, rows):
    work(fill_gaps, {FEED + "?paged=2": Failure("timeout", "no answer")})
    state, tries, later = rows.one("SELECT state, tries, due_at > now() + interval '50 s' FROM gaps")
    assert (state, tries, later) == ("open", 1, True)
    rows.change("UPDATE gaps SET due_at = now()")
    work(fill_gaps, {FEED + "?paged=2": rss(19, 3)})
    assert rows.one("SELECT state, recovered, tries FROM gaps") == ("filled", 1, 0)


def test_credentials_go_to_the_feeds_own_site_alone(gap, kit, work, rows):
    sealed = kit.keys.seal(Secret("open sesame"), f"feed:{FEED}:password")
    rows.change("UPDATE feeds SET username = 'u', password = :sealed", sealed=sealed)
    elsewhere = (
        "<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='next' href='https://else.example/2'/>"
    )
    work(fill_gaps, {FEED + "?paged=2": rss(19, extra=elsewhere), "https://else.example/2": rss(18, 3)})
    first, second = kit.web.asked
    assert "Authorization" in first.headers
    assert "Authorization" not in second.headers
    assert rows.one("SELECT state, recovered FROM gaps") == ("filled", 2)


def test_a_fill_and_a_poll_never_hold_a_feed_side_by_side(gap, database, rows):
    with database.begin() as connection:
        (held,) = gaps.claim_open(connection, 5)
    with database.begin() as connection:
        assert gaps.claim_open(connection, 5) == []
        assert held.filling.ways[0] == Way("wordpress", FEED + "?paged=2", 2)
    assert rows.one("SELECT lease_until > now() FROM feeds") is True


def test_a_fill_that_lost_its_lease_leaves_nothing(gap, kit, rows):
    class Slow(Web):
        async def ask(self, request):
            rows.change("UPDATE feeds SET lease_token = lease_token + 1")
            return await super().ask(request)

    kit.web = Slow({FEED + "?paged=2": rss(19, 3)})
    asyncio.run(fill_gaps(kit, seconds=0.05))
    assert titles(rows) == [1, 2, 3, 20, 21]
    assert rows.one("SELECT state, asked FROM gaps") == ("open", 0)


def test_gaps_of_removed_feeds_are_left_alone(gap, work, rows):
    rows.change("UPDATE feeds SET removed_at = now()")
    assert work(fill_gaps, {}) == []


@pytest.fixture
def record(database, feed):
    def once(since_min, until_min, at_most=5):
        ways = (Way("page", "https://news.example/2", 2),)
        moment = [NOW - timedelta(minutes=ago) for ago in (since_min, until_min)]
        with database.begin() as connection:
            gaps.record(connection, feed, *moment, at_most, ways)

    return once


def test_neighbouring_gaps_become_one(record, rows):
    record(30, 20)
    record(20, 10)
    assert rows.all("SELECT at_most, until - since FROM gaps") == [(10, timedelta(minutes=20))]


def test_gaps_apart_stay_apart(record, rows):
    record(60, 50)
    rows.change("UPDATE gaps SET state = 'filled', ended_at = now()")
    record(20, 10)
    assert rows.one("SELECT count(*) FROM gaps") == 2


def test_a_feed_that_rolls_over_all_the_time_is_not_asked_for_its_pages_each_time(record, rows):
    record(30, 20)
    rows.change("UPDATE gaps SET state = 'unfillable', ended_at = now()")
    record(20, 10)
    assert rows.all("SELECT at_most, state FROM gaps") == [(10, "unfillable")]
    rows.change("UPDATE gaps SET ended_at = now() - interval '7 h'")
    record(10, 0)
    assert rows.all("SELECT at_most, state FROM gaps") == [(15, "open")]


def test_gaps_are_forgotten_after_three_months(record, rows):
    record(60 * 24 * 100, 60 * 24 * 100 - 5)
    rows.change("UPDATE gaps SET state = 'filled'")
    record(20, 10)
    assert rows.one("SELECT count(*) FROM gaps") == 1
