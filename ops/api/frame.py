"""What holds for every request: its name, who asks, how often, how large; and for every answer: its tag and headers."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ops.api.callers import caller_of
from ops.api.house import House
from ops.api.paces import Taken
from ops.api.problems import Problem, answer, of_http, unavailable
from worker.errors import Unavailable
from worker.store.engine import DatabaseTrouble, PoolExhausted, TablesDoNotFit, lost_connection

log = structlog.get_logger("api")

LARGEST_BODY = 1024 * 1024
OPEN = frozenset({"/openapi.json"})
"""What everybody may read: it tells how to ask, and nothing of what is there."""

_SILENT = "The database does not answer. Nothing is lost; ask again in a while."
_OTHER_TABLES = "The database has other tables than this version needs: run `pantau migrate`."


class Frame:
    """Stands around all routes of the API. An answer is sent once it is whole, so that an error in its making is
    told as an error; a stream goes out as it comes."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app, self.house = app, house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = str(uuid4())
        state: dict[str, Any] = {"request_id": request_id, "body": b"", "version": None}
        scope = {**scope, "state": {**scope.get("state", {}), **state}}
        reply = _Reply(scope, send)
        try:
            await self._within(scope, receive, reply)
        except Exception as error:
            if reply.streaming:
                raise
            await reply.instead(scope, problem_of(error, request_id))
        await reply.end()

    async def _within(self, scope: Scope, receive: Receive, reply: _Reply) -> None:
        request = Request(scope)
        if _path(scope) not in OPEN:
            caller = await caller_of(self.house, request)
            reply.taken = self.house.pace.take(caller.key, self.house.steady())
            if not reply.taken.allowed:
                after = {"retry-after": str(reply.taken.again_s)}
                raise Problem(
                    429, "too_many", "Too many requests; Retry-After says when to go on.", headers=after
                )
            scope["state"]["caller"] = caller
        body = await _body_of(request, receive)
        scope["state"]["body"] = body
        await self.app(scope, _again(body, receive), reply.take)


class _Reply:
    """An answer on its way out."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope, self.send = scope, send
        self.start: Message | None = None
        self.body = bytearray()
        self.streaming = False
        self.taken: Taken | None = None

    async def take(self, message: Message) -> None:
        """A piece of the answer."""
        if message["type"] == "http.response.start":
            self.start = message
            self.streaming = (
                Headers(raw=message["headers"]).get("content-type", "").startswith("text/event-stream")
            )
            if self.streaming:
                self._dress(message)
                await self.send(message)
        elif self.streaming:
            await self.send(message)
        else:
            self.body += message.get("body", b"")

    async def instead(self, scope: Scope, problem: Problem) -> None:
        """The problem, whatever there was of an answer."""
        self.start, self.body = None, bytearray()
        await answer(problem, scope["state"]["request_id"])(scope, _nothing, self.take)

    async def end(self) -> None:
        """Sends what was taken in."""
        if self.streaming or self.start is None:
            return
        start, body = self.start, bytes(self.body)
        if self.scope["method"] == "GET" and start["status"] == 200:
            tag = _tag(self.scope["state"]["version"], body)
            MutableHeaders(scope=start)["etag"] = tag
            if _matches(Headers(scope=self.scope).get("if-none-match", ""), tag):
                start, body = {**start, "status": 304}, b""
                headers = MutableHeaders(scope=start)
                for name in ("content-length", "content-type"):
                    del headers[name]
        elif self.scope["state"]["version"] and start["status"] in (200, 201):
            # of what was just changed, so that the next change needs no look before
            MutableHeaders(scope=start)["etag"] = _tag(self.scope["state"]["version"], body)
        self._dress(start)
        await self.send(start)
        await self.send({"type": "http.response.body", "body": body})

    def _dress(self, start: Message) -> None:
        headers = MutableHeaders(scope=start)
        headers["x-request-id"] = self.scope["state"]["request_id"]
        headers["cache-control"] = "private, no-cache"
        headers.add_vary_header("Authorization, Cookie")
        if self.taken is not None:
            headers["ratelimit-limit"] = str(self.taken.most)
            headers["ratelimit-remaining"] = str(self.taken.remaining)
            headers["ratelimit-reset"] = str(self.taken.reset_s)


def problem_of(error: Exception, request_id: str) -> Problem:
    """Any error as a problem; one that nobody foresaw goes into the log."""
    match error:
        case Problem():
            return error
        case HTTPException():
            return of_http(error)
        case Unavailable() | PoolExhausted():
            return unavailable(_SILENT)
        case TablesDoNotFit():
            return unavailable(_OTHER_TABLES)
        case DatabaseTrouble() if lost_connection(error):
            return unavailable(_SILENT)
    log.error("api_error", request=request_id, exc_info=error)
    return Problem(500, "our_fault", "It is in the log of the web process, under the name in `instance`.")


async def _body_of(request: Request, receive: Receive) -> bytes:
    """The whole body. Raises Problem for one that is too large."""
    body = bytearray()
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > LARGEST_BODY:
        raise _too_large()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise _too_large()
        more = message.get("more_body", False)
    return bytes(body)


def _too_large() -> Problem:
    return Problem(
        413, "too_large", f"A request has at most {LARGEST_BODY:,} bytes.", headers={"connection": "close"}
    )


def _again(body: bytes, receive: Receive) -> Receive:
    """What was read already, for the routes; afterwards what the connection says."""
    given = False

    async def once_more() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once_more


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _tag(version: str | None, body: bytes) -> str:
    """The tag of an answer: what can be changed of a thing, then all that is told of it. If-Match looks at the first
    part alone, since figures that go up on their own are no change of somebody's."""
    whole = sha256(body).hexdigest()[:24]
    return f'"{version}-{whole}"' if version else f'"{whole}"'


def tags_in(header: str) -> Iterable[str]:
    """The tags that a condition names, without quotes."""
    return (each.strip().removeprefix("W/").strip('"') for each in header.split(","))


def _matches(header: str, tag: str) -> bool:
    return bool(header) and any(each in ("*", tag.strip('"')) for each in tags_in(header))
