"""Every trouble that was caused for real is named in the first sentence: real workers, a real beat, real servers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from ops.children import children_of
from ops.newsroom import running as served
from ops.store.overview import standing
from ops.verdict import verdict
from tests.ports import refusing

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

PATIENCE_S = 90.0
"""On a machine that has something else to do. On one that has not, each is named within fifteen seconds; how long it
took is printed (`pytest -s`)."""


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


def until(look: Callable[[], str], words: str) -> None:
    """Waits until the verdict has these words."""
    began = time.monotonic()
    while words not in (found := look()):
        assert time.monotonic() - began < PATIENCE_S, found
        time.sleep(0.2)
    print(f"{time.monotonic() - began:5.1f} s  {found}")


@pytest.fixture
def sentence(database) -> Callable[[], str]:
    def say() -> str:
        with database.connect() as connection:
            return verdict(standing(connection))[1]

    return say


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address at which nobody listens."""
    with refusing() as port:
        yield f"http://127.0.0.1:{port}"


async def busy(_: web.Request) -> web.Response:
    """What Slack says to who asks too often."""
    return web.Response(status=429, headers={"Retry-After": "300"}, text="rate_limited")


@pytest.fixture
def slow_slack() -> Iterator[str]:
    app = web.Application()
    app.router.add_post("/{rest:.*}", busy)
    with served(app) as address:
        yield f"{address}/services/T0/B0/slow"


def test_what_breaks_while_everything_runs_is_named_in_time(
    start, sentence, rows, slow_slack, nobody
) -> None:
    others, reader = start("worker", "--queues", "tick,poll,plan"), start("worker", "--queues", "read")
    sender, beat = start("worker", "--queues", "send"), start("beat")
    until(sentence, "Nothing is watched yet")

    feed = rows.feed(url=f"{nobody}/rss")
    until(sentence, "1 failing of 1 feed")

    topic, subscription = rows.topic(), rows.subscription()
    dead = rows.channel(name="desk", to=f"{nobody}/hook", kind="webhook")
    rows.announced(dead, subscription, topic, feed, state="ready", expires_at=tomorrow())
    until(sentence, "desk has taken nothing for")
    assert "nobody listens at its address" in sentence()

    slow = rows.channel(name="newsroom", to=slow_slack)
    rows.announced(slow, subscription, topic, feed, state="ready", expires_at=tomorrow())
    until(sentence, "newsroom asked for a pause: 1 message waiting")
    rows.change("UPDATE deliveries SET state = 'suppressed', ended_at = now()")
    rows.change("UPDATE channels SET pause_until = 'epoch', nothing_since = NULL, unclear = 0")

    stopped = list(children_of(reader.pid))
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    for _ in range(150):
        rows.entry(feed, seen_at=datetime.now(UTC))
    until(sentence, "The read desk has 150 waiting, and has done none in ten seconds")
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    until(sentence, "1 failing of 1 feed")

    kill(sender)
    until(sentence, "No worker serves the send desk")
    kill(beat)
    until(sentence, "The beat has been silent for")
    kill(reader)
    kill(others)
    until(sentence, "No worker has shown a sign of life")
