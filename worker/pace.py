"""How fast a site may be asked: connections at once, requests a second, and a burst before that.

A site is a host with its port. Where all workers share a database they take turns there (`worker.turns`); a
command without one keeps the pace for itself with `LocalTurns`.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

MOST_SITES = 10_000


@dataclass(frozen=True, slots=True)
class Pace:
    """What a site is asked to bear: `connections` at once, `per_second` requests, `burst` of them at once."""

    connections: int = 2
    per_second: float = 4.0
    burst: int = 20


class NoTurn(Exception):
    """The site cannot be asked within any reasonable wait; `str()` says why."""


class Turns(Protocol):
    """Hands out turns, site by site."""

    def turn(self, site: str, seconds: float) -> AbstractAsyncContextManager[None]:
        """Waits until the site may be asked, and holds one of its connections for as long as the block runs, which
        is at most `seconds`. Raises NoTurn where waiting is of no use."""

    def heard(self, site: str, status: int, retry_after: str | None) -> None:
        """Takes note of an answer that asks for a pause; `retry_after` is the header as it came."""

    def close(self) -> None:
        """Ends what runs beside; turns that are still held lapse."""


@dataclass(slots=True)
class _Site:
    places: asyncio.Semaphore
    due: float = 0.0  # when the next request would be due at the even pace (GCRA, ITU-T I.371)
    users: int = 0


@dataclass(slots=True)
class LocalTurns:
    """Turns of one process and event loop, for those who share no database."""

    pace: Pace = field(default_factory=Pace)
    _sites: OrderedDict[str, _Site] = field(default_factory=OrderedDict)

    @asynccontextmanager
    async def turn(self, site: str, seconds: float) -> AsyncIterator[None]:  # noqa: ARG002  nobody can take it away
        """Waits until the site may be asked, and holds one of its places for as long as the block runs."""
        own = self._site(site)
        own.users += 1
        try:
            async with own.places:
                await asyncio.sleep(self._wait(own))
                yield
        finally:
            own.users -= 1

    def heard(self, site: str, status: int, retry_after: str | None) -> None:
        """A look by hand asks once and remembers nothing."""

    def close(self) -> None:
        """Nothing runs beside."""

    def _site(self, site: str) -> _Site:
        found = self._sites.get(site)
        if found is None:
            found = self._sites[site] = _Site(asyncio.Semaphore(self.pace.connections))
        self._sites.move_to_end(site)
        while len(self._sites) > MOST_SITES and not next(iter(self._sites.values())).users:
            self._sites.popitem(last=False)
        return found

    def _wait(self, site: _Site) -> float:
        now = asyncio.get_running_loop().time()
        step = 1 / self.pace.per_second
        wait = max(0.0, site.due - (self.pace.burst - 1) * step - now)
        site.due = max(site.due, now) + step
        return wait
