"""Feeds that other readers read: valid, the same for the same news, and harmless whatever a title says."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from uuid import UUID

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from alerts.model import Item
from ops.syndication import Entry, SharedFeed, compose, etag, http_date, unchanged
from worker.feeds.parse import parse_feed
from worker.model import ArticleId

AT = datetime(2026, 11, 26, 7, 3, 4, 567, tzinfo=UTC)
KEY = UUID("5f0c2a7e-1b1c-4e57-9d0a-7c1f6a4f2b11")
ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = "<script>alert(1)</script>&amp;<img src=x onerror=alert(1)>\x00\x1b[31m\u202eevil\ud800\ufffe]]>"


def item(**facts):
    usual = {"article": ArticleId(1), "title": "Kapal gandum tiba", "url": "https://kabar.example/1?a=1&b=2"}
    usual |= {
        "source": "Kabar",
        "topics": ("NATO", "Ukraina"),
        "quote": "Rapat NATO ditunda.",
        "marks": ((6, 10),),
    }
    return Item(**{**usual, "published_at": AT - timedelta(minutes=2), "language": "id", **facts})


def feed(*items, **facts):
    entries = [Entry(each, f"https://kabar.example/{n}", AT + timedelta(n)) for n, each in enumerate(items)]
    return SharedFeed(**{"key": KEY, "name": "NATO", "entries": entries, "made_at": AT, **facts})


def atom(shared, address="https://w.example/feeds/topics/T.atom", home="https://w.example"):
    return etree.fromstring(compose(shared, "atom", address, home))


def as_json(shared, address="https://w.example/feeds/topics/T.json", home="https://w.example"):
    return json.loads(compose(shared, "json", address, home))


def test_an_atom_feed_has_everything_that_rfc_4287_asks_for():
    root = atom(feed(item(), item(title="Kedua")))
    assert [root.findtext(ATOM + name) for name in ("id", "title", "updated")] == [
        f"urn:uuid:{KEY}",
        "NATO · Pantau",
        "2026-11-27T07:03:04Z",
    ]
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links == {"self": "https://w.example/feeds/topics/T.atom", "alternate": "https://w.example"}
    first, second = root.findall(f"{ATOM}entry")
    assert [child.tag.removeprefix(ATOM) for child in first] == [
        *("id", "title", "link", "updated", "published", "author", "category", "category", "content")
    ]
    assert first.findtext(f"{ATOM}published") == "2026-11-26T07:01:04Z"
    assert first.find(f"{ATOM}link").get("href") == "https://kabar.example/1?a=1&b=2"
    assert first.findtext(f"{ATOM}author/{ATOM}name") == "Kabar"
    assert first.findtext(f"{ATOM}id") != second.findtext(f"{ATOM}id")
    assert first.findtext(f"{ATOM}content") == (
        '<blockquote dir="auto">Rapat <strong>NATO</strong> ditunda.</blockquote>'
        '<p dir="auto">Kabar · NATO, Ukraina</p>'
    )


def test_a_json_feed_has_everything_that_version_1_1_asks_for():
    found = as_json(feed(item(summary_only=True)))
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert (found["title"], found["feed_url"]) == ("NATO · Pantau", "https://w.example/feeds/topics/T.json")
    (only,) = found["items"]
    assert only["content_text"] == "Rapat NATO ditunda.\n\nKabar · NATO, Ukraina · summary only"
    assert (only["date_published"], only["date_modified"]) == ("2026-11-26T07:01:04Z", "2026-11-26T07:03:04Z")
    assert (only["authors"], only["tags"], only["language"]) == (
        [{"name": "Kabar"}],
        ["NATO", "Ukraina"],
        "id",
    )


@pytest.mark.parametrize("form", ["atom", "json"])
def test_other_readers_read_it_and_our_own_too(form):
    body = compose(feed(item(), item(title="Kedua")), form, None, None)
    ours = parse_feed(body, "https://w.example/x")
    assert [entry.title for entry in ours.entries] == ["Kapal gandum tiba", "Kedua"]
    assert ours.entries[0].link == "https://kabar.example/1?a=1&b=2"
    assert not ours.warnings
    if form == "atom":
        theirs = feedparser.parse(io.BytesIO(body))
        assert not theirs.bozo
        assert theirs.version == "atom10"
        assert [entry.id for entry in theirs.entries] == [entry.id for entry in feed(item(), item()).entries]


def test_what_is_not_known_is_left_out_and_an_empty_feed_is_dated():
    bare = item(url="javascript:alert(1)", published_at=None, language="x y", quote="", marks=(), title="")
    entry = atom(feed(bare), None, None).find(f"{ATOM}entry")
    assert entry.find(f"{ATOM}link") is entry.find(f"{ATOM}published") is None
    assert entry.findtext(f"{ATOM}title") == "(without a title)"
    assert entry.findtext(f"{ATOM}content") == '<p dir="auto">Kabar · NATO, Ukraina</p>'
    assert {"url", "date_published", "language"}.isdisjoint(as_json(feed(bare))["items"][0])
    assert atom(feed()).findtext(f"{ATOM}updated") == "2026-11-26T07:03:04Z"
    assert as_json(feed(), None, None).keys() == {"version", "title", "items"}


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.seen = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))


OURS = [("blockquote", {"dir": "auto"}), ("strong", {}), ("p", {"dir": "auto"})]
_TEXTS = st.text(max_size=60) | st.sampled_from([HOSTILE, "=?utf-8?q?x?=", "]]><x/>", "&#60;b&#62;"])


@given(
    _TEXTS, _TEXTS, _TEXTS, _TEXTS, st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=3)
)
def test_no_text_of_a_stranger_is_ever_markup(title, quote, source, topic, marks):
    odd = item(title=title, quote=quote, source=source, topics=(topic,), url=title, marks=tuple(marks))
    root = atom(feed(odd, name=topic))
    content = root.findtext(f"{ATOM}entry/{ATOM}content")
    (made,) = as_json(feed(odd))["items"]
    assert made["content_html"] == content
    assert all(seen in OURS for seen in Tags(content).seen)
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e\ud800-\udfff\ufffe\uffff]", content + made["title"])


def test_a_hostile_title_is_shown_as_it_reads():
    root = atom(feed(item(title=HOSTILE, quote=HOSTILE, marks=((0, 8),))))
    title = root.find(f"{ATOM}entry/{ATOM}title")
    assert title.get("type") == "text"
    assert title.text.startswith("<script>alert(1)</script>&amp;<img")
    content = root.findtext(f"{ATOM}entry/{ATOM}content")
    assert "<strong>&lt;script&gt;</strong>alert(1)&lt;/script&gt;&amp;amp;" in content


def test_the_same_news_give_the_same_bytes_and_so_the_same_tag():
    for form in ("atom", "json"):
        one, other = (compose(feed(item()), form, None, None) for _ in range(2))
        assert one == other
        assert re.fullmatch('"[0-9a-f]{32}"', etag(one))
        assert etag(one) != etag(compose(feed(item(title="Ralat")), form, None, None))


TAG, ROUNDED = '"abc"', http_date(AT)


@pytest.mark.parametrize(
    ("none_match", "since", "same"),
    [
        (TAG, None, True),
        (f'"x", W/{TAG}', None, True),
        ("*", None, True),
        ('"x"', ROUNDED, False),  # tags go before dates
        ("", ROUNDED, False),
        (None, ROUNDED, True),
        (None, http_date(AT + timedelta(hours=1)), True),
        (None, http_date(AT - timedelta(seconds=1)), False),
        (None, "yesterday", False),
        (None, "Thu, 26 Nov 2026 07:03:04", False),
        (None, None, False),
    ],
)
def test_who_has_it_already_is_told_so(none_match, since, same):
    assert unchanged(TAG, AT, none_match, since) is same


def test_dates_are_those_of_http_whatever_the_zone():
    there = AT.astimezone(timezone(timedelta(hours=7)))
    assert http_date(there) == "Thu, 26 Nov 2026 07:03:04 GMT"
    assert unchanged(TAG, there, None, http_date(AT))
