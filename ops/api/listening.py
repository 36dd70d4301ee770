"""PURE but for its doors. Events for programs: each at least once, whoever comes back with the last one's id.

An id says from where on to look again: row numbers that were old enough, when the event was told, that none below them
could still appear (`ops.windows`). So what happened shortly before may be told again after a break, and nothing is left
out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from pydantic import BaseModel

from ops.api.shapes.events import AlertEvent, DeliveryEvent, MatchEvent
from ops.store import happened
from ops.store.happened import KINDS, Kind, Row
from ops.windows import OVERLAP_S, Window
from worker.errors import Unavailable
from worker.store.engine import Connection, DatabaseTrouble, PoolExhausted

EVERY_S, HEARTBEAT_S = 1.0, 15.0
MOST_STREAMS, MOST_EACH = 64, 4
_SHARE = 20  # at most a twentieth of the time goes into the looks of one stream

_SHAPES: dict[Kind, type[BaseModel]] = {"match": MatchEvent, "alert": AlertEvent, "delivery": DeliveryEvent}
_TROUBLE = (Unavailable, DatabaseTrouble, PoolExhausted)
_BEAT = b": beat\n\n"


@dataclass(slots=True)
class Streams:
    """Who listens in this process, and how many at once may."""

    open: Counter[str] = field(default_factory=Counter)

    def room_for(self, caller: str) -> bool:
        """Whether one more may."""
        return self.open.total() < MOST_STREAMS and self.open[caller] < MOST_EACH


@dataclass(slots=True)
class Memory:
    """What one listener was told of, and where looks begin."""

    windows: dict[Kind, Window] = field(default_factory=lambda: {kind: Window() for kind in KINDS})

    @classmethod
    def from_id(cls, last: str) -> Memory:
        """Where the event of this id left off."""
        floors = map(int, last.split("."))
        return cls({kind: Window(floor) for kind, floor in zip(KINDS, floors, strict=True)})

    @classmethod
    def from_now(cls, connection: Connection, now: float) -> Memory:
        """What there is already is known."""
        memory = cls()
        for kind, window in memory.windows.items():
            window.floor, numbers = happened.newest(connection, kind)
            window.fresh(numbers, now)
        return memory

    @property
    def id(self) -> str:
        """The id of what is told now."""
        return ".".join(str(self.windows[kind].floor) for kind in KINDS)

    def take(self, connection: Connection, now: float) -> list[tuple[Kind, Row]]:
        """What is new since the last look, at most so much of each kind."""
        return [(kind, row) for kind in KINDS for row in self._of(connection, kind, now)]

    def _of(self, connection: Connection, kind: Kind, now: float) -> list[Row]:
        window = self.windows[kind]
        window.forget(now, OVERLAP_S, raise_floor=True)
        fresh: list[int] = []
        for sight in happened.look(connection, kind, window.floor, window.seen):
            # its transaction may have ended long after it began; older than that, nothing appears below it any more
            fresh += window.fresh([sight.number], now - max(0.0, sight.age_s - OVERLAP_S))
        return happened.facts(connection, kind, fresh)


async def listen(
    memory: Memory,
    ask: Callable[[Callable[[Connection], list[tuple[Kind, Row]]]], Awaitable[list[tuple[Kind, Row]]]],
    steady: Callable[[], float],
    goes_on: Callable[[], Awaitable[bool]],
    closing: Callable[[], bool],
) -> AsyncIterator[bytes]:
    """What happens from here on, as it goes over the wire; ends when the process does, or when the caller may not
    listen any more. While the database is silent, nothing is told and nothing lost."""
    yield b"retry: 3000\n\n" + _BEAT
    beat = steady() + HEARTBEAT_S
    while not closing():
        now = steady()
        try:
            news = await ask(partial(memory.take, now=now))
        except _TROUBLE:
            news = []
        for piece in _frames(news, memory.id):
            yield piece
        if now >= beat:
            if not await goes_on():
                return
            beat = now + HEARTBEAT_S
            yield _BEAT
        if len(news) < happened.MOST:
            await asyncio.sleep(max(EVERY_S, (steady() - now) * _SHARE))


def _frames(news: list[tuple[Kind, Row]], name: str) -> Iterator[bytes]:
    for kind, row in news:
        told = _SHAPES[kind].model_validate(row).model_dump_json()
        yield f"id: {name}\nevent: {kind}\ndata: {told}\n\n".encode()
