"""Looking for a site's feed, against a web that answers as told."""

from __future__ import annotations

import asyncio

import pytest

from worker.discovery import MOST_REQUESTS, Discovered, NothingFound, discover
from worker.feeds.parse import parse_feed
from worker.wire import Failure, Reply

SITE = "https://news.example/"
RSS = b"<rss version='2.0'><channel><title>Harian</title><item><title>A</title><link>/a</link></item></channel></rss>"
EMPTY = b"<rss version='2.0'><channel><title>Kosong</title></channel></rss>"
PAGE = "<html><head>{}</head><body>{}</body></html>"
ALTERNATE = '<link rel=alternate type="application/rss+xml" href="{}">'


def search(page, url=SITE, *, only_declared=False, **answers):
    """What is found, and what was asked for it; paths with `_` for `/` answer, all others with 404."""
    asked = []
    known = {SITE + path.replace("__", ".").replace("_", "/"): body for path, body in answers.items()}

    async def ask(address):
        asked.append(address.removeprefix(SITE))
        answer = known.get(address, Reply(404, {}, b"", address))
        return Reply(200, {}, answer, address) if isinstance(answer, bytes) else answer

    def parse(body, place, content_type):
        return parse_feed(body, url=place, content_type=content_type)

    found = asyncio.run(discover(page.encode(), url, ask, parse, only_declared=only_declared))
    return found, asked


def test_a_declared_feed_is_taken_after_it_was_read():
    found, asked = search(PAGE.format(ALTERNATE.format("/semua.xml"), ""), semua__xml=RSS)
    assert (found.address, found.why, found.document.title) == (SITE + "semua.xml", "declared", "Harian")
    assert found.declared == (SITE + "semua.xml",)
    assert asked == ["semua.xml"]


def test_a_declared_feed_that_is_gone_makes_way_for_the_next():
    head = ALTERNATE.format("/old.xml") + ALTERNATE.format("/new.xml")
    found, _ = search(PAGE.format(head, ""), new__xml=RSS, old__xml=Failure("timeout", "x"))
    assert found.address == SITE + "new.xml"


def test_a_page_that_lists_feeds_leads_on_to_them():
    listing = PAGE.format("", '<a href="/rss/nasional.rss">Nasional</a>').encode()
    found, _ = search(PAGE.format("", '<a href="/rss/">RSS</a>'), rss_=listing, rss_nasional__rss=RSS)
    assert (found.address, found.why) == (SITE + "rss/nasional.rss", "listed")


def test_pages_that_list_each_other_end():
    def listing(n):
        return PAGE.format("", f'<a href="/rss/{n + 1}/">x</a><a href="/rss/">y</a>').encode()

    answers = {f"rss_{n}_": listing(n) for n in range(50)}
    found, asked = search(PAGE.format("", '<a href="/rss/0/">x</a>'), **answers)
    assert isinstance(found, NothingFound)
    assert len(asked) <= MOST_REQUESTS + 1


def test_a_usual_place_is_tried_where_the_page_says_nothing():
    found, _ = search(PAGE.format("", ""), atom__xml=RSS)
    assert (found.address, found.why) == (SITE + "atom.xml", "usual")


def test_a_feed_with_entries_goes_before_an_empty_one_and_an_empty_one_before_none():
    page = PAGE.format(ALTERNATE.format("/kosong.xml"), "")
    assert search(page, kosong__xml=EMPTY, rss=RSS)[0].address == SITE + "rss"
    assert search(page, kosong__xml=EMPTY)[0].address == SITE + "kosong.xml"


def test_a_site_that_answers_everything_with_its_front_page_has_no_feed():
    page = PAGE.format("", "")
    found, asked = search(
        page, **{path: page.encode() for path in ("feed", "rss", "rss__xml", "robots__txt")}
    )
    assert isinstance(found, NothingFound)
    assert found.tried == tuple(place for place in (SITE + path for path in asked) if "robots" not in place)


def test_the_news_sitemap_that_robots_names_is_tried_before_the_usual_ones():
    robots = b"Sitemap: https://news.example/peta/news.xml"
    _, asked = search(PAGE.format("", ""), robots__txt=robots)
    assert asked.index("robots.txt") < asked.index("peta/news.xml") < asked.index("sitemap-news.xml")


def test_where_only_declared_feeds_are_meant_no_other_place_is_asked():
    assert search(PAGE.format("", ""), only_declared=True) == (NothingFound(), [])
    found, _ = search(PAGE.format(ALTERNATE.format("/f"), ""), only_declared=True, f=RSS)
    assert isinstance(found, Discovered)


@pytest.mark.parametrize("failure", [Failure("blocked", "127.0.0.1"), Reply(500, {}, RSS, SITE)])
def test_what_fails_everywhere_ends_within_the_most_requests(failure):
    head = "".join(ALTERNATE.format(f"/{n}.xml") for n in range(40))
    found, asked = search(PAGE.format(head, ""), **{f"{n}__xml": failure for n in range(40)})
    assert isinstance(found, NothingFound)
    assert len(asked) == MOST_REQUESTS
