"""What the overview shows beside how everything stands right now: a stretch of time, the desks' last hour, topics.

`trend` goes through everything of its time, so it is remembered for a while (`ops.dashboard.remembered`); the rest
reads the newest rows, at most so many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

Row = Mapping[str, Any]

GOAL_S = 300.0
"""What the alert rules ask for (ops/prometheus): 95 of 100 alerts within five minutes of publication."""

_MATCHES = 50_000  # the newest, which topics are compared by
_TODAY, _USUAL = timedelta(hours=24), timedelta(days=7)
_LEAST_DAYS = 2.0
_THEIR_ARTICLES = 500
_HOURS_ROWS = 2000
_ORIGIN = datetime(2001, 1, 1, tzinfo=UTC)  # a Monday, from which the parts are counted


@dataclass(frozen=True, slots=True)
class Bin:
    """A part of the time: articles read, messages sent, and seconds from publication to alert; None where nothing was
    told."""

    at: datetime
    articles: int
    sent: int
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Trend:
    """A stretch of time up to now in equal parts, and as a whole: `within` is the share of alerts that met the goal,
    `seen_p50` our own part of the way, `articles_before` and `sent_before` those of the time it is compared to; None
    where the archive does not reach back so far."""

    bins: Sequence[Bin]
    alerts: int
    p50: float | None
    p95: float | None
    seen_p50: float | None
    within: float | None
    articles: int
    sent: int
    articles_before: int | None
    sent_before: int | None


@dataclass(frozen=True, slots=True)
class Stages:
    """The desks' last hour in what is special to each; seconds are 95th percentiles."""

    polled: int = 0
    unchanged: int = 0
    poll_failed: int = 0
    read_p95: float | None = None
    read: int = 0
    summary_only: int = 0
    plan_p95: float | None = None
    planned: int = 0
    suppressed: int = 0
    send_p95: float | None = None
    tried: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Panels:
    """Topics with today's matches and a usual day's (`usual`; None where it is not known yet), and the words that were
    seen in articles of the first of them."""

    topics: Sequence[Row]
    together: Sequence[Row]


# One pass over what was told gives both the parts and the whole (the row without a time).
# When it began is written out each time: from a row of the question the planner could not tell how few are meant,
# and went through everything, which took 0.8 s for an hour of 600,000 articles and takes 6 ms so.
_TREND = text("""
    WITH bins AS (
        SELECT generate_series(date_bin(:step, statement_timestamp(), :origin) - CAST(:back AS interval),
                               date_bin(:step, statement_timestamp(), :origin), :step) AS at),
    told AS (
        SELECT date_bin(:step, d.ended_at, :origin) AS at,
               extract(epoch FROM d.ended_at - r.published_at)::float AS published,
               extract(epoch FROM d.ended_at - r.seen_at)::float - d.waited_s AS seen
        FROM deliveries d
        JOIN delivery_articles da ON da.delivery_id = d.id JOIN articles r ON r.id = da.article_id
        WHERE d.state = 'sent' AND d.kind = 'article'
          AND d.ended_at >= date_bin(:step, statement_timestamp(), :origin) - CAST(:back AS interval)),
    lags AS (
        SELECT at, count(published) AS alerts,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY published) AS p50,
               percentile_cont(0.95) WITHIN GROUP (ORDER BY published) AS p95,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY seen) AS seen_p50,
               avg((published <= :goal)::int) FILTER (WHERE published IS NOT NULL)::float AS within
        FROM told GROUP BY GROUPING SETS ((at), ())),
    sent AS (
        SELECT date_bin(:step, ended_at, :origin) AS at, count(*) AS n FROM deliveries
        WHERE state = 'sent'
          AND ended_at >= date_bin(:step, statement_timestamp(), :origin) - CAST(:back AS interval) GROUP BY 1),
    read AS (
        SELECT date_bin(:step, read_at, :origin) AS at, count(*) AS n FROM articles
        WHERE read_at >= date_bin(:step, statement_timestamp(), :origin) - CAST(:back AS interval) GROUP BY 1)
    SELECT b.at, coalesce(read.n, 0) AS articles, coalesce(sent.n, 0) AS sent, l.alerts, l.p50, l.p95, l.seen_p50,
           l.within
    FROM bins b LEFT JOIN read ON read.at = b.at LEFT JOIN sent ON sent.at = b.at LEFT JOIN lags l ON l.at = b.at
    UNION ALL SELECT NULL, 0, 0, alerts, p50, p95, seen_p50, within FROM lags WHERE at IS NULL
    ORDER BY 1 NULLS LAST
""")

