"""The library `reader` with a loop that tells what is unread: ten workers, then a POST for each entry.

`python -m benchmarks.journey.peers.reader SETTING` is one round.
"""

from __future__ import annotations

import importlib.metadata
import json
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from benchmarks.journey.outside import Places
from benchmarks.journey.peers.peer import missing_package

WORKERS = 10


@dataclass
class ReaderLoop:
    """A round of the loop is a process."""

    name: str = "reader + loop"
    tells: str = "webhook"
    faults: bool = True
    place: Path = field(default_factory=Path)

    def missing(self) -> str:
        """It is in the group `bench`, with sgmllib3k, which it needs and does not ask for."""
        return missing_package("reader") or missing_package("sgmllib3k")

    def version(self) -> str:
        """Its own."""
        return importlib.metadata.version("reader")

    def prepare(self, place: Path, places: Places) -> None:
        """Its setting."""
        self.place = place
        setting = {"feeds": places.feeds, "hook": places.hook, "database": str(self._database)}
        (place / "setting.json").write_text(json.dumps(setting), encoding="utf-8")

    def command(self, *, first: bool) -> Sequence[str]:
        """One round; in the first everything counts as read."""
        quiet = ["--tell-nobody"] if first else []
        setting = str(self.place / "setting.json")
        return [sys.executable, "-m", "benchmarks.journey.peers.reader", setting, *quiet]

    def environ(self) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def known(self) -> set[str]:
        """From its database."""
        with closing(sqlite3.connect(self._database)) as database:
            return {guid.rpartition("/")[2] for (guid,) in database.execute("SELECT id FROM entries")}

    @property
    def _database(self) -> Path:
        return self.place / "reader.sqlite"


def _main(setting_file: str, *, tell: bool) -> None:
    from reader import make_reader  # noqa: PLC0415  a peer that need not be installed

    setting = json.loads(Path(setting_file).read_text("utf-8"))
    with closing(make_reader(setting["database"])) as reader:
        if not tell:
            for url in setting["feeds"]:
                reader.add_feed(url, exist_ok=True)
        reader.update_feeds(scheduled=False, workers=WORKERS)
        for entry in list(reader.get_entries(read=False)):
            if not tell or _taken(setting["hook"], {"title": entry.title, "link": entry.link}):
                reader.mark_entry_as_read(entry)


def _taken(hook: str, what: Mapping[str, str | None]) -> bool:
    asked = Request(hook, json.dumps(what).encode(), {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urlopen(asked, timeout=30) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    _main(sys.argv[1], tell="--tell-nobody" not in sys.argv)
