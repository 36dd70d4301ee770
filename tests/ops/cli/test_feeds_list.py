"""What the commands say of feeds that answer and still need a look."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

import worker.store.schema as world

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)


@pytest.fixture
def feeds(installation, rows):
    """One silent feed, one with a gap, one that is well."""
    silent = rows.feed(name="Kabar Utara", state="ok", last_status=200)
    gapped = rows.feed(name="Kabar Timur", state="ok")
    rows.feed(name="Kabar Barat", state="ok")
    rows.change(
        "INSERT INTO habits (feed_id, began_at, look_at, silent_since, missing, told_at) "
        "VALUES (:feed, now(), now(), now() - interval '3 h', 14, now())",
        feed=silent,
    )
    gap = {"since": NOW - timedelta(minutes=50), "until": NOW - timedelta(minutes=20), "at_most": 12}
    gap |= {"state": "unfillable", "recovered": 9, "how": "page 2", "reason": "the server answered 404"}
    rows.add(world.gaps, feed_id=gapped, **gap)


def test_the_list_says_what_is_remarkable_and_begins_with_it(pantau, feeds):
    lines = pantau("feeds", "list").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["silent", "ok", "ok"]
    assert "normally 14 entries by now, none since" in lines[1]
    assert "up to 12 entries may have been missed between" in lines[2]
    assert lines[2].endswith("9 recovered from page 2 (the server answered 404)")


def test_scripts_get_the_same_in_pieces(pantau, feeds):
    silent, gapped, well = pantau("feeds", "list", "--json").lines
    assert silent["silence"]["missing"] == 14
    assert (gapped["gap"]["at_most"], gapped["gap"]["recovered"], gapped["gap"]["how"]) == (12, 9, "page 2")
    assert (well["silence"], well["gap"], well["websub"]) == (None, None, None)


def test_status_counts_them(pantau, feeds):
    status = json.loads(pantau("status", "--json").out)
    assert status["silent"] == 1
    assert status["gaps"] == {"feeds": 1, "missed_at_most": 3, "recovered": 9}
    assert status["pushed"] == 0
    words = pantau("status").out
    assert "3 ok; 1 silent; 1 with gaps (up to 3 entries in 24 hours); 9 entries recovered" in words


def test_the_doctor_says_what_to_do(pantau, feeds):
    found = json.loads(pantau("doctor", "--json").out)["findings"]
    findings = {each["about"]: each for each in found}
    assert findings["Kabar Utara"]["remedy"].startswith("pantau feeds check https://")
    assert "shorter `every`" in findings["Kabar Timur"]["remedy"]
    assert "Kabar Barat" not in findings
