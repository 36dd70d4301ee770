"""Subscriptions for their page: who hears of what, what is collecting for them, and what they were told last."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from alerts.model import Item, Letter
from alerts.store.deliveries import due_delivery
from alerts.store.letters import load_letter
from ops.store.sharing import item_of

Row = Mapping[str, Any]
Rows = Sequence[Row]

PAGE = 50
NEWEST = 500
"""Alerts of a subscription that are looked through for the last one that was sent."""
LARGEST_PREVIEW = 200
"""Articles of a digest that is shown before it goes out."""

_SUBSCRIPTIONS = text("""
    SELECT s.id, s.name, s.topics, s.channels, s."when", s.timezone, s.quiet, s.wait_s, s."group", s.cap_per_hour,
           s.sources, s.languages, s.on_doubt, s.urgent, s.declared, s.paused_at, s.created_at,
           CASE WHEN s.snoozed_until > statement_timestamp() THEN s.snoozed_until END AS snoozed_until,
           (SELECT d.ended_at FROM (
                SELECT a.id, a.delivery_id FROM alerts a WHERE a.subscription_id = s.id
                ORDER BY a.id DESC LIMIT :newest) AS late
              JOIN deliveries d ON d.id = late.delivery_id AND d.state = 'sent'
              ORDER BY late.id DESC LIMIT 1) AS last_told_at
    FROM subscriptions s
    WHERE s.removed_at IS NULL AND s.name > :after
      AND (:only = 0 OR s.id = :only)
      AND (:like = '' OR strpos(lower(s.name), lower(:like)) > 0)
      AND (:topic = '' OR s.topics @> ARRAY[:topic])
      AND (:channel = '' OR s.channels @> ARRAY[:channel])
      AND (NOT :resting OR s.paused_at IS NOT NULL OR s.snoozed_until > statement_timestamp())
    ORDER BY s.name LIMIT :limit
""")

_COLLECTING = text("""
    SELECT d.subscription_id, count(*) AS articles FROM deliveries d
    JOIN delivery_articles da ON da.delivery_id = d.id
    WHERE d.state = 'collecting' AND d.subscription_id = ANY(:subscriptions) GROUP BY d.subscription_id
""")

_CHANNELS = text("""
    SELECT c.name, c.id, c.kind, c.options ->> 'language' AS language, k.reason AS stopped, a.blocked_by,
           c.address IS NOT NULL AND NOT c.declared AND a.confirmed_at IS NULL AND NOT EXISTS (
             SELECT FROM channels v WHERE v.address = c.address AND v.declared AND v.removed_at IS NULL)
             AS unconfirmed,
           CASE WHEN c.pause_until > statement_timestamp() THEN c.pause_until END AS paused_until,
           ARRAY(SELECT d.subscription FROM departures d WHERE d.address = c.address) AS departed
    FROM channels c LEFT JOIN addresses a ON a.address = c.address
    LEFT JOIN LATERAL (
        SELECT reason FROM circuits WHERE name IN ('channel:' || c.id, 'sender:' || c.credential)
        ORDER BY name DESC LIMIT 1) AS k ON true
    WHERE c.removed_at IS NULL AND c.name = ANY(:names)
""")

_SELECTORS = text("""
    SELECT name FROM topics WHERE removed_at IS NULL
    UNION SELECT 'tag:' || unnest(tags) FROM topics WHERE removed_at IS NULL
    ORDER BY 1
""")
_CHANNEL_NAMES = text("SELECT name FROM channels WHERE removed_at IS NULL ORDER BY name")

_TOPICS = text("SELECT id, name FROM topics WHERE removed_at IS NULL AND name = ANY(:names)")

_MEANT = text("""
    SELECT id FROM topics WHERE removed_at IS NULL
      AND (name = ANY(:topics) OR ARRAY(SELECT 'tag:' || t FROM unnest(tags) t) && CAST(:topics AS text[]))
    LIMIT 200
