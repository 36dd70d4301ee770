"""Many hosts in one process: HTTP/1.1 on bare asyncio, each host at an address of its own, all on one port.

It leaves the processor to what is measured, and keeps count of how each host was asked.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

WINDOWS_S = (1.0, 5.0)
_LENGTH = re.compile(r"\r\ncontent-length: *(\d{1,9})\r\n", re.IGNORECASE)


def address(host: int) -> str:
    """The loopback address of a host by its number."""
    return f"127.1.{host // 250}.{host % 250 + 1}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its head as it came, and its body."""

    head: str
    body: bytes = b""

    @property
    def path(self) -> str:
        """What was asked for."""
        return self.head.split(" ", 2)[1]

    def says(self, header: str, value: str) -> bool:
        """Whether it carries this header with this value, to the letter."""
        return f"\r\n{header}: {value}\r\n".lower() in self.head.lower()


Answer = Callable[[Asked], Awaitable[bytes | None]]
"""The whole answer; None hangs up without a word."""


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
class Hosts:
    """All hosts, and who answers for them."""

    answer: Answer
    seen: dict[str, Host] = field(default_factory=dict)

    async def listen(self, hosts: int) -> tuple[int, list[asyncio.Server]]:
        """Opens the first so many hosts; returns their port and what is to be closed in the end."""
        first = await asyncio.start_server(self._serve, address(0), 0, backlog=1024)
        port: int = first.sockets[0].getsockname()[1]
        others = [await asyncio.start_server(self._serve, address(host), port) for host in range(1, hosts)]
        return port, [first, *others]

    def counted(self) -> dict[str, object]:
        """What the hosts saw at most."""
        seen = list(self.seen.values()) or [Host()]
        return {
            "most_within_s": {f"{window:g}": max(h.within[window] for h in seen) for window in WINDOWS_S},
            "most_at_once": max(h.most_open for h in seen),
        }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept alive."""
        host = self.seen.setdefault(writer.get_extra_info("sockname")[0], Host())
        try:
            while True:
                asked = await _read(reader)
                host.asked(time.monotonic())
                try:
                    answer = await self.answer(asked)
                    if answer is None:
                        break
                    writer.write(answer)
                    await writer.drain()
                finally:
                    host.open -= 1
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = _LENGTH.search(head)
    return Asked(head, await reader.readexactly(int(length[1])) if length else b"")


def reply(status: int, body: bytes, *headers: str) -> bytes:
    """An answer over the wire; a 304 has no body and says no length."""
    length = [] if status == 304 else [f"Content-Length: {len(body)}"]
    return "\r\n".join([f"HTTP/1.1 {status} x", *headers, *length, "", ""]).encode() + body
