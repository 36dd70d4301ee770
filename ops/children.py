"""DOOR. The processes that a process has started, with their command lines: from /proc, or from ps where there
is none (macOS).
"""

from __future__ import annotations

import subprocess
from pathlib import Path

PROC = Path("/proc")


def children_of(parent: int) -> dict[int, str]:
    """The command line of each living child by its pid."""
    return _from_proc(parent) if (PROC / "self").exists() else _from_ps(parent)


def _from_proc(parent: int) -> dict[int, str]:
    found = {}
    for place in PROC.glob("[0-9]*"):
        try:
            after_name = (place / "stat").read_text().rpartition(")")[2].split()
            if int(after_name[1]) == parent:
                found[int(place.name)] = (
                    (place / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                )
        except OSError:
            continue  # it has ended meanwhile
    return found


def _from_ps(parent: int) -> dict[int, str]:
    command = ("/bin/ps", "-axo", "pid=,ppid=,args=")
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    rows = (line.split(None, 2) for line in listed.splitlines())
    return {int(row[0]): row[2] for row in rows if len(row) == 3 and int(row[1]) == parent}
