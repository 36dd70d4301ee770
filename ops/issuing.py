"""Tokens of the API: who may have one, what it may do at most, how long; one set of rules for pages and API.

Each change is written down in the audit log within its own transaction, never with what the token is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from ops.membership import existing
from ops.store import tokens
from ops.store.accounts import Role
from ops.store.audit_log import note
from ops.store.tokens import SCOPES, Scope
from worker.errors import BadInput
from worker.secrets import Secret
from worker.store.engine import Connection

LONGEST_NAME = 80
MOST = 50
"""Tokens of one account: more of them than anybody can look through are forgotten, not used."""

SCOPES_OF: Mapping[Role, tuple[Scope, ...]] = {
    "viewer": ("read",),
    "editor": ("read", "write"),
    "admin": ("read", "write", "admin"),
}
"""What the tokens of a role may do at most."""

LASTS: Mapping[str, timedelta | None] = {
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
    "365d": timedelta(days=365),
    "ever": None,
}
"""How long a token opens; None: until it is revoked."""


Reason = Literal["no_name", "long_name", "taken", "too_many", "no_scope", "beyond_role", "no_end"]


class TokenRefused(BadInput):
    """No token is made. `reason` says why for programs and pages, `field` what of it was wrong; read as a str it is a
    sentence."""

    def __init__(self, reason: Reason, field: str, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.reason, self.field, self.facts = reason, field, facts


@dataclass(frozen=True, slots=True)
class Maker:
    """A token that makes others of its account: `who` is its name in the audit log. They may do no more than it may
    (`scopes`), and end when it ends (`until`) at the latest, so that a token that leaked never becomes a better one."""

    who: str
    scopes: Collection[str]
    until: datetime | None


def issue(
    connection: Connection,
    account: str,
    name: str,
    scopes: Collection[str],
    lasts: str,
    now: datetime,
    maker: Maker | None = None,
) -> Secret:
    """A new token of this account, which can be shown now and never again; None made it: somebody who is logged in.
    Raises TokenRefused."""
    user = existing(connection, account)
    wanted = _scopes(scopes, user.role, maker)
    name, until = _name(name), _end(lasts, now, maker)
    standing = tokens.list_tokens(connection, user.name)
    if any(each["name"] == name for each in standing):
        raise TokenRefused("taken", "name", "the account has a token of this name already")
    if len(standing) >= MOST:
        raise TokenRefused("too_many", "name", f"the account has {MOST} tokens: revoke one first", n=MOST)
    secret = tokens.make_token(connection, name, user, wanted, until)
    shown = {"scopes": list(wanted), "expires": until.isoformat(timespec="seconds") if until else None}
    note(connection, maker.who if maker else user.name, "made", "token", name, None, shown)
    return secret


def withdraw(
    connection: Connection, key: UUID, account: str | None, by: str, *, anybodys: bool = False
) -> str | None:
    """Ends a token: one's own, or as an admin `anybodys`. Returns its name; None where there is none to be ended."""
    found = tokens.token_owner(connection, key)
    if found is None or (found[1] != account and not anybodys):
        return None
    name, owner = found
    if tokens.revoke_token(connection, key) is None:
        return None
    note(connection, by, "revoked", "token", name, {"of": owner}, None)
    return name


def _scopes(scopes: Collection[str], role: Role, maker: Maker | None) -> tuple[Scope, ...]:
    wanted = tuple(scope for scope in SCOPES if scope in scopes)
    if not wanted:
        raise TokenRefused("no_scope", "scopes", "choose at least one scope")
    beyond = [scope for scope in wanted if scope not in SCOPES_OF[role]]
    if beyond:
        named = ", ".join(beyond)
        raise TokenRefused("beyond_role", "scopes", f"the role {role} does not include {named}", scopes=named)
    beyond = [scope for scope in wanted if maker is not None and scope not in maker.scopes]
    if beyond:
        named = ", ".join(beyond)
        sentence = f"the token that makes it does not have {named} itself"
        raise TokenRefused("beyond_role", "scopes", sentence, scopes=named)
    return wanted


def _name(name: str) -> str:
    name = name.strip()
    if not name:
        raise TokenRefused("no_name", "name", "a token needs a name")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise TokenRefused("long_name", "name", f"a name is one line of at most {LONGEST_NAME} characters")
    return name


def _end(lasts: str, now: datetime, maker: Maker | None) -> datetime | None:
    if lasts not in LASTS:
        raise TokenRefused("no_end", "lasts", "expected one of " + ", ".join(LASTS))
    span = LASTS[lasts]
    ends = [None if span is None else now + span, maker.until if maker is not None else None]
    return min((end for end in ends if end is not None), default=None)
