"""newsboat: reads feeds into a database and tells nobody; its database shows what it found."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.journey.outside import Places
from benchmarks.journey.peers.peer import debian_version, missing_program

THREADS = 10


@dataclass
class Newsboat:
    """`newsboat -x reload`, with ten threads."""

    name: str = "newsboat"
    tells: str = "nobody"
    faults: bool = True
    place: Path = field(default_factory=Path)

    def missing(self) -> str:
        """One of Debian's packages."""
        return missing_program("newsboat", "newsboat")

    def version(self) -> str:
        """As Debian calls it."""
        return debian_version("newsboat")

    def prepare(self, place: Path, places: Places) -> None:
        """Its configuration and its list of feeds."""
        self.place = place
        (place / "config").write_text(f"reload-threads {THREADS}\n", encoding="utf-8")
        (place / "urls").write_text("\n".join(places.feeds) + "\n", encoding="utf-8")

    def command(self, *, first: bool) -> Sequence[str]:  # noqa: ARG002  it never tells anybody
        """One round."""
        files = ["-C", str(self.place / "config"), "-u", str(self.place / "urls"), "-c", str(self._cache)]
        return ["newsboat", *files, "-x", "reload"]

    def environ(self) -> Mapping[str, str]:
        """Nothing of whoever measures."""
        return {"HOME": str(self.place)}

    def known(self) -> set[str]:
        """From its cache."""
        with closing(sqlite3.connect(self._cache)) as database:
            return {guid.rpartition("/")[2] for (guid,) in database.execute("SELECT guid FROM rss_item")}

    @property
    def _cache(self) -> Path:
        return self.place / "cache.db"
