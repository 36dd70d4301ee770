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
READ_LATELY = {"full_at": (NOW - timedelta(hours=23)).timestamp()}


def parse(body, url, content_type):
    return parse_feed(body, url=url, content_type=content_type)


def reply(status=200, body=RSS, **headers):
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, FEED.url)


def after(outcome, feed=FEED, **counts):
    return next_state(feed, outcome, **{"new": 0, "known": 0, "now": NOW, "jitter": 0.0, **counts}).facts


def test_a_feed_is_asked_with_both_validators_it_gave():
    feed = replace(FEED, etag='W/"x"', last_modified="Mon, 23 Nov 2026 06:00:00 GMT", rhythm=READ_LATELY)
    request = ask(feed, None, {}, NOW)
    assert request.headers["If-None-Match"] == 'W/"x"'
    assert request.headers["If-Modified-Since"] == "Mon, 23 Nov 2026 06:00:00 GMT"
    assert request.url == FEED.url


def test_a_feed_that_gave_no_validator_is_asked_without_any():
    assert set(ask(replace(FEED, rhythm=READ_LATELY), None, {}, NOW).headers) == {"Accept"}


def test_log_in_and_headers_of_the_users_go_out_opened():
    request = ask(replace(FEED, username="pantau"), Secret("géheim:x"), {"X-Api-Key": Secret("k")}, NOW)
    scheme, _, pair = request.headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(pair).decode()) == ("Basic", "pantau:géheim:x")
    assert request.headers["X-Api-Key"] == "k"
    assert "géheim" not in repr(request)


@pytest.mark.parametrize(
    ("moved_to", "told"),
    [
        ("https://a.example/other.xml", True),
        ("https://b.example/rss", False),
        ("https://www.a.example/rss", False),
        ("http://a.example/rss", False),  # out of TLS
    ],
)
def test_a_feed_that_moved_elsewhere_is_not_given_what_was_meant_for_the_first_host(moved_to, told):
    moved = replace(FEED, url=moved_to, username="pantau", etag='"e"', rhythm=READ_LATELY)
    headers = {"X-Api-Key": Secret("k"), "Accept-Language": Secret("id")}
    asked = ask(moved, Secret("geheim"), headers, NOW).headers
    assert ("Authorization" in asked, "X-Api-Key" in asked) == (told, told)
    assert (asked["Accept-Language"], asked["If-None-Match"]) == ("id", '"e"')


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
    failing = after(Failing("down", 500, {"etag": '"3"'}))
    assert not {"etag", "last_modified", "body_hash", "title"} & failing.keys()


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
        "polls": "f",
    }


@pytest.mark.parametrize(
    ("outcome", "counts", "letter"),
    [
        (Unchanged(304, {}), {}, "u"),
        (Failing("dns: unknown"), {}, "e"),
        (Failing("the server answered 429", 429, {}), {"cooling_until": NOW + timedelta(hours=1)}, "c"),
        (Fresh(parse_feed(RSS, url="https://a.example/rss"), b"", 200, {}), {"new": 1}, "n"),
        (Fresh(parse_feed(RSS, url="https://a.example/rss"), b"", 200, {}), {"known": 1}, "u"),
    ],
)
def test_a_feed_remembers_what_came_of_its_last_polls_and_of_no_more(outcome, counts, letter):
    assert after(outcome, **counts)["polls"] == letter
    assert after(outcome, replace(FEED, polls="n" * 30), **counts)["polls"] == "n" * 29 + letter


def test_a_document_without_a_single_known_entry_is_called_a_possible_gap():
    seen = replace(FEED, rhythm=after(judge(FEED, reply(), parse), new=1)["rhythm"], first_poll=False)
    assert after(judge(FEED, reply(), parse), seen, new=5)["next_poll_why"] == "gap_possible"
    assert after(judge(FEED, reply(), parse), seen, new=5, known=1)["next_poll_why"] == "news"


def test_what_parsing_refuses_is_told_in_its_own_words():
    def refuse(*_):
        raise BadInput("the feed took more than 5 s to parse")

    assert judge(FEED, reply(), refuse).reason == "the feed took more than 5 s to parse"


def test_only_what_was_had_lately_is_asked_for_conditionally_and_a_part_is_enough():
    known = replace(FEED, etag='"1"', last_modified="then", rhythm=READ_LATELY)
    assert ask(known, None, {}, NOW).headers["A-IM"] == "feed"
    assert set(ask(known, None, {}, NOW + timedelta(hours=2)).headers) == {"Accept"}
    assert set(ask(replace(known, rhythm={}), None, {}, NOW).headers) == {"Accept"}


@pytest.mark.parametrize("etag", ['"1"', 'W/"1"', "no-quotes", '"with "quotes""', "W/weak", '"ünïcode"', "*"])
def test_a_validator_goes_back_as_it_came(etag):
    facts = after(judge(FEED, reply(etag=etag), parse))
    assert facts["etag"] == etag
    assert ask(replace(FEED, etag=etag, rhythm=READ_LATELY), None, {}, NOW).headers["If-None-Match"] == etag


@pytest.mark.parametrize("etag", ['"\udce9"', '"\x7f"', '"' + "x" * 1001 + '"', ""])
def test_a_validator_that_cannot_be_sent_or_stored_is_none(etag):
    assert after(judge(FEED, reply(etag=etag), parse))["etag"] is None


