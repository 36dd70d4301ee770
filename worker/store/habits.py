"""How each feed usually brings news, and which are silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from worker.feeds.habit import LEAST_WEEKS, MOST_WEEKS, SLOT_S, Arrival, Habit
from worker.model import FeedId
from worker.store.schema import habits

_CLAIM = text("""
    SELECT h.*, f.state, f.last_ok_at, f.resumed_at, f.removed_at,
           (SELECT max(e.seen_at) FROM entries e WHERE e.feed_id = h.feed_id) AS last_entry_at
    FROM habits h JOIN feeds f ON f.id = h.feed_id
    WHERE h.look_at <= :now ORDER BY h.look_at LIMIT :limit FOR UPDATE OF h SKIP LOCKED
""")

_ARRIVALS = text("""
    SELECT min(seen_at) AS at, count(*) AS entries FROM entries
    WHERE feed_id = :feed AND NOT backlog AND seen_at > :since
    GROUP BY date_bin(make_interval(secs => :slot), seen_at, 'epoch') ORDER BY 1
""")


@dataclass(frozen=True, slots=True)
class Watched:
    """A feed whose silence is to be looked at; `habit` None: not learned yet."""

    feed: FeedId
    began_at: datetime
    learned_at: datetime | None
    habit: Habit | None
    silent_since: datetime | None
    state: str
    last_ok_at: datetime | None
    resumed_at: datetime | None
    last_entry_at: datetime | None


def begin(connection: Connection, feed: FeedId, now: datetime) -> None:
    """A feed was read for the first time: its habit is learned in three weeks."""
    first_look = now + timedelta(weeks=LEAST_WEEKS)
    new = upsert(habits).values(feed_id=feed, began_at=now, look_at=first_look)
    connection.execute(new.on_conflict_do_nothing())


def claim_due(connection: Connection, limit: int, now: datetime) -> list[Watched]:
    """The feeds to look at now, held until the transaction ends. Removed ones are forgotten."""
    rows = connection.execute(_CLAIM, {"now": now, "limit": limit}).mappings().all()
    removed = [row["feed_id"] for row in rows if row["removed_at"] is not None]
    if removed:
        connection.execute(delete(habits).where(habits.c.feed_id.in_(removed)))
    return [_watched(row) for row in rows if row["removed_at"] is None]


def _watched(row: Mapping[Any, Any]) -> Watched:
    known = row["per_hour"] is not None
    habit = (
        Habit(tuple(row["per_hour"]), row["entries_per_arrival"], row["uneven"], row["longest"])
        if known
        else None
    )
    return Watched(
        feed=FeedId(row["feed_id"]),
        began_at=row["began_at"],
        learned_at=row["learned_at"],
        habit=habit,
        silent_since=row["silent_since"],
        state=row["state"],
        last_ok_at=row["last_ok_at"],
        resumed_at=row["resumed_at"],
        last_entry_at=row["last_entry_at"],
    )


def arrivals(connection: Connection, feed: FeedId, now: datetime) -> list[Arrival]:
    """When the feed brought something new in the last weeks, and how much."""
    since = now - timedelta(weeks=MOST_WEEKS)
    rows = connection.execute(_ARRIVALS, {"feed": feed, "since": since, "slot": SLOT_S})
    return [(row.at, row.entries) for row in rows]


def settle(connection: Connection, feed: FeedId, facts: Mapping[str, Any]) -> None:
    """Writes what was found out about a feed's habit."""
    connection.execute(update(habits).where(habits.c.feed_id == feed).values(**facts))
