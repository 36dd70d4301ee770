"""DOOR. A whole Pantau as `up` runs it, more workers beside it, and what all of them use."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.reading.processes import cpu_by_part, cpu_seconds, kill, megabytes_of, part_of, tree
from benchmarks.scale.setting import Setting
from ops.children import children_of
from ops.lockfile import Running, find_running

_READY_S = 600.0
"""A hundred thousand topics, on a machine that does other things."""


@dataclass
class Installation:
    """What runs, by the process that each part began with."""

    up: subprocess.Popen[bytes]
    running: Running
    log: Path
    more: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def database(self) -> str:
        """Where its PostgreSQL is."""
        return self.running.database

    def cpu_s(self) -> dict[str, float]:
        """Processor seconds so far by part; workers beside `up` are of the part that they share the work of."""
        found = cpu_by_part(self.up.pid)
        found["supervisor"] = cpu_seconds(self.up.pid) - sum(found.values())
        for name, process in self.more.items():
            part = name.partition("-")[0]
            found[part] = found.get(part, 0.0) + cpu_seconds(process.pid)
        return found

    def mb(self) -> dict[str, list[float]]:
        """MB of each process by part, the largest first; what they share is divided among them."""
        roots = [(part_of(command), pid) for pid, command in children_of(self.up.pid).items()]
        roots += [(name.partition("-")[0], process.pid) for name, process in self.more.items()]
        found: dict[str, list[float]] = {}
        for name, root in roots:
            found.setdefault(name, []).extend(megabytes_of(pid) for pid in tree(root))
        return {name: sorted(sizes, reverse=True) for name, sizes in found.items()}

    def lines(self, since: int) -> Iterator[dict[str, object]]:
        """What it has logged from that byte on."""
        with self.log.open("rb") as file:
            file.seek(since)
            for line in file:
                try:
                    told = json.loads(line)
                except ValueError:
                    continue
                if isinstance(told, dict):
                    yield told


def environ(data: Path, secret: str) -> dict[str, str]:
    """That of every part: nothing of ours reaches it but where its data lies and that loopback is allowed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PANTAU_")}
    return inherited | {
        "PANTAU_DATA_DIR": str(data),
        "PANTAU_SECRET_KEY": secret,
        "PANTAU_ALLOW_NETS": "127.0.0.0/8",
        "PANTAU_LOG": "json",
        "PANTAU_ROBOTS": "on",
    }


@contextmanager
def installation(data: Path, secret: str, setting: Setting) -> Iterator[Installation]:
    """It runs while the block does, with the workers that were asked for beside."""
    log = data.parent / "pantau.log"
    told = environ(data, secret)
    with ExitStack() as stack:
        output = stack.enter_context(log.open("ab"))
        before = log.stat().st_size
        command = [sys.executable, "-m", "ops", "up", "--port", "0"]
        up = subprocess.Popen(command, env=told, stdout=output, stderr=output)  # noqa: S603
        stack.callback(_end, up)
        _wait_for(b"ready http", log, before, [up])
        running = find_running(data)
        assert running is not None
        found = Installation(up, running, log)
        told |= {"PANTAU_DATABASE_URL": running.database, "PANTAU_REDIS_URL": running.redis}
        for queue, count in (("poll", setting.more_polling), ("read", setting.more_reading)):
            for n in range(2, 2 + count):
                before = log.stat().st_size
                command = [sys.executable, "-m", "ops", "worker", "--queues", queue, "--name", f"{queue}-{n}"]
                worker = subprocess.Popen(command, env=told, stdout=output, stderr=output)  # noqa: S603
                found.more[f"{queue}-{n}"] = worker
                stack.callback(_end, worker)
                _wait_for(b"worker_ready", log, before, [up, worker])
        yield found


def _wait_for(word: bytes, log: Path, since: int, processes: list[subprocess.Popen[bytes]]) -> None:
    until = time.monotonic() + _READY_S
    while word not in log.read_bytes()[since:]:
        if time.monotonic() > until or any(process.poll() is not None for process in processes):
            raise SystemExit(f"it did not get ready:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.2)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(90)
        except subprocess.TimeoutExpired:
            kill(process.pid)
            process.wait()
