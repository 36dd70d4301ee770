"""Settings, users: who may look at these pages and change things (admins only)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops import membership
from ops.access import Session
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.rail import may
from ops.dashboard.shell import gone_on, show, taken
from ops.dashboard.told_once import Told, tell_once, told, told_of
from ops.dashboard.views.settings import ROLE_WORDS, refusal, tabs, user_rows
from ops.membership import Refused
from ops.said import Said, said
from ops.store import accounts
from ops.store.accounts import ROLES, User
from worker.store.engine import Connection

HERE = "/settings/users"
DEEDS: Mapping[str, Said] = {
    "added": said("The account is made."),
    "reset": said("The account has a new password, and its browsers are logged out."),
    "role": said("The account has this role from its next page on."),
    "removed": said("The account is removed, with its sessions and its tokens."),
}
_TOLD = "user"


def admins_only(session: Session) -> None:
    """Raises HTTPException (403) for anybody else."""
    if not may(session.role, "admin"):
        raise HTTPException(403, "Only admins see this page.")


async def users(request: Request, session: Session) -> Response:
    """All accounts, and the password that was just made, once."""
    admins_only(session)
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
    rows = await context.ask(accounts.list_users)
    return await show(
        request,
        session,
        "settings_users.html",
        here="settings",
        status=status,
        deeds=DEEDS,
        tabs=tabs(session.role),
        tab="users",
        users=user_rows(rows, session.user, context.clock()),
        roles=[(role, ROLE_WORDS[role]) for role in ROLES],
        fresh=fresh,
        wrong=defaultdict(str, wrong or {}),
        given={"name": "", "role": "viewer", **(given or {})},
    )


async def take_new(request: Request, session: Session) -> Response:
    """Makes an account; its password is shown once on the next page."""
    fields = await taken(request, session, "admin")
    name, role, password = fields.get("name", ""), fields.get("role", ""), membership.new_password()

    def add(connection: Connection) -> User:
        return membership.add(connection, name, password, role, session.user)

    try:
        user = await context_of(request).ask(add, log_in=True)
    except Refused as refused:
        given = {"name": name[:200], "role": role if role in ROLES else "viewer"}
        return await _show(request, session, wrong={refused.field: refusal(refused)}, given=given, status=422)
    return _told(request, session, user, password, "added")


async def take_reset(request: Request, session: Session) -> Response:
    """Gives an account a new password, which is shown once on the next page."""
    fields = await taken(request, session, "admin")
    name, password = fields.get("user", ""), membership.new_password()

    def reset(connection: Connection) -> User:
        return membership.reset_password(connection, name, password, session.user)

    try:
        user = await context_of(request).ask(reset, log_in=True)
    except Refused as refused:
        return await _show(request, session, wrong={"row": refusal(refused)}, status=422)
    return _told(request, session, user, password, "reset")


async def take_role(request: Request, session: Session) -> Response:
    """Lets an account do more or less."""
    fields = await taken(request, session, "admin")
    name, role = fields.get("user", ""), fields.get("role", "")
    try:
        await context_of(request).ask(
            lambda connection: membership.change_role(connection, name, role, session.user)
        )
    except Refused as refused:
        return await _show(request, session, wrong={"row": refusal(refused)}, status=422)
    return gone_on(HERE if name != session.user or role == "admin" else "/settings", did="role")


async def ask_removal(request: Request, session: Session) -> Response:
    """What removing an account does, before it is done."""
    admins_only(session)
    name = request.query_params.get("user", "")
    user = await context_of(request).ask(lambda connection: accounts.find_user(connection, name))
    if user is None:
        raise HTTPException(404)
    return await show(
        request,
        session,
        "settings_removal.html",
        here="settings",
        tabs=tabs(session.role),
        tab="users",
        user=user,
        ours=user.name == session.user,
    )


async def take_removal(request: Request, session: Session) -> Response:
    """Removes an account, but not the one that asks for it."""
    fields = await taken(request, session, "admin")
    name = fields.get("user", "")
    try:
        await context_of(request).ask(
            lambda connection: membership.remove(connection, name, session.user, own=session.user)
        )
    except Refused as refused:
        return await _show(request, session, wrong={"row": refusal(refused)}, status=422)
    return gone_on(HERE, did="removed")


def _told(request: Request, session: Session, user: User, password: str, did: str) -> Response:
    if user.name == session.user:  # whoever resets their own password is logged out by it
        return gone_on("/login")
    return tell_once(request, session, gone_on(HERE, did=did), Told(_TOLD, user.name, password))


ROUTES = (
    Route(HERE, for_people(users), methods=["GET"]),
    Route(HERE + "/new", for_people(take_new), methods=["POST"]),
    Route(HERE + "/reset", for_people(take_reset), methods=["POST"]),
    Route(HERE + "/role", for_people(take_role), methods=["POST"]),
    Route(HERE + "/remove", for_people(ask_removal), methods=["GET"]),
    Route(HERE + "/remove", for_people(take_removal), methods=["POST"]),
)
