"""Topics as their pages show them: what each finds day by day, who hears of it, and what it found last."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

Row = Mapping[str, Any]

MOST_JUDGED = 500
"""Matches, the newest, that say where and in which languages a topic matches."""
_MOST_TOGETHER = 8

_LIST = text("""
    SELECT t.id, t.name, t.query, t.tags, t.declared FROM topics t
    WHERE t.removed_at IS NULL AND t.name > :after
      AND (CAST(:pattern AS text) IS NULL OR t.name ILIKE :pattern
           OR EXISTS (SELECT FROM unnest(t.tags) g WHERE g ILIKE :pattern))
    ORDER BY t.name LIMIT :limit
""")

_COUNT = text("SELECT count(*) FROM topics WHERE removed_at IS NULL")

_DAYS = text("""
    SELECT topic_id, CAST(created_at AT TIME ZONE 'UTC' AS date) AS day, count(*) AS n FROM matches
    WHERE topic_id = ANY(:topics) AND created_at >= :since GROUP BY topic_id, day
""")

_HEARING = text("""
    SELECT id, topics FROM subscriptions
    WHERE removed_at IS NULL AND topics && CAST(:selectors AS text[]) LIMIT 10000
""")

# The place in the list is a match, not a time: of a backlog many are of one moment.
_FOUND = text("""
    SELECT m.id, m.article_id, m.hits, m.quote, m.created_at, r.title, r.url, r.source, r.language,
           coalesce(r.published_at, r.seen_at) AS at, r.summary_only, told.key AS delivery, told.channel_id
    FROM (SELECT * FROM matches WHERE topic_id = :topic
            AND (CAST(:before AS bigint) IS NULL OR (created_at, id) < (
                SELECT created_at, id FROM matches WHERE id = :before AND topic_id = :topic))
          ORDER BY created_at DESC, id DESC LIMIT :limit) AS m
    JOIN articles r ON r.id = m.article_id
    LEFT JOIN LATERAL (
        SELECT d.key, d.channel_id FROM alerts a JOIN deliveries d ON d.id = a.delivery_id
        WHERE a.match_id = m.id AND d.state = 'sent'
          AND EXISTS (SELECT FROM delivery_articles e WHERE e.delivery_id = d.id AND e.article_id = m.article_id)
        ORDER BY d.id LIMIT 1) AS told ON true
    ORDER BY m.created_at DESC, m.id DESC
""")

_JUDGED = text("""
    SELECT article_id, count(*) FILTER (WHERE relevant) AS relevant, count(*) FILTER (WHERE NOT relevant) AS beside,
           bool_or(relevant) FILTER (WHERE said_by = :by) AS mine
    FROM feedback WHERE channel_id = ANY(:channels) AND article_id = ANY(:articles) GROUP BY article_id
""")

_PLACES = text("""
    WITH newest AS (
        SELECT article_id, hits FROM matches WHERE topic_id = :topic AND created_at >= :since
        ORDER BY created_at DESC LIMIT :limit)
    SELECT EXISTS (SELECT FROM jsonb_array_elements(n.hits) h WHERE h ->> 0 = 'title') AS in_title,
           coalesce(r.language, '') AS language, count(*) AS n
    FROM newest n JOIN articles r ON r.id = n.article_id GROUP BY in_title, language
""")

_TOGETHER = text("""
    WITH newest AS (
        SELECT article_id FROM matches WHERE topic_id = :topic AND created_at >= :since
        ORDER BY created_at DESC LIMIT :limit)
    SELECT t.id, t.name, count(*) AS n FROM newest n
    JOIN matches o ON o.article_id = n.article_id AND o.topic_id <> :topic
    JOIN topics t ON t.id = o.topic_id AND t.removed_at IS NULL
    GROUP BY t.id, t.name ORDER BY n DESC, t.name LIMIT :most
""")


_APPLIED_BACK = text("""
    SELECT id, at, who, after FROM audit_log
    WHERE kind = 'topic' AND name = :name AND what = 'applied back' ORDER BY id DESC LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class Places:
    """Of how many matches it is said, in how many the title matches, and in which languages they are."""

    matches: int
    in_title: int
    languages: Mapping[str, int]


def topics_listed(connection: Connection, words: str, after: str, limit: int) -> Sequence[Row]:
    """Topics in the order of their names, those behind `after`; only those that have the words in their name or in a
    tag."""
    pattern = f"%{_literally(words)}%" if words else None
    return _rows(connection, _LIST, pattern=pattern, after=after, limit=limit)


def _literally(words: str) -> str:
    return words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def topics_in_all(connection: Connection) -> int:
    """How many topics there are."""
    return int(connection.execute(_COUNT).scalar_one())


def matches_by_day(
    connection: Connection, topics: Collection[int], since: datetime
) -> Mapping[int, Mapping[date, int]]:
    """For each topic its matches on each day (UTC) that has any."""
    found: defaultdict[int, dict[date, int]] = defaultdict(dict)
    for row in connection.execute(_DAYS, {"topics": list(topics), "since": since}):
        found[row.topic_id][row.day] = row.n
    return found


def hearers(connection: Connection, topics: Sequence[Row]) -> Mapping[int, int]:
    """How many subscriptions hear of each topic, by its name or a tag."""
    selectors = {topic["id"]: {topic["name"], *(f"tag:{tag}" for tag in topic["tags"])} for topic in topics}
    every = sorted(set().union(*selectors.values()))
    rows = connection.execute(_HEARING, {"selectors": every}).all()
    by_selector: defaultdict[str, set[int]] = defaultdict(set)
    for row in rows:
        for selector in row.topics:
            by_selector[selector].add(row.id)
    return {
        topic: len(set[int]().union(*(by_selector.get(each, set()) for each in own)))
        for topic, own in selectors.items()
    }


def matches_of(connection: Connection, topic: int, limit: int, before: int | None) -> Sequence[Row]:
    """What the topic found, the newest first; older than the match `before`. `delivery` is the key of a message that
    told of it, None where none was sent."""
    return _rows(connection, _FOUND, topic=topic, limit=limit, before=before)


def judged(connection: Connection, found: Sequence[Row], by: str) -> Mapping[int, Row]:
    """By article what people said of those that were told; `mine` is what `by` said."""
    told = [row for row in found if row["delivery"] is not None]
    channels = sorted({row["channel_id"] for row in told})
    articles = [row["article_id"] for row in told]
    if not told:
        return {}
    rows = _rows(connection, _JUDGED, channels=channels, articles=articles, by=by)
    return {row["article_id"]: row for row in rows}


def places_of(connection: Connection, topic: int, since: datetime) -> Places:
    """Where the newest matches since then have their words."""
    languages: Counter[str] = Counter()
    in_title = 0
    for row in _rows(connection, _PLACES, topic=topic, since=since, limit=MOST_JUDGED):
        languages[row["language"]] += row["n"]
        in_title += row["n"] if row["in_title"] else 0
    return Places(languages.total(), in_title, languages)


def seen_with(connection: Connection, topic: int, since: datetime) -> Sequence[Row]:
    """The topics that match the same articles, the most frequent first: id, name, n."""
    return _rows(connection, _TOGETHER, topic=topic, since=since, limit=MOST_JUDGED, most=_MOST_TOGETHER)


def applied_back(connection: Connection, name: str, limit: int) -> Sequence[Row]:
    """When, by whom and with which outcome the topic was applied to older articles, the last time first."""
    return _rows(connection, _APPLIED_BACK, name=name, limit=limit)


def _rows(connection: Connection, query: Any, **asked: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query, asked).mappings()]
