"""Where a topic is read as a feed: its secret addresses."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops import feed_addresses
from ops.access import Session
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.pages.topics import standing
from ops.dashboard.shell import gone_on, require, show, taken
from ops.dashboard.views.topic_sharing import SharingView, sharing_view
from ops.said import said
from ops.store import sharing
from worker.store.engine import Connection

DEEDS = {"closed": said("Its feed addresses are closed: whoever asks there is told that it is over.")}


async def addresses(request: Request, session: Session) -> Response:
    """The addresses that answer, and how to make one."""
    require(session, "editor")
    return await _shown(request, session, {})


async def make_address(request: Request, session: Session) -> Response:
    """Makes an address. It is a key that is shown once, so it must not stand in an address of ours: this one form is
    answered by a page."""
    await taken(request, session)
    context = context_of(request)

    def make(connection: Connection) -> str:
        here = standing(connection, request)
        return feed_addresses.make(connection, "topics", here.id, here.topic.name, session.user)

    token = await context.ask(make)
    base = context.public_url or str(request.base_url)
    return await _shown(request, session, feed_addresses.forms(base, "topics", token))


async def close_addresses(request: Request, session: Session) -> Response:
    """Closes every address that was made so far."""
    await taken(request, session)

    def close(connection: Connection) -> int:
        here = standing(connection, request)
        feed_addresses.close(connection, "topics", here.id, here.topic.name, session.user)
        return here.id

    return gone_on(f"/topics/{await context_of(request).ask(close)}/feed", did="closed")


async def _shown(request: Request, session: Session, made: Mapping[str, str]) -> Response:
    context = context_of(request)

    def read(connection: Connection) -> SharingView:
        here = standing(connection, request)
        rows = sharing.addresses(connection, "topics", here.id)
        return sharing_view(here, rows, made, context.clock())

    view = await context.ask(read)
    return await show(request, session, "topic-feed.html", here="topics", deeds=DEEDS, view=view)


ROUTES = (
    Route("/topics/{number:row}/feed", for_people(addresses), methods=["GET"]),
    Route("/topics/{number:row}/feed", for_people(make_address), methods=["POST"]),
    Route("/topics/{number:row}/feed/close", for_people(close_addresses), methods=["POST"]),
)
