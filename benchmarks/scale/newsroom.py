"""A newsroom of very many feeds on many hosts, and the receivers of messages, in one process of its own.

`python -m benchmarks.scale.newsroom SETTING` with a JSON object {"hosts", "seed"}; prints its port, then takes the
chance of news from each line of its input, answers with what it counted so far, and ends when its input does.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from benchmarks.reading.hosts import Asked, Hosts, address, reply
from benchmarks.scale import paper

_RSS = "Content-Type: application/rss+xml"


@dataclass
class Newsroom:
    """What stands in each feed, and what was asked. With each request of a feed it has a new entry with the chance
    `news`."""

    words: paper.Words
    hosts: int
    dice: random.Random
    news: float = 0.0
    port: int = 0
    newest: dict[int, tuple[int, float]] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=Counter)

    async def answer(self, asked: Asked) -> bytes:
        """A feed, a page, or what a receiver says."""
        match asked.path.split("/"):
            case ["", "feed", feed]:
                return self._feed(int(feed), asked)
            case ["", "page", feed, entry]:
                self.counted["pages"] += 1
                body = paper.page(self.words, int(feed), int(entry))
                return reply(200, body, "Content-Type: text/html; charset=utf-8")
            case ["", "hook", _]:
                self.counted["messages"] += 1
                return reply(200, b"ok")
        self.counted["elsewhere"] += 1
        return reply(404, b"", "Content-Type: text/plain")

    def _feed(self, feed: int, asked: Asked) -> bytes:
        newest, came = self.newest.get(feed, (paper.ENTRIES, 0.0))
        if self.dice.random() < self.news:
            newest, came = self.newest[feed] = (newest + 1, time.time())  # noqa: TID251  the newsroom's own clock
        modified = datetime.fromtimestamp(came or paper.published(paper.ENTRIES).timestamp(), UTC)
        headers = _RSS, f'ETag: "{newest}"', f"Last-Modified: {format_datetime(modified, usegmt=True)}"
        if asked.says("If-None-Match", f'"{newest}"'):
            self.counted["304"] += 1
            return reply(304, b"", *headers)
        self.counted["200"] += 1
        base = f"http://{address(feed % self.hosts)}:{self.port}"
        return reply(200, paper.document(self.words, feed, newest, base, came), *headers)


async def _run(setting: dict[str, int]) -> None:
    seed, hosts = setting["seed"], setting["hosts"]
    room = Newsroom(paper.words(seed), hosts, random.Random(seed))
    listening = Hosts(room.answer)
    room.port, servers = await listening.listen(hosts)
    _say(room.port)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        room.news = float(line)
        _say({**room.counted, **listening.counted()})
    for each in servers:
        each.close()


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_run(json.loads(sys.argv[1])))
