"""What was told: stories, deliveries, and what people said of them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from alerts.model import DeliveryId, DeliveryKind
from alerts.states import State
from ops import regrouping
from ops.api.callers import Here, Reader, Writer
from ops.api.doing import Done, Key, do
from ops.api.pieces import Cursor, Limit, before, piece
from ops.api.problems import Problem, invalid, not_found
from ops.api.refusals import not_regrouped
from ops.api.shapes.telling import (
    Delivery,
    NewFeedback,
    OtherStory,
    PutBack,
    Regrouped,
    Said,
    Split,
    Story,
    StoryWhole,
)
from ops.api.shapes.values import AskedMoment, Listed, Number, NumberInPath, with_string_ids
from ops.moments import due_at
from ops.plain_json import plain
from ops.retrying import Refused, retry
from ops.store import audit_log, programs
from ops.store.ledger import find_delivery, whole_delivery
from ops.store.listing import Wanted
from ops.store.listing import list_deliveries as newest
from ops.store.slack import say, told_there
from worker.model import ArticleId, StoryId
from worker.store import regrouping as stored
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


@router.get("/stories/{number}", operation_id="getStory", response_model=StoryWhole, tags=["stories"])
async def get_story(house: Here, _: Reader, number: NumberInPath) -> Any:
    """Look at a story, with its articles, and what was merged into it."""

    def read(connection: Connection) -> dict[str, Any] | None:
        story = programs.story(connection, int(number))
        if story is None:
            return None
        merged = [each._asdict() for each in stored.merged_into(connection, StoryId(int(number)))]
        told_by = programs.articles_of_story(connection, int(number), _SHOWN)
        return {**story, "told_by": told_by, "merged": merged}

    found = await house.ask(read)
    if found is None:
        raise not_found("story", number)
    return found


@router.post(
    "/stories/{number}/merge",
    operation_id="mergeStories",
    response_model=Regrouped,
    responses={409: {}},
    tags=["stories"],
)
async def merge_stories(
    request: Request, house: Here, caller: Writer, number: NumberInPath, asked: OtherStory, key: Key = None
) -> Response:
    """Make another story part of this one. Nothing that was told is told again; what comes next follows, on each
    channel, the message that began last. `split` with `merged_id` undoes it."""

    def work(connection: Connection) -> Done:
        other = StoryId(int(asked.story_id))
        return _regrouped(number, regrouping.merge(connection, other, StoryId(int(number)), caller.who))

    return await do(house, request, caller, key, work)


@router.post(
    "/stories/{number}/split",
    operation_id="splitStory",
    response_model=Regrouped,
    responses={409: {}},
    tags=["stories"],
)
async def split_story(
    request: Request, house: Here, caller: Writer, number: NumberInPath, asked: Split, key: Key = None
) -> Response:
    """Take articles out of a story, with their copies; or take apart what was merged into it. Nothing that left comes
    back by itself. `merge` undoes it."""
    if (asked.articles is None) is (asked.merged_id is None):
        raise invalid("#/articles", "Give articles, or merged_id.")
    if asked.merged_id is not None and asked.into is not None:
        raise invalid("#/into", "What was merged becomes the story again that it was; into is for articles.")
    story = StoryId(int(number))

    def work(connection: Connection) -> Done:
        if asked.merged_id is not None:
            merged = StoryId(int(asked.merged_id))
            return _regrouped(number, regrouping.take_apart(connection, story, merged, caller.who))
        articles = {ArticleId(int(each)) for each in asked.articles or ()}
        into = None if asked.into is None else StoryId(int(asked.into))
        return _regrouped(number, regrouping.take_out(connection, story, articles, into, caller.who))

    return await do(house, request, caller, key, work)


def _regrouped(number: str, outcome: regrouping.Outcome) -> Done:
    if isinstance(outcome, regrouping.Refused):
        raise not_regrouped(number, outcome)
    return Done({"story_id": str(outcome.story), "articles": outcome.articles})


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
