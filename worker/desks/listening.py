"""Listening for silence: which feeds bring nothing although they answer. Needs the database alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog

from worker.feeds.habit import LEARN_AGAIN, Habit, learn, listen
from worker.kit import Kit
from worker.store import habits
from worker.store.engine import Connection
from worker.store.habits import Watched

log = structlog.get_logger("worker")

ROOM = 20
_IN_TROUBLE = timedelta(minutes=10)


def listen_to_feeds(kit: Kit) -> int:
    """Looks at the feeds whose look is due; returns how many."""
    now = kit.clock()
    with kit.engine.begin() as connection:
        watched = habits.claim_due(connection, ROOM, now)
        for feed in watched:
            habits.settle(connection, feed.feed, _look(connection, feed, now))
    return len(watched)


def _look(connection: Connection, feed: Watched, now: datetime) -> dict[str, Any]:
    if feed.state != "ok":  # its trouble is told of already
        return {"look_at": now + _IN_TROUBLE}
    facts, habit = _learned(connection, feed, now)
    if habit is None or feed.last_entry_at is None:
        return facts | {"look_at": now + LEARN_AGAIN} | _awake()
    # what did not come in a pause was not missed
    last = max(feed.last_entry_at, feed.resumed_at or feed.last_entry_at)
    heard = listen(habit, last, feed.last_ok_at, now)
    facts |= {"look_at": min(heard.look_at, now + LEARN_AGAIN)}
    if not heard.silent:
        if feed.silent_since is not None:
            log.info("heard_again", feed=feed.feed, silent_since=feed.silent_since)
        return facts | _awake()
    if feed.silent_since is None:
        log.warning("silent", feed=feed.feed, since=last, missing=heard.missing)
        facts |= {"told_at": now}
    return facts | {"silent_since": last, "missing": heard.missing}


def _awake() -> dict[str, Any]:
    return {"silent_since": None, "missing": None, "told_at": None}


def _learned(connection: Connection, feed: Watched, now: datetime) -> tuple[dict[str, Any], Habit | None]:
    """The habit, learned anew each week; not of a silent feed, which would teach us that it is always silent."""
    fresh = feed.learned_at is not None and now - feed.learned_at < LEARN_AGAIN
    if fresh or (feed.silent_since is not None and feed.habit is not None):
        return {}, feed.habit
    habit = learn(habits.arrivals(connection, feed.feed, now), feed.began_at, now)
    facts: dict[str, Any] = {"learned_at": now, "per_hour": None}
    if habit is not None:
        facts |= {"per_hour": list(habit.per_hour), "entries_per_arrival": habit.entries_per_arrival}
        facts |= {"uneven": habit.uneven, "longest": habit.longest}
    return facts, habit
