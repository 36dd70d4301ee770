"""What programs read, a piece at a time: each list is gone through by number, the newest first, from where the piece
before it ended. Whatever is added meanwhile stands before the first piece, so that nothing is missed or comes twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, text

from ops.searching import Stored
from ops.store.balking import IN_VAIN
from worker.model import Article, ArticleId, Topic, TopicId

Row = Mapping[str, Any]

Named = Literal["topic", "channel", "subscription"]

NEWEST = 2**63 - 1
"""Before the first piece."""

_FEEDS = """
    SELECT f.id, f.url, f.found_url, coalesce(f.name, f.title) AS name, f.state, f.tags, f.language, f.every_s,
           f.every_least_s, f.every_most_s, f.pace, f.full_text,
           f.declared, greatest(f.next_poll_at, h.paused_until) AS next_poll_at, f.last_polled_at,
           f.last_ok_at, f.last_status, f.last_error, f.failures, f.notice, f.created_at, f.paused_at,
           f.paused_by, f.username AS user, f.password IS NOT NULL AS has_password, f.password_ref,
           ARRAY(SELECT jsonb_object_keys(f.headers) ORDER BY 1) AS headers,
           ARRAY(SELECT key || ' ' || (value ->> 'ref') FROM jsonb_each(f.headers) ORDER BY 1) AS header_refs
    FROM feeds f LEFT JOIN hosts h ON h.site = f.site
    WHERE f.removed_at IS NULL
"""
_FEED_PIECE = text(
    _FEEDS  # every word is ours
    + """
      AND f.id < :before AND (:state = '' OR f.state = :state) AND (:tag = '' OR :tag = ANY(f.tags))
    ORDER BY f.id DESC LIMIT :limit
"""
)
_FEED = text(_FEEDS + " AND f.id = :id")

_TOPICS = """
    SELECT id, name, query, tags, declared, created_at,
           coalesce((SELECT max(number) FROM topic_versions v WHERE v.topic_id = topics.id), 1) AS version
    FROM topics WHERE removed_at IS NULL
"""
_TOPIC_PIECE = text(
    _TOPICS + " AND id < :before AND (:tag = '' OR :tag = ANY(tags)) ORDER BY id DESC LIMIT :limit"
)
_TOPIC = text(_TOPICS + " AND id = :id")

_SUBSCRIPTIONS = """
    SELECT id, name, topics, channels, "when", timezone, quiet, wait_s, "group", cap_per_hour, sources, languages,
           on_doubt, urgent, declared, paused_at, created_at,
           CASE WHEN snoozed_until > statement_timestamp() THEN snoozed_until END AS snoozed_until
    FROM subscriptions WHERE removed_at IS NULL
"""
_SUBSCRIPTION_PIECE = text(_SUBSCRIPTIONS + " AND id < :before ORDER BY id DESC LIMIT :limit")
_SUBSCRIPTION = text(_SUBSCRIPTIONS + " AND id = :id")

_CHANNELS = f"""
    SELECT c.id, c.name, c.kind, left(c.fingerprint, 8) AS print, c.declared, c.created_at,
           coalesce(c.options ->> 'language', 'en') AS language, c.secret IS NOT NULL AS signed,
           c.target_ref, c.secret_ref,
           CASE WHEN c.pause_until > statement_timestamp() THEN c.pause_until END AS paused_until,
           k.reason AS stopped_by, k.probe_at, a.blocked_by, b.takes_nothing_since, b.takes_nothing_why,
           (SELECT count(*) FROM deliveries d WHERE d.channel_id = c.id AND d.state = 'held') AS held
    FROM channels c LEFT JOIN addresses a ON a.address = c.address LEFT JOIN LATERAL (
        SELECT * FROM circuits WHERE name IN ('channel:' || c.id, 'sender:' || c.credential)
        ORDER BY name DESC LIMIT 1) AS k ON true
    LEFT JOIN LATERAL {IN_VAIN} AS b ON true
    WHERE c.removed_at IS NULL
"""  # noqa: S608  every word is ours
_CHANNEL_PIECE = text(_CHANNELS + " AND c.id < :before ORDER BY c.id DESC LIMIT :limit")
_CHANNEL = text(_CHANNELS + " AND c.id = :id")

_SILENCES = """
    SELECT s.id, s.scope, s.topic_id, s.story_id, s.source, s.channel_id, s.from_at, s.until_at, s.ended_at, s.made_by,
           s.comment,
           CASE WHEN s.ended_at IS NOT NULL OR s.until_at <= statement_timestamp() THEN 'over'
                WHEN s.from_at > statement_timestamp() THEN 'to_come' ELSE 'holds' END AS state,
           (SELECT count(*) FROM alerts a WHERE a.silence_id = s.id) AS suppressed
    FROM silences s
