"""Channels: where people are told, what stops them, and a message to try one."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from alerts.channel import Sent
from alerts.model import Channel as Target
from alerts.model import ChannelId
from alerts.store.people import load_channel
from ops import made_here
from ops.api.callers import Here, Reader, Writer
from ops.api.doing import Done, IfMatch, Key, as_seen, do, do_outside, keys_of
from ops.api.pieces import Cursor, Limit, before, piece
from ops.api.problems import Problem, not_found, unavailable
from ops.api.refusals import refusal
from ops.api.shapes.channels import (
    AskedOwner,
    Channel,
    ChannelChanges,
    MadeChannel,
    NewChannel,
    RemovedChannel,
    RetriedTogether,
    Tried,
)
from ops.api.shapes.values import Listed, NumberInPath, version
from ops.made_here import Refused
from ops.retrying import retry_failed
from ops.store import programs
from ops.store.declared import alone
from ops.trial import in_words, unwanted, write_down
from worker.errors import BadConfiguration
from worker.secrets import KeyRing
from worker.store.engine import Connection

router = APIRouter(tags=["channels"])

_LOCKED = "The channel's secret does not open with this installation's key (PANTAU_SECRET_KEY)."


@router.get("/channels", operation_id="listChannels", response_model=Listed[Channel])
async def list_channels(
    request: Request, response: Response, house: Here, _: Reader, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """List the channels, with what stops them."""
    rows = await house.ask(lambda c: programs.channels(c, before(cursor), limit + 1))
    return piece(request, response, rows, limit)


_FIGURES = frozenset(
    {
        "paused_until",
        "stopped_by",
        "probe_at",
        "held",
        "blocked_by",
        "takes_nothing_since",
        "takes_nothing_why",
    }
)


@router.get("/channels/{number}", operation_id="getChannel", response_model=Channel)
async def get_channel(request: Request, house: Here, _: Reader, number: NumberInPath) -> Any:
    """Look at a channel."""
    found = await house.ask(lambda c: programs.channel(c, int(number)))
    if found is None:
        raise not_found("channel", number)
    request.state.version = version(found, _FIGURES)
    return found


@router.post(
    "/channels",
    operation_id="addChannel",
    response_model=MadeChannel,
    status_code=201,
    responses={409: {}},
)
async def add_channel(
    request: Request, house: Here, caller: Writer, asked: NewChannel, key: Key = None
) -> Response:
    """Make a channel. The owner of a mail address that nobody vouches for is asked first."""
    keys = keys_of(house)
    given = asked.model_dump(exclude_none=True)

    def work(connection: Connection) -> Done:
        made = made_here.add_channel(connection, keys, given, house.ways, caller.who)
        if isinstance(made, Refused):
            raise refusal("channel", "", made)
        row = programs.channel(connection, made.id) or {}
        told = MadeChannel.model_validate({**row, "asks_owner": made.asks}).model_dump(mode="json")
        return Done(told, 201, f"{request.url.path}/{made.id}")

    return await do(house, request, caller, key, work)


@router.patch(
    "/channels/{number}",
    operation_id="changeChannel",
    response_model=MadeChannel,
    responses={428: {}, 412: {}, 409: {}},
)
async def change_channel(
    request: Request,
    house: Here,
    caller: Writer,
    number: NumberInPath,
    asked: ChannelChanges,
    if_match: IfMatch = None,
) -> Response:
    """Change a channel: what is left out stays. What waits for it keeps its place; the owner of another mail address is
    asked first."""
    keys = keys_of(house)
    given = asked.model_dump(exclude_none=True)

    def work(connection: Connection) -> Done:
        alone(connection)
        as_seen(programs.channel(connection, int(number)), "channel", number, if_match, _FIGURES)
        made = made_here.change_channel(connection, keys, int(number), given, house.ways, caller.who)
        if isinstance(made, Refused):
            raise refusal("channel", number, made)
        after = programs.channel(connection, made.id) or {}
        told = MadeChannel.model_validate({**after, "asks_owner": made.asks}).model_dump(mode="json")
        return Done(told, version=version(after, _FIGURES))

    return await do(house, request, caller, None, work)


@router.delete(
    "/channels/{number}",
    operation_id="removeChannel",
    response_model=RemovedChannel,
    responses={428: {}, 412: {}, 409: {}},
)
async def remove_channel(
    request: Request, house: Here, caller: Writer, number: NumberInPath, if_match: IfMatch = None
) -> Response:
    """Remove a channel, and the subscriptions that lead nowhere else. What waits for it ends as suppressed."""
    keys = keys_of(house)

    def work(connection: Connection) -> Done:
        alone(connection)
        row = as_seen(programs.channel(connection, int(number)), "channel", number, if_match, _FIGURES)
        gone = made_here.remove_channel(connection, keys, row["name"], caller.who)
        if isinstance(gone, Refused):
            raise refusal("channel", number, gone)
        return Done({"id": number, "name": gone.name, "subscriptions": list(gone.gone)})

    return await do(house, request, caller, None, work)


@router.post(
    "/channels/{number}/test",
    operation_id="testChannel",
    response_model=Tried,
    responses={409: {}},
)
async def try_channel(
    request: Request, house: Here, caller: Writer, number: NumberInPath, key: Key = None
) -> Response:
    """Send a test message, and tell what its receiver says. If it is accepted, what was held goes out."""
    tries, keys = house.tries, keys_of(house)
    if tries is None:
        raise unavailable("This process sends no messages.")

    async def work() -> Done:
        channel, refused = await house.ask(partial(_openable, number=int(number), keys=keys))
        trial = None if refused else await tries(channel)
        await house.ask(lambda c: write_down(c, channel, trial, refused or "", caller.who))
        if trial is None:
            raise Problem(409, "conflict", f"{refused}.")
        accepted = isinstance(trial.verdict, Sent)
        return Done({"accepted": accepted, "verdict": in_words(trial.verdict), "answer": trial.answer})

    return await do_outside(house, request, caller, key, work)


@router.post(
    "/channels/{number}/ask", operation_id="askOwner", response_model=AskedOwner, responses={409: {}}
)
async def ask_owner(
    request: Request, house: Here, caller: Writer, number: NumberInPath, key: Key = None
) -> Response:
    """Ask the owner of a mailbox once more, who has not answered. `asked` is false where nobody has to be asked, or a
    mail that does is on its way."""
    keys = keys_of(house)

    def work(connection: Connection) -> Done:
        channel, _ = _openable(connection, int(number), keys)
        asked = made_here.ask_again(connection, keys, channel, house.ways, caller.who)
        if isinstance(asked, Refused):
            raise refusal("channel", number, asked)
        return Done({"asked": asked.asks})

    return await do(house, request, caller, key, work)


@router.post("/channels/{number}/retry-failed", operation_id="retryFailed", response_model=RetriedTogether)
async def retry_all_failed(
    request: Request, house: Here, caller: Writer, number: NumberInPath, key: Key = None
) -> Response:
    """Send again what failed on a channel, the oldest 100. What may not be sent again stays; each delivery says why."""

    def work(connection: Connection) -> Done:
        name = programs.name_of(connection, "channel", int(number))
        if name is None:
            raise not_found("channel", number)
        found = retry_failed(connection, name, caller.who)
        return Done({"due": found.due, "refused": found.refused, "more": found.more})

    return await do(house, request, caller, key, work)


def _openable(connection: Connection, number: int, keys: KeyRing) -> tuple[Target, str | None]:
    """The channel with its secrets, and why no test may be sent there."""
    if programs.name_of(connection, "channel", number) is None:
        raise not_found("channel", number)
    try:
        channel = load_channel(connection, ChannelId(number), keys)
    except BadConfiguration:
        raise Problem(409, "conflict", _LOCKED) from None
    return channel, unwanted(connection, keys, channel)
