"""Open circuits: what is due behind one is held, one probe at a time goes through, and all follow once it closes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from alerts.circuits import Held, Strain, gathered
from alerts.decision import MOST_ARTICLES
from alerts.model import ChannelId, DeliveryId
from alerts.store.schema import alerts, channels, circuits, deliveries, delivery_articles

MENDED = "mended"
BY_HAND = "restored"
"""The reason of circuits that no success closes: a person has to say that messages may go out again."""

_RELEASED = {
    "state": "waiting",
    "held_by": None,
    "due_at": func.least(deliveries.c.due_at, func.clock_timestamp()),
    # being held costs no patience: what is mended after a long weekend still goes out
    "expires_at": func.greatest(deliveries.c.expires_at, func.clock_timestamp() + timedelta(days=1)),
}
"""What was held may go, in its old order. It waits and is never "ready" again: another delivery may have opened
under its bundle's key meanwhile."""

# What an open circuit stops is held, and counts no attempt; the sender's goes before the channel's own.
_HOLD = text("""
    UPDATE deliveries SET state = 'held', held_by = k.name, reason = k.reason
    FROM channels c CROSS JOIN LATERAL (
        SELECT name, reason FROM circuits WHERE name IN ('channel:' || c.id, 'sender:' || c.credential)
        ORDER BY name DESC LIMIT 1) AS k
    WHERE c.id = deliveries.channel_id AND deliveries.state IN ('collecting', 'ready', 'waiting')
      AND deliveries.held_by IS NULL AND deliveries.due_at <= clock_timestamp()
""")

# One of the held goes out as the probe when its time has come, and no other before its answer is there. What hangs
# on a message that is not sent could not go, and would keep the circuit open for ever.
_PROBE = text("""
    UPDATE deliveries SET state = 'waiting', due_at = least(due_at, clock_timestamp()) FROM (
        SELECT DISTINCT ON (d.held_by) d.id
        FROM deliveries d JOIN circuits k ON k.name = d.held_by JOIN channels c ON c.id = d.channel_id
        WHERE d.state = 'held' AND k.probe_at <= clock_timestamp() AND c.pause_until <= clock_timestamp()
          AND (d.thread_of IS NULL OR EXISTS (SELECT FROM deliveries r WHERE r.id = d.thread_of
               AND r.state = 'sent' AND r.reason IS DISTINCT FROM 'thread_gone'))
          AND NOT EXISTS (SELECT FROM deliveries p
                          WHERE p.held_by = k.name AND p.state IN ('waiting', 'sending'))
        ORDER BY d.held_by, d.kind = 'update', d.rank, d.id) AS probe
    WHERE deliveries.id = probe.id
""")


def hold_and_probe(connection: Connection) -> None:
    """Holds what a circuit stops, lets go what none stops any more, and lets probes through."""
    open_still = select(circuits.c.name).where(circuits.c.name == deliveries.c.held_by).exists()
    _release(connection, ~open_still)
    connection.execute(_HOLD)
    connection.execute(_PROBE)


def open_circuit(connection: Connection, name: str, reason: str, probe_at: datetime, probes: int) -> None:
    """Stops everything behind `name` until a probe gets through; `probes` have failed since it opened."""
    facts = {"reason": reason, "probe_at": probe_at, "probes": probes}
    connection.execute(
        upsert(circuits)
        .values(name=name, opened_at=func.clock_timestamp(), **facts)
        .on_conflict_do_update(index_elements=["name"], set_=facts)
    )


def close_circuit(connection: Connection, name: str, *, opened_for: str | None = None) -> bool:
    """Lets everything behind `name` through again, in its old order; True if it was open (for that reason,
    where one is given)."""
    return bool(close_circuits(connection, [name], opened_for=() if opened_for is None else (opened_for,)))


