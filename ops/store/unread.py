"""Entries that were not read in full: set aside, or told with their feed's own words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

Row = Mapping[str, Any]

_UNREAD = text("""
    SELECT e.id, e.link AS url, coalesce(nullif(e.title, ''), r.title, '') AS title,
           coalesce(f.name, f.title, f.url) AS feed, e.seen_at,
           CASE WHEN e.state = 'failed' THEN 'set aside' WHEN e.page_due_at IS NULL THEN 'let be'
                ELSE 'tried again' END AS state,
           coalesce(e.reason, r.page_problem) AS reason, e.page_tries, e.page_due_at,
           e.article_id IS NOT NULL AS matched
    FROM entries e JOIN feeds f ON f.id = e.feed_id LEFT JOIN articles r ON r.id = e.article_id
    WHERE e.state = 'failed' OR e.state = 'read' AND r.summary_only AND e.page_tries > 0
    ORDER BY e.id DESC LIMIT :limit
""")

_WANTED = text("""
    SELECT e.id FROM entries e WHERE e.id IN (
        SELECT k.entry_id FROM feeds f JOIN entry_keys k ON k.feed_id = f.id AND k.key = ANY(:keys)
        UNION SELECT e.id FROM entries e JOIN articles r ON r.id = e.article_id WHERE r.identity = ANY(:identities))
""")

_SET_ASIDE = text("SELECT id FROM entries WHERE state = 'failed' ORDER BY id")


def unread(connection: Connection, limit: int) -> Sequence[Row]:
    """The newest entries that were set aside, or whose page could not be had."""
    return [dict(row) for row in connection.execute(_UNREAD, {"limit": limit}).mappings()]


def entries_of(connection: Connection, identities: Collection[str], keys: Collection[str]) -> list[int]:
    """The entries that brought what goes by these names."""
    asked = {"identities": list(identities), "keys": list(keys)}
    return list(connection.execute(_WANTED, asked).scalars())


def all_set_aside(connection: Connection) -> list[int]:
    """Every entry that was set aside."""
    return list(connection.execute(_SET_ASIDE).scalars())
