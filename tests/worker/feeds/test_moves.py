"""A feed that moved for good is followed, but not at the first word."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.feeds.moves import Move, believed, recall_move, sighted

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
THERE, ELSEWHERE = "https://new.example/rss", "https://other.example/rss"


def after(*answers, hours_apart=13):
    move, now = None, NOW
    for to in answers:
        move, now = sighted(move, to, now), now + timedelta(hours=hours_apart)
    return move, now - timedelta(hours=hours_apart)


@pytest.mark.parametrize(
    ("answers", "hours_apart", "address"),
    [
        ([THERE] * 3, 13, THERE),
        ([THERE] * 2, 30, None),
        ([THERE] * 50, 0.1, None),  # often, but within hours
        ([THERE, THERE, None, THERE], 13, None),  # it was back in between
        ([THERE, THERE, ELSEWHERE], 13, None),
        ([ELSEWHERE, THERE, THERE, THERE], 13, THERE),
    ],
)
def test_three_sightings_in_a_row_over_a_day_are_believed(answers, hours_apart, address):
    move, now = after(*answers, hours_apart=hours_apart)
    assert believed(move, now, same_feed=True) == address


def test_another_feed_at_the_new_address_is_not():
    assert believed(*after(*[THERE] * 9), same_feed=False) is None


def test_what_was_seen_survives_its_json_column_and_nonsense_in_it():
    move, _ = after(THERE, THERE)
    assert recall_move(json.loads(json.dumps(asdict(move)))) == move
    for nonsense in (
        {},
        {"to": 1, "times": 1, "since": 1},
        {"to": THERE, "times": "x", "since": 0},
        {"to": THERE},
    ):
        assert recall_move(nonsense) is None


@given(st.lists(st.sampled_from([None, THERE, ELSEWHERE]), max_size=12))
def test_what_is_believed_was_said_in_the_last_three_answers(answers):
    move, now = after(*answers)
    address = believed(move, now, same_feed=True)
    assert (address is not None) == (
        len(answers) >= 3 and answers[-1] is not None and len(set(answers[-3:])) == 1
    )
    assert address in (None, *answers[-1:])
    assert isinstance(move, Move | None)
