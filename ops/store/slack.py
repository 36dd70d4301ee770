"""What calls of Slack's look up and leave behind: which delivery a button stands below, what a channel hears of,
what people say of an article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from alerts.model import ChannelId, DeliveryId
from alerts.store.schema import channels, feedback
from ops.store.schema import slack_calls
from worker.errors import BadConfiguration
from worker.model import ArticleId, StoryId
from worker.secrets import KeyRing

_FORGET_AFTER = text("clock_timestamp() - interval '1 hour'")  # longer than a call is taken (five minutes)

_TOLD = text("""
    SELECT d.id, d.channel_id, r.story_id, coalesce(s.articles, 0) AS articles
    FROM deliveries d JOIN articles r ON r.id = :article LEFT JOIN stories s ON s.id = r.story_id
    WHERE d.key::text = :key
      AND EXISTS (SELECT FROM delivery_articles da WHERE da.delivery_id = d.id AND da.article_id = r.id)
""")

_WHY = text("""
    SELECT DISTINCT ON (t.name) t.id, t.name, t.query, m.hits FROM alerts a
    JOIN matches m ON m.id = a.match_id JOIN topics t ON t.id = m.topic_id
    WHERE a.channel_id = :channel AND m.article_id = :article ORDER BY t.name, m.id DESC
""")

_HEARS = text("""
    SELECT DISTINCT t.id, t.name FROM subscriptions s
    JOIN topics t ON t.removed_at IS NULL AND (t.name = ANY(s.topics) OR EXISTS (
         SELECT FROM unnest(t.tags) g WHERE 'tag:' || g = ANY(s.topics)))
    JOIN channels c ON c.id = :channel AND c.name = ANY(s.channels)
    WHERE s.removed_at IS NULL ORDER BY t.name
""")

_FEEDBACK = text("""
    SELECT f.said_at, f.relevant, f.said_by, c.name AS channel, r.title, r.url,
           (SELECT array_agg(DISTINCT t.name ORDER BY t.name) FROM alerts a
            JOIN matches m ON m.id = a.match_id JOIN topics t ON t.id = m.topic_id
            WHERE a.channel_id = f.channel_id AND m.article_id = f.article_id) AS topics
    FROM feedback f JOIN channels c ON c.id = f.channel_id JOIN articles r ON r.id = f.article_id
    WHERE f.said_at > clock_timestamp() - make_interval(secs => :seconds)
    ORDER BY f.said_at DESC, f.id DESC LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class ToldThere:
    """An article that a delivery told of, and how many articles its story has (0: it is part of none)."""

    delivery: DeliveryId
    channel: ChannelId
    article: ArticleId
    story: StoryId | None
    articles: int


def taken_before(connection: Connection, signature: str) -> bool:
    """Whether this very call was taken already; it is from now on."""
    connection.execute(delete(slack_calls).where(slack_calls.c.at < _FORGET_AFTER))
    fresh = (
        upsert(slack_calls).values(signature=signature, at=func.clock_timestamp()).on_conflict_do_nothing()
    )
    return connection.execute(fresh.returning(slack_calls.c.signature)).first() is None


def channel_at(connection: Connection, place: str, keys: KeyRing) -> tuple[ChannelId, str] | None:
    """Our channel that is this Slack channel, and its language; None where nothing is told there.

    Opens the target of every such channel: they are few, and this holds while keys are being changed.
    """
    standing = select(channels).where(channels.c.kind == "slack_bot", channels.c.removed_at.is_(None))
    for row in connection.execute(standing.order_by(channels.c.id)):
        try:
            target = keys.open(row.target, f"channel:{row.name}:target")
        except BadConfiguration:
            continue
        if target.reveal() == place:
            return ChannelId(row.id), row.options.get("language", "en")
    return None


def told_there(connection: Connection, key: str, article: int) -> ToldThere | None:
    """The delivery of this key, where it tells of this article."""
    row = connection.execute(_TOLD, {"key": key, "article": article}).one_or_none()
    if row is None:
        return None
    story = None if row.story_id is None else StoryId(row.story_id)
    return ToldThere(DeliveryId(row.id), ChannelId(row.channel_id), ArticleId(article), story, row.articles)


def matched_there(connection: Connection, channel: ChannelId, article: ArticleId) -> Sequence[Any]:
    """The topics by which the article came to the channel: id, name, query, hits."""
    return connection.execute(_WHY, {"channel": channel, "article": article}).all()


def heard_at(connection: Connection, channel: ChannelId) -> Sequence[Any]:
    """The topics that the channel hears of: id and name."""
    return connection.execute(_HEARS, {"channel": channel}).all()


def say(connection: Connection, told: ToldThere, said_by: str, *, relevant: bool) -> None:
    """Keeps what somebody says of an article; the last word counts."""
    word = {"relevant": relevant, "delivery_id": told.delivery, "said_at": func.clock_timestamp()}
    connection.execute(
        upsert(feedback)
        .values(article_id=told.article, channel_id=told.channel, said_by=said_by, **word)
        .on_conflict_do_update(index_elements=["channel_id", "article_id", "said_by"], set_=word)
    )


def feedback_of_last(connection: Connection, seconds: float, limit: int) -> Sequence[dict[str, Any]]:
    """What people said in the last seconds, the newest first."""
    asked = {"seconds": seconds, "limit": limit}
    return [dict(row) for row in connection.execute(_FEEDBACK, asked).mappings()]
