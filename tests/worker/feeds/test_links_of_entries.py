"""Which of several links is the page, on both paths."""

from __future__ import annotations

import pytest

from worker.feeds import parse as parsing
from worker.feeds.parse import parse_feed

HEAD = '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:fb="http://rssnamespace.org/feedburner/ext/1.0">'


@pytest.mark.parametrize("tolerant", [False, True], ids=["fast", "tolerant"])
@pytest.mark.parametrize(
    ("inside", "link"),
    [
        ("<link>/1</link><link>/2</link>", "https://x.example/1"),
        ("<link>/1</link><link/>", "https://x.example/1"),
        ("<guid>https://x.example/g</guid><link>/1</link>", "https://x.example/1"),
        ("<guid>https://x.example/g</guid>", "https://x.example/g"),
        ('<guid isPermaLink="false">https://x.example/g</guid>', "https://x.example/g"),
        ("<guid>g</guid>", None),
        ('<atom:link rel="self" href="/s"/><atom:link rel="enclosure" href="/e"/>', None),
        ('<atom:link rel="alternate" type="text/plain" href="/t"/>', "https://x.example/t"),
        (
            '<atom:link rel="alternate" type="text/plain" href="/t"/><atom:link href="/h"/>',
            "https://x.example/h",
        ),
        ("<link>/r</link><fb:origLink>https://o.example/1</fb:origLink>", "https://o.example/1"),
        ("<link>/r</link><fb:origLink>javascript:x</fb:origLink>", "https://x.example/r"),
        ("<link>&lt;a href='/1'&gt;x&lt;/a&gt;</link>", None),
        ("<link>https://x.example/?a=1&amp;b=2</link>", "https://x.example/?a=1&b=2"),
        ("<link>https:///x.example/1</link>", "https://x.example/1"),
        ('<atom:link xml:base="https://b.example/c/" href="d"/>', "https://b.example/c/d"),
    ],
)
def test_the_page_of_an_entry(inside, link, tolerant, monkeypatch):
    if tolerant:
        monkeypatch.setattr(parsing, "read_well_formed", lambda *_: None)
    body = f"{HEAD}<channel><title>T</title><item><title>x</title>{inside}</item></channel></rss>".encode()
    assert (parsing._well_formed(body) is None) == tolerant
    (entry,) = parse_feed(body, "https://x.example/feed").entries
    assert entry.link == link
