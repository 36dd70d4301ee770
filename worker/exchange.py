"""What is known of a request that is under way, and the socket that counts what it receives."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakValueDictionary

from worker.wire import Hop

MOST_HEAD_BYTES = 512 * 1024
"""What may come before an answer's body: handshake, interim answers, headers. Ten times what any server sends."""
MOST_WRAPPING = 2 * 1024 * 1024
"""What may come around a body: chunk sizes, TLS records. A chunk takes five bytes, and a microsecond to read, however
little it holds; a page sent line by line in TLS has a third as much again around it."""
_SMALL_READ = 64 * 1024
_SHOWN = frozenset(
    (
        "accept",
        "accept-encoding",
        "accept-language",
        "a-im",
        "if-modified-since",
        "if-none-match",
        "user-agent",
    )
)

under_way: ContextVar[Exchange] = ContextVar("under_way")
"""The exchange of this task, for what aiohttp calls without saying for which request."""


class Counted(socket.socket):
    """A socket that counts what it receives and gives up at a limit. A parser sees no end of interim answers, of
    chunk extensions, of trailers; each would keep a core busy until the deadline."""

    __slots__ = ("_begun", "_in_body", "_most", "_what", "flooded", "received")

    def __init__(self, family: int, type: int, proto: int) -> None:
        super().__init__(family, type, proto)
        self.received = self._begun = 0
        self.flooded = ""
        self.expect_head()
        _OPEN[self.fileno()] = self

    @staticmethod
    def of(transport: asyncio.BaseTransport | None) -> Counted | None:
        """The counting socket under a transport."""
        under = transport.get_extra_info("socket") if transport is not None else None
        return _OPEN.get(under.fileno()) if under is not None else None

    def expect_head(self) -> None:
        """From now on handshake and headers come."""
        self._in_body, self._most, self._what = False, self.received + MOST_HEAD_BYTES, "before the body"

    def expect_body(self, most: int) -> None:
        """From now on a body of so many bytes may come, chunked and encrypted."""
        self._in_body, self._begun = True, self.received
        self._most, self._what = self.received + most + MOST_WRAPPING + _SMALL_READ, "around the body"

    @property
    def body_bytes(self) -> int:
        """What came since the body began."""
        return self.received - self._begun

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Receives; before the body in pieces small enough to stop in time."""
        data = super().recv(size if self._in_body else min(size, _SMALL_READ), flags)
        self._count(len(data))
        return data

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0, /) -> int:
        """Receives into a buffer; this is what TLS does."""
        count = super().recv_into(buffer, size, flags)
        self._count(count)
        return count

    def _count(self, count: int) -> None:
        self.received += count
        if self.received > self._most:
            self.flooded = f"the server sends without end {self._what}"
            raise OSError(self.flooded)


_OPEN: WeakValueDictionary[int, Counted] = WeakValueDictionary()


@dataclass(slots=True)
class Exchange:
    """One request with all its hops, while it is under way. `clock` is its deadline, `waited_s` how long it waited
    for turns, which does not count. Marks and hops are kept where it is traced."""

    traced: bool = False
    clock: asyncio.Timeout | None = None
    waited_s: float = 0.0
    written: bool = False
    refused: str | None = None
    address: str | None = None
    counted: Counted | None = None
    _began: float = 0.0
    _marks: dict[str, float] = field(default_factory=dict)
    _hop: Hop | None = None
    _past: list[Hop] = field(default_factory=list)

    def begin(self, url: str, headers: Mapping[str, str]) -> None:
        """A hop begins."""
        self.refused = self.address = self.counted = None
        if self.traced:
            self._began, self._marks = asyncio.get_running_loop().time(), {}
            self._hop = Hop(url, {name: _shown(name, value) for name, value in headers.items()})

    def mark(self, step: str) -> None:
        """The hop has come so far."""
        if self.traced:
            self._marks[step] = asyncio.get_running_loop().time() - self._began

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """The answer's head has come."""
        if self._hop is not None:
            self.mark("answered")
            self._hop = replace(self._hop, status=status, headers=headers)

    def end(self) -> None:
        """The hop is over, however it ended."""
        if self._hop is None:
            return
        self.mark("ended")
        hop = replace(
            self._hop,
            address=self.address,
            resolved_s=self._marks.get("resolved"),
            connected_s=self._marks.get("connected"),
            answered_s=self._marks.get("answered"),
            ended_s=self._marks["ended"],
            received=self.counted.received if self.counted is not None else 0,
        )
        self._past.append(hop)
        self._hop = None

    def hops(self) -> tuple[Hop, ...]:
        """The hops so far."""
        return tuple(self._past)


def _shown(name: str, value: str) -> str:
    return value if name.lower() in _SHOWN else "***"
