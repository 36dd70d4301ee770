"""Where hubs call us back (WebSub): to ask whether it was us, and to tell of a feed's news.

Needs no log-in, since a hub has none: the address is the key. It shows nothing, and a call that is not ours
learns no more than that. What a ping carries is fed to the signature's check and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from ops.dashboard.context import Context, context_of
from worker.errors import BadConfiguration
from worker.feeds.callback import Confirm, Denied, NotOurs, Signature, judge_call
from worker.feeds.websub import PATH, signs
from worker.store import websub
from worker.store.engine import Connection
from worker.store.websub import Called

log = structlog.get_logger("web")

MOST_BYTES = 10 * 1024 * 1024  # as of a feed
_LONGEST_TOKEN = 100


async def confirm(request: Request) -> Response:
    """A hub asks whether we want to be told of a feed (GET)."""
    context, now = context_of(request), context_of(request).clock()
    token = request.path_params["token"]
    answer = await context.ask(lambda connection: _confirm(connection, token, request.query_params, now))
    match answer:
        case Confirm(challenge):
            return PlainTextResponse(challenge)
        case Denied():
            return PlainTextResponse("noted")
        case NotOurs(reason):
            log.warning("websub_refused", reason=reason)
            raise HTTPException(404)


def _confirm(
    connection: Connection, token: str, asked: Mapping[str, str], now: datetime
) -> Confirm | Denied | NotOurs:
    found = _called(connection, token)
    answer = judge_call(found.subscription if found else None, asked, now)
    if found is not None and not isinstance(answer, NotOurs):
        websub.take_note(connection, found, answer.facts)
        log.info("websub_called", feed=found.feed, mode=asked.get("hub.mode"))
    return answer


async def take_ping(request: Request) -> Response:
    """A hub tells of news (POST). It hears "accepted" whether we believe it or not (WebSub, 7.1)."""
    context = context_of(request)
    token = request.path_params["token"]
    found = await context.ask(lambda connection: _called(connection, token))
    if found is None:
        raise HTTPException(410)
    reason = await _refusal(context, request, found)
    if reason:
        log.warning("websub_ping_ignored", feed=found.feed, reason=reason)
    else:
        now = context.clock()
        await context.ask(lambda connection: websub.ping(connection, found, now))
        log.info("websub_pinged", feed=found.feed)
    return PlainTextResponse("accepted", 202)


def _called(connection: Connection, token: str) -> Called | None:
    return websub.called(connection, token) if len(token) <= _LONGEST_TOKEN else None


async def _refusal(context: Context, request: Request, found: Called) -> str | None:
    """Why a ping is not believed; None if it is. Reads the body once through, whatever it holds."""
    signature = _signature(context, request, found)
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MOST_BYTES:
                raise HTTPException(413)
            if isinstance(signature, Signature):
                signature.mac.update(chunk)
    except ClientDisconnect:
        return "broken_off"
    if isinstance(signature, str):
        return signature
    if signature is not None and not signature.matches():
        return "wrong_signature"
    return None if found.subscription.live(context.clock()) else "not_live"


def _signature(context: Context, request: Request, found: Called) -> Signature | str | None:
    """The check that is to be made, or why none can be; None where the hub was given no secret."""
    if not signs(found.subscription.hub, found.base.rstrip("/") + PATH):
        return None
    if context.keys is None:
        return "no_keys"
    try:
        secret = context.keys.open(found.secret, websub.place(found.feed, "secret"))
    except BadConfiguration:
        return "secret_not_opened"
    return Signature.of(request.headers.get("x-hub-signature"), secret) or "no_signature"
