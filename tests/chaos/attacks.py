"""What can be done to the parts of one `pantau up`."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import redis

from tests.chaos.siege import Siege
from tests.journeys.conftest import World, wait_for
from worker.secrets import Secret
from worker.store.engine import Engine, open_engine

WORKERS = ("poll", "read", "plan", "send")


def into_database(world: World) -> Engine:
    """Where the servers of its `up` will listen is known before they do."""
    run = world.machine.data_dir / "run"
    return open_engine(Secret(f"postgresql://pantau@/pantau?host={run}"), pooled=False)


def broker(siege: Siege) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(siege.world.machine.data_dir / "run" / "redis.sock"))


def part(siege: Siege, words: str) -> int:
    """The process whose command line has these words."""
    wait_for(lambda: bool(siege.world.machine.pids(words)), 60, f"{words} is there")
    return siege.world.machine.pids(words)[0]


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):  # a supervisor may have lost its patience
            os.kill(pid, signal.SIGCONT)


def emptied(siege: Siege) -> None:
    """Valkey is killed, and what it had on disk is gone."""
    os.kill(part(siege, "valkey-server"), signal.SIGKILL)
    for left in (siege.world.machine.data_dir / "redis").iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
