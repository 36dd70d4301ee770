"""What ends or changes by itself: removed channels, messages that came too late, threads whose beginning is gone."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text

from alerts.store.circuits import hold_and_probe

_TIDY_LOCK = 0x54494459  # "TIDY": one at a time, so a circuit never has two probes

_REMOVED = (
    # a removed channel or subscription hears nothing any more
    text("""
        UPDATE alerts SET delivery_id = NULL, suppressed =
               CASE WHEN c.removed_at IS NOT NULL THEN 'channel_removed' ELSE 'subscription_removed' END
        FROM deliveries d, channels c, subscriptions s
        WHERE d.id = alerts.delivery_id AND d.state IN ('collecting', 'ready', 'waiting', 'held')
          AND c.id = alerts.channel_id AND s.id = alerts.subscription_id
          AND (c.removed_at IS NOT NULL OR s.removed_at IS NOT NULL)
    """),
    text("""
        UPDATE deliveries SET state = 'suppressed', ended_at = clock_timestamp(), held_by = NULL, reason = 'emptied'
        WHERE state IN ('collecting', 'ready', 'waiting', 'held') AND kind NOT IN ('update', 'notice')
          AND NOT EXISTS (SELECT FROM alerts a WHERE a.delivery_id = deliveries.id)
    """),
    text("""
        UPDATE deliveries SET state = 'suppressed', ended_at = clock_timestamp(), held_by = NULL,
               reason = 'channel_removed'
        FROM channels c
        WHERE c.id = deliveries.channel_id AND c.removed_at IS NOT NULL
          AND deliveries.state IN ('collecting', 'ready', 'waiting', 'held')
    """),
    # an article that only they wanted leaves what goes on to others
    text("""
        DELETE FROM delivery_articles da USING deliveries d
        WHERE d.id = da.delivery_id AND d.state IN ('collecting', 'ready', 'waiting', 'held')
          AND NOT EXISTS (SELECT FROM alerts a JOIN matches m ON m.id = a.match_id
                          WHERE a.delivery_id = d.id AND m.article_id = da.article_id)
    """),
)

_ENDED = (
    text("""
        UPDATE deliveries SET state = 'expired', ended_at = clock_timestamp(), reason = 'too_late'
        WHERE state IN ('ready', 'waiting') AND held_by IS NULL AND expires_at <= clock_timestamp()
    """),
    # an update that a newer one says better, or whose message never came about or is gone
    text("""
        UPDATE deliveries SET state = 'suppressed', ended_at = clock_timestamp(), held_by = NULL, reason =
               CASE WHEN r.state = 'sent' AND r.reason IS DISTINCT FROM 'thread_gone' THEN 'newer_update'
                    ELSE 'message_gone' END
        FROM deliveries r
        WHERE r.id = deliveries.thread_of AND deliveries.kind = 'update'
          AND deliveries.state IN ('collecting', 'ready', 'waiting', 'held')
          AND (r.state IN ('failed', 'expired', 'suppressed') OR r.reason = 'thread_gone'
               OR EXISTS (SELECT FROM deliveries u WHERE u.thread_of = r.id AND u.kind = 'update'
                          AND u.id > deliveries.id AND u.state NOT IN ('failed', 'expired', 'suppressed')))
    """),
    # what ended without telling anyone gives its articles' slots back
    text("""
        UPDATE delivery_articles SET taken = false FROM deliveries d
        WHERE d.id = delivery_articles.delivery_id AND taken AND d.state IN ('expired', 'failed', 'suppressed')
    """),
)

# What follows a message that is none (any more) follows the story's next one there, or, the first of several, begins
# anew: a story never has two beginnings at once. A message that a person must look for is none to hang on.
_REHUNG = text("""
    WITH orphans AS (
        SELECT d.id, coalesce(
                   (SELECT h.id FROM deliveries h
                    WHERE h.channel_id = d.channel_id AND h.story_id = d.story_id AND h.id > r.id
                      AND h.thread_of IS NULL AND h.kind IN ('article', 'followup')
                      AND h.state NOT IN ('failed', 'expired', 'suppressed')
                      AND NOT (h.state = 'unknown' AND h.ended_at IS NOT NULL)
                      AND h.reason IS DISTINCT FROM 'thread_gone'
                    ORDER BY h.id DESC LIMIT 1),
                   min(d.id) OVER (PARTITION BY d.thread_of)) AS heir
        FROM deliveries d JOIN deliveries r ON r.id = d.thread_of
        WHERE d.kind = 'followup' AND d.state IN ('collecting', 'ready', 'waiting', 'held')
          AND (r.state IN ('failed', 'expired', 'suppressed') OR r.reason = 'thread_gone'
               OR r.state = 'unknown' AND r.ended_at IS NOT NULL))
    UPDATE deliveries SET thread_of = nullif(orphans.heir, deliveries.id)
    FROM orphans WHERE orphans.id = deliveries.id
""")


def tidy(connection: Connection) -> None:
    """Ends what was removed or came too late, gives orphans a new place, holds what a circuit stops, and lets
    probes through; nothing while somebody else is at it."""
    if not connection.execute(select(func.pg_try_advisory_xact_lock(_TIDY_LOCK))).scalar_one():
        return
    for statement in (*_REMOVED, *_ENDED, _REHUNG):
        connection.execute(statement)
    hold_and_probe(connection)
