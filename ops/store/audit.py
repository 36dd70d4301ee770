"""The proof, from the database alone: every alert is in exactly one state, and none was accepted twice."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Audit:
    """How the alerts ended. `alerts` is the sum of the states; `lost` are alerts in no state, among them
    matches that were planned without a word to a subscription that should have heard; `doubled` are alerts
    that their receiver accepted twice. A copy sent because an answer was lost counts as a possible repeat."""

    alerts: int
    sent: int
    suppressed: int
    expired: int
    waiting: int
    held: int
    failed: int
    in_doubt: int
    possible_repeats: int
    lost: int
    doubled: int

    @property
    def sound(self) -> bool:
        """Whether the promise holds: nothing lost, nothing doubled."""
        return self.lost == 0 and self.doubled == 0


_STATES = text("""
    SELECT CASE
             WHEN a.suppressed IS NOT NULL OR d.state = 'suppressed' THEN 'suppressed'
             WHEN d.state = 'sent' THEN 'sent'
             WHEN d.state IN ('collecting', 'ready', 'waiting', 'sending') THEN 'waiting'
             WHEN d.state = 'unknown' THEN 'in_doubt'
             WHEN d.state IN ('held', 'failed', 'expired') THEN d.state
             ELSE 'lost'
           END AS state, count(*) AS n
    FROM alerts a LEFT JOIN deliveries d ON d.id = a.delivery_id
    GROUP BY 1
""")

_UNPLANNED = text("""
    SELECT count(*)
    FROM matches m
    JOIN articles r ON r.id = m.article_id
    JOIN topics t ON t.id = m.topic_id
    JOIN subscriptions s ON s.created_at <= r.read_at AND s.changed_at <= r.read_at AND s.removed_at IS NULL
         AND (t.name = ANY(s.topics) OR EXISTS (SELECT FROM unnest(t.tags) g WHERE 'tag:' || g = ANY(s.topics)))
    JOIN channels c ON c.name = ANY(s.channels) AND c.removed_at IS NULL AND c.created_at <= r.read_at
    WHERE m.state = 'planned' AND t.removed_at IS NULL
      AND NOT EXISTS (SELECT FROM alerts a WHERE a.match_id = m.id AND a.subscription_id = s.id
                                             AND a.channel_id = c.id)
""")

_POSSIBLE_REPEATS = text("SELECT count(*) FROM deliveries WHERE possible_repeat AND state = 'sent'")

_DOUBLED = text("""
    WITH accepted_twice AS (
        SELECT da.channel_id, da.article_id
        FROM delivery_articles da JOIN deliveries d ON d.id = da.delivery_id AND d.state = 'sent'
        LEFT JOIN attempts t ON t.delivery_id = d.id AND t.verdict = 'sent'
        GROUP BY da.channel_id, da.article_id HAVING count(*) > 1)
    SELECT count(*) FROM alerts a JOIN matches m ON m.id = a.match_id
    JOIN accepted_twice twice ON twice.channel_id = a.channel_id AND twice.article_id = m.article_id
    WHERE a.delivery_id IS NOT NULL
""")


def audit(connection: Connection) -> Audit:
    """Counts everything in one snapshot of the database."""
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    states: dict[str, int] = {row.state: row.n for row in connection.execute(_STATES)}
    names = ("sent", "suppressed", "expired", "waiting", "held", "failed", "in_doubt")
    lost = states.get("lost", 0) + connection.execute(_UNPLANNED).scalar_one()
    return Audit(
        alerts=sum(states.values()),
        **{name: states.get(name, 0) for name in names},
        possible_repeats=connection.execute(_POSSIBLE_REPEATS).scalar_one(),
        lost=lost,
        doubled=connection.execute(_DOUBLED).scalar_one(),
    )
