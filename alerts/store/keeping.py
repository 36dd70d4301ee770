"""Subscriptions that are paused or snoozed, and what is kept for them until they hear again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, text, update

from alerts.decision import Bundle, Move, Pair, Reason
from alerts.model import ChannelId, DeliveryId, Subscription, SubscriptionId
from alerts.store import people
from alerts.store.alone import plan_alone
from alerts.store.decisions import Ledger
from alerts.store.schema import subscriptions
from alerts.times import KEPT_FOR, UNTIL_RESUMED, catch_up, kept
from worker.model import ArticleId, MatchId

TOO_LONG = "kept_too_long"

# Wanted by nobody but those who are to hear nothing now. After a lost answer the receiver may have it already.
_DUE = text("""
    SELECT d.id AS delivery, d.channel_id, m.article_id, min(m.id) AS match,
           array_agg(DISTINCT s.id) FILTER (WHERE s.removed_at IS NULL) AS wanted_by
    FROM deliveries d
    JOIN alerts a ON a.delivery_id = d.id
    JOIN matches m ON m.id = a.match_id
    JOIN subscriptions s ON s.id = a.subscription_id
    WHERE d.state IN ('collecting', 'ready', 'waiting') AND d.due_at <= clock_timestamp() AND d.unsure = 0
    GROUP BY d.id, m.article_id
    HAVING bool_or(s.removed_at IS NULL)
       AND bool_and(s.removed_at IS NOT NULL OR s.paused_at IS NOT NULL OR coalesce(s.snoozed_until > :now, false))
    ORDER BY d.id, m.article_id
""")

_KEPT = text("""
    SELECT d.id AS delivery, d.kind, split_part(d.bundle, ':', 3) AS name, d.channel_id, m.article_id,
           min(m.id) AS match
    FROM deliveries d JOIN alerts a ON a.delivery_id = d.id JOIN matches m ON m.id = a.match_id
    WHERE a.subscription_id = :subscription AND d.state = 'collecting' AND d.due_at > :due
      AND (starts_with(d.bundle, 'kept:') OR a.reason IN ('paused', 'snoozed'))
    GROUP BY d.id, m.article_id
    ORDER BY d.id, m.article_id
""")

_SAY_WHY = text("""
    UPDATE alerts SET reason = :reason
    WHERE subscription_id = :subscription AND channel_id = :channel AND delivery_id IS NOT NULL
      AND match_id IN (SELECT id FROM matches WHERE article_id = :article)
""")

_AWAY = text("""
    SELECT EXISTS (SELECT FROM subscriptions
                   WHERE removed_at IS NULL AND (paused_at IS NOT NULL OR snoozed_until > :now))
""")

_OLD = text("""
    SELECT EXISTS (SELECT FROM deliveries
                   WHERE state = 'collecting' AND due_at = :never AND created_at <= :opened_by)
""")

# What a pause kept on one day is given up together, when the last of it is old enough.
_GIVE_UP = text("""
    WITH old AS (
        UPDATE deliveries SET state = 'expired', reason = :reason, ended_at = clock_timestamp()
        WHERE state = 'collecting' AND due_at = :never AND created_at <= :opened_by RETURNING id)
    UPDATE delivery_articles SET taken = false FROM old WHERE delivery_id = old.id
