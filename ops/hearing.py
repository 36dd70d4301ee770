"""Subscriptions that hear nothing for a while: the rules of the command, the pages and the API."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.letter import plain_text
from alerts.model import SubscriptionId
from alerts.store import keeping
from alerts.store.keeping import Told
from ops.store import audit_log
from worker.errors import BadInput
from worker.store.engine import Connection

SHORTEST_SNOOZE, LONGEST_SNOOZE = timedelta(minutes=1), timedelta(days=7)


def pause(connection: Connection, subscription: SubscriptionId, name: str, now: datetime, who: str) -> None:
    """It hears nothing until it is resumed; what comes meanwhile is kept for a week."""
    keeping.pause(connection, subscription, now)
    audit_log.note(connection, who, "paused", "subscription", name)


def resume(connection: Connection, subscription: SubscriptionId, name: str, now: datetime, who: str) -> Told:
    """It hears again; what was kept goes out in one message per channel."""
    told = keeping.resume(connection, subscription, now)
    audit_log.note(connection, who, "resumed", "subscription", name, None, {"articles told": told.articles})
    return told


def snooze(
    connection: Connection, subscription: SubscriptionId, name: str, until: datetime, now: datetime, who: str
) -> Told:
    """It hears nothing before `until`, and then all of it in one message per channel."""
    told = keeping.snooze(connection, subscription, until, now)
    audit_log.note(connection, who, "snoozed", "subscription", name, None, {"until": until.isoformat()})
    return told


def snooze_span(span: timedelta, written: str) -> timedelta:
    """The length of a snooze as somebody wrote it. Raises BadInput where it is none."""
    if SHORTEST_SNOOZE <= span <= LONGEST_SNOOZE:
        return span
    raise BadInput(
        f'a snooze lasts from 1m to 7d, and "{plain_text(written, 30)}" does not; to hear nothing for longer, '
        "pause the subscription (what is kept expires after 7 days)"
    )
