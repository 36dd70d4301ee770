"""The world around a peer, in a process of its own: feeds, the pages behind them, and who is told by mail and webhook.

`python -m benchmarks.journey.newsroom FEEDS SLOW_S` prints where everything is, then obeys commands, a JSON object a
line, and answers each with one; it ends when its input does. What counts as told is what it *accepted* (250, 200).
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import format_datetime
from itertools import cycle
from typing import Any

from benchmarks.journey import paper
from benchmarks.reading.hosts import Asked, Hosts, address, reply
from ops.newsroom.script import Accept, Answer, HangUp, RefuseAtEnd
from ops.newsroom.smtp_session import Envelope, Session

_MOST_BYTES = 4 * 1024 * 1024


@dataclass
class Feeds:
    """What stands in each feed, and what was asked."""

    slow_s: float = paper.SLOW_S
    port: int = 0
    newest: dict[int, int] = field(default_factory=dict)
    came: dict[int, float] = field(default_factory=dict)
    waiting: dict[int, list[str]] = field(default_factory=dict)
    published: dict[str, float] = field(default_factory=dict)
    served: dict[str, float] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    asked: Counter[int] = field(default_factory=Counter)
    printed: dict[int, tuple[int, bytes, bytes]] = field(default_factory=dict)

    def publish(self, news: Mapping[str, int], now: float) -> list[str]:
        """So many new entries in each of these feeds; returns their tokens."""
        tokens = []
        for feed, entries in ((int(name), count) for name, count in news.items()):
            first = self.newest.get(feed, paper.ENTRIES) + 1
            self.newest[feed], self.came[feed] = first + entries - 1, now
            fresh = [paper.token(feed, entry) for entry in range(first, first + entries)]
            self.waiting.setdefault(feed, []).extend(fresh)
            tokens += fresh
        self.published |= dict.fromkeys(tokens, now)
        return tokens

    async def answer(self, asked: Asked) -> bytes:
        """A feed or a page; nothing else is here."""
        match asked.path.split("/"):
            case ["", "feed", feed]:
                return await self._feed(int(feed), asked)
            case ["", "page", feed, token]:
                self.answers["pages"] += 1
                return reply(
                    200, paper.page(int(feed), int(token[-4:])), "Content-Type: text/html; charset=utf-8"
                )
        self.answers["elsewhere"] += 1
        return reply(404, b"", "Content-Type: text/plain")

    async def _feed(self, feed: int, asked: Asked) -> bytes:
        self.asked[feed] += 1
        if paper.kind(feed) == "slow":
            await asyncio.sleep(self.slow_s)
        if paper.kind(feed) == "gone":
            self.answers["404"] += 1
            return reply(404, b"gone", "Content-Type: text/plain")
        newest = self.newest.get(feed, paper.ENTRIES)
        moment = datetime.fromtimestamp(self.came.get(feed, 1_767_225_600), UTC)
        etag, modified = f'"{newest}"', format_datetime(moment, usegmt=True)
        headers = ("Content-Type: application/rss+xml", f"ETag: {etag}", f"Last-Modified: {modified}")
        if self._has_it(asked, etag, modified):
            self.answers["304"] += 1
            return reply(304, b"", *headers)
        self.answers["200"] += 1
        for token in self.waiting.pop(feed, []):
            self.served[token] = time.time()  # noqa: TID251  the newsroom's own clock
        plain, packed = self._print(feed, newest)
        if "gzip" in asked.head.lower().partition("accept-encoding:")[2].partition("\r\n")[0]:
            return reply(200, packed, *headers, "Content-Encoding: gzip")
        return reply(200, plain, *headers)

    def _has_it(self, asked: Asked, etag: str, modified: str) -> bool:
        """RFC 9110, 13.2.2: the date counts only where there is no tag."""
        if "\r\nif-none-match:" in asked.head.lower():
            return asked.says("If-None-Match", etag)
        return asked.says("If-Modified-Since", modified)

    def _print(self, feed: int, newest: int) -> tuple[bytes, bytes]:
        kept = self.printed.get(feed)
        if kept is None or kept[0] != newest:
            base = f"http://{address(feed)}:{self.port}"
            plain = paper.document(feed, newest, base, self.came.get(feed, 0.0))
            kept = self.printed[feed] = (newest, plain, gzip.compress(plain, 6))
        return kept[1:]


@dataclass
class Receivers:
    """Who is told: takes everything, refuses each so-manieth message, or one message for ever."""

    told: list[tuple[str, float]] = field(default_factory=list)
    refuse_every: int = 0
    poison: str = ""
    messages: int = 0
    refused: int = 0
    _answers: Any = field(default_factory=lambda: cycle((0, 1, 2)))

    def refuses(self, tokens: set[str]) -> int | None:
        """Which refusal a message with these tokens meets: 0 and 1 with words, 2 by hanging up; 3 the poison's own."""
        self.messages += 1
        if self.poison in tokens:
            self.refused += 1
            return 3
        if self.refuse_every and self.messages % self.refuse_every == 0:
            self.refused += 1
            return int(next(self._answers))
        return None

    def take(self, tokens: set[str]) -> None:
        """Counts what was accepted."""
        now = time.time()  # noqa: TID251
        self.told += [(token, now) for token in sorted(tokens)]

    async def hook(self, asked: Asked) -> bytes | None:
        """A webhook's receiver."""
        tokens = paper.tokens_in(asked.body)
        match self.refuses(tokens):
            case 0:
                return reply(429, b"not now")
            case 1 | 3:
                return reply(500, b"out of order")
            case 2:
                return None
        self.take(tokens)
        return reply(200, b"ok")

    def judge(self, raw: bytes) -> Answer:
        """A mail server's answer after the final dot."""
        match self.refuses(tokens_of_mail(raw)):
            case 0:
                return RefuseAtEnd(451, "4.3.0 not now")
            case 1:
                return RefuseAtEnd(452, "4.3.1 no room")
            case 2:
                return HangUp(accepted=False)
            case 3:
                return RefuseAtEnd(554, "5.6.0 content refused")
        return Accept()

    def take_mail(self, _envelope: Envelope, raw: bytes) -> None:
        """Counts an accepted mail."""
        self.take(tokens_of_mail(raw))

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One SMTP conversation."""
        session = Session(
            reader,
            writer,
            answer_for=lambda _address: Accept(),
            judge=self.judge,
            accept=self.take_mail,
            refuse=lambda _reply: None,
            most_bytes=_MOST_BYTES,
        )
        await session.converse()


def tokens_of_mail(raw: bytes) -> set[str]:
    """The tokens in a mail's subject and texts, however they are encoded."""
    message = message_from_bytes(raw, policy=policy.default)
    found = paper.tokens_in(str(message["Subject"] or "").encode())
    for part in message.walk():
        body = part.get_payload(decode=True)
        if isinstance(body, bytes):
            found |= paper.tokens_in(body)
    return found


