"""Subscriptions: who hears of what, where and when; and their rests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from alerts.model import SubscriptionId
from alerts.store.alone import plan_alone
from alerts.store.keeping import Told
from ops import hearing, made_here
from ops.api.callers import Caller, Here, Reader, Writer
from ops.api.doing import Done, IfMatch, Key, as_seen, do, keys_of
from ops.api.house import House
from ops.api.pieces import Cursor, Limit, before, piece
from ops.api.problems import invalid, not_found
from ops.api.refusals import pointer, refusal
from ops.api.shapes.subscriptions import (
    GoesOut,
    NewSubscription,
    SavedSubscription,
    Snooze,
    Subscription,
    SubscriptionSettings,
)
from ops.api.shapes.values import Listed, NumberInPath, seconds, version
from ops.made_here import Done as Made
from ops.made_here import Refused
from ops.store import programs
from ops.store.declared import alone
from ops.watchlist.values import duration_text
from worker.errors import BadInput
from worker.store.engine import Connection

router = APIRouter(tags=["subscriptions"])

_STATES: dict[int | str, dict[str, Any]] = {428: {}, 412: {}}


@router.get(
    "/subscriptions",
    operation_id="listSubscriptions",
    response_model=Listed[Subscription],
)
async def list_subscriptions(
    request: Request, response: Response, house: Here, _: Reader, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """List the subscriptions."""
    rows = await house.ask(lambda c: programs.subscriptions(c, before(cursor), limit + 1))
    return piece(request, response, [told(row) for row in rows], limit)


@router.get(
    "/subscriptions/{number}",
    operation_id="getSubscription",
    response_model=Subscription,
)
async def get_subscription(request: Request, house: Here, _: Reader, number: NumberInPath) -> Any:
    """Look at a subscription."""
    found = await house.ask(lambda c: programs.subscription(c, int(number)))
    if found is None:
        raise not_found("subscription", number)
    request.state.version = version(found)
    return told(found)


@router.post(
    "/subscriptions", operation_id="addSubscription", response_model=SavedSubscription, status_code=201
)
async def add_subscription(
    request: Request, house: Here, caller: Writer, asked: NewSubscription, key: Key = None
) -> Response:
    """Make a subscription. It hears of what is read from now on."""
    keys = keys_of(house)

    def work(connection: Connection) -> Done:
        made = made_here.add_subscription(connection, keys, _pairs(asked), caller.who)
        if isinstance(made, Refused):
            raise refusal("subscription", "", made)
        return _saved(connection, made, 201, f"{request.url.path}/{made.id}")

    return await do(house, request, caller, key, work)


@router.put(
    "/subscriptions/{number}",
    operation_id="changeSubscription",
    response_model=SavedSubscription,
    responses={**_STATES, 409: {}},
)
async def change_subscription(
    request: Request,
    house: Here,
    caller: Writer,
    number: NumberInPath,
    asked: SubscriptionSettings,
    if_match: IfMatch = None,
) -> Response:
    """Let a subscription hear of what is given here, in place of all that it heard of before. Its name stays."""
    keys = keys_of(house)

    def work(connection: Connection) -> Done:
        name = _seen(connection, number, if_match)
        changed = made_here.change_subscription(connection, keys, name, _pairs(asked), caller.who)
        if isinstance(changed, Refused):
            raise refusal("subscription", number, changed)
        return _saved(connection, changed)

    return await do(house, request, caller, None, work)


@router.delete(
    "/subscriptions/{number}",
    operation_id="removeSubscription",
    status_code=204,
    responses={**_STATES, 409: {}},
)
async def remove_subscription(
    house: Here, caller: Writer, number: NumberInPath, if_match: IfMatch = None
) -> Response:
    """Remove a subscription; what waits for it alone ends as suppressed."""
    keys = keys_of(house)

    def work(connection: Connection) -> None:
        name = _seen(connection, number, if_match)
        removed = made_here.remove_subscription(connection, keys, name, caller.who)
        if isinstance(removed, Refused):
            raise refusal("subscription", number, removed)

    await house.ask(work)
    return Response(status_code=204)


def _pairs(asked: SubscriptionSettings) -> dict[str, Any]:
    """As a watchlist would hold it: what is not given is not there."""
    return {key: value for key, value in asked.model_dump().items() if value not in (None, "")}


def _seen(connection: Connection, number: str, condition: str | None) -> str:
    """The name of the subscription, which stays as it is until this transaction ends."""
    alone(connection)
    row = as_seen(programs.subscription(connection, int(number)), "subscription", number, condition)
    return str(row["name"])


def _saved(connection: Connection, made: Made, status: int = 200, location: str | None = None) -> Done:
    row = programs.subscription(connection, made.id)
    assert row is not None
    doubts = [{"pointer": pointer(each.field), "detail": each.problem} for each in made.doubts]
    answer = SavedSubscription.model_validate({**told(row), "doubts": doubts}).model_dump(mode="json")
    return Done(answer, status, location, version(row))


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as programs are told it: with the words of a watchlist."""
    return {**row, "wait": duration_text(row["wait_s"])}


