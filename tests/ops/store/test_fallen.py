"""Feeds that fail in numbers, and disks that fill, as the tables have them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ops.disks import GIB, Disk, filling
from ops.fallen import unusual
from ops.store import ticking
from ops.store.overview import standing
from tests.conftest import NOW

AGO = NOW - timedelta(minutes=30)


def feeds(rows, n: int, host: str = "", **facts: object) -> None:
    for k in range(n):
        at = host or f"s{k}.{facts.get('state', 'ok')}{k}.example"
        rows.feed(**{"url": f"https://{at}/{k}", "last_ok_at": AGO, "state": "ok", **facts})


def seen(database):
    with database.connect() as connection:
        return standing(connection)


@pytest.mark.parametrize(
    ("n", "of", "many"), [(9, 9, False), (10, 50, False), (11, 50, True), (10, 49, True), (100, 501, False)]
)
def test_at_least_ten_and_more_than_a_fifth(n, of, many):
    assert unusual(n, of) is many


def test_the_reason_and_the_host_that_most_share_are_told(rows, database):
    feeds(rows, 30)
    feeds(rows, 8, "a.cdn.example", state="failing", last_error="timeout: no answer within 20 s")
    feeds(rows, 3, "b.cdn.example:8443", state="failing", last_error="dns: no such host")
    found = seen(database).fallen
    assert (found.n, found.of, found.since) == (11, 41, AGO)
    assert (found.reason, found.alike, found.host, found.there) == ("timeout", 8, "cdn.example", 11)


def test_those_that_have_been_dead_for_long_are_no_alarm(rows, database):
    feeds(rows, 20)
    feeds(rows, 40, state="failing", last_ok_at=NOW - timedelta(days=8))
    assert seen(database).fallen is None


def test_feeds_that_are_removed_or_paused_do_not_count(rows, database):
    feeds(rows, 40)
    feeds(rows, 12, "x.example", state="failing", removed_at=NOW)
    feeds(rows, 12, "y.example", state="paused")
    feeds(rows, 10, "z.example", state="failing")
    assert seen(database).fallen is None


def test_the_disks_of_living_workers_are_known_each_machines_once(rows, database):
    def sign(part: str, host: str, free: int, worker: str = "read") -> None:
        says = {"name": worker, "host": host, "disk": {"place": "/data", "free": free, "size": 100 * GIB}}
        with database.begin() as connection:
            ticking.beat(connection, f"worker:{part}", says)

    sign("read:1", "kapal", 50 * GIB)
    sign("read:2", "layar", 3 * GIB)
    sign("send:3", "layar", 3 * GIB, "send")
    sign("read:4", "bekas", 0)
    rows.change("UPDATE heartbeats SET at = at - interval '1 minute' WHERE says->>'host' = 'bekas'")
    disks = seen(database).disks
    assert [disk.host for disk in disks] == ["layar", "layar", "kapal"]
    assert [disk.host for disk in filling(disks)] == ["layar"]


def test_a_worker_of_an_earlier_version_says_nothing_of_its_disk(rows, database):
    with database.begin() as connection:
        ticking.beat(connection, "worker:read:1", {"name": "read", "host": "kapal"})
    assert seen(database).disks == ()


@pytest.mark.parametrize(
    ("free", "size", "level"),
    [
        (GIB - 1, 2 * GIB, "bad"),
        (GIB, 10 * GIB, "ok"),
        (4 * GIB, 100 * GIB, "slow"),
        (9 * GIB, 100 * GIB, "ok"),
        (11 * GIB, 1000 * GIB, "ok"),
    ],
)
def test_a_small_disk_may_be_fuller_than_a_large_one(free, size, level):
    assert Disk("", "", "", free, size).level == level
