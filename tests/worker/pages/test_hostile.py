"""Pages made to cost their reader time or memory: each under a second of processor time and 64 MB."""

from __future__ import annotations

import gc
import json
import random
from pathlib import Path

import pytest

from tests.yardstick import costs_less, spent_on
from worker.match import TopicIndex
from worker.model import Topic, TopicId
from worker.pages.extract import extract_page, read_article
from worker.pages.page import open_page
from worker.pages.screen import whole_page
from worker.pages.twins import elsewhere

URL = "https://news.example/1"
SECONDS_MOST, GROWTH_MOST = 1.0, 64 * 1024 * 1024
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def _page(body: str, head: str = "") -> bytes:
    return f"<html><head><title>T</title>{head}</head><body>{body}</body></html>".encode()


def _article(**facts: object) -> str:
    stated = json.dumps({"@type": "NewsArticle", **facts})
    return f"<script type='application/ld+json'>{stated}</script>"


WORDS = "some words of a paragraph that nobody would read to its end"
ONES = ",".join(["{}"] * 300_000)
HOSTILE = {
    "nested blocks": _page("<div>x" * 100_000),
    "nested blocks of 500 KB": _page("<div>" * 100_000 + "x"),
    "nested blocks with text": _page("<div><p>some words of a paragraph</p>" * 15_000),
    "nested inline elements": _page("<p>" + "<b><i>x" * 60_000),
    "nested lists": _page("<ul><li>x" * 60_000),
    "nested tables": _page("<table><tr><td>x" * 30_000),
    "a table without end": _page("<table>" * 200 + "<tr><td>x" * 50_000),
    "a table of many cells": _page("<table>" + f"<tr>{'<td>1</td>' * 50}</tr>" * 2_000 + "</table>"),
    "too many attributes": _page("<div " + " ".join(f"a{i}=1" for i in range(100_000)) + ">x</div>"),
    "too many attributes without values": _page("<div " + " ".join(f"a{i}" for i in range(100_000)) + ">x</div>"),
    "many tags with many attributes": _page(("<b " + " ".join(f"a{i}" for i in range(190)) + ">x</b>") * 3_000),
    "attributes with brackets in them": _page("<div " + " ".join(f"a{i}='>'" for i in range(60_000)) + ">x</div>"),
    "an endless class": _page(f"<div class='{'related ' * 100_000}'><p>{WORDS}</p></div>"),
    "many classes": _page("".join(f"<div class='c{i} related-{i}'>{WORDS}</div>" for i in range(15_000))),
    "paragraphs without end": _page("<p>some words. " * 60_000),
    "boxes in boxes": _page("<div class=related><p>x</p>" * 20_000),
    "announcements": _page("<p>Baca juga</p><div><a href=x>abc</a></div>" * 20_000),
    "announcements in one another": _page("<div>Baca juga: <a href=x>abc</a>" * 20_000),
    "links to all pages": _page("".join(f"<a href='?page={i}'>{i}</a>" for i in range(40_000))),
    "unclosed comments": _page("<!--" * 200_000),
    "unclosed quotes": _page('<a href="' * 100_000),
    "unclosed scripts": _page("<script>" * 100_000),
    "one endless word": _page("<p>" + "a" * 3_000_000),
    "one letter an element": _page("<p>" + "<span>a</span>" * 19_000),
    "angle brackets": _page("<" * 1_000_000),
    "entities": _page("<p>" + "&amp;" * 400_000 + "&#x41;" * 200_000),
    "a broken entity": _page("<p>" + "&" * 1_000_000),
    "formatting": _page("".join(f"<font a={i}>" for i in range(30_000)) + "<p>x" * 20_000),
    "line ends": _page("<p>" + "\n" * 2_000_000 + "x"),
    "line breaks": _page("x<br>" * 200_000),
    "NUL bytes": _page(f"<p>{WORDS}\0</p>" * 10_000),
    "only NUL bytes": b"\0" * 3_000_000,
    "noise": random.Random(7).randbytes(2_000_000),
    "noise with brackets": b"<p>" + random.Random(7).randbytes(20_000).replace(b"\0", b"<p>") * 100,
    "UTF-16 called UTF-8": b"<html><meta charset=utf-8><p>" + f"{WORDS} ".encode("utf-16") * 20_000,
    "a wrong charset": b"<meta charset=gbk><p>" + "Слова, слова, слова. ".encode("cp1251") * 60_000,
    "a huge JSON-LD": _page("<p>x</p>", _article(articleBody=f"{WORDS}. " * 40_000)),
    "a JSON-LD of markup": _page("<p>x</p>", _article(articleBody=f"<div><p>{WORDS}</p>" * 15_000)),
    "a deep JSON-LD": _page("<p>x</p>", "<script type='application/ld+json'>" + "[" * 900_000 + "</script>"),
    "many JSON-LDs": _page("<p>x</p>", _article(headline="x") * 19_000),
    "a JSON-LD of many": _page("<p>x", f"<script type=application/ld+json>[{ONES}]</script>"),
    "many meta elements": _page("<p>x</p>", "<meta name=author content=a>" * 19_000),
    "many headings": _page("<h1>x</h1>" * 19_000),
    "dates": _page("<time>" + "1 " * 50 + "</time><span class=date>1 1 1 1 1 1 1</span>" * 9_000),
    "a script that moves": _page("", "<script>" + "location.href=a;" * 60_000 + "</script>"),
    "a wall's words": _page("<div>subscribe to continue reading</div>" * 19_000),
    "pleas": _page("".join(f"<p>follow {'x ' * 90}{i}</p>" for i in range(5_000))),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    extract_page(_page(f"<article><p>{WORDS}. " * 40))
    extract_page(_page("<article><p>x" * 40))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("page", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_page_is_read_within_bounds(page):
    def read():
        opened = open_page(page, URL)
        elsewhere(opened.tree, URL)
        read_article(opened).text.encode()

    def seconds():
        gc.collect()
        before = _resident("VmRSS", reset=True)
        spent = spent_on(read)
        assert _resident("VmHWM") - before < GROWTH_MOST
        return spent

    assert costs_less(SECONDS_MOST, seconds)


@pytest.mark.parametrize(
    "name", ["one letter an element", "one endless word", "a table of many cells", "entities"]
)
def test_a_hostile_page_is_screened_within_bounds(name):
    index = TopicIndex()
    index.add(Topic(TopicId(1), "x", 'zzzz OR "aaaa bbbb" OR @nato'))
    whole = whole_page(open_page(HOSTILE[name], URL))
    assert costs_less(SECONDS_MOST, lambda: spent_on(lambda: index.touches(whole)))


def test_no_more_than_the_cap_is_read():
    page = _page("<p>first words of an article.</p>" + " " * 6_000_000 + "<p>LATE</p>")
    assert "LATE" not in extract_page(page).text


def _resident(kind: str, *, reset: bool = False) -> int:
    """Bytes in memory now (VmRSS) or at most since the last reset (VmHWM); 0 where the system does not tell."""
    try:
        if reset:
            CLEAR.write_text("5", "ascii")
        lines = STATUS.read_text("ascii").splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(kind))
