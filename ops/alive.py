"""SHELL. A worker's sign of life in the database, as long as it lives: who counts workers needs no broker for it.

With it goes what the worker is and does at that moment, for the page that lists them.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from ops import kit
from ops.children import children_of
from ops.store import ticking
from worker.settings import Settings
from worker.store.engine import DatabaseTrouble, Engine, open_engine

EVERY_S = 3.0
"""Less than a third of the time after which a worker without a sign counts as dead
(`ops.store.ticking.DEAD_AFTER_S`). It hangs on Celery's heart, which beats every two seconds."""

_MEMORY_S = 20.0  # to count a large worker's memory takes some hundredths of a second


@dataclass(slots=True)
class Alive:
    """The sign of one worker, on one connection that it keeps: PostgreSQL takes 5 ms of the processor to open one. It
    stays open in the processes that are forked from this one, which never use it (and psycopg closes none that another
    process has opened)."""

    settings: Settings
    name: str = field(default_factory=lambda: os.environ.get("PANTAU_WORKER_NAME", "worker"))
    again_at: float | None = None
    was_seen: bool = False
    engine: Engine | None = None
    queues: tuple[str, ...] = ()
    slots: int = 0
    busy: Callable[[], int] = lambda: 0
    since: datetime = field(default_factory=kit.clock)
    process: dict[str, object] = field(default_factory=dict)
    process_until: float = 0.0

    @property
    def part(self) -> str:
        """Under which name the sign stands: that of a run, where a supervisor waits for it."""
        return f"worker:{self.name}:{os.environ.get('PANTAU_RUN') or os.getpid()}"

    def database(self) -> Engine:
        """The way to the database, opened at first use."""
        if self.engine is None:
            self.engine = open_engine(kit.database(self.settings), pool_size=1)
        return self.engine

    def says(self, now: float) -> dict[str, object]:
        """What the worker is, and how busy: `ops.store.pages.workers` reads it."""
        if not self.process or now >= self.process_until:
            self.process, self.process_until = this_process(self.since) | self._disk(), now + _MEMORY_S
        return {
            **self.process,
            "name": self.name,
            "queues": list(self.queues),
            "slots": self.slots,
            "busy": self.busy(),
        }

    def _disk(self) -> dict[str, object]:
        """What is free where the data directory is; nothing where nobody tells."""
        try:
            room = shutil.disk_usage(existing(self.settings.data_dir))
        except OSError:
            return {}
        return {"disk": {"place": str(self.settings.data_dir), "free": room.free, "size": room.total}}

    def begin(self, now: float) -> None:
        """The worker is ready, and says so from now on; `now` in seconds of a steady clock."""
        self.again_at = now
        self.go_on(now)

    def go_on(self, now: float) -> None:
        """Another sign, where it is time; a database that does not answer is asked again later. That holds for the
        first one too: without any a worker that works would be killed for not becoming ready."""
        if self.again_at is None or now < self.again_at:
            return
        self.again_at = now + EVERY_S
        try:
            self._leave_sign(now)
        except DatabaseTrouble as trouble:
            structlog.get_logger("worker").warning("no_sign_of_life_left", error=type(trouble).__name__)

    def _leave_sign(self, now: float) -> None:
        with self.database().begin() as connection:
            if not self.was_seen:
                ticking.forget_old(connection)
            ticking.beat(connection, self.part, self.says(now))
        self.was_seen = True

    def end(self) -> None:
        """No sign any more: the worker ends by itself. One that was killed is missed within seconds."""
        if self.again_at is None:
            return
        self.again_at = None
        try:
            with self.database().begin() as connection:
                ticking.forget(connection, self.part)
        except DatabaseTrouble as trouble:
            structlog.get_logger("worker").warning("sign_of_life_left_behind", error=type(trouble).__name__)
        self.database().dispose()


def existing(path: Path) -> Path:
    """The path, or what there is of it: a directory that is not made yet will be on the disk of the one above."""
    return path if path.exists() or path == path.parent else existing(path.parent)


def this_process(since: datetime) -> dict[str, object]:
    """Where this process runs, which, since when, in which version, and how much memory it has with its children."""
    return {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "since": since.isoformat(timespec="seconds"),
        "version": kit.our_version(),
        "memory": _memory(),
    }


def _memory() -> int | None:
    """The bytes of this process and its children, what they share counted once (Linux); None where nobody tells."""
    try:
        return sum(_share_of(pid) for pid in (os.getpid(), *children_of(os.getpid()))) or None
    except OSError:
        return None


def _share_of(pid: int) -> int:
    """What is a process's own, and its share of what it shares; 0 for one that has ended meanwhile."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
