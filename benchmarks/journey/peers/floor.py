"""The least that anything in Python can cost: aiohttp, a hash of the body, and (in the second) feedparser.

`python -m benchmarks.journey.peers.floor SETTING` is one round.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.metadata
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import feedparser

from benchmarks.journey.outside import Places
from benchmarks.journey.peers.peer import missing_package

AT_ONCE = 64
PATIENCE = aiohttp.ClientTimeout(total=30)


@dataclass
class Floor:
    """One of the two floors."""

    parse: bool
    place: Path = field(default_factory=Path)

    @property
    def name(self) -> str:
        """Its name in the table."""
        return "floor-feedparser" if self.parse else "floor-hash"

    @property
    def tells(self) -> str:
        """Without a parser there is nothing to tell."""
        return "webhook" if self.parse else "nothing"

    @property
    def faults(self) -> bool:
        """It keeps no promise that could be broken."""
        return self.parse

    def missing(self) -> str:
        """Pantau needs both packages itself."""
        return missing_package("feedparser")

    def version(self) -> str:
        """Of what it is made of."""
        parts = ("aiohttp", "feedparser") if self.parse else ("aiohttp",)
        return ", ".join(f"{part} {importlib.metadata.version(part)}" for part in parts)

    def prepare(self, place: Path, places: Places) -> None:
        """Its setting."""
        self.place = place
        setting = {"feeds": places.feeds, "hook": places.hook, "parse": self.parse, "state": str(self._state)}
        (place / "setting.json").write_text(json.dumps(setting), encoding="utf-8")

    def command(self, *, first: bool) -> Sequence[str]:
        """One round."""
        quiet = ["--tell-nobody"] if first else []
        setting = str(self.place / "setting.json")
        return [sys.executable, "-m", "benchmarks.journey.peers.floor", setting, *quiet]

    def environ(self) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def known(self) -> set[str]:
        """From its own file."""
        return {
            guid.rpartition("/")[2]
            for feed in json.loads(self._state.read_text("utf-8")).values()
            for guid in feed["known"]
        }

    @property
    def _state(self) -> Path:
        return self.place / "state.json"


def floors() -> Iterator[Floor]:
    """Both."""
    yield Floor(parse=False)
    yield Floor(parse=True)


async def _round(setting: Mapping[str, Any], state: dict[str, Any], *, tell: bool) -> None:
    places = asyncio.Semaphore(AT_ONCE)
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as session:

        async def look(url: str) -> None:
            async with places:
                await _look(session, url, state.setdefault(url, {"known": []}), setting, tell=tell)

        await asyncio.gather(*(look(url) for url in setting["feeds"]))


async def _look(
    session: aiohttp.ClientSession, url: str, feed: dict[str, Any], setting: Mapping[str, Any], *, tell: bool
) -> None:
    headers = {"If-None-Match": feed["etag"]} if feed.get("etag") else {}
    async with session.get(url, headers=headers) as answer:
        body = await answer.read() if answer.status == 200 else b""
    digest = hashlib.blake2b(body, digest_size=16).hexdigest()
    if not body or digest == feed.get("hash"):
        return
    if setting["parse"]:
        known = set(feed["known"])
        new = [entry for entry in feedparser.parse(body).entries if entry.id not in known]
        for entry in reversed(new):
            if not tell or await _told(session, setting["hook"], entry):
                feed["known"].append(entry.id)
        if {entry.id for entry in new} - set(feed["known"]):
            return  # what was not taken is told again, so the feed must be read again
    feed["etag"], feed["hash"] = answer.headers.get("ETag"), digest


async def _told(session: aiohttp.ClientSession, hook: str, entry: Any) -> bool:
    try:
        async with session.post(hook, json={"title": entry.title, "link": entry.link}) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


def _main(setting_file: str, *, tell: bool) -> None:
    setting = json.loads(Path(setting_file).read_text("utf-8"))
    file = Path(setting["state"])
    state = json.loads(file.read_text("utf-8")) if file.exists() else {}
    try:
        asyncio.run(_round(setting, state, tell=tell))
    finally:
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(state), encoding="utf-8")
        fresh.replace(file)


if __name__ == "__main__":
    _main(sys.argv[1], tell="--tell-nobody" not in sys.argv)
