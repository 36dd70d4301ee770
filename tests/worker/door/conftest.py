"""Servers on loopback that say what a test wants, and names that mean what a test wants."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from worker.http import Web
from worker.pace import Pace

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

GOOD, INSIDE = "127.0.0.1", "127.0.0.2"
"""The first stands for the open internet: it alone is allowed. The second is a network inside."""
ALLOW = (ipaddress.ip_network(f"{GOOD}/32"),)
TRUST = ssl.create_default_context()  # reading the authorities takes 30 ms
FAST = Pace(connections=50, per_second=10_000, burst=10_000)


@dataclass
class Server:
    """A server that answers every request with the same bytes, and remembers what it was asked."""

    says: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhalo"
    script: Script | None = None
    heads: list[bytes] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            if self.script is not None:
                await self.script(reader, writer)
            else:
                writer.write(self.says)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def running(self, host: str = GOOD, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
        server = await asyncio.start_server(self.answer, host, self.port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await asyncio.sleep(0.01)


@dataclass
class Names(AbstractResolver):
    """Answers the first question with the first list of addresses, and so on; the last list stays."""

    answers: list[Sequence[str]]
    asked: list[str] = field(default_factory=list)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def server() -> type[Server]:
    return Server


@pytest.fixture
def names() -> Callable[..., Names]:
    """Names that mean these lists of addresses, one list after the other."""
    return lambda *answers: Names(list(answers))


@pytest.fixture
def door() -> Callable[..., Web]:
    """The HTTP door, for which one loopback address is the open internet and the others lie inside."""

    def make(**facts: object) -> Web:
        return Web(**{"allow": ALLOW, "pace": FAST, "trust": TRUST, **facts})  # type: ignore[arg-type]

    return make
