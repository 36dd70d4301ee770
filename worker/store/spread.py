"""Many feeds that are due at once, after a stop or a large import, are spread over their intervals."""

from __future__ import annotations

from sqlalchemy import Connection, text

MANY = 100
"""So many may be due at once without a word: they are polled within seconds."""
STOPPED_S = 60.0

_LATE = text("""
    WITH late AS MATERIALIZED (
        SELECT id, next_poll_at, coalesce(every_s, (rhythm->>'interval_s')::float, 300) AS interval_s FROM feeds
        WHERE next_poll_at <= statement_timestamp() - make_interval(secs => :late)
          AND lease_until <= statement_timestamp() AND removed_at IS NULL AND state <> 'gone' AND state <> 'paused'
          AND (state = 'new' OR NOT :only_new)),
    ranked AS (
        SELECT id, interval_s, row_number() OVER (ORDER BY next_poll_at, id) AS nth, count(*) OVER () AS n
        FROM late)
    UPDATE feeds SET next_poll_at = clock_timestamp()
        + make_interval(secs => least(ranked.nth / 50.0, 300.0 * ranked.nth / ranked.n, ranked.interval_s))
    FROM ranked WHERE feeds.id = ranked.id AND ranked.n > :many
""")

_STOOD_STILL = text("""
    SELECT (SELECT count(*) FROM (
              SELECT FROM feeds WHERE next_poll_at <= statement_timestamp() - make_interval(secs => :late)
                AND removed_at IS NULL AND state <> 'gone' AND state <> 'paused' LIMIT :many + 1) late) > :many
       AND NOT EXISTS (
              SELECT FROM feeds WHERE last_polled_at > statement_timestamp() - make_interval(secs => :late))
""")


def spread_after_stop(connection: Connection) -> int:
    """After a stop of a minute or more: feeds that fell due meanwhile are spread, those latest first, at 50 a second
    and over five minutes at most, none by more than its own interval. Returns how many were."""
    facts = {"late": STOPPED_S, "many": MANY}
    stopped = connection.execute(_STOOD_STILL, facts).scalar_one()
    return connection.execute(_LATE, {**facts, "only_new": False}).rowcount if stopped else 0


def spread_new(connection: Connection) -> int:
    """Feeds added by the hundred are spread as after a stop; fewer are polled at once."""
    return connection.execute(_LATE, {"late": 0.0, "many": MANY, "only_new": True}).rowcount
