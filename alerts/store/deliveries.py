"""Deliveries that are due: claimed one per channel, so that a channel's messages keep their order.

`sending` is written before anything goes out, and an attempt is committed before the request: what a crash
leaves behind tells whether the receiver may have the message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from alerts.model import ChannelId, DeliveryId, DeliveryKind, OnDoubt, SubscriptionId
from alerts.store.schema import attempts, channels, circuits, deliveries, delivery_articles

LEASE_S = 45.0
"""Longer than any attempt: 20 s for the exchange, 5 s to compose, and the wait for a connection."""

_SEND_LOCK = 0x53454E44  # "SEND": claims are made one at a time, so a channel never has two senders
_TIDY_LOCK = 0x54494459  # "TIDY": one at a time, so a circuit never has two probes


BY_HAND = "restored"
"""The reason of circuits that no success closes: a person has to say that messages may go out again."""

_AFTER_CLAIM = {"ready": "waiting"}
"""Once claimed, a delivery takes no more articles and is open for planning no more."""


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A delivery claimed for one attempt; `token` fences what its holder writes."""

    id: DeliveryId
    token: int
    key: str
    channel_id: ChannelId
    subscription_id: SubscriptionId | None
    kind: DeliveryKind
    on_doubt: OnDoubt
    attempts: int
    unsure: int
    simpler: int
    possible_repeat: bool
    created_at: datetime
    expires_at: datetime
    first_attempt_at: datetime | None
    circuit: str | None = None
    probes: int = 0


_RELEASED = {
    "state": "waiting",
    "held_by": None,
    "due_at": func.least(deliveries.c.due_at, func.clock_timestamp()),
    # being held costs no patience: what is mended after a long weekend still goes out
    "expires_at": func.greatest(deliveries.c.expires_at, func.clock_timestamp() + timedelta(days=1)),
}
"""What was held may go, in its old order. It waits and is never "ready" again: another delivery may have opened
under its bundle's key meanwhile."""

_TIDY = (
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
    # an article that only they wanted leaves what goes on to others
    text("""
        DELETE FROM delivery_articles da USING deliveries d
        WHERE d.id = da.delivery_id AND d.state IN ('collecting', 'ready', 'waiting', 'held')
          AND NOT EXISTS (SELECT FROM alerts a JOIN matches m ON m.id = a.match_id
                          WHERE a.delivery_id = d.id AND m.article_id = da.article_id)
    """),
    text("""
        UPDATE deliveries SET state = 'expired', ended_at = clock_timestamp(), reason = 'too_late'
        WHERE state IN ('ready', 'waiting') AND held_by IS NULL AND expires_at <= clock_timestamp()
    """),
    # what ended without telling anyone gives its articles' slots back
    text("""
        UPDATE delivery_articles SET taken = false FROM deliveries d
        WHERE d.id = delivery_articles.delivery_id AND taken AND d.state IN ('expired', 'failed', 'suppressed')
    """),
    # where the circuit is gone, so is the reason to hold
    update(deliveries)
    .where(
        deliveries.c.state == "held",
        ~select(circuits.c.name).where(circuits.c.name == deliveries.c.held_by).exists(),
    )
    .values(_RELEASED),
    # what an open circuit stops is held, and counts no attempt; the sender's goes before the channel's own
    text("""
        UPDATE deliveries SET state = 'held', held_by = k.name, reason = k.reason
        FROM channels c CROSS JOIN LATERAL (
            SELECT name, reason FROM circuits WHERE name IN ('channel:' || c.id, 'sender:' || c.credential)
            ORDER BY name DESC LIMIT 1) AS k
        WHERE c.id = deliveries.channel_id AND deliveries.state IN ('collecting', 'ready', 'waiting')
          AND deliveries.held_by IS NULL AND deliveries.due_at <= clock_timestamp()
    """),
    # one of the held goes out as the probe when its time has come, and no other before its answer is there
    text("""
        UPDATE deliveries SET state = 'waiting', due_at = least(due_at, clock_timestamp()) FROM (
            SELECT DISTINCT ON (d.held_by) d.id
            FROM deliveries d JOIN circuits k ON k.name = d.held_by JOIN channels c ON c.id = d.channel_id
            WHERE d.state = 'held' AND k.probe_at <= clock_timestamp() AND c.pause_until <= clock_timestamp()
              AND NOT EXISTS (SELECT FROM deliveries p
                              WHERE p.held_by = k.name AND p.state IN ('waiting', 'sending'))
            ORDER BY d.held_by, d.rank, d.id) AS probe
        WHERE deliveries.id = probe.id
    """),
)

