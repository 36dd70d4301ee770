"""A worker is counted as long as it lives, and missed when it was killed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from ops.alive import EVERY_S, Alive
from ops.store import measuring
from worker.secrets import Secret

pytestmark = pytest.mark.servers


def counted(database) -> dict[str, int]:
    with database.connect() as connection:
        return {row.a: row.n for row in measuring.standing(connection) if row.name == "pantau_workers"}


@pytest.fixture
def alive(settings, monkeypatch) -> Iterator[Alive]:
    monkeypatch.setenv("PANTAU_WORKER_NAME", "read")
    monkeypatch.setenv("PANTAU_RUN", "run-1")
    made = Alive(settings)
    yield made
    made.end()


def test_a_worker_is_alive_from_its_first_sign_until_it_ends(alive, database) -> None:
    alive.go_on(1000.0)
    assert counted(database) == {}  # not ready yet
    alive.begin(1000.0)
    assert counted(database) == {"read": 1}
    alive.end()
    assert counted(database) == {}
    alive.go_on(2000.0)
    assert counted(database) == {}


def test_a_sign_that_is_no_longer_renewed_is_missed_and_one_that_is_stays(alive, database, rows) -> None:
    alive.begin(1000.0)
    rows.change("UPDATE heartbeats SET at = at - interval '61 seconds'")
    assert counted(database) == {}
    alive.go_on(1000.0 + EVERY_S / 2)
    assert counted(database) == {}
    alive.go_on(1000.0 + EVERY_S)
    assert counted(database) == {"read": 1}


def test_a_database_that_is_gone_ends_no_worker_and_is_asked_again_later(alive, database) -> None:
    alive.begin(1000.0)
    alive.database().dispose()
    there, gone = alive.settings, replace(alive.settings, database_url=Secret("postgresql://127.0.0.1:9/x"))
    alive.settings, alive.engine = gone, None
    alive.go_on(1000.0 + EVERY_S)
    alive.end()
    assert counted(database) == {"read": 1}
    alive.settings, alive.engine = there, None
    alive.begin(1100.0)
    assert counted(database) == {"read": 1}


def test_a_first_sign_that_the_database_did_not_take_is_left_again(alive, database) -> None:
    there, gone = alive.settings, replace(alive.settings, database_url=Secret("postgresql://127.0.0.1:9/x"))
    alive.settings = gone
    alive.begin(1000.0)
    assert counted(database) == {}
    alive.settings, alive.engine = there, None
    alive.go_on(1000.0 + EVERY_S)
    assert counted(database) == {"read": 1}


def test_two_workers_of_one_name_are_two(alive, database, monkeypatch) -> None:
    alive.begin(1000.0)
    monkeypatch.setenv("PANTAU_RUN", "run-2")
    alive.begin(1000.0)
    assert counted(database) == {"read": 2}


def test_a_worker_says_what_it_is_and_serves(alive, rows) -> None:
    alive.queues, alive.slots, alive.busy = ("tick", "plan"), 4, lambda: 3
    alive.begin(1000.0)
    says = rows.one("SELECT says FROM heartbeats WHERE part = 'worker:read:run-1'")
    assert (says["name"], says["queues"], says["slots"], says["busy"]) == ("read", ["tick", "plan"], 4, 3)
    assert says["pid"] == os.getpid()
    assert says["memory"] is None or says["memory"] > 10_000_000
    assert datetime.fromisoformat(says["since"]).tzinfo
    assert says["version"]
    assert 0 < says["disk"]["free"] <= says["disk"]["size"]
    assert says["host"]
