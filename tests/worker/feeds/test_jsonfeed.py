"""JSON Feed, as it should be and as it comes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.feeds import NotAFeed
from worker.feeds.parse import parse_feed
from worker.feeds.texts import content_of, summary_of

VERSION = "https://jsonfeed.org/version/1.1"


def _feed(*items: dict[str, Any], **more: Any):
    return parse_feed(
        json.dumps({"version": VERSION, "items": items, **more}).encode(), "https://x.example/feed"
    )


def test_every_member_that_says_something_is_read():
    feed = _feed(
        {
            "id": 7,
            "url": "/a",
            "external_url": "https://other.example/",
            "title": "Tom &amp; Ana",
            "summary": "<b>short</b>",
            "content_html": "<p>one</p><p>two</p>",
            "content_text": "plain",
            "authors": [{"name": "Ana"}, "Budi", {"url": "https://c.example/"}, 3, None],
            "tags": ["nato", 1, "nato", " eu "],
            "date_published": "2026-03-01T10:00:00+07:00",
            "date_modified": "2026-03-01T04:00:00Z",
        },
        title="News",
        home_page_url="/",
        language="en_GB",
    )
    assert (feed.format, feed.title, feed.link, feed.language) == (
        "json11",
        "News",
        "https://x.example/",
        "en-GB",
    )
    (entry,) = feed.entries
    assert (entry.id, entry.link, entry.title) == ("7", "https://x.example/a", "Tom & Ana")
    assert (summary_of(entry), content_of(entry)) == ("short", "one\n\ntwo")
    assert entry.authors == ("Ana", "Budi", "https://c.example/")
    assert entry.tags == ("nato", "eu")
    assert entry.published == datetime(2026, 3, 1, 3, tzinfo=UTC)
    assert entry.updated == datetime(2026, 3, 1, 4, tzinfo=UTC)


def test_plain_content_keeps_its_paragraphs_and_what_looks_like_markup():
    (entry,) = _feed({"content_text": "if a<b:\n\nuse <b>"}).entries
    assert content_of(entry) == "if a<b:\n\nuse <b>"


def test_an_entry_without_page_leads_where_it_points_to_or_to_its_id():
    feed = _feed({"external_url": "https://e.example/1"}, {"id": "https://x.example/2"}, {"id": "three"})
    assert [entry.link for entry in feed.entries] == ["https://e.example/1", "https://x.example/2", None]


def test_version_1_has_one_author_whom_entries_inherit():
    feed = _feed(
        {"id": "a"}, {"id": "b", "author": {"name": "Budi"}}, version=VERSION[:-2], author={"name": "Ana"}
    )
    assert feed.format == "json10"
    assert [entry.authors for entry in feed.entries] == [("Ana",), ("Budi",)]


def test_half_a_character_is_replaced():
    (entry,) = _feed({"title": "x\ud83d", "url": "https://x.example/\ud83d"}).entries
    assert entry.title == "x\ufffd"
    assert entry.link.encode()


_KEYS = st.sampled_from(
    "version items id url title summary content_html content_text authors author name tags date_published".split()
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(VERSION),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_KEYS, _VALUES, max_size=6))
def test_members_of_any_type_are_read_or_refused(feed):
    try:
        found = parse_feed(json.dumps(feed).encode())
    except NotAFeed:
        return
    for entry in found.entries:
        assert all(
            text.encode() is not None
            for text in (entry.title, summary_of(entry), content_of(entry), *entry.tags)
        )


@pytest.mark.parametrize(
    "text", ["[]", "[1,2]", '{"a":1}', '{"items":{}}', "{", '{"version":"https://x.example"}']
)
def test_other_json_is_no_feed(text):
    with pytest.raises(NotAFeed):
        parse_feed(text.encode())
