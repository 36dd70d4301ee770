"""A newsroom of many hosts in one process: serves feeds, and keeps count of how each host was asked.

`python -m benchmarks.reading.newsroom SETTING` with a JSON object {"feeds", "hosts", "seed"}; prints its port, then
serves until its input is closed, and prints what it counted. Written on bare asyncio, so that it leaves the processor
to what is measured.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from hashlib import blake2b

ITEMS = 20
CHANGES, BROKEN, SLOW, SLOW_S = 0.05, 0.02, 0.01, 10.0
WINDOWS_S = (1.0, 5.0)


def address(host: int) -> str:
    """The loopback address of a host by its number."""
    return f"127.1.{host // 250}.{host % 250 + 1}"


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
class Host:
    """How one host was asked: at most so many within each window, and at once."""

    times: deque[float] = field(default_factory=deque)
    within: dict[float, int] = field(default_factory=lambda: dict.fromkeys(WINDOWS_S, 0))
    open: int = 0
    most_open: int = 0

    def asked(self, now: float) -> None:
        """Counts a request."""
        self.times.append(now)
        while self.times[0] < now - max(WINDOWS_S):
            self.times.popleft()
        for window in WINDOWS_S:
            self.within[window] = max(
                self.within[window], sum(1 for each in self.times if each > now - window)
            )
        self.open += 1
        self.most_open = max(self.most_open, self.open)


@dataclass
class Newsroom:
    """All hosts and feeds."""

    seed: int
    hosts: dict[str, Host] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)
    answers: dict[int, int] = field(default_factory=dict)
    dice: random.Random = field(default_factory=lambda: random.Random(1))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept alive."""
        host = self.hosts.setdefault(writer.get_extra_info("sockname")[0], Host())
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                host.asked(time.monotonic())
                try:
                    writer.write(await self._answer(head))
                    await writer.drain()
                finally:
                    host.open -= 1
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: str) -> bytes:
        feed = int(head.split(" ", 2)[1].rpartition("/")[2])
        what = kind(feed, self.seed)
        if what == "slow":
            await asyncio.sleep(SLOW_S)
        if what == "broken":
            return self._reply(500, b"out of order", "")
        if self.dice.random() < CHANGES:
            self.versions[feed] = self.versions.get(feed, 0) + 1
        version = self.versions.get(feed, 0)
        etag = f'"{version}"' if what != "plain" else ""
        if etag and f"if-none-match: {etag}\r\n" in head.lower():
            return self._reply(304, b"", etag)
        return self._reply(200, document(feed, version), etag)

    def _reply(self, status: int, body: bytes, etag: str) -> bytes:
        self.answers[status] = self.answers.get(status, 0) + 1
        lines = [f"HTTP/1.1 {status} x", "Content-Type: application/rss+xml"]
        lines += [f"ETag: {etag}"] if etag else []
        lines += [f"Content-Length: {len(body)}"] if status != 304 else []
        return "\r\n".join([*lines, "", ""]).encode() + body

    def counted(self) -> dict[str, object]:
        """What the hosts saw."""
        seen = list(self.hosts.values()) or [Host()]
        return {
            "answers": self.answers,
            "most_within_s": {f"{window:g}": max(h.within[window] for h in seen) for window in WINDOWS_S},
            "most_at_once": max(h.most_open for h in seen),
        }


async def _run(setting: dict[str, int]) -> None:
    room = Newsroom(setting["seed"])
    server = await asyncio.start_server(room.serve, address(0), 0)
    port = server.sockets[0].getsockname()[1]
    others = [
        await asyncio.start_server(room.serve, address(host), port) for host in range(1, setting["hosts"])
    ]
    _say(port)
    await asyncio.to_thread(sys.stdin.read)
    for each in (server, *others):
        each.close()
    _say(room.counted())


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_run(json.loads(sys.argv[1])))
