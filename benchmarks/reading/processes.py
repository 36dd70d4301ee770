"""What process trees use, from /proc (Linux alone): processor seconds and megabytes."""

from __future__ import annotations

import os
import resource
import signal
from contextlib import suppress
from pathlib import Path

from ops.children import children_of

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def tree(root: int) -> list[int]:
    """The process and all that it has started, and they."""
    children: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(place.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def cpu_seconds(root: int) -> float:
    """Processor seconds of the tree so far, those of ended children included."""
    total = 0
    for pid in tree(root):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(each) for each in fields[11:15])
    return total / _TICKS


def megabytes(root: int) -> float:
    """Memory of the tree, in MB (10^6), what its processes share divided among them (PSS)."""
    return sum(megabytes_of(pid) for pid in tree(root))


def megabytes_of(pid: int) -> float:
    """Memory of one process, and its part of what it shares; 0 for one that has ended."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return (
        next((int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")), 0)
        / 1e6
    )


def cpu_by_part(root: int) -> dict[str, float]:
    """Processor seconds so far of each child of an installation with all that it started, by the part's name."""
    found: dict[str, float] = {}
    for pid, command in children_of(root).items():
        name = part_of(command)
        found[name] = found.get(name, 0.0) + cpu_seconds(pid)
    return found


def part_of(command: str) -> str:
    """What a child of an installation is called: the name of a worker, "beat", "web", or its program's."""
    words = command.split()
    if "--name" in words:
        return words[words.index("--name") + 1]
    return (
        "beat" if "beat" in words else "web" if "web" in words else Path(words[0]).name if words else "ended"
    )


def kill(root: int) -> None:
    """Ends the whole tree at once, as the machine's own end would: whoever could start others again first."""
    for pid in tree(root):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def allow_sockets(wanted: int) -> None:
    """So many files may be open at once in this process and those that it starts, as far as the machine lets it: each
    host listens on a socket of its own, and each connection takes one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    possible = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < possible:
        resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