""")

# The newest match of each topic is one step down an index; the newest of those is the one to show. By time and not by
# number: for the highest number of a topic without matches the planner walked through all matches there are.
_RECENT = text("""
    SELECT m.article_id FROM unnest(CAST(:topics AS bigint[])) AS t(id)
    JOIN LATERAL (SELECT created_at, article_id FROM matches WHERE topic_id = t.id
                  ORDER BY created_at DESC LIMIT 1) AS m ON true
    ORDER BY m.created_at DESC LIMIT 1
""")
_OF_ARTICLE = text("""
    SELECT r.id, r.title, r.url, r.source, r.language, r.published_at, r.seen_at, r.summary_only,
           t.name AS topic, m.hits, m.quote
    FROM matches m JOIN articles r ON r.id = m.article_id JOIN topics t ON t.id = m.topic_id
    WHERE m.article_id = :article AND m.topic_id = ANY(:topics) ORDER BY m.id LIMIT 20
""")

_NEXT = text("""
    SELECT d.*, c.name AS channel, c.kind AS channel_kind, c.credential, c.unclear, c.nothing_since,
           c.bounces, c.bounced_on, (SELECT count(*) FROM delivery_articles da WHERE da.delivery_id = d.id) AS articles
    FROM deliveries d JOIN channels c ON c.id = d.channel_id
    WHERE d.state = 'collecting' AND d.subscription_id = :subscription
    ORDER BY d.due_at, d.id LIMIT 6
""")


def subscription_rows(
    connection: Connection,
    *,
    after: str = "",
    like: str = "",
    topic: str = "",
    channel: str = "",
    resting: bool = False,
    only: int = 0,
    limit: int = PAGE,
) -> Sequence[Row]:
    """Standing subscriptions in the order of their names, those behind `after`: of a topic, of a channel, those that
    are paused or snoozed; `only` one by its number."""
    asked = {
        "after": after,
        "like": like,
        "topic": topic,
        "channel": channel,
        "resting": resting,
        "only": only,
    }
    return _rows(connection, _SUBSCRIPTIONS, **asked, newest=NEWEST, limit=limit)


def collecting(connection: Connection, subscriptions: Collection[int]) -> Mapping[int, int]:
    """How many articles are collected for each, to be told later."""
    rows = _rows(connection, _COLLECTING, subscriptions=list(subscriptions))
    return {row["subscription_id"]: row["articles"] for row in rows}


def channels_named(connection: Connection, names: Collection[str]) -> Mapping[str, Row]:
    """How these channels do, by name; those that there are none of are missing."""
    return {row["name"]: row for row in _rows(connection, _CHANNELS, names=list(names))}


def choices(connection: Connection) -> tuple[Sequence[str], Sequence[str]]:
    """What a subscription may name: topics with tags, and channels."""
    found = (connection.execute(query).scalars().all() for query in (_SELECTORS, _CHANNEL_NAMES))
    selectors, channels = found
    return selectors, channels


def topics_named(connection: Connection, names: Sequence[str]) -> Mapping[str, int]:
    """The numbers of the topics of these names; tags, and names of none any more, are missing."""
    return {row["name"]: row["id"] for row in _rows(connection, _TOPICS, names=list(names))}


def recent_article(connection: Connection, topics: Sequence[str]) -> Item | None:
    """The newest article that one of these topics matched, as a message would tell of it; None where there is none."""
    meant = list(connection.execute(_MEANT, {"topics": list(topics)}).scalars())
    article = connection.execute(_RECENT, {"topics": meant}).scalar() if meant else None
    rows = connection.execute(_OF_ARTICLE, {"article": article, "topics": meant}).all() if article else []
    return item_of(rows[0], rows) if rows else None


def next_bundles(connection: Connection, subscription: int) -> Sequence[Row]:
    """What is collected for it and goes out later, the soonest first: when, to which channel, how many articles."""
    return _rows(connection, _NEXT, subscription=subscription)


def letter_within(connection: Connection, bundle: Row, now: datetime) -> Letter:
    """What one of these would say if it went out now."""
    return load_letter(connection, due_delivery(bundle), now)


def _rows(connection: Connection, query: Any, **asked: Any) -> list[Row]:
    return [dict(row) for row in connection.execute(query, asked).mappings()]
