"""The machine's side: who is alive, what is leased, how long the desks take, what went wrong and why, and how much
room everything takes.

Each list of what went wrong is of the newest rows of its kind: why ten thousand failed says as much as why all did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from alerts.store.deliveries import LEASE_S as SEND_LEASE_S
from ops.store.overview import Queue, desks
from worker.store.claims import LEASE_S as READ_LEASE_S
from worker.store.feeds import LEASE_S as POLL_LEASE_S

Row = Mapping[str, Any]

MOST_FAILURES = 10_000
"""So many rows of each kind are looked through for their reasons."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What a desk works on right now: how many rows, and for how many seconds the oldest has been held. A lease that
    is prolonged counts from its last prolongation."""

    held: int
    oldest_s: float | None


@dataclass(frozen=True, slots=True)
class Running:
    """Everything that the page tells, at one instant."""

    at: datetime
    desks: Mapping[str, Queue]
    leases: Mapping[str, Lease]
    p95: Mapping[str, float]
    signs: Sequence[Row]
    tick_at: datetime | None
    failures: Sequence[Row]
    tables: Sequence[Row]
    database_bytes: int
    database_version: str


_INSTANT = text("""
    SELECT clock_timestamp() AS at, pg_database_size(current_database()) AS size,
           current_setting('server_version') AS version,
           (SELECT h.at FROM heartbeats h WHERE part = 'tick') AS tick_at
""")

_SIGNS = text("""
    SELECT part, at, says FROM heartbeats
    WHERE part LIKE 'worker:%' AND at > statement_timestamp() - interval '1 day' ORDER BY part LIMIT 500
""")

_LEASES = text("""
    SELECT 'poll' AS desk, count(*) AS held,
           max(extract(epoch FROM statement_timestamp() - lease_until)::float + :poll) AS oldest_s
      FROM feeds WHERE lease_until > statement_timestamp() AND removed_at IS NULL
    UNION ALL
    SELECT 'read', count(*), max(extract(epoch FROM statement_timestamp() - lease_until)::float + :read)
      FROM entries WHERE state = 'new' AND lease_until > statement_timestamp()
    UNION ALL
    SELECT 'send', count(*), max(extract(epoch FROM statement_timestamp() - lease_until)::float + :send)
      FROM deliveries WHERE state = 'sending' AND lease_until > statement_timestamp()
""")

# From the moment an entry was seen to that in which it was read; from the match to its planning; the attempts alone.
_P95 = text("""
    SELECT 'read' AS desk,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM read_at - seen_at)::float) AS p95
      FROM articles WHERE read_at > statement_timestamp() - interval '1 hour' AND NOT backlog
    UNION ALL
    SELECT 'plan', percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM a.created_at - m.created_at)::float)
      FROM (SELECT match_id, created_at FROM alerts ORDER BY id DESC LIMIT 2000) a JOIN matches m ON m.id = a.match_id
      WHERE a.created_at > statement_timestamp() - interval '1 hour'
    UNION ALL
    SELECT 'send', percentile_cont(0.95) WITHIN GROUP (ORDER BY t.elapsed_s)
      FROM deliveries d JOIN attempts t ON t.delivery_id = d.id
      WHERE d.ended_at > statement_timestamp() - interval '1 hour' AND d.state = 'sent' AND t.elapsed_s IS NOT NULL
""")

_FAILURES = text("""
    SELECT 'poll' AS kind, last_error AS reason, count(*) AS n, max(last_polled_at) AS latest_at
      FROM feeds WHERE state IN ('failing', 'gone') AND removed_at IS NULL GROUP BY 2
    UNION ALL
    SELECT 'set_aside', reason, count(*), max(seen_at)
      FROM (SELECT reason, seen_at FROM entries WHERE state = 'failed' ORDER BY id DESC LIMIT :most) a GROUP BY 2
    UNION ALL
    SELECT 'page', r.page_problem, count(*), max(p.seen_at)
      FROM (SELECT article_id, seen_at FROM entries WHERE page_due_at IS NOT NULL
            ORDER BY page_due_at DESC LIMIT :most) p JOIN articles r ON r.id = p.article_id GROUP BY 2
    UNION ALL
    SELECT state, reason, count(*), max(coalesce(ended_at, created_at))
      FROM (SELECT state, reason, ended_at, created_at FROM deliveries
            WHERE state IN ('sending', 'held', 'unknown', 'failed') LIMIT :most) d
      WHERE state <> 'sending' GROUP BY 1, 2
""")

_TABLES = text("""
    SELECT relname AS name, n_live_tup AS rows, pg_total_relation_size(relid) AS bytes,
           coalesce(last_autovacuum, last_vacuum) AS vacuumed_at
    FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY bytes DESC, relname LIMIT 6
""")


def running(connection: Connection) -> Running:
    """How the machine does right now."""
    now = connection.execute(_INSTANT).one()
    lengths = {"poll": POLL_LEASE_S, "read": READ_LEASE_S, "send": SEND_LEASE_S}
    leased = connection.execute(_LEASES, lengths)
    taken = connection.execute(_P95)
    return Running(
        at=now.at,
        desks=desks(connection, now.at),
        leases={row.desk: Lease(row.held, row.oldest_s) for row in leased},
        p95={row.desk: row.p95 for row in taken if row.p95 is not None},
        signs=_rows(connection, _SIGNS),
        tick_at=now.tick_at,
        failures=_rows(connection, _FAILURES, most=MOST_FAILURES),
        tables=_rows(connection, _TABLES),
        database_bytes=now.size,
        database_version=now.version,
    )


def _rows(connection: Connection, query: Any, **values: Any) -> list[Row]:
    return [dict(row) for row in connection.execute(query, values).mappings()]
