"""Accounts and sessions as rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, update

from ops.store.schema import sessions, users
from worker.store.engine import without_fsync

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
    """Somebody who is logged in, with the token that their forms must carry; `key` names the session itself, which
    is one of several that an account may have."""

    user: str
    role: Role
    csrf: str
    language: str = "en"
    timezone: str = "UTC"
    key: UUID | None = None


def alone(connection: Connection) -> None:
    """Until the caller's transaction ends nobody else who asks for this changes who has an account."""
    connection.execute(select(func.pg_advisory_xact_lock(0x55534552)))


def any_user(connection: Connection) -> bool:
    """Whether there is an account; nobody else can make one until the caller's transaction ends."""
    alone(connection)
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


_SHOWN = (
    users.c.name,
    users.c.role,
    users.c.language,
    users.c.timezone,
    users.c.created_at,
    select(func.max(sessions.c.used_at))
    .where(sessions.c.user_id == users.c.id)
    .scalar_subquery()
    .label("used_at"),
)
"""What of an account is told: never its hash."""


def list_users(connection: Connection) -> Sequence[dict[str, Any]]:
    """All accounts, without their hashes."""
    return [dict(row) for row in connection.execute(select(*_SHOWN).order_by(users.c.id)).mappings()]


def some_users(connection: Connection, before: int, limit: int) -> Sequence[dict[str, Any]]:
    """A piece of the accounts with their numbers, the newest first."""
    chosen = select(users.c.id, *_SHOWN).where(users.c.id < before).order_by(users.c.id.desc()).limit(limit)
    return [dict(row) for row in connection.execute(chosen).mappings()]


def user_numbered(connection: Connection, number: int) -> dict[str, Any] | None:
    """The account of this number as it is told."""
    row = connection.execute(select(users.c.id, *_SHOWN).where(users.c.id == number)).mappings().one_or_none()
    return dict(row) if row else None


def other_admins(connection: Connection, user: User) -> int:
    """How many admins there are beside this account."""
    others = select(func.count()).where(users.c.role == "admin", users.c.id != user.id)
    return int(connection.execute(others).scalar_one())


def set_password(connection: Connection, user: User, password: str, keep: UUID | None = None) -> None:
    """A new password ends the account's sessions, but for the one to `keep`."""
    connection.execute(update(users).where(users.c.id == user.id).values(password=password))
    drop_sessions(connection, user, keep)


def set_role(connection: Connection, user: User, role: Role) -> None:
    """What the account may do from its next page on."""
    connection.execute(update(users).where(users.c.id == user.id).values(role=role))


def set_tastes(connection: Connection, user: User, language: str, timezone: str) -> None:
    """In which language and time zone the account reads."""
    tastes = {"language": language, "timezone": timezone}
    connection.execute(update(users).where(users.c.id == user.id).values(tastes))


def drop_user(connection: Connection, user: User) -> None:
    """Removes an account with its sessions."""
    connection.execute(delete(users).where(users.c.id == user.id))


def add_session(
    connection: Connection, token: str, user: User, csrf: str, lasts: timedelta, browser: str = ""
) -> Session:
    """A session under the digest of its token; sessions that have ended go. `browser` is what its owner knows it by."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= func.now()))
    row = {"token": token, "user_id": user.id, "csrf": csrf, "browser": browser}
    made = insert(sessions).values(**row, expires_at=func.now() + lasts).returning(sessions.c.key)
    key = connection.execute(made).scalar_one()
    return Session(user.name, user.role, csrf, user.language, user.timezone, key)


def find_session(connection: Connection, token: str) -> Session | None:
    """The session of this digest, unless it has ended; notes to the minute that it was used."""
    minute = func.date_trunc("minute", func.now())
    row = connection.execute(
        select(
            users.c.name,
            users.c.role,
            sessions.c.csrf,
            users.c.language,
            users.c.timezone,
            sessions.c.key,
            (sessions.c.used_at < minute).label("stale"),
        )
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.token == token, sessions.c.expires_at > func.now())
    ).one_or_none()
    if row is None:
        return None
    if row.stale:
        without_fsync(connection)
        connection.execute(update(sessions).where(sessions.c.token == token).values(used_at=minute))
    return Session(*row[:-1])


def list_sessions(connection: Connection, user: User) -> Sequence[dict[str, Any]]:
    """The account's sessions that have not ended, those in use first; nothing in it opens anything."""
    rows = connection.execute(
        select(
            sessions.c.key,
            sessions.c.browser,
            sessions.c.created_at,
            sessions.c.used_at,
            sessions.c.expires_at,
        )
        .where(sessions.c.user_id == user.id, sessions.c.expires_at > func.now())
        .order_by(sessions.c.used_at.desc(), sessions.c.created_at.desc())
        .limit(100)
    )
    return [dict(row) for row in rows.mappings()]


def living_sessions(connection: Connection, tokens: Collection[str]) -> Collection[str]:
    """Those of these digests whose sessions have not ended."""
    asked = select(sessions.c.token).where(sessions.c.token.in_(tokens), sessions.c.expires_at > func.now())
    return frozenset(connection.execute(asked).scalars())


def drop_session(connection: Connection, token: str) -> None:
    """Ends a session."""
    connection.execute(delete(sessions).where(sessions.c.token == token))


def drop_session_named(connection: Connection, user: User, key: UUID) -> bool:
    """Ends a session of this account; False if it has none of that key."""
    ours = (sessions.c.key == key) & (sessions.c.user_id == user.id)
    return connection.execute(delete(sessions).where(ours)).rowcount == 1


def drop_sessions(connection: Connection, user: User, keep: UUID | None = None) -> int:
    """Ends the account's sessions, but for the one to `keep`; returns how many."""
    ended = sessions.c.user_id == user.id
    if keep is not None:
        ended &= sessions.c.key != keep
    return connection.execute(delete(sessions).where(ended)).rowcount
