"""Everything that the tables know of one article, by its address."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from ops.store.overview import attempts_of
from worker.model import Article

Row = Mapping[str, Any]

_ENTRIES = text("""
    WITH found AS (
        SELECT k.entry_id AS id FROM feeds f JOIN entry_keys k ON k.feed_id = f.id AND k.key = ANY(:keys)
        UNION SELECT e.id FROM entries e JOIN articles r ON r.id = e.article_id WHERE r.identity = ANY(:identities))
    SELECT e.id, e.link, e.title, e.published_at, e.seen_at, e.backlog, e.state, e.reason, e.attempts, e.article_id,
           e.page_tries, e.page_due_at, e.edits, e.edited_at,
           coalesce(f.name, f.title, f.url) AS feed, f.url AS feed_url, f.state AS feed_state,
           f.last_error AS feed_error, f.last_polled_at AS feed_polled_at, f.full_text,
           f.removed_at IS NOT NULL AS feed_removed
    FROM entries e JOIN found USING (id) JOIN feeds f ON f.id = e.feed_id
    ORDER BY e.seen_at, e.id
""")

_ARTICLE = text("""
    SELECT r.*, length(r.title) AS title_length, length(r.body) AS text_length
    FROM articles r WHERE r.identity = ANY(:identities) OR r.id = ANY(:articles)
    ORDER BY r.id LIMIT 1
""")

_EARLIER = text("""
    SELECT read_at, title, length(body) AS text_length, language, method, summary_only, page_problem
    FROM readings WHERE article_id = :article ORDER BY id
""")

_MATCHES = text("""
    SELECT m.id, m.topic_id, t.name AS topic, t.removed_at IS NOT NULL AS topic_removed, m.state,
           m.created_at AS found_at, m.hits, m.quote
    FROM matches m JOIN topics t ON t.id = m.topic_id WHERE m.article_id = :article ORDER BY m.id
""")

# `told` is the message that had the article when one more was not to tell of it: by its slot, or the latest that
# gave its slot back. `cap` is the lowest of all that the channel is told by.
_ALERTS = text("""
    SELECT t.name AS topic, s.name AS subscription, c.name AS channel, a.delivery_id AS delivery,
           a.created_at AS decided_at,
           coalesce(a.suppressed, d.reason, a.reason) AS reason, a.reason AS decided_for,
           CASE WHEN a.suppressed IS NOT NULL THEN 'suppressed' ELSE d.state END AS state,
           d.due_at, d.ended_at, d.attempts, coalesce(d.possible_repeat, false) AS possible_repeat, d.thread_of,
           coalesce(story.title, (SELECT min(f.title) FROM delivery_articles fa JOIN articles f ON f.id = fa.article_id
                                  WHERE fa.delivery_id = d.thread_of)) AS thread_title,
           r.source, r.language, r.seen_at, r.read_at, s.sources, s.languages, s.timezone,
           s.created_at AS subscribed_at,
           (SELECT min(o.cap_per_hour) FROM subscriptions o
             WHERE c.name = ANY(o.channels) AND o.removed_at IS NULL) AS cap,
           told.id AS told_in, told.state AS told_state, told.ended_at AS told_at,
           quiet.made_by AS silenced_by, coalesce(quiet.ended_at, quiet.until_at) AS silenced_until
    FROM alerts a JOIN matches m ON m.id = a.match_id JOIN topics t ON t.id = m.topic_id
    JOIN articles r ON r.id = m.article_id
    JOIN subscriptions s ON s.id = a.subscription_id JOIN channels c ON c.id = a.channel_id
    LEFT JOIN deliveries d ON d.id = a.delivery_id
    LEFT JOIN stories story ON story.id = d.story_id
    LEFT JOIN deliveries told ON told.id = a.told_in
    LEFT JOIN silences quiet ON quiet.id = a.silence_id
    WHERE m.article_id = :article ORDER BY a.id
""")

_DELIVERIES = text("""
    SELECT d.id, d.key, c.name AS channel, c.kind AS channel_kind, d.kind, d.state, d.reason, d.possible_repeat,
           d.created_at, d.due_at, d.ended_at
    FROM deliveries d JOIN channels c ON c.id = d.channel_id
    WHERE d.id IN (SELECT a.delivery_id FROM alerts a JOIN matches m ON m.id = a.match_id WHERE m.article_id = :article
                   UNION SELECT delivery_id FROM delivery_articles WHERE article_id = :article)
    ORDER BY d.id
""")

_FEEDS = text("""
    SELECT coalesce(name, title, url) AS name, url, state, last_polled_at, last_ok_at, last_error, next_poll_at
    FROM feeds WHERE removed_at IS NULL AND :name <> '' AND strpos(lower(url), :name) > 0 ORDER BY id
""")

_HEARD = text("""
    SELECT s.name FROM subscriptions s JOIN topics t ON t.id = :topic
    WHERE s.removed_at IS NULL
      AND (t.name = ANY(s.topics) OR EXISTS (SELECT FROM unnest(t.tags) g WHERE 'tag:' || g = ANY(s.topics)))
    ORDER BY s.name
""")


@dataclass(frozen=True, slots=True)
class Trail:
    """What an article left behind: the feed entries that brought it, itself as it was read (None: not yet) and how
    it was read before that, its matches, what was decided for each subscription and channel, and the messages with
    every attempt."""

    entries: Sequence[Row]
    article: Row | None
    matches: Sequence[Row]
    alerts: Sequence[Row]
    deliveries: Sequence[Row]
    earlier: Sequence[Row] = ()

    @property
    def topic_set(self) -> int:
        """The last change of topics that its reader had taken in; 0 where nobody kept it."""
        return 0 if self.article is None else self.article["topic_set"] or 0

    @property
    def read(self) -> Article | None:
        """The article as the matcher saw it."""
        row = self.article
        if row is None:
            return None
        return Article(
            title=row["title"],
            body=row["body"],
            language=row["language"],
            url=row["url"],
            source=row["source"],
            author=", ".join(row["authors"]),
            tags=tuple(row["tags"]),
        )


def trail_of(connection: Connection, identities: Collection[str], keys: Collection[str]) -> Trail:
    """The trail of the article with one of these identities, or that an entry with one of these keys brought."""
    asked = {"identities": list(identities), "keys": list(keys)}
    entries = _rows(connection, _ENTRIES, **asked)
    tied = [entry["article_id"] for entry in entries if entry["article_id"] is not None]
    found = _rows(connection, _ARTICLE, identities=list(identities), articles=tied)
    if not found:
        return Trail(entries, None, (), (), ())
    article = found[0]["id"]
    deliveries = _rows(connection, _DELIVERIES, article=article)
    for delivery in deliveries:
        tries = attempts_of(connection, delivery["id"])
        delivery["attempts"] = [{k: v for k, v in each.items() if k != "delivery_id"} for each in tries]
    return Trail(
        entries,
        found[0],
        _rows(connection, _MATCHES, article=article),
        _rows(connection, _ALERTS, article=article),
        deliveries,
        _rows(connection, _EARLIER, article=article),
    )


def feeds_named(connection: Connection, name: str) -> Sequence[Row]:
    """The feeds that are watched and have this in their address, with how they do."""
    return _rows(connection, _FEEDS, name=name)


def heard_by(connection: Connection, topic: int) -> Sequence[str]:
    """The names of the subscriptions that hear of a topic."""
    return list(connection.execute(_HEARD, {"topic": topic}).scalars())


def _rows(connection: Connection, query: Any, **asked: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query, asked).mappings()]
