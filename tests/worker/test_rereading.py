"""When a page is tried again, and what a later reading adds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.model import Finding, Match, TopicId
from worker.reading import Forbidden
from worker.rereading import LONGEST_WAIT, added, next_try, waits_after
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
