"""Settings, API tokens: what programs carry that ask for somebody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops import issuing
from ops.access import Session
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.rail import may
from ops.dashboard.shell import gone_on, show, taken
from ops.dashboard.told_once import Told, tell_once, told, told_of
from ops.dashboard.views.settings import LASTS_WORDS, refusal, scopes_of, tabs, token_rows
from ops.issuing import TokenRefused
from ops.said import Said, said
from ops.store.tokens import SCOPES, list_tokens
from worker.secrets import Secret
from worker.store.engine import Connection

HERE = "/settings/tokens"
DEEDS: Mapping[str, Said] = {
    "made": said("The token is made. Copy it now: it is shown this once."),
    "revoked": said("The token is revoked: nothing that carries it is let in any more."),
}
_TOLD = "token"


async def tokens(request: Request, session: Session) -> Response:
    """One's own tokens, an admin's view of all, and the one that was just made, once."""
    fresh = told_of(request, session, _TOLD)
    answer = await _show(request, session, fresh=fresh)
    return told(request, answer) if fresh else answer


async def _show(
    request: Request,
    session: Session,
    *,
    fresh: Told | None = None,
    wrong: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    context = context_of(request)
    whose = None if may(session.role, "admin") else session.user
    rows = await context.ask(lambda connection: list_tokens(connection, whose))
    return await show(
        request,
        session,
        "settings_tokens.html",
        here="settings",
        status=status,
        deeds=DEEDS,
        tabs=tabs(session.role),
        tab="tokens",
        tokens=token_rows(rows, context.clock()),
        all_of_them=whose is None,
        scopes=scopes_of(session.role),
        lasts=LASTS_WORDS,
        fresh=fresh,
        wrong=defaultdict(str, wrong or {}),
        given=defaultdict(str, given or {"scope-read": "on", "lasts": "90d"}),
        address=(context.public_url or str(request.base_url)).rstrip("/"),
    )


async def take_new(request: Request, session: Session) -> Response:
    """Makes a token, which is shown once on the next page."""
    fields = await taken(request, session, "viewer")
    name, lasts = fields.get("name", ""), fields.get("lasts", "")
    scopes = [scope for scope in SCOPES if f"scope-{scope}" in fields]
    context = context_of(request)

    def issue(connection: Connection) -> Secret:
        return issuing.issue(connection, session.user, name, scopes, lasts, context.clock())

    try:
        secret = await context.ask(issue)
    except TokenRefused as refused:
        given = {"name": name[:200], "lasts": lasts, **{f"scope-{scope}": "on" for scope in scopes}}
        return await _show(request, session, wrong={refused.field: refusal(refused)}, given=given, status=422)
    return tell_once(request, session, gone_on(HERE, did="made"), Told(_TOLD, name.strip(), secret.reveal()))


async def take_revocation(request: Request, session: Session) -> Response:
    """Ends a token: one's own, or as an admin anybody's."""
    fields = await taken(request, session, "viewer")
    try:
        key = UUID(fields.get("token", ""))
    except ValueError:
        raise HTTPException(404) from None
    name = await context_of(request).ask(
        lambda connection: issuing.withdraw(
            connection, key, session.user, session.user, anybodys=may(session.role, "admin")
        )
    )
    if name is None:
        raise HTTPException(404)
    return gone_on(HERE, did="revoked")


ROUTES = (
    Route(HERE, for_people(tokens), methods=["GET"]),
    Route(HERE + "/new", for_people(take_new), methods=["POST"]),
    Route(HERE + "/revoke", for_people(take_revocation), methods=["POST"]),
)
