from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from worker.feeds.identity import canonical_url, entry_keys
from worker.model import Entry

FEED = "https://news.example.id/rss"
SAME = [
    ("https://news.example/read/1/x?utm_source=rss&utm_medium=feed", "https://news.example/read/1/x"),
    ("HTTPS://News.Example:443/a/../b/./c?b=2&a=1#top", "https://news.example/b/c?a=1&b=2"),
    ("https://news.example/a?gclid=1&id=5", "https://news.example/a?id=5"),
    ("https://news.example/%7euser/%e2%82%ac", "https://news.example/~user/%E2%82%AC"),
    ("https://news.example/новини", "https://news.example/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8"),
    ("http://тест.рф/a", "http://xn--e1aybc.xn--p1ai/a"),
    ("https://news.example", "https://news.example/?"),
    ("https://news.example./a?&&ref=rss", "https://news.example/a"),
    ("https://news.example/a?at_medium=RSS&mc_cid=1&fbclid=x&YCLID=2&xtor=3", "https://news.example/a"),
    ("http://news.example:80/a", "http://news.example/a#comments"),
    ("https://news.example/a b", " https://news.example/a%20b\n"),
    ("http://[2001:DB8:0::1]/a", "http://[2001:db8::1]:80/a"),
]
DIFFERENT = [
    ("https://news.example/a?id=1", "https://news.example/a?id=2"),
    ("https://news.example/?p=10", "https://news.example/"),
    ("https://news.example/A", "https://news.example/a"),
    ("https://m.news.example/a", "https://news.example/a"),
    ("https://news.example/a?page=2", "https://news.example/a"),
    ("https://news.example/a?lang=uk", "https://news.example/a?lang=en"),
    ("https://news.example/read?source=5", "https://news.example/read?source=6"),
    ("https://news.example/a%2Fb", "https://news.example/a/b"),
    ("https://news.example/#!/1", "https://news.example/#!/2"),
    ("https://news.example:8443/a", "https://news.example/a"),
    ("https://news.example/a/", "https://news.example/a"),
    ("https://news.example/a?refresh=1", "https://news.example/a"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_addresses_of_one_article_become_one(one, other):
    assert canonical_url(one) == canonical_url(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_addresses_of_different_articles_stay_apart(one, other):
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize(
    "text", ["", "no address", "mailto:a@b.example", "http://user@host/", "http://[::1", "javascript:x"]
)
def test_what_is_no_web_address_stays_as_it_is(text):
    assert canonical_url(text) == text


_HOSTS = st.sampled_from(
    ["news.example", "NEWS.example:443", "bücher.example", "[::1]:81", "a.b.", "127.0.0.1"]
)


@given(_HOSTS, st.text(max_size=30), st.text(max_size=30), st.text(max_size=10))
@example("news.example", "/%2e%2E/..//.", "a=%&%zz=+&utm_x", "!x")
def test_canonical_is_final(host, path, query, fragment):
    once = canonical_url(f"https://{host}/{path}?{query}#{fragment}")
    assert canonical_url(once) == once


@given(st.text())
def test_no_text_raises(text):
    assert canonical_url(text) is not None


def _entry(**facts: object) -> Entry:
    return replace(Entry(id="7", link="https://news.example.id/read/7", title="Title"), **facts)


def _known(one: Entry, other: Entry) -> bool:
    return not set(entry_keys(one, FEED)).isdisjoint(entry_keys(other, FEED))


@pytest.mark.parametrize(
    "later",
    [
        {"id": "regenerated"},
        {"link": "http://news.example.id/read/7?utm_source=x"},
        {"link": "https://moved.example/7"},
        {
            "title": "Corrected title",
            "summary": "s",
            "content": "c",
            "published": datetime(2024, 1, 1, tzinfo=UTC),
        },
        {"id": "https://news.example.id/read/7", "link": None},
        {
            "id": "https://news.example.id/read/7#xtor=RSS-1",
            "link": "https://news.example.id/read/7#xtor=RSS-1",
        },
    ],
)
def test_an_entry_is_known_again_after_its_feed_changed_it(later):
    assert _known(_entry(), _entry(**later))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"id": "1", "link": None}, {"id": "2", "link": None}),
        ({"id": None, "link": "https://a.example/1"}, {"id": None, "link": "https://a.example/2"}),
        ({"id": "1", "link": "https://news.example.id/"}, {"id": "2", "link": "https://news.example.id/"}),
        ({"id": "1", "link": FEED}, {"id": "2", "link": FEED}),
        (
            {"id": "live-1", "link": "https://a.example/l#live-1"},
            {"id": "live-2", "link": "https://a.example/l#live-2"},
        ),
        ({"id": "https://a.example/l#1", "link": None}, {"id": "https://a.example/l#2", "link": None}),
        ({"id": None, "link": None, "title": "A"}, {"id": None, "link": None, "title": "B"}),
        (
            {"id": None, "link": None, "title": "", "summary": "A"},
            {"id": None, "link": None, "title": "", "summary": "B"},
        ),
    ],
)
def test_different_entries_share_no_key(one, other):
    assert not _known(_entry(**one), _entry(**other))


texts = st.text(max_size=200)
entries = st.builds(Entry, id=st.none() | texts, link=st.none() | st.just("https://a.example/1"), title=texts)


@given(entries, texts)
def test_keys_are_short_and_the_text_never_enters(entry, body):
    keys = entry_keys(entry, FEED)
    assert keys == entry_keys(replace(entry, content=body), FEED)
    if entry.id or entry.link or entry.title:
        assert keys == entry_keys(replace(entry, summary=body), FEED)
    assert keys
    assert all(0 < len(key) <= 64 and "\x00" not in key for key in keys)
