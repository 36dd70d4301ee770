"""Sets of workers, as they stand on several machines: each with its own network where this machine lets us make one,
its own wires to the servers, and its own clock."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from ops.newsroom import SlackSink
from ops.newsroom.running import LOOPBACK
from tests.chaos.namespaces import Namespace, namespaces
from tests.chaos.wire import Wire

PARTS: dict[str, tuple[str, ...]] = {
    "reads": ("worker", "--queues", "poll,read", "--concurrency", "1"),
    "tells": ("worker", "--queues", "tick,plan,send"),
    "beats": ("beat",),
}


def clock_shim(place: Path) -> Path | None:
    """What lets a process have a clock of its own, made from `clock.c`; None where this machine has no compiler."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return None
    made = place / "clock.so"
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", str(made), str(source)], check=True)
    return made


@dataclass
class WorkerSet:
    """The parts of Pantau on one machine, as `pantau worker` and `pantau beat` are started there."""

    name: str
    place: Path
    database: Wire
    broker: Wire
    network: Namespace | None = None
    shim: Path | None = None
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, environ: Mapping[str, str], parts: tuple[str, ...] = tuple(PARTS)) -> None:
        self.clock("+0")
        for part in parts:
            command = PARTS[part]
            named = ("--name", f"{self.name}-{part}") if command[0] == "worker" else ()
            with self.log_file(part).open("ab") as log:
                self.processes[part] = subprocess.Popen(
                    [
                        *(self.network.enter if self.network else ()),
                        sys.executable,
                        "-m",
                        "ops",
                        *command,
                        *named,
                    ],
                    env={**environ, **self._own_clock()},
                    stdout=log,
                    stderr=log,
                    cwd=self.place,
                    start_new_session=True,
                )

    def clock(self, offset: str) -> None:
        """Sets the clock of this machine, as `+3600` or `-3600` seconds from the true time."""
        fresh = self.place / f"{self.name}.clock.new"
        fresh.write_text(f"{offset}\n")
        fresh.replace(self.place / f"{self.name}.clock")

    def _own_clock(self) -> dict[str, str]:
        if self.shim is None:
            return {}
        return {"LD_PRELOAD": str(self.shim), "CHAOS_CLOCK": str(self.place / f"{self.name}.clock")}

    def signal(self, number: int) -> None:
        """To each process and to its children."""
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, number)

    def stop(self) -> None:
        self.signal(signal.SIGCONT)
        for process in self.processes.values():
            process.terminate()  # the main process alone: it ends its children's tasks first

    def wait(self) -> None:
        for process in self.processes.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def alive(self) -> bool:
        return all(process.poll() is None for process in self.processes.values())

    def log_file(self, part: str) -> Path:
        return self.place / f"{self.name}-{part}.log"

    def log(self, part: str) -> str:
        return self.log_file(part).read_text(errors="replace")

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Its network is parted from the servers': what is sent vanishes."""
        if self.network:
            with self.network.cable_pulled():
                yield
        else:
            with self.database.silent(), self.broker.silent():
                yield


@contextmanager
def worker_sets(
    names: tuple[str, ...],
    place: Path,
    database: str,
    broker: str,
    environ: Callable[[WorkerSet], dict[str, str]],
    world: tuple[int, ...],
) -> Iterator[list[WorkerSet]]:
    """Sets of these names, running, each behind wires to these two sockets; all end with the block. The ports of
    `world` are what they watch and whom they tell: those are there for each of them all the time."""
    shim = clock_shim(place)
    with ExitStack() as stack:
        networks = stack.enter_context(namespaces(names))
        found = []
        for name in names:
            network = networks.get(name)
            here = network.here if network else LOOPBACK
            wires = [stack.enter_context(Wire(server, here).laid()) for server in (database, broker)]
            for port in world if network else ():
                stack.enter_context(Wire(port, listening=network.listening(port)).laid())
            found.append(WorkerSet(name, place, *wires, network, shim))
        try:
            for each in found:
                each.start(environ(each))
            yield found
        finally:
            for each in found:
                each.stop()
            for each in found:
                each.wait()
                print(*(each.log(part)[-3000:] for part in PARTS), sep="\n")  # shown where a test fails


class HesitantSlack(SlackSink):
    """Takes a message at once; while `closed`, its answer waits."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(**facts)
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
        try:
            yield
        finally:
            self.open.set()
