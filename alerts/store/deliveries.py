"""Deliveries that are due: claimed one per channel, so that a channel's messages keep their order.

`sending` is written before anything goes out, and an attempt is committed before the request: what a crash
leaves behind tells whether the receiver may have the message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text, update

from alerts.bounces import Bounces
from alerts.circuits import Pause, Strain
from alerts.model import ChannelId, DeliveryId, DeliveryKind, OnDoubt, SubscriptionId
from alerts.store.schema import alerts, attempts, channels, deliveries, delivery_articles
from alerts.store.waiting import PATIENT_ATTEMPTS

LEASE_S = 45.0
"""Longer than any attempt: 20 s for the exchange, and the wait for a connection. It begins anew with the attempt, so a
sender that lives never loses it between its attempt's mark and the answer."""

_SEND_LOCK = 0x53454E44  # "SEND": claims are made one at a time, so a channel never has two senders

BURST = 4
"""So many messages a paced channel takes at once after a rest."""

PERHAPS_TOLD = ("sending", "sent", "unknown")
"""Where an article counts as told to its channel: further alerts of it are suppressed as `already_told`."""


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A delivery claimed for one attempt; `token` fences what its holder writes. `credential` is the name of what its
    channel shares with others of its kind."""

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
    channel_kind: str
    credential: str | None = None
    thread_of: DeliveryId | None = None
    circuit: str | None = None
    probes: int = 0
    strain: Strain = field(default_factory=Strain)
    bounces: Bounces = field(default_factory=Bounces)


# An open circuit lets nothing through but its probe, which is still marked as held by it. A probe of the sender
# goes although its channel is blocked as well: its answer tells about both. What follows a message goes when that
# is sent. Updates go last and stand in nobody's way.
_CLAIM = text("""
    WITH paces AS (
        SELECT kind, seconds FROM unnest(CAST(:kinds AS text[]), CAST(:paces AS float8[])) AS p(kind, seconds)
    ), next AS (
        SELECT DISTINCT ON (d.channel_id) d.id, d.kind = 'update' AS aside, d.rank, d.channel_id,
               c.pause_until, c.asked_from, p.seconds AS pace_s
        FROM deliveries d JOIN channels c ON c.id = d.channel_id LEFT JOIN paces p ON p.kind = c.kind
        WHERE d.state IN ('collecting', 'ready', 'waiting') AND d.due_at <= clock_timestamp()
          AND c.pause_until <= clock_timestamp()
          AND (p.seconds IS NULL OR c.pace_at <= clock_timestamp() + make_interval(secs => :burst * p.seconds))
          AND (d.thread_of IS NULL OR EXISTS (SELECT FROM deliveries r WHERE r.id = d.thread_of
               AND r.state = 'sent' AND r.reason IS DISTINCT FROM 'thread_gone'))
          AND NOT EXISTS (SELECT FROM deliveries s WHERE s.channel_id = d.channel_id
                          AND (s.kind <> 'update' OR d.kind = 'update')
                          AND (s.state = 'sending' OR s.state = 'waiting' AND s.due_at > clock_timestamp()
                               AND s.attempts < :patient AND s.id < d.id))
          AND NOT EXISTS (SELECT FROM circuits k
                          WHERE k.name IN ('channel:' || c.id, 'sender:' || c.credential)
                            AND k.name IS DISTINCT FROM d.held_by
                            AND (d.held_by IS NULL OR starts_with(k.name, 'sender:')))
        ORDER BY d.channel_id, d.kind = 'update', d.rank, d.id
    ), mine AS (
        SELECT next.* FROM deliveries d JOIN next USING (id)
        WHERE d.state IN ('collecting', 'ready', 'waiting')  -- it may have ended since
        ORDER BY next.aside, next.rank, d.id LIMIT :limit FOR UPDATE OF d SKIP LOCKED
    ), in_order AS (  -- as whoever else has several channels
        SELECT c.id, mine.pace_s FROM channels c JOIN mine ON c.id = mine.channel_id WHERE mine.pace_s > 0
        ORDER BY c.id FOR NO KEY UPDATE OF c
    ), paced AS (
        UPDATE channels SET pace_at = greatest(pace_at, clock_timestamp()) + make_interval(secs => in_order.pace_s)
        FROM in_order WHERE channels.id = in_order.id
    )
    UPDATE deliveries SET state = 'sending', lease_until = clock_timestamp() + make_interval(secs => :lease),
           lease_token = deliveries.lease_token + 1,
           -- what collected until now, such as a digest, is worth a day of tries however long we were down
           expires_at = CASE WHEN deliveries.state <> 'collecting' THEN deliveries.expires_at
               ELSE greatest(deliveries.expires_at, clock_timestamp() + interval '24 hours') END,
           waited_s = waited_s + CASE WHEN mine.asked_from IS NULL THEN 0 ELSE greatest(0, extract(epoch FROM
               mine.pause_until - greatest(mine.asked_from, deliveries.due_at))) END
    FROM mine JOIN channels c ON c.id = mine.channel_id WHERE deliveries.id = mine.id
    RETURNING deliveries.*, c.kind AS channel_kind, c.credential, c.unclear, c.nothing_since, c.bounces, c.bounced_on,
              (SELECT name FROM circuits WHERE name = deliveries.held_by) AS circuit,
              (SELECT probes FROM circuits WHERE name = deliveries.held_by) AS probes
