from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.newsroom.conditional import Document, accepts_gzip, respond

CHANGED = datetime(2026, 11, 23, 6, 0, 0, 400_000, tzinfo=UTC)
LATER = CHANGED + timedelta(minutes=1)
PAGE = Document(b"<p>hello</p>", "text/html", CHANGED)
ETAG = respond(PAGE, {}, LATER).headers["ETag"]
STAMP = "Mon, 23 Nov 2026 06:00:00 GMT"


def test_a_first_request_gets_the_whole_document_with_its_validators() -> None:
    answer = respond(PAGE, {}, LATER)
    assert (answer.status, answer.body) == (200, PAGE.body)
    assert answer.headers["Last-Modified"] == STAMP
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"If-None-Match": ETAG}, 304),
        ({"If-None-Match": ETAG.removeprefix("W/")}, 304),
        ({"If-None-Match": f'"other", {ETAG}'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-None-Match": '"other"', "If-Modified-Since": STAMP}, 200),
        ({"If-Modified-Since": STAMP}, 304),
        ({"If-Modified-Since": "Mon, 23 Nov 2026 06:00:01 GMT"}, 304),
        ({"If-Modified-Since": "Mon, 23 Nov 2026 05:59:59 GMT"}, 200),
        ({"If-Modified-Since": "the day before yesterday"}, 200),
        ({"If-Modified-Since": "Mon, 23 Nov 2026 06:00:00 -0000"}, 304),
    ],
)
def test_a_condition_is_judged_as_the_rfc_says(asked: dict[str, str], status: int) -> None:
    answer = respond(PAGE, asked, LATER)
    assert answer.status == status
    assert (answer.body == b"") == (status == 304)


def test_a_changed_body_has_another_tag() -> None:
    other = Document(b"<p>bye</p>", "text/html", CHANGED)
    assert respond(other, {"If-None-Match": ETAG}, LATER).status == 200


def test_within_its_own_second_a_document_gives_no_date_because_it_may_still_change() -> None:
    answer = respond(PAGE, {"If-Modified-Since": STAMP}, CHANGED + timedelta(milliseconds=300))
    assert answer.status == 200
    assert "Last-Modified" not in answer.headers
    assert "ETag" in answer.headers


def test_gzip_is_used_when_it_is_accepted_and_gives_the_same_tag() -> None:
    answer = respond(PAGE, {"Accept-Encoding": "br, gzip"}, LATER)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.body) == PAGE.body
    assert answer.headers["ETag"] == ETAG


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("GZIP;q=0.5", True),
        ("br;q=1.0, x-gzip", True),
        ("gzip;q=1", True),
        ("gzip; q=0.001", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("br", False),
        ("", False),
        ("identity;q=1, *;q=0", False),
        ("notgzip", False),
    ],
)
def test_gzip_is_accepted_by_name_and_with_a_weight(header: str, accepted: bool) -> None:
    assert accepts_gzip(header) is accepted


@given(st.binary(max_size=200), st.text(max_size=40), st.text(max_size=40))
def test_no_header_of_a_client_can_upset_the_answer(body: bytes, tag: str, date: str) -> None:
    asked = {"If-None-Match": tag, "If-Modified-Since": date, "Accept-Encoding": tag}
    assert respond(Document(body, "text/plain", CHANGED), asked, LATER).status in (200, 304)
