"""The ledger's proof, as fresh as it may cost: counting everything takes time that grows with the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ops.store.audit import Audit

SHORTEST_S = 60.0
_SHARE = 50  # at most a fiftieth of the time goes into counting
_WORTH_WAITING_S = 1.0


@dataclass(slots=True)
class Proof:
    """Remembers the last count, and has it counted again when that is old enough."""

    found: Audit | None = None
    again_at: float = 0.0
    counting: asyncio.Task[None] | None = None

    async def latest(
        self, count: Callable[[], Awaitable[Audit]], steady: Callable[[], float]
    ) -> Audit | None:
        """The newest count; a new one is waited for only briefly, a page must not hang on it."""
        if self.counting is None and (self.found is None or steady() >= self.again_at):
            self.counting = asyncio.create_task(self._count(count, steady))
        if self.counting is not None:
            await asyncio.wait({self.counting}, timeout=_WORTH_WAITING_S)
        return self.found

    async def _count(self, count: Callable[[], Awaitable[Audit]], steady: Callable[[], float]) -> None:
        began = steady()
        try:
            self.found = await count()
        except Exception:  # noqa: BLE001  the page tells what is wrong with the database; a proof can wait
            self.found = None
        finally:
            self.again_at = began + max(SHORTEST_S, (steady() - began) * _SHARE)
            self.counting = None
