"""Which feeds answer and still need a look, counted and one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import worker.store.schema as world
from ops.store import overview as store

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)


@pytest.fixture
def look(database):
    def at_it():
        with database.connect() as connection:
            return store.overview(connection), store.feed_list(connection)

    return at_it


@pytest.fixture
def gap(rows):
    def make(feed, **facts):
        usual = {"since": NOW - timedelta(minutes=40), "until": NOW - timedelta(minutes=10), "at_most": 12}
        rows.add(world.gaps, **{**usual, "feed_id": feed, "state": "unfillable", **facts})

    return make


@pytest.fixture
def silent(rows):
    def make(feed, missing=14):
        rows.change(
            "INSERT INTO habits (feed_id, began_at, look_at, silent_since, missing, told_at) "
            "VALUES (:feed, now(), now(), now() - interval '3 h', :missing, now())",
            feed=feed,
            missing=missing,
        )

    return make


def test_feeds_that_need_no_look_are_not_remarked_upon(look, rows):
    rows.feed(state="ok")
    now, (feed,) = look()
    assert (now.silent, now.gapped, now.missed, now.recovered, now.pushed) == (0, 0, 0, 0, 0)
    assert (feed["gap"], feed["silence"], feed["websub"]) == (None, None, None)


def test_a_gap_is_counted_for_a_day_less_what_came_back(look, rows, gap):
    one, other = rows.feed(state="ok"), rows.feed(state="ok")
    gap(one, recovered=9, how="page 2")
    gap(one, since=NOW - timedelta(hours=4), until=NOW - timedelta(hours=3), at_most=5)
    gap(other, until=NOW - timedelta(hours=25), since=NOW - timedelta(hours=26))
    now, feeds = look()
    assert (now.gapped, now.missed, now.recovered) == (1, 8, 9)
    assert [feed["id"] for feed in feeds if feed["gap"]] == [one]
    assert (feeds[0]["gap"]["how"], feeds[0]["gap"]["at_most"]) == ("page 2", 12)


def test_a_gap_that_is_filled_is_told_and_not_counted_as_missed(look, rows, gap):
    feed = rows.feed(state="ok")
    gap(feed, state="filled", recovered=9, how="page 2")
    now, feeds = look()
    assert (now.gapped, now.missed, now.recovered) == (0, 0, 9)
    assert feeds[0]["gap"]["state"] == "filled"


def test_a_gap_that_turned_out_to_be_none_is_not_told(look, rows, gap):
    gap(rows.feed(state="ok"), state="filled")
    assert look()[1][0]["gap"] is None


def test_silent_feeds_stand_before_those_with_gaps_and_both_before_the_rest(look, rows, gap, silent):
    well, gapped, quiet, failing = (rows.feed(state=state) for state in ("ok", "ok", "ok", "failing"))
    gap(gapped)
    silent(quiet)
    now, feeds = look()
    assert [feed["id"] for feed in feeds] == [failing, quiet, gapped, well]
    assert now.silent == 1
    assert feeds[1]["silence"]["missing"] == 14


def test_removed_feeds_are_not_counted(look, rows, gap, silent):
    feed = rows.feed(removed_at=NOW)
    gap(feed)
    silent(feed)
    now, _ = look()
    assert (now.silent, now.gapped) == (0, 0)
