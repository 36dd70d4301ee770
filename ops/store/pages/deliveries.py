"""What the page of the ledger shows besides its rows (`ops.store.listing`): how many wait for what, and where what
failed was to go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

Row = Mapping[str, Any]

NAMES_OFFERED = 200

# Each is found by a partial index on the states that it asks for.
_OPEN = text("""
    SELECT (SELECT count(*) FROM deliveries WHERE state IN ('collecting', 'ready', 'waiting'))
             + (SELECT count(*) FROM deliveries WHERE state = 'sending') AS waiting,
           (SELECT count(*) FROM deliveries WHERE state = 'held') AS held,
           (SELECT count(*) FROM deliveries WHERE state = 'unknown') AS doubt,
           (SELECT count(*) FROM deliveries WHERE state IN ('failed', 'expired')) AS failed,
           EXISTS (SELECT FROM deliveries) AS any
""")

_FAILED_BY_CHANNEL = text("""
    SELECT c.name, c.kind, f.n, f.reason, f.newest, k.reason AS stopped_by
    FROM (SELECT channel_id, count(*) AS n, max(ended_at) AS newest,
                 (array_agg(reason ORDER BY id DESC))[1] AS reason
          FROM deliveries WHERE state = 'failed' GROUP BY channel_id) f
    JOIN channels c ON c.id = f.channel_id LEFT JOIN circuits k ON k.name = 'channel:' || c.id
    WHERE c.removed_at IS NULL ORDER BY f.n DESC, c.name LIMIT 20
""")

_NAMES = {
    noun: text(f"SELECT name FROM {noun}s WHERE removed_at IS NULL ORDER BY name LIMIT :limit")  # noqa: S608
    for noun in ("channel", "subscription", "topic")
}


def open_counts(connection: Connection) -> Row:
    """How many deliveries are waiting, held, in doubt and untold; `any` if there are deliveries at all."""
    return dict(connection.execute(_OPEN).mappings().one())


def failed_by_channel(connection: Connection) -> Sequence[Row]:
    """The channels on which messages failed: how many, when last and why; what still stops the channel."""
    return [dict(row) for row in connection.execute(_FAILED_BY_CHANNEL).mappings()]


def names_of(connection: Connection) -> Mapping[str, Sequence[str]]:
    """Names to choose from, of each noun the first by the alphabet."""
    asked = {"limit": NAMES_OFFERED}
    return {noun: list(connection.execute(query, asked).scalars()) for noun, query in _NAMES.items()}
