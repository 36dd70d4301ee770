"""How fast one process may ask one site: connections at once, requests a second, and a burst before that."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

MOST_SITES = 10_000


@dataclass(frozen=True, slots=True)
class Pace:
    """What a site is asked to bear: `connections` at once, `per_second` requests, `burst` of them at once."""

    connections: int = 2
    per_second: float = 4.0
    burst: int = 20


@dataclass(slots=True)
class _Site:
    places: asyncio.Semaphore
    due: float = 0.0  # when the next request would be due at the even pace (GCRA, ITU-T I.371)
    users: int = 0


@dataclass(slots=True)
class Turns:
    """Hands out turns, site by site; a site is a host with its port."""

    pace: Pace = field(default_factory=Pace)
    _sites: OrderedDict[str, _Site] = field(default_factory=OrderedDict)

    @asynccontextmanager
    async def turn(self, site: str) -> AsyncIterator[None]:
        """Waits until the site may be asked, and holds one of its places for as long as the block runs."""
        own = self._site(site)
        own.users += 1
        try:
            async with own.places:
                await asyncio.sleep(self._wait(own))
                yield
        finally:
            own.users -= 1

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
