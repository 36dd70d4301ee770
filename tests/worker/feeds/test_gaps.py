"""What may have been missed, where to look for it, and which of what comes belongs into the gap."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.yardstick import costs_less, spent_on
from worker.errors import BadInput
from worker.feeds.gaps import (
    MOST_DOCUMENTS,
    MOST_MISSED,
    MOST_TRIES,
    Filling,
    missed,
    most_missed,
    next_step,
    section,
    together,
)
from worker.feeds.parse import parse_feed
from worker.feeds.ways import Came, DeadEnd, Led, NotNow, Way, look, ways_back
from worker.model import Entry, FeedDocument, NewEntry, Trail
from worker.polling import MAX_FEED_BYTES
from worker.wire import Failure, Reply

NOW = datetime(2026, 11, 23, 10, 31, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=29)
FEED = "https://news.example/feed"


def told(minutes_ago=None, link="https://news.example/a"):
    at = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    return Entry(id=None, link=link, title="x", published=at)


def keyed(*minutes_ago, link="https://news.example/{}"):
    return [
        NewEntry(told(ago, link.format(n)), (f"key{n}",), backlog=False) for n, ago in enumerate(minutes_ago)
    ]


def document(*entries, **trail):
    return FeedDocument("rss20", entries=entries, trail=Trail(**trail))


def reply(body=b"", status=200, url=FEED, **headers):
    return Reply(status, headers, body, url)


def no_feed(*_):
    raise BadInput("this is no feed")


# How many


def test_as_many_may_be_missing_as_usually_come_in_the_unseen_stretch():
    shown = [told(ago) for ago in range(10)]  # the last ten minutes, one a minute
    expected = 20  # unseen: from 29 minutes ago to 9 minutes ago
    assert expected <= most_missed(60.0, SINCE, NOW, shown) <= expected + 15


def test_the_pace_of_the_document_counts_where_it_is_faster_than_the_usual_one():
    shown = [told(ago / 2) for ago in range(20)]  # two a minute
    assert most_missed(600.0, SINCE, NOW, shown) >= 38


def test_a_document_that_was_filled_at_once_does_not_promise_thousands():
    batch = [told(0) for _ in range(10)]
    assert 29 < most_missed(600.0, SINCE, NOW, batch) <= 100 + 20


def test_without_dates_the_usual_pace_and_what_is_shown_tell():
    assert most_missed(60.0, SINCE, NOW, [told(), told()]) == 27 + 11
    assert most_missed(None, SINCE, NOW, [told(), told()]) == 1


@given(
    st.one_of(st.none(), st.floats(0.1, 1e7)),
    st.integers(0, 10**6),
    st.lists(st.one_of(st.none(), st.integers(-5000, 50000)), max_size=20),
)
def test_it_is_never_none_and_never_without_bound(gap_s, elapsed_s, minutes):
    found = most_missed(gap_s, NOW - timedelta(seconds=elapsed_s), NOW, [told(ago) for ago in minutes])
    assert 1 <= found <= MOST_MISSED


# Where to look

ROBOTS = Way("robots", "https://news.example/robots.txt")


@pytest.mark.parametrize(
    ("url", "trail", "ways"),
    [
        (FEED, {"older": FEED + "?page=2"}, [Way("page", FEED + "?page=2", 2)]),
        (FEED, {"archive": "https://news.example/2026/10"}, [Way("archive", "https://news.example/2026/10")]),
        (FEED, {"generator": "https://wordpress.org/?v=6.4"}, [Way("wordpress", FEED + "?paged=2", 2)]),
        (FEED, {}, [Way("wordpress", FEED + "?paged=2", 2)]),
        (FEED + "/?cat=7", {}, [Way("wordpress", FEED + "/?cat=7&paged=2", 2)]),
        (FEED, {"generator": "Hugo"}, []),
        ("https://news.example/rss", {}, []),
        (
            "https://news.example/feeds/posts/default",
            {"generator": "Blogger"},
            [Way("blogger", "https://news.example/feeds/posts/default?start-index=3", 2)],
        ),
    ],
)
def test_the_ways_back_of_a_feed(url, trail, ways):
    assert list(ways_back(document(told(1), told(2), **trail), url)) == [*ways, ROBOTS]


def test_each_page_leads_to_the_next():
    def read(*_):
        return document(told(1), told(2))

    second = Way("wordpress", FEED + "?paged=2", 2)
    found = look(second, reply(b"x"), read)
    assert isinstance(found, Came)
    assert found.onward == (Way("wordpress", FEED + "?paged=3", 3),)


def test_blogger_counts_entries_and_takes_odd_counts_for_the_first():
    for index, following in (("26", "28"), ("many", "3")):
        way = Way("blogger", f"https://b.example/default?start-index={index}", 2)
        found = look(way, reply(b"x"), lambda *_: document(told(1), told(2)))
        assert found.onward == (Way("blogger", f"https://b.example/default?start-index={following}", 3),)


def test_a_page_that_names_itself_as_the_next_leads_nowhere():
    way = Way("page", FEED + "?page=2", 2)
    found = look(way, reply(b"x"), lambda *_: document(told(1), older=FEED + "?page=2"))
    assert found.onward == ()


def test_robots_lead_to_the_news_sitemaps_alone():
    body = (
        b"User-agent: *\nDisallow: /x\nSitemap: https://news.example/sitemap.xml\r\n"
        b"sitemap:/sitemap-news.xml\n# Sitemap: https://no.example/news.xml\nSitemap: ftp://x/news\n"
    )
    assert look(ROBOTS, reply(body, url=ROBOTS.url), no_feed) == Led(
        (Way("sitemap", "https://news.example/sitemap-news.xml"),)
    )


def test_a_single_sitemap_is_looked_into_whatever_it_is_called():
    body = b"Sitemap: https://news.example/map.xml"
    assert look(ROBOTS, reply(body), no_feed) == Led((Way("sitemap", "https://news.example/map.xml"),))
    assert isinstance(look(ROBOTS, reply(b"User-agent: *"), no_feed), DeadEnd)


def test_an_index_leads_to_its_news_sitemaps():
    index = b"""<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
      <sitemap><loc>https://news.example/posts.xml</loc></sitemap>
      <sitemap><lastmod>2026-11-23</lastmod><loc> https://news.example/news-1.xml?a=1&amp;b=2 </loc></sitemap>
      </sitemapindex>"""
    found = look(Way("sitemap", "https://news.example/map.xml"), reply(index), parse_feed)
    assert found == Led((Way("sitemap", "https://news.example/news-1.xml?a=1&b=2"),))


@pytest.mark.parametrize("piece", [b"<sitemap>", b"<loc", b"<loc >", b"<loc>x", b"<x:sitemapindex"])
def test_a_hostile_index_costs_no_time(piece):
    most = min(300_000, MAX_FEED_BYTES // 2 // len(piece))  # half of what the door takes, for slow machines
    answer, way = reply(b"<sitemapindex>" + piece * most), Way("sitemap", "https://news.example/m")
    assert costs_less(1, lambda: spent_on(lambda: look(way, answer, parse_feed)))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Failure("timeout", "no answer"), NotNow),
        (Failure("blocked", "inside"), DeadEnd),
        (Failure("too_large", "1 GB"), DeadEnd),
        (reply(status=503), NotNow),
        (reply(status=429), NotNow),
        (reply(status=404), DeadEnd),
        (reply(status=304), DeadEnd),
        (reply(b"<html>"), DeadEnd),
    ],
)
def test_what_answers_mean_that_hold_no_entries(answer, kind):
    assert isinstance(look(Way("page", FEED, 2), answer, no_feed), kind)


# What belongs into the gap

PAGE, MAP = Way("page", FEED + "?page=2", 2), Way("sitemap", "https://news.example/news.xml")


def names(entries):
    return [entry.keys[0] for entry in entries]


def test_on_a_page_everything_before_the_first_known_entry_was_missed():
    found, reached = missed(PAGE, SINCE, keyed(3, 5, 8, 40), {"key2", "key3"}, ())
    assert (names(found), reached) == (["key0", "key1"], True)


def test_without_dates_the_order_tells():
    found, reached = missed(PAGE, SINCE, keyed(None, None, None), {"key2"}, ())
    assert (names(found), reached) == (["key0", "key1"], True)


def test_what_stands_behind_a_known_entry_is_missed_only_if_its_date_says_so():
    found, _ = missed(PAGE, SINCE, keyed(3, 50, 5, 60, None), {"key1"}, ())
    assert names(found) == ["key0", "key2"]


def test_a_page_of_old_entries_is_behind_the_gap():
    found, reached = missed(PAGE, SINCE, keyed(60 * 30, 60 * 40), set(), ())
    assert (found, reached) == ([], True)


def test_an_entry_whose_date_is_some_hours_off_still_belongs():
    found, reached = missed(PAGE, SINCE, keyed(7 * 60), set(), ())
    assert (names(found), reached) == (["key0"], False)


def test_of_a_sitemap_only_dated_entries_of_the_feeds_own_sections_belong():
    entries = [
        *keyed(3, 5, link="https://www.news.example/sport/{}"),
        NewEntry(told(4, "https://news.example/politics/1"), ("politics",), backlog=False),
        NewEntry(told(None, "https://news.example/sport/9"), ("undated",), backlog=False),
        NewEntry(told(35, "https://news.example/sport/8"), ("old",), backlog=False),
    ]
    found, reached = missed(MAP, SINCE, entries, set(), {section("https://news.example/sport/7")})
    assert (names(found), reached) == (["key0", "key1"], True)


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 100)), max_size=12),
    st.sets(st.integers(0, 11)),
    st.sampled_from([PAGE, MAP]),
)
def test_nothing_known_is_ever_brought_back(ages, known, way):
    entries = keyed(*ages)
    keys = {f"key{n}" for n in known}
    found, reached = missed(way, SINCE, entries, keys, {"news.example/"})
    assert keys.isdisjoint(names(found))
    assert reached or not keys & set(names(entries))


# How it goes on

WAYS = (PAGE, ROBOTS)
SECOND_PAGE = Way("page", FEED + "?page=3", 3)


def test_a_page_that_reaches_the_known_fills_the_gap():
    assert next_step(Filling(WAYS), Came(document()), found=0, reached=True).state == "filled"


def test_a_page_with_news_leads_to_the_next_before_the_other_ways():
    step = next_step(Filling(WAYS), Came(document(), (SECOND_PAGE,)), found=10)
    assert (step.state, step.ways, step.asked) == ("open", (SECOND_PAGE, ROBOTS), 1)


def test_a_page_that_repeats_what_was_seen_is_a_dead_end():
    step = next_step(Filling(WAYS), Came(document(), (SECOND_PAGE,)), found=0)
    assert step.ways == (ROBOTS,)
    assert step.reason == "page 2 brings nothing older"


def test_a_server_in_trouble_is_tried_again_and_then_passed_over():
    step, waits = Filling(WAYS), []
    while step.ways == WAYS:
        step = next_step(step, NotNow("the server answered 503"))
        waits.append(step.wait_s)
    assert waits == [60, 300, 0]
    assert (step.ways, step.tries) == ((ROBOTS,), 0)


def test_a_gap_without_a_way_is_unfillable_with_the_last_reason():
    step = next_step(Filling((ROBOTS,)), DeadEnd("the server answered 404"))
    assert (step.state, step.reason) == ("unfillable", "the server answered 404")
    assert next_step(Filling(()), DeadEnd("there is no way back")).state == "unfillable"


LOOKS = st.sampled_from(
    [Came(document(), (SECOND_PAGE,)), Came(document()), Led((MAP,)), DeadEnd("404"), NotNow("503")]
)


@given(st.lists(st.tuples(LOOKS, st.integers(0, 3), st.booleans()), min_size=40, max_size=40))
def test_every_filling_ends_after_a_few_documents(looks):
    filling, steps = Filling(WAYS), 0
    for looked, found, reached in looks:
        if filling.state != "open":
            break
        filling = next_step(filling, looked, found=found, reached=reached)
        steps += 1
    assert filling.state != "open"
    assert steps <= MOST_DOCUMENTS * MOST_TRIES


@pytest.mark.parametrize(
    ("how", "name", "words"),
    [
        (None, "page 2", "page 2"),
        ("page 2", "page 3", "pages 2 to 3"),
        ("pages 2 to 3", "page 4", "pages 2 to 4"),
        ("page 2", "the archive", "page 2 and the archive"),
        ("page 2 and the archive", "the archive", "page 2 and the archive"),
        ("the news sitemap", "the news sitemap", "the news sitemap"),
    ],
)
def test_where_entries_came_back_from_in_words(how, name, words):
    assert together(how, name) == words


def test_a_section_is_host_and_first_folder():
    assert section("https://www.news.example/sport/2026/a") == "news.example/sport"
    assert section("https://news.example/a-headline") == "news.example/"
    assert section(None) == "/"
    assert replace(PAGE, kind="archive").name == "the archive"
