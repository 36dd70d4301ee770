"""Turns that all workers share: one row per site in the database says when it may be asked (`worker.hosts`).

A thread of its own keeps the books, so that the event loop never waits for the database, and a connection is given
back even when the loop stands still. What comes together is settled in one transaction: a burst of requests costs
about as much as one.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from worker.hosts import Host, give_back, hear, open_at, take
from worker.model import Turn
from worker.pace import MOST_SITES, NoTurn
from worker.store import hosts as store
from worker.store.engine import Engine, without_fsync

log = structlog.get_logger("worker")

GATHER_S = 0.005
LOOK_AGAIN_S = 0.25
"""How soon to look again at a site whose connections other workers hold; they cannot tell when they are done."""
WORTH_WAITING_S = 60.0
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _Wanted:
    site: str
    seconds: float
    loop: asyncio.AbstractEventLoop
    told: asyncio.Future[Turn | _Later]


@dataclass(frozen=True, slots=True)
class _Later:
    """No turn now: in how many seconds to look again, and until when and why the site is left alone."""

    seconds: float
    until: datetime | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class _Answered:
    site: str
    status: int
    retry_after: str | None


_Message = _Wanted | _Answered | Turn | None


@dataclass(slots=True)
class _Line:
    """Who waits for one site in this process: in order, and only the first of them asks."""

    first: asyncio.Lock = field(default_factory=asyncio.Lock)
    given_back: asyncio.Event = field(default_factory=asyncio.Event)
    users: int = 0


@dataclass(slots=True)
class SharedTurns:
    """Turns at sites that many processes ask. One per process and event loop; `close` it at the end."""

    engine: Engine
    _lines: OrderedDict[str, _Line] = field(default_factory=OrderedDict)
    _inbox: queue.SimpleQueue[_Message] = field(default_factory=queue.SimpleQueue)
    _clerk: threading.Thread | None = None

    @asynccontextmanager
    async def turn(self, site: str, seconds: float) -> AsyncIterator[None]:
        """Waits until the site may be asked, by whatever process, and holds one of its connections for as long as the
        block runs, which is at most `seconds`. Raises NoTurn where that would take more than a minute."""
        line = self._line(site)
        line.users += 1
        try:
            async with line.first:
                taken = await self._take(line, site, seconds)
            try:
                yield
            finally:
                self._tell(taken)
                line.given_back.set()
        finally:
            line.users -= 1

    def heard(self, site: str, status: int, retry_after: str | None) -> None:
        """An answer that asks for a pause holds for all workers."""
        self._tell(_Answered(site, status, retry_after))

    def close(self) -> None:
        """Settles what is left, and ends."""
        if self._clerk is not None:
            self._inbox.put(None)
            self._clerk.join(timeout=10)
            self._clerk = None

    async def _take(self, line: _Line, site: str, seconds: float) -> Turn:
        loop = asyncio.get_running_loop()
        while True:
            line.given_back.clear()
            wanted = _Wanted(site, seconds, loop, loop.create_future())
            self._tell(wanted)
            try:
                answer = await asyncio.shield(wanted.told)
            except asyncio.CancelledError:  # who waited has left; a turn that still comes is given back
                wanted.told.add_done_callback(self._not_needed)
                raise
            if isinstance(answer, Turn):
                return answer
            if answer.seconds > WORTH_WAITING_S:
                raise NoTurn(_in_words(answer))
            try:
                await asyncio.wait_for(line.given_back.wait(), answer.seconds)
            except TimeoutError:
                continue

    def _not_needed(self, told: asyncio.Future[Turn | _Later]) -> None:
        if not told.cancelled() and isinstance(turn := told.result(), Turn):
            self._tell(turn)

    def _line(self, site: str) -> _Line:
        found = self._lines.get(site)
        if found is None:
            found = self._lines[site] = _Line()
        self._lines.move_to_end(site)
        while len(self._lines) > MOST_SITES and not next(iter(self._lines.values())).users:
            self._lines.popitem(last=False)
        return found

    def _tell(self, message: _Message) -> None:
        if self._clerk is None:
            self._clerk = threading.Thread(target=self._keep_books, name="turns", daemon=True)
            self._clerk.start()
        self._inbox.put(message)

    def _keep_books(self) -> None:
        while True:
            messages = self._gathered(self._inbox.get())
            work = [message for message in messages if message is not None]
            try:
                self._settle(work)
            except Exception as trouble:  # noqa: BLE001  without its clerk this process would ask nobody any more
                log.warning("turns_unsettled", detail=str(trouble).partition("\n")[0][:200])
                for message in work:
                    self._answer(message, _Later(LOOK_AGAIN_S * 4))
            if None in messages:
                return

    def _gathered(self, first: _Message) -> list[_Message]:
        """The message, and what comes right behind it."""
        messages = [first]
        while messages[-1] is not None and len(messages) < MOST_AT_ONCE:
            try:
                messages.append(self._inbox.get(timeout=GATHER_S))
            except queue.Empty:
                break
        return messages

    def _settle(self, messages: Sequence[_Wanted | _Answered | Turn]) -> None:
        if not messages:
            return
        answers: list[tuple[_Wanted, Turn | _Later]] = []
        names = {message.site for message in messages}
        with self.engine.begin() as connection:
            without_fsync(connection)
            store.meet(connection, names)
            sites = store.lock(connection, names)
            for message in sorted(messages, key=lambda each: isinstance(each, _Wanted)):
                host = sites.hosts[message.site]
                match message:
                    case Turn():
                        host = give_back(host, message.until)
                    case _Answered():
                        host = hear(host, message.status, message.retry_after, sites.now)
                    case _Wanted():
                        turns, host = take(host, sites.now, 1, message.seconds)
                        answers.append((message, turns[0] if turns else _later(host, sites.now)))
                sites.hosts[message.site] = host
            store.save(connection, sites.hosts.values(), sites.now)
        for wanted, answer in answers:
            self._answer(wanted, answer)

    def _answer(self, message: _Wanted | _Answered | Turn, answer: Turn | _Later) -> None:
        if not isinstance(message, _Wanted):
            return
        try:
            message.loop.call_soon_threadsafe(_set, message.told, answer)
        except RuntimeError:  # its loop was closed meanwhile
            if isinstance(answer, Turn):
                self._inbox.put(answer)


def _later(host: Host, now: datetime) -> _Later:
    """When a turn may be had. A connection may come free any moment, long before its lease ends."""
    if host.paused_until > now:
        return _Later((host.paused_until - now).total_seconds(), host.paused_until, host.paused_why)
    even = (open_at(replace(host, leases=()), now) - now).total_seconds()
    return _Later(even if even > 0 else LOOK_AGAIN_S)


def _set(told: asyncio.Future[Turn | _Later], answer: Turn | _Later) -> None:
    if not told.done():
        told.set_result(answer)


def _in_words(later: _Later) -> str:
    until = f" until {later.until:%H:%M} UTC" if later.until else ""
    return f"the site wants to be left alone{until}: {later.why or 'it is booked out'}"
