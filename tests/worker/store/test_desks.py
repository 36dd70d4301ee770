"""The poll and read desks on a real database, with a web that answers as told."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from worker.desks.poll import poll
from worker.desks.read import read
from worker.secrets import KeyRing, Secret
from worker.wire import Failure, Reply

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
ITEM = "<item><title>{0}</title><link>https://news.example/{0}</link><pubDate>{1}</pubDate></item>"
PAGE = "<html><head><title>x</title></head><body><article>{}</article></body></html>"
PARAGRAPHS = "".join(
    f"<p>{words}</p>"
    for words in (
        "Perundingan di Jenewa berlangsung hingga larut malam tanpa hasil yang diumumkan kepada wartawan.",
        "Sekjen NATO menyatakan bahwa pertemuan berikutnya akan digelar pada awal bulan depan di Brussel.",
        "Para pengamat menilai kedua pihak masih berbeda pendapat tentang jaminan keamanan yang diminta.",
    )
)


def rss(*titles, at=NOW):
    items = "".join(ITEM.format(title, at.strftime("%a, %d %b %Y %H:%M:%S GMT")) for title in titles)
    return f"<rss version='2.0'><channel><title>Harian</title>{items}</channel></rss>".encode()


class Web:
    """Answers by address; remembers what it was asked."""

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    async def ask(self, request):
        self.asked.append(request)
        answer = self.answers.get(request.url, Reply(404, {}, b"", request.url))
        if isinstance(answer, bytes):
            return Reply(200, {"content-type": "text/html", "etag": '"1"'}, answer, request.url)
        return answer


@pytest.fixture
def run(kit):
    """Lets a desk work once against these answers."""

    def once(desk, **answers):
        kit.web = Web({f"https://news.example/{path}": answer for path, answer in answers.items()})
        return asyncio.run(desk(kit, seconds=1))

    return once


@pytest.fixture
def feed(rows):
    return rows.feed(url="https://news.example/rss", name=None, created_at=NOW - timedelta(hours=1))


def test_a_poll_leaves_entries_validators_and_the_next_poll(kit, rows, feed, run):
    rung = []
    kit.settled = rung.append
    assert run(poll, rss=rss("new", "old")) == 1
    assert rows.all("SELECT title, backlog FROM entries ORDER BY id") == [("old", False), ("new", False)]
    facts = rows.one(
        "SELECT state, title, etag, next_poll_at > now(), last_ok_at IS NOT NULL, lease_until FROM feeds"
    )
    assert facts[:5] == ("ok", "Harian", '"1"', True, True)
    assert facts[5] < NOW
    assert rung == ["poll"]


def test_what_stood_in_a_feed_before_it_was_added_is_backlog(rows, feed, run):
    run(poll, rss=rss("old", at=NOW - timedelta(days=1)))
    assert rows.all("SELECT title, backlog FROM entries") == [("old", True)]


def test_a_second_poll_asks_with_the_validator_and_stores_only_what_is_new(kit, rows, feed, run):
    run(poll, rss=rss("first"))
    rows.change("UPDATE feeds SET next_poll_at = now()")
    run(poll, rss=rss("second", "first"))
    assert kit.web.asked[0].headers["If-None-Match"] == '"1"'
    assert rows.all("SELECT title FROM entries ORDER BY id") == [("first",), ("second",)]


@pytest.mark.parametrize(
    "answer", [Failure("dns", "unknown"), Reply(500, {}, b"", ""), b"<html></html>", b""]
)
def test_a_feed_in_trouble_is_asked_again_later_and_stops_no_other(rows, feed, run, answer):
    rows.feed(url="https://news.example/other")
    assert run(poll, rss=answer, other=rss("fine")) == 2
    assert rows.all("SELECT state, failures, next_poll_at > now() FROM feeds ORDER BY id") == [
        ("failing", 1, True),
        ("ok", 0, True),
    ]


SITE = b"<html><head>{}</head><body>Harian Contoh</body></html>"
ALTERNATE = b"<link rel=alternate type='application/rss+xml' href='/semua.xml'>"


@pytest.mark.parametrize(
    ("head", "place"),
    [(ALTERNATE, "semua.xml"), (b"", "atom.xml"), (b"<meta name=generator content=Ghost>", "rss/")],
)
def test_a_sites_feed_is_found_and_polled_in_its_place(rows, run, head, place):
    rows.feed(url="https://news.example/", name=None)
    page = SITE.replace(b"{}", head)
    for _ in range(2):
        run(poll, **{"": page, place: rss("new")})
    assert rows.one("SELECT url, found_url, state FROM feeds") == (
        "https://news.example/",
        f"https://news.example/{place}",
        "ok",
    )
    assert rows.all("SELECT title FROM entries") == [("new",)]


def test_a_site_without_a_feed_says_where_it_was_looked_for(kit, rows, run):
    rows.feed(url="https://news.example/")
    run(poll, **{"": SITE})
    state, error, found = rows.one("SELECT state, last_error, found_url FROM feeds")
    assert (state, found) == ("failing", None)
    assert "no feed at 9 places where one may be" in error
    assert len(kit.web.asked) <= 14


def test_in_the_place_of_a_feed_that_answers_with_a_page_no_other_is_looked_for(kit, rows, feed, run):
    run(poll, rss=SITE)
    assert [request.url for request in kit.web.asked] == ["https://news.example/rss"]


def test_a_feed_on_another_host_is_not_given_what_the_user_gave_for_this_one(kit, rows, run):
    sealed = kit.keys.seal(Secret("x"), "feed:https://news.example/:password")
    rows.feed(url="https://news.example/", username="u", password=sealed)
    elsewhere = SITE.replace(b"{}", ALTERNATE.replace(b"/semua.xml", b"https://feeds.example/x"))
    kit.web = Web({"https://news.example/": elsewhere, "https://feeds.example/x": rss("a")})
    asyncio.run(poll(kit, seconds=1))
    error, found = rows.one("SELECT last_error, found_url FROM feeds")
    assert found is None
    assert "its feed is https://feeds.example/x, on another host" in error


def test_a_search_sends_no_credentials_to_anybody(kit, rows, run):
    sealed = kit.keys.seal(Secret("x"), "feed:https://news.example/:password")
    rows.feed(url="https://news.example/", username="u", password=sealed)
    run(poll, **{"": SITE})
    assert ["Authorization" in request.headers for request in kit.web.asked] == [True] + [False] * (
        len(kit.web.asked) - 1
    )


def test_a_feed_whose_secret_does_not_open_is_failing_in_words_and_stops_no_other(rows, feed, run):
    foreign = KeyRing.of(("another key",)).seal(Secret("x"), "feed:https://news.example/rss:password")
    rows.change("UPDATE feeds SET username = 'u', password = :sealed", sealed=foreign)
    rows.feed(url="https://news.example/other")
    run(poll, other=rss("fine"))
    (mine, error), (other, _) = rows.all("SELECT state, last_error FROM feeds ORDER BY id")
    assert (mine, other) == ("failing", "ok")
    assert "PANTAU_SECRET_KEY" in error


def test_a_poll_that_lost_its_lease_leaves_nothing(kit, rows, feed):
    class Slow(Web):
        async def ask(self, request):
            rows.change("UPDATE feeds SET lease_token = lease_token + 1")
            return await super().ask(request)

    kit.web = Slow({"https://news.example/rss": rss("late")})
    asyncio.run(poll(kit, seconds=0.05))
    assert rows.one("SELECT count(*) FROM entries") == 0
    assert rows.one("SELECT state, etag FROM feeds") == ("new", None)


def test_reading_finds_the_word_that_stands_only_in_the_page(rows, feed, run):
    rows.topic()
    rows.entry(feed, link="https://news.example/a", title="Perundingan")
    assert run(read, a=PAGE.format(PARAGRAPHS).encode()) == 1
    (quote,) = rows.one("SELECT quote->>'text', 1 FROM matches")[:1]
    assert "Sekjen NATO" in quote
    assert rows.one("SELECT summary_only, page_problem FROM articles") == (False, None)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Failure("timeout", "no page"), "timeout: no page"),
        (Reply(404, {}, b"", ""), "status 404"),
        (b"", None),
    ],
)
def test_without_a_page_the_feeds_own_words_are_matched_and_it_says_so(rows, feed, run, answer, problem):
    rows.topic()
    rows.entry(feed, link="https://news.example/a", summary="NATO met.")
    run(read, a=answer)
    assert rows.one("SELECT count(*) FROM matches") == 1
    only, told = rows.one("SELECT summary_only, page_problem FROM articles")
    assert only
    assert told == problem or (problem is None and told)


def test_an_entry_whose_reading_failed_three_times_is_set_aside_and_its_neighbour_read(rows, feed, run):
    rows.topic()
    rows.entry(feed, link="https://news.example/bad", summary="NATO met.", attempts=3)
    rows.entry(feed, link="https://news.example/worse", attempts=4)
    rows.entry(feed, link="https://news.example/good")
    assert run(read, good=PAGE.format(PARAGRAPHS).encode()) == 3
    assert rows.all("SELECT state, reason, article_id IS NULL FROM entries ORDER BY id") == [
        ("failed", "reading its page failed 3 times", False),
        ("failed", "reading it failed without its page, too", True),
        ("read", None, False),
    ]
    assert rows.one("SELECT count(*) FROM matches") == 2  # what its feed says of the first is not lost


def test_a_topic_that_was_added_meanwhile_counts_for_the_next_entry(rows, feed, run):
    page = PAGE.format(PARAGRAPHS).encode()
    rows.entry(feed, link="https://news.example/a")
    run(read, a=page)
    rows.topic()
    rows.entry(feed, link="https://news.example/b")
    run(read, b=page)
    assert rows.all("SELECT r.url FROM matches m JOIN articles r ON r.id = article_id") == [
        ("https://news.example/b",)
    ]


def test_an_article_remembers_the_last_change_of_topics_that_its_reader_had_taken_in(rows, feed, run):
    for name in ("a", "b"):
        rows.topic(f"Topic {name}")
        rows.entry(feed, link=f"https://news.example/{name}")
        run(read, **{name: PAGE.format(PARAGRAPHS).encode()})
    assert rows.all("SELECT topic_set FROM articles ORDER BY id") == [(1,), (2,)]
