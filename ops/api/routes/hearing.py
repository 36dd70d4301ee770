"""Who hears, where, and what nobody is to hear: subscriptions, channels, silences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from alerts.channel import Sent
from alerts.model import Channel as Target
from alerts.model import ChannelId, SilenceId, SubscriptionId
from alerts.silences import What
from alerts.store import keeping
from alerts.store.people import load_channel
from alerts.store.planning import plan_alone
from alerts.store.silences import add, end
from ops.api.callers import Caller, Here, Reader, Writer
from ops.api.doing import Done, IfMatch, Key, do, do_outside, unchanged
from ops.api.house import House
from ops.api.pieces import Cursor, Limit, before, piece
from ops.api.problems import Problem, invalid, not_found, unavailable
from ops.api.shapes import (
    Channel,
    Listed,
    NewSilence,
    NumberInPath,
    Silence,
    Snooze,
    Subscription,
    Told,
    Tried,
    seconds,
    version,
)
from ops.spans import LONGEST_SILENCE, silence_end, snooze_span
from ops.store import audit_log, programs
from ops.trial import in_words
from ops.trying import let_through, unwanted
from worker.errors import BadInput
from worker.secrets import KeyRing
from worker.store.engine import Connection

router = APIRouter()

_STATES: dict[int | str, dict[str, Any]] = {428: {}, 412: {}}


@router.get(
    "/subscriptions",
    operation_id="listSubscriptions",
    response_model=Listed[Subscription],
    tags=["subscriptions"],
)
async def list_subscriptions(
    request: Request, response: Response, house: Here, _: Reader, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """List the subscriptions."""
    rows = await house.ask(lambda c: programs.subscriptions(c, before(cursor), limit + 1))
    return piece(request, response, rows, limit)


@router.get(
    "/subscriptions/{number}",
    operation_id="getSubscription",
    response_model=Subscription,
    tags=["subscriptions"],
)
async def get_subscription(request: Request, house: Here, _: Reader, number: NumberInPath) -> Any:
    """Look at a subscription."""
    found = await house.ask(lambda c: programs.subscription(c, int(number)))
    if found is None:
        raise not_found("subscription", number)
    request.state.version = version(found)
    return found


Rest = Callable[[Connection, SubscriptionId, datetime], keeping.Told | None]


@router.post(
    "/subscriptions/{number}/pause",
    operation_id="pauseSubscription",
    response_model=Told,
    responses=_STATES,
    tags=["subscriptions"],
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
    return await _rest(house, request, caller, number, if_match, key, "paused", keeping.pause)


@router.post(
    "/subscriptions/{number}/resume",
    operation_id="resumeSubscription",
    response_model=Told,
    responses=_STATES,
    tags=["subscriptions"],
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
    return await _rest(house, request, caller, number, if_match, key, "resumed", keeping.resume)


@router.post(
    "/subscriptions/{number}/snooze",
    operation_id="snoozeSubscription",
    response_model=Told,
    responses=_STATES,
    tags=["subscriptions"],
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
        span = snooze_span(timedelta(seconds=seconds(asked.how_long)), asked.how_long)
    except BadInput as error:
        raise invalid("#/for", str(error)) from None

    def rest(connection: Connection, subscription: SubscriptionId, now: datetime) -> keeping.Told:
        return keeping.snooze(connection, subscription, now + span, now)

    return await _rest(house, request, caller, number, if_match, key, "snoozed", rest)


async def _rest(
    house: House,
    request: Request,
    caller: Caller,
    number: str,
    condition: str | None,
    key: str | None,
    what: str,
    rest: Rest,
) -> Response:
    def work(connection: Connection) -> Done:
        plan_alone(connection)  # before the row is looked at, as whoever plans does it
        row = programs.subscription(connection, int(number))
        if row is None:
            raise not_found("subscription", number)
        unchanged(condition, version(row))
        told = rest(connection, SubscriptionId(int(number)), house.clock()) or keeping.Told()
        after = programs.subscription(connection, int(number)) or row
        audit_log.note(
            connection, caller.who, what, "subscription", row["name"], _resting(row), _resting(after)
        )
        return Done({"articles": told.articles, "messages": told.messages, "due_at": told.due_at})

    return await do(house, request, caller, key, work)


def _resting(row: Any) -> dict[str, str | None]:
    return {name: str(row[name]) if row[name] else None for name in ("paused_at", "snoozed_until")}


@router.get("/channels", operation_id="listChannels", response_model=Listed[Channel], tags=["channels"])
async def list_channels(
    request: Request, response: Response, house: Here, _: Reader, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """List the channels, with what stops them."""
    rows = await house.ask(lambda c: programs.channels(c, before(cursor), limit + 1))
    return piece(request, response, rows, limit)


_FIGURES = frozenset({"paused_until", "stopped_by", "probe_at", "held", "blocked_by"})


@router.get("/channels/{number}", operation_id="getChannel", response_model=Channel, tags=["channels"])
async def get_channel(request: Request, house: Here, _: Reader, number: NumberInPath) -> Any:
    """Look at a channel."""
    found = await house.ask(lambda c: programs.channel(c, int(number)))
    if found is None:
        raise not_found("channel", number)
    request.state.version = version(found, _FIGURES)
    return found


@router.post(
    "/channels/{number}/test",
    operation_id="testChannel",
    response_model=Tried,
    responses={409: {}},
    tags=["channels"],
)
async def try_channel(
    request: Request, house: Here, caller: Writer, number: NumberInPath, key: Key = None
) -> Response:
    """Send a test message, and tell what its receiver says. If it is accepted, what was held goes out."""
    tries, keys = house.tries, house.keys
    if tries is None or keys is None:
        raise unavailable("This process sends no messages.")

    async def work() -> Done:
        channel = await house.ask(partial(_openable, number=int(number), keys=keys))
        trial = await anyio.to_thread.run_sync(tries, channel)
        accepted = isinstance(trial.verdict, Sent)

        def note(connection: Connection) -> None:
            said = {"accepted": accepted, "verdict": in_words(trial.verdict)}
            audit_log.note(connection, caller.who, "tested", "channel", channel.name, after=said)
            if accepted:
                let_through(connection, channel.id)

        await house.ask(note)
        return Done({"accepted": accepted, "verdict": in_words(trial.verdict), "answer": trial.answer})

    return await do_outside(house, request, caller, key, work)


def _openable(connection: Connection, number: int, keys: KeyRing) -> Target:
    if not programs.exists(connection, "channel", number):
        raise not_found("channel", number)
    channel = load_channel(connection, ChannelId(number), keys)
    why = unwanted(connection, keys, channel)
    if why is not None:
        raise Problem(409, "conflict", why)
    return channel


@router.get("/silences", operation_id="listSilences", response_model=Listed[Silence], tags=["silences"])
async def list_silences(
    request: Request,
    response: Response,
    house: Here,
    _: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    over: Annotated[bool, Query(description="Also those that are over.")] = False,
) -> dict[str, Any]:
    """List the silences that hold or are to come."""
    rows = await house.ask(lambda c: programs.silences(c, before(cursor), limit + 1, over=over))
    return piece(request, response, rows, limit)


@router.get("/silences/{number}", operation_id="getSilence", response_model=Silence, tags=["silences"])
async def get_silence(house: Here, _: Reader, number: NumberInPath) -> Any:
    """Look at a silence."""
    found = await house.ask(lambda c: programs.silence(c, int(number)))
    if found is None:
        raise not_found("silence", number)
    return found


@router.post(
    "/silences", operation_id="addSilence", response_model=Silence, status_code=201, tags=["silences"]
)
async def add_silence(
    request: Request, house: Here, caller: Writer, asked: NewSilence, key: Key = None
) -> Response:
    """Tell nobody of something for a while. What comes meanwhile is suppressed with that reason, and not told later."""
    what, channel = _about(asked)
    begin = asked.begin or house.clock()
    until = _until(asked, begin)

    def work(connection: Connection) -> Done:
        _refuse_unknown(connection, asked)
        try:
            number = add(
                connection,
                scope=asked.scope,
                what=what,
                channel=channel,
                since=asked.begin,
                until=until,
                by=caller.who,
                comment=asked.comment,
            )
        except BadInput as error:
            raise invalid("#/until", str(error)) from None
        row = programs.silence(connection, number)
        assert row is not None
        name = f"{asked.scope} {what}" if what is not None else asked.scope
        audit_log.note(
            connection, caller.who, "added", "silence", name, after={"id": number, "until": str(until)}
        )
        made = Silence.model_validate(row).model_dump(mode="json")
        return Done(made, 201, f"{request.url.path}/{number}")

    return await do(house, request, caller, key, work)


def _about(asked: NewSilence) -> tuple[What, ChannelId | None]:
    """What is silenced, and where. Raises Problem where the scope wants something else."""
    given: dict[str, What] = {
        "topic": int(asked.topic_id) if asked.topic_id is not None else None,
        "story": int(asked.story_id) if asked.story_id is not None else None,
        "source": asked.source.strip() or None if asked.source is not None else None,
    }
    for scope, what in given.items():
        if (what is not None) is not (asked.scope == scope):
            field = scope if scope == "source" else f"{scope}_id"
            needs = "needs" if asked.scope == scope else "has no"
            raise invalid(f"#/{field}", f"The scope {asked.scope} {needs} {field}.")
    if asked.scope == "channel" and asked.channel_id is None:
        raise invalid("#/channel_id", "The scope channel needs channel_id.")
    channel = ChannelId(int(asked.channel_id)) if asked.channel_id is not None else None
    return given.get(asked.scope), channel


def _until(asked: NewSilence, begin: datetime) -> datetime:
    if (asked.how_long is None) is (asked.until is None):
        raise invalid("#/until", "Give until or for; a silence has an end.")
    try:
        if asked.until is not None:
            return silence_end(begin, asked.until)
        span = min(timedelta(seconds=seconds(asked.how_long or "")), 2 * LONGEST_SILENCE)
        return silence_end(begin, begin + span)
    except BadInput as error:
        raise invalid("#/until" if asked.until else "#/for", str(error)) from None
    except OverflowError:
        raise invalid("#/from", "A silence begins and ends before the year 9999.") from None


def _refuse_unknown(connection: Connection, asked: NewSilence) -> None:
    for noun, number in (
        ("topic", asked.topic_id),
        ("story", asked.story_id),
        ("channel", asked.channel_id),
    ):
        if number is not None and not programs.exists(connection, noun, int(number)):
            raise invalid(f"#/{noun}_id", f"There is no {noun} {number}.")


@router.post(
    "/silences/{number}/end",
    operation_id="endSilence",
    response_model=Silence,
    responses={409: {}},
    tags=["silences"],
)
async def end_silence(
    request: Request, house: Here, caller: Writer, number: NumberInPath, key: Key = None
) -> Response:
    """End a silence before its time. What it has suppressed stays so."""

    def work(connection: Connection) -> Done:
        row = programs.silence(connection, int(number))
        if row is None:
            raise not_found("silence", number)
        if not end(connection, SilenceId(int(number))):
            raise Problem(409, "conflict", f"Silence {number} is over already.")
        after = programs.silence(connection, int(number))
        audit_log.note(
            connection, caller.who, "ended", "silence", row["scope"], before={"until": str(row["until_at"])}
        )
        return Done(Silence.model_validate(after).model_dump(mode="json"))

    return await do(house, request, caller, key, work)
