"""One `pantau up` under attack, fault after fault, while articles appear all the time.

The tests of this file are steps of one siege, in their order: each does one fault and looks at what must hold after it,
and the last one holds everything that was published against everything that was told.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from ops.children import children_of
from tests.chaos.attacks import WORKERS, broker, emptied, into_database, part, standing_still
from tests.chaos.disk import full, small_disk
from tests.chaos.siege import Siege, under_siege
from tests.journeys.conftest import wait_for, worlds

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

STANDSTILL_S, AT_LENGTH_S = 4.0, 30.0


@pytest.fixture(scope="module")
def no_disk() -> list[str]:
    """Why the disk cannot be filled here, if so."""
    return []


@pytest.fixture(scope="module")
def siege(at_length: bool, no_disk: list[str]) -> Iterator[Siege]:
    """One `up` and its press."""
    with worlds() as make, under_siege(make, into_database, count=900, patient=at_length) as started:
        machine = started.world.machine
        with small_disk(machine.data_dir) as why_not:
            no_disk += [why_not] if why_not else []
            try:
                machine.start()
                started.press.start()
                yield started
            finally:
                if machine.process and machine.process.poll() is None:
                    machine.stop()


def told(siege: Siege, path: str) -> tuple[int, str]:
    """What the web process answers."""
    try:
        with urlopen(f"{siege.world.machine.address}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def ready(siege: Siege) -> bool:
    with suppress(OSError):
        return told(siege, "/readyz")[0] == 200
    return False


def test_news_flows_before_anything_goes_wrong(siege: Siege) -> None:
    siege.news_flows("the start")


def test_a_second_up_on_the_same_data_refuses_and_names_the_first(siege: Siege) -> None:
    second = siege.world.machine.run("up", "--port", "0", check=False)
    assert second.returncode == 75
    assert str(siege.world.machine.process.pid) in second.stderr


def test_the_process_that_reads_is_killed_in_the_middle_of_an_article(siege: Siege) -> None:
    reader = part(siege, "--name read")
    held = "SELECT count(*) FROM entries WHERE state = 'new' AND lease_until > clock_timestamp()"
    wait_for(lambda: siege.one(held) > 0, 60, "somebody is in the middle of an article")
    for child in children_of(reader):
        os.kill(child, signal.SIGKILL)
    siege.leases_end()
    siege.news_flows("the death of the reading processes")
    assert part(siege, "--name read") == reader  # their parent has made new ones


def test_workers_and_the_beat_are_killed_again_and_again(siege: Siege) -> None:
    for name in ("--name send", "ops beat", "--name read", "--name poll", "--name plan"):
        os.kill(part(siege, name), signal.SIGKILL)
        time.sleep(1.5)
    siege.leases_end()
    siege.news_flows("five kills")


def test_valkey_is_killed_and_comes_back_empty(siege: Siege) -> None:
    emptied(siege)
    siege.news_flows("an empty Valkey")


def test_valkey_flaps(siege: Siege) -> None:
    workers = {name: part(siege, f"--name {name}") for name in WORKERS}
    with broker(siege) as connection:
        for _ in range(8):
            connection.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            time.sleep(0.3)
    siege.news_flows("eight cut connections")
    assert {name: part(siege, f"--name {name}") for name in workers} == workers  # without a restart


def test_valkey_stands_still_and_the_pages_answer(siege: Siege, at_length: bool) -> None:
    until = time.monotonic() + (AT_LENGTH_S if at_length else STANDSTILL_S)
    with standing_still(part(siege, "valkey-server")):
        while time.monotonic() < until:
            assert told(siege, "/healthz")[0] == 200
            assert told(siege, "/login")[0] == 200
            status, said = told(siege, "/readyz")
            assert (status, json.loads(said)["parts"]["broker"]["ready"]) == (503, False)
    siege.news_flows("Valkey's standstill")


def test_valkey_has_no_memory_left(siege: Siege) -> None:
    with broker(siege) as connection:
        connection.config_set("maxmemory", 1)
        try:
            wait_for(lambda: not ready(siege), 60, "somebody sees that nothing moves")
        finally:
            connection.config_set("maxmemory", 0)
    siege.news_flows("the relief of Valkey")


def test_postgresql_is_ended_at_once_in_the_middle_of_everything(siege: Siege) -> None:
    os.kill(part(siege, "bin/postgres"), signal.SIGQUIT)  # an immediate shutdown
    wait_for(lambda: siege.reached("SELECT 1") == 1, 60, "it is back")
    siege.leases_end()
    siege.news_flows("the return of PostgreSQL")


def test_the_disk_is_full(siege: Siege, no_disk: list[str]) -> None:
    if no_disk:
        pytest.skip(no_disk[0])
    machine = siege.world.machine
    with full(Path(machine.data_dir)):
        wait_for(lambda: not ready(siege), 90, "somebody sees that nothing can be written")
        time.sleep(2)
    if machine.process.poll() is not None:  # it may give up while nothing can be written, and says so
        assert "giving up" in machine.log()
        machine.start()
    wait_for(lambda: siege.reached("SELECT 1") == 1, 90, "the database is back")
    siege.leases_end()
    siege.news_flows("room on the disk")


def test_a_stop_under_load_is_in_order_and_a_start_goes_on(siege: Siege) -> None:
    held = "SELECT count(*) FROM entries WHERE state = 'new' AND lease_until > clock_timestamp()"
    wait_for(lambda: siege.one(held) > 0, 60, "somebody is in the middle of an article")
    assert siege.world.machine.stop() < 15
    assert siege.world.machine.process.returncode == 0
    siege.world.machine.start()
    siege.news_flows("a stop and a start")


def test_nothing_was_lost_and_nothing_told_twice_unsaid(siege: Siege) -> None:
    found = siege.proof()
    ours = siege.world.machine.audit()
    assert {name: ours[name] for name in ("alerts", "sent", "lost", "doubled", "possible_repeats")} == {
        name: getattr(found, name) for name in ("alerts", "sent", "lost", "doubled", "possible_repeats")
    }
    assert siege.world.machine.stop() < 15
