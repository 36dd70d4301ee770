"""WebSub's decisions: whom to ask, what hubs' answers mean, and when polls may be few."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.feeds.callback import Confirm, NotOurs, judge_call, pushed
from worker.feeds.parse import parse_feed
from worker.feeds.websub import (
    Offer,
    Subscription,
    after_asking,
    callback_base,
    links,
    offer_of,
    request_for,
)
from worker.model import DueFeed, FeedDocument, FeedId, Trail
from worker.secrets import Secret
from worker.wire import Failure, Reply

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
FEED = "https://news.example/feed"
DUE = DueFeed(
    id=FeedId(1),
    token=1,
    asked_url=FEED,
    url=FEED,
    name=None,
    tags=(),
    language=None,
    every_s=None,
    etag=None,
    last_modified=None,
    body_hash=None,
    rhythm={},
    failures=0,
    username=None,
    password=None,
    headers={},
    first_poll=False,
    created_at=NOW,
)


def document(**trail):
    return FeedDocument("rss20", trail=Trail(**trail))


@pytest.mark.parametrize(
    ("url", "allow", "usable"),
    [
        ("https://pantau.example", (), True),
        ("http://pantau.example", (), False),
        ("http://10.1.2.3:8484", ("10.0.0.0/8",), True),
        ("http://10.1.2.3:8484", (), False),
        ("http://93.184.216.34", ("10.0.0.0/8",), False),
        ("http://[::1]:8484", ("::1/128",), True),
        ("ftp://pantau.example", (), False),
        (None, (), False),
    ],
)
def test_hubs_may_call_over_https_or_inside_networks_that_were_opened(url, allow, usable):
    found = callback_base(url, tuple(map(ip_network, allow)))
    assert found == (url if usable else None)


HUB, SELF = "https://hub.example/", "https://news.example/feed.xml"


@pytest.mark.parametrize(
    ("trail", "link", "offer"),
    [
        ({}, "", None),
        ({"own": SELF}, "", None),
        ({"hubs": (HUB,), "own": SELF}, "", Offer(HUB, SELF)),
        ({"hubs": (HUB,)}, "", Offer(HUB, FEED)),
        ({"hubs": ("http://a.example/", HUB), "own": SELF}, "", Offer(HUB, SELF)),
        ({}, f'<{HUB}>; rel="hub", </feed.xml>; rel=self', Offer(HUB, SELF)),
        (
            {"hubs": ("https://old.example/",), "own": FEED},
            f"<{HUB}>;rel=hub,<{SELF}>;rel=self",
            Offer(HUB, SELF),
        ),
        ({}, f'<{HUB}>; title="a, b"; rel="preload HUB"', Offer(HUB, FEED)),
        ({}, '<javascript:alert(1)>; rel=hub, <https://u:p@x.example/>; rel="hub"', None),
    ],
)
def test_what_a_feed_offers(trail, link, offer):
    assert offer_of(document(**trail), {"link": link} if link else {}, FEED) == offer


@given(st.text(max_size=300))
def test_any_link_header_is_read_without_trouble(header):
    for addresses in links(header, FEED).values():
        assert all(address.startswith("http") for address in addresses)


@pytest.mark.parametrize(
    "body",
    [
        """<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>x</title>
           <atom:link rel="hub" href="https://hub.example/"/><atom:link rel="self" href="/feed.xml"/>
           <link>https://news.example/</link><item><title>q</title></item></channel></rss>""",
        """<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><link rel="hub" href="https://hub.example/"/>
           <link rel="self" href="https://news.example/feed.xml"/><entry><title>q</title><id>a</id></entry></feed>""",
        """{"version": "https://jsonfeed.org/version/1.1", "title": "x", "feed_url": "/feed.xml",
            "hubs": [{"type": "rssCloud", "url": "https://no.example"}, {"type": "WebSub", "url": "https://hub.example/"}],
            "items": [{"id": "1"}]}""",
    ],
    ids=["rss", "atom", "json"],
)
def test_every_format_tells_its_hub(body):
    assert offer_of(parse_feed(body.encode(), url=FEED), {}, FEED) == Offer(HUB, SELF)


def test_where_older_entries_are_is_read_too():
    body = """<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><generator>Blogger</generator>
      <link rel="next" href="?start-index=26"/><link rel="prev-archive" href="https://news.example/2026/10"/>
      <entry><title>q</title><id>a</id></entry></feed>"""
    trail = parse_feed(body.encode(), url=FEED).trail
    assert (trail.older, trail.archive) == (FEED + "?start-index=26", "https://news.example/2026/10")
    assert trail.generator == "Blogger"


@pytest.mark.parametrize(
    ("hub", "base", "told"),
    [
        (HUB, "https://pantau.example", True),
        ("http://hub.example/", "https://pantau.example", False),
        ("http://10.0.0.1/", "http://10.0.0.2", True),
    ],
)
def test_the_secret_is_told_where_nobody_listens(hub, base, told):
    form = parse_qs(
        request_for("subscribe", Subscription(hub, SELF, "wanted"), base, Secret("hush")).body.decode()
    )
    assert form.get("hub.secret") == (["hush"] if told else None)
    leaving = request_for("unsubscribe", Subscription(hub, SELF, "leaving"), base, Secret("hush"))
    assert b"hush" not in leaving.body


