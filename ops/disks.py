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
ROOM_AGAIN = 1.25
"""Times its bound, from which on a disk that people were told of has room again: logs and backups that come and go move
it to and fro."""


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
        return "bad" if self.is_nearly_full() else "slow" if self.is_scarce() else "ok"

    @property
    def key(self) -> str:
        """What it is known by: its machine, and where it is there."""
        return f"{self.host} {self.place}"

    def is_nearly_full(self, times: float = 1.0) -> bool:
        """Whether a database may stop within minutes; by so many times the bound."""
        return self.free < times * LEAST_FREE

    def is_scarce(self, times: float = 1.0) -> bool:
        """Whether it is time to look; by so many times the bounds."""
        return self.is_nearly_full(times) or self.free < times * min(SCARCE_FREE, SCARCE_SHARE * self.size)


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
    return tuple(disk for disk in apart(disks) if disk.level != "ok")


def apart(disks: Iterable[Disk]) -> tuple[Disk, ...]:
    """Each machine's place once, the fullest first."""
    found = {disk.key: disk for disk in disks}
    return tuple(sorted(found.values(), key=lambda disk: disk.free))
