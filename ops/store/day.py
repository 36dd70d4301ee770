"""What the last 24 hours brought, in figures: it goes through all of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Lag:
    """Seconds over the last 24 hours; None where nothing was measured."""

    p50: float | None
    p95: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Day:
    """What the last 24 hours brought, and how long it took to be told."""

    articles: int
    matched: int
    sent: int
    seen_to_sent: Lag
    published_to_sent: Lag


_LAGS = text("""
    WITH told AS (
        SELECT extract(epoch FROM d.ended_at - r.seen_at) - d.waited_s AS seen,
               extract(epoch FROM d.ended_at - r.published_at) AS published
        FROM deliveries d
        JOIN delivery_articles da ON da.delivery_id = d.id
        JOIN articles r ON r.id = da.article_id
        WHERE d.state = 'sent' AND d.kind = 'article'
          AND d.ended_at > statement_timestamp() - interval '24 hours')
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seen) AS seen_p50,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY seen) AS seen_p95, count(seen) AS seen_n,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY published) AS published_p50,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY published) AS published_p95,
           count(published) AS published_n
    FROM told
""")

_DAY = text("""
    SELECT
      (SELECT count(*) FROM articles WHERE read_at > statement_timestamp() - interval '24 hours') AS articles,
      (SELECT count(*) FROM articles r WHERE read_at > statement_timestamp() - interval '24 hours'
        AND EXISTS (SELECT FROM matches m WHERE m.article_id = r.id)) AS matched,
      (SELECT count(*) FROM deliveries
        WHERE state = 'sent' AND ended_at > statement_timestamp() - interval '24 hours') AS sent
""")


def day(connection: Connection) -> Day:
    """What the last 24 hours brought: it goes through all of it."""
    lags = connection.execute(_LAGS).one()
    return Day(
        **connection.execute(_DAY).mappings().one(),
        seen_to_sent=Lag(_seconds(lags.seen_p50), _seconds(lags.seen_p95), lags.seen_n),
        published_to_sent=Lag(_seconds(lags.published_p50), _seconds(lags.published_p95), lags.published_n),
    )


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(float(value), 3)
