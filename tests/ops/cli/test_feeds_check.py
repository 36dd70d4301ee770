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
PAGE = b"""<html><head><link rel="alternate" type="application/rss+xml" href="/rss">
<link rel="alternate" type="application/rss+xml" href="/nothing"></head><body>x</body></html>"""
ROBOTS = "User-agent: *\nDisallow: /a\nCrawl-delay: 2\n"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    def says(**facts: Any) -> Any:
        async def handler(_: web.Request) -> web.Response:
            return web.Response(**facts)

        return handler

    async def moved(_: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently("/rss")

    async def packed(_: web.Request) -> web.Response:
        response = web.Response(body=FEED, content_type="application/rss+xml")
        response.enable_compression(web.ContentCoding.gzip)
        return response

    hints = {"ETag": '"1"', "Cache-Control": "max-age=600", "Server": "nginx"}
    wall = {"cf-mitigated": "challenge"}
    same = b"<item><title>x</title><guid>same</guid></item>" * 12
    many = b"<rss version='2.0'><channel>" + same + b"</channel></rss>"
    kyiv = FEED.replace(b"Sentra", "Новини дня з Києва".encode("cp1251"))
    handlers = {
        "/rss": says(body=FEED, content_type="application/rss+xml", headers=hints),
        "/": says(body=PAGE, content_type="text/html"),
        "/page": says(text="<html><body>x</body></html>", content_type="text/html"),
        "/closed": says(status=401),
        "/wall": says(status=403, headers=wall, text="Just a moment..."),
        "/quiet-wall": says(text="<html><title>Just a moment...</title></html>", content_type="text/html"),
        "/busy": says(status=429, headers={"Retry-After": "120"}),
        "/broken": says(status=500),
        "/moved": moved,
        "/packed": packed,
        "/many": says(body=many),
        "/empty": says(body=b"<rss version='2.0'><channel><title>Sepi</title></channel></rss>"),
        "/cyrillic": says(body=kyiv, content_type="text/xml", charset="utf-8"),
        "/robots.txt": says(text=ROBOTS),
    }
    app = web.Application()
    for path, handler in handlers.items():
        app.router.add_get(path, handler)
    with running(app) as url:
        yield url


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def flat(text: str) -> str:
    """Without the line breaks of the terminal."""
    return " ".join(text.split())


def test_every_step_is_shown_from_the_question_to_the_last_word(
    pantau: Any, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    answer = pantau("feeds", "check", f"{site}/moved")
    assert answer.code == 0
    words = answer.out
    for told in (
        f"asked      {site}/moved\n",
        "           User-Agent: Pantau/",
        "           Accept-Encoding: gzip, deflate, br\n",
        "answered   301 to /rss, ",
        f"asked      {site}/rss\n",
        f"           {site.removeprefix('http://')}: connected ",
        "answered   200, ",
        '           etag: "1"\n',
        "           cache-control: max-age=600\n",
        f"moved      for good, to {site}/rss\n",
        f"document   200 from {site}/rss in ",
        "decoded    utf-8; no charset is named\n",
        "recognised rss20, Sentra, 2 entries\n",
        "entries    the newest of 2026-11-23 00:00:00",
        "           1 without a date, 2 without an id\n",
        "           2026-11-23 00:00:00  Pertama [31m\n",
        "           (no date)            Kedua\n",
        "next poll  10 min after the first (the server or the feed wants to be left alone",
        "robots.txt pages are not read, the feed's own words must do: Disallow: /a\n",
    ):
        assert told in words
    assert words.index("asked") < words.index("document") < words.index("entries") < words.index("next poll")
    assert words.splitlines()[-1].startswith("A sound feed")
    assert "\x1b" not in words
    assert max(map(len, words.splitlines())) <= 100


def test_in_json_nothing_is_left_out(pantau: Any, site: str) -> None:
    (found,) = pantau("feeds", "check", f"{site}/moved", "--json").lines
    assert (found["place"], found["fetched"]["status"], found["title"]) == (f"{site}/moved", 200, "Sentra")
    assert (found["fetched"]["moved_to"], found["fetched"]["body_bytes"]) == (f"{site}/rss", len(FEED))
    assert [hop["status"] for hop in found["hops"]] == [301, 200]
    assert found["hops"][1]["headers"]["etag"] == '"1"'
    assert found["entries"][0]["published"] == "2026-11-23T00:00:00Z"
    assert found["entries"][1] == {
        "id": None, "title": "Kedua", "link": f"{site}/b", "published": None, "updated": None,
    }  # fmt: skip
    assert found["contents"]["count"] == 2
    assert found["charset"] == {"header": None, "document": None, "used": "utf-8", "warning": None}
    assert (found["next_poll"]["in_s"], found["next_poll"]["reason"]) == (600, "server_hint")
    assert found["pages"] == {"allowed": False, "rule": "Disallow: /a", "crawl_delay_s": None}
    assert found["sentence"].startswith("A sound feed")


def test_what_came_packed_is_told_in_both_sizes(pantau: Any, site: str) -> None:
    (found,) = pantau("feeds", "check", f"{site}/packed", "--json").lines
    assert found["hops"][0]["headers"]["content-encoding"] == "gzip"
    assert found["fetched"]["body_bytes"] == len(FEED)
    assert 0 < found["hops"][0]["received"] < 1000


def test_a_charset_that_is_another_than_declared_is_told(pantau: Any, site: str) -> None:
    words = pantau("feeds", "check", f"{site}/cyrillic").out
    assert "decoded    cp1251; the header says utf-8; " in words
    assert words.count("declared as utf-8, which it is not") == 1
    assert "Новини дня з Києва" in words


def test_entries_that_repeat_another_are_counted_and_only_the_first_are_shown(pantau: Any, site: str) -> None:
    words = flat(pantau("feeds", "check", f"{site}/many").out)
    assert "11 repeating another's id or link" in words
    assert "and 2 more; --json names all" in words
    assert "A feed whose entries have no dates" in words


def test_a_feed_without_entries_is_sound(pantau: Any, site: str) -> None:
    answer = pantau("feeds", "check", f"{site}/empty")
    assert (answer.code, answer.out.splitlines()[-1]) == (
        0,
        "A feed without entries: sound, and silent so far.",
    )


def test_behind_a_sites_page_its_feed_is_found_and_both_are_shown_step_by_step(
    pantau: Any, site: str
) -> None:
    answer = pantau("feeds", "check", site)
    assert answer.code == 0
    assert f"a site's page; its feed is {site}/rss (the page declares it)" in flat(answer.out)
    assert f"the site also names {site}/nothing" in answer.out
    assert "Sentra, 2 entries" in answer.out
    (found,) = pantau("feeds", "check", site, "--json").lines
    assert (found["feed"], found["found"], found["feeds"]) == (f"{site}/rss", "declared", [f"{site}/nothing"])
    assert (found["fetched"]["url"], found["site"]["fetched"]["url"]) == (f"{site}/rss", site)


def test_a_feed_that_the_page_does_not_name_is_found_at_a_usual_place(pantau: Any, site: str) -> None:
    (found,) = pantau("feeds", "check", f"{site}/page", "--json").lines
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
    assert "this is an HTML page, not a feed" in flat(answer.out)
    assert f"no feed at 9 places where one may be: {empty}/feed, " in flat(answer.out)
    assert answer.out.splitlines()[-1] == "No feed was found: look for one on the site, or ask its owners."
    assert (found["feeds"], len(found["tried"])) == ([], 9)


def test_a_wall_in_front_of_a_site_ends_with_65(pantau: Any, site: str) -> None:
    answer = pantau("feeds", "check", f"{site}/quiet-wall")
    assert answer.code == 65
    assert "A browser would be let in after a moment; Pantau does not pretend to be one." in flat(answer.out)


@pytest.mark.parametrize(
    ("place", "why", "advice"),
    [
        ("/closed", "the server answered 401", "declare `user` and `password` in the watchlist"),
        ("/nothing", "the server answered 404", "Look for a slip in the address"),
        ("/wall", "the server answered 403, with a wall against programs", "A browser would be let in"),
        ("/busy", "the server answered 429 and asks to wait (120)", "It was asked too often"),
        ("/broken", "the server answered 500", "The server has a trouble of its own; try later."),
    ],
)
def test_a_feed_that_cannot_be_had_ends_with_1_and_says_what_to_do(
    pantau: Any, site: str, place: str, why: str, advice: str
) -> None:
    answer = pantau("feeds", "check", f"{site}{place}")
    assert answer.code == 1
    assert f"document   none: {why}\n" in answer.out
    assert advice in flat(answer.out)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("http://127.0.0.1:9/rss", "refused"),
        ("ftp://example.org/", "bad_url"),
        ("http://user:hush@example.org/", "bad_url"),
        ("http://10.0.0.1/", "blocked"),
        ("http://169.254.169.254/latest/meta-data/", "blocked"),
        ("http://[2606:4700::1111]:6379/", "blocked"),
    ],
)
def test_an_address_that_is_not_asked_ends_with_1(pantau: Any, place: str, reason: str) -> None:
    (found,) = (answer := pantau("feeds", "check", place, "--json")).lines
    assert answer.code == 1
    assert found["error"].startswith(f"{reason}: ")
    assert found["sentence"].endswith((".", "alone."))
    assert "hush" not in found["error"]


