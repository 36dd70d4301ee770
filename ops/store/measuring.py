"""What machines are told about an installation: the figures of this moment, and what has happened since the last.

Every statement goes by an index of open work or of time, so that the price follows what is going on and not what the
ledger remembers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from ops.measures import BUCKETS_S
from ops.store.ticking import DEAD_AFTER_S

SETTLED_AFTER = timedelta(seconds=30)
"""What has happened is counted so much later: by then whatever bears that time is committed."""

LONGEST_LOOK_BACK = timedelta(days=1)

_STANDING = text("""
    SELECT 'pantau_leases' AS name, 'poll' AS a, NULL AS b, count(*) AS n
      FROM feeds WHERE lease_until > statement_timestamp() AND removed_at IS NULL
    UNION ALL SELECT 'pantau_leases', 'read', NULL, count(*)
      FROM entries WHERE state = 'new' AND lease_until > statement_timestamp()
    UNION ALL SELECT 'pantau_leases', 'send', NULL, count(*)
      FROM deliveries WHERE state = 'sending' AND lease_until > statement_timestamp()
    UNION ALL SELECT 'pantau_deliveries', c.kind, d.state, count(*)
      FROM deliveries d JOIN channels c ON c.id = d.channel_id
      WHERE d.state IN ('collecting', 'ready', 'waiting') GROUP BY 2, 3
    UNION ALL SELECT 'pantau_deliveries', c.kind, d.state, count(*)
      FROM deliveries d JOIN channels c ON c.id = d.channel_id
      WHERE d.state IN ('sending', 'held', 'unknown', 'failed') GROUP BY 2, 3
    UNION ALL SELECT 'pantau_circuits_open', coalesce(c.kind, 'sender'), k.reason, count(*)
      FROM circuits k LEFT JOIN channels c ON 'channel:' || c.id = k.name GROUP BY 2, 3
    UNION ALL SELECT 'pantau_channels', kind, NULL, count(*) FROM channels WHERE removed_at IS NULL GROUP BY 2
    UNION ALL SELECT 'pantau_topics', NULL, NULL, count(*) FROM topics WHERE removed_at IS NULL
    UNION ALL SELECT 'pantau_subscriptions', NULL, NULL, count(*) FROM subscriptions WHERE removed_at IS NULL
    UNION ALL SELECT 'pantau_stories_live', NULL, NULL, count(*)
      FROM stories WHERE last_at > statement_timestamp() - interval '48 hours'
    UNION ALL SELECT 'pantau_workers', split_part(part, ':', 2), NULL, count(*)
      FROM heartbeats
      WHERE part LIKE 'worker:%' AND at > statement_timestamp() - make_interval(secs => :dead_after) GROUP BY 2
    UNION ALL SELECT 'pantau_database_size_bytes', NULL, NULL, pg_database_size(current_database())
    UNION ALL SELECT 'pantau_table_rows', relname, NULL, n_live_tup FROM pg_stat_user_tables
      WHERE schemaname = 'public' AND relname = ANY(:tables)
    UNION ALL SELECT 'pantau_table_size_bytes', relname, NULL, pg_total_relation_size(relid)
      FROM pg_stat_user_tables WHERE schemaname = 'public' AND relname = ANY(:tables)
