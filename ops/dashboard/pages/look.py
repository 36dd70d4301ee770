"""Light or dark: a choice of the browser, kept in a cookie of its own, so that no page flashes in the other one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ops.access import Session
from ops.dashboard import gate
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.shell import taken

_LASTS_S = 400 * 24 * 3600  # the longest that browsers keep a cookie (RFC 6265bis 5.5)


async def take_look(request: Request, session: Session) -> Response:
    """Remembers the choice and goes back to the page it was made on; nothing of the installation changes."""
    context, fields = context_of(request), await taken(request, session, "viewer")
    answer = RedirectResponse(gate.local_path(fields.get("back", "/")), 303)
    chosen = fields.get("look", "")
    known = chosen in gate.LOOKS
    answer.set_cookie(
        gate.cookie_name("look", context.public_url),
        chosen if known else "",
        max_age=_LASTS_S if known else 0,
        path="/",
        secure=gate.secure(context.public_url),
        httponly=True,
        samesite="lax",
    )
    return answer


ROUTES = (Route("/look", for_people(take_look), methods=["POST"]),)
