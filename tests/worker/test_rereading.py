"""When a page is tried again, and what a later reading adds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.model import Article, ArticleId, EarlierReading, Finding, Match, ReadArticle, TopicId
from worker.rereading import (
    LONGEST_WAIT,
    added,
    edit_due,
    next_try,
    says_more,
    text_hash,
    waits_after,
)
from worker.robots import Forbidden
from worker.wire import Failure, FailureReason, Reply

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
HTML = {"content-type": "text/html"}


def reply(status=200, **headers):
    return Reply(
        status,
        HTML | {name.replace("_", "-"): value for name, value in headers.items()},
        b"",
        "https://x.example/",
    )


MINUTES = {
    "it did not answer in time": (Failure("timeout", ""), [1, 5, 30, 120]),
    "its name is not known": (Failure("dns", ""), [1, 5, 30, 120]),
    "the connection broke": (Failure("reset", ""), [1, 5, 30, 120]),
    "it asks us to slow down": (reply(429), [1, 5, 30, 120]),
    "it is overloaded": (reply(503), [1, 5, 30, 120]),
    "its gateway fails": (reply(502), [1, 5, 30, 120]),
    "nobody knows yet what it asks": (Forbidden("robots.txt cannot be had", for_now=True), [1, 5, 30, 120]),
    "the page is not there yet": (reply(404), [5, 30]),
    "it refuses us": (reply(403), [30, 120]),
    "its certificate is odd": (Failure("tls", ""), [30, 120]),
    "there is a wall, or nothing": (reply(200), [30, 120]),
    "the page is gone for good": (reply(410), []),
    "it wants a log-in": (reply(401), []),
    "it is kept from us by law": (reply(451), []),
    "it is a picture": (reply(content_type="image/png"), []),
    "its address may not be reached": (Failure("blocked", ""), []),
    "it is too large": (Failure("too_large", ""), []),
    "robots.txt says no": (Forbidden("Disallow: /"), []),
    "there is no link": (None, []),
}


@pytest.mark.parametrize(("answer", "minutes"), MINUTES.values(), ids=MINUTES.keys())
def test_how_often_and_how_late_a_page_is_tried_again(answer, minutes):
    dues = [next_try(answer, tries, NOW) for tries in range(len(minutes) + 2)]
    assert dues == [NOW + timedelta(minutes=each) for each in minutes] + [None, None]


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("600", timedelta(minutes=10)),
        ("5", timedelta(minutes=1)),
        ("Mon, 23 Nov 2026 08:00:00 GMT", timedelta(hours=1)),
        ("86400", LONGEST_WAIT),
        ("never", timedelta(minutes=1)),
    ],
)
def test_what_the_server_asks_for_counts_where_it_is_later(asked, due):
    assert next_try(reply(503, retry_after=asked), 0, NOW) == NOW + due


ANSWERS = st.one_of(
    st.none(),
    st.builds(Forbidden, st.text(), st.booleans()),
    st.builds(Failure, st.sampled_from(get_args(FailureReason)), st.just("")),
    st.builds(
        lambda status, after: reply(status, retry_after=after), st.integers(100, 599), st.text(max_size=20)
    ),
)


@given(ANSWERS, st.integers(0, 9))
def test_no_page_is_tried_for_ever_nor_at_once(answer, tries):
    due = next_try(answer, tries, NOW)
    assert len(waits_after(answer)) <= 4
    assert due is None or NOW + timedelta(minutes=1) <= due <= NOW + LONGEST_WAIT


def test_only_what_the_new_text_adds_is_news():
    found = [Finding(Match(TopicId(n)), "body", "", ()) for n in (1, 2, 3)]
    assert added(found, {TopicId(1), TopicId(4)}) == {2, 3}


def told(title="Gempa", summary="Gempa di laut.", content=""):
    return {"title": title, "summary": summary, "content": content}


EDITS = {
    "another title": (told("Gempa dan tsunami"), True),
    "another summary": (told(summary="Gempa di darat."), True),
    "content that was not there": (told(content="Gempa."), True),
    "words that changed places": (told("Gempa di laut.", "Gempa"), True),
    "a number": (told(summary="12 Gempa di laut, 3!"), False),
    "blanks and case": (told("GEMPA", "gempa  di\nlaut"), False),
}


@pytest.mark.parametrize(("now", "edited"), EDITS.values(), ids=EDITS.keys())
def test_an_edit_changes_letters(now, edited):
    assert (text_hash(**now) != text_hash(**told())) is edited


def test_a_live_ticker_is_read_again_more_and_more_seldom_and_then_no_more():
    edited_at, read = None, []
    for edits in range(8):
        edited_at = edit_due(edits, edited_at, max(NOW, edited_at or NOW))
        read.append((edited_at - NOW) / timedelta(minutes=1))
    assert read == [0, 5, 15, 35, 75, 155, 315, 635]
    assert edit_due(8, edited_at, NOW + timedelta(days=1)) is None
    assert edit_due(1, NOW, NOW + timedelta(hours=3)) == NOW + timedelta(hours=3)


def stored(body="NATO met.", summary_only=False, title="Title"):
    return EarlierReading(ArticleId(1), Article(title, body), summary_only, None)


def reading(body="NATO met.", summary_only=False):
    return ReadArticle(Article("Title", body), "", (), None, "fast", summary_only, None)


@pytest.mark.parametrize(
    ("read", "earlier", "says"),
    [
        (reading("The page."), stored("Summary.", summary_only=True), True),
        (reading("Summary."), stored("Summary.", summary_only=True), True),
        (reading("New summary.", summary_only=True), stored("Summary.", summary_only=True), True),
        (reading("Summary.", summary_only=True), stored("Summary.", summary_only=True), False),
        (reading("Summary.", summary_only=True), stored("The page."), False),
        (reading("The page."), stored("The page."), False),
        (reading("The page."), stored("The page.", title="Old title"), True),
    ],
)
def test_what_a_reading_must_say_to_replace_the_one_before(read, earlier, says):
    assert says_more(read, earlier) is says