_COMPARED = text("""
    WITH bounds AS (
        SELECT now - CAST(:length AS interval) AS began, now - CAST(:shift AS interval) AS ended_before,
               now - CAST(:shift AS interval) - CAST(:length AS interval) AS began_before
        FROM statement_timestamp() AS now)
    SELECT
      (SELECT count(*) FROM articles WHERE read_at > began) AS articles,
      (SELECT count(*) FROM deliveries WHERE state = 'sent' AND ended_at > began) AS sent,
      (SELECT min(read_at) FROM articles) <= began_before AS reaches,
      (SELECT count(*) FROM articles WHERE read_at > began_before AND read_at <= ended_before) AS articles_before,
      (SELECT count(*) FROM deliveries
        WHERE state = 'sent' AND ended_at > began_before AND ended_at <= ended_before) AS sent_before
    FROM bounds
""")

_STAGES = text("""
    WITH hour AS (SELECT statement_timestamp() - interval '1 hour' AS began),
    poll AS (
        SELECT count(*) AS polled, count(*) FILTER (WHERE last_status = 304) AS unchanged,
               count(*) FILTER (WHERE failures > 0) AS poll_failed
        FROM hour, feeds WHERE removed_at IS NULL AND last_polled_at > began),
    read AS (
        SELECT count(*) AS read, count(*) FILTER (WHERE summary_only) AS summary_only,
               percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM read_at - seen_at)::float)
                 FILTER (WHERE NOT backlog) AS read_p95
        FROM hour, articles WHERE read_at > began),
    newest AS (
        SELECT match_id, suppressed, created_at FROM alerts ORDER BY id DESC LIMIT :rows),
    plan AS (
        SELECT count(*) AS planned, count(*) FILTER (WHERE a.suppressed IS NOT NULL) AS suppressed,
               percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM a.created_at - m.created_at)::float)
                 AS plan_p95
        FROM hour, newest a JOIN matches m ON m.id = a.match_id
        WHERE a.created_at > began),
    send AS (
        SELECT percentile_cont(0.95) WITHIN GROUP (
                 ORDER BY greatest(0, extract(epoch FROM ended_at - created_at)::float - waited_s)) AS send_p95
        FROM hour, deliveries WHERE state = 'sent' AND kind = 'article' AND ended_at > began),
    tries AS (
        SELECT count(*) AS tried, count(*) FILTER (WHERE verdict <> 'sent') AS refused
        FROM hour, (SELECT started_at, verdict FROM attempts ORDER BY id DESC LIMIT :rows) a
        WHERE started_at > began)
    SELECT poll.*, read.*, plan.*, send.*, tries.* FROM poll, read, plan, send, tries
""")

_TOPICS = text("""
    WITH recent AS MATERIALIZED (
        SELECT topic_id, created_at FROM matches WHERE topic_id <> -1 ORDER BY id DESC LIMIT :most),
    began AS (SELECT min(created_at) AS at FROM recent)
    SELECT t.id, t.name, count(*) FILTER (WHERE r.created_at > statement_timestamp() - :today) AS today,
           count(*) FILTER (WHERE r.created_at <= statement_timestamp() - :today
             AND r.created_at > statement_timestamp() - :today - CAST(:usual AS interval)) AS before,
           extract(epoch FROM least(:usual, statement_timestamp() - :today - greatest(
             min(began.at), t.created_at)))::float / 86400 AS days
    FROM recent r JOIN topics t ON t.id = r.topic_id CROSS JOIN began
    WHERE t.removed_at IS NULL
    GROUP BY t.id ORDER BY today DESC, before DESC, t.name LIMIT :limit
""")