def test_an_address_inside_is_not_asked_unless_it_is_allowed(
    pantau: Any, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PANTAU_ALLOW_NETS")
    answer = pantau("feeds", "check", f"{site}/rss")
    assert answer.code == 1
    assert f"asked      {site}/rss: not at all\n" in answer.out
    assert "document   none: blocked: " in answer.out


def test_a_file_is_read_in_the_same_way_without_the_way_to_it(pantau: Any, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_bytes(FEED)
    answer = pantau("feeds", "check", tmp_path / "feed.xml")
    assert answer.code == 0
    assert answer.out.splitlines()[:2] == [
        "decoded    utf-8; no charset is named", "recognised rss20, Sentra, 2 entries",
    ]  # fmt: skip
    for network in ("asked", "answered", "document", "next poll", "robots.txt"):
        assert network not in answer.out
    (found,) = pantau("feeds", "check", tmp_path / "feed.xml", "--json").lines
    assert (found["fetched"], found["hops"], found["next_poll"], found["pages"]) == (None, [], None, None)


def test_an_opml_file_is_no_feed_and_says_what_to_do_with_its_feeds(pantau: Any, tmp_path: Path) -> None:
    (tmp_path / "list.opml").write_text(
        '<opml version="2.0"><body><outline xmlUrl="https://a.example/"/></body></opml>'
    )
    answer = pantau("feeds", "check", tmp_path / "list.opml")
    assert answer.code == 65
    assert "add its feeds with `pantau feeds import FILE.opml`" in " ".join(answer.out.split())


def test_a_file_that_is_not_there_ends_with_1_and_says_how_an_address_begins(pantau: Any) -> None:
    answer = pantau("feeds", "check", "news.example.id/rss")
    assert answer.code == 1
    assert "No such file or directory; an address begins with https:// or http://" in " ".join(
        answer.out.split()
    )
