"""What a feed's answer means, which entries are new, what is remembered."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from worker.errors import BadInput
from worker.feeds.parse import parse_feed
from worker.model import DueFeed, FeedId
from worker.polling import Failing, Found, Fresh, Site, Unchanged, ask, judge, next_state
from worker.secrets import Secret
from worker.wire import Failure, Reply

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ADDED = NOW - timedelta(hours=1)
RSS = b"<rss version='2.0'><channel><title>Harian</title><item><title>A</title><link>https://a.example/1</link></item></channel></rss>"
SITE = b"<html><head><link rel=alternate type='application/rss+xml' href='/feed.xml'></head><body>Hi</body></html>"
FEED = DueFeed(
    id=FeedId(1),
    token=1,
    asked_url="https://a.example/rss",
    url="https://a.example/rss",
    name="Harian",
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
    first_poll=True,
    created_at=ADDED,
)


def parse(body, url, content_type):
    return parse_feed(body, url=url, content_type=content_type)


def reply(status=200, body=RSS, **headers):
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, FEED.url)


def after(outcome, feed=FEED, **counts):
    return next_state(feed, outcome, **{"new": 0, "known": 0, "now": NOW, "jitter": 0.0, **counts})


def test_a_feed_is_asked_with_both_validators_it_gave():
    request = ask(replace(FEED, etag='W/"x"', last_modified="Mon, 23 Nov 2026 06:00:00 GMT"), None, {})
    assert request.headers["If-None-Match"] == 'W/"x"'
    assert request.headers["If-Modified-Since"] == "Mon, 23 Nov 2026 06:00:00 GMT"
    assert request.url == FEED.url


def test_a_feed_that_gave_no_validator_is_asked_without_any():
    assert set(ask(FEED, None, {}).headers) == {"Accept"}


def test_log_in_and_headers_of_the_users_go_out_opened():
    request = ask(replace(FEED, username="pantau"), Secret("géheim:x"), {"X-Api-Key": Secret("k")})
    scheme, _, pair = request.headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(pair).decode()) == ("Basic", "pantau:géheim:x")
    assert request.headers["X-Api-Key"] == "k"
    assert "géheim" not in repr(request)


FAILURES = {
    "no address": (Failure("dns", "no such host"), "dns: no such host", None),
    "server error": (reply(503, b"", retry_after="60"), "the server answered 503", 503),
    "gone": (reply(410, b""), "the server answered 410", 410),
    "a redirect nobody follows": (reply(302, RSS), "the server answered 302", 302),
    "not a feed": (reply(body=b"Hello"), None, 200),
    "nothing": (reply(body=b""), None, 200),
}


@pytest.mark.parametrize(("answer", "reason", "status"), FAILURES.values(), ids=FAILURES.keys())
def test_what_is_no_document_is_a_failure_in_words(answer, reason, status):
    outcome = judge(FEED, answer, parse)
    assert isinstance(outcome, Failing)
    assert outcome.status == status
    assert outcome.reason == reason or (reason is None and len(outcome.reason) > 10)


def test_a_304_and_the_same_bytes_are_both_nothing_new():
    fresh = judge(FEED, reply(), parse)
    assert isinstance(fresh, Fresh)
    known = replace(FEED, body_hash=fresh.body_hash)
    assert isinstance(judge(known, reply(304, b""), parse), Unchanged)
    assert isinstance(judge(known, reply(), parse), Unchanged)
    assert isinstance(judge(known, reply(body=RSS.replace(b"A<", b"B<")), parse), Fresh)


def test_a_sites_page_leads_to_its_feed_at_the_first_poll_only():
    site = judge(FEED, reply(body=SITE), parse)
    assert isinstance(site, Site)
    assert (site.page, site.url) == (SITE, FEED.url)
    assert isinstance(judge(replace(FEED, first_poll=False), reply(body=SITE), parse), Failing)


def test_a_discovered_address_that_is_no_feed_either_is_not_followed_further():
    found = replace(FEED, url="https://a.example/feed.xml", asked_url="https://a.example/")
    page = SITE.replace(b"/feed.xml", b"/other.xml")
    assert isinstance(judge(found, reply(body=page), parse), Failing)


def test_validators_are_remembered_from_a_stored_document_only():
    document = judge(FEED, reply(etag='"2"', last_modified="then"), parse)
    facts = after(document, new=1)
    assert (facts["etag"], facts["last_modified"], facts["title"]) == ('"2"', "then", "Harian")
    assert facts["body_hash"] == document.body_hash
    for outcome in (Unchanged(304, {"etag": '"3"'}), Failing("down", 500, {"etag": '"3"'})):
        assert not {"etag", "last_modified", "body_hash", "title"} & after(outcome).keys()


def test_a_validator_that_is_no_longer_sent_is_forgotten():
    facts = after(judge(replace(FEED, etag='"1"'), reply(), parse))
    assert (facts["etag"], facts["last_modified"]) == (None, None)


STATES = {
    "fresh": (judge(FEED, reply(), parse), {"state": "ok", "last_error": None, "failures": 0}),
    "unchanged": (Unchanged(304, {}), {"state": "ok", "last_status": 304, "last_error": None}),
    "failing": (
        Failing("dns: no"),
        {"state": "failing", "last_status": None, "last_error": "dns: no", "failures": 1},
    ),
    "asked to wait": (
        Failing("429", 429, {"retry-after": "900"}),
        {"state": "failing", "next_poll_why": "retry_after"},
    ),
}


@pytest.mark.parametrize(("outcome", "facts"), STATES.values(), ids=STATES.keys())
def test_every_outcome_leaves_a_state_and_a_next_poll(outcome, facts):
    state = after(outcome, new=1)
    assert facts.items() <= state.items()
    assert state["next_poll_at"] > NOW
    assert ("last_ok_at" in state) is (facts["state"] == "ok")


def test_a_feed_that_says_twice_that_it_is_gone_is_polled_no_more():
    gone = Failing("the server answered 410", 410, {})
    once = after(gone)
    assert once["state"] == "failing"
    twice = after(gone, replace(FEED, rhythm=once["rhythm"]))
    assert twice["state"] == "gone"
    assert "next_poll_at" not in twice


def test_a_found_feed_is_polled_at_once_as_if_for_the_first_time():
    assert after(Found("https://a.example/feed.xml")) == {
        "found_url": "https://a.example/feed.xml",
        "next_poll_at": NOW,
        "next_poll_why": "feed_found",
        "last_polled_at": NOW,
    }


def test_a_document_without_a_single_known_entry_is_called_a_possible_gap():
    seen = replace(FEED, rhythm=after(judge(FEED, reply(), parse), new=1)["rhythm"], first_poll=False)
    assert after(judge(FEED, reply(), parse), seen, new=5)["next_poll_why"] == "gap_possible"
    assert after(judge(FEED, reply(), parse), seen, new=5, known=1)["next_poll_why"] == "news"


def test_what_parsing_refuses_is_told_in_its_own_words():
    def refuse(*_):
        raise BadInput("the feed took more than 5 s to parse")

    assert judge(FEED, reply(), refuse).reason == "the feed took more than 5 s to parse"
