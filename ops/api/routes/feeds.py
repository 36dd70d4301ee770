"""Feeds: what is polled."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from ops.adding import NameTaken, add, checked
from ops.api.callers import Here, Reader, Writer
from ops.api.doing import Done, Key, do, keys_of
from ops.api.pieces import Cursor, Limit, before, piece
from ops.api.problems import declared, invalid, not_found
from ops.api.shapes import Added, Feed, Listed, NamePart, NewFeed, NumberInPath
from ops.store import programs
from ops.tending import Declared, Gone, remove
from worker.errors import BadInput
from worker.store.engine import Connection

router = APIRouter(tags=["feeds"])


@router.get("/feeds", operation_id="listFeeds", response_model=Listed[Feed])
async def list_feeds(
    request: Request,
    response: Response,
    house: Here,
    _: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: Annotated[Literal["new", "ok", "failing", "gone"] | None, Query()] = None,
    tag: NamePart = "",
) -> dict[str, Any]:
    """List the feeds."""
    rows = await house.ask(lambda c: programs.feeds(c, before(cursor), limit + 1, state or "", tag))
    return piece(request, response, rows, limit)


@router.get("/feeds/{number}", operation_id="getFeed", response_model=Feed)
async def get_feed(house: Here, _: Reader, number: NumberInPath) -> Any:
    """Look at a feed."""
    found = await house.ask(lambda c: programs.feed(c, int(number)))
    if found is None:
        raise not_found("feed", number)
    return found


@router.post(
    "/feeds", operation_id="addFeed", response_model=Added, status_code=201, responses={200: {"model": Added}}
)
async def add_feed(
    request: Request, house: Here, caller: Writer, asked: NewFeed, key: Key = None
) -> Response:
    """Add a feed, or a site whose feed is discovered. It is polled within seconds. 200: it is watched already."""
    keys = keys_of(house)
    try:
        feed = checked(asked.url, asked.name, asked.every, tuple(asked.tags))
    except BadInput as error:
        raise invalid("", str(error)) from None

    def work(connection: Connection) -> Done:
        try:
            added = add(connection, keys, feed, caller.who)
        except NameTaken as error:
            raise invalid("#/name", str(error)) from None
        return Done({"url": feed.url, "added": added}, 201 if added else 200)

    return await do(house, request, caller, key, work)


@router.delete("/feeds/{number}", operation_id="removeFeed", status_code=204, responses={409: {}})
async def drop_feed(house: Here, caller: Writer, number: NumberInPath) -> Response:
    """Poll a feed no more. What it brought stays. One that a watchlist declares is taken away there (409)."""
    keys = keys_of(house)
    match await house.ask(lambda connection: remove(connection, keys, int(number), caller.who)):
        case Gone():
            raise not_found("feed", number)
        case Declared():
            raise declared("feed")
    return Response(status_code=204)
