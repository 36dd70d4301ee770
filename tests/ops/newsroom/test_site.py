from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from ops.newsroom import Newsroom, Outlet, Revision, Schedule, Story, running
from worker.errors import BadInput

if TYPE_CHECKING:
    from conftest import Ask, Clock


def test_the_backlog_is_there_and_what_is_to_come_is_not(site: str, ask: Ask, newsroom: Newsroom) -> None:
    assert ask(f"{site}/alpha/news/old-news").status == 200
    assert ask(f"{site}/alpha/news/first").status == 404
    assert "old-news" in ask(f"{site}/alpha/rss.xml").text
    assert set(newsroom.published) == {"old-news"}


def test_a_published_story_is_in_the_feed_and_on_its_page_at_the_recorded_instant(
    site: str, ask: Ask, newsroom: Newsroom
) -> None:
    instant = newsroom.publish("third")
    assert newsroom.published["third"] == instant
    (item,) = json.loads(ask(f"{site}/gamma/feed.json").text)["items"]
    assert item["url"] == f"{site}/gamma/news/third"
    assert item["date_published"] == instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert "Paragraph 7" in ask(item["url"]).text


def test_a_conditional_get_is_answered_304_until_something_is_published(
    site: str, ask: Ask, newsroom: Newsroom
) -> None:
    first = ask(f"{site}/alpha/rss.xml")
    assert first.status == 200
    tag, date = first.headers["etag"], first.headers["last-modified"]
    for condition in ({"If_None_Match": tag}, {"If_Modified_Since": date}):
        again = ask(f"{site}/alpha/rss.xml", **condition)
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == tag
    newsroom.publish("first")
    for condition in ({"If_None_Match": tag}, {"If_Modified_Since": date}):
        assert ask(f"{site}/alpha/rss.xml", **condition).status == 200


def test_a_feed_does_not_change_when_another_outlet_publishes(
    site: str, ask: Ask, newsroom: Newsroom
) -> None:
    tag = ask(f"{site}/alpha/rss.xml").headers["etag"]
    newsroom.publish("third")
    assert ask(f"{site}/alpha/rss.xml", If_None_Match=tag).status == 304


@pytest.mark.parametrize("path", ["/alpha/rss.xml", "/alpha/news/old-news"])
def test_gzip_comes_to_those_who_accept_it(site: str, ask: Ask, path: str) -> None:
    plain, packed = ask(site + path), ask(site + path, Accept_Encoding="gzip, br")
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert len(packed.body) < len(plain.body)


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere/rss.xml",
        "/alpha/atom.xml",
        "/alpha/news/unknown",
        "/alpha/sport/old-news",
        "/beta/news/old-news",
        "/alpha/photo/first.svg",
        "/beta/photo/old-news.svg",
        "/nowhere/",
        "/x/y/z/a",
        "/favicon.ico",
    ],
)
def test_what_is_not_there_is_a_404_with_a_page(site: str, ask: Ask, path: str) -> None:
    got = ask(site + path)
    assert got.status == 404
    assert path in got.text


@pytest.mark.parametrize("path", ["/", "/robots.txt", "/alpha/", "/beta/", "/alpha/photo/old-news.svg"])
def test_the_rest_of_the_site_is_there_for_people_who_look_around(site: str, ask: Ask, path: str) -> None:
    assert ask(site + path).status == 200


def test_a_head_request_gets_the_headers_alone(site: str, ask: Ask) -> None:
    got = ask(f"{site}/alpha/rss.xml", method="HEAD")
    assert (got.status, got.body) == (200, b"")
    assert "etag" in got.headers


def test_a_failing_feed_heals_after_its_first_requests_and_so_does_each_page(
    site: str, ask: Ask, newsroom: Newsroom
) -> None:
    newsroom.publish("fourth")
    assert [ask(f"{site}/frail/rss.xml").status for _ in range(4)] == [500, 500, 200, 200]
    assert [ask(f"{site}/frail/news/fourth").status for _ in range(3)] == [500, 200, 200]
    assert newsroom.answers["/frail/rss.xml", 500] == 2


