"""Feeds: how each does, in trouble first; adding one by a site's address, changing, polling and removing it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops.access import Session
from ops.adding import NameTaken, add, read_feed
from ops.dashboard.context import Context, context_of
from ops.dashboard.login import for_people
from ops.dashboard.numbers import number_of
from ops.dashboard.rail import may
from ops.dashboard.shell import gone_on, show, taken
from ops.dashboard.views.feed_forms import (
    Look,
    complaints,
    look_in_words,
    table_of,
    typed_of,
    url_typed,
)
from ops.dashboard.views.feeds import PAGE, FeedList, FeedsAsked, compose, compose_one, feeds_asked
from ops.dashboard.views.rows import host_of
from ops.looking import DEADLINE_S, Looked, look_at
from ops.said import said
from ops.store.declared import Shelf
from ops.store.pages.feeds import counts_by_rank, list_feeds, named_by, one_feed, tags_of_feeds
from ops.tending import Declared, Done, Gone, Paused, Tended, change, pause, poll_now, remove, resume
from ops.watchlist import DeclaredFeed
from ops.watchlist.addresses import web_address
from ops.watchlist.words import Fault
from worker.secrets import KeyRing
from worker.settings import Settings
from worker.store.engine import Connection
from worker.store.feeds import watched_at

PATH = "/feeds"
DEEDS = {
    "added": said("It is added and polled within seconds."),
    "watched": said("It is watched already."),
    "changed": said("It is changed and polled anew within seconds."),
    "unchanged": said("Nothing was changed."),
    "polled": said("It is polled as soon as its site may be asked."),
    "paused": said("It is paused: nobody asks it any more, until you resume it."),
    "resumed": said("It is polled again. What appeared meanwhile is told together."),
    "still": said("It was so already."),
    "not-polled": said("It is paused, and polled when it is resumed."),
    "removed": said("It is removed. What it brought stays."),
}
SECRETS = ("password", "token")
"""Fields that are never sent back."""
_NO_KEYS = "This process was started without its key file, so it cannot change what is watched."
_DECLARED = "A watchlist file declares this feed: change it there and apply the file."
_NO_SUCH = "There is no such feed: it was removed, or never was."


async def feeds(request: Request, session: Session) -> Response:
    """The list, of what the address asks for."""
    context, asked = context_of(request), feeds_asked(request.query_params)
    view = await context.ask(partial(_read, asked=asked, context=context))
    return await show(request, session, "feeds.html", here="feeds", deeds=DEEDS, view=view)


def _read(connection: Connection, asked: FeedsAsked, context: Context) -> FeedList:
    found = list_feeds(connection, asked.wanted(), PAGE + 1)
    return compose(asked, found, counts_by_rank(connection), tags_of_feeds(connection), context.clock())


async def feed(request: Request, session: Session) -> Response:
    """One feed, with all that is known of it."""
    context, number = context_of(request), number_of(request)
    row = await context.ask(lambda connection: one_feed(connection, number))
    if row is None:
        raise HTTPException(404, _NO_SUCH)
    articles_at = "/articles/" if "/articles" in context.offered else ""
    view = compose_one(row, articles_at, context.clock())
    return await show(request, session, "feed.html", here="feeds", deeds=DEEDS, view=view)


async def ask_address(request: Request, session: Session) -> Response:
    """Asks which site or feed is to be watched."""
    _need_editor(session)
    return await _adding(request, session, {"url": request.query_params.get("url", "")[:4000]})


async def take_look(request: Request, session: Session) -> Response:
    """Shows the feeds that are at an address, or says as `pantau feeds check` does why there is none."""
    context, typed = context_of(request), dict(await taken(request, session))
    url = typed["url"] = url_typed(typed.get("url", ""))
    address = web_address(url)
    if isinstance(address, Fault):
        return await _adding(request, session, typed, {"url": _words(address)}, status=422)
    look = await _look(context, address)
    status = 200 if look.found else 422
    return await _adding(request, session, typed, look=look, status=status)


async def looked_at(context: Context, settings: Settings, address: str) -> Looked:
    """What there is at an address. Raises TimeoutError where others are looked at first, and take long."""
    now = context.clock()
    errand = asyncio.wrap_future(context.errand(lambda: look_at(settings, address, now)))
    return await asyncio.wait_for(errand, DEADLINE_S + 5)


async def _look(context: Context, address: str) -> Look:
    now = context.clock()
    try:
        looked = await looked_at(context, _settings(context), address)
    except TimeoutError:
        return Look(why=said("others are looking at sites just now"), advice="Try again in a minute.")
    addresses = [each.address for each in looked.candidates]
    watched = await context.ask(lambda connection: watched_at(connection, addresses))
    return look_in_words(looked, watched, now)


async def take_add(request: Request, session: Session) -> Response:
    """Adds the feed that was chosen."""
    context, typed = context_of(request), dict(await taken(request, session))
    asked = {key: typed.get(key, "") for key in ("name", "every", "tags", "user", *SECRETS)}
    wanted = read_feed(table_of({**asked, "full_text": "on"}, url_typed(typed.get("url", ""))))
    if not isinstance(wanted, DeclaredFeed):
        return await _adding(request, session, typed, wanted, status=422)
    keys = _keys(context)

    def added(connection: Connection) -> tuple[bool, int | None]:
        new = add(connection, keys, wanted, session.user)
        return new, watched_at(connection, [wanted.url]).get(wanted.url)

    try:
        new, number = await context.ask(added)
    except NameTaken as taken_already:
        return await _adding(request, session, typed, {"name": str(taken_already)}, status=422)
    return gone_on(f"{PATH}/{number}" if number else PATH, did="added" if new else "watched")


async def _adding(
    request: Request,
    session: Session,
    typed: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    *,
    look: Look | None = None,
    status: int = 200,
) -> Response:
    return await show(
        request,
        session,
        "feed_add.html",
        here="feeds",
        status=status,
        typed={
            **{"url": "", "name": "", "every": "", "tags": "", "user": ""},
            **{key: value for key, value in typed.items() if key not in SECRETS},
        },
        wrong=complaints(wrong or {}),
        faulty=bool(wrong),
        seen=look or Look(),
    )


async def ask_changes(request: Request, session: Session) -> Response:
    """The form with a feed's settings."""
    _need_editor(session)
    stands = await _stands(request)
    return await _changing(request, session, stands, typed_of(stands))