""")

_TABLES = [
    "entries", "articles", "matches", "alerts", "deliveries", "attempts", "stories", "sketches", "readings", "feeds",
]  # fmt: skip

# Attempts and alerts are found by their number: the last ones are enough, since numbers grow with time.
_HAPPENED = text("""
    WITH ended AS (
        SELECT d.id, d.kind, d.state, d.ended_at, d.waited_s, c.kind AS channel_kind
        FROM deliveries d JOIN channels c ON c.id = d.channel_id
        WHERE d.ended_at > :since AND d.ended_at <= :until
          AND d.state IN ('sent', 'failed', 'expired', 'suppressed')),
    told AS (
        SELECT greatest(extract(epoch FROM e.ended_at - r.seen_at)::float - e.waited_s, 0) AS seen,
               greatest(extract(epoch FROM e.ended_at - r.published_at)::float, 0) AS published
        FROM ended e JOIN delivery_articles da ON da.delivery_id = e.id JOIN articles r ON r.id = da.article_id
        WHERE e.state = 'sent' AND e.kind = 'article'),
    fresh AS (
        SELECT id, backlog, summary_only FROM articles WHERE read_at > :since AND read_at <= :until)
    SELECT 'pantau_articles_read_total' AS name, CASE WHEN backlog THEN 'backlog' ELSE 'news' END AS a,
           CASE WHEN summary_only THEN 'feed' ELSE 'page' END AS b, NULL AS c, count(*) AS n, 0.0::float AS seconds
      FROM fresh GROUP BY 2, 3
    UNION ALL SELECT 'pantau_matches_total', NULL, NULL, NULL, count(*), 0
      FROM fresh JOIN matches m ON m.article_id = fresh.id
    UNION ALL SELECT 'pantau_alerts_decided_total', CASE WHEN suppressed IS NULL THEN 'told' ELSE 'suppressed' END,
           coalesce(suppressed, reason), NULL, count(*), 0
      FROM alerts WHERE id > :alerts_above AND created_at > :since AND created_at <= :until GROUP BY 2, 3
    UNION ALL SELECT 'pantau_deliveries_ended_total', channel_kind, kind, state, count(*), 0
      FROM ended GROUP BY 2, 3, 4
    UNION ALL SELECT 'pantau_attempts_total', c.kind, t.verdict,  -- where it was sent, the reason is the receiver's id
           CASE WHEN t.verdict = 'sent' THEN 'accepted' ELSE t.reason END, count(*), 0
      FROM attempts t JOIN deliveries d ON d.id = t.delivery_id JOIN channels c ON c.id = d.channel_id
      WHERE t.id > :attempts_above AND t.ended_at > :since AND t.ended_at <= :until AND t.verdict IS NOT NULL
      GROUP BY 2, 3, 4
    UNION ALL SELECT 'pantau_published_to_sent_seconds', bucket::text, NULL, NULL, count(*), sum(published)
      FROM told, width_bucket(published, CAST(:buckets AS float[])) AS bucket WHERE published IS NOT NULL GROUP BY 2
    UNION ALL SELECT 'pantau_seen_to_sent_seconds', bucket::text, NULL, NULL, count(*), sum(seen)
      FROM told, width_bucket(seen, CAST(:buckets AS float[])) AS bucket WHERE seen IS NOT NULL GROUP BY 2
""")

_MARKS = text("""
    SELECT clock_timestamp() AS at, (SELECT coalesce(max(id), 0) FROM alerts) AS alerts,
           (SELECT coalesce(max(id), 0) FROM attempts) AS attempts
""")

_FIRST_LOOK_ROWS = 20_000
_ATTEMPT_S = 900.0  # no attempt lasts as long: its number was given so much earlier at most


@dataclass(frozen=True, slots=True)
class Mark:
    """The highest numbers of alerts and attempts at an instant."""

    at: datetime
    alerts: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened until `until`: rows of (name, up to three labels, how many, seconds). `marks` are to be handed
    in at the next look."""

    until: datetime
    rows: Sequence[Any]
    marks: Sequence[Mark]


def standing(connection: Connection) -> Sequence[Any]:
    """Rows of (name, up to two label values, figure) as they stand."""
    return connection.execute(_STANDING, {"tables": _TABLES, "dead_after": DEAD_AFTER_S}).all()


def happened(connection: Connection, since: datetime, marks: Sequence[Mark]) -> Happened:
    """What happened after `since` and is settled by now; at most that of a day."""
    now = Mark(*connection.execute(_MARKS).one())
    since = max(since, now.at - LONGEST_LOOK_BACK)
    until = max(since, now.at - SETTLED_AFTER)
    above = _below_which_all_is_over(marks, since) or Mark(
        now.at, now.alerts - _FIRST_LOOK_ROWS, now.attempts - _FIRST_LOOK_ROWS
    )
    span = {"since": since, "until": until, "buckets": list(BUCKETS_S)}
    numbers = {"alerts_above": above.alerts, "attempts_above": above.attempts}
    rows = connection.execute(_HAPPENED, span | numbers).all()
    kept = [mark for mark in marks if mark is above or mark.at > above.at] if above in marks else list(marks)
    return Happened(until, rows, [*kept, now])


def _below_which_all_is_over(marks: Sequence[Mark], since: datetime) -> Mark | None:
    old = [mark for mark in marks if mark.at <= since - timedelta(seconds=_ATTEMPT_S)]
    return old[-1] if old else None
