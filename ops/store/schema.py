"""The machine's tables: who may look at the pages, and signs of life."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text, func, text

from worker.store.schema import Instant, created, key, metadata

users = Table(
    "users",
    metadata,
    key(),
    Column("name", Text, nullable=False),
    Column("password", Text, nullable=False),  # argon2id
    Column("role", Text, nullable=False, server_default="admin"),  # viewer editor admin
    created(),
    Index("uq_users_name", text("lower(name)"), unique=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token", Text, primary_key=True),  # SHA-256 of what the cookie carries
    Column("user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("csrf", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    created(),
)

heartbeats = Table(  # the last sign of life of each part, by the database's clock
    "heartbeats",
    metadata,
    Column("part", Text, primary_key=True),
    Column("at", Instant, nullable=False),
)

slack_calls = Table(  # signatures of calls that were taken, so that a copy of one counts for nothing
    "slack_calls",
    metadata,
    Column("signature", Text, primary_key=True),
    Column("at", Instant, nullable=False, server_default=func.now()),
)

troubles = Table(  # what the operator's channel was told of, until it is over
    "troubles",
    metadata,
    Column("key", Text, primary_key=True),
    Column("said", Text, nullable=False),
    created(),
)
