"""The users' own entities, and the topics that name one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

Row = Mapping[str, Any]

MOST_OWN = 200

_OWN = text("""
    SELECT key, origin, said ->> 'title' AS title, said FROM entities WHERE removed_at IS NULL
    ORDER BY key, origin LIMIT :limit
""")

_OWN_COUNTS = text("SELECT origin, count(*) AS n FROM entities WHERE removed_at IS NULL GROUP BY origin")

_NAMING = text("""
    SELECT name, query FROM topics WHERE removed_at IS NULL AND strpos(lower(query), :named) > 0
    ORDER BY name LIMIT 100
""")


def own_entities(connection: Connection, limit: int = MOST_OWN) -> Sequence[Row]:
    """What the users' own packs say, by key: with `origin` (watchlist, folder), title, and everything as `said`."""
    return [dict(row) for row in connection.execute(_OWN, {"limit": limit}).mappings()]


def own_counts(connection: Connection) -> Mapping[str, int]:
    """How many of them there are, by origin."""
    return {row.origin: row.n for row in connection.execute(_OWN_COUNTS)}


def topics_with(connection: Connection, key: str) -> Sequence[Row]:
    """Topics, with their queries, in which `@key` stands, or the beginning of a longer one."""
    return [dict(row) for row in connection.execute(_NAMING, {"named": f"@{key.lower()}"}).mappings()]
