"""Where Slack calls us: the buttons below an alert, and `/pantau` (POST /hooks/slack).

Needs no log-in: the signature over the raw body says that it is Slack, the time that it is fresh, and the team that
it is ours. What is wrong with a call is told to the log and not to the caller.
"""

from __future__ import annotations

import structlog
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from ops.dashboard.context import Context, context_of
from ops.slack.acting import Forbidden, Said, commanded, pressed
from ops.slack.app import SlackApp
from ops.slack.calls import MOST_BYTES, Command, Idle, Press, Refused, genuine, understood
from ops.store.slack import taken_before
from worker.store.engine import Connection

log = structlog.get_logger("web")

PATH = "/hooks/slack"


async def take_call(request: Request) -> Response:
    """Takes one call of Slack's."""
    context = context_of(request)
    app = context.slack
    if app is None:
        raise HTTPException(404)
    body = await _body(request)
    signature = genuine(app.secret, request.headers, body, context.clock())
    if isinstance(signature, Refused):
        return _refused(401, signature.reason)
    call = understood(body)
    match call:
        case Idle():
            return Response()
        case Refused(reason):
            return _refused(400, reason)
    if await context.ask(lambda connection: taken_before(connection, signature)):
        return _refused(401, "taken_before")
    team = await app.team()
    if team is None:
        raise HTTPException(503)
    if call.team != team:
        return _refused(401, "other_team")
    return await _act(context, app, call)


async def _act(context: Context, app: SlackApp, call: Press | Command) -> Response:
    said = await context.ask(lambda connection: _do(connection, context, call))
    log.info("slack_called", user=call.user, what=call.action if isinstance(call, Press) else "command")
    if isinstance(said, Forbidden):
        return _refused(403, "foreign_alert")
    if isinstance(call, Press):
        return Response(background=BackgroundTask(app.answer, call.answer_at, said.as_json()))
    return JSONResponse(said.as_json())


def _do(connection: Connection, context: Context, call: Press | Command) -> Said | Forbidden:
    assert context.keys is not None
    if isinstance(call, Press):
        return pressed(connection, call, context.keys, context.clock())
    return commanded(connection, call, context.keys, context.clock())


def _refused(status: int, reason: str) -> Response:
    log.warning("slack_call_refused", reason=reason)
    return Response(status_code=status)


async def _body(request: Request) -> bytes:
    read = bytearray()
    try:
        async for chunk in request.stream():
            read += chunk
            if len(read) > MOST_BYTES:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None
    return bytes(read)
