"""Where the links in mails lead: unsubscribing, confirming, and all that comes to a mailbox.

Nobody logs in here: the token in the address is the key. Looking changes nothing, since mail scanners follow every
link; what is to happen is said by a button, or by a mail program that unsubscribes its reader with one click
(RFC 8058).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts.store import addresses, consent, readers
from alerts.store.consent import Via
from alerts.store.readers import Reader
from alerts.tokens import Leave, manage_token, read_confirm, read_leave, read_manage
from ops.dashboard import consent_pages as pages
from ops.dashboard.consent_pages import Page, Told
from ops.dashboard.consent_words import language_of
from ops.dashboard.context import Context, context_of
from ops.dashboard.login import fields_of
from ops.store.mailboxes import shown_address
from worker.secrets import KeyRing
from worker.store.engine import Connection

log = structlog.get_logger("web")

LEAVE, MANAGE, CONFIRM = "/u/", "/manage/", "/confirm/"
PAUSES = {"pause_day": timedelta(days=1), "pause_week": timedelta(weeks=1)}
_ONE_CLICK = "List-Unsubscribe"


async def show_leave(request: Request) -> Response:
    """Asks whether they really want to leave."""
    right = read_leave(await _link_keys(request), request.path_params["token"])
    if right is None:
        return _bad(request)
    context = context_of(request)
    reader, names = await context.ask(partial(_left_by, right=right))
    return _answer(request, pages.leaving(_told(request, reader), names))


async def take_leave(request: Request) -> Response:
    """Unsubscribes, however often it is asked to."""
    right = read_leave(await _link_keys(request), request.path_params["token"])
    fields = await fields_of(request)
    if right is None:
        return _bad(request)
    via: Via = "one_click" if _ONE_CLICK in " ".join(fields) + " ".join(fields.values()) else "page"

    def leave(connection: Connection) -> tuple[Reader, list[str]]:
        names = readers.names_of(connection, right.subscriptions)
        consent.leave(connection, right.address, names, via)
        return readers.reader(connection, right.address), names

    reader, names = await context_of(request).ask(leave)
    log.info("unsubscribed", via=via, subscriptions=names)
    back = MANAGE + manage_token(await _link_keys(request), right.address)
    return _answer(request, pages.left(_told(request, reader), names, back))


def _left_by(connection: Connection, right: Leave) -> tuple[Reader, list[str]]:
    names = readers.names_of(connection, right.subscriptions)
    return readers.reader(connection, right.address), names


async def show_manage(request: Request) -> Response:
    """All that comes to a mailbox."""
    return await _manage(request, "", ())


async def take_manage(request: Request) -> Response:
    """Leaves, comes back, pauses, or ends it all for ever; then shows what that left."""
    fields = await fields_of(request)
    names = [value for field, value in fields.items() if field.startswith("subscription")]
    return await _manage(request, fields.get("do", ""), names)


async def _manage(request: Request, deed: str, names: Sequence[str]) -> Response:
    context, address = (
        context_of(request),
        read_manage(await _link_keys(request), request.path_params["token"]),
    )
    if address is None:
        return _bad(request)

    def work(connection: Connection) -> tuple[Reader, str, str]:
        done = _do(context, connection, address, deed, names)
        return readers.reader(connection, address), shown_address(connection, _keys(request), address), done

    reader, mailbox, done = await context.ask(work)
    if done:
        log.info("consent_changed", what=deed)
    return _answer(request, pages.everything(_told(request, reader, mailbox), reader, done, names))


def _do(context: Context, connection: Connection, address: str, deed: str, names: Sequence[str]) -> str:
    """Carries a button out; the key of what is said of it. What no button says does nothing."""
    hears = readers.reader(connection, address).hears
    reached = [heard.name for heard in hears if not names or heard.name in names]
    match deed:
        case "leave":
            consent.leave(connection, address, reached, "page")
        case "rejoin":
            consent.rejoin(connection, address, list(names))
        case "pause_day" | "pause_week":
            consent.rest(connection, address, context.clock() + PAUSES[deed])
            return "done_pause"
        case "resume":
            consent.rest(connection, address, None)
        case "never":
            consent.block(connection, address, "recipient")
        case "unblock":
            if readers.reader(connection, address).blocked_by != "recipient":
                return ""
            consent.unblock(connection, address)
        case _:
            return ""
    return f"done_{deed}"


async def show_confirm(request: Request) -> Response:
    """Asks whether they want what somebody else asked for."""
    return await _confirm(request, "")


async def take_confirm(request: Request) -> Response:
    """Takes the answer of whoever was invited."""
    return await _confirm(request, (await fields_of(request)).get("do", ""))


async def _confirm(request: Request, deed: str) -> Response:
    context, right = (
        context_of(request),
        read_confirm(await _link_keys(request), request.path_params["token"]),
    )
    if right is None:
        return _bad(request)
    address, until = right
    in_time = context.clock() <= until

    def work(connection: Connection) -> tuple[Reader, str]:
        if deed == "confirm" and in_time and readers.reader(connection, address).blocked_by is None:
            consent.confirm(connection, address)
        elif deed == "never":
            consent.block(connection, address, "recipient")
        return readers.reader(connection, address), shown_address(connection, _keys(request), address)

    reader, mailbox = await context.ask(work)
    if deed in ("confirm", "never"):
        log.info("consent_answered", what=deed, in_time=in_time)
    told = _told(request, reader, mailbox)
    manage = MANAGE + manage_token(await _link_keys(request), address)
    return _answer(request, pages.confirming(told, reader, in_time=in_time, manage=manage))


async def _link_keys(request: Request) -> KeyRing:
    """What tells our links from others; they never change, so they are opened once."""
    context = context_of(request)
    keys = _keys(request)
    if context.link_keys is None:
        context.link_keys = await context.ask(lambda connection: addresses.link_keys(connection, keys))
    return context.link_keys


def _keys(request: Request) -> KeyRing:
    keys = context_of(request).keys
    if keys is None:
        raise HTTPException(404)
    return keys


def _told(request: Request, reader: Reader | None, mailbox: str = "") -> Told:
    """To whom a page speaks, and for which installation."""
    language = language_of(reader.language if reader else None, request.headers.get("accept-language", ""))
    public = context_of(request).public_url  # never the Host header, which anybody can write
    return Told(language, pages.host_of(public), mailbox)


def _answer(request: Request, page: Page, status: int = 200) -> Response:
    return context_of(request).page("consent.html", status=status, page=page)


def _bad(request: Request) -> Response:
    return _answer(request, pages.bad_link(_told(request, None)), 400)
