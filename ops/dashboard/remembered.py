"""What takes long to find out, as fresh as it may cost: its time grows with the ledger and the archive.

Whoever looks often is answered with what was found last while it is looked up again; only where that is old, or there
is nothing yet, a page waits a moment for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from typing import Generic, TypeVar

Found = TypeVar("Found")

SHORTEST_S = 60.0
_SHARE = 50  # at most a fiftieth of the time goes into looking
_WORTH_WAITING_S = 1.0
_A_MOMENT_S = 0.04
_STILL_GOOD = 2  # so many times its time after it was due again, nobody waits for better


@dataclass(slots=True)
class Remembered(Generic[Found]):
    """Remembers what was found last, and has it looked up again when that is old enough."""

    shortest_s: float = SHORTEST_S
    found: Found | None = None
    again_at: float = -inf
    looking: asyncio.Task[None] | None = None
    began: float = 0.0

    async def latest(self, look: Callable[[], Awaitable[Found]], steady: Callable[[], float]) -> Found | None:
        """What was found last; a new look is waited for only briefly, and counted from its beginning: a long one holds
        up whoever comes first, and nobody after him."""
        now = steady()
        if self.looking is None and now >= self.again_at:
            self.looking, self.began = asyncio.create_task(self._look(look, steady)), now
        if self.looking is not None:
            good = self.found is not None and now < self.again_at + _STILL_GOOD * self.shortest_s
            most = _A_MOMENT_S if good else _WORTH_WAITING_S
            await asyncio.wait({self.looking}, timeout=max(0.0, self.began + most - now))
        return self.found

    async def _look(self, look: Callable[[], Awaitable[Found]], steady: Callable[[], float]) -> None:
        began = steady()
        try:
            self.found = await look()
        except Exception:  # noqa: BLE001  the page tells what is wrong with the database; a proof can wait
            # what failed for being too much would be too much at the next view, too
            self.found = None
        finally:
            self.again_at = began + max(self.shortest_s, (steady() - began) * _SHARE)
            self.looking = None
