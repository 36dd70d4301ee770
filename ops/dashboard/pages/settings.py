"""Settings: one's own account, and the browsers that are logged in with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID
from zoneinfo import available_timezones

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops import membership
from ops.access import Session
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.shell import gone_on, show, taken
from ops.dashboard.views.settings import ROLE_WORDS, refusal, session_rows, tabs
from ops.membership import Refused
from ops.said import Said, said
from ops.store import accounts
from ops.tastes import LANGUAGES, wrong_tastes
from worker.store.engine import Connection

DEEDS: Mapping[str, Said] = {
    "tastes": said("Saved. Pages are in this language, and times in this zone, from now on."),
    "password": said("Your password is changed, and every other browser is logged out."),
    "ended": said("That browser is logged out."),
    "ended-others": said("Every other browser is logged out."),
}
_PER_NAME_S = "60"


async def settings(request: Request, session: Session) -> Response:
    """One's own account."""
    return await _show(request, session)


async def _show(
    request: Request,
    session: Session,
    *,
    wrong: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    context = context_of(request)

    def read(connection: Connection) -> list[dict[str, object]]:
        return list(accounts.list_sessions(connection, membership.existing(connection, session.user)))

    rows = await context.ask(read)
    return await show(
        request,
        session,
        "settings_account.html",
        here="settings",
        status=status,
        deeds=DEEDS,
        tabs=tabs(session.role),
        tab="account",
        role_means=ROLE_WORDS[session.role],
        sessions=session_rows(rows, session.key, context.clock()),
        languages=LANGUAGES,
        zones=sorted(available_timezones()),
        given={"language": session.language, "timezone": session.timezone, **(given or {})},
        wrong=defaultdict(str, wrong or {}),
    )


async def take_tastes(request: Request, session: Session) -> Response:
    """In which language and time zone one reads."""
    fields = await taken(request, session, "viewer")
    language, zone = fields.get("language", ""), fields.get("timezone", "").strip()
    if wrong := wrong_tastes(language, zone):
        given = {"language": language, "timezone": zone[:80]}
        return await _show(request, session, wrong=wrong, given=given, status=422)
    await context_of(request).ask(
        lambda connection: membership.change_tastes(connection, session.user, language, zone)
    )
    return gone_on("/settings", did="tastes")


async def take_password(request: Request, session: Session) -> Response:
    """A new password for whoever knows the old one; tries are counted as those of the log-in are."""
    fields = await taken(request, session, "viewer")
    context, key = context_of(request), membership.tries_of(session.user)
    now = context.steady()
    if not context.tries_by_name.allowed(key, now):
        wrong = {"old": said("too many tries: wait a minute, then try again")}
        answer = await _show(request, session, wrong=wrong, status=429)
        answer.headers["retry-after"] = _PER_NAME_S
        return answer
    old, new = fields.get("old", ""), fields.get("new", "")
    if new != fields.get("again", ""):
        return await _show(
            request, session, wrong={"again": said("this is not the same as above")}, status=422
        )
    context.tries_by_name.note(key, now)
    try:
        await context.ask(
            lambda connection: membership.change_password(connection, session.user, old, new, session.key),
            log_in=True,
        )
    except Refused as refused:
        return await _show(request, session, wrong={refused.field: refusal(refused)}, status=422)
    context.tries_by_name.forgive(key)
    return gone_on("/settings", did="password")


async def take_end(request: Request, session: Session) -> Response:
    """Logs out one other browser, or all others."""
    fields = await taken(request, session, "viewer")
    named = _key(fields["session"]) if "session" in fields else None

    await context_of(request).ask(
        lambda connection: membership.end_sessions(connection, session.user, named, session.key)
    )
    return gone_on("/settings", did="ended" if named else "ended-others")


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise HTTPException(404) from None


ROUTES = (
    Route("/settings", for_people(settings), methods=["GET"]),
    Route("/settings/tastes", for_people(take_tastes), methods=["POST"]),
    Route("/settings/password", for_people(take_password), methods=["POST"]),
    Route("/settings/sessions/end", for_people(take_end), methods=["POST"]),
)