def test_a_slow_feed_does_not_hold_up_the_others(site: str, ask: Ask, newsroom: Newsroom) -> None:
    slow = Thread(target=ask, args=(f"{site}/slow/rss.xml",))
    slow.start()
    while not newsroom.requests["/slow/rss.xml"]:
        time.sleep(0.001)
    assert ask(f"{site}/alpha/rss.xml").status == 200
    assert not newsroom.answers["/slow/rss.xml", 200]
    slow.join()
    assert newsroom.answers["/slow/rss.xml", 200] == 1


def test_requests_are_counted_by_path_and_answers_by_status(site: str, ask: Ask, newsroom: Newsroom) -> None:
    tag = ask(f"{site}/alpha/rss.xml").headers["etag"]
    ask(f"{site}/alpha/rss.xml", If_None_Match=tag)
    ask(f"{site}/alpha/news/nothing")
    assert newsroom.requests == {"/alpha/rss.xml": 2, "/alpha/news/nothing": 1}
    assert newsroom.answers == {
        ("/alpha/rss.xml", 200): 1,
        ("/alpha/rss.xml", 304): 1,
        ("/alpha/news/nothing", 404): 1,
    }


def test_an_edit_changes_words_and_date_but_neither_guid_nor_address(
    site: str, ask: Ask, newsroom: Newsroom
) -> None:
    published = newsroom.publish("first")
    before = ask(f"{site}/alpha/rss.xml").text
    edited = newsroom.edit("first")
    after = ask(f"{site}/alpha/rss.xml").text
    assert edited > published == newsroom.published["first"]
    assert "A calmer title" in after
    assert "quoted" not in after
    for lasting in (
        '<guid isPermaLink="false">tag:alpha.example,2026:first</guid>',
        f"{site}/alpha/news/first",
    ):
        assert lasting in before
        assert lasting in after
    page = ask(f"{site}/alpha/news/first").text
    assert "One new paragraph." in page
    assert "Paragraph 1" not in page


def test_an_edit_may_be_given_and_leaves_empty_parts_as_they_were(
    site: str, ask: Ask, newsroom: Newsroom
) -> None:
    newsroom.edit("old-news", Revision(paragraphs=("Only this.",)))
    page = ask(f"{site}/alpha/news/old-news").text
    assert "Only this." in page
    assert "Old news" in page


def test_what_cannot_be_published_or_edited_says_why(newsroom: Newsroom) -> None:
    with pytest.raises(BadInput, match="no story 'nothing'"):
        newsroom.publish("nothing")
    with pytest.raises(BadInput, match="already published"):
        newsroom.publish("old-news")
    with pytest.raises(BadInput, match="not published yet"):
        newsroom.edit("first")
    with pytest.raises(BadInput, match="no planned revision"):
        newsroom.edit("old-news")


def test_a_run_publishes_everything_in_order_and_then_edits(newsroom: Newsroom) -> None:
    newsroom.publish("third")
    asyncio.run(newsroom.run(every=0))
    by_instant = sorted(newsroom.published, key=newsroom.published.__getitem__)
    assert by_instant == ["old-news", "third", "first", "second", "fourth"]
    with running(newsroom.app()) as url:
        assert url.startswith("http://127.0.0.1:")


def test_an_address_leads_back_to_its_story(newsroom: Newsroom) -> None:
    assert newsroom.slug_of("http://127.0.0.1:1/alpha/news/first?utm_source=x#top") == "first"
    assert newsroom.slug_of("http://127.0.0.1:1/alpha/rss.xml") is None


def test_the_backlog_is_as_old_as_it_says(clock: Clock) -> None:
    story = Story("s", "a", "T", ("x",), age=timedelta(hours=3))
    room = Newsroom(Schedule((Outlet("a", "A"),), (story,)), clock)
    assert clock.now - room.published["s"] == timedelta(hours=3)


def test_publishing_from_many_threads_loses_nothing(ask: Ask) -> None:
    stories = tuple(Story(f"s{n}", "a", f"T{n}", ("x",)) for n in range(24))
    room = Newsroom(Schedule((Outlet("a", "A", feed="json"),), stories))
    with running(room.app()) as url:
        threads = [Thread(target=room.publish, args=(story.slug,)) for story in stories]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(json.loads(ask(f"{url}/a/feed.json").text)["items"]) == 24
