"""Accounts and sessions as rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Connection, delete, func, insert, select, update

from ops.store.schema import sessions, users

Role = Literal["viewer", "editor", "admin"]
"""A viewer looks; an editor changes what is watched and who is told; an admin changes who may."""

ROLES: tuple[Role, ...] = ("viewer", "editor", "admin")


@dataclass(frozen=True, slots=True)
class User:
    """An account; `password` is its hash."""

    id: int
    name: str
    role: Role
    password: str
    language: str = "en"
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in, with the token that their forms must carry."""

    user: str
    role: Role
    csrf: str
    language: str = "en"
    timezone: str = "UTC"


def any_user(connection: Connection) -> bool:
    """Whether there is an account; nobody else can make one until the caller's transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(0x55534552)))
    return connection.execute(select(users.c.id).limit(1)).first() is not None


def add_user(connection: Connection, name: str, password: str, role: str) -> None:
    """Makes an account; its name is kept without blanks around it."""
    connection.execute(insert(users).values(name=name.strip(), password=password, role=role))


def find_user(connection: Connection, name: str) -> User | None:
    """The account of this name, whatever its case."""
    row = connection.execute(
        select(users).where(func.lower(users.c.name) == name.strip().lower())
    ).one_or_none()
    return User(row.id, row.name, row.role, row.password, row.language, row.timezone) if row else None


def list_users(connection: Connection) -> Sequence[dict[str, Any]]:
    """All accounts, without their hashes."""
    rows = connection.execute(
        select(users.c.name, users.c.role, users.c.language, users.c.timezone, users.c.created_at).order_by(
            users.c.id
        )
    )
    return [dict(row) for row in rows.mappings()]


def set_password(connection: Connection, user: User, password: str) -> None:
    """A new password ends the account's sessions."""
    connection.execute(update(users).where(users.c.id == user.id).values(password=password))
    connection.execute(delete(sessions).where(sessions.c.user_id == user.id))


def drop_user(connection: Connection, user: User) -> None:
    """Removes an account with its sessions."""
    connection.execute(delete(users).where(users.c.id == user.id))


def add_session(connection: Connection, token: str, user: User, csrf: str, lasts: timedelta) -> Session:
    """A session under the digest of its token; sessions that have ended go."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= func.now()))
    connection.execute(
        insert(sessions).values(token=token, user_id=user.id, csrf=csrf, expires_at=func.now() + lasts)
    )
    return Session(user.name, user.role, csrf, user.language, user.timezone)


def find_session(connection: Connection, token: str) -> Session | None:
    """The session of this digest, unless it has ended."""
    row = connection.execute(
        select(users.c.name, users.c.role, sessions.c.csrf, users.c.language, users.c.timezone)
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.token == token, sessions.c.expires_at > func.now())
    ).one_or_none()
    return Session(*row) if row else None


def living_sessions(connection: Connection, tokens: Collection[str]) -> Collection[str]:
    """Those of these digests whose sessions have not ended."""
    asked = select(sessions.c.token).where(sessions.c.token.in_(tokens), sessions.c.expires_at > func.now())
    return frozenset(connection.execute(asked).scalars())


def drop_session(connection: Connection, token: str) -> None:
    """Ends a session."""
    connection.execute(delete(sessions).where(sessions.c.token == token))
