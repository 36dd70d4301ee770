"""A wire between a program and a server, which can be cut, or fall silent as when a network is parted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

from ops.newsroom.running import LOOPBACK, beside


@dataclass
class Wire:
    """Carries what comes to a TCP port of loopback on to a Unix socket, and back."""

    socket: str
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

        server = await asyncio.start_server(greet, LOOPBACK, 0)
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
        try:
            await self._flowing.wait()
            if not self._whole:
                return
            there, on = await asyncio.open_unix_connection(self.socket)
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

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """One direction; its end is the end of both."""
        with suppress(OSError):
            while data := await source.read(1 << 16):
                await self._flowing.wait()
                target.write(data)
                await target.drain()
        raise ConnectionError