@dataclass
class World:
    """Feeds and receivers, as they are commanded."""

    feeds: Feeds = field(default_factory=Feeds)
    receivers: Receivers = field(default_factory=Receivers)
    marked: frozenset[str] = frozenset()

    def obey(self, command: Mapping[str, Any]) -> object:
        """What a command does, and its answer."""
        commands: dict[str, Callable[[Mapping[str, Any]], object]] = {
            "publish": self._publish,
            "receivers": self._behave,
            "mark": self._mark,
            "state": self._state,
            "report": self._report,
        }
        return commands[command["do"]](command)

    def _publish(self, command: Mapping[str, Any]) -> object:
        tokens = self.feeds.publish(command["news"], time.time())  # noqa: TID251
        self.marked = frozenset(tokens)
        return tokens

    def _behave(self, command: Mapping[str, Any]) -> object:
        self.receivers.refuse_every, self.receivers.poison = command["refuse_every"], command["poison"]
        return {}

    def _mark(self, _command: Mapping[str, Any]) -> object:
        self.feeds.asked.clear()
        return {}

    def _state(self, _command: Mapping[str, Any]) -> object:
        told = {token for token, _ in self.receivers.told}
        return {
            "asked": self.feeds.asked.total(),
            "feeds_asked": len(self.feeds.asked),
            "told": len(self.marked & told),
            "messages": self.receivers.messages,
        }

    def _report(self, _command: Mapping[str, Any]) -> object:
        return {
            "published": self.feeds.published,
            "served": self.feeds.served,
            "told": self.receivers.told,
            "answers": self.feeds.answers,
            "refused": self.receivers.refused,
        }


async def _run(feeds: int, slow_s: float) -> None:
    world = World(Feeds(slow_s))
    hosts, hooks = Hosts(world.feeds.answer), Hosts(world.receivers.hook)
    world.feeds.port, servers = await hosts.listen(feeds)
    hook, more = await hooks.listen(1)
    mail = await asyncio.start_server(world.receivers.converse, "127.0.0.1", 0, limit=_MOST_BYTES + 2)
    _say({"feeds": world.feeds.port, "hook": hook, "mail": mail.sockets[0].getsockname()[1]})
    lines = asyncio.StreamReader(limit=_MOST_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        _say(world.obey(json.loads(line)))
    for each in (*servers, *more, mail):
        each.close()


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1]), float(sys.argv[2])))
