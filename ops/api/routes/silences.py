"""Silences: what nobody is to hear of for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from alerts.model import SilenceId
from ops import silencing
from ops.api.callers import Here, Reader, Writer
from ops.api.doing import Done, Key, do
from ops.api.pieces import Cursor, Limit, before, piece
from ops.api.problems import Problem, invalid, not_found
from ops.api.shapes.silences import NewSilence, Silence
from ops.api.shapes.values import Listed, NumberInPath, seconds
from ops.silencing import BadSilence, Wanted
from ops.store import programs
from worker.store.engine import Connection

router = APIRouter(tags=["silences"])


@router.get("/silences", operation_id="listSilences", response_model=Listed[Silence])
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


@router.get("/silences/{number}", operation_id="getSilence", response_model=Silence)
async def get_silence(house: Here, _: Reader, number: NumberInPath) -> Any:
    """Look at a silence."""
    found = await house.ask(lambda c: programs.silence(c, int(number)))
    if found is None:
        raise not_found("silence", number)
    return found


@router.post("/silences", operation_id="addSilence", response_model=Silence, status_code=201)
async def add_silence(
    request: Request, house: Here, caller: Writer, asked: NewSilence, key: Key = None
) -> Response:
    """Tell nobody of something for a while. What comes meanwhile is suppressed with that reason, and not told later."""
    now = house.clock()
    until = _until(asked, asked.begin or now)

    def work(connection: Connection) -> Done:
        wanted = _wanted(connection, asked)
        try:
            number = silencing.make(
                connection, wanted, begin=asked.begin, end=until, now=now, who=caller.who, by=caller.who
            )
        except BadSilence as error:
            raise invalid(_pointer(asked, error.field), str(error)) from None
        made = Silence.model_validate(programs.silence(connection, number)).model_dump(mode="json")
        return Done(made, 201, f"{request.url.path}/{number}")

    return await do(house, request, caller, key, work)


def _wanted(connection: Connection, asked: NewSilence) -> Wanted:
    """What is silenced, and where, by name. Raises Problem where the scope wants something else."""
    given = {"topic_id": asked.topic_id, "story_id": asked.story_id, "source": asked.source}
    for field, what in given.items():
        wants = field.removesuffix("_id") == asked.scope
        if (what is not None) is not wants:
            raise invalid(f"#/{field}", f"The scope {asked.scope} {'needs' if wants else 'has no'} {field}.")
    return Wanted(
        asked.scope,
        _named(connection, "topic", asked.topic_id) or asked.story_id or asked.source or "",
        _named(connection, "channel", asked.channel_id),
        asked.comment,
    )


def _named(connection: Connection, noun: Literal["topic", "channel"], number: str | None) -> str:
    if number is None:
        return ""
    name = programs.name_of(connection, noun, int(number))
    if name is None:
        raise invalid(f"#/{noun}_id", f"There is no {noun} {number}.")
    return name


def _pointer(asked: NewSilence, field: silencing.Field) -> str:
    what = asked.scope if asked.scope == "source" else f"{asked.scope}_id"
    until = "until" if asked.until is not None else "for"
    return "#/" + {"what": what, "channel": "channel_id", "until": until, "begin": "from"}[field]


def _until(asked: NewSilence, begin: datetime) -> datetime:
    if (asked.how_long is None) is (asked.until is None):
        raise invalid("#/until", "Give until or for; a silence has an end.")
    if asked.until is not None:
        return asked.until
    try:
        return begin + min(timedelta(seconds=seconds(asked.how_long or "")), 2 * silencing.LONGEST)
    except OverflowError:
        raise invalid("#/from", "A silence begins and ends before the year 9999.") from None


@router.post(
    "/silences/{number}/end",
    operation_id="endSilence",
    response_model=Silence,
    responses={409: {}},
)
async def end_silence(
    request: Request, house: Here, caller: Writer, number: NumberInPath, key: Key = None
) -> Response:
    """End a silence before its time. What it has suppressed stays so."""

    def work(connection: Connection) -> Done:
        if programs.silence(connection, int(number)) is None:
            raise not_found("silence", number)
        if not silencing.stop(connection, SilenceId(int(number)), caller.who):
            raise Problem(409, "conflict", f"Silence {number} is over already.")
        after = programs.silence(connection, int(number))
        return Done(Silence.model_validate(after).model_dump(mode="json"))

    return await do(house, request, caller, key, work)