PATIENT_ATTEMPTS = 4
"""So many attempts (5 + 10 + 20 s) a waiting message keeps its place before later ones of its channel may pass:
order through a short trouble, but no message stops the others for good."""

# An open circuit lets nothing through but its probe, which is still marked as held by it. A probe of the sender
# goes although its channel is blocked as well: its answer tells about both.
_CLAIM = text("""
    WITH next AS (
        SELECT DISTINCT ON (d.channel_id) d.id, d.rank, c.pause_until, c.asked_from
        FROM deliveries d JOIN channels c ON c.id = d.channel_id
        WHERE d.state IN ('collecting', 'ready', 'waiting') AND d.due_at <= clock_timestamp()
          AND c.pause_until <= clock_timestamp()
          AND NOT EXISTS (SELECT FROM deliveries s WHERE s.channel_id = d.channel_id
                          AND (s.state = 'sending' OR s.state = 'waiting' AND s.due_at > clock_timestamp()
                               AND s.attempts < :patient AND s.id < d.id))
          AND NOT EXISTS (SELECT FROM circuits k
                          WHERE k.name IN ('channel:' || c.id, 'sender:' || c.credential)
                            AND k.name IS DISTINCT FROM d.held_by
                            AND (d.held_by IS NULL OR starts_with(k.name, 'sender:')))
        ORDER BY d.channel_id, d.rank, d.id
    ), mine AS (
        SELECT next.* FROM deliveries d JOIN next USING (id)
        WHERE d.state IN ('collecting', 'ready', 'waiting')  -- it may have ended since
        ORDER BY next.rank, d.id LIMIT :limit FOR UPDATE OF d SKIP LOCKED
    )
    UPDATE deliveries SET state = 'sending', lease_until = clock_timestamp() + make_interval(secs => :lease),
           lease_token = deliveries.lease_token + 1,
           -- what collected until now, such as a digest, is worth a day of tries however long we were down
           expires_at = CASE WHEN deliveries.state <> 'collecting' THEN deliveries.expires_at
               ELSE greatest(deliveries.expires_at, clock_timestamp() + interval '24 hours') END,
           waited_s = waited_s + CASE WHEN mine.asked_from IS NULL THEN 0 ELSE greatest(0, extract(epoch FROM
               mine.pause_until - greatest(mine.asked_from, deliveries.due_at))) END
    FROM mine WHERE deliveries.id = mine.id
    RETURNING deliveries.*, (SELECT name FROM circuits WHERE name = deliveries.held_by) AS circuit,
              (SELECT probes FROM circuits WHERE name = deliveries.held_by) AS probes
""")


def tidy(connection: Connection) -> None:
    """Ends what was removed or came too late, holds what a circuit stops, and lets probes through; nothing
    while somebody else is at it."""
    if not connection.execute(select(func.pg_try_advisory_xact_lock(_TIDY_LOCK))).scalar_one():
        return
    for statement in _TIDY:
        connection.execute(statement)


def claim_due(connection: Connection, limit: int, lease_s: float = LEASE_S) -> list[DueDelivery]:
    """The next delivery of each channel that may be sent to now, leased to the caller."""
    connection.execute(select(func.pg_advisory_xact_lock(_SEND_LOCK)))
    rows = connection.execute(
        _CLAIM, {"lease": lease_s, "limit": limit, "patient": PATIENT_ATTEMPTS}
    ).mappings()
    return sorted((_due(row) for row in rows), key=lambda due: due.id)


def claim_abandoned(connection: Connection, limit: int = 50) -> list[tuple[DueDelivery, bool]]:
    """Deliveries whose sender vanished, leased to the caller; True where an attempt had begun, so that the
    receiver may have the message."""
    rows = connection.execute(
        text("""
            WITH left_behind AS MATERIALIZED (
                SELECT id FROM deliveries WHERE state = 'sending' AND lease_until <= clock_timestamp()
                LIMIT :limit FOR UPDATE SKIP LOCKED)
            UPDATE deliveries SET lease_until = clock_timestamp() + make_interval(secs => :lease),
                                  lease_token = deliveries.lease_token + 1
            FROM left_behind WHERE deliveries.id = left_behind.id
            RETURNING deliveries.*, EXISTS (SELECT FROM attempts a
                WHERE a.delivery_id = deliveries.id AND a.ended_at IS NULL) AS begun
        """),
        {"limit": limit, "lease": LEASE_S},
    ).mappings()
    return [(_due(row), row["begun"]) for row in rows]


