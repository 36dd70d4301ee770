"""DOOR to the names: asks the system which addresses a name has, and refuses names that lead inside."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from worker.addresses import Network, is_opened, refusal

AT_ONCE = 16
"""Names looked up at once. asyncio's own threads, six on two cores, also carry the desks' work on the database, and a
name server that says nothing holds one for ten seconds and more."""


class Blocked(OSError):
    """The address may not be reached."""


class SystemNames(AbstractResolver):
    """Asks as the system is set up to, in threads of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """All addresses of a name. Raises OSError where it has none."""

        def ask() -> list[ResolveResult]:
            found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
            return [_result(host, str(where[0]), port, kind, proto) for kind, _, proto, _, where in found]

        return await asyncio.get_running_loop().run_in_executor(self._threads, ask)

    async def close(self) -> None:
        """Lets go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _result(host: str, address: str, port: int, family: int, proto: int) -> ResolveResult:
    numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=proto, flags=numeric)


@dataclass(slots=True)
class GuardedNames(AbstractResolver):
    """Refuses a name that has an address inside beside one on the open internet: which of them would be dialled is
    chance. Of a name of the operator's own networks those addresses are left that he has opened: `localhost` is
    ::1 as well on most machines."""

    allow: tuple[Network, ...]
    names: AbstractResolver = field(default_factory=SystemNames)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises Blocked for one that leads inside, OSError where it has none."""
        found = await self.names.resolve(host, port, family)
        good = [each for each in found if refusal(each["host"], port, self.allow) is None]
        if len(good) == len(found) or (good and all(is_opened(each["host"], self.allow) for each in good)):
            return good
        raise Blocked(next(why for each in found if (why := refusal(each["host"], port, self.allow))))

    async def close(self) -> None:
        """Closes what it asks."""
        await self.names.close()


def literal_refusal(url: str, allow: tuple[Network, ...]) -> str | None:
    """Why an address that needs no name may not be reached; the proxy would resolve any spelling of it."""
    parts = URL(url)
    host = parts.raw_host or ""
    try:
        address = socket.inet_ntoa(socket.inet_aton(host.rstrip("."))) if ":" not in host else host
    except OSError:
        return "localhost is not asked" if host.rstrip(".").lower().endswith("localhost") else None
    return refusal(address, parts.port or 80, allow)
