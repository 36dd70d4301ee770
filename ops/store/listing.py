"""Deliveries as a list: the newest, of some state, kind, channel, subscription or topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries; "" and None: all of them. A subscription's are those that carry an alert of its, a topic's
    those that tell of it; `since` is when they were made."""

    state: str = ""
    kind: str = ""
    channel: str = ""
    subscription: str = ""
    topic: str = ""
    since: datetime | None = None


_LISTED = text("""
    SELECT d.id, d.key, d.kind, d.state, d.reason, d.possible_repeat, d.attempts, d.due_at, d.created_at,
           d.ended_at, d.last_answer, d.thread_of, c.name AS channel, c.kind AS channel_kind, s.name AS subscription,
           (SELECT count(*) FROM delivery_articles da WHERE da.delivery_id = d.id) AS articles,
           r.title, r.url, r.source, r.language, r.published_at, r.seen_at, r.summary_only, story.title AS story,
           (SELECT array_agg(DISTINCT t.name ORDER BY t.name)
              FROM alerts a JOIN matches m ON m.id = a.match_id JOIN topics t ON t.id = m.topic_id
              WHERE a.delivery_id = d.id) AS topics,
           (SELECT array_agg(m.quote ORDER BY m.quote->>'field', m.id)
              FROM alerts a JOIN matches m ON m.id = a.match_id
              WHERE a.delivery_id = d.id AND m.article_id = r.id) AS quotes
    FROM deliveries d
    JOIN channels c ON c.id = d.channel_id
    LEFT JOIN subscriptions s ON s.id = d.subscription_id
    LEFT JOIN stories story ON story.id = d.story_id
    LEFT JOIN LATERAL (SELECT r.* FROM delivery_articles da JOIN articles r ON r.id = da.article_id
                       WHERE da.delivery_id = d.id ORDER BY r.id DESC LIMIT 1) r ON true
    WHERE (:state = '' OR d.state = :state)
      AND (:kind = '' OR d.kind = :kind)
      AND (:channel = '' OR c.name = :channel)
      AND (CAST(:since AS timestamptz) IS NULL OR d.created_at >= CAST(:since AS timestamptz))
      AND (:subscription = '' OR s.name = :subscription OR EXISTS (
               SELECT FROM alerts a JOIN subscriptions o ON o.id = a.subscription_id
               WHERE a.delivery_id = d.id AND o.name = :subscription))
      AND (:topic = '' OR EXISTS (
               SELECT FROM alerts a JOIN matches m ON m.id = a.match_id JOIN topics t ON t.id = m.topic_id
               WHERE a.delivery_id = d.id AND t.name = :topic))
    ORDER BY d.id DESC LIMIT :limit
""")

_NAMES = {
    "channel": text("SELECT DISTINCT name FROM channels ORDER BY name"),
    "subscription": text("SELECT DISTINCT name FROM subscriptions ORDER BY name"),
    "topic": text("SELECT DISTINCT name FROM topics ORDER BY name"),
}


def list_deliveries(connection: Connection, wanted: Wanted, limit: int = 50) -> Sequence[Row]:
    """The newest such deliveries with the article they tell of (the newest one, for a bundle) and their topics."""
    rows = connection.execute(_LISTED, {**asdict(wanted), "limit": limit}).mappings()
    return [dict(row) for row in rows]


def names_ever(connection: Connection, noun: str) -> list[str]:
    """The names that channels, subscriptions or topics have or had."""
    return list(connection.execute(_NAMES[noun]).scalars())
