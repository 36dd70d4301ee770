"""What happens, told to programs within a second."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ops.api.callers import Caller, Here, Reader, caller_of
from ops.api.house import House
from ops.api.listening import Memory, listen
from ops.api.problems import Problem
from worker.errors import Unavailable

router = APIRouter(tags=["events"])

_TYPE = "text/event-stream"
_NUMBER = "[0-9]{1,19}"
_FULL = "So many listen already; close a stream, or wait."

LastEvent = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        pattern=rf"^{_NUMBER}\.{_NUMBER}\.{_NUMBER}$",
        description="The id of the last event that was heard. None: what happens from now on.",
    ),
]


@router.get(
    "/events",
    operation_id="listenToEvents",
    response_class=StreamingResponse,
    responses={200: {"content": {_TYPE: {"schema": {"type": "string"}}}}},
)
async def events(request: Request, house: Here, caller: Reader, last_event: LastEvent = None) -> Response:
    """Listen to what happens, as server-sent events: `match`, `alert` (told or suppressed) and `delivery` (ended).
    `data` is a MatchEvent, AlertEvent or DeliveryEvent. Come back with the last id as Last-Event-ID, and nothing is
    left out; what happened in the minutes before it may be told again, with the same `id` and `at`."""
    if not house.streams.room_for(caller.key):
        raise Problem(429, "too_many", _FULL, headers={"retry-after": "60"})
    if last_event is not None:
        memory = Memory.from_id(last_event)
    else:
        memory = await house.ask(lambda connection: Memory.from_now(connection, house.steady()))
    return StreamingResponse(_told(house, request, caller, memory), media_type=_TYPE, headers=_HEADERS)


_HEADERS = {"x-accel-buffering": "no"}


async def _told(house: House, request: Request, caller: Caller, memory: Memory) -> AsyncIterator[bytes]:
    house.streams.open[caller.key] += 1
    try:
        async for piece in listen(memory, house.ask, house.steady, _still(house, request), house.closing):
            yield piece
    finally:
        house.streams.open[caller.key] -= 1


def _still(house: House, request: Request) -> Callable[[], Awaitable[bool]]:
    """Whether the caller is still let in: a token ends, a session as well."""

    async def goes_on() -> bool:
        try:
            caller = await caller_of(house, request)
        except Problem:
            return False
        except Unavailable:
            return True
        return "read" in caller.scopes

    return goes_on
