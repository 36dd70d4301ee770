"""PURE. Accounts, sessions and tokens as the settings show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ops.dashboard.rail import may
from ops.dashboard.words import Stamp, State, maybe_stamp, stamp
from ops.issuing import SCOPES_OF, TokenRefused
from ops.membership import LONGEST_NAME, Refused
from ops.said import Said, said
from ops.store.accounts import ROLES, Role

Row = Mapping[str, Any]

ROLE_WORDS: Mapping[Role, Said] = {
    "viewer": said("looks, and changes nothing"),
    "editor": said("changes what is watched and who is told"),
    "admin": said("also manages accounts and sees the audit log"),
}
SCOPE_WORDS: Mapping[str, Said] = {
    "read": said("read everything that the pages show"),
    "write": said("change what is watched, who is told, and what your account has set"),
    "admin": said("read the audit log, and whatever else admins may"),
}
LASTS_WORDS: Mapping[str, Said] = {
    "30d": said("30 days"),
    "90d": said("90 days"),
    "365d": said("a year"),
    "ever": said("until it is revoked"),
}
_SOON_S = 7 * 86400.0


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of the settings."""

    key: str
    path: str
    word: Said


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A browser that is logged in with this account; `ours` is the one that looks."""

    key: str
    browser: Said | str
    ours: bool
    began: Stamp
    used: Stamp
    ends: Stamp


@dataclass(frozen=True, slots=True)
class UserRow:
    """An account; `ours` is the one that looks."""

    name: str
    role: Role
    ours: bool
    language: str
    timezone: str
    made: Stamp
    used: Stamp | None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token of the API."""

    key: str
    name: str
    user: str
    scopes: tuple[str, ...]
    state: State
    made: Stamp
    used: Stamp | None
    ends: Stamp | None


def tabs(role: Role) -> tuple[Tab, ...]:
    """The pages of the settings that this role sees."""
    shown = [Tab("account", "/settings", said("Your account"))]
    if may(role, "admin"):
        shown.append(Tab("users", "/settings/users", said("Users")))
    shown += [
        Tab("tokens", "/settings/tokens", said("API tokens")),
        Tab("entities", "/settings/entities", said("Names and entities")),
    ]
    if may(role, "admin"):
        shown.append(Tab("installation", "/settings/installation", said("This installation")))
    return tuple(shown)


def session_rows(rows: Sequence[Row], ours: UUID | None, now: datetime) -> tuple[SessionRow, ...]:
    """The sessions of an account, the one that looks first."""
    shown = [
        SessionRow(
            key=str(row["key"]),
            browser=row["browser"] or said("an unknown browser"),
            ours=row["key"] == ours,
            began=stamp(row["created_at"], now),
            used=stamp(row["used_at"], now),
            ends=stamp(row["expires_at"], now),
        )
        for row in rows
    ]
    return tuple(sorted(shown, key=lambda row: not row.ours))


def user_rows(rows: Sequence[Row], ours: str, now: datetime) -> tuple[UserRow, ...]:
    """The accounts, those that may do the most first."""
    shown = [
        UserRow(
            name=row["name"],
            role=row["role"],
            ours=row["name"] == ours,
            language=row["language"],
            timezone=row["timezone"],
            made=stamp(row["created_at"], now),
            used=maybe_stamp(row["used_at"], now),
        )
        for row in rows
    ]
    return tuple(sorted(shown, key=lambda row: (-ROLES.index(row.role), row.name.casefold())))


def token_rows(rows: Sequence[Row], now: datetime) -> tuple[TokenRow, ...]:
    """The tokens that were not revoked, the newest first."""
    return tuple(
        TokenRow(
            key=str(row["key"]),
            name=row["name"],
            user=row["user"],
            scopes=tuple(row["scopes"]),
            state=_standing(row["expires_at"], now),
            made=stamp(row["created_at"], now),
            used=maybe_stamp(row["used_at"], now),
            ends=maybe_stamp(row["expires_at"], now),
        )
        for row in rows
    )


def _standing(expires_at: datetime | None, now: datetime) -> State:
    if expires_at is None:
        return State("ok", said("opens"))
    left = (expires_at - now).total_seconds()
    if left <= 0:
        return State("off", said("has ended"))
    return State("slow", said("ends soon")) if left < _SOON_S else State("ok", said("opens"))


def scopes_of(role: Role) -> tuple[tuple[str, Said], ...]:
    """What a token of this role may do, with its words."""
    return tuple((scope, SCOPE_WORDS[scope]) for scope in SCOPES_OF[role])


def refusal(refused: Refused | TokenRefused) -> Said:
    """Why nothing was changed, for the one who asked."""
    name = refused.facts.get("name", "")
    match refused.reason:
        case "no_name":
            return said("it needs a name")
        case "long_name":
            return said("a name is one line of at most {n} characters", n=LONGEST_NAME)
        case "taken":
            return said("this name is taken already")
        case "short_password":
            return said("the password is too short: at least {n} characters", n=refused.facts["n"])
        case "long_password":
            return said("the password is too long: at most {n} characters", n=refused.facts["n"])
        case "wrong_password":
            return said("this is not your password")
        case "unknown":
            return said("there is no account {name} any more", name=name)
        case "last_admin":
            return said("{name} is the last admin: give another account that role first", name=name)
        case "no_role":
            return said("there is no such role")
        case "own":
            return said("this is the account that you are logged in with: let another admin remove it")
        case "too_many":
            return said("you have {n} tokens: revoke one first", n=refused.facts["n"])
        case "no_scope":
            return said("choose at least one thing that it may do")
        case "beyond_role":
            return said("your role does not include this: {scopes}", scopes=refused.facts["scopes"])
        case "no_end":
            return said("choose how long it opens")
