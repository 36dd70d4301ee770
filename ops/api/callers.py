"""Who asks: a program by its token, or the browser of somebody who is logged in, who may only look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from ops.api.house import House
from ops.api.problems import Problem
from ops.store import tokens
from ops.store.accounts import ROLES, Role, Session
from ops.store.tokens import SCOPES, Holder, Scope
from worker.secrets import Secret

ENVIRONMENT = "PANTAU_API_TOKEN"
LONGEST_TOKEN = 1000
_OF_ENVIRONMENT = "environment"

_LOOKS = frozenset({"GET", "HEAD", "OPTIONS"})
_HOW = "Send Authorization: Bearer with a token of Pantau's."
_WRONG = "This token opens nothing: it is not known, was revoked or has ended."
_SLOW_DOWN = "Too many wrong tokens from this address. Wait a minute, then try again."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: `user` is the account, `who` how the audit log names them, `key` what their pace and their keys are
    remembered under. `token` is the name of one that somebody made, and `until` when it ends; `session` is the browser
    that looks. PANTAU_API_TOKEN is neither: it is nobody's, though what it does counts as the account admin's."""

    user: str
    who: str
    key: str
    scopes: frozenset[Scope]
    token: str | None = None
    until: datetime | None = None
    session: UUID | None = None

    @property
    def account(self) -> str | None:
        """The account that it has settings, browsers and tokens with."""
        return None if self.key == _OF_ENVIRONMENT else self.user


def reach(scopes: frozenset[str], role: Role) -> frozenset[Scope]:
    """What a token may do: each scope includes those before it, and none goes beyond its account's role."""
    highest = max((SCOPES.index(scope) for scope in SCOPES if scope in scopes), default=-1)
    return frozenset(SCOPES[: min(highest, ROLES.index(role)) + 1])


async def caller_of(house: House, request: Request) -> Caller:
    """Who asks. Raises Problem: 401 for nobody, 429 for a stranger who has tried too often."""
    kind, _, told = request.headers.get("authorization", "").partition(" ")
    if kind:
        return await _by_token(house, request, told.strip() if kind.lower() == "bearer" else "")
    session = await house.session(request) if request.method in _LOOKS else None
    if session is None:
        raise _unauthorized(_HOW)
    return _by_session(session)


async def _by_token(house: House, request: Request, told: str) -> Caller:
    """Both kinds of tokens are compared whatever the first says, and by digests, so that the time it takes tells
    nothing of any."""
    told = told[:LONGEST_TOKEN]
    digest = sha256(told.encode("utf-8", "replace")).digest()
    ready_made = _is(house.api_token, digest)
    holder = await house.ask(lambda connection: tokens.holder_of(connection, told))
    if ready_made:
        return Caller("admin", ENVIRONMENT, _OF_ENVIRONMENT, frozenset(SCOPES))
    if holder is not None:
        return _by_holder(holder, digest)
    visitor, now = house.visitor(request), house.steady()
    allowed = house.strangers.allowed(visitor, now)
    house.strangers.note(visitor, now)
    if not allowed:
        raise Problem(429, "too_many", _SLOW_DOWN, headers={"retry-after": "60"})
    raise _unauthorized(_WRONG, ', error="invalid_token"')


def _is(token: Secret | None, digest: bytes) -> bool:
    expected = sha256((token.reveal() if token else "").encode()).digest()
    return compare_digest(expected, digest) and bool(token and token.reveal())


def _by_holder(holder: Holder, digest: bytes) -> Caller:
    who = f"token {holder.token} of {holder.user}"
    key, scopes = f"token:{digest.hex()[:32]}", reach(holder.scopes, holder.role)
    return Caller(holder.user, who, key, scopes, token=holder.token, until=holder.until)


def _by_session(session: Session) -> Caller:
    """A browser brings its cookie along to whatever page makes it: it may look, as far as the role goes."""
    scopes = reach(frozenset(SCOPES), session.role)
    return Caller(session.user, session.user, f"session:{session.user}", scopes, session=session.key)


def _unauthorized(detail: str, more: str = "") -> Problem:
    return Problem(401, "unauthorized", detail, headers={"www-authenticate": f'Bearer realm="Pantau"{more}'})


_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A token of Pantau's, or PANTAU_API_TOKEN. Its scope is read, write or admin; each includes those "
    "before it, and none goes beyond the role of its account. Who is logged in may look without one.",
)


def _needs(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    async def check(
        request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
    ) -> Caller:
        caller: Caller = request.state.caller
        if scope not in caller.scopes:
            raise Problem(
                403,
                "forbidden",
                f"This takes the scope {scope}, and an account whose role goes so far; you have "
                f"{', '.join(sorted(caller.scopes, key=SCOPES.index)) or 'none'}.",
            )
        return caller

    return check


Reader = Annotated[Caller, Security(_needs("read"), scopes=["read"])]
Writer = Annotated[Caller, Security(_needs("write"), scopes=["write"])]
Admin = Annotated[Caller, Security(_needs("admin"), scopes=["admin"])]


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


Here = Annotated[House, Depends(_house)]
"""What a route works with."""
