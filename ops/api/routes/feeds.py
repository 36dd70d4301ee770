"""Feeds: what is polled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from ops.adding import NameTaken, add, read_feed
from ops.api.callers import Caller, Here, Reader, Writer
from ops.api.doing import Done, IfMatch, Key, as_seen, do, keys_of, unchanged
from ops.api.house import House
from ops.api.pieces import Cursor, Limit, before, piece
from ops.api.problems import Problem, declared, invalid, not_found, unavailable
from ops.api.refusals import wrong_parts
from ops.api.shapes.feeds import Added, Address, Discovered, Feed, FeedChanges, NewFeed
from ops.api.shapes.values import Listed, NamePart, NumberInPath, version
from ops.checking import NoFeed, NotHad
from ops.looking import Candidate as Found
from ops.store import programs
from ops.store.declared import Shelf, alone
from ops.tending import Declared, Gone, Paused, Tended, change, pause, poll_now, remove, resume
from ops.watchlist import DeclaredFeed
from ops.watchlist.addresses import web_address
from ops.watchlist.values import every_text
from ops.watchlist.words import Fault
from worker.secrets import KeyRing
from worker.store.engine import Connection
from worker.store.feeds import watched_at

router = APIRouter(tags=["feeds"])

_FIGURES = frozenset(
    {"found_url", "state", "next_poll_at", "last_polled_at", "last_ok_at", "last_status", "last_error"}
    | {"failures", "notice"}
)
"""What of a feed nobody changes by hand."""
_SEEN: dict[int | str, dict[str, Any]] = {412: {}, 428: {}}


@router.get("/feeds", operation_id="listFeeds", response_model=Listed[Feed])
async def list_feeds(
    request: Request,
    response: Response,
    house: Here,
    _: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: Annotated[Literal["new", "ok", "failing", "gone", "paused"] | None, Query()] = None,
    tag: NamePart = "",
) -> dict[str, Any]:
    """List the feeds."""
    rows = await house.ask(lambda c: programs.feeds(c, before(cursor), limit + 1, state or "", tag))
    return piece(request, response, [_told(row) for row in rows], limit)


@router.get("/feeds/{number}", operation_id="getFeed", response_model=Feed)
async def get_feed(request: Request, house: Here, _: Reader, number: NumberInPath) -> Any:
    """Look at a feed."""
    found = await house.ask(lambda c: programs.feed(c, int(number)))
    if found is None:
        raise not_found("feed", number)
    request.state.version = version(found, _FIGURES)
    return _told(found)


@router.post(
    "/feeds", operation_id="addFeed", response_model=Added, status_code=201, responses={200: {"model": Added}}
)
async def add_feed(
    request: Request, house: Here, caller: Writer, asked: NewFeed, key: Key = None
) -> Response:
    """Add a feed, or a site whose feed is discovered. It is polled within seconds. 200: it is watched already."""
    keys = keys_of(house)
    feed = _read(asked.url, asked)

    def work(connection: Connection) -> Done:
        with _named():
            added = add(connection, keys, feed, caller.who)
        number = watched_at(connection, [feed.url]).get(feed.url)
        told = {"id": str(number) if number else None, "url": feed.url, "added": added}
        return Done(told, 201 if added else 200, f"{request.url.path}/{number}" if added else None)

    return await do(house, request, caller, key, work)


@router.post("/feeds/discover", operation_id="discoverFeeds", response_model=Discovered)
async def discover_feeds(house: Here, _: Writer, asked: Address) -> Any:
    """Look for feeds at an address, which is asked now, and change nothing. It takes up to half a minute."""
    address = web_address(asked.url)
    if isinstance(address, Fault):
        raise invalid("#/url", f"{address.problem}; expected {address.expected}")
    if house.looks is None:
        raise unavailable("This process asks no sites.")
    looked = await house.looks(address)
    addresses = [each.address for each in looked.candidates]
    watched = await house.ask(lambda connection: watched_at(connection, addresses))
    found = {"items": [_candidate(each, watched) for each in looked.candidates]}
    match looked.checked:
        case NoFeed(why=why, sentence=advice, declared=named):
            return {**found, "why": f"no feed: {why}", "advice": advice, "declared": named[:5]}
        case NotHad(why=why, sentence=advice):
            return {**found, "why": why, "advice": advice, "declared": []}
        case None:
            return {**found, "why": "it took too long", "advice": "Try again later.", "declared": []}
    return {**found, "why": None, "advice": None, "declared": []}


def _candidate(each: Found, watched: Mapping[str, int]) -> dict[str, Any]:
    document, contents = each.feed.document, each.feed.contents
    return {
        "url": each.address,
        "title": document.title or "",
        "language": document.language,
        "entries": contents.count,
        "newest_at": contents.newest,
        "sentence": each.feed.sentence,
        "feed_id": watched.get(each.address),
    }


@router.patch(
    "/feeds/{number}",
    operation_id="changeFeed",
    response_model=Feed,
    responses={409: {}, 412: {}, 428: {}},
)
async def change_feed(
    request: Request,
    house: Here,
    caller: Writer,
    number: NumberInPath,
    asked: FeedChanges,
    if_match: IfMatch = None,
) -> Response:
    """Change how a feed is watched; its address stays, and so does what is not given."""
    keys = keys_of(house)

    def work(connection: Connection) -> Done:
        alone(connection)
        row = programs.feed(connection, int(number))
        stands = Shelf(connection, keys).feed_of(int(number))
        if row is None or stands is None:
            raise not_found("feed", number)
        unchanged(if_match, version(row, _FIGURES))
        with _named():
            wanted, dropped = _changed(stands[0], asked), _dropped(asked)
            _refuse(change(connection, keys, int(number), wanted, caller.who, dropped=dropped), number)
        return _as_it_is(connection, number)

    return await do(house, request, caller, None, work)


def _changed(stands: DeclaredFeed, asked: FeedChanges) -> DeclaredFeed:
    """The feed with what was given. Raises Problem for what cannot be used."""
    given = asked.model_fields_set
    same_user = asked.password is not None and "user" not in given
    found = _read(stands.url, asked, {"user": stands.user} if same_user and stands.user else {})
    alike = given - {"every", "password", "headers"}
    changes: dict[str, Any] = {key: getattr(found, key) for key in alike}
    if "every" in given:
        changes |= {"every_s": found.every_s, "within_s": found.within_s}
    return replace(stands, **changes, password=found.password, headers=found.headers)


def _dropped(asked: FeedChanges) -> list[str]:
    return [name for name, value in asked.headers.items() if value is None]


def _read(url: str, asked: FeedChanges, besides: Mapping[str, Any] | None = None) -> DeclaredFeed:
    """What was given, as a watchlist's reader understands it. Raises Problem for what cannot be used."""
    found = read_feed({"url": url, **_given(asked), **(besides or {})})
    if not isinstance(found, DeclaredFeed):
        raise Problem(422, "invalid", "; ".join(found.values()), faults=wrong_parts(found))
    return found


