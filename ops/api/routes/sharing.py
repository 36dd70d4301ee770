"""Topics and subscriptions as feeds at secret addresses; and the word after a restore."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ops import feed_addresses
from ops.api.callers import Admin, Caller, Here, Writer
from ops.api.doing import Done, Key, do
from ops.api.house import House
from ops.api.problems import Problem, not_found
from ops.api.shapes.machine import Release, WasReleased
from ops.api.shapes.subscriptions import FeedAddress
from ops.api.shapes.values import NumberInPath
from ops.releasing import Released, TooEarly, release
from ops.store import programs
from worker.store.engine import Connection

router = APIRouter()

Noun = Literal["topic", "subscription"]
_SHARED: dict[Noun, Literal["topics", "subscriptions"]] = {"topic": "topics", "subscription": "subscriptions"}


@router.post(
    "/topics/{number}/feed",
    operation_id="shareTopic",
    response_model=FeedAddress,
    status_code=201,
    tags=["topics"],
)
async def share_topic(request: Request, house: Here, caller: Writer, number: NumberInPath) -> Any:
    """Make an address at which the topic is read as a feed. It is a key, and told once."""
    return await _share(request, house, caller, "topic", number)


@router.delete("/topics/{number}/feed", operation_id="unshareTopic", status_code=204, tags=["topics"])
async def unshare_topic(house: Here, caller: Writer, number: NumberInPath) -> Response:
    """Close every feed address of the topic."""
    return await _unshare(house, caller, "topic", number)


@router.post(
    "/subscriptions/{number}/feed",
    operation_id="shareSubscription",
    response_model=FeedAddress,
    status_code=201,
    tags=["subscriptions"],
)
async def share_subscription(request: Request, house: Here, caller: Writer, number: NumberInPath) -> Any:
    """Make an address at which the subscription is read as a feed. It is a key, and told once."""
    return await _share(request, house, caller, "subscription", number)


@router.delete(
    "/subscriptions/{number}/feed",
    operation_id="unshareSubscription",
    status_code=204,
    tags=["subscriptions"],
)
async def unshare_subscription(house: Here, caller: Writer, number: NumberInPath) -> Response:
    """Close every feed address of the subscription."""
    return await _unshare(house, caller, "subscription", number)


async def _share(request: Request, house: House, caller: Caller, noun: Noun, number: str) -> dict[str, str]:
    """No key is taken: whoever asks twice has two addresses, and none is kept where answers are."""
    base = house.ways.public_url or f"{request.url.scheme}://{request.url.netloc}"

    def make(connection: Connection) -> str:
        name = _named(connection, noun, number)
        return feed_addresses.make(connection, _SHARED[noun], int(number), name, caller.who)

    return dict(feed_addresses.forms(base, _SHARED[noun], await house.ask(make)))


async def _unshare(house: House, caller: Caller, noun: Noun, number: str) -> Response:
    def close(connection: Connection) -> None:
        name = _named(connection, noun, number)
        feed_addresses.close(connection, _SHARED[noun], int(number), name, caller.who)

    await house.ask(close)
    return Response(status_code=204)


def _named(connection: Connection, noun: Noun, number: str) -> str:
    name = programs.name_of(connection, noun, int(number))
    if name is None:
        raise not_found(noun, number)
    return name


@router.post(
    "/release",
    operation_id="release",
    response_model=WasReleased,
    responses={409: {}},
    tags=["machine"],
)
async def release_sending(
    request: Request, house: Here, caller: Admin, asked: Release, key: Key = None
) -> Response:
    """Let sending go on after a backup was restored: what may have been told already is sent, or dropped."""

    def work(connection: Connection) -> Done:
        drop = asked.what_may_have_been_told == "drop"
        match release(connection, drop=drop, now=asked.now, who=caller.who):
            case Released(dropped):
                return Done({"dropped": dropped})
            case TooEarly(unpolled):
                raise Problem(
                    409,
                    "conflict",
                    f"{unpolled:,} feeds were not polled since, and what they bring may have been told: wait a "
                    "minute, or send now: true.",
                )
        raise Problem(409, "conflict", "Nothing waits for that word: no backup was restored, or it was said.")

    return await do(house, request, caller, key, work)
