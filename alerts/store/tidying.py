"""What ends or changes by itself: removed channels, messages that came too late, threads whose beginning is gone."""

from __future__ import annotations

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import OperationalError

from alerts.store.alone import hold_planning
from alerts.store.circuits import hold_and_probe
from alerts.store.waiting import yet_to_go

PLANNER_MS = 500
"""So long a sender waits for planners each time: a planning of 200 articles takes 0.06 to 0.2 s."""

_WAIT_BRIEFLY = text(f"SET LOCAL lock_timeout = {PLANNER_MS}")
_WAIT_AS_USUAL = text("SET LOCAL lock_timeout TO DEFAULT")

_TIDY_LOCK = 0x54494459  # "TIDY": one at a time, so a circuit never has two probes

# What the self-test watches is removed since the epoch, and hears.
# Whose mailbox left a subscription while a message was being sent to it is not sent it once more.
_UNHEARD = f"""
    deliveries d JOIN alerts a ON a.delivery_id = d.id
    JOIN channels c ON c.id = a.channel_id JOIN subscriptions s ON s.id = a.subscription_id
    LEFT JOIN departures p ON p.address = c.address AND p.subscription = s.name
    WHERE {yet_to_go("d")}
      AND (c.removed_at > 'epoch' OR s.removed_at > 'epoch' OR p.address IS NOT NULL)
"""

_REMOVED = (
    # the deliveries first, so that none of them is being sent before its alerts have left it
    text(f"SELECT d.id FROM {_UNHEARD} ORDER BY d.id FOR UPDATE OF d"),  # noqa: S608  no foreign text
    # a removed channel or subscription hears nothing any more
    text(f"""
        UPDATE alerts SET delivery_id = NULL, suppressed = gone.reason
        FROM (SELECT a.id, CASE WHEN c.removed_at > 'epoch' THEN 'channel_removed'
                                WHEN s.removed_at > 'epoch' THEN 'subscription_removed'
                                ELSE 'unsubscribed' END AS reason
              FROM {_UNHEARD}) AS gone
        WHERE alerts.id = gone.id
    """),  # noqa: S608  no foreign text
    text(f"""
        UPDATE deliveries SET state = 'suppressed', ended_at = clock_timestamp(), held_by = NULL, reason = 'emptied'
        WHERE {yet_to_go()} AND kind NOT IN ('update', 'notice')
          AND NOT EXISTS (SELECT FROM alerts a WHERE a.delivery_id = deliveries.id)
    """),  # noqa: S608  no foreign text
    text(f"""
        UPDATE deliveries SET state = 'suppressed', ended_at = clock_timestamp(), held_by = NULL,
               reason = 'channel_removed'
        FROM channels c
        WHERE c.id = deliveries.channel_id AND c.removed_at > 'epoch'
          AND {yet_to_go()}
    """),  # noqa: S608  no foreign text
    # an article that only they wanted leaves what goes on to others
    text(f"""
        DELETE FROM delivery_articles da USING deliveries d
        WHERE d.id = da.delivery_id AND {yet_to_go("d")}
          AND NOT EXISTS (SELECT FROM alerts a JOIN matches m ON m.id = a.match_id
                          WHERE a.delivery_id = d.id AND m.article_id = da.article_id)
    """),  # noqa: S608  no foreign text
)

_ENDED = (
    text("""
        UPDATE deliveries SET state = 'expired', ended_at = clock_timestamp(), reason = 'too_late'
        WHERE state IN ('ready', 'waiting') AND held_by IS NULL AND expires_at <= clock_timestamp()
    """),
    # an update that a newer one says better, or whose message never came about or is gone
    text(f"""
        UPDATE deliveries SET state = 'suppressed', ended_at = clock_timestamp(), held_by = NULL, reason =
               CASE WHEN r.state = 'sent' AND r.reason IS DISTINCT FROM 'thread_gone' THEN 'newer_update'
                    ELSE 'message_gone' END
        FROM deliveries r
        WHERE r.id = deliveries.thread_of AND deliveries.kind = 'update'
          AND {yet_to_go()}
          AND (r.state IN ('failed', 'expired', 'suppressed') OR r.reason = 'thread_gone'
               OR EXISTS (SELECT FROM deliveries u WHERE u.thread_of = r.id AND u.kind = 'update'
                          AND u.id > deliveries.id AND u.state NOT IN ('failed', 'expired', 'suppressed')))
    """),  # noqa: S608  no foreign text
    # what ended without telling anyone gives its articles' slots back
    text("""
        UPDATE delivery_articles SET taken = false FROM deliveries d
        WHERE d.id = delivery_articles.delivery_id AND taken AND d.state IN ('expired', 'failed', 'suppressed')
    """),
)

# What follows a message that is none (any more) follows the story's next one there, or, the first of several, begins
# anew: a story never has two beginnings at once. A message that a person must look for is none to hang on.
_REHUNG = text(f"""
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
        WHERE d.kind = 'followup' AND {yet_to_go("d")}
          AND (r.state IN ('failed', 'expired', 'suppressed') OR r.reason = 'thread_gone'
               OR r.state = 'unknown' AND r.ended_at IS NOT NULL))
    UPDATE deliveries SET thread_of = nullif(orphans.heir, deliveries.id)
    FROM orphans WHERE orphans.id = deliveries.id
""")  # noqa: S608  no foreign text


def tidy_alone(connection: Connection) -> bool:
    """Until its transaction ends the caller is the only one who tidies, and nothing is planned; False if somebody else
    is at it, or a planner takes longer than a sender can wait for."""
    if not connection.execute(select(func.pg_try_advisory_xact_lock(_TIDY_LOCK))).scalar_one():
        return False
    try:
        with connection.begin_nested():
            connection.execute(_WAIT_BRIEFLY)
            hold_planning(connection)
            connection.execute(_WAIT_AS_USUAL)
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
        return False
    return True


def tidy(connection: Connection) -> None:
    """Ends what was removed or came too late, gives orphans a new place, holds what a circuit stops, and lets
    probes through. The caller is the only one who tidies (`tidy_alone`)."""
    for statement in (*_REMOVED, *_ENDED, _REHUNG):
        connection.execute(statement)
    hold_and_probe(connection)
