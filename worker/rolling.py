"""Working on claimed rows as they come: a slow one never keeps a place that a new one could use.

A batch that is waited for as a whole ends with its slowest feed; here places are filled again as they fall
free, so one feed that answers after 20 s delays nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

Row = TypeVar("Row")

LOOK_AGAIN_S = 0.25


async def keep_busy(
    claim: Callable[[int], Sequence[Row]],
    work: Callable[[Row], Awaitable[None]],
    *,
    room: int,
    seconds: float,
) -> int:
    """Claims and works until nothing is due and nothing runs; returns how many rows were worked on.

    At most `room` rows are in work at once. After `seconds` nothing more is claimed and what runs is finished.
    Work must settle its own troubles; an exception that escapes it, or a claim, is raised here once what runs
    is done: a request on its way must not freeze because the database went away.
    """
    running: set[asyncio.Task[None]] = set()
    troubles: list[BaseException] = []
    until = asyncio.get_running_loop().time() + seconds
    done = 0
    while True:
        free = room - len(running)
        rows: Sequence[Row] = ()
        if free and asyncio.get_running_loop().time() < until and not troubles:
            try:
                rows = claim(free)
            except Exception as trouble:  # noqa: BLE001  raised below
                troubles.append(trouble)
        running |= {asyncio.ensure_future(work(row)) for row in rows}
        done += len(rows)
        if not running:
            break
        finished, running = await asyncio.wait(
            running, timeout=LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED
        )
        troubles += [error for task in finished if (error := task.exception()) is not None]
    if troubles:
        raise troubles[0]
    return done
