"""A disk that can be filled: a small file system in memory, where this machine lets us make one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SIZE = "400m"


@contextmanager
def small_disk(place: Path) -> Iterator[str]:
    """Makes `place` a file system of its own for as long as the block lasts; the value says why it could not, or is
    empty."""
    place.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        yield "only root may mount a file system"
        return
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=711", "pantau-chaos", str(place)],
        capture_output=True,
        text=True,
    )
    try:
        yield made.stderr.strip()
    finally:
        if made.returncode == 0:
            subprocess.run(["umount", "--lazy", str(place)], check=False)


@contextmanager
def full(place: Path) -> Iterator[None]:
    """Leaves not a byte free while the block lasts."""
    ballast = place / "ballast"
    try:
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                with suppress(OSError):
                    while file.write(b"\0" * size):
                        pass
        yield
    finally:
        ballast.unlink(missing_ok=True)
