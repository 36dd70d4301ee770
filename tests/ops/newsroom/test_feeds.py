from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.newsroom import Furniture, Outlet, Story, sample
from ops.newsroom.feeds import feed
from ops.newsroom.model import FeedFormat, Printed

SITE = "http://127.0.0.1:9"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FORMATS: tuple[FeedFormat, ...] = ("rss", "atom", "json")


def printed(story: Story, minutes: int = 0) -> Printed:
    at = NOON + timedelta(minutes=minutes)
    return Printed(story, at, at + timedelta(seconds=30))


def titles(body: bytes) -> list[str]:
    if body.startswith(b"{"):
        return [item["title"] for item in json.loads(body)["items"]]
    return [
        node.findtext("title") or node.findtext("{http://www.w3.org/2005/Atom}title") or ""
        for node in ET.fromstring(body).iter()
        if node.tag.endswith(("item", "entry"))
    ]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_feed_lists_the_newest_first_and_no_more_than_its_window(kind: FeedFormat) -> None:
    stories = [printed(Story(f"s{n}", "a", f"Title {n}", ("Text.",)), n) for n in range(5)]
    body = feed(Outlet("a", "A", feed=kind, window=3), stories, SITE, NOON).body
    assert titles(body) == ["Title 4", "Title 3", "Title 2"]


@pytest.mark.parametrize("kind", FORMATS)
def test_an_empty_feed_is_still_a_feed(kind: FeedFormat) -> None:
    assert titles(feed(Outlet("a", "A", feed=kind), [], SITE, NOON).body) == []


@pytest.mark.parametrize("kind", FORMATS)
@given(title=st.text(min_size=1, max_size=30), text=st.text(min_size=1, max_size=60))
def test_any_words_make_a_well_formed_feed(kind: FeedFormat, title: str, text: str) -> None:
    story = Story("s", "a", title, (text,), text, tags=(title,), furniture=Furniture(author=text))
    outlet = Outlet("a", title, feed=kind, full_content=True)
    assert len(titles(feed(outlet, [printed(story)], SITE, NOON).body)) == 1


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_markup_in_a_title_is_text(kind: FeedFormat) -> None:
    story = Story("s", "a", "5 < 6 & </title>\x00", ("x",))
    assert titles(feed(Outlet("a", "A", feed=kind), [printed(story)], SITE, NOON).body) == [
        "5 < 6 & </title>"
    ]


def test_rss_carries_link_guid_date_author_and_category() -> None:
    story = Story("s", "a", "T", ("One.", "Two & three."), "Short.", "world", ("x", "y"))
    outlet = Outlet("a", "A", full_content=True)
    root = ET.fromstring(feed(outlet, [printed(story)], SITE, NOON).body)
    (item,) = root.iter("item")
    assert item.findtext("link") == f"{SITE}/a/world/s"
    assert item.findtext("guid") == "tag:a.example,2026:s"
    assert parsedate_to_datetime(item.findtext("pubDate") or "") == NOON
    assert [node.text for node in item.findall("category")] == ["x", "y"]
    encoded = item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded")
    assert encoded == "<p>One.</p>\n<p>Two &amp; three.</p>"


def test_atom_and_json_tell_both_dates() -> None:
    piece = printed(Story("s", "a", "T", ("One.",)))
    atom = ET.fromstring(feed(Outlet("a", "A", feed="atom"), [piece], SITE, NOON).body)
    (entry,) = atom.iter("{http://www.w3.org/2005/Atom}entry")
    assert entry.findtext("{http://www.w3.org/2005/Atom}published") == "2026-11-23T12:00:00.000Z"
    assert entry.findtext("{http://www.w3.org/2005/Atom}updated") == "2026-11-23T12:00:30.000Z"
    (item,) = json.loads(feed(Outlet("a", "A", feed="json"), [piece], SITE, NOON).body)["items"]
    assert item["date_published"] == "2026-11-23T12:00:00.000Z"
    assert item["date_modified"] == "2026-11-23T12:00:30.000Z"


@pytest.mark.parametrize("outlet", sample().outlets, ids=lambda outlet: outlet.slug)
def test_an_independent_reader_finds_every_story_of_the_sample(outlet: Outlet) -> None:
    stories = [story for story in sample().stories if story.outlet == outlet.slug]
    body = feed(outlet, [printed(story, n) for n, story in enumerate(stories)], SITE, NOON).body
    if outlet.feed == "json":
        assert {item["url"] for item in json.loads(body)["items"]} == {SITE + s.path for s in stories}
    else:
        parsed = feedparser.parse(io.BytesIO(body))
        assert not parsed.bozo
        assert {entry.link for entry in parsed.entries} == {SITE + story.path for story in stories}
        assert parsed.feed.title == outlet.name
