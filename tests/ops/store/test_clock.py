"""The time by which the desks work, on machines whose own clock is wrong; and the beat on one whose clock is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from ops import tick
from ops.store import ticking
from ops.store.clock import EVERY_S, DatabaseClock
from worker.app import app, configure
from worker.secrets import Secret
from worker.store.engine import open_engine

pytestmark = pytest.mark.servers

WRONG = datetime(2001, 1, 1, tzinfo=UTC)


def test_a_machine_whose_clock_is_wrong_goes_by_the_databases(database):
    steady = iter((0.0, 0.0, 5.0, 7.0))
    clock = DatabaseClock(database, lambda: WRONG, lambda: next(steady))
    assert clock() == WRONG  # nothing better is known yet
    clock.ask()
    assert abs(clock() - datetime.now(UTC)) < timedelta(minutes=2)
    assert clock() - datetime.now(UTC) > timedelta(seconds=-60)


def test_the_database_is_asked_again_after_a_while_and_while_it_is_away_time_goes_on(database):
    now = [0.0]
    clock = DatabaseClock(database, lambda: WRONG, lambda: now[0])
    clock.ask()
    first = clock()
    now[0] = EVERY_S / 2
    clock.ask()
    assert clock() - first == timedelta(seconds=EVERY_S / 2)  # counted on, not asked
    gone = DatabaseClock(open_engine(Secret("postgresql://127.0.0.1:1/none")), lambda: WRONG)
    gone.ask()
    assert gone() == WRONG
    now[0] = EVERY_S * 100
    clock.ask()
    assert clock() - first < timedelta(minutes=5)  # what the database says goes before what was counted


def test_the_beat_goes_on_whatever_the_machines_clock_is_set_to():
    configure(Secret("redis://127.0.0.1:1"))
    entry = app.conf.beat_schedule["tick"]
    rhythm = entry["schedule"]
    before = rhythm.now()
    assert rhythm.is_due(before - timedelta(seconds=1.1)).is_due
    assert abs(rhythm.now() - before) < timedelta(minutes=1)
    assert rhythm.now().year < 2020  # no clock that somebody could set
    assert entry["options"]["expires"] > timedelta(hours=1).total_seconds()


def test_a_tick_that_comes_right_behind_another_does_nothing(kit, rows, monkeypatch):
    rung = []
    monkeypatch.setattr(tick, "ring", rung.append)
    rows.feed()
    assert tick.tick(kit) == ["poll"]
    assert [tick.tick(kit) for _ in range(3)].count([]) >= 2
    rows.change("UPDATE heartbeats SET at = at - interval '1 second' WHERE part = 'tick'")
    assert tick.tick(kit) == ["poll"]
    assert len(rung) <= 3


def test_a_database_whose_clock_was_set_back_is_ticked_at_once(kit, rows, database):
    rows.change("INSERT INTO heartbeats (part, at, says) VALUES ('tick', now() + interval '1 hour', '{}')")
    with database.begin() as connection:
        assert ticking.take_tick(connection)
        assert not ticking.take_tick(connection)
    with database.begin() as connection:
        shown = connection.execute(text("SELECT at <= clock_timestamp() FROM heartbeats")).scalar_one()
    assert shown