"""
_SILENCE_PIECE = text(
    _SILENCES
    + """
    WHERE s.id < :before AND (:over OR s.ended_at IS NULL AND s.until_at > statement_timestamp())
    ORDER BY s.id DESC LIMIT :limit
"""
)
_SILENCE = text(_SILENCES + " WHERE s.id = :id")

_STORIES = "SELECT id, title, first_at, last_at, articles, merged_into FROM stories"
_STORY_PIECE = text(
    _STORIES  # noqa: S608  every word is ours
    + """
    WHERE id < :before AND merged_into IS NULL
      AND id NOT IN (SELECT story_id FROM articles WHERE feed_id = -1 AND story_id IS NOT NULL)
      AND (CAST(:since AS timestamptz) IS NULL OR last_at >= CAST(:since AS timestamptz))
    ORDER BY id DESC LIMIT :limit
"""
)
_STORY = text(_STORIES + " WHERE id = :id")

_FEEDBACK_PIECE = text("""
    SELECT f.id, d.key AS delivery, f.article_id, f.channel_id, f.said_by, f.relevant, f.said_at
    FROM feedback f JOIN deliveries d ON d.id = f.delivery_id
    WHERE f.id < :before ORDER BY f.id DESC LIMIT :limit
""")

_ARTICLES = text("""
    SELECT r.id, r.url, r.source, r.title, r.language, r.authors, r.tags, r.published_at, r.seen_at, r.read_at,
           r.summary_only, r.backlog, r.feed_id, r.story_id,
           ARRAY(SELECT t.name FROM matches m JOIN topics t ON t.id = m.topic_id
                 WHERE m.article_id = r.id ORDER BY t.name) AS topics
    FROM articles r WHERE r.id = ANY(:articles) ORDER BY r.read_at DESC, r.id DESC
""")

_NAMES = text("SELECT id, name FROM topics WHERE id = ANY(:topics) AND removed_at IS NULL")

_TEXT = text("SELECT identity, body, method, page_problem FROM articles WHERE id = :article")

# The row comparison makes use of the index on read_at alone: what came before is not walked through.
_LOOK = text("""
    SELECT r.id, r.read_at,
           (:source = '' OR r.source = :source) AND (:language = '' OR r.language = :language) AS fits
    FROM articles r
    WHERE (r.read_at, r.id) < (:at, CAST(:before AS bigint)) AND r.read_at >= :since AND r.feed_id <> -1
    ORDER BY r.read_at DESC, r.id DESC LIMIT :window
""")

_LOOK_BY_TOPIC = text("""
    SELECT r.id, r.read_at,
           (:source = '' OR r.source = :source) AND (:language = '' OR r.language = :language)
           AND r.read_at >= :since AS fits
    FROM matches m JOIN articles r ON r.id = m.article_id
    WHERE m.topic_id = :topic AND m.article_id < CAST(:before AS bigint)
    ORDER BY m.article_id DESC LIMIT :window
""")

_STORED = text("""
    SELECT id, title, body, language, url, source, authors, tags, read_at, coalesce(published_at, seen_at) AS at
    FROM articles WHERE id = ANY(:articles)
""")

_OF_STORY = text("SELECT id FROM articles WHERE story_id = :story ORDER BY id LIMIT :limit")

_SIGNS = text("SELECT part, at FROM heartbeats ORDER BY part LIMIT 1000")

_CALLED = {
    "topic": text("SELECT name FROM topics WHERE id = :id AND removed_at IS NULL"),
    "channel": text("SELECT name FROM channels WHERE id = :id AND removed_at IS NULL"),
    "subscription": text("SELECT name FROM subscriptions WHERE id = :id AND removed_at IS NULL"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a piece of the articles ended: when its last one was read, and its number."""

    at: datetime = datetime(9999, 1, 1, tzinfo=UTC)
    id: int = NEWEST


@dataclass(frozen=True, slots=True)
class Seen:
    """Articles that were looked at: where each stands, and whether it is one of those that are wanted."""

    place: Place
    fits: bool


def feeds(connection: Connection, before: int, limit: int, state: str, tag: str) -> Sequence[Row]:
    """Feeds, of one state or tag."""
    return _rows(connection, _FEED_PIECE, before=before, limit=limit, state=state, tag=tag)


def feed(connection: Connection, number: int) -> Row | None:
    """The feed of this number."""
    return _row(connection, _FEED, number)


def topics(connection: Connection, before: int, limit: int, tag: str) -> Sequence[Row]:
    """Topics, with a tag or all."""
    return _rows(connection, _TOPIC_PIECE, before=before, limit=limit, tag=tag)


def topic(connection: Connection, number: int) -> Row | None:
    """The topic of this number."""
    return _row(connection, _TOPIC, number)


def topic_value(connection: Connection, number: int) -> Topic | None:
    """The same, as the matcher takes it."""
    row = topic(connection, number)
    return None if row is None else Topic(TopicId(number), row["name"], row["query"])


