"""Silences for their page: what nobody is to hear of now, later, and what was silenced before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, text

Row = Mapping[str, Any]
Time = Literal["now", "over"]

PAGE = 50
MOST_COUNTED = 10_000

_SELECT = """
    SELECT s.id, s.scope, coalesce(t.name, y.title, s.source) AS what, s.story_id AS story, c.name AS channel,
           s.from_at, s.until_at, s.ended_at, s.made_by, s.comment, s.created_at,
           CASE WHEN s.ended_at IS NOT NULL OR s.until_at <= statement_timestamp() THEN 'over'
                WHEN s.from_at > statement_timestamp() THEN 'to come' ELSE 'holds' END AS state,
           (SELECT count(*) FROM (SELECT FROM alerts a WHERE a.silence_id = s.id LIMIT :counted) AS few)
             AS suppressed
    FROM silences s
    LEFT JOIN topics t ON t.id = s.topic_id
    LEFT JOIN stories y ON y.id = s.story_id
    LEFT JOIN channels c ON c.id = s.channel_id
"""
_NOW = text(f"""{_SELECT}
    WHERE s.ended_at IS NULL AND s.until_at > statement_timestamp() ORDER BY s.until_at, s.id LIMIT 200
""")
_TOPICS = text("SELECT name FROM topics WHERE removed_at IS NULL ORDER BY name LIMIT 500")
_CHANNELS = text("SELECT name FROM channels WHERE removed_at IS NULL ORDER BY name LIMIT 500")
_OVER = text(f"""{_SELECT}
    WHERE (s.ended_at IS NOT NULL OR s.until_at <= statement_timestamp()) AND (:before = 0 OR s.id < :before)
    ORDER BY s.id DESC LIMIT :limit
""")


def names(connection: Connection) -> tuple[Sequence[str], Sequence[str]]:
    """What a silence may be about, to choose from: topics and channels, 500 of each at most."""
    topics, channels = (connection.execute(query).scalars().all() for query in (_TOPICS, _CHANNELS))
    return topics, channels


def standing(connection: Connection) -> Sequence[Row]:
    """The silences that hold or are to come, the soonest to end first; 200 at most."""
    return _rows(connection, _NOW)


def over(connection: Connection, before: int = 0, limit: int = PAGE) -> Sequence[Row]:
    """The silences that are over, the newest first; those older than the number `before`."""
    return _rows(connection, _OVER, before=before, limit=limit)


def _rows(connection: Connection, query: Any, **asked: Any) -> list[Row]:
    found = connection.execute(query, {"counted": MOST_COUNTED, **asked})
    return [dict(row) for row in found.mappings()]
