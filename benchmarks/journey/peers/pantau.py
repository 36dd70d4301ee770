"""Pantau: `pantau up` with a watchlist, its own PostgreSQL and Valkey and all; read through its store."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from benchmarks.journey.outside import Places
from ops.lockfile import find_running
from worker.secrets import Secret
from worker.store.engine import open_engine

SHORTEST = "5s"
USUAL_S = 60.0
"""How often a feed is asked at first where nothing is said."""

_KNOWN = text("SELECT link FROM entries WHERE link IS NOT NULL")
_UNREAD = text("SELECT count(*) FROM entries WHERE state = 'new'")


@dataclass
class Pantau:
    """An installation. `every`: of each feed, empty for what it does by itself; `pages`: whether it reads them."""

    name: str
    tells: str = "mail"
    every: str = SHORTEST
    pages: bool = True
    faults: bool = False
    place: Path = field(default_factory=Path)
    mail_port: int = 0

    @property
    def every_s(self) -> float:
        """Seconds between two polls of a feed."""
        return float(self.every[:-1]) if self.every else USUAL_S

    def missing(self) -> str:
        """It is what this repository is."""
        return ""

    def version(self) -> str:
        """Its own."""
        return importlib.metadata.version("pantau")

    def prepare(self, place: Path, places: Places) -> None:
        """Its watchlist: every feed, one topic that matches all news, one channel."""
        self.place, self.mail_port = place, places.mail_port
        for file, pages in ((self._first, False), (self._watchlist, self.pages)):
            file.write_text(self._watches(places, pages=pages), encoding="utf-8")

    def command(self, *, first: bool) -> Sequence[str]:
        """The whole installation; it takes in what is there without the pages."""
        watchlist = ["--watchlist", str(self._first)] if first else []
        return [sys.executable, "-m", "ops", "up", "--port", "0", *watchlist]

    def applying(self) -> Sequence[str]:
        """What it is told once it has taken in what was there."""
        return [sys.executable, "-m", "ops", "apply", str(self._watchlist)]

    def _watches(self, places: Places, *, pages: bool) -> str:
        more = (f'every = "{self.every}"\n' if self.every else "") + ("" if pages else "full_text = false\n")
        feeds = "".join(f'[[feed]]\nurl = "{url}"\n{more}' for url in places.feeds)
        target = 'email = "dewi@bench.example"' if self.tells == "mail" else f'webhook = "{places.hook}"'
        return (
            f'{feeds}\n[[topic]]\nname = "News"\nquery = "jrn*"\n'
            f'[[channel]]\nname = "one"\n{target}\n'
            '[[subscription]]\ntopics = ["News"]\nchannels = ["one"]\ngroup = "off"\ncap_per_hour = 1000000\n'
        )

    @property
    def _first(self) -> Path:
        return self.place / "first.toml"

    @property
    def _watchlist(self) -> Path:
        return self.place / "watchlist.toml"

    def environ(self) -> Mapping[str, str]:
        """Where its data lies, and that the newsroom's network is allowed."""
        inherited = {name: "" for name in os.environ if name.startswith("PANTAU_")}
        return inherited | {
            "PANTAU_DATA_DIR": str(self.place / "data"),
            "PANTAU_ALLOW_NETS": "127.0.0.0/8",
            "PANTAU_SMTP_URL": f"smtp://127.0.0.1:{self.mail_port}?tls=none",
            "PANTAU_MAIL_FROM": "Pantau <pantau@bench.example>",
            "PANTAU_LOG": "json",
        }

    def known(self) -> set[str]:
        """From its database."""
        return {str(link).rpartition("/")[2] for (link,) in self._rows(_KNOWN)}

    def unread(self) -> int:
        """How many entries wait for being read."""
        return int(str(self._rows(_UNREAD)[0][0]))

    def _rows(self, query: object) -> Sequence[Sequence[object]]:
        running = find_running(self.place / "data")
        assert running is not None, "pantau up does not run"
        engine = open_engine(Secret(running.database), pool_size=1)
        try:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(query)]  # type: ignore[call-overload]
        finally:
            engine.dispose()


def pantaus() -> Iterator[Pantau]:
    """Four ways to run it: all of it by mail, without pages, by webhook, and at its own pace."""
    yield Pantau("Pantau", faults=True)
    yield Pantau("Pantau without pages", pages=False)
    yield Pantau("Pantau by webhook", tells="webhook", faults=True)
    yield Pantau("Pantau at its own pace", every="")