""")

_ABANDONED = text("""
    WITH left_behind AS MATERIALIZED (
        SELECT id FROM deliveries WHERE state = 'sending' AND lease_until <= clock_timestamp()
        LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE deliveries SET lease_until = clock_timestamp() + make_interval(secs => :lease),
                          lease_token = deliveries.lease_token + 1
    FROM left_behind, channels c WHERE deliveries.id = left_behind.id AND c.id = deliveries.channel_id
    RETURNING deliveries.*, c.kind AS channel_kind, c.credential, c.unclear, c.nothing_since, c.bounces, c.bounced_on,
              (SELECT name FROM circuits WHERE name = deliveries.held_by) AS circuit,
              (SELECT probes FROM circuits WHERE name = deliveries.held_by) AS probes,
              EXISTS (SELECT FROM attempts a
                      WHERE a.delivery_id = deliveries.id AND a.ended_at IS NULL) AS begun
""")

_TAKE_BACK = text("""
    UPDATE alerts SET delivery_id = told_in, suppressed = NULL, told_in = NULL, reason = 'joined'
    WHERE told_in = :delivery AND suppressed = 'already_told'
""")


# Attempts are counted apart from deliveries.attempts, which a held delivery gets back.
_BEGIN = text("""
    WITH begun AS (
        UPDATE deliveries SET attempts = attempts + 1, first_attempt_at = coalesce(first_attempt_at, clock_timestamp()),
               lease_until = clock_timestamp() + make_interval(secs => :lease)
        WHERE id = :id AND lease_token = :token AND state = 'sending' RETURNING id)
    INSERT INTO attempts (delivery_id, n, started_at)
    SELECT id, (SELECT coalesce(max(n), 0) + 1 FROM attempts WHERE delivery_id = :id), clock_timestamp() FROM begun
    RETURNING n
""")


def claim_due(
    connection: Connection, limit: int, lease_s: float = LEASE_S, paces: Mapping[str, float] | None = None
) -> list[DueDelivery]:
    """The next delivery of each channel that may be sent to now, leased to the caller. `paces` has the seconds
    between two messages to a channel of a kind, where its receivers take only so many."""
    connection.execute(select(func.pg_advisory_xact_lock(_SEND_LOCK)))
    kinds = dict(paces or {})
    asked = {"kinds": list(kinds), "paces": list(kinds.values()), "burst": BURST - 1}
    asked |= {"lease": lease_s, "limit": limit, "patient": PATIENT_ATTEMPTS}
    rows = connection.execute(_CLAIM, asked).mappings()
    return sorted((due_delivery(row) for row in rows), key=lambda due: due.id)


def claim_abandoned(connection: Connection, limit: int = 50) -> list[tuple[DueDelivery, bool]]:
    """Deliveries whose sender vanished, leased to the caller; True where an attempt had begun, so that the
    receiver may have the message."""
    rows = connection.execute(_ABANDONED, {"limit": limit, "lease": LEASE_S}).mappings()
    return [(due_delivery(row), row["begun"]) for row in rows]


def due_delivery(row: Mapping[Any, Any]) -> DueDelivery:
    """A claimed row as a value."""
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
        channel_kind=row["channel_kind"],
        credential=row["credential"],
        thread_of=row["thread_of"],
        circuit=row.get("circuit"),
        probes=row.get("probes") or 0,
        strain=Strain(row["unclear"], row["nothing_since"]),
        bounces=Bounces(row["bounces"], row["bounced_on"]),
    )


def begin_attempt(connection: Connection, due: DueDelivery, lease_s: float = LEASE_S) -> int | None:
    """Writes down that a request is about to go out; the lease begins anew. None if it was lost meanwhile."""
    asked = {"id": due.id, "token": due.token, "lease": lease_s}
    n: int | None = connection.execute(_BEGIN, asked).scalar()
    return n


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
    settled = connection.execute(
        update(deliveries)
        .where(deliveries.c.id == due.id, deliveries.c.lease_token == due.token)
        .values(lease_until=text("'epoch'"), **facts)
    )
    if settled.rowcount != 1:
        return False
    if facts["state"] in ("failed", "expired", "suppressed"):
        free_slots(connection, due.id)
    if facts["state"] not in PERHAPS_TOLD:
        take_back(connection, due.id)
    return True


def take_back(connection: Connection, delivery: DeliveryId) -> int:
    """The delivery has told nobody: alerts that were not told because it was going out are in it after all, and share
    what becomes of it. The caller has its row, so that no planner adds to them; returns how many there were."""
    return connection.execute(_TAKE_BACK, {"delivery": delivery}).rowcount


def end_if_empty(connection: Connection, delivery: DeliveryId, now: datetime) -> None:
    """A delivery that carries no alert is over. The caller has its row."""
    emptied = (
        deliveries.c.id == delivery,
        ~select(alerts.c.id).where(alerts.c.delivery_id == delivery).exists(),
    )
    over = {"state": "suppressed", "reason": "emptied", "ended_at": now}
    if connection.execute(update(deliveries).where(*emptied).values(**over)).rowcount:
        free_slots(connection, delivery)


def free_slots(connection: Connection, delivery: DeliveryId) -> None:
    """The delivery announces nothing any more: its articles may be announced by another."""
    slots = update(delivery_articles).where(delivery_articles.c.delivery_id == delivery)
    connection.execute(slots.values(taken=False))


def lose_thread(connection: Connection, due: DueDelivery) -> None:
    """The message that this one hung on is gone at the receiver: nothing hangs on it any more."""
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id == due.thread_of)
        .values(reason="thread_gone", remote_id=None)
    )


def pause(connection: Connection, due: Pause, *, asked: bool) -> None:
    """Nothing goes to this channel, or to any of its credential, before then; `asked` if the receiver said so."""
    meant = (
        channels.c.id == due.channel if due.credential is None else channels.c.credential == due.credential
    )
    in_order = select(channels.c.id).where(meant).order_by(channels.c.id).with_for_update(key_share=True)
    connection.execute(
        update(channels)
        .where(channels.c.id.in_(in_order.cte("in_order").select()))
        .values(
            pause_until=func.greatest(channels.c.pause_until, due.until),
            asked_from=func.clock_timestamp() if asked else None,
        )
    )
