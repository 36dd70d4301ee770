"""The tables about people. The unique indexes here are the promise that nobody is told twice."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
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
    Column("asked_from", Instant),  # since when the receiver asks for that pause; null: our own back-off
    Column(
        "pace_at", Instant, nullable=False, server_default=text("'epoch'")
    ),  # its pace is used up until then
    Column("unclear", Integer, nullable=False, server_default="0"),  # answers in a row, neither yes nor no
    Column("nothing_since", Instant),  # since when it has taken nothing
    Column("removed_at", Instant),
    Column("address", Text),  # the mailbox's keyed hash; null: no mailbox, or not looked at yet
    Column("bounces", SmallInteger, nullable=False, server_default="0"),  # days on which it refused, in a row
    Column("bounced_on", Date),
    created(),
    Index("uq_channels_name", "name", unique=True, postgresql_where=text("removed_at IS NULL")),
    Index("ix_channels_address", "address", postgresql_where=text("address IS NOT NULL")),
)

addresses = Table(  # what the owner of a mailbox said; who that is cannot be read from it
    "addresses",
    metadata,
    Column("address", Text, primary_key=True),  # keyed hash
    Column("confirmed_at", Instant),
    Column("blocked_at", Instant),
    Column("blocked_by", Text),  # recipient operator
    Column("rests_until", Instant),  # hears of nothing until then, and of everything at once afterwards
)

departures = Table(  # who left a subscription, whatever a watchlist declares
    "departures",
    metadata,
    Column("subscription", Text, primary_key=True),  # its name, so that one declared anew is the same
    Column("address", Text, primary_key=True),
    Column("left_at", Instant, nullable=False, server_default=func.now()),
    Column("via", Text, nullable=False),  # one_click page operator
    Index("ix_departures_address", "address"),
)

confirmations = Table(  # the one mail that asks an invited mailbox whether it wants to be written to
    "confirmations",
    metadata,
    key(),
    Column("channel_id", BigInteger, ForeignKey("channels.id"), nullable=False),
    Column("address", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="due"),  # due sending sent unknown failed
    Column("reason", Text),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", Instant, nullable=False, server_default=func.now()),
    Column("expires_at", Instant, nullable=False),
    *lease(),
    created(),
    Index("ix_confirmations_address", "address"),
    Index("ix_confirmations_due", "due_at", postgresql_where=text("state IN ('due', 'sending')")),
)

kept_secrets = Table(  # secrets that Pantau made for itself
    "kept_secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("sealed", Text, nullable=False),
)

circuits = Table(  # open while a channel, or what channels share, lets nothing through
    "circuits",
    metadata,
    Column("name", Text, primary_key=True),  # "channel:12", "sender:smtp"
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
    Column("urgent", ARRAY(Text), nullable=False, server_default="{}"),  # names, or tag:x
    Column("paused_at", Instant),  # since when it is to hear nothing, until somebody resumes it
    Column("snoozed_until", Instant),
    Column("declared", Boolean, nullable=False, server_default=text("false")),
    Column("changed_at", Instant, nullable=False, server_default=func.now()),
    Column("removed_at", Instant),
    created(),
    Index("uq_subscriptions_name", "name", unique=True, postgresql_where=text("removed_at IS NULL")),
)

silences = Table(  # what nobody is to hear of for a while
    "silences",
    metadata,
    key(),
    Column("scope", Text, nullable=False),  # alerts.silences.Scope
    Column("topic_id", BigInteger, ForeignKey("topics.id")),
    Column("story_id", BigInteger, ForeignKey("stories.id", ondelete="CASCADE")),
    Column("source", Text),  # a feed's name, a tag or a host
    Column("channel_id", BigInteger, ForeignKey("channels.id")),  # null: on every channel
    Column("from_at", Instant, nullable=False),
    Column("until_at", Instant, nullable=False),
    Column("ended_at", Instant),  # by hand, before its time
    Column("made_by", Text, nullable=False),
    Column("comment", Text, nullable=False, server_default=""),
    created(),
    CheckConstraint(
        "(scope = 'topic') = (topic_id IS NOT NULL) AND (scope = 'story') = (story_id IS NOT NULL) "
        "AND (scope = 'source') = (source IS NOT NULL) AND (scope <> 'channel' OR channel_id IS NOT NULL)",
        name="scope_and_what",
    ),
    Index("ix_silences_until_at", "until_at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    key(),
    Column("key", Uuid, nullable=False, server_default=text("gen_random_uuid()")),  # the public id
    Column("channel_id", BigInteger, ForeignKey("channels.id"), nullable=False),
    Column("subscription_id", BigInteger, ForeignKey("subscriptions.id")),  # the soonest; null: nobody's own
    Column("kind", Text, nullable=False),  # alerts.model.DeliveryKind
    Column("story_id", BigInteger, ForeignKey("stories.id")),  # the one event that its articles tell of
    Column(
        "thread_of", BigInteger, ForeignKey("deliveries.id")
    ),  # its story's first message, where it follows
    Column("bundle", Text, nullable=False),  # what it collects: article:17, digest:3:2026-…
    Column("state", Text, nullable=False),  # alerts.states.State
    Column("reason", Text),
    Column("rank", SmallInteger, nullable=False, server_default="0"),  # live before backlog
    Column("due_at", Instant, nullable=False),
    Column("on_doubt", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("unsure", Integer, nullable=False, server_default="0"),  # answers lost so far
    Column("simpler", Integer, nullable=False, server_default="0"),  # forms refused so far
    Column("possible_repeat", Boolean, nullable=False, server_default=text("false")),
    Column("looks", Integer, nullable=False, server_default="0"),  # at the receiver, that did not find it
    Column("look_pages", Integer, nullable=False, server_default="0"),  # of the present look, read so far
    Column("look_cursor", Text, nullable=False, server_default=""),
    Column("held_by", Text),  # the open circuit's name
    Column("waited_s", Float, nullable=False, server_default="0"),  # as the user or the receiver asked
    Column("remote_id", Text),
    Column("notice", ARRAY(Text)),  # the sentences of a notice
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
    Index(  # what is looked for at its receiver
        "ix_deliveries_doubts",
        "due_at",
        postgresql_where=text("state = 'unknown' AND ended_at IS NULL"),
    ),
    Index("ix_deliveries_ended_at", "ended_at"),
    Index("ix_deliveries_channel", "channel_id", "id"),  # a channel's newest
    Index("ix_deliveries_untold", "id", postgresql_where=text("state IN ('failed', 'expired')")),
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
    Index("ix_deliveries_story_id", "story_id", postgresql_where=text("story_id IS NOT NULL")),
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
    Index("ix_delivery_articles_article_id", "article_id"),  # what told of an article, or tried to
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
    Column("silence_id", BigInteger, ForeignKey("silences.id", ondelete="SET NULL")),  # what suppressed it
    Column("told_in", BigInteger, ForeignKey("deliveries.id")),  # already_told: by which delivery
    created(),
    UniqueConstraint("match_id", "subscription_id", "channel_id"),
    CheckConstraint("(delivery_id IS NULL) <> (suppressed IS NULL)", name="told_or_suppressed"),
    Index("ix_alerts_delivery_id", "delivery_id"),
    Index("ix_alerts_silence_id", "silence_id", postgresql_where=text("silence_id IS NOT NULL")),
    Index("ix_alerts_told_in", "told_in", postgresql_where=text("told_in IS NOT NULL")),
    Index("ix_alerts_subscription_id", "subscription_id", "id"),
)

attempts = Table(  # committed before the request goes out, so that a crash leaves a trace
    "attempts",
    metadata,
    key(),
    Column("delivery_id", BigInteger, ForeignKey("deliveries.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("started_at", Instant, nullable=False, server_default=func.now()),
    Column("ended_at", Instant),
    Column("verdict", Text),  # alerts.channel.Verdict in small letters; null: not ended
    Column("reason", Text),
    Column("answer", Text),
    Column("elapsed_s", Float),
    UniqueConstraint("delivery_id", "n"),
)

feedback = Table(  # what people said of an article that they were told of; the last word of each counts
    "feedback",
    metadata,
    key(),
    Column("delivery_id", BigInteger, ForeignKey("deliveries.id"), nullable=False),
    Column("article_id", BigInteger, ForeignKey("articles.id"), nullable=False),
    Column("channel_id", BigInteger, ForeignKey("channels.id"), nullable=False),
    Column("said_by", Text, nullable=False),  # "slack:T01/U02"
    Column("relevant", Boolean, nullable=False),
    Column("said_at", Instant, nullable=False, server_default=func.now()),
    UniqueConstraint("channel_id", "article_id", "said_by"),
    Index("ix_feedback_said_at", "said_at"),
    Index("ix_feedback_article_id", "article_id"),
    Index("ix_feedback_delivery_id", "delivery_id"),
)