def _given(asked: FeedChanges) -> dict[str, Any]:
    """As a watchlist would hold it: what is empty is not there."""
    given = asked.model_dump(exclude_none=True, exclude={"url"})
    given["headers"] = {name: value for name, value in asked.headers.items() if value is not None}
    return {key: value for key, value in given.items() if value not in ("", [], {})}


@router.post("/feeds/{number}/poll", operation_id="pollFeed", status_code=204, responses={409: {}})
async def poll_feed(house: Here, caller: Writer, number: NumberInPath) -> Response:
    """Poll a feed as soon as its site may be asked."""
    keys = keys_of(house)
    _refuse(await house.ask(lambda c: poll_now(c, keys, int(number), caller.who)), number)
    return Response(status_code=204)


@router.post("/feeds/{number}/pause", operation_id="pauseFeed", response_model=Feed, responses=_SEEN)
async def pause_feed(
    request: Request,
    house: Here,
    caller: Writer,
    number: NumberInPath,
    if_match: IfMatch = None,
    key: Key = None,
) -> Response:
    """Poll a feed no more until it is resumed, whoever declared it."""
    return await _switched(house, request, caller, number, if_match, key, pause)


@router.post("/feeds/{number}/resume", operation_id="resumeFeed", response_model=Feed, responses=_SEEN)
async def resume_feed(
    request: Request,
    house: Here,
    caller: Writer,
    number: NumberInPath,
    if_match: IfMatch = None,
    key: Key = None,
) -> Response:
    """Poll a feed again, at once. What appeared meanwhile is told together, in one summary for each subscription."""
    return await _switched(house, request, caller, number, if_match, key, resume)


async def _switched(
    house: House,
    request: Request,
    caller: Caller,
    number: str,
    condition: str | None,
    key: str | None,
    switch: Callable[[Connection, KeyRing, int, str], Tended],
) -> Response:
    keys = keys_of(house)

    def work(connection: Connection) -> Done:
        alone(connection)
        as_seen(programs.feed(connection, int(number)), "feed", number, condition, _FIGURES)
        _refuse(switch(connection, keys, int(number), caller.who), number)
        return _as_it_is(connection, number)

    return await do(house, request, caller, key, work)


def _as_it_is(connection: Connection, number: str) -> Done:
    row = programs.feed(connection, int(number))
    assert row is not None
    return Done(Feed.model_validate(_told(row)).model_dump(mode="json"), version=version(row, _FIGURES))


@router.delete("/feeds/{number}", operation_id="removeFeed", status_code=204, responses={409: {}})
async def drop_feed(house: Here, caller: Writer, number: NumberInPath) -> Response:
    """Poll a feed no more. What it brought stays. One that a watchlist declares is taken away there (409)."""
    keys = keys_of(house)
    _refuse(await house.ask(lambda connection: remove(connection, keys, int(number), caller.who)), number)
    return Response(status_code=204)


@contextmanager
def _named() -> Iterator[None]:
    """Raises Problem where another feed has the name."""
    try:
        yield
    except NameTaken as error:
        raise invalid("#/name", str(error)) from None


def _refuse(outcome: Tended, number: str) -> None:
    match outcome:
        case Gone():
            raise not_found("feed", number)
        case Declared():
            raise declared("feed")
        case Paused():
            raise Problem(409, "conflict", "It is paused; it is polled when it is resumed.")


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as programs are told it: with the words of a watchlist."""
    least, most = row["every_least_s"], row["every_most_s"]
    within = (least, most) if least is not None and most is not None else None
    set_so = row["every_s"] is not None or within is not None
    return {**row, "user": row["user"] or "", "every": every_text(row["every_s"], within) if set_so else ""}
