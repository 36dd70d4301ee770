"""One `up` per data directory, and how the other commands find it.

`up.lock` is held (flock) for as long as the supervisor lives and is free the moment it dies, whatever killed
it; `up.json` says what runs. Both lie in the data directory itself and not among the servers' files: those
belong to another account when Pantau runs as root, and root does not write where others may plant links.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from worker.errors import BadConfiguration, TryAgain

PATIENCE_S = 1.0
"""How long a start waits for the lock: `find_running` holds it for the blink of an eye, too."""


@dataclass(frozen=True, slots=True)
class Running:
    """A running `up`: its supervisor, the servers it uses and where its dashboard listens (None: nowhere)."""

    pid: int
    database: str
    redis: str
    address: str | None
    started: datetime


def to_json(running: Running) -> str:
    """The text of `up.json`."""
    return json.dumps(asdict(running) | {"started": running.started.isoformat()}, indent=1) + "\n"


def from_json(text: str) -> Running | None:
    """What a text of `up.json` says; None for anything that `to_json` would not have written."""
    try:
        told = json.loads(text)
        return Running(**told | {"started": datetime.fromisoformat(told["started"])})
    except (ValueError, TypeError, KeyError):
        return None


@contextmanager
def hold(data_dir: Path) -> Iterator[None]:
    """Hold the data directory for this process, or raise TryAgain naming the process that holds it.

    The directory is made where it is missing: for root one that others may pass through (the servers run as
    another account), else one for its owner alone. Leaving the block withdraws what `announce` said. Raises
    BadConfiguration where nothing can be written.
    """
    lock = _opened(data_dir)
    try:
        if not _lock(lock, fcntl.LOCK_EX, PATIENCE_S):
            raise TryAgain(_taken(data_dir, os.pread(lock, 32, 0)))
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        _state(data_dir).unlink(missing_ok=True)
        try:
            yield
        finally:
            _state(data_dir).unlink(missing_ok=True)
            os.ftruncate(lock, 0)
    finally:
        os.close(lock)


def announce(data_dir: Path, running: Running) -> None:
    """Say what runs here, in one step, for whoever asks `find_running`. Only the holder may."""
    fresh = _state(data_dir).with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(to_json(running))
    fresh.replace(_state(data_dir))


def find_running(data_dir: Path) -> Running | None:
    """The `up` that runs on this data directory and has announced itself, or None."""
    try:
        lock = os.open(_lock_path(data_dir), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return None if _lock(lock, fcntl.LOCK_SH, 0) else _announced(data_dir, os.pread(lock, 32, 0))
    finally:
        os.close(lock)


def _announced(data_dir: Path, holder: bytes) -> Running | None:
    try:
        running = from_json(_state(data_dir).read_text())
    except OSError:
        return None
    return running if running and str(running.pid).encode() == holder else None


def _taken(data_dir: Path, holder: bytes) -> str:
    running = _announced(data_dir, holder)
    pid = f"process {holder.decode()}" if holder.isdigit() else "another process"
    where = f" at {running.address}" if running and running.address else ""
    return (
        f"Pantau is already running on {data_dir}: {pid}{where}; "
        "stop that one first, or name another PANTAU_DATA_DIR"
    )


def _opened(data_dir: Path) -> int:
    try:
        _make(data_dir)
        return os.open(_lock_path(data_dir), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise BadConfiguration(
            f"cannot write {_lock_path(data_dir)} ({error.strerror}); "
            "name a directory of yours in PANTAU_DATA_DIR"
        ) from error


def _make(data_dir: Path) -> None:
    if not data_dir.is_dir():
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        data_dir.mkdir(exist_ok=True)
        data_dir.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _lock(file: int, kind: int, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        else:
            return True


def _lock_path(data_dir: Path) -> Path:
    return data_dir / "up.lock"


def _state(data_dir: Path) -> Path:
    return data_dir / "up.json"
