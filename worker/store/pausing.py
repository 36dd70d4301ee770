"""Feeds that somebody has polled no more for a while, and polled again."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text, update

from worker.store.schema import feeds, habits

_STANDING = feeds.c.removed_at.is_(None)


def pause(connection: Connection, feed: int, who: str) -> bool:
    """The feed is polled no more; False where it is paused already, gone, or none. What a poll under way brings is not
    taken: its lease is another's."""
    here = _STANDING & (feeds.c.id == feed) & feeds.c.state.not_in(("paused", "gone"))
    facts = {
        "state": "paused",
        "paused_at": func.clock_timestamp(),
        "paused_by": who,
        "lease_token": feeds.c.lease_token + 1,
        "lease_until": text("'epoch'"),
        "pushed_until": None,
    }
    paused = connection.execute(update(feeds).where(here).values(**facts)).rowcount == 1
    if paused:
        quiet = {"silent_since": None, "missing": None, "told_at": None}
        connection.execute(update(habits).where(habits.c.feed_id == feed).values(**quiet))
    return paused


def is_paused(connection: Connection, feed: int) -> bool:
    """Whether somebody has it polled no more."""
    state = connection.execute(select(feeds.c.state).where(_STANDING & (feeds.c.id == feed)))
    return state.scalar() == "paused"


def resume(connection: Connection, feed: int) -> bool:
    """The feed is polled again, at once; False where it is not paused. What appeared meanwhile is told together, as
    what stood in a feed when it was added."""
    here = _STANDING & (feeds.c.id == feed) & (feeds.c.state == "paused")
    facts = {
        "state": "new",
        "paused_at": None,
        "paused_by": None,
        "resumed_at": func.clock_timestamp(),
        "failures": 0,
        "next_poll_at": func.clock_timestamp(),
        "next_poll_why": "asked_for",
    }
    return connection.execute(update(feeds).where(here).values(**facts)).rowcount == 1
