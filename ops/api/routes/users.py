"""Accounts: who may look at the pages, and what they may do there. All of it takes the scope admin."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ops import membership
from ops.api.callers import Admin, Here
from ops.api.doing import Done, IfMatch, as_seen, do
from ops.api.pieces import Cursor, Limit, before, piece
from ops.api.problems import not_found
from ops.api.refusals import no_account
from ops.api.shapes.people import Account, AccountChanges, AccountTold, NewAccount
from ops.api.shapes.values import Listed, NumberInPath, version
from ops.membership import Refused
from ops.store import accounts
from worker.store.engine import Connection

router = APIRouter(tags=["users"])

_FIGURES = frozenset({"used_at"})


@router.get("/users", operation_id="listUsers", response_model=Listed[Account])
async def list_users(
    request: Request, response: Response, house: Here, _: Admin, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """List the accounts."""
    rows = await house.ask(lambda connection: accounts.some_users(connection, before(cursor), limit + 1))
    return piece(request, response, rows, limit)


@router.get("/users/{number}", operation_id="getUser", response_model=Account)
async def get_user(request: Request, house: Here, _: Admin, number: NumberInPath) -> Any:
    """Look at an account."""
    found = await house.ask(lambda connection: accounts.user_numbered(connection, int(number)))
    if found is None:
        raise not_found("account", number)
    request.state.version = version(found, _FIGURES)
    return found


@router.post("/users", operation_id="addUser", response_model=AccountTold, status_code=201)
async def add_user(request: Request, house: Here, caller: Admin, asked: NewAccount) -> Response:
    """Make an account. Its password is made here and told once; no key is taken, since no answer with a password is
    kept, and a name that is taken is refused."""
    password = membership.new_password()

    def work(connection: Connection) -> dict[str, Any]:
        try:
            user = membership.add(connection, asked.name, password, asked.role, caller.who)
        except Refused as refused:
            raise no_account("", refused) from None
        return _told(connection, user.id, password)

    made = await house.hashes(work)
    return JSONResponse(made, 201, {"location": f"{request.url.path}/{made['id']}"})


@router.post("/users/{number}/reset-password", operation_id="resetPassword", response_model=AccountTold)
async def reset_password(house: Here, caller: Admin, number: NumberInPath) -> Response:
    """Give an account a new password, which is told once; its browsers are logged out, its tokens stay. No key is
    taken: whoever asks twice has a second password, and the first opens nothing."""
    password = membership.new_password()

    def work(connection: Connection) -> dict[str, Any]:
        row = accounts.user_numbered(connection, int(number))
        if row is None:
            raise not_found("account", number)
        user = membership.reset_password(connection, row["name"], password, caller.who)
        return _told(connection, user.id, password)

    return JSONResponse(await house.hashes(work))


@router.patch(
    "/users/{number}",
    operation_id="changeUser",
    response_model=Account,
    responses={428: {}, 412: {}, 409: {}},
)
async def change_user(
    request: Request,
    house: Here,
    caller: Admin,
    number: NumberInPath,
    asked: AccountChanges,
    if_match: IfMatch = None,
) -> Response:
    """Let an account do more or less, from its next request on; its tokens go no further. The last admin stays one."""

    def work(connection: Connection) -> Done:
        accounts.alone(connection)
        found = accounts.user_numbered(connection, int(number))
        row = as_seen(found, "account", number, if_match, _FIGURES)
        try:
            membership.change_role(connection, row["name"], asked.role, caller.who)
        except Refused as refused:
            raise no_account(number, refused) from None
        after = accounts.user_numbered(connection, int(number)) or {}
        return Done(Account.model_validate(after).model_dump(mode="json"), version=version(after, _FIGURES))

    return await do(house, request, caller, None, work)


@router.delete(
    "/users/{number}",
    operation_id="removeUser",
    status_code=204,
    responses={428: {}, 412: {}, 409: {}},
)
async def remove_user(house: Here, caller: Admin, number: NumberInPath, if_match: IfMatch = None) -> Response:
    """Remove an account with its sessions and its tokens; but not the last admin, nor the account that asks."""

    def work(connection: Connection) -> None:
        accounts.alone(connection)
        found = accounts.user_numbered(connection, int(number))
        row = as_seen(found, "account", number, if_match, _FIGURES)
        try:
            membership.remove(connection, row["name"], caller.who, own=caller.account)
        except Refused as refused:
            raise no_account(number, refused) from None

    await house.ask(work)
    return Response(status_code=204)


def _told(connection: Connection, number: int, password: str) -> dict[str, Any]:
    row = accounts.user_numbered(connection, number) or {}
    return AccountTold.model_validate({**row, "password": password}).model_dump(mode="json")
