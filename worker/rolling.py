"""Working on claimed rows as they come: a slow one never keeps a place that a new one could use.

A batch that is waited for as a whole ends with its slowest feed; here places are filled again as they fall
free, so one feed that answers after 20 s delays nobody. What ends at nearly the same time can still be settled
together (`Tray`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Generic, TypeVar

Row = TypeVar("Row")
Item = TypeVar("Item")
Result = TypeVar("Result")

LOOK_AGAIN_S = 0.25
SLOW_S = 1.0


async def keep_busy(
    claim: Callable[[int], Sequence[Row] | Awaitable[Sequence[Row]]],
    work: Callable[[Row], Awaitable[None]],
    *,
    room: int,
    seconds: float,
    rest: float = 0.0,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Claims and works until nothing is due and nothing runs; returns how many rows were worked on.

    At most `room` rows are in work at once. Between two claims are at least `rest` seconds; an awaited one lets the
    work go on meanwhile. After `seconds` it ends at a moment when nothing slow is under way, for while the last rows
    are waited for nothing is claimed; at the latest after twice that time, and at once when `stopping` says so.
    Work must settle its own troubles; an exception that escapes it, or a claim, is raised here once what runs
    is done: a request on its way must not freeze because the database went away.
    """
    running: dict[asyncio.Task[None], float] = {}
    troubles: list[BaseException] = []
    loop = asyncio.get_running_loop()
    began = next_claim = loop.time()
    done, look, closing = 0, True, False  # look: something may be due that the last claim did not see
    while True:
        now = loop.time()
        slow = any(since < now - SLOW_S for since in running.values())
        over = now >= began + seconds and not (slow and now < began + 2 * seconds)
        closing = closing or over or bool(troubles) or stopping()
        if len(running) < room and not closing and next_claim <= now:
            next_claim = now + rest
            rows = await _claimed(claim, room - len(running), troubles)
            running |= {asyncio.ensure_future(work(row)): loop.time() for row in rows}
            done, look = done + len(rows), bool(rows)
        if running:
            finished, _ = await asyncio.wait(
                running, timeout=LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED
            )
            for task in finished:
                del running[task]
            troubles += [error for task in finished if (error := task.exception()) is not None]
            look = look or bool(finished)
        elif look and not closing and not troubles:
            await asyncio.sleep(max(0.0, next_claim - loop.time()))
        else:
            break
    if troubles:
        raise troubles[0]
    return done


async def _claimed(
    claim: Callable[[int], Sequence[Row] | Awaitable[Sequence[Row]]],
    free: int,
    troubles: list[BaseException],
) -> Sequence[Row]:
    """What a claim brings; its trouble goes to the others."""
    try:
        rows = claim(free)
        return await rows if isawaitable(rows) else rows
    except Exception as trouble:  # noqa: BLE001  raised once all is done
        troubles.append(trouble)
        return ()


@dataclass(slots=True)
class Tray(Generic[Item, Result]):
    """Gathers what comes within `seconds` and hands it to `settle`, in a thread, all at once. Something urgent does
    not wait, and takes along what lies there.

    `settle` returns a result for each item, in their order; what it raises goes to all who put something in.
    """

    settle: Callable[[list[Item]], Sequence[Result]]
    seconds: float
    most: int = 100
    _waiting: list[tuple[Item, asyncio.Future[Result]]] = field(default_factory=list)
    _carrier: asyncio.Task[None] | None = None
    _urgent: asyncio.Event = field(default_factory=asyncio.Event)

    async def put(self, item: Item, *, urgent: bool = False) -> Result:
        """Puts an item on the tray and waits until it was settled with the others."""
        told: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, told))
        if urgent:
            self._urgent.set()
        if self._carrier is None:
            self._carrier = asyncio.ensure_future(self._carry())
        return await told

    async def _carry(self) -> None:
        try:
            while self._waiting:
                if len(self._waiting) < self.most:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._urgent.wait(), self.seconds)
                self._urgent.clear()
                taken, self._waiting = self._waiting[: self.most], self._waiting[self.most :]
                await self._settle(taken)
        finally:
            self._carrier = None

    async def _settle(self, taken: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await asyncio.to_thread(self.settle, [item for item, _ in taken])
        except Exception as trouble:  # noqa: BLE001  raised where the items came from
            for _, told in taken:
                if not told.done():
                    told.set_exception(trouble)
            return
        for (_, told), result in zip(taken, results, strict=True):
            if not told.done():
                told.set_result(result)