def test_a_304_may_bring_new_validators_and_need_not_repeat_the_old():
    known = replace(FEED, etag='"1"', last_modified="then", body_hash=b"hash")
    assert after(Unchanged(304, {"etag": '"2"'}), known)["etag"] == '"2"'
    repeated = after(Unchanged(304, {}), known)
    assert (repeated["etag"], repeated["last_modified"]) == ('"1"', "then")
    assert "body_hash" not in repeated


def test_a_part_of_a_feed_says_nothing_about_what_is_absent():
    seen = replace(FEED, rhythm=after(judge(FEED, reply(), parse), new=1)["rhythm"], first_poll=False)
    outcome = judge(seen, reply(226, etag='"2"', im="feed"), parse)
    left = next_state(seen, outcome, new=1, known=0, now=NOW, jitter=0.0)
    assert left.missed_most == 0
    assert left.facts["etag"] == '"2"'
    assert not {"body_hash", "title"} & left.facts.keys()


def moved(feed, to, now, known=1, **facts):
    outcome = replace(judge(FEED, reply(), parse), moved_to=to)
    return next_state(feed, outcome, new=0, known=known, now=now, jitter=0.0, **facts)


def test_a_feed_that_moved_for_good_is_polled_there_and_says_so():
    feed, there, left = FEED, "https://b.example/rss", None
    for day in range(3):
        left = moved(feed, there, NOW + timedelta(days=day))
        assert (left.moved_to == there) is (day == 2)
        feed = replace(feed, rhythm=left.facts["rhythm"])
    assert (left.facts["found_url"], left.facts["notice"]) == (there, f"moved to {there}")
    at_home = moved(replace(feed, url=there), None, NOW + timedelta(days=3))
    assert at_home.facts["rhythm"]["move"] is None


@pytest.mark.parametrize(
    ("facts", "notice"),
    [
        ({"known": 0}, None),
        (
            {"watched": ["https://b.example/rss"]},
            "it has moved to https://b.example/rss, which is watched already",
        ),
    ],
    ids=["another feed", "watched already"],
)
def test_a_move_is_not_followed_to_another_feed_nor_to_one_that_is_watched(facts, notice):
    feed, left = FEED, None
    for day in range(5):
        left = moved(feed, "https://b.example/rss", NOW + timedelta(days=day), **facts)
        feed = replace(feed, rhythm=left.facts["rhythm"])
    assert "found_url" not in left.facts
    assert left.facts.get("notice", "").startswith(notice or "")
    assert bool(left.facts.get("notice")) is bool(notice)


def test_a_feed_that_moved_and_fails_there_for_hours_is_asked_at_its_own_address_again():
    there = "https://b.example/rss"
    feed, failed = replace(FEED, url=there, rhythm={"moved": True}), None
    for _ in range(9):
        assert failed is None or "found_url" not in failed
        failed = after(Failing("the server answered 404", 404, {}), feed)
        feed = replace(feed, rhythm=failed["rhythm"])
    assert failed["found_url"] is None
    assert there in failed["notice"]
    assert not failed["rhythm"]["moved"]


def test_a_feed_that_never_moved_stays_where_it_is_however_long_it_fails():
    feed = replace(FEED, url="https://a.example/found.xml")
    for _ in range(20):
        failed = after(Failing("down"), feed)
        feed = replace(feed, rhythm=failed["rhythm"])
        assert "found_url" not in failed


def test_a_failure_in_between_does_not_make_a_move_forgotten():
    once = moved(FEED, "https://b.example/rss", NOW)
    failed = after(Failing("down"), replace(FEED, rhythm=once.facts["rhythm"]))
    assert failed["rhythm"]["move"] == once.facts["rhythm"]["move"]


def test_a_feed_whose_site_cools_waits_with_it_and_says_so():
    refused = Failing("the server answered 403", 403, {})
    feed = replace(FEED, rhythm={"read_at": (NOW - timedelta(hours=5)).timestamp()})
    facts = after(refused, feed, cooling_until=NOW + timedelta(minutes=5))
    assert (facts["state"], facts["next_poll_why"], facts["failures"]) == ("ok", "host_cooling", 0)
    assert facts["last_error"].endswith("left alone, until 07:05 UTC")


@pytest.mark.parametrize(
    "rhythm", [{}, {"read_at": (NOW - timedelta(hours=7)).timestamp()}], ids=["never", "long"]
)
def test_a_feed_that_was_not_read_for_hours_is_failing_even_if_its_site_only_cools(rhythm):
    refused = Failing("the server answered 429", 429, {"retry-after": "900"})
    facts = after(refused, replace(FEED, rhythm=rhythm), cooling_until=NOW + timedelta(minutes=15))
    assert (facts["state"], facts["next_poll_why"]) == ("failing", "host_cooling")


def test_the_hours_a_feed_skips_are_remembered_from_its_document():
    skips = RSS.replace(
        b"<item>",
        b"<skipHours><hour>7</hour><hour>24</hour></skipHours><skipDays><day>Sunday</day></skipDays><item>",
        1,
    )
    facts = after(judge(FEED, reply(body=skips), parse))
    assert (facts["rhythm"]["skip_hours"], facts["rhythm"]["skip_days"]) == ((0, 7), (6,))
    assert facts["next_poll_why"] == "skipped_hours"
