"""DOOR. The newsroom's process, as whoever measures sees it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.reading.hosts import address
from benchmarks.reading.processes import allow_sockets, cpu_seconds


@dataclass
class Room:
    """Where it listens, and with which chance a poll brings news."""

    process: subprocess.Popen[str]
    port: int
    news: float = 0.0

    @property
    def hook(self) -> str:
        """The receivers' address, but for a number of each."""
        return f"http://{address(0)}:{self.port}/hook"

    def counted(self) -> dict[str, Any]:
        """Answers by kind, and how a single host was asked at most. From now on news come with the chance `news`."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{self.news}\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))

    def cpu_s(self) -> float:
        """What it has used of the processor, which counts for nobody."""
        return cpu_seconds(self.process.pid)


@contextmanager
def room(hosts: int, seed: int) -> Iterator[Room]:
    """A newsroom on so many hosts, while the block lasts."""
    allow_sockets(hosts + 4096)
    told = json.dumps({"hosts": hosts, "seed": seed})
    command = [sys.executable, "-m", "benchmarks.scale.newsroom", told]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout
            first = process.stdout.readline()
            if not first:
                raise SystemExit("the newsroom did not start")
            yield Room(process, int(first))
        finally:
            process.terminate()
