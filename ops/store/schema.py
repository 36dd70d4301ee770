"""The machine's tables: who may look at the pages, read what is shared and ask as a program; what people changed; and
signs of life.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from worker.store.schema import Instant, created, key, metadata

users = Table(
    "users",
    metadata,
    key(),
    Column("name", Text, nullable=False),
    Column("password", Text, nullable=False),  # argon2id
    Column("role", Text, nullable=False, server_default="admin"),  # viewer editor admin
    Column("language", Text, nullable=False, server_default="en"),  # of the pages: en id
    Column("timezone", Text, nullable=False, server_default="UTC"),  # in which times are shown; IANA name
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
    Column("key", Uuid, nullable=False, server_default=text("gen_random_uuid()")),  # the public id
    Column("used_at", Instant, nullable=False, server_default=func.now()),  # to the minute
    Column("browser", Text, nullable=False, server_default=""),  # its family and system, in words
    created(),
    UniqueConstraint("key"),
    Index("ix_sessions_user_id", "user_id"),
)

tokens = Table(  # what programs carry that ask for somebody
    "tokens",
    metadata,
    key(),
    Column("key", Uuid, nullable=False, server_default=text("gen_random_uuid()")),  # the public id
    Column("name", Text, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),  # SHA-256
    Column("user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),  # read write admin
    Column("used_at", Instant),  # to the minute
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    created(),
    UniqueConstraint("token_hash"),
    UniqueConstraint("key"),
)

audit_log = Table(  # what people and programs changed, for good
    "audit_log",
    metadata,
    key(),
    Column("at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("who", Text, nullable=False),  # an account, "token NAME of ACCOUNT", "command line"
    Column("what", Text, nullable=False),  # ops.store.audit_log.Deed
    Column("kind", Text, nullable=False),  # of the thing: topic, feed, channel, …
    Column("name", Text, nullable=False),  # the thing's name as it was then
    Column("before", JSONB),
    Column("after", JSONB),
    Index("ix_audit_log_kind_name", "kind", "name", "id"),
    Index("ix_audit_log_who", "who", "id"),
)

topic_versions = Table(  # what a topic was and is; one that was never changed may have none
    "topic_versions",
    metadata,
    key(),
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    Column("saved_by", Text),  # an account, or a watchlist; null: not known any more
    Column("saved_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    UniqueConstraint("topic_id", "number"),
)

api_answers = (
    Table(  # to what programs asked under a key of their own, so that asking again does nothing twice
        "api_answers",
        metadata,
        Column("caller", Text, primary_key=True),  # ops.api.callers.Caller.key
        Column("key", Text, primary_key=True),  # Idempotency-Key
        Column("asked", LargeBinary, nullable=False),  # SHA-256 of method, address and body
        Column("status", Integer),  # null: the work is under way
        Column("answer", JSON),  # as it was written, to the letter
        Column("location", Text),
        created(),
        Index("ix_api_answers_created_at", "created_at"),
    )
)

jobs = Table(  # what programs asked for and takes longer than an answer may
    "jobs",
    metadata,
    key(),
    Column("kind", Text, nullable=False),  # apply_back import_feeds
    Column("asked_by", Text, nullable=False),  # the account
    Column("state", Text, nullable=False, server_default="waiting"),  # waiting running done failed
    Column("done", Integer, nullable=False, server_default="0"),
    Column("total", Integer),
    Column("answer", JSONB),
    Column("problem", Text),
    Column("seen_at", Instant, nullable=False, server_default=func.clock_timestamp()),  # its process lived
    Column("ended_at", Instant),
    created(),
    Index("ix_jobs_created_at", "created_at"),
)

heartbeats = Table(  # the last sign of life of each part, by the database's clock
    "heartbeats",
    metadata,
    Column("part", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("says", JSONB, nullable=False, server_default="{}"),  # a worker: what it is and does (ops.alive)
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

shared_feeds = Table(  # addresses at which a topic or a subscription is read as a feed
    "shared_feeds",
    metadata,
    key(),
    Column("key", Uuid, nullable=False, server_default=text("gen_random_uuid()")),  # the feed's own id
    Column("token_hash", LargeBinary, nullable=False),  # SHA-256 of the last part of the address
    Column("topic_id", BigInteger, ForeignKey("topics.id")),
    Column("subscription_id", BigInteger, ForeignKey("subscriptions.id")),
    Column("asked_at", Instant),  # when somebody last read it, to the hour
    Column("revoked_at", Instant),
    created(),
    UniqueConstraint("token_hash"),
    CheckConstraint("(topic_id IS NULL) <> (subscription_id IS NULL)", name="of_one"),
    Index("ix_shared_feeds_topic_id", "topic_id"),
    Index("ix_shared_feeds_subscription_id", "subscription_id"),
)

extraction_reports = (
    Table(  # what people say is wrong with the text of an article; the last word of each counts
        "extraction_reports",
        metadata,
        key(),
        Column("article_id", BigInteger, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
        Column("said_by", Text, nullable=False),  # an account
        Column("said", Text, nullable=False),
        Column("method", Text, nullable=False),  # with which the text was taken that they saw
        Column("said_at", Instant, nullable=False, server_default=func.now()),
        UniqueConstraint("article_id", "said_by"),
    )
)

self_tests = Table(  # the rounds of the self-test of the last day
    "self_tests",
    metadata,
    Column("published_at", Instant, primary_key=True),
    Column("every_s", Float, nullable=False),  # between two rounds, as it was set then
    Column("seen_at", Instant),  # when each desk was through with it
    Column("read_at", Instant),
    Column("planned_at", Instant),
    Column("sent_at", Instant),
    Column("ended_at", Instant),  # when it was found to be through, or given up
    Column("stopped_at", Text),  # the desk at which it was given up
    Column("reason", Text),
    Index("ix_self_tests_through", "published_at", postgresql_where=text("sent_at IS NOT NULL")),
)