def topic_names_of(connection: Connection, numbers: Sequence[int]) -> dict[int, str]:
    """What the topics of these numbers are called; those that are no more are left out."""
    rows = connection.execute(_NAMES, {"topics": list(numbers)})
    return {row.id: row.name for row in rows}


def subscriptions(connection: Connection, before: int, limit: int) -> Sequence[Row]:
    """Subscriptions."""
    return _rows(connection, _SUBSCRIPTION_PIECE, before=before, limit=limit)


def subscription(connection: Connection, number: int) -> Row | None:
    """The subscription of this number."""
    return _row(connection, _SUBSCRIPTION, number)


def channels(connection: Connection, before: int, limit: int) -> Sequence[Row]:
    """Channels, with what stops them; `print` is the beginning of the target's fingerprint, never the target."""
    return _rows(connection, _CHANNEL_PIECE, before=before, limit=limit)


def channel(connection: Connection, number: int) -> Row | None:
    """The channel of this number."""
    return _row(connection, _CHANNEL, number)


def silences(connection: Connection, before: int, limit: int, *, over: bool) -> Sequence[Row]:
    """Silences that hold or are to come; with `over` also the others."""
    return _rows(connection, _SILENCE_PIECE, before=before, limit=limit, over=over)


def silence(connection: Connection, number: int) -> Row | None:
    """The silence of this number."""
    return _row(connection, _SILENCE, number)


def stories(connection: Connection, before: int, limit: int, since: datetime | None) -> Sequence[Row]:
    """Stories that were told of since then."""
    return _rows(connection, _STORY_PIECE, before=before, limit=limit, since=since)


def story(connection: Connection, number: int) -> Row | None:
    """The story of this number."""
    return _row(connection, _STORY, number)


def articles_of_story(connection: Connection, number: int, limit: int) -> Sequence[Row]:
    """The story's articles, at most so many, those that came first."""
    rows = connection.execute(_OF_STORY, {"story": number, "limit": limit})
    return articles(connection, list(rows.scalars()))


def feedback(connection: Connection, before: int, limit: int) -> Sequence[Row]:
    """What people said of articles."""
    return _rows(connection, _FEEDBACK_PIECE, before=before, limit=limit)


def articles(connection: Connection, numbers: Collection[int]) -> Sequence[Row]:
    """These articles, without their texts, what was read last first."""
    return _rows(connection, _ARTICLES, articles=list(numbers))


def article_text(connection: Connection, number: int) -> Row | None:
    """What an article was read as: its text, how that was had, its identity."""
    row = connection.execute(_TEXT, {"article": number}).mappings().one_or_none()
    return None if row is None else dict(row)


def look(
    connection: Connection,
    before: Place,
    window: int,
    *,
    since: datetime,
    source: str = "",
    language: str = "",
    topic: int = 0,
) -> list[Seen]:
    """The next articles, at most `window`, and which of them are of this source, in this language. Those that a topic
    matched are gone through by their numbers alone."""
    asked = {"at": before.at, "before": before.id, "window": window, "since": since}
    asked |= {"source": source, "language": language}
    query = _LOOK if topic == 0 else _LOOK_BY_TOPIC
    rows = connection.execute(query, asked | ({"topic": topic} if topic else {}))
    return [Seen(Place(row.read_at, row.id), row.fits) for row in rows]


def stored(connection: Connection, numbers: Sequence[int]) -> Iterator[Stored]:
    """These articles with their texts, in this order and some at a time."""
    for start in range(0, len(numbers), 200):
        some = numbers[start : start + 200]
        rows = {row.id: row for row in connection.execute(_STORED, {"articles": list(some)})}
        for number in some:
            if number in rows:
                yield _stored(rows[number])


def _stored(row: Any) -> Stored:
    article = Article(
        title=row.title,
        body=row.body,
        language=row.language,
        url=row.url,
        source=row.source,
        author=", ".join(row.authors),
        tags=tuple(row.tags),
    )
    return Stored(ArticleId(row.id), article, row.at, row.read_at)


def signs_of_life(connection: Connection) -> Sequence[Row]:
    """The parts of the installation, and when each last showed that it lives."""
    return _rows(connection, _SIGNS)


def name_of(connection: Connection, noun: Named, number: int) -> str | None:
    """What the thing of this number is called; None where there is none."""
    return connection.execute(_CALLED[noun], {"id": number}).scalar()


def _rows(connection: Connection, query: Any, **asked: Any) -> list[Row]:
    return [dict(row) for row in connection.execute(query, asked).mappings()]


def _row(connection: Connection, query: Any, number: int) -> Row | None:
    row = connection.execute(query, {"id": number}).mappings().one_or_none()
    return None if row is None else dict(row)