def close_circuits(
    connection: Connection, names: Sequence[str], *, opened_for: Sequence[str] = ()
) -> list[str]:
    """Closes several; returns those that were open (for one of these reasons, where any are given). A message that
    gets through closes two, which are seldom open."""
    closing = delete(circuits).where(
        circuits.c.name == func.any(bindparam("names", list(names), ARRAY(Text))),
        circuits.c.reason != BY_HAND,
    )
    if opened_for:
        closing = closing.where(circuits.c.reason.in_(opened_for))
    closed = sorted(connection.execute(closing.returning(circuits.c.name)).scalars())
    for name in closed:
        _release(connection, deliveries.c.held_by == name)
    return closed


def mended(connection: Connection, channel: ChannelId) -> None:
    """Somebody has changed where the channel leads: what was held for it goes out at the next look, but for what waits
    for a word after a restore."""
    stopped = (circuits.c.name == f"channel:{channel}") & (circuits.c.reason != BY_HAND)
    connection.execute(delete(circuits).where(stopped))


def note_strain(connection: Connection, channel: ChannelId, strain: Strain) -> None:
    """Remembers how the channel has answered lately."""
    facts = {"unclear": strain.unclear, "nothing_since": strain.nothing_since}
    connection.execute(update(channels).where(channels.c.id == channel).values(**facts))


def _release(connection: Connection, freed: ColumnElement[bool]) -> None:
    """Lets go what nobody else has in hand, such as a planner who adds to it; the rest goes with the next tidying."""
    held = _held(connection, freed)
    for bundle in gathered(held, MOST_ARTICLES):
        _gather(connection, bundle)
    ours = deliveries.c.id.in_([each.id for each in held])
    connection.execute(update(deliveries).where(deliveries.c.state == "held", ours).values(_RELEASED))


def _held(connection: Connection, freed: ColumnElement[bool]) -> list[Held]:
    """What is let go, in its order; ours, so that no planner adds to it meanwhile."""
    articles = (
        select(func.count())
        .where(delivery_articles.c.delivery_id == deliveries.c.id)
        .correlate(deliveries)
        .scalar_subquery()
    )
    single = deliveries.c.kind.in_(("article", "followup")) & (deliveries.c.unsure == 0)
    rows = connection.execute(
        select(
            deliveries.c.id,
            deliveries.c.channel_id,
            articles.label("articles"),
            (single & ~deliveries.c.possible_repeat).label("single"),
        )
        .where(deliveries.c.state == "held", freed)
        .order_by(deliveries.c.rank, deliveries.c.id)
        .with_for_update(skip_locked=True)
    )
    return [Held(DeliveryId(row.id), ChannelId(row.channel_id), row.articles, row.single) for row in rows]


def _gather(connection: Connection, bundle: Sequence[DeliveryId]) -> None:
    """Moves alerts and slots of all these into one roll-up that is due now, and ends them as empty."""
    given = deliveries.c.id.in_(bundle)
    first = connection.execute(
        select(
            func.min(deliveries.c.channel_id).label("channel_id"),
            func.min(deliveries.c.rank).label("rank"),
            func.min(deliveries.c.created_at).label("created_at"),
            func.max(deliveries.c.expires_at).label("expires_at"),
            func.bool_or(deliveries.c.on_doubt == "hold").label("careful"),
        ).where(given)
    ).one()
    owner = select(deliveries.c.subscription_id).where(deliveries.c.id == bundle[0]).scalar_subquery()
    rollup = connection.execute(
        insert(deliveries)
        .values(
            channel_id=first.channel_id,
            subscription_id=owner,
            kind="rollup",
            bundle=f"{MENDED}:{bundle[0]}",
            state="waiting",
            reason=MENDED,
            rank=first.rank,
            due_at=func.clock_timestamp(),
            on_doubt="hold" if first.careful else "resend",
            expires_at=func.greatest(first.expires_at, func.clock_timestamp() + timedelta(days=1)),
            created_at=first.created_at,
        )
        .returning(deliveries.c.id)
    ).scalar_one()
    for table in (delivery_articles, alerts):
        connection.execute(update(table).where(table.c.delivery_id.in_(bundle)).values(delivery_id=rollup))
    over = {"state": "suppressed", "reason": "gathered", "held_by": None}
    connection.execute(update(deliveries).where(given).values(**over, ended_at=func.clock_timestamp()))
