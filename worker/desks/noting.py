"""What a poll finds out besides entries: a gap before it, a hub to ask. In the poll's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from worker.feeds.gaps import most_missed
from worker.feeds.ways import ways_back
from worker.feeds.websub import offer_of
from worker.kit import Kit
from worker.model import DueFeed
from worker.polling import Fresh, Outcome
from worker.store import gaps, habits, websub
from worker.store.engine import Connection

log = structlog.get_logger("worker")

GAP = "gap_possible"


def note(
    kit: Kit,
    connection: Connection,
    feed: DueFeed,
    outcome: Outcome,
    facts: Mapping[str, Any],
    now: datetime,
    at_least: int = 1,
) -> None:
    """Writes down what follows from a poll; `facts` are what it has settled, `at_least` is what the schedule
    takes for the most that may have been missed."""
    if feed.pushed_until is not None:
        websub.heed(connection, feed)
    if isinstance(outcome, Fresh):
        # what a pause kept away was not missed, and is not fetched one by one
        if facts.get("next_poll_why") == GAP and feed.last_ok_at is not None and not feed.first_poll:
            _note_gap(connection, feed, outcome, feed.last_ok_at, now, at_least)
        _note_document(kit, connection, feed, outcome, now)


def _note_document(kit: Kit, connection: Connection, feed: DueFeed, fresh: Fresh, now: datetime) -> None:
    if feed.first_poll:
        habits.begin(connection, feed.id, now)
    offer = offer_of(fresh.document, fresh.headers, feed.url) if kit.callback_base else None
    if offer and kit.callback_base:
        websub.offered(connection, kit.keys, feed.id, offer, kit.callback_base)


def _note_gap(
    connection: Connection, feed: DueFeed, fresh: Fresh, since: datetime, now: datetime, at_least: int
) -> None:
    gap_s = feed.rhythm.get("gap_s")
    usual = float(gap_s) if isinstance(gap_s, int | float) else None
    at_most = max(most_missed(usual, since, now, fresh.document.entries), at_least)
    gaps.record(connection, feed.id, since, now, at_most, ways_back(fresh.document, feed.url))
    log.warning("gap", feed=feed.id, since=since, until=now, at_most=at_most)
