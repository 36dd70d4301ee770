"""A real trouble is named within fifteen seconds of its beginning, by the workers' own signs on real servers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ops.store.overview import standing
from ops.verdict import verdict

pytestmark = pytest.mark.servers

NAMED_S = 15.0


@pytest.fixture
def start(settings, database_url, tmp_path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts parts of Pantau as processes, and ends them."""
    running: list[subprocess.Popen[bytes]] = []
    environ = {
        **os.environ,
        "PANTAU_DATABASE_URL": database_url.reveal(),
        "PANTAU_REDIS_URL": settings.redis_url.reveal(),
        "PANTAU_SECRET_KEY": "a-key-for-tests-alone-long-enough",
        "PANTAU_DATA_DIR": str(settings.data_dir),
        "PANTAU_ALLOW_NETS": "127.0.0.0/8",
        "PANTAU_LOG": "json",
    }
    log = (tmp_path / "workers.log").open("wb")

    def start_one(*words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", "ops", *words]
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log, start_new_session=True)
        running.append(process)
        return process

    yield start_one
    for process in running:
        kill(process)
    log.close()


def tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


def kill(process: subprocess.Popen[bytes]) -> None:
    """The worker and its children, without a word."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def until(look: Callable[[], str], words: str, within_s: float) -> float:
    """How long it took until the verdict had these words."""
    began = time.monotonic()
    while words not in (found := look()):
        assert time.monotonic() - began < within_s, found
        time.sleep(0.2)
    return time.monotonic() - began


@pytest.fixture
def sentence(database) -> Callable[[], str]:
    def say() -> str:
        with database.connect() as connection:
            return verdict(standing(connection))[1]

    return say


def refused_port() -> int:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return closed.getsockname()[1]


def test_what_breaks_while_everything_runs_is_named_in_time(start, sentence, rows) -> None:
    others, sender = start("worker", "--queues", "tick,poll,read,plan"), start("worker", "--queues", "send")
    start("beat")
    until(sentence, "Nothing is watched yet", 90)
    nobody = f"http://127.0.0.1:{refused_port()}"

    rows.feed(url=f"{nobody}/rss")
    assert until(sentence, "1 failing of 1 feed", NAMED_S) < NAMED_S

    channel = rows.channel(name="desk", to=f"{nobody}/hook", kind="webhook")
    rows.announced(
        channel, rows.subscription(), rows.topic(), rows.feed(), state="ready", expires_at=tomorrow()
    )
    named = until(sentence, "desk has taken nothing for", NAMED_S)
    assert named < NAMED_S
    assert "nobody listens at its address" in sentence()

    kill(sender)
    assert until(sentence, "No worker serves the send desk", NAMED_S) < NAMED_S

    kill(others)
    assert until(sentence, "No worker has shown a sign of life", NAMED_S) < NAMED_S
