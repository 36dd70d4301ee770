"""Who asks: their own account, in what they read, their password, the browsers that are logged in with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ops import membership
from ops.api.callers import Caller, Here, Reader, Writer
from ops.api.doing import Done, IfMatch, as_seen, do
from ops.api.problems import Problem, not_found
from ops.api.refusals import no_account, wrong_parts
from ops.api.routes.tokens import own
from ops.api.shapes.people import Browser, Ended, Me, NewPassword, Tastes
from ops.api.shapes.values import version
from ops.membership import Refused
from ops.store import accounts
from ops.store.accounts import User
from ops.store.tokens import SCOPES
from ops.tastes import wrong_tastes
from worker.store.engine import Connection

router = APIRouter(tags=["me"])

_PER_NAME_S = 60


@router.get("/me", operation_id="getMe", response_model=Me)
async def get_me(request: Request, house: Here, caller: Reader) -> Any:
    """Who asks, what they may do, and in which language and zone they read."""
    me = await house.ask(lambda connection: _me(connection, caller))
    request.state.version = version(me)
    return me


@router.patch("/me", operation_id="changeMe", response_model=Me, responses={428: {}, 412: {}, 409: {}})
async def change_me(
    request: Request, house: Here, caller: Writer, asked: Tastes, if_match: IfMatch = None
) -> Response:
    """Read in another language or zone; what is left out stays."""
    account = own(caller)

    def work(connection: Connection) -> Done:
        accounts.alone(connection)
        row = as_seen(_me(connection, caller), "account", account, if_match)
        language, zone = asked.language or row["language"], asked.timezone or row["timezone"]
        if wrong := wrong_tastes(language, zone):
            said = "; ".join(wrong.values())
            raise Problem(422, "invalid", said, faults=wrong_parts(wrong))
        membership.change_tastes(connection, account, language, zone, caller.who)
        after = _me(connection, caller)
        return Done(Me.model_validate(after).model_dump(mode="json"), version=version(after))

    return await do(house, request, caller, None, work)


@router.post("/me/password", operation_id="changePassword", status_code=204, responses={409: {}})
async def change_password(house: Here, caller: Writer, asked: NewPassword) -> Response:
    """Change your password with the present one. Every browser is logged out, tokens stay. Tries are counted together
    with those of the pages: after five of a wrong one a minute has to pass."""
    account = own(caller)
    key, now = membership.tries_of(account), house.steady()
    if not house.passwords.allowed(key, now):
        detail = "Too many tries: wait a minute, then try again."
        raise Problem(429, "too_many", detail, headers={"retry-after": str(_PER_NAME_S)})
    house.passwords.note(key, now)

    def work(connection: Connection) -> None:
        try:
            membership.change_password(connection, account, asked.old, asked.new, None, caller.who)
        except Refused as refused:
            raise no_account(account, refused) from None

    await house.hashes(work)
    house.passwords.forgive(key)
    return Response(status_code=204)


@router.get("/me/sessions", operation_id="listSessions", response_model=list[Browser])
async def list_sessions(house: Here, caller: Reader) -> Any:
    """List the browsers that are logged in with your account, those in use first, 100 at most."""

    def read(connection: Connection) -> list[dict[str, Any]]:
        user = _user(connection, caller)
        rows = accounts.list_sessions(connection, user) if user is not None else ()
        return [{**row, "id": row["key"], "asks": row["key"] == caller.session} for row in rows]

    return await house.ask(read)


@router.delete("/me/sessions", operation_id="endSessions", response_model=Ended, responses={409: {}})
async def end_sessions(request: Request, house: Here, caller: Writer) -> Response:
    """Log out every browser of your account."""
    account = own(caller)

    def work(connection: Connection) -> Done:
        return Done({"ended": membership.end_sessions(connection, account, by=caller.who)})

    return await do(house, request, caller, None, work)


@router.delete("/me/sessions/{key}", operation_id="endSession", status_code=204, responses={409: {}})
async def end_session(house: Here, caller: Writer, key: UUID) -> Response:
    """Log out one browser of your account."""
    account = own(caller)
    ended = await house.ask(lambda c: membership.end_sessions(c, account, key, by=caller.who))
    if not ended:
        raise not_found("browser of yours", key)
    return Response(status_code=204)


def _user(connection: Connection, caller: Caller) -> User | None:
    return accounts.find_user(connection, caller.account) if caller.account is not None else None


def _me(connection: Connection, caller: Caller) -> Mapping[str, Any]:
    user = _user(connection, caller)
    return {
        "account": user.name if user else None,
        "token": caller.token,
        "scopes": [scope for scope in SCOPES if scope in caller.scopes],
        "expires_at": caller.until,
        "role": user.role if user else None,
        "language": user.language if user else None,
        "timezone": user.timezone if user else None,
    }