@given(st.sampled_from([100, 301, 400, 404, 410, 429, 500, 503]), st.integers(0, 50))
def test_a_hub_in_trouble_is_asked_ever_more_seldom_but_for_ever(status, tries):
    asked = Subscription(HUB, SELF, "wanted", asked_at=NOW, tries=tries)
    facts = after_asking(asked, Reply(status, {}, b"", HUB), NOW)
    more = after_asking(replace(asked, tries=tries + 1), Reply(status, {}, b"", HUB), NOW)
    assert NOW < facts["due_at"] <= more["due_at"] <= NOW + timedelta(days=14)
    assert facts["asked_at"] is None


def test_a_hub_may_name_the_time():
    answer = Reply(503, {"retry-after": "7200"}, b"", HUB)
    facts = after_asking(Subscription(HUB, SELF, "wanted"), answer, NOW)
    assert facts["due_at"] == NOW + timedelta(hours=2)
    failed = after_asking(Subscription(HUB, SELF, "wanted"), Failure("blocked", "inside"), NOW)
    assert (failed["state"], failed["reason"]) == ("wanted", "blocked: inside")


LIVE = Subscription(HUB, SELF, "live", live_until=NOW + timedelta(days=1))
ASKED = Subscription(HUB, SELF, "asked", asked_at=NOW)


@given(
    st.sampled_from([LIVE, ASKED, replace(LIVE, state="leaving"), None]),
    st.dictionaries(
        st.sampled_from(["hub.mode", "hub.topic", "hub.challenge", "hub.lease_seconds", "hub.reason"]),
        st.sampled_from(["subscribe", "unsubscribe", "denied", SELF, "x", "", "-1", "9" * 30, "٣"]),
    ),
)
def test_nothing_is_confirmed_but_the_topic_that_was_asked_for(subscription, asked):
    answer = judge_call(subscription, asked, NOW)
    if subscription is None or asked.get("hub.topic") != SELF:
        assert isinstance(answer, NotOurs)
    if isinstance(answer, Confirm):
        assert answer.challenge == asked["hub.challenge"] != ""
        assert (answer.facts is None) == (asked["hub.mode"] == "unsubscribe")
        until = (answer.facts or {}).get("live_until", NOW)
        assert NOW <= until <= NOW + timedelta(days=30)


AT = NOW + timedelta(minutes=2)
FACTS = {"state": "ok", "next_poll_at": AT, "next_poll_why": "news"}
TRUSTED = replace(DUE, pushed_until=NOW + timedelta(hours=5), pinged_at=NOW - timedelta(minutes=5))


def next_poll(feed, new=0, **facts):
    changed = pushed(feed, {**FACTS, **facts}, new=new, now=NOW, jitter=0.0)
    return changed.get("next_poll_why"), changed.get("next_poll_at")


def test_a_feed_without_a_trusted_hub_is_polled_as_ever():
    assert pushed(DUE, FACTS, new=1, now=NOW, jitter=0.0) == {}
    assert next_poll(replace(TRUSTED, pushed_until=NOW)) == (None, None)


def test_a_feed_whose_hub_is_trusted_is_polled_seldom_and_never_sooner_than_decided():
    assert next_poll(TRUSTED) == ("pushed", NOW + timedelta(minutes=30))
    later = NOW + timedelta(hours=1)
    assert next_poll(TRUSTED, next_poll_at=later) == ("pushed", later)


@pytest.mark.parametrize(
    ("feed", "facts"),
    [
        (replace(TRUSTED, every_s=60.0), {}),
        (TRUSTED, {"next_poll_why": "gap_possible"}),
        (TRUSTED, {"state": "failing"}),
        (TRUSTED, {"next_poll_at": None}),
    ],
)
def test_the_users_interval_gaps_and_failures_go_before_the_hub(feed, facts):
    assert next_poll(feed, **facts) == (None, None)


def test_a_ping_that_brought_nothing_is_looked_after_for_three_minutes():
    just = replace(DUE, pinged_at=NOW - timedelta(seconds=5))
    assert next_poll(just) == ("pinged", NOW + timedelta(seconds=30))
    assert next_poll(just, next_poll_at=NOW + timedelta(seconds=5))[1] == NOW + timedelta(seconds=5)
    assert next_poll(just, new=2) == (None, None)
    assert next_poll(replace(just, pinged_at=NOW - timedelta(minutes=4))) == (None, None)


def test_news_that_nobody_told_of_costs_the_hub_our_trust():
    assert pushed(
        replace(TRUSTED, pinged_at=NOW - timedelta(hours=1)), FACTS, new=1, now=NOW, jitter=0.0
    ) == {"pushed_until": None}
