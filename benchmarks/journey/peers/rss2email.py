"""rss2email: a mail for each entry, feed after feed."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.journey.outside import Places
from benchmarks.journey.peers.peer import missing_package

_HEAD = """[DEFAULT]
from = bot@bench.example
to = dewi@bench.example
email-protocol = smtp
smtp-server = 127.0.0.1
smtp-port = {port}
smtp-auth = False
smtp-ssl = False
"""


@dataclass
class Rss2email:
    """`r2e run`, with what it does by itself."""

    name: str = "rss2email"
    tells: str = "mail"
    faults: bool = True
    place: Path = field(default_factory=Path)

    def missing(self) -> str:
        """It is in the group `bench`."""
        return missing_package("rss2email")

    def version(self) -> str:
        """Its own."""
        return importlib.metadata.version("rss2email")

    def prepare(self, place: Path, places: Places) -> None:
        """Its configuration names every feed."""
        self.place = place
        feeds = "".join(f"\n[feed.f{n}]\nurl = {url}\n" for n, url in enumerate(places.feeds))
        (place / "r2e.cfg").write_text(_HEAD.format(port=places.mail_port) + feeds, encoding="utf-8")

    def command(self, *, first: bool) -> Sequence[str]:
        """One run; the first sends nothing."""
        program = str(Path(sys.executable).parent / "r2e")
        files = ["-c", str(self.place / "r2e.cfg"), "-d", str(self._state)]
        return [program, *files, "run", *(["--no-send"] if first else [])]

    def environ(self) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def known(self) -> set[str]:
        """What it has seen, from its file."""
        feeds = json.loads(self._state.read_text("utf-8"))["feeds"]
        return {guid.rpartition("/")[2] for feed in feeds for guid in feed["seen"]}

    @property
    def _state(self) -> Path:
        return self.place / "r2e.json"
