"""Which desks have work, in one look; and the signs of life."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from ops.store.schema import heartbeats
from worker.app import Desk
from worker.store.engine import without_fsync
from worker.store.hosts import forget_idle

DEAD_AFTER_S = 10.0
"""A worker without a sign of life for so long counts as dead, on pages and in figures alike (`ops.alive.EVERY_S` is
less than a third of it)."""

TICKED_JUST_NOW = timedelta(milliseconds=400)
"""Less than half of what lies between two ticks of one beat."""

# The feed that is due for longest, and not whether there is one: PostgreSQL takes that for a question to be answered by
# any row, and walks through all feeds while none is due (180,000: 51 ms).
_DUE = text("""
    SELECT
      (SELECT f.id FROM feeds f LEFT JOIN hosts h ON h.site = f.site
       WHERE (f.removed_at IS NULL OR f.removed_at = 'epoch') AND f.state <> 'gone' AND f.state <> 'paused'
         AND f.next_poll_at <= statement_timestamp() AND f.lease_until <= statement_timestamp()
         AND coalesce(h.open_at, 'epoch') <= statement_timestamp()
       ORDER BY f.next_poll_at LIMIT 1) IS NOT NULL
        OR EXISTS (SELECT FROM gaps g JOIN feeds f ON f.id = g.feed_id
                   WHERE g.state = 'open' AND g.due_at <= statement_timestamp()
                     AND f.lease_until <= statement_timestamp() AND f.removed_at IS NULL
                     AND f.state <> 'gone' AND f.state <> 'paused')
        OR (SELECT min(look_at) FROM habits) <= statement_timestamp()
        OR EXISTS (SELECT FROM websub WHERE due_at <= statement_timestamp()
                   AND lease_until <= statement_timestamp())
        AS poll,
      EXISTS (SELECT FROM entries WHERE state = 'new' AND lease_until <= clock_timestamp())
        OR EXISTS (SELECT FROM entries WHERE state = 'read' AND page_due_at <= clock_timestamp()
                   AND lease_until <= clock_timestamp()) AS read,
      EXISTS (SELECT FROM matches WHERE state = 'new') AS plan,
      EXISTS (SELECT FROM deliveries WHERE state IN ('collecting', 'ready', 'waiting')
              AND due_at <= clock_timestamp())
        OR EXISTS (SELECT FROM deliveries WHERE state = 'sending' AND lease_until <= clock_timestamp())
        OR EXISTS (SELECT FROM deliveries WHERE state = 'unknown' AND ended_at IS NULL
                   AND due_at <= clock_timestamp())
        OR EXISTS (SELECT FROM deliveries d LEFT JOIN circuits k ON k.name = d.held_by
                   WHERE d.state = 'held' AND (k.name IS NULL OR k.probe_at <= clock_timestamp()))
        OR EXISTS (SELECT FROM confirmations WHERE state IN ('due', 'sending')
                   AND greatest(due_at, lease_until) <= clock_timestamp()) AS send
""")


def desks_with_work(connection: Connection) -> list[Desk]:
    """The desks whose rows are due now."""
    row = connection.execute(_DUE).one()
    found: list[tuple[Desk, bool]] = [
        ("poll", row.poll),
        ("read", row.read),
        ("plan", row.plan),
        ("send", row.send),
    ]
    return [desk for desk, due in found if due]


def take_tick(connection: Connection) -> bool:
    """Whether a look round is due, which is then the caller's: another beat may just have ticked, and ticks that waited
    while nobody took them come all at once. By the database's clock, which may have been set back since the last."""
    without_fsync(connection)
    now = func.clock_timestamp()
    made = upsert(heartbeats).values(part="tick", at=now, says={})
    lately = heartbeats.c.at.between(now - TICKED_JUST_NOW, now)
    taken = made.on_conflict_do_update(index_elements=["part"], set_={"at": now, "says": {}}, where=~lately)
    return connection.execute(taken.returning(heartbeats.c.part)).scalar() is not None


def beat(connection: Connection, part: str, says: Mapping[str, object] | None = None) -> None:
    """A sign of life, with what the part says of itself; it may be forgotten if PostgreSQL itself crashes."""
    without_fsync(connection)
    alive = {"at": func.clock_timestamp(), "says": says or {}}
    connection.execute(
        upsert(heartbeats)
        .values(part=part, **alive)
        .on_conflict_do_update(index_elements=["part"], set_=alive)
    )


def forget(connection: Connection, part: str) -> None:
    """This part ends by itself, and is not to be missed."""
    connection.execute(delete(heartbeats).where(heartbeats.c.part == part))


def last_beat(connection: Connection, part: str) -> datetime | None:
    """When this part last showed a sign of life."""
    return connection.execute(select(heartbeats.c.at).where(heartbeats.c.part == part)).scalar()


def forget_old(connection: Connection) -> None:
    """Drops the signs of life of processes that are long gone, and sites that nobody asks any more."""
    old = heartbeats.c.at < func.clock_timestamp() - timedelta(days=1)
    connection.execute(delete(heartbeats).where(heartbeats.c.part.startswith("worker:"), old))
    forget_idle(connection)
