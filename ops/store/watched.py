"""What is watched, as lists for people: channels, topics; and the articles a query is tried on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, text

from alerts.model import ChannelId
from alerts.store.schema import channels
from ops.searching import Stored
from worker.model import Article, ArticleId, Topic, TopicId
from worker.store.schema import topics

Row = Mapping[str, Any]

_BATCH = 200  # articles in memory at a time; a long one has some 100 KB

_CHANNELS = text("""
    SELECT c.name, c.kind, left(c.fingerprint, 8) AS print, c.declared,
           CASE WHEN c.pause_until > clock_timestamp() THEN c.pause_until END AS paused_until,
           k.name AS circuit, k.reason, k.opened_at, nullif(k.probe_at, 'infinity') AS probe_at,
           (SELECT count(*) FROM deliveries d WHERE d.channel_id = c.id AND d.state = 'held') AS held,
           a.blocked_by, CASE WHEN c.declared OR a.confirmed_at IS NOT NULL THEN NULL ELSE (
             SELECT concat_ws(': ', f.state, f.reason) FROM confirmations f WHERE f.address = c.address
             ORDER BY f.id DESC LIMIT 1) END AS confirmation
    FROM channels c LEFT JOIN addresses a ON a.address = c.address LEFT JOIN LATERAL (
        SELECT * FROM circuits WHERE name IN ('channel:' || c.id, 'sender:' || c.credential)
        ORDER BY name DESC LIMIT 1) AS k ON true
    WHERE c.removed_at IS NULL ORDER BY c.name
""")

_TOPICS = text("""
    SELECT t.name, t.query, t.tags, t.declared,
           (SELECT count(*) FROM matches m
             WHERE m.topic_id = t.id AND m.created_at > clock_timestamp() - interval '24 hours') AS matches_24h
    FROM topics t WHERE t.removed_at IS NULL ORDER BY t.name
""")

_ARTICLES = text("""
    SELECT id, title, body, language, url, source, authors, tags, read_at, coalesce(published_at, seen_at) AS at
    FROM articles WHERE read_at > clock_timestamp() - make_interval(secs => :seconds)
    ORDER BY read_at DESC, id DESC LIMIT CAST(:limit AS bigint)
""")

_COUNT_ARTICLES = text("""
    SELECT count(*) FROM articles WHERE read_at > clock_timestamp() - make_interval(secs => :seconds)
""")


def channel_list(connection: Connection) -> Sequence[Row]:
    """The channels, with what lets nothing through (the circuit's name and reason), and how many messages it
    holds. `print` is the beginning of the target's fingerprint, which equal targets share."""
    return _rows(connection, _CHANNELS)


def topic_list(connection: Connection) -> Sequence[Row]:
    """The topics, with how many articles they matched in 24 hours."""
    return _rows(connection, _TOPICS)


def channel_named(connection: Connection, name: str) -> ChannelId | None:
    """The standing channel of this name; None where there is none."""
    standing = channels.c.removed_at.is_(None) & (channels.c.name == name)
    found = connection.execute(select(channels.c.id).where(standing)).scalar()
    return None if found is None else ChannelId(found)


def count_articles_of_last(connection: Connection, seconds: float) -> int:
    """How many articles were read in the last seconds."""
    return int(connection.execute(_COUNT_ARTICLES, {"seconds": seconds}).scalar_one())


def topics_named(connection: Connection, names: Collection[str]) -> dict[str, Topic]:
    """The standing topics of these names; those that there are none of are left out."""
    standing = topics.c.removed_at.is_(None) & topics.c.name.in_(names)
    rows = connection.execute(select(topics).where(standing))
    return {row.name: Topic(TopicId(row.id), row.name, row.query) for row in rows}


def topic_names(connection: Connection) -> list[str]:
    """What the standing topics are called."""
    return list(connection.execute(select(topics.c.name).where(topics.c.removed_at.is_(None))).scalars())


def articles_of_last(connection: Connection, seconds: float, limit: int | None = None) -> Iterator[Stored]:
    """The articles read in the last seconds, the newest first and at most `limit`, brought in pieces."""
    streaming = {"stream_results": True, "yield_per": _BATCH}
    asked = {"seconds": seconds, "limit": limit}
    with connection.execute(_ARTICLES, asked, execution_options=streaming) as rows:
        for row in rows:
            yield Stored(ArticleId(row.id), _article(row), row.at, row.read_at)


def _article(row: Any) -> Article:
    return Article(
        title=row.title,
        body=row.body,
        language=row.language,
        url=row.url,
        source=row.source,
        author=", ".join(row.authors),
        tags=tuple(row.tags),
    )


def _rows(connection: Connection, query: Any) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]
