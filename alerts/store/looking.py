"""What there is to do for a sender, in one look: what nothing asks for is not done.

Most messages come alone. A round of the send desk is two dozen statements that find nothing then, each with its trip
to the server, so one statement asks first. It may say that there is something where there is nothing, never the other
way round: each of its questions is wider than what acts on the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

_AT_ONCE = """
    EXISTS (SELECT FROM deliveries WHERE state IN ('collecting', 'ready', 'waiting')
            AND due_at <= clock_timestamp()) AS due,
    EXISTS (SELECT FROM deliveries WHERE state = 'unknown' AND ended_at IS NULL
            AND due_at <= clock_timestamp()) AS doubts,
    EXISTS (SELECT FROM silences WHERE ended_at IS NULL AND from_at <= :now AND until_at > :now)
        OR EXISTS (SELECT FROM subscriptions
                   WHERE removed_at IS NULL AND (paused_at IS NOT NULL OR snoozed_until > :now)) AS keeping"""

_GLANCE = text(f"SELECT {_AT_ONCE}, false AS untidy, false AS abandoned, false AS asking")

# What waits, by its two indexes. Removed channels, removed and left subscriptions, mailboxes that nobody vouches for;
# what carries nothing, is too late, or hangs on what is gone; what ended without giving its slots back; circuits, and
# mailboxes that are not known yet.
_LOOK_ROUND = text(f"""
    WITH open AS MATERIALIZED (
        SELECT id, channel_id, kind, state, thread_of, held_by, expires_at
        FROM deliveries WHERE state IN ('collecting', 'ready', 'waiting')
        UNION ALL
        SELECT id, channel_id, kind, state, thread_of, held_by, expires_at FROM deliveries WHERE state = 'held')
    SELECT {_AT_ONCE},
        EXISTS (SELECT FROM open o LEFT JOIN deliveries r ON r.id = o.thread_of
                WHERE o.state = 'held' OR o.kind = 'update'
                   OR o.held_by IS NULL AND o.state <> 'collecting' AND o.expires_at <= clock_timestamp()
                   OR r.state IN ('failed', 'expired', 'suppressed', 'unknown') OR r.reason = 'thread_gone')
        OR EXISTS (SELECT FROM open o JOIN channels c ON c.id = o.channel_id
                   WHERE c.removed_at > 'epoch'
                      OR c.address IS NOT NULL AND NOT c.declared AND NOT EXISTS (
                         SELECT FROM addresses y WHERE y.address = c.address AND y.confirmed_at IS NOT NULL))
        OR EXISTS (SELECT FROM open o WHERE o.kind NOT IN ('update', 'notice')
                   AND NOT EXISTS (SELECT FROM alerts a WHERE a.delivery_id = o.id))
        OR EXISTS (SELECT FROM open o JOIN alerts a ON a.delivery_id = o.id
                   JOIN channels c ON c.id = a.channel_id JOIN subscriptions s ON s.id = a.subscription_id
                   LEFT JOIN departures p ON p.address = c.address AND p.subscription = s.name
                   WHERE c.removed_at > 'epoch' OR s.removed_at > 'epoch' OR p.address IS NOT NULL)
        OR EXISTS (SELECT FROM open o JOIN delivery_articles s ON s.delivery_id = o.id
                   WHERE NOT EXISTS (SELECT FROM alerts a JOIN matches m ON m.id = a.match_id
                                     WHERE a.delivery_id = o.id AND m.article_id = s.article_id))
        OR EXISTS (SELECT FROM deliveries d JOIN delivery_articles s ON s.delivery_id = d.id
                   WHERE s.taken AND d.ended_at > statement_timestamp() - interval '10 minutes'
                   AND d.state IN ('expired', 'failed', 'suppressed'))
        OR EXISTS (SELECT FROM circuits)
        OR EXISTS (SELECT FROM channels WHERE kind = 'email' AND address IS NULL AND removed_at IS NULL) AS untidy,
        EXISTS (SELECT FROM deliveries WHERE state = 'sending' AND lease_until <= clock_timestamp()) AS abandoned,
        EXISTS (SELECT FROM confirmations WHERE state = 'due' AND least(due_at, expires_at) <= clock_timestamp()
                OR state = 'sending' AND lease_until <= clock_timestamp()) AS asking
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class ToDo:
    """What may have to be done: messages are `due`, answers in doubt to be looked for (`doubts`), people hear nothing
    for a while (`keeping`), there is something to tidy (`untidy`), senders vanished (`abandoned`), mailboxes are to be
    asked (`asking`)."""

    due: bool
    doubts: bool
    keeping: bool
    untidy: bool
    abandoned: bool
    asking: bool


def glance(connection: Connection, now: datetime) -> ToDo:
    """What is due at this moment, and nothing else."""
    return ToDo(*connection.execute(_GLANCE, {"now": now}).one())


def look_round(connection: Connection, now: datetime) -> ToDo:
    """All there is to do."""
    return ToDo(*connection.execute(_LOOK_ROUND, {"now": now}).one())
