"""Own documents with their expectation beside them, then what must hold for any document at all."""

from __future__ import annotations

import io
import json
import os
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from gzip import decompress
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.feeds import NotAFeed
from worker.feeds.parse import ENTRIES_MOST, parse_feed
from worker.feeds.texts import content_of, summary_of

CORPUS = Path(__file__).parents[2] / "corpus" / "feeds"
DOCUMENTS = sorted(path for path in CORPUS.rglob("*") if path.suffix in (".xml", ".feed"))
FAILING = json.loads((CORPUS / "failing.json").read_text("utf-8"))
"""Documents that are not read as they should be yet, and what is wrong."""


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        assert value.utcoffset() == timedelta(0)
        return value.replace(microsecond=0).isoformat()
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert {key: _plain(found[key]) for key in expected} == expected


def _named(path: Path) -> Any:
    name = path.relative_to(CORPUS).as_posix()
    marks = [pytest.mark.xfail(strict=True, reason=FAILING[name])] if name in FAILING else []
    return pytest.param(path, id=name, marks=marks)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("document", [_named(path) for path in DOCUMENTS])
def test_a_document_reads_as_its_expectation_says(document):
    expected = json.loads(document.with_suffix(".json").read_text("utf-8"))
    asked = (document.read_bytes(), expected.get("url", ""), expected.get("content_type", ""))
    if "not_a_feed" in expected:
        with pytest.raises(NotAFeed, match=expected["not_a_feed"]):
            parse_feed(*asked)
        return
    feed = parse_feed(*asked)
    _same(asdict(feed), expected.get("feed", {}))
    assert len(feed.entries) == len(expected["entries"]), feed.warnings
    for entry, wanted in zip(feed.entries, expected["entries"], strict=True):
        texts = {"summary": summary_of(entry), "content": content_of(entry)}
        _same(asdict(entry) | texts, wanted)


def test_the_corpus_holds_four_hundred_documents_and_the_failing_ones_are_among_them():
    assert len(DOCUMENTS) >= 400
    assert {CORPUS / name for name in FAILING} <= set(DOCUMENTS)
    assert all(path.with_suffix(".json").exists() for path in DOCUMENTS)


def _rss(items: str, head: str = "") -> bytes:
    return f'{head}<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


def test_no_more_entries_are_read_than_the_cap_and_the_feed_says_so():
    feed = parse_feed(_rss("<item><title>x</title></item>" * (ENTRIES_MOST + 5)))
    assert len(feed.entries) == ENTRIES_MOST
    assert feed.warnings == (f"only the first {ENTRIES_MOST} entries were read",)


def test_a_body_beyond_the_cap_is_cut_and_the_feed_says_so():
    feed = parse_feed(_rss("<item><title>first</title></item>" + " " * (11 * 1024 * 1024)))
    assert [entry.title for entry in feed.entries] == ["first"]
    assert "only the first 10 MiB were read" in feed.warnings


HOSTILE = {
    "an author that is one long address": "<item><author>" + "a@" + "a." * 200_000 + "!</author></item>",
    "an element with too many attributes": "<item " + " ".join(f"a{i}='1'" for i in range(30_000)) + "/>",
    "too many namespaces": "".join(f"<item xmlns:n{i}='u{i}'><n{i}:x/></item>" for i in range(1500)),
    "too many tags": "<item>" + "".join(f"<category>{i}</category>" for i in range(50_000)) + "</item>",
    "deep elements": "<item>" + "<a>" * 30_000 + "</item>",
    "deep markup": "<item><description>" + "&lt;div&gt;x" * 50_000 + "</description></item>",
    "unclosed comments in markup": "<item><description>" + "&lt;!--" * 100_000 + "</description></item>",
    "numbers that are no characters": "<item><title>&#xD800; &#99999999999; &#0; & x</title></item>",
    "a date that never ends": "<item><pubDate>" + "1:" * 200_000 + "</pubDate></item>",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("items", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_document_is_read_in_bounded_time(items):
    feed = parse_feed(_rss(items))
    assert feed.title == "T"
    assert feed.entries


@pytest.mark.parametrize("text", ["/etc/hostname", "http://127.0.0.1:9/", "file:///etc/passwd"])
def test_a_body_that_names_a_file_or_an_address_opens_neither(text, monkeypatch):
    def opened(*args: object, **_: object) -> None:
        raise AssertionError(f"opened {args}")

    monkeypatch.setattr("builtins.open", opened)
    monkeypatch.setattr("urllib.request.urlopen", opened)
    with pytest.raises(NotAFeed):
        parse_feed(text.encode())


_PIECES = """
    <rss> <channel> <item> <title> </item> <entry> <![CDATA[ ]]> &amp; &#x; <!-- &bogus; <pubDate> </rss> { "items":[
    <link_href='x'/> <feed_xmlns='http://www.w3.org/2005/Atom'> <content:encoded> <?xml_version='1.0'?>
    <!DOCTYPE_a_[ é <author>a@b.c &#55296; <a:b/>
"""
_FRAGMENTS = st.sampled_from([piece.replace("_", " ") for piece in _PIECES.split()] + ["\x00", "\ud800"])


@settings(max_examples=150, deadline=None)
@given(st.lists(_FRAGMENTS | st.text(max_size=8), max_size=30))
def test_whatever_comes_is_a_feed_of_clean_values_or_not_a_feed(pieces):
    body = "".join(pieces).encode("utf-8", "surrogatepass")
    try:
        feed = parse_feed(b"<rss><channel>" + body, "https://x.example/")
    except NotAFeed:
        return
    for entry in feed.entries:
        texts = (entry.title, summary_of(entry), content_of(entry), *entry.tags, *entry.authors)
        assert all("\x00" not in text and text.encode() is not None for text in texts)
        assert entry.link is None or entry.link.startswith(("http://", "https://"))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_feed_or_not_a_feed(body):
    with suppress(NotAFeed):
        assert parse_feed(body).format


@pytest.mark.skipif(not os.environ.get("PANTAU_DATA"), reason="PANTAU_DATA names no folder of real feeds")
def test_real_feeds_give_as_many_entries_as_feedparser_finds_with_the_same_ids():
    for path in sorted((Path(os.environ["PANTAU_DATA"]) / "feeds").glob("*.gz")):
        body = decompress(path.read_bytes())
        theirs = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False).entries
        ours = parse_feed(body).entries
        assert [entry.id or "" for entry in ours] == [
            dict.get(entry, "id", "").strip() for entry in theirs
        ], path
