"""What is said of feeds that answer and still need a look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ops.remarks import gap_in_words, notes, remarks, silence_in_words

NOW = datetime(2026, 11, 23, 10, 40, tzinfo=UTC)
BETWEEN = {"since": NOW.replace(minute=2), "until": NOW.replace(minute=31)}
GAP = {**BETWEEN, "at_most": 12, "state": "unfillable", "recovered": 0, "how": None, "reason": None}
PART = {"recovered": 9, "how": "page 2"}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "up to 12 entries may have been missed between 10:02 and 10:31 UTC; none recovered"),
        (
            {"reason": "the server answered 404"},
            "up to 12 entries may have been missed between 10:02 and 10:31 UTC; "
            "none recovered (the server answered 404)",
        ),
        (PART, "up to 12 entries may have been missed between 10:02 and 10:31 UTC; 9 recovered from page 2"),
        (
            {"state": "open", "at_most": 1},
            "1 entry may have been missed between 10:02 and 10:31 UTC; Pantau is looking for them",
        ),
        (
            {"state": "open", **PART},
            "up to 12 entries may have been missed between 10:02 and 10:31 UTC; 9 recovered from page 2; "
            "Pantau is looking for them",
        ),
        (
            {"state": "filled", **PART},
            "9 entries slipped through between 10:02 and 10:31 UTC, all recovered from page 2",
        ),
        (
            {"since": NOW - timedelta(days=1)},
            "up to 12 entries may have been missed between 22 Nov 10:40 and 10:31 UTC; none recovered",
        ),
    ],
)
def test_a_gap_is_told_with_its_times_and_what_came_back(facts, words):
    assert gap_in_words({**GAP, **facts}, NOW) == words


def test_what_a_server_says_does_no_harm():
    assert "\x1b" not in gap_in_words({**GAP, "reason": "\x1b[31m<b>" + "x" * 5000}, NOW)
    assert len(gap_in_words({**GAP, "reason": "x" * 5000}, NOW)) < 300


SILENCE = {"since": NOW - timedelta(hours=3), "missing": 14, "told_at": NOW}


def test_silence_is_told_with_what_would_be_usual():
    feed = {"silence": SILENCE, "last_status": 200}
    words = "normally 14 entries by now, none since 07:40 UTC although it answers (HTTP 200)"
    assert silence_in_words(feed, NOW) == words
    assert remarks({**feed, "gap": GAP}, NOW)[0] == words


def test_what_came_back_and_a_hub_that_tells_are_no_troubles():
    hub = {"live_until": NOW + timedelta(days=3)}
    feed = {"gap": {**GAP, "state": "filled", **PART}, "websub": hub}
    assert remarks(feed, NOW) == []
    assert notes(feed, NOW)[1] == "its hub tells of news"
    assert notes({**feed, "gap": GAP, "websub": {"live_until": NOW}}, NOW) == []


def test_nothing_is_said_where_there_is_nothing():
    assert remarks({"silence": None, "gap": None}, NOW) == []
