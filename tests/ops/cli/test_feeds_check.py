"""Looking at a feed once, without storing anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from ops.newsroom import running

FEED = b"""<rss version="2.0"><channel><title>Sentra</title>
<item><title>Pertama \x1b[31m</title><link>/a</link><pubDate>Mon, 23 Nov 2026 07:00:00 +0700</pubDate></item>
<item><title>Kedua</title><link>/b</link></item></channel></rss>"""
PAGE = (
    b'<html><head><link rel="alternate" type="application/rss+xml" href="/rss"></head><body>x</body></html>'
)


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    async def feed(_: web.Request) -> web.Response:
        return web.Response(body=FEED, content_type="application/rss+xml")

    async def page(_: web.Request) -> web.Response:
        return web.Response(body=PAGE, content_type="text/html")

    async def plain(_: web.Request) -> web.Response:
        return web.Response(text="<html><body>Nothing here</body></html>", content_type="text/html")

    async def closed(_: web.Request) -> web.Response:
        return web.Response(status=401)

    async def moved(_: web.Request) -> web.Response:
        raise web.HTTPFound("/rss")

    app = web.Application()
    for path, handler in (
        ("/rss", feed),
        ("/", page),
        ("/plain/", plain),
        ("/closed", closed),
        ("/moved", moved),
    ):
        app.router.add_get(path, handler)
    with running(app) as url:
        yield url


def test_a_feed_is_shown_with_its_entries_dates_and_where_it_came_from(pantau: Any, site: str) -> None:
    answer = pantau("feeds", "check", f"{site}/moved")
    assert answer.code == 0
    assert f"200 from {site}/rss in " in answer.out
    assert "Sentra, 2 entries" in answer.out
    assert "2026-11-23 00:00:00  Pertama" in answer.out
    assert "no date              Kedua" in answer.out
    assert "\x1b" not in answer.out


def test_a_feed_in_json_has_its_facts(pantau: Any, site: str) -> None:
    (found,) = pantau("feeds", "check", f"{site}/rss", "--json").lines
    assert (found["place"], found["fetched"]["status"], found["title"]) == (f"{site}/rss", 200, "Sentra")
    assert found["entries"][0]["published"] == "2026-11-23T00:00:00Z"
    assert found["entries"][1] == {"title": "Kedua", "link": f"{site}/b", "published": None, "updated": None}


def test_behind_a_sites_page_its_feed_is_found(pantau: Any, site: str) -> None:
    answer = pantau("feeds", "check", site)
    assert answer.code == 0
    assert f"a site's page; its feed is {site}/rss (the page declares it)" in answer.out
    assert "Sentra, 2 entries" in answer.out
    (found,) = pantau("feeds", "check", site, "--json").lines
    assert (found["feed"], found["found"], found["feeds"]) == (f"{site}/rss", "declared", [])
    assert found["fetched"]["url"] == site


def test_a_feed_that_the_page_does_not_name_is_found_at_a_usual_place(pantau: Any, site: str) -> None:
    (found,) = pantau("feeds", "check", f"{site}/plain/", "--json").lines
    assert (found["feed"], found["found"], found["feeds"]) == (f"{site}/rss", "usual", [])


def test_a_site_without_a_feed_is_none_and_says_where_it_was_looked_for(pantau: Any) -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<html><body>Nothing here</body></html>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    with running(app) as empty:
        answer = pantau("feeds", "check", empty)
        (found,) = pantau("feeds", "check", empty, "--json").lines
    assert answer.code == 65
    assert "this is an HTML page, not a feed" in answer.out
    assert f"no feed was found at 9 places where one may be: {empty}/feed, " in answer.out
    assert found["feeds"] == []
    assert len(found["tried"]) == 9


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("/closed", "the server answered 401; a check sends no user, password or headers"),
        ("/nothing", "the server answered 404"),
    ],
)
def test_a_feed_that_cannot_be_had_ends_with_1(pantau: Any, site: str, place: str, words: str) -> None:
    answer = pantau("feeds", "check", f"{site}{place}")
    assert (answer.code, answer.out) == (1, f"{site}{place}: {words}\n")


@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:9/rss", "ftp://example.org/", "http://user:hush@example.org/"]
)
def test_an_address_that_is_not_asked_ends_with_1(pantau: Any, place: str) -> None:
    (found,) = (answer := pantau("feeds", "check", place, "--json")).lines
    assert answer.code == 1
    assert found["error"]


def test_an_address_inside_is_not_asked_unless_it_is_allowed(
    pantau: Any, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PANTAU_ALLOW_NETS")
    answer = pantau("feeds", "check", f"{site}/rss")
    assert answer.code == 1
    assert "blocked: " in answer.out


def test_a_file_is_read_in_the_same_way(pantau: Any, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_bytes(FEED)
    answer = pantau("feeds", "check", tmp_path / "feed.xml")
    assert (answer.code, answer.out.splitlines()[0]) == (0, "rss20, Sentra, 2 entries")


def test_an_opml_file_is_no_feed_and_says_what_to_do_with_its_feeds(pantau: Any, tmp_path: Path) -> None:
    (tmp_path / "list.opml").write_text(
        '<opml version="2.0"><body><outline xmlUrl="https://a.example/"/></body></opml>'
    )
    answer = pantau("feeds", "check", tmp_path / "list.opml")
    assert answer.code == 65
    assert "add its feeds with `pantau feeds import FILE.opml`" in answer.out


def test_a_file_that_is_not_there_ends_with_1_and_says_how_an_address_begins(pantau: Any) -> None:
    answer = pantau("feeds", "check", "news.example.id/rss")
    assert answer.code == 1
    assert "No such file or directory; an address begins with https:// or http://" in answer.out