def _due(row: Mapping[Any, Any]) -> DueDelivery:
    return DueDelivery(
        id=DeliveryId(row["id"]),
        token=row["lease_token"],
        key=str(row["key"]),
        channel_id=ChannelId(row["channel_id"]),
        subscription_id=row["subscription_id"],
        kind=row["kind"],
        on_doubt=row["on_doubt"],
        attempts=row["attempts"],
        unsure=row["unsure"],
        simpler=row["simpler"],
        possible_repeat=row["possible_repeat"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        first_attempt_at=row["first_attempt_at"],
        circuit=row.get("circuit"),
        probes=row.get("probes") or 0,
    )


def begin_attempt(connection: Connection, due: DueDelivery) -> int | None:
    """Writes down that a request is about to go out; None if the lease was lost meanwhile."""
    begun = connection.execute(
        update(deliveries)
        .where(
            deliveries.c.id == due.id, deliveries.c.lease_token == due.token, deliveries.c.state == "sending"
        )
        .values(
            attempts=deliveries.c.attempts + 1,
            first_attempt_at=func.coalesce(deliveries.c.first_attempt_at, func.clock_timestamp()),
        )
    )
    if begun.rowcount != 1:
        return None
    # counted apart from deliveries.attempts, which a held delivery gets back
    n = select(func.coalesce(func.max(attempts.c.n), 0) + 1).where(attempts.c.delivery_id == due.id)
    attempt = insert(attempts).values(
        delivery_id=due.id, n=n.scalar_subquery(), started_at=func.clock_timestamp()
    )
    return int(connection.execute(attempt.returning(attempts.c.n)).scalar_one())


def end_attempt(
    connection: Connection,
    due: DueDelivery,
    *,
    verdict: str,
    reason: str | None,
    answer: str,
    elapsed_s: float,
) -> None:
    """Completes the delivery's open attempt, if there is one."""
    connection.execute(
        update(attempts)
        .where(attempts.c.delivery_id == due.id, attempts.c.ended_at.is_(None))
        .values(
            ended_at=func.clock_timestamp(),
            verdict=verdict,
            reason=reason,
            answer=answer,
            elapsed_s=elapsed_s,
        )
    )


def settle(connection: Connection, due: DueDelivery, facts: Mapping[str, Any]) -> bool:
    """Writes the delivery's next state and gives the lease back; False if the lease was lost meanwhile."""
    state = _AFTER_CLAIM.get(facts["state"], facts["state"])
    settled = connection.execute(
        update(deliveries)
        .where(deliveries.c.id == due.id, deliveries.c.lease_token == due.token)
        .values(lease_until=text("'epoch'"), **{**facts, "state": state})
    )
    if settled.rowcount != 1:
        return False
    if state in ("failed", "expired", "suppressed"):
        connection.execute(
            update(delivery_articles).where(delivery_articles.c.delivery_id == due.id).values(taken=False)
        )
    return True


def pause_channel(connection: Connection, channel: ChannelId, until: datetime, *, asked: bool) -> None:
    """Nothing goes to this channel before `until`; `asked` if the receiver said so itself."""
    connection.execute(
        update(channels)
        .where(channels.c.id == channel)
        .values(
            pause_until=func.greatest(channels.c.pause_until, until),
            asked_from=func.clock_timestamp() if asked else None,
        )
    )


def open_circuit(connection: Connection, name: str, reason: str, probe_at: datetime, probes: int) -> None:
    """Stops everything behind `name` until a probe gets through; `probes` have failed since it opened."""
    facts = {"reason": reason, "probe_at": probe_at, "probes": probes}
    connection.execute(
        upsert(circuits).values(name=name, **facts).on_conflict_do_update(index_elements=["name"], set_=facts)
    )


def close_circuit(connection: Connection, name: str, *, opened_for: str | None = None) -> bool:
    """Lets everything behind `name` through again, in its old order; True if it was open (for that reason,
    where one is given)."""
    closing = delete(circuits).where(circuits.c.name == name, circuits.c.reason != BY_HAND)
    if opened_for is not None:
        closing = closing.where(circuits.c.reason == opened_for)
    closed = connection.execute(closing).rowcount
    if closed:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.held_by == name, deliveries.c.state == "held")
            .values(_RELEASED)
        )
    return bool(closed)
