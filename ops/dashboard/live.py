"""`GET /live/events`: says what has changed, within a second, to whoever is logged in and listens.

The events are tiny ("3 articles"): a page that shows such things asks for itself again. They come from the database,
which all desks write to, so it does not matter which of several web processes is listened to, nor whether it is the
same one after a break. While anybody listens, the process looks once a second for all of them together; while nobody
does, it does not look.

An event's id is its time. Who comes back with one (Last-Event-ID), or says how old the page is that he looks at, is
first told of what there may have been since, by the times of the newest rows.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from ops import access
from ops.dashboard.context import Context, DatabaseSilent
from ops.dashboard.gate import HEADERS
from ops.dashboard.login import session_of, token_of
from ops.dashboard.news import KINDS, SLACK_S, Kind, Memory, frame, since
from ops.store import stream
from ops.store.overview import standing
from ops.verdict import verdict
from ops.windows import OVERLAP_S
from worker.store.engine import Connection, DatabaseTrouble, PoolExhausted

log = structlog.get_logger("web")

PATH = "/live/events"
MOST_STREAMS = 400
MOST_EACH = 12
"""A browser needs one; without a worker shared by its tabs, one for each tab that is looked at."""

EVERY_S = 1.0
STANDING_S = 5.0
VERDICT_S = 2.0
HEARTBEAT_S = 15.0
LINGER_S = 30.0
"""So long it goes on looking for nobody: whoever goes from page to page is soon back."""

_SHARE = 20  # at most a twentieth of the time goes into a look of its kind
_UNREAD = 200  # events that wait for a listener who does not read; then he has to come again
_FIRST_LOOK_S = 3.0
_OLDEST = timedelta(hours=1)

_BEGIN = b"retry: 3000\n\n"
_BEAT = b": beat\n\n"
_TYPE = "text/event-stream; charset=utf-8"
_TROUBLE = (DatabaseSilent, DatabaseTrouble, PoolExhausted)


@dataclass(eq=False, slots=True)
class Listener:
    """Somebody who listens, for as long as his session lasts; None in the queue ends it."""

    session: str
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(_UNREAD))

    def tell(self, event: bytes) -> None:
        """Leaves him an event; who has stopped reading is sent away, and makes up for it when he comes again."""
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.end()

    def end(self) -> None:
        """Ends his stream; what he has not read is let go."""
        with suppress(asyncio.QueueEmpty):
            while True:
                self.queue.get_nowait()
        self.queue.put_nowait(None)


@dataclass(slots=True)
class Watch:
    """The listeners of one web process, and the task that looks for them while there are any. `steady` is a clock that
    never goes back, in seconds."""

    context: Context
    steady: Callable[[], float] = time.monotonic
    linger_s: float = LINGER_S
    listeners: set[Listener] = field(default_factory=set)
    memory: Memory = field(default_factory=Memory)
    looks: int = 0
    closed: bool = False
    _task: asyncio.Task[None] | None = None
    _looked: asyncio.Event = field(default_factory=asyncio.Event)
    _due: dict[str, float] = field(default_factory=dict)

    def room_for(self, session: str) -> bool:
        """Whether one more may listen."""
        each = Counter(listener.session for listener in self.listeners)
        return not self.closed and len(self.listeners) < MOST_STREAMS and each[session] < MOST_EACH

    async def join(self, listener: Listener) -> None:
        """Tells him of everything from now on; comes back once it is known how everything stands. Who comes when the
        process is about to end is sent away."""
        if self.closed:
            listener.end()
            return
        self.listeners.add(listener)
        if self._task is None or self._task.done():
            self.memory, self._due, self._looked = Memory(), {}, asyncio.Event()
            self._task = asyncio.create_task(self._keep_looking())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._looked.wait(), _FIRST_LOOK_S)

    def leave(self, listener: Listener) -> None:
        """Tells him no more."""
        self.listeners.discard(listener)

    def close(self) -> None:
        """Ends all streams, those too that wait for the first look; their browsers come back to the next process."""
        self.closed = True
        self._looked.set()
        for listener in self.listeners:
            listener.end()
        if self._task is not None:
            self._task.cancel()

    async def missed(self, heard: datetime | None, age_s: float) -> list[bytes]:
        """Word of what there may have been since the last event that somebody heard; or, where he has heard none,
        since the page was made that he looks at."""
        try:
            now, newest = await self.context.ask(stream.newest)
        except _TROUBLE:
            return []  # the looks end in vain too, and tell of everything afterwards
        if heard is None:
            return [frame(kind, 1, now) for kind in since(newest, now - timedelta(seconds=age_s + SLACK_S))]
        kinds = since(newest, max(heard - timedelta(seconds=OVERLAP_S), now - _OLDEST))
        return [frame(kind, 1, now) for kind in (*kinds, "feeds", "topics", "verdict")]

    async def _keep_looking(self) -> None:
        in_vain, alone_since = False, None
        while alone_since is None or self.steady() - alone_since < self.linger_s:
            began = self.steady()
            try:
                await self._look(began)
                if in_vain:  # nobody knows what happened meanwhile
                    self._tell(dict.fromkeys(KINDS, 1), self.context.clock())
                in_vain = False
            except _TROUBLE as trouble:
                if not in_vain:  # a page that asks now is told what is wrong
                    log.warning("live_looks_in_vain", error=type(trouble).__name__)
                    self._tell({"verdict": 1}, self.context.clock())
                in_vain = True
            self._beat(began)
            await asyncio.sleep(max(EVERY_S - (self.steady() - began), EVERY_S / 10))
            alone_since = None if self.listeners else (alone_since or began)

    async def _look(self, now: float) -> None:
        """One look, with those that are due more rarely; word of what it found goes to all listeners."""
        seen = await self.context.ask(
            lambda connection: stream.look(connection, self.memory.floors(), OVERLAP_S)
        )
        self.looks += 1
        self._tell(self.memory.take(seen, now), seen.at)
        self._looked.set()
        if self._due.get("standing", 0.0) <= now:
            marks = await self.context.ask(stream.standing)
            self._again("standing", now, STANDING_S)
            self._tell(self.memory.differing(cast(Mapping[Kind, str], marks)), seen.at)
        if self._due.get("verdict", 0.0) <= now:
            said = await self.context.ask(_verdict)
            self._again("verdict", now, VERDICT_S)
            self._tell(self.memory.differing({"verdict": said}), seen.at)
        if self._due.get("sessions", 0.0) <= now:
            await self._end_what_ended()
            self._again("sessions", now, HEARTBEAT_S)

    async def _end_what_ended(self) -> None:
        """Ends the streams of those who have logged out, or whose session is over."""
        asked = [listener.session for listener in self.listeners]
        living = await self.context.ask(lambda connection: access.living(connection, asked))
        for listener in self.listeners:
            if listener.session not in living and listener.session in asked:
                listener.end()

    def _tell(self, news: Mapping[Kind, int], at: datetime) -> None:
        for kind, n in news.items():
            event = frame(kind, n, at)
            for listener in self.listeners:
                listener.tell(event)

    def _beat(self, now: float) -> None:
        """A comment now and then, so that no proxy in between takes the stream for dead."""
        if self._due.get("beat", 0.0) <= now:
            self._due["beat"] = now + HEARTBEAT_S
            for listener in self.listeners:
                listener.tell(_BEAT)

    def _again(self, name: str, began: float, every_s: float) -> None:
        took = self.steady() - began
        self._due[name] = began + max(every_s, took * _SHARE)


def _verdict(connection: Connection) -> str:
    """What the verdict is, whatever its numbers are at the moment: those are not news each second."""
    level, sentence = verdict(standing(connection))
    return f"{level} {sentence.message}"


class Events(Response):
    """The stream of one listener, until he goes, his session ends, or the process does."""

    def __init__(self, watch: Watch, session: str, heard: datetime | None, age_s: float) -> None:
        self.status_code, self.background = 200, None
        self.init_headers({**HEADERS, "content-type": _TYPE, "x-accel-buffering": "no"})
        self.watch, self.listener, self.heard, self.age_s = watch, Listener(session), heard, age_s

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """One stream (ASGI)."""
        listener, watch = self.listener, self.watch
        gone = asyncio.create_task(_gone(receive))
        gone.add_done_callback(lambda _: listener.end())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send(_piece(_BEGIN))
            await watch.join(listener)
            for event in await watch.missed(self.heard, self.age_s):
                await send(_piece(event))
            while (told := await listener.queue.get()) is not None and not gone.done():
                await send(_piece(told))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            watch.leave(listener)
            gone.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _piece(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": True}


async def events(request: Request) -> Response:
    """The stream, for those who are logged in; 401 for others, since a program asks and not a person."""
    if await session_of(request) is None:
        return PlainTextResponse("Log in first.\n", 401)
    if request.method == "HEAD":
        return Response(headers={"content-type": _TYPE})
    watch: Watch = request.app.state.watch
    session = access.digest(token_of(request))
    if not watch.room_for(session):
        return PlainTextResponse("Too many listen already.\n", 503, {"retry-after": "60"})
    heard = heard_at(request.headers.get("last-event-id", ""))
    return Events(watch, session, heard, age_of(request.query_params.get("age", "")))


def heard_at(event: str) -> datetime | None:
    """The moment of the last event that somebody heard; None where it is no id of ours."""
    if not re.fullmatch(r"[0-9]{1,15}", event):
        return None
    try:
        return datetime.fromtimestamp(int(event) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def age_of(milliseconds: str) -> float:
    """How old a page is, in seconds; an hour at most, and 0 for what is no number."""
    return min(int(milliseconds) / 1000, 3600.0) if re.fullmatch(r"[0-9]{1,12}", milliseconds) else 0.0
