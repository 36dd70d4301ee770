"""A channel that was made here, changed: what is secret can be replaced, and is never shown."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops import made_here
from ops.access import Session
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.numbers import number_of
from ops.dashboard.pages.channels import can_ask, keys_of, one_channel, settled, ways_of
from ops.dashboard.shell import gone_on, require, show, taken
from ops.dashboard.views import channels as views
from ops.dashboard.views.forms import channel_changes, channel_faults
from ops.made_here import Done, Outcome, Refused
from ops.store import renewing
from worker.store.engine import Connection


async def ask_changes(request: Request, session: Session) -> Response:
    """The form with what may be seen of the channel."""
    require(session, "editor")
    return await _form(request, session, None, {})


async def take_changes(request: Request, session: Session) -> Response:
    """Changes the channel, or says what is wrong with it."""
    fields, context = await taken(request, session), context_of(request)
    number, keys, ways = number_of(request), keys_of(context), ways_of(context)

    def work(connection: Connection) -> Outcome:
        stands = renewing.standing(connection, keys, number)
        if stands is None:
            raise HTTPException(404)
        given = channel_changes(fields, stands.item.kind)
        return made_here.change_channel(connection, keys, number, given, ways, session.user)

    outcome = await context.ask(work)
    match outcome:
        case Done(asks=asks):
            return gone_on(f"/channels/{number}", did="asked_anew" if asks else "changed")
        case Refused(why="unknown"):
            raise HTTPException(404)
        case Refused(faults=faults):
            settled(outcome)
            return await _form(request, session, fields, channel_faults(faults))


async def _form(
    request: Request, session: Session, fields: Mapping[str, str] | None, faults: Mapping[str, str]
) -> Response:
    """The form; what was typed of a secret is not sent back, and has to be typed again."""
    context, number = context_of(request), number_of(request)
    keys = keys_of(context)

    def read(connection: Connection) -> tuple[views.ChannelView, renewing.Standing | None]:
        return one_channel(connection, context, number)[0], renewing.standing(connection, keys, number)

    shown, stands = await context.ask(read)
    if stands is None:
        raise HTTPException(404)
    if stands.declared:
        raise HTTPException(403, "A watchlist declares this: it is changed there, and by `pantau apply`.")
    typed = fields or {"name": stands.item.name, "language": stands.item.language}
    open_target = stands.item.kind in ("email", "slack_bot")
    return await show(
        request,
        session,
        "channel-edit.html",
        here="channels",
        status=422 if faults else 200,
        channel=shown,
        values={
            "name": typed.get("name", "")[:200],
            "language": typed.get("language", "en"),
            "target": typed.get("target", "")[:4000] if open_target else "",
            "unsigned": typed.get("unsigned", ""),
        },
        faults=faults,
        kind=stands.item.kind,
        can_ask=can_ask(context),
        retype=bool(faults) and not open_target,
    )


ROUTES = (
    Route("/channels/{number:row}/edit", for_people(ask_changes), methods=["GET"]),
    Route("/channels/{number:row}/edit", for_people(take_changes), methods=["POST"]),
)
