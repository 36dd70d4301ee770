"""PURE. Whether the disks below the parts of an installation fill up. What a worker sees of its data directory's disk
goes with its sign of life; with the bundled servers that is the database's disk, elsewhere nobody of us sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

GIB = 1024**3
LEAST_FREE = GIB
"""Below this a database may stop within minutes."""
SCARCE_FREE, SCARCE_SHARE = 10 * GIB, 0.05
"""Below both it is time to look: a twentieth of a large disk is enough for months."""


@dataclass(frozen=True, slots=True)
class Disk:
    """What is free in bytes, of how many, on the disk of a worker's data directory."""

    host: str
    place: str
    worker: str
    free: int
    size: int

    @property
    def level(self) -> Literal["ok", "slow", "bad"]:
        """Whether there is room; `slow`: for a while."""
        if self.free < LEAST_FREE:
            return "bad"
        return "slow" if self.free < SCARCE_FREE and self.free < SCARCE_SHARE * self.size else "ok"


def disks_of(signs: Iterable[Mapping[str, Any]]) -> tuple[Disk, ...]:
    """The disks that these signs of life tell of, each machine's once for each kind of worker, the fullest first."""
    found: dict[tuple[str, str, str], Disk] = {}
    for sign in signs:
        told = sign.get("disk")
        if told:
            disk = Disk(sign["host"] or "", told["place"], sign["worker"] or "", told["free"], told["size"])
            found.setdefault((disk.host, disk.place, disk.worker), disk)
    return tuple(sorted(found.values(), key=lambda disk: disk.free))


def filling(disks: Iterable[Disk]) -> tuple[Disk, ...]:
    """Those that have little room left, the fullest first, each machine's place once."""
    scarce = {(disk.host, disk.place): disk for disk in disks if disk.level != "ok"}
    return tuple(sorted(scarce.values(), key=lambda disk: disk.free))
