"""The numbers in the rail, in one look."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Counts:
    """What stands beside the words of the rail, and how far a newcomer has come: `told` once an alert went out."""

    failed: int = 0
    failing: int = 0
    feeds: int = 0
    topics: int = 0
    subscriptions: int = 0
    stories: int = 0
    channels: int = 0
    told: bool = True


# Everything here is found by an index, or in tables of some thousand rows.
_COUNTS = text("""
    SELECT
      (SELECT count(*) FROM deliveries
        WHERE state = 'failed' AND ended_at > statement_timestamp() - interval '24 hours') AS failed,
      f.failing, f.feeds,
      (SELECT count(*) FROM topics WHERE removed_at IS NULL) AS topics,
      (SELECT count(*) FROM subscriptions WHERE removed_at IS NULL) AS subscriptions,
      (SELECT count(*) FROM stories WHERE last_at > statement_timestamp() - interval '48 hours') AS stories,
      (SELECT count(*) FROM channels WHERE removed_at IS NULL) AS channels,
      EXISTS (SELECT FROM (
          (SELECT state FROM deliveries ORDER BY id LIMIT 1000) UNION ALL
          (SELECT state FROM deliveries ORDER BY id DESC LIMIT 1000)) d WHERE state = 'sent') AS told
    FROM (SELECT count(*) AS feeds, count(*) FILTER (WHERE state IN ('failing', 'gone')) AS failing
          FROM feeds WHERE removed_at IS NULL) f
""")


def counts(connection: Connection) -> Counts:
    """What stands beside the words of the rail."""
    return Counts(**connection.execute(_COUNTS).mappings().one())
