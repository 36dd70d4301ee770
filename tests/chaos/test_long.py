"""Anything breaks at any time, for minutes on end: `./pantau test --chaos tests/chaos/test_long.py`.

Three rounds of `--chaos-minutes`, each with faults of its own. Leases, pauses and waits have their full length. What a
seed does is the same each time; what meets it is not.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable

import pytest
import redis

from ops.children import children_of
from tests.chaos.attacks import WORKERS, broker, emptied, into_database, part, standing_still
from tests.chaos.report import ROUNDS, Round
from tests.chaos.siege import EVERY_S, Siege, under_siege
from tests.journeys.conftest import wait_for, worlds

pytestmark = [pytest.mark.servers, pytest.mark.timeout(3600)]

Fault = Callable[[Siege, random.Random], str]
SURE_S = 25.0
"""Between two deaths of one part: five within a minute end an `up`, and rightly so."""


def kill(words: str, number: int = signal.SIGKILL) -> Fault:
    def do(siege: Siege, _: random.Random) -> str:
        os.kill(part(siege, words), number)
        return f"{signal.Signals(number).name} to {words}"

    return do


def kill_readers(siege: Siege, _: random.Random) -> str:
    for child in children_of(part(siege, "--name read")):
        os.kill(child, signal.SIGKILL)
    return "SIGKILL to all that read"


def hold_still(words: str) -> Fault:
    def do(siege: Siege, dice: random.Random) -> str:
        with standing_still(part(siege, words)):
            time.sleep(dice.uniform(1, 20))
        return f"1 to 20 s of standstill for {words}"

    return do


def empty_valkey(siege: Siege, _: random.Random) -> str:
    emptied(siege)
    return "Valkey is empty"


def cut_connections(siege: Siege, _: random.Random) -> str:
    with broker(siege) as connection:
        connection.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    return "all connections to Valkey are cut"


def fill_valkey(siege: Siege, dice: random.Random) -> str:
    with broker(siege) as connection:
        connection.config_set("maxmemory", 1)
        time.sleep(dice.uniform(1, 15))
        connection.config_set("maxmemory", 0)
    return "1 to 15 s without memory in Valkey"


FAULTS: dict[str, tuple[Fault, ...]] = {
    **{name: (kill(f"--name {name}"), hold_still(f"--name {name}")) for name in WORKERS},
    "readers": (kill_readers,),
    "beat": (kill("ops beat"), hold_still("ops beat")),
    "web": (kill("ops web"),),
    "valkey": (
        kill("valkey-server"),
        empty_valkey,
        hold_still("valkey-server"),
        cut_connections,
        fill_valkey,
    ),
    "postgres": (kill("bin/postgres", signal.SIGQUIT), kill("bin/postgres"), hold_still("bin/postgres")),
}


@pytest.fixture(scope="module")
def seed(request: pytest.FixtureRequest) -> int:
    """What the faults are drawn from; it is shown."""
    given = request.config.getoption("chaos_seed")
    return random.SystemRandom().randrange(10**6) if given is None else int(given)


def is_there(siege: Siege) -> bool:
    """Whether Valkey answers a connection of ours."""
    try:
        with broker(siege) as connection:
            return bool(connection.ping())
    except (OSError, redis.RedisError):
        return False


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """For whoever watches half an hour of it."""

    def line(words: str) -> None:
        with capsys.disabled():
            print(words, flush=True)

    return line


@pytest.mark.parametrize("number", [1, 2, 3], ids=lambda number: f"round-{number}")
def test_anything_may_break_at_any_time(
    number: int, seed: int, say: Callable[[str], None], request: pytest.FixtureRequest
) -> None:
    minutes = request.config.getoption("chaos_minutes")
    dice = random.Random(f"{seed}-{number}")
    report = Round(number, seed, minutes)
    request.config.stash.setdefault(ROUNDS, []).append(report)
    count = int(minutes * 60 / EVERY_S) + 200
    with worlds() as make, under_siege(make, into_database, count=count, patient=True) as siege:
        machine = siege.world.machine
        machine.start()
        siege.press.start()
        began = time.monotonic()
        last = dict.fromkeys(FAULTS, 0.0)
        say(f"\nround {number} of {minutes:g} minutes, --chaos-seed {seed}")
        while (now := time.monotonic()) < began + minutes * 60:
            victim = dice.choice([name for name, at in last.items() if now - at >= SURE_S] or ["beat"])
            last[victim] = now
            wait_for(lambda: is_there(siege), 120, "Valkey is there")
            report.faults.append(dice.choice(FAULTS[victim])(siege, dice))
            say(f"{now - began:4.0f} s  {report.faults[-1]}; {len(siege.press.published)} articles so far")
            time.sleep(dice.uniform(0, 10))
            assert machine.process is not None
            assert machine.process.poll() is None, machine.last_words()[-3000:]
        found = siege.proof(seconds=400)
        ours = machine.audit()
        assert (ours["lost"], ours["doubled"], ours["sent"]) == (0, 0, found.sent)
        published = siege.press.published
        report.waited = siege.ears.waited(siege.press.at)
        report.heard_twice, report.marked = len(siege.ears.copies(published)), len(siege.marked())
        assert machine.stop() < 15
        report.audit = found
