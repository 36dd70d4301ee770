"""What was told: stories, deliveries, and what people said of them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from alerts.model import DeliveryId, DeliveryKind
from alerts.states import State
from ops.api.callers import Here, Reader, Writer
from ops.api.doing import Done, Key, do
from ops.api.pieces import Cursor, Limit, before, piece
from ops.api.problems import Problem, invalid, not_found
from ops.api.shapes import (
    AskedMoment,
    Delivery,
    Listed,
    NewFeedback,
    Number,
    NumberInPath,
    PutBack,
    Said,
    Story,
    StoryArticles,
    with_string_ids,
)
from ops.moments import due_at
from ops.plain_json import plain
from ops.retrying import Refused, retry
from ops.store import audit_log, programs
from ops.store.ledger import find_delivery, whole_delivery
from ops.store.listing import Wanted
from ops.store.listing import list_deliveries as newest
from ops.store.slack import say, told_there
from worker.store.engine import Connection

router = APIRouter()

_SHOWN = 200
NumberOrKey = Annotated[
    str,
    Path(
        pattern="^([0-9]{1,18}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$",
        description="Its id or its key.",
    ),
]


@router.get("/stories", operation_id="listStories", response_model=Listed[Story], tags=["stories"])
async def list_stories(
    request: Request,
    response: Response,
    house: Here,
    _: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    since: Annotated[AskedMoment | None, Query(description="Those that were told of since then.")] = None,
) -> dict[str, Any]:
    """List the stories, those that began last first."""
    rows = await house.ask(lambda c: programs.stories(c, before(cursor), limit + 1, since))
    return piece(request, response, rows, limit)


@router.get("/stories/{number}", operation_id="getStory", response_model=StoryArticles, tags=["stories"])
async def get_story(house: Here, _: Reader, number: NumberInPath) -> Any:
    """Look at a story, with its articles."""

    def read(connection: Connection) -> dict[str, Any] | None:
        story = programs.story(connection, int(number))
        if story is None:
            return None
        return {**story, "told_by": programs.articles_of_story(connection, int(number), _SHOWN)}

    found = await house.ask(read)
    if found is None:
        raise not_found("story", number)
    return found


@router.get(
    "/deliveries", operation_id="listDeliveries", response_model=Listed[Delivery], tags=["deliveries"]
)
async def list_deliveries(
    request: Request,
    response: Response,
    house: Here,
    _: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: Annotated[State | None, Query()] = None,
    kind: Annotated[DeliveryKind | None, Query()] = None,
    channel: Annotated[Number | None, Query(description="The id of a channel.")] = None,
    since: Annotated[AskedMoment | None, Query(description="Made since then.")] = None,
) -> dict[str, Any]:
    """List the deliveries, each with the article that it tells of, of several the newest."""
    wanted = Wanted(
        state=state or "",
        kind=kind or "",
        since=since,
        before=before(cursor) if cursor is not None else None,
        channel_id=int(channel) if channel is not None else None,
    )
    rows = await house.ask(lambda connection: newest(connection, wanted, limit + 1))
    return piece(request, response, [{**row, "due_at": due_at(row)} for row in rows], limit)


@router.get(
    "/deliveries/{number}", operation_id="getDelivery", response_model=dict[str, Any], tags=["deliveries"]
)
async def get_delivery(house: Here, _: Reader, number: NumberOrKey) -> Any:
    """Look at a delivery: its articles, why they are told, and every attempt, as `pantau deliveries show` has it."""

    def read(connection: Connection) -> dict[str, Any]:
        found = whole_delivery(connection, _find(connection, number))
        return found if due_at(found) else {**found, "due_at": None, "expires_at": None}

    return with_string_ids(plain(await house.ask(read)))


@router.post(
    "/deliveries/{number}/retry",
    operation_id="retryDelivery",
    response_model=PutBack,
    responses={409: {}},
    tags=["deliveries"],
)
async def retry_delivery(
    request: Request, house: Here, caller: Writer, number: NumberOrKey, key: Key = None
) -> Response:
    """Send a delivery again that failed, expired, is held or in doubt. 409 says why one is not."""

    def work(connection: Connection) -> Done:
        delivery = _find(connection, number)
        match retry(connection, delivery, caller.who):
            case Refused(why):
                raise Problem(409, "conflict", f"Delivery {delivery} is not sent again: {why}.")
            case due:
                return Done(
                    {
                        "id": str(delivery),
                        "possible_repeat": due.possible_repeat,
                        "stopped_by": due.stopped_by,
                        "paused_until": due.paused_until,
                    }
                )

    return await do(house, request, caller, key, work)


def _find(connection: Connection, number: str) -> DeliveryId:
    found = find_delivery(connection, int(number) if number.isdecimal() else UUID(number))
    if found is None:
        raise not_found("delivery", number)
    return found


@router.get("/feedback", operation_id="listFeedback", response_model=Listed[Said], tags=["feedback"])
async def list_feedback(
    request: Request, response: Response, house: Here, _: Reader, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """List what people said of the articles that they were told of."""
    rows = await house.ask(lambda c: programs.feedback(c, before(cursor), limit + 1))
    return piece(request, response, rows, limit)


@router.post("/feedback", operation_id="giveFeedback", status_code=204, tags=["feedback"])
async def give_feedback(house: Here, caller: Writer, asked: NewFeedback) -> Response:
    """Say whether an article was relevant to those who were told of it. The last word of each account counts."""

    def work(connection: Connection) -> None:
        told = told_there(connection, str(asked.delivery), int(asked.article_id))
        if told is None:
            raise invalid("#/article_id", "This delivery does not tell of this article.")
        say(connection, told, f"account:{caller.user}", relevant=asked.relevant)
        word = {"article": asked.article_id, "relevant": asked.relevant}
        audit_log.note(connection, caller.who, "judged", "delivery", str(told.delivery), after=word)

    await house.ask(work)
    return Response(status_code=204)
