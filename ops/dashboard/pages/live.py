"""The stream: articles as they are read, and the events that say so."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops.access import Session
from ops.dashboard import live as watching
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.shell import show
from ops.dashboard.views.live import compose
from ops.store.pages import live as reads
from ops.store.pages.live import Choices, Found, Sieve
from worker.store.engine import Connection

ROWS = 50
_LONGEST = 200


async def live(request: Request, session: Session) -> Response:
    """The newest articles, or those before one."""
    context, sieve = context_of(request), sieve_of(request)

    def read(connection: Connection) -> tuple[Found, Choices]:
        return reads.stream(connection, sieve, ROWS), reads.choices(connection)

    found, choices = await context.ask(read)
    view = compose(found, choices, sieve, context.clock(), "/articles" in context.offered)
    return await show(request, session, "live.html", here="live", view=view)


def sieve_of(request: Request) -> Sieve:
    """What was asked for in the address; what makes no sense there asks for nothing."""
    asked = {name: value[:_LONGEST].replace("\0", "") for name, value in request.query_params.items()}
    before = asked.get("before", "")
    return Sieve(
        topic=asked.get("topic", ""),
        source=asked.get("source", ""),
        language=asked.get("language", ""),
        matched=asked.get("matched") == "1",
        before=int(before) if before.isascii() and before.isdecimal() and 0 < len(before) <= 18 else None,
    )


ROUTES = (
    Route("/live", for_people(live)),
    Route(watching.PATH, watching.events, methods=["GET"]),
)
