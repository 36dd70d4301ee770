"""Tokens of the API as rows: shown once when they are made, kept as a digest."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, func, insert, or_, select, update

from ops.store.accounts import Role, User
from ops.store.schema import tokens, users
from worker.secrets import Secret

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "write", "admin")

PREFIX = "pantau_"
"""So that scanners for leaked secrets, and people, see what it is."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a program asks for, and what its token lets it do at most, until when; the account's role bounds it
    further."""

    token: str
    user: str
    role: Role
    scopes: frozenset[str]
    until: datetime | None = None


def make_token(
    connection: Connection, name: str, user: User, scopes: Sequence[Scope], expires_at: datetime | None = None
) -> Secret:
    """A new token, which can be shown now and never again."""
    secret = PREFIX + secrets.token_urlsafe(32)
    row = {"name": name.strip(), "token_hash": _digest(secret), "user_id": user.id}
    connection.execute(insert(tokens).values(**row, scopes=list(scopes), expires_at=expires_at))
    return Secret(secret)


def holder_of(connection: Connection, secret: str) -> Holder | None:
    """Who carries this token, if it is one of ours that has not ended; notes to the minute that it was used."""
    row = connection.execute(
        select(
            tokens.c.id,
            tokens.c.name,
            users.c.name.label("user"),
            users.c.role,
            tokens.c.scopes,
            tokens.c.expires_at,
        )
        .join(users, users.c.id == tokens.c.user_id)
        .where(
            tokens.c.token_hash == _digest(secret),
            tokens.c.revoked_at.is_(None),
            or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > func.now()),
        )
    ).one_or_none()
    if row is None:
        return None
    minute = func.date_trunc("minute", func.now())
    used = or_(tokens.c.used_at.is_(None), tokens.c.used_at < minute)
    connection.execute(update(tokens).where(tokens.c.id == row.id, used).values(used_at=minute))
    return Holder(row.name, row.user, row.role, frozenset(row.scopes), row.expires_at)


def list_tokens(
    connection: Connection, user: str | None = None, limit: int = 1000, before: int = 2**63 - 1
) -> Sequence[dict[str, Any]]:
    """The tokens that were not revoked, the newest first, without what opens anything; of one account only, where a
    `user` is named. `number` is where a list goes on (`before`), `key` what a token is called outside."""
    chosen = (
        select(
            tokens.c.id.label("number"),
            tokens.c.key,
            tokens.c.name,
            users.c.name.label("user"),
            tokens.c.scopes,
            tokens.c.used_at,
            tokens.c.expires_at,
            tokens.c.created_at,
        )
        .join(users, users.c.id == tokens.c.user_id)
        .where(tokens.c.revoked_at.is_(None), tokens.c.id < before)
        .order_by(tokens.c.id.desc())
        .limit(limit)
    )
    if user is not None:
        chosen = chosen.where(users.c.name == user)
    return [dict(row) for row in connection.execute(chosen).mappings()]


def token_owner(connection: Connection, key: UUID) -> tuple[str, str] | None:
    """The name of a token that was not revoked and of its account; None where there is none."""
    row = connection.execute(
        select(tokens.c.name, users.c.name.label("user"))
        .join(users, users.c.id == tokens.c.user_id)
        .where(tokens.c.key == key, tokens.c.revoked_at.is_(None))
    ).one_or_none()
    return (row.name, row.user) if row else None


def revoke_token(connection: Connection, key: UUID) -> str | None:
    """Ends a token; returns its name, or None where there is none that still opens."""
    name: str | None = connection.execute(
        update(tokens)
        .where(tokens.c.key == key, tokens.c.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(tokens.c.name)
    ).scalar_one_or_none()
    return name


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
