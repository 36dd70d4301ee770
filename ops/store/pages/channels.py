"""Channels for their page: where each leads, whether anything gets through, what went out of late."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from ops.store.balking import IN_VAIN

Row = Mapping[str, Any]

PAGE = 50
NEWEST = 200
"""Messages of a channel that are looked through for the last one that was sent."""

# The latest confirmation and the latest test are each one step down an index.
_CHANNELS = text(f"""
    SELECT c.id, c.name, c.kind, c.target, c.target_ref, left(c.fingerprint, 8) AS print, c.declared, c.created_at,
           c.secret IS NOT NULL AS signed, c.options ->> 'language' AS language,
           CASE WHEN c.pause_until > statement_timestamp() THEN c.pause_until END AS paused_until,
           c.asked_from, k.name AS circuit, k.reason, k.opened_at, nullif(k.probe_at, 'infinity') AS probe_at,
           b.takes_nothing_since, b.takes_nothing_why,
           (SELECT count(*) FROM deliveries d WHERE d.channel_id = c.id AND d.state = 'held') AS held,
           a.blocked_by, CASE WHEN a.rests_until > statement_timestamp() THEN a.rests_until END AS rests_until,
           CASE WHEN c.declared OR a.confirmed_at IS NOT NULL OR c.address IS NULL OR EXISTS (
                  SELECT FROM channels v WHERE v.address = c.address AND v.declared AND v.removed_at IS NULL)
                THEN NULL ELSE coalesce((
             SELECT f.state FROM confirmations f WHERE f.address = c.address
             ORDER BY f.id DESC LIMIT 1), 'never') END AS confirmation,
           t.at AS tested_at, t.who AS tested_by, t.after AS test
    FROM channels c LEFT JOIN addresses a ON a.address = c.address
    LEFT JOIN LATERAL (
        SELECT * FROM circuits WHERE name IN ('channel:' || c.id, 'sender:' || c.credential)
        ORDER BY name DESC LIMIT 1) AS k ON true
    LEFT JOIN LATERAL {IN_VAIN} AS b ON true
    LEFT JOIN LATERAL (
        SELECT at, who, after FROM (
            SELECT at, who, after, what FROM audit_log l
            WHERE l.kind = 'channel' AND l.name = c.name ORDER BY l.id DESC LIMIT 20) AS latest
        WHERE what = 'tested' AND at >= c.created_at LIMIT 1) AS t ON true
    WHERE c.removed_at IS NULL AND c.name > :after
      AND (:only = 0 OR c.id = :only)
      AND (:like = '' OR strpos(lower(c.name), lower(:like)) > 0)
      AND (:kind = '' OR c.kind = :kind)
    ORDER BY c.name LIMIT :limit
""")  # noqa: S608  every word is ours

# The newest messages of each channel are one step down an index, whatever became of them.
_SENT = text("""
    WITH late AS (
        SELECT channel_id, count(*) AS sent_24h FROM deliveries
        WHERE ended_at > statement_timestamp() - interval '24 hours'
          AND state = 'sent' AND channel_id = ANY(:channels)
        GROUP BY channel_id)
    SELECT c.id, coalesce(late.sent_24h, 0) AS sent_24h, (
             SELECT max(newest.ended_at) FROM (
                SELECT d.ended_at, d.state FROM deliveries d
                WHERE d.channel_id = c.id ORDER BY d.id DESC LIMIT :newest) AS newest
             WHERE newest.state = 'sent') AS last_sent_at
    FROM unnest(CAST(:channels AS bigint[])) AS c(id) LEFT JOIN late ON late.channel_id = c.id
""")

_HEARD = text("""
    SELECT c.id, s.id AS subscription, s.name, s.declared, s.channels,
           EXISTS (SELECT FROM departures d WHERE d.subscription = s.name AND d.address = c.address) AS departed
    FROM subscriptions s JOIN channels c ON c.name = ANY(s.channels)
    WHERE s.removed_at IS NULL AND c.removed_at IS NULL AND c.id = ANY(:channels)
    ORDER BY s.name
""")

_WAITING = text("""
    SELECT count(*) FROM (SELECT FROM deliveries WHERE channel_id = :channel
      AND state IN ('collecting', 'ready', 'waiting') LIMIT 10000) AS few
""")


def channel_rows(
    connection: Connection,
    *,
    after: str = "",
    like: str = "",
    kind: str = "",
    only: int = 0,
    limit: int = PAGE,
) -> Sequence[Row]:
    """Standing channels in the order of their names, those behind `after`; `only` one by its number. `test` is what
    the audit log holds of the last test."""
    asked = {"after": after, "like": like, "kind": kind, "only": only, "limit": limit}
    return _rows(connection, _CHANNELS, **asked)


def sent_of_late(
    connection: Connection, channels: Collection[int]
) -> Mapping[int, tuple[int, datetime | None]]:
    """For each channel: messages sent in 24 hours, and when the last one was."""
    rows = _rows(connection, _SENT, channels=list(channels), newest=NEWEST)
    return {row["id"]: (row["sent_24h"], row["last_sent_at"]) for row in rows}


def heard_through(connection: Connection, channels: Collection[int]) -> Sequence[Row]:
    """The subscriptions that lead to these channels, and whether the owner of the mailbox has left."""
    return _rows(connection, _HEARD, channels=list(channels))


def waiting(connection: Connection, channel: int) -> int:
    """How many messages wait to go to this channel, 10,000 at most."""
    return int(connection.execute(_WAITING, {"channel": channel}).scalar_one())


def _rows(connection: Connection, query: Any, **asked: Any) -> list[Row]:
    return [dict(row) for row in connection.execute(query, asked).mappings()]
