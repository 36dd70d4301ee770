"""Two sets of workers on one PostgreSQL and one Valkey; each in turn stands still in the middle of its work.

A machine that is suspended, or cut off, keeps what it has claimed and does not know that time has passed. The others
must take its work over, and what it does when it wakes up must not count.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from ops.newsroom import SlackSink
from ops.store.audit import Audit, audit

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

PARTS: dict[str, tuple[str, ...]] = {
    "reads": ("worker", "--queues", "poll,read", "--concurrency", "1"),
    "tells": ("worker", "--queues", "tick,plan,send"),
    "beats": ("beat",),
}
LEASED = ("feeds", "entries", "deliveries")


@dataclass
class WorkerSet:
    """The parts of Pantau on one machine, as `pantau worker` and `pantau beat` are started there."""

    name: str
    place: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, environ: dict[str, str]) -> None:
        for part, command in PARTS.items():
            named = ("--name", f"{self.name}-{part}") if command[0] == "worker" else ()
            with self.log_file(part).open("wb") as log:
                self.processes.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "ops", *command, *named],
                        env=environ,
                        stdout=log,
                        stderr=log,
                        cwd=self.place,
                        start_new_session=True,
                    )
                )

    def signal(self, number: int) -> None:
        """To each process and to its children."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, number)

    def stop(self) -> None:
        self.signal(signal.SIGCONT)
        for process in self.processes:
            process.terminate()  # the main process alone: it ends its children's tasks first

    def wait(self) -> None:
        for process in self.processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def log_file(self, part: str) -> Path:
        return self.place / f"{self.name}-{part}.log"

    def log(self, part: str) -> str:
        return self.log_file(part).read_text(errors="replace")

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        self.signal(signal.SIGSTOP)
        yield
        self.signal(signal.SIGCONT)


class HesitantSlack(SlackSink):
    """Takes a message at once; while `closed`, its answer waits."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.open.set()
        self.asked = threading.Event()

    def app(self) -> web.Application:
        @web.middleware
        async def hesitate(request: web.Request, handler: Any) -> web.StreamResponse:
            answer: web.StreamResponse = await handler(request)
            self.asked.set()
            await asyncio.to_thread(self.open.wait)
            return answer

        app = super().app()
        app.middlewares.append(hesitate)
        return app

    @contextmanager
    def hesitating(self) -> Iterator[None]:
        self.asked.clear()
        self.open.clear()
        yield
        self.open.set()


def a_minute_passes(rows: Any) -> None:
    """What PostgreSQL and the leases do of themselves when whoever holds something has stood still for a minute."""
    time.sleep(1.0)
    rows.change("""
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND state LIKE 'idle in transaction%'
          AND state_change < clock_timestamp() - interval '0.9 s'""")
    for table in LEASED:
        rows.change(f"UPDATE {table} SET lease_until = 'epoch' WHERE lease_until > now()")
    rows.change("UPDATE hosts SET leases = '{}'")


@pytest.fixture
def sets(tmp_path: Path) -> Iterator[Callable[..., WorkerSet]]:
    """Starts sets of workers; all end with the test."""
    started: list[WorkerSet] = []

    def start(name: str, environ: dict[str, str]) -> WorkerSet:
        started.append(WorkerSet(name, tmp_path))
        started[-1].start(environ)
        return started[-1]

    yield start
    for each in started:
        each.stop()
    for each in started:
        each.wait()
        print(*(each.log(part)[-3000:] for part in PARTS), sep="\n")  # shown by pytest where a test fails


def test_a_set_that_stood_still_is_replaced_and_its_late_work_does_not_count(
    world: Any, story: Any, eventually: Any, sets: Any, settings: Any, rows: Any
) -> None:
    slugs = [f"selat-{n}" for n in range(9)]
    slack = HesitantSlack()
    w = world(
        tuple(story(slug, f"Selat {n} dan Ukraina", "NATO menanggapi.") for n, slug in enumerate(slugs)),
        slack=slack,
        more={
            "PANTAU_DATABASE_URL": settings.database_url.reveal(),
            "PANTAU_REDIS_URL": settings.redis_url.reveal(),
            "PANTAU_SECRET_KEY": settings.secret_keys[0].reveal(),
        },
    )
    w.machine.run("migrate", "--watchlist", str(w.machine.watchlist))
    first, second = (sets(name, w.machine.environ) for name in ("first", "second"))

    def told(some: list[str]) -> Callable[[], bool]:
        return lambda: all(w.told_everywhere(slug) for slug in some)

    def publish(some: list[str]) -> None:
        for slug in some:
            w.newsroom.publish(slug)

    eventually(
        lambda: all("worker_ready" in s.log(part) for s in (first, second) for part in ("reads", "tells")),
        60,
        "both sets are there",
    )
    publish(slugs[:3])
    eventually(told(slugs[:3]), 90, "two sets and two beats tell of the first three")

    with second.standing_still(), slack.hesitating():
        a_minute_passes(rows)
        publish(slugs[3:6])
        eventually(slack.asked.is_set, 90, "the first set is in the middle of a message")
        first.signal(signal.SIGSTOP)
    a_minute_passes(rows)
    eventually(told(slugs[3:6]), 60, "the second set takes over what the first has claimed")
    first.signal(signal.SIGCONT)
    publish(slugs[6:])
    eventually(told(slugs), 90, "both work again")

    def ledger() -> Audit:
        with rows.engine.connect() as connection:
            return audit(connection)

    eventually(lambda: ledger().waiting == 0, 90, "nothing waits")
    eventually(lambda: "lease_lost" in first.log("tells"), 90, "what the first learns late does not count")
    found = ledger()
    assert (found.lost, found.doubled, found.failed, found.in_doubt) == (0, 0, 0, 0)
    assert found.sent >= 2 * len(slugs)
    # what a channel took, and whose sender then stood still, may be told again: one message per channel at most
    repeats = {slug: w.slack_told(slug) + w.mail_told(slug) - 2 for slug in slugs}
    assert sum(repeats.values()) <= found.possible_repeats <= 2
    assert all(repeats[slug] == 0 for slug in (*slugs[:3], *slugs[6:]))