""")


@dataclass(frozen=True, slots=True)
class Told:
    """What had been kept and goes out: how many articles, in how many messages, when (None: there is nothing)."""

    articles: int = 0
    messages: int = 0
    due_at: datetime | None = None


def pause(connection: Connection, subscription: SubscriptionId, now: datetime) -> None:
    """It hears nothing any more, until somebody resumes it; who pauses it again changes nothing."""
    plan_alone(connection)
    since = func.coalesce(subscriptions.c.paused_at, now)
    _set(connection, subscription, paused_at=since, snoozed_until=None)


def snooze(connection: Connection, subscription: SubscriptionId, until: datetime, now: datetime) -> Told:
    """It hears nothing before `until`; what was kept longer than that is told then."""
    return _hear_again(connection, subscription, until, now, snoozed_until=until)


def resume(connection: Connection, subscription: SubscriptionId, now: datetime) -> Told:
    """It hears again. What was kept goes out in one message per channel, at once or when quiet hours end."""
    return _hear_again(connection, subscription, now, now, snoozed_until=None)


def _hear_again(
    connection: Connection,
    subscription: SubscriptionId,
    at: datetime,
    now: datetime,
    *,
    snoozed_until: datetime | None,
) -> Told:
    plan_alone(connection)
    _give_up_old(connection, now)
    _set(connection, subscription, paused_at=None, snoozed_until=snoozed_until)
    everybody = _everybody(connection)
    bundle = catch_up(everybody[subscription], at)
    rows = connection.execute(_KEPT, {"subscription": subscription, "due": bundle.due_at}).all()
    moves = [_move(row, subscription, _released(row, subscription, bundle), Reason.SNOOZED) for row in rows]
    ledger = Ledger(connection, everybody, now)
    ledger.write(moves, ())
    return Told(len(rows), len(set(ledger.placed.values())), bundle.due_at if rows else None)


def _released(row: Any, subscription: SubscriptionId, bundle: Bundle) -> Bundle:
    """Older articles stay a summary of their own."""
    if row.kind != "backlog":
        return bundle
    return Bundle(f"{row.name}:{subscription}", "backlog", bundle.due_at)


def keep_due(connection: Connection, now: datetime) -> int:
    """Takes out of what is due the articles that only paused and snoozed subscriptions want, and keeps them; returns
    how many. The caller plans alone."""
    _give_up_old(connection, now)
    rows = connection.execute(_DUE, {"now": now}).all()
    if not rows:
        return 0
    everybody = _everybody(connection)
    moves = [_keeping(row, everybody, now) for row in rows]
    Ledger(connection, everybody, now).write(moves, ())
    for row, move in zip(rows, moves, strict=True):
        told = {"reason": move.reason, "subscription": move.pair.subscription, "article": row.article_id}
        connection.execute(_SAY_WHY, {**told, "channel": row.channel_id})
    return len(rows)


def has_to_keep(connection: Connection, now: datetime) -> bool:
    """Whether `keep_due` has anything to do."""
    if not connection.execute(_AWAY, {"now": now}).scalar_one():
        return False
    old = connection.execute(_OLD, _old(now)).scalar_one()
    return bool(old) or connection.execute(_DUE, {"now": now}).first() is not None


def _keeping(row: Any, everybody: Mapping[int, Subscription], now: datetime) -> Move:
    """Into the keeping of whoever of them hears again first."""
    choices = [
        (place[0].due_at, number, place)
        for number in row.wanted_by
        if (place := kept(everybody[SubscriptionId(number)], now, now)) is not None
    ]
    _, number, (bundle, reason) = min(choices, key=lambda choice: choice[:2])
    return _move(row, SubscriptionId(number), bundle, reason)


def _move(row: Any, subscription: SubscriptionId, bundle: Bundle, reason: Reason) -> Move:
    pair = Pair(MatchId(row.match), subscription, ChannelId(row.channel_id))
    return Move(pair, ArticleId(row.article_id), DeliveryId(row.delivery), bundle, reason)


def _everybody(connection: Connection) -> dict[int, Subscription]:
    return {each.id: each for each in people.load_subscriptions(connection)}


def _give_up_old(connection: Connection, now: datetime) -> None:
    connection.execute(_GIVE_UP, {"reason": TOO_LONG, **_old(now)})


def _old(now: datetime) -> dict[str, datetime]:
    return {"never": UNTIL_RESUMED, "opened_by": now - KEPT_FOR - timedelta(days=1)}


def _set(connection: Connection, subscription: SubscriptionId, **facts: Any) -> None:
    connection.execute(update(subscriptions).where(subscriptions.c.id == subscription).values(**facts))
