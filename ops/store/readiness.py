"""What readiness asks the database, on a connection that may not keep it waiting."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from alerts.store.waiting import has_its_turn

# What a receiver asked to wait for is not overdue, nor what waits behind it. The states are asked for as their indexes
# divide them.
_AGES = text(f"""
    SELECT (SELECT extract(epoch FROM clock_timestamp() - at)::float
              FROM heartbeats WHERE part = 'tick') AS tick,
           (SELECT extract(epoch FROM clock_timestamp() - min(greatest(d.due_at, c.pause_until)))::float
              FROM (SELECT id, channel_id, due_at, thread_of FROM deliveries
                     WHERE state IN ('collecting', 'ready', 'waiting')
                    UNION ALL SELECT id, channel_id, due_at, thread_of FROM deliveries WHERE state = 'sending') AS d
              JOIN channels c ON c.id = d.channel_id
              WHERE greatest(d.due_at, c.pause_until) <= clock_timestamp() AND {has_its_turn("d")}) AS overdue
""")  # noqa: S608  no foreign text


@dataclass(frozen=True, slots=True)
class Ages:
    """Seconds since the beat last ticked (None: it never has), and since the oldest delivery that is due fell
    due (None: nothing is)."""

    tick_s: float | None
    overdue_s: float | None


def hurry(connection: Connection) -> None:
    """What this transaction asks is answered within 1.5 seconds or not at all."""
    connection.execute(text("SET LOCAL statement_timeout = '1500ms'"))


def ages(connection: Connection) -> Ages:
    """How long ago the signs of life were."""
    row = connection.execute(_AGES).one()
    return Ages(row.tick, row.overdue)
