"""Tokens: what programs carry that ask for an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ops import issuing
from ops.api.callers import Caller, Here, Reader, Writer
from ops.api.pieces import Cursor, Limit, before, piece
from ops.api.problems import Problem, not_found
from ops.api.refusals import no_token
from ops.api.shapes.people import NewToken, Token, TokenTold
from ops.api.shapes.values import Listed
from ops.issuing import Maker, TokenRefused
from ops.store.tokens import list_tokens
from worker.store.engine import Connection

router = APIRouter(tags=["users"])

NOBODYS = "PANTAU_API_TOKEN is nobody's account: ask with a token of the account itself."


def own(caller: Caller) -> str:
    """The account of who asks. Raises Problem, 409, for PANTAU_API_TOKEN."""
    if caller.account is None:
        raise Problem(409, "conflict", NOBODYS)
    return caller.account


@router.get("/tokens", operation_id="listTokens", response_model=Listed[Token])
async def list_them(
    request: Request,
    response: Response,
    house: Here,
    caller: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """List the tokens of your account that were not revoked; an admin sees those of all."""
    whose = None if "admin" in caller.scopes else caller.user
    rows = await house.ask(lambda c: list_tokens(c, whose, limit + 1, before(cursor)))
    return piece(request, response, [_shown(row) for row in rows], limit, lambda row: str(row["number"]))


@router.post(
    "/tokens", operation_id="addToken", response_model=TokenTold, status_code=201, responses={409: {}}
)
async def add_token(house: Here, caller: Writer, asked: NewToken) -> Response:
    """Make a token of your account, which is told once. It has no scope that yours has not, and ends when yours ends at
    the latest. No key is taken, since no answer with a token is kept; a name that is taken is refused."""
    account = own(caller)
    maker = Maker(caller.who, caller.scopes, caller.until)

    def work(connection: Connection) -> dict[str, Any]:
        try:
            secret = issuing.issue(
                connection, account, asked.name, asked.scopes, asked.lasts, house.clock(), maker
            )
        except TokenRefused as refused:
            raise no_token(refused) from None
        (row,) = list_tokens(connection, account, 1)
        return TokenTold.model_validate({**_shown(row), "token": secret.reveal()}).model_dump(mode="json")

    return JSONResponse(await house.ask(work), 201)


@router.delete("/tokens/{key}", operation_id="revokeToken", status_code=204)
async def revoke_token(house: Here, caller: Writer, key: UUID) -> Response:
    """Revoke a token of your account, or as an admin anybody's: nothing that carries it is let in any more."""
    anybodys = "admin" in caller.scopes
    name = await house.ask(lambda c: issuing.withdraw(c, key, caller.account, caller.who, anybodys=anybodys))
    if name is None:
        raise not_found("token", key)
    return Response(status_code=204)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "id": row["key"], "account": row["user"]}
