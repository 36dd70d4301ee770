"""The tables about people. The unique indexes here are the promise that nobody is told twice."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from worker.store.schema import Instant, created, key, lease, metadata

channels = Table(
    "channels",
    metadata,
    key(),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),  # sealed
    Column("target_ref", Text, nullable=False),  # env:NAME, file:PATH, or stored:ID, for the export
    Column("fingerprint", Text, nullable=False),  # equal targets are found without opening them
    Column("secret", Text),  # sealed: what signs a webhook
    Column("secret_ref", Text),
    Column("options", JSONB, nullable=False, server_default="{}"),
    Column("declared", Boolean, nullable=False, server_default=text("false")),
    Column("credential", Text),  # what channels of this kind share, such as "smtp"
    Column("pause_until", Instant, nullable=False, server_default=text("'epoch'")),
    Column(
        "asked_from", Instant
    ),  # since when the receiver itself asks for that pause; null: our own back-off
    Column("removed_at", Instant),
    created(),
    Index("uq_channels_name", "name", unique=True, postgresql_where=text("removed_at IS NULL")),
)

circuits = Table(  # open while a channel, or what channels share, lets nothing through
    "circuits",
    metadata,
    Column("name", Text, primary_key=True),  # "channel:12", "smtp"
    Column("reason", Text, nullable=False),
    Column("opened_at", Instant, nullable=False, server_default=func.now()),
    Column("probe_at", Instant, nullable=False),
    Column("probes", Integer, nullable=False, server_default="0"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    key(),
    Column("name", Text, nullable=False),
    Column("topics", ARRAY(Text), nullable=False),  # names, or tag:x
    Column("channels", ARRAY(Text), nullable=False),  # names
    Column("when", ARRAY(Text), nullable=False, server_default="{now}"),
    Column("timezone", Text, nullable=False, server_default="UTC"),
    Column("quiet", Text),
    Column("wait_s", Float, nullable=False, server_default="0"),
    Column("group", Text, nullable=False, server_default="story"),
    Column("cap_per_hour", Integer, nullable=False, server_default="12"),
    Column("sources", ARRAY(Text), nullable=False, server_default="{}"),
    Column("languages", ARRAY(Text), nullable=False, server_default="{}"),
    Column("on_doubt", Text, nullable=False, server_default="resend"),
    Column("declared", Boolean, nullable=False, server_default=text("false")),
    Column("changed_at", Instant, nullable=False, server_default=func.now()),
    Column("removed_at", Instant),
    created(),
    Index("uq_subscriptions_name", "name", unique=True, postgresql_where=text("removed_at IS NULL")),
)

deliveries = Table(
    "deliveries",
    metadata,
    key(),
    Column("key", Uuid, nullable=False, server_default=text("gen_random_uuid()")),  # the public id
    Column("channel_id", BigInteger, ForeignKey("channels.id"), nullable=False),
    Column(
        "subscription_id", BigInteger, ForeignKey("subscriptions.id")
    ),  # the soonest; none: of nobody's own
    Column("kind", Text, nullable=False),  # alerts.model.DeliveryKind
    Column(
        "story_id", BigInteger, ForeignKey("stories.id")
    ),  # what its articles tell of, where that is one event
    Column(
        "thread_of", BigInteger, ForeignKey("deliveries.id")
    ),  # the first message of its story, for what follows
    Column("bundle", Text, nullable=False),  # what it collects: article:17, digest:3:2026-…
    Column(
        "state", Text, nullable=False
    ),  # collecting ready sending waiting unknown held sent failed expired suppressed
    Column("reason", Text),
    Column("rank", SmallInteger, nullable=False, server_default="0"),  # live before backlog
    Column("due_at", Instant, nullable=False),
    Column("on_doubt", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("unsure", Integer, nullable=False, server_default="0"),  # answers lost so far
    Column("simpler", Integer, nullable=False, server_default="0"),  # forms refused so far
    Column("possible_repeat", Boolean, nullable=False, server_default=text("false")),
    Column("held_by", Text),  # the open circuit's name
    Column(
        "waited_s", Float, nullable=False, server_default="0"
    ),  # waits that the user or receiver asked for
    Column("remote_id", Text),
    Column("last_answer", Text),
    Column("expires_at", Instant, nullable=False),
    Column("first_attempt_at", Instant),
    Column("ended_at", Instant),
    *lease(),
    created(),
    UniqueConstraint("key"),
    Index(
        "uq_deliveries_open_bundle",
        "channel_id",
        "bundle",
        unique=True,
        postgresql_where=text("state IN ('collecting', 'ready')"),
    ),
    Index(
        "ix_deliveries_due",
        "rank",
        "due_at",
        "id",
        postgresql_where=text("state IN ('collecting', 'ready', 'waiting')"),
    ),
    Index(
        "ix_deliveries_unsettled",
        "channel_id",
        postgresql_where=text("state IN ('sending', 'held', 'unknown', 'failed')"),
    ),
    Index("ix_deliveries_ended_at", "ended_at"),
    Index(  # the story's messages on a channel: the first and what followed
        "ix_deliveries_story",
        "channel_id",
        "story_id",
        postgresql_where=text("story_id IS NOT NULL"),
    ),
    Index(  # what the cap of a channel's hour counts
        "ix_deliveries_first_messages",
        "channel_id",
        "ended_at",
        postgresql_where=text("kind = 'article' AND state NOT IN ('failed', 'expired', 'suppressed')"),
    ),
    Index("ix_deliveries_thread_of", "thread_of", postgresql_where=text("thread_of IS NOT NULL")),
)

delivery_articles = Table(  # the slot: an article is announced once to a channel, whatever else happens
    "delivery_articles",
    metadata,
    Column("delivery_id", BigInteger, ForeignKey("deliveries.id"), primary_key=True),
    Column("article_id", BigInteger, ForeignKey("articles.id"), primary_key=True),
    Column("channel_id", BigInteger, ForeignKey("channels.id"), nullable=False),
    Column("taken", Boolean, nullable=False, server_default=text("true")),  # false: ended failed or expired
    Index(
        "uq_delivery_articles_slot",
        "article_id",  # first: planning asks what all channels know of an article and its story
        "channel_id",
        unique=True,
        postgresql_where=text("taken"),
    ),
)

alerts = Table(  # match x subscription x channel: what someone must hear, and what became of it
    "alerts",
    metadata,
    key(),
    Column("match_id", BigInteger, ForeignKey("matches.id"), nullable=False),
    Column("subscription_id", BigInteger, ForeignKey("subscriptions.id"), nullable=False),
    Column("channel_id", BigInteger, ForeignKey("channels.id"), nullable=False),
    Column("delivery_id", BigInteger, ForeignKey("deliveries.id")),
    Column("suppressed", Text),
    Column("reason", Text),  # why at this time and in this delivery
    Column(
        "told_in", BigInteger, ForeignKey("deliveries.id")
    ),  # already_told: the delivery that had told the channel of the article
    created(),
    UniqueConstraint("match_id", "subscription_id", "channel_id"),
    CheckConstraint("(delivery_id IS NULL) <> (suppressed IS NULL)", name="told_or_suppressed"),
    Index("ix_alerts_delivery_id", "delivery_id"),
    Index("ix_alerts_told_in", "told_in", postgresql_where=text("told_in IS NOT NULL")),
)

attempts = Table(  # committed before the request goes out, so that a crash leaves a trace
    "attempts",
    metadata,
    key(),
    Column("delivery_id", BigInteger, ForeignKey("deliveries.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("started_at", Instant, nullable=False, server_default=func.now()),
    Column("ended_at", Instant),
    Column("verdict", Text),  # sent later unsure simpler blocked never; null: its sender vanished
    Column("reason", Text),
    Column("answer", Text),
    Column("elapsed_s", Float),
    UniqueConstraint("delivery_id", "n"),
)
