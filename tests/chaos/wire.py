"""A wire between a program and a server, which can be cut, or fall silent as when a network is parted.

Where it is silent, its own end goes on acknowledging what is sent into it. A pulled cable does not (`namespaces`).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

from ops.newsroom.running import LOOPBACK, beside


@dataclass
class Wire:
    """Carries what comes to a TCP port on to a Unix socket, or to a port of our loopback, and back."""

    target: str | int
    host: str = LOOPBACK
    listening: socket.socket | None = None
    port: int = 0
    _loop: asyncio.AbstractEventLoop | None = None
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)
    _whole: bool = True
    _ends: set[asyncio.StreamWriter] = field(default_factory=set)

    @contextmanager
    def laid(self) -> Iterator[Wire]:
        """The wire is there while the block lasts."""
        with beside(self._served()):
            yield self

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Nothing comes through, and nobody is told. Afterwards the connections of before are broken: whoever stood
        in between has forgotten them."""
        self._tell(self._flowing.clear)
        try:
            yield
        finally:
            self._tell(self._break, self._flowing.set)

    @contextmanager
    def cut(self) -> Iterator[None]:
        """What was connected is broken, and what connects is broken at once."""
        self._tell(self._part, self._break)
        try:
            yield
        finally:
            self._tell(self._mend)

    def _tell(self, *what: object) -> None:
        assert self._loop is not None
        for each in what:
            self._loop.call_soon_threadsafe(each)  # type: ignore[arg-type]

    def _part(self) -> None:
        self._whole = False

    def _mend(self) -> None:
        self._whole = True

    def _break(self) -> None:
        for end in list(self._ends):
            end.transport.abort()

    @asynccontextmanager
    async def _served(self) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        self._flowing.set()
        under_way: set[asyncio.Task[None]] = set()

        def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._connect(reader, writer))
            under_way.add(task)
            task.add_done_callback(under_way.discard)

        at = (self.host, 0) if self.listening is None else (None, None)
        server = await asyncio.start_server(greet, *at, sock=self.listening)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            self._break()
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _connect(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self._ends.add(back)
        _notice_the_dead(back)
        try:
            await self._flowing.wait()
            if not self._whole:
                return
            there, on = await self._reached()
            self._ends.add(on)
            try:
                await asyncio.gather(self._carry(here, on), self._carry(there, back))
            finally:
                self._ends.discard(on)
                on.transport.abort()
        except OSError:
            pass
        finally:
            self._ends.discard(back)
            back.transport.abort()

    async def _reached(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.target, str):
            return await asyncio.open_unix_connection(self.target)
        return await asyncio.open_connection(LOOPBACK, self.target)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """One direction; its end is the end of both."""
        with suppress(OSError):
            while data := await source.read(1 << 16):
                await self._flowing.wait()
                target.write(data)
                await target.drain()
        raise ConnectionError


def _notice_the_dead(end: asyncio.StreamWriter) -> None:
    """As a server does that was asked to, so that it does not keep the sessions of those who have vanished."""
    told = end.get_extra_info("socket")
    told.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", 10),
        ("TCP_KEEPINTVL", 5),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", 25_000),
    ):
        if hasattr(socket, name):
            told.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
