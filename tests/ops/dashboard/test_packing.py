"""What travels compressed and what does not; and that a first load stays small."""

from __future__ import annotations

import gzip
import http.client
import re
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

from ops.dashboard.packing import may_pack, takes_gzip

MOST_KB = 60
PAGE = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("GZIP;q=0.3", True),
        ("x-gzip", True),
        ("*", True),
        ("*;q=0.5, gzip;q=0", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("br, *;q=0", False),
        ("identity", False),
        ("gzippy", False),
        ("", False),
    ],
)
def test_a_browser_says_whether_it_takes_gzip(accepted: str, taken: bool) -> None:
    assert takes_gzip(accepted) is taken


@pytest.mark.parametrize(
    ("method", "asked", "answered", "allowed"),
    [
        ("GET", {}, PAGE, True),
        ("GET", {"sec-fetch-site": "none"}, PAGE, True),
        ("GET", {"sec-fetch-site": "same-origin"}, PAGE, True),
        ("GET", {"sec-fetch-site": "cross-site"}, PAGE, False),
        ("GET", {"sec-fetch-site": "same-site"}, PAGE, False),
        ("POST", {}, PAGE, False),
        ("GET", {"accept-encoding": "br"}, PAGE, False),
        ("GET", {}, {**PAGE, "cache-control": "no-store, no-transform"}, False),
        ("GET", {}, {**PAGE, "content-encoding": "br"}, False),
        ("GET", {}, {"content-type": "text/event-stream"}, False),
        ("GET", {}, {"content-type": "application/json"}, False),
        ("GET", {}, {}, False),
    ],
)
def test_only_pages_that_nobody_else_asked_for_are_compressed(
    method: str, asked: Mapping[str, str], answered: Mapping[str, str], allowed: bool
) -> None:
    assert may_pack(method, {"accept-encoding": "gzip", **asked}, answered) is allowed


class Sent:
    """An answer as it travels."""

    def __init__(self, visitor: Any, path: str, **headers: str) -> None:
        parts = urlsplit(visitor.address)
        asked = {
            "accept-encoding": "gzip",
            **{name.replace("_", "-"): told for name, told in headers.items()},
        }
        asked["cookie"] = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
        with closing(http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)) as connection:
            connection.request("GET", path, headers=asked)
            answer = connection.getresponse()
            self.status, self.headers, self.body = answer.status, answer.headers, answer.read()
        self.coding = self.headers.get("content-encoding", "")

    @property
    def text(self) -> str:
        return (gzip.decompress(self.body) if self.coding == "gzip" else self.body).decode()


@pytest.fixture
def filled(world: Any) -> None:
    """As much as the overview shows: lists that are full, with long words."""
    with world() as now:
        now.tick()
        for n in range(45):
            state = "failing" if n < 20 else "ok"
            now.feed(f"Kantor Berita Kota Nomor {n}", state, last_error=f"the server answered 503 ({n})")
        home = now.feed()
        desks = [now.channel(f"redaction {n}") for n in range(8)]
        for n in range(14):
            title = (
                f"Perundingan ke-{n} berlanjut: para menteri membahas gencatan senjata di Jenewa {n * 7919}"
            )
            article = now.article(home, title, url=f"https://kabar.example/{n * 104729}", age_s=60 + n)
            quote = {"field": "title", "text": title, "marks": [[0, 11]]}
            match = now.match(article, [["title", 0, 11, "Perundingan"]], quote)
            for k, state in enumerate(("sent", "failed", "sent")):
                now.delivery(article, match, desks[(n + k) % 8], state)


@pytest.mark.usefixtures("filled")
def test_a_first_load_is_small_and_none_of_it_is_lost(site: Any) -> None:
    visitor = site.known_visitor()
    page = Sent(visitor, "/")
    assert (page.status, page.coding) == (200, "gzip")
    assert "Accept-Encoding" in page.headers["vary"]
    assert int(page.headers["content-length"]) == len(page.body)
    assert len(page.text) > 40_000, "an overview with so little on it proves nothing"
    names = set(re.findall(r'(?:href|src|data-worker)="(/static/[^"]+)"', page.text))
    assert {name.rpartition(".")[2] for name in names} == {"css", "js", "svg"}
    files = {name: Sent(visitor, name) for name in names}
    for name, file in files.items():
        assert (file.status, file.coding) == (200, "gzip"), name
        assert file.text == Sent(visitor, name, accept_encoding="identity").text
    weight = len(page.body) + sum(len(file.body) for file in files.values())
    assert weight < MOST_KB * 1000, {name: len(file.body) for name, file in files.items()} | {
        "/": len(page.body)
    }


def test_each_coding_of_a_file_has_a_tag_of_its_own(site: Any) -> None:
    visitor = site.visitor()
    name = re.findall(r'href="(/static/pantau\.[^"]+\.css)"', visitor.get("/login").text)[0]
    small, plain = Sent(visitor, name), Sent(visitor, name, accept_encoding="identity")
    assert small.headers["etag"] != plain.headers["etag"]
    assert not small.headers["etag"].startswith("W/")
    for file in (small, plain):
        assert file.headers["vary"] == "Accept-Encoding"
        assert "immutable" in file.headers["cache-control"]
    known = Sent(visitor, name, if_none_match=small.headers["etag"])
    assert (known.status, known.body) == (304, b"")
    assert Sent(visitor, name, if_none_match=plain.headers["etag"]).status == 200


def test_each_answer_says_the_token_in_other_words_and_each_of_them_opens(site: Any) -> None:
    visitor = site.known_visitor()
    first, second = visitor.get("/silences"), visitor.get("/silences")
    assert first.csrf != second.csrf
    assert first.headers["etag"] == second.headers["etag"]
    assert visitor.get("/silences", if_none_match=first.headers["etag"]).status == 304
    for page in (first, second):
        looked = visitor.post("/look", {"csrf": page.csrf, "look": "dark", "back": "/"})
        assert looked.status == 303
    with site.context.engine.connect() as connection:
        bare = connection.exec_driver_sql(
            "SELECT csrf FROM sessions ORDER BY created_at DESC LIMIT 1"
        ).scalar_one()
    assert bare not in first.text
    assert visitor.post("/look", {"csrf": bare, "look": "dark", "back": "/"}).status == 403
    stranger = site.visitor()
    assert stranger.get("/login").csrf != stranger.get("/login").csrf


def test_what_another_site_asked_for_goes_out_as_it_is(site: Any) -> None:
    visitor = site.known_visitor()
    assert Sent(visitor, "/live", sec_fetch_site="same-origin").coding == "gzip"
    for led_by in ("cross-site", "same-site"):
        assert Sent(visitor, "/live", sec_fetch_site=led_by).coding == ""
    assert Sent(visitor, "/live", accept_encoding="identity").coding == ""


def test_a_secret_that_is_shown_once_is_not_compressed(site: Any) -> None:
    visitor = site.known_visitor()
    form = visitor.get("/settings/tokens")
    made = visitor.post(
        "/settings/tokens/new", {"csrf": form.csrf, "name": "board", "lasts": "30d", "scope-read": "on"}
    )
    assert made.status == 303, made.text
    shown = Sent(visitor, made.headers["location"])
    assert 'class="secret"' in shown.text
    assert shown.coding == ""
    assert "no-transform" in shown.headers["cache-control"]
    visitor.cookies = {name: value for name, value in visitor.cookies.items() if "told" not in name}
    assert Sent(visitor, "/settings/tokens").coding == "gzip"
