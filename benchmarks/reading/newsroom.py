"""A newsroom of many hosts in one process: serves feeds, and keeps count of how each host was asked.

`python -m benchmarks.reading.newsroom SETTING` with a JSON object {"feeds", "hosts", "seed"}; prints its port, then
serves until its input is closed, and prints what it counted.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from dataclasses import dataclass, field
from hashlib import blake2b

from benchmarks.reading.hosts import Asked, Hosts, address, reply

ITEMS = 20
CHANGES, BROKEN, SLOW, SLOW_S = 0.05, 0.02, 0.01, 10.0


def feed_url(feed: int, hosts: int, port: int) -> str:
    """Where a feed is served."""
    return f"http://{address(feed % hosts)}:{port}/feed/{feed}"


def link(feed: int, item: int) -> str:
    """The page behind an item."""
    return f"https://feed{feed}.example/{item}"


def document(feed: int, version: int) -> bytes:
    """A feed's document: its newest twenty items, one more with each version."""
    items = "".join(
        f"<item><title>Feed {feed} tells piece of news {n}</title><link>{link(feed, n)}</link>"
        f"<guid>{link(feed, n)}</guid><description>What happened in piece {n}, in a sentence or two of plain "
        f"text that says nothing of importance to anybody.</description></item>"
        for n in range(version + ITEMS, version, -1)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Feed {feed}</title>'
        f"<link>https://feed{feed}.example/</link>{items}</channel></rss>"
    ).encode()


def kind(feed: int, seed: int) -> str:
    """What a feed is like, the same in every process: "broken", "slow", "plain" (no validators) or "good"."""
    number = int.from_bytes(blake2b(f"{seed}:{feed}".encode(), digest_size=4).digest()) / 2**32
    if number < BROKEN:
        return "broken"
    if number < BROKEN + SLOW:
        return "slow"
    return "plain" if number > 0.5 else "good"


@dataclass
class Newsroom:
    """All feeds, with their versions and how they were answered."""

    seed: int
    versions: dict[int, int] = field(default_factory=dict)
    answers: dict[int, int] = field(default_factory=dict)
    dice: random.Random = field(default_factory=lambda: random.Random(1))

    async def answer(self, asked: Asked) -> bytes:
        """A feed, as it is now."""
        feed = int(asked.path.rpartition("/")[2])
        what = kind(feed, self.seed)
        if what == "slow":
            await asyncio.sleep(SLOW_S)
        if what == "broken":
            return self._reply(500, b"out of order", "")
        if self.dice.random() < CHANGES:
            self.versions[feed] = self.versions.get(feed, 0) + 1
        version = self.versions.get(feed, 0)
        etag = f'"{version}"' if what != "plain" else ""
        if etag and asked.says("If-None-Match", etag):
            return self._reply(304, b"", etag)
        return self._reply(200, document(feed, version), etag)

    def _reply(self, status: int, body: bytes, etag: str) -> bytes:
        self.answers[status] = self.answers.get(status, 0) + 1
        return reply(status, body, "Content-Type: application/rss+xml", *([f"ETag: {etag}"] if etag else []))


async def _run(setting: dict[str, int]) -> None:
    room = Newsroom(setting["seed"])
    hosts = Hosts(room.answer)
    port, servers = await hosts.listen(setting["hosts"])
    _say(port)
    await asyncio.to_thread(sys.stdin.read)
    for each in servers:
        each.close()
    _say({"answers": room.answers, **hosts.counted()})


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_run(json.loads(sys.argv[1])))