_TOGETHER = text("""
    WITH theirs AS (
        SELECT article_id FROM matches
        WHERE topic_id = :topic AND created_at > statement_timestamp() - CAST(:today AS interval)
        ORDER BY article_id DESC LIMIT :articles)
    SELECT min(hit->>3) AS word, count(DISTINCT m.article_id) AS articles
    FROM theirs JOIN matches m ON m.article_id = theirs.article_id, jsonb_array_elements(m.hits) hit
    GROUP BY lower(hit->>3) ORDER BY 2 DESC, 1 LIMIT :limit
""")

_CHANNELS = text("""
    WITH today AS (
        SELECT channel_id, count(*) AS sent FROM deliveries
        WHERE state = 'sent' AND ended_at > statement_timestamp() - CAST(:today AS interval) GROUP BY 1)
    SELECT c.name, c.kind, coalesce(today.sent, 0) AS sent, k.reason,
           CASE WHEN c.pause_until > statement_timestamp() AND c.asked_from IS NOT NULL THEN c.pause_until END
             AS paused_until
    FROM channels c LEFT JOIN today ON today.channel_id = c.id
    LEFT JOIN LATERAL (SELECT reason FROM circuits
        WHERE name IN ('channel:' || c.id, 'sender:' || c.credential) ORDER BY opened_at LIMIT 1) k ON true
    WHERE c.removed_at IS NULL
    ORDER BY sent DESC, k.reason IS NULL, c.name LIMIT :limit
""")


def trend(connection: Connection, length: timedelta, step: timedelta, shift: timedelta) -> Trend:
    """The last `length` in parts of `step`; compared to the same length `shift` earlier."""
    values = {"step": step, "back": length, "goal": GOAL_S, "origin": _ORIGIN}
    *rows, whole = connection.execute(_TREND, values).all()
    compared = connection.execute(_COMPARED, {"length": length, "shift": shift}).one()
    return Trend(
        bins=[Bin(row.at, row.articles, row.sent, row.p50, row.p95) for row in rows],
        alerts=whole.alerts,
        p50=whole.p50,
        p95=whole.p95,
        seen_p50=whole.seen_p50,
        within=whole.within,
        articles=compared.articles,
        sent=compared.sent,
        articles_before=compared.articles_before if compared.reaches else None,
        sent_before=compared.sent_before if compared.reaches else None,
    )


def stages(connection: Connection) -> Stages:
    """The desks' last hour."""
    return Stages(**connection.execute(_STAGES, {"rows": _HOURS_ROWS}).mappings().one())


def panels(connection: Connection, limit: int) -> Panels:
    """Topics and words of the last 24 hours, at most so many of each."""
    values = {"most": _MATCHES, "today": _TODAY, "usual": _USUAL, "limit": limit}
    topics = [_with_usual(dict(row)) for row in connection.execute(_TOPICS, values).mappings()]
    together: Sequence[Row] = ()
    if topics and topics[0]["today"]:
        asked = {"topic": topics[0]["id"], "today": _TODAY, "articles": _THEIR_ARTICLES, "limit": limit}
        together = [dict(row) for row in connection.execute(_TOGETHER, asked).mappings()]
    return Panels(topics, together)


def busiest_channels(connection: Connection, limit: int) -> Sequence[Row]:
    """What each channel took in the last 24 hours and how it is now, at most so many."""
    found = connection.execute(_CHANNELS, {"today": _TODAY, "limit": limit}).mappings()
    return [dict(row) for row in found]


def _with_usual(row: dict[str, Any]) -> Row:
    """Matches of a usual day, once there are days enough to say so."""
    days = row["days"]
    known = days is not None and days >= _LEAST_DAYS
    return {**row, "usual": row["before"] / days if known else None}