async def take_changes(request: Request, session: Session) -> Response:
    """Gives the feed other settings."""
    context, typed = context_of(request), dict(await taken(request, session))
    stands, keys, number = await _stands(request), _keys(context), number_of(request)
    wanted = read_feed(table_of(typed, stands.url))
    if not isinstance(wanted, DeclaredFeed):
        return await _changing(request, session, stands, typed, wanted, status=422)
    forget = typed.get("forget") == "on"
    try:
        outcome = await context.ask(
            lambda connection: change(connection, keys, number, wanted, session.user, forget=forget)
        )
    except NameTaken as taken_already:
        return await _changing(request, session, stands, typed, {"name": str(taken_already)}, status=422)
    _refuse(outcome)
    changed = not isinstance(outcome, Done) or outcome.changed
    return gone_on(f"{PATH}/{number}", did="changed" if changed else "unchanged")


async def _changing(
    request: Request,
    session: Session,
    stands: DeclaredFeed,
    typed: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    shown = {**dict.fromkeys(typed_of(stands), ""), **{k: v for k, v in typed.items() if k not in SECRETS}}
    return await show(
        request,
        session,
        "feed_edit.html",
        here="feeds",
        status=status,
        path=f"{PATH}/{number_of(request)}",
        name=stands.name or host_of(stands.url),
        url=stands.url,
        has_password=stands.password is not None,
        headers=[header for header, _ in stands.headers],
        typed=shown,
        wrong=complaints(wrong or {}),
        faulty=bool(wrong),
    )


async def take_poll(request: Request, session: Session) -> Response:
    """Has the feed polled now."""
    await taken(request, session)
    context, number = context_of(request), number_of(request)
    keys = _keys(context)
    outcome = await context.ask(lambda connection: poll_now(connection, keys, number, session.user))
    if isinstance(outcome, Paused):
        return gone_on(f"{PATH}/{number}", did="not-polled")
    _refuse(outcome)
    return gone_on(f"{PATH}/{number}", did="polled")


async def take_pause(request: Request, session: Session) -> Response:
    """Has the feed polled no more."""
    return await _switched(request, session, pause, "paused")


async def take_resume(request: Request, session: Session) -> Response:
    """Has the feed polled again."""
    return await _switched(request, session, resume, "resumed")


async def _switched(
    request: Request, session: Session, switch: Callable[[Connection, KeyRing, int, str], Tended], did: str
) -> Response:
    await taken(request, session)
    context, number = context_of(request), number_of(request)
    keys = _keys(context)
    outcome = await context.ask(lambda connection: switch(connection, keys, number, session.user))
    _refuse(outcome)
    changed = isinstance(outcome, Done) and outcome.changed
    return gone_on(f"{PATH}/{number}", did=did if changed else "still")


async def ask_removal(request: Request, session: Session) -> Response:
    """Says what removing the feed does, before it is done."""
    _need_editor(session)
    stands = await _stands(request)
    named = await context_of(request).ask(lambda connection: named_by(connection, stands.name))
    path, name = f"{PATH}/{number_of(request)}", stands.name or host_of(stands.url)
    return await show(request, session, "feed_remove.html", here="feeds", path=path, name=name, named=named)


async def take_removal(request: Request, session: Session) -> Response:
    """Removes the feed."""
    await taken(request, session)
    context, number = context_of(request), number_of(request)
    keys = _keys(context)
    _refuse(await context.ask(lambda connection: remove(connection, keys, number, session.user)))
    return gone_on(PATH, did="removed")


async def _stands(request: Request) -> DeclaredFeed:
    """The feed's settings as they are. Raises HTTPException: 404 where there is none, 409 where a file declares it."""
    context, number = context_of(request), number_of(request)
    keys = _keys(context)
    found = await context.ask(lambda connection: Shelf(connection, keys).feed_of(number))
    if found is None:
        raise HTTPException(404, _NO_SUCH)
    if found[1]:
        raise HTTPException(409, _DECLARED)
    return found[0]


def _refuse(outcome: Tended) -> None:
    match outcome:
        case Gone():
            raise HTTPException(404, _NO_SUCH)
        case Declared():
            raise HTTPException(409, _DECLARED)


def _need_editor(session: Session) -> None:
    if not may(session.role, "editor"):
        raise HTTPException(
            403, "Your account may look at this and not change it: that takes the role editor."
        )


def _keys(context: Context) -> KeyRing:
    if context.keys is None:
        raise HTTPException(503, _NO_KEYS)
    return context.keys


def _settings(context: Context) -> Settings:
    if context.settings is None:
        raise HTTPException(503, _NO_KEYS)
    return context.settings


def _words(fault: Fault) -> str:
    return f"{fault.problem}; expected {fault.expected}" if fault.expected else fault.problem


def _route(path: str, page: Any, method: str) -> Route:
    return Route(f"{PATH}{path}", for_people(page), methods=[method])


ROUTES = (
    _route("", feeds, "GET"),
    _route("/add", ask_address, "GET"),
    _route("/add", take_add, "POST"),
    _route("/look", take_look, "POST"),
    _route("/{number:row}", feed, "GET"),
    _route("/{number:row}/edit", ask_changes, "GET"),
    _route("/{number:row}/edit", take_changes, "POST"),
    _route("/{number:row}/poll", take_poll, "POST"),
    _route("/{number:row}/pause", take_pause, "POST"),
    _route("/{number:row}/resume", take_resume, "POST"),
    _route("/{number:row}/remove", ask_removal, "GET"),
    _route("/{number:row}/remove", take_removal, "POST"),
)