Rest = Callable[[Connection, SubscriptionId, str, datetime, str], Told]


@router.post(
    "/subscriptions/{number}/pause",
    operation_id="pauseSubscription",
    response_model=GoesOut,
    responses=_STATES,
)
async def pause(
    request: Request,
    house: Here,
    caller: Writer,
    number: NumberInPath,
    if_match: IfMatch = None,
    key: Key = None,
) -> Response:
    """Let a subscription hear nothing until it is resumed. What comes meanwhile is kept for a week."""
    return await _rest(house, request, caller, number, if_match, key, _pause)


@router.post(
    "/subscriptions/{number}/resume",
    operation_id="resumeSubscription",
    response_model=GoesOut,
    responses=_STATES,
)
async def resume(
    request: Request,
    house: Here,
    caller: Writer,
    number: NumberInPath,
    if_match: IfMatch = None,
    key: Key = None,
) -> Response:
    """Let a subscription hear again; what was kept goes out in one message per channel."""
    return await _rest(house, request, caller, number, if_match, key, hearing.resume)


@router.post(
    "/subscriptions/{number}/snooze",
    operation_id="snoozeSubscription",
    response_model=GoesOut,
    responses=_STATES,
)
async def snooze(
    request: Request,
    house: Here,
    caller: Writer,
    number: NumberInPath,
    asked: Snooze,
    if_match: IfMatch = None,
    key: Key = None,
) -> Response:
    """Let a subscription hear nothing for a while, from 1m to 7d. What comes meanwhile is told then."""
    try:
        span = hearing.snooze_span(timedelta(seconds=seconds(asked.how_long)), asked.how_long)
    except BadInput as error:
        raise invalid("#/for", str(error)) from None

    def rest(
        connection: Connection, subscription: SubscriptionId, name: str, now: datetime, who: str
    ) -> Told:
        return hearing.snooze(connection, subscription, name, now + span, now, who)

    return await _rest(house, request, caller, number, if_match, key, rest)


def _pause(connection: Connection, subscription: SubscriptionId, name: str, now: datetime, who: str) -> Told:
    hearing.pause(connection, subscription, name, now, who)
    return Told()


async def _rest(
    house: House,
    request: Request,
    caller: Caller,
    number: str,
    condition: str | None,
    key: str | None,
    rest: Rest,
) -> Response:
    def work(connection: Connection) -> Done:
        plan_alone(connection)  # before the row is looked at, as whoever plans does it
        row = as_seen(programs.subscription(connection, int(number)), "subscription", number, condition)
        told = rest(connection, SubscriptionId(int(number)), row["name"], house.clock(), caller.who)
        after = programs.subscription(connection, int(number)) or {}
        answer = {"articles": told.articles, "messages": told.messages, "due_at": told.due_at}
        return Done(answer, version=version(after))

    return await do(house, request, caller, key, work)
