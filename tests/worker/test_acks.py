"""A worker whose answer did not reach the broker goes on listening."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from celery import Celery
from kombu.transport.virtual import Channel

from ops.places import Urls
from tests.chaos.wire import Wire
from tests.journeys.conftest import wait_for
from worker.acks import Answerable
from worker.app import TRANSPORT

BROKER = 8  # a number among Valkey's databases that no other test uses

# Pantau's app is one for each process, so the worker has its own. Its task waits until it is let go.
WORKS = """
import sys, time
from pathlib import Path
from worker.app import app, configure
from worker.secrets import Secret

url, pool, place = sys.argv[1], sys.argv[2], Path(sys.argv[3])
configure(Secret(url))

@app.task(name="read")
def read():
    begun = place / f"begun-{sum(1 for _ in place.glob('begun-*'))}"
    begun.touch()
    while not (place / "go").exists():
        time.sleep(0.02)

app.Worker(hostname="acks@here", queues=["read"], pool=pool, concurrency=1, without_gossip=True,
           without_mingle=True, quiet=True, loglevel="INFO").start()
"""


class Broken(Channel):
    """A channel at which no answer gets through."""

    def __init__(self, closed: bool) -> None:
        self.closed = closed
        self.connection = SimpleNamespace(client=None)

    def basic_ack(self, *_: Any, **__: Any) -> None:
        raise ConnectionResetError("gone")

    basic_reject = basic_ack


def message(channel: Channel) -> Answerable:
    return Answerable({"properties": {"delivery_tag": "a"}, "headers": {}}, channel=channel)


@pytest.mark.parametrize("answer", ["ack_log_error", "reject_log_error"])
def test_an_answer_that_does_not_get_through_is_raised_where_the_channel_is_still_used(answer: str) -> None:
    logger = logging.getLogger("acks")
    with pytest.raises(ConnectionResetError):
        getattr(message(Broken(closed=False)), answer)(logger, (OSError,))
    getattr(message(Broken(closed=True)), answer)(logger, (OSError,))
    with pytest.raises(ConnectionResetError):
        getattr(message(Broken(closed=True)), answer)(logger, (KeyError,))


@contextmanager
def working(url: str, pool: str, place: Path) -> Iterator[Callable[[], str]]:
    """A worker with one slot, on this broker; gives what it has logged so far."""
    log = place / "log"
    with log.open("wb") as into:
        worker = subprocess.Popen(
            [sys.executable, "-P", "-c", WORKS, url, pool, str(place)],
            stdout=into,
            stderr=into,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,
        )
    try:
        yield lambda: log.read_text(errors="replace")
    finally:
        (place / "go").touch()
        os.killpg(worker.pid, 9)
        worker.wait()
        print(log.read_text(errors="replace")[-3000:])


@pytest.mark.servers
@pytest.mark.timeout(180)
@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_worker_whose_answer_met_a_broker_that_had_gone_listens_again(
    urls: Urls, tmp_path: Path, pool: str
) -> None:
    path = urls.redis.partition("://")[2]
    queue = "pantau:read"

    def begun() -> int:
        return sum(1 for _ in tmp_path.glob("begun-*"))

    with (
        redis.Redis(unix_socket_path=path, db=BROKER) as broker,
        Wire(path).laid() as wire,
        working(f"redis://{wire.host}:{wire.port}/{BROKER}", pool, tmp_path) as logged,
    ):
        broker.flushdb()
        outside = Celery(broker=f"redis+socket://{path}?virtual_host={BROKER}", set_as_current=False)
        outside.conf.broker_transport_options = TRANSPORT
        try:
            outside.send_task("read", queue="read")
            wait_for(lambda: begun() == 1, 60, "it works, and with one slot asks for nothing more")
            with wire.cut():
                (tmp_path / "go").touch()  # it ends while the broker is away
                wait_for(
                    lambda: "Couldn't ack" in logged() or "onnection to broker lost" in logged(),
                    60,
                    "its answer does not get through",
                )
            outside.send_task("read", queue="read")
            wait_for(lambda: begun() == 2, 60, "it listens again")
            wait_for(lambda: broker.llen(queue) == 0, 10, "nothing is left")
        finally:
            outside.close()
            broker.flushdb()
