"""What the owner of a mailbox decides: leaving, coming back, pausing, confirming, never being written to.

Whoever decides waits for a planning under way, so that nothing is planned by what was true before; and nothing is
taken from a message that is just going out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from alerts.decision import Reason
from alerts.store import circuits, deliveries
from alerts.store.alone import hold_planning
from alerts.store.deliveries import DueDelivery
from alerts.store.readers import By
from alerts.store.schema import addresses, alerts, channels, departures
from alerts.store.waiting import yet_to_go

Via = Literal["one_click", "page", "operator"]
NOT_CONFIRMED, RESTING = "not_confirmed", "resting"
"""Why a channel's circuit is open although nothing is broken: its owner has not said yes, or wants a pause."""

_LOCK_WAITING = text(f"""
    SELECT id FROM deliveries
    WHERE {yet_to_go()}
      AND channel_id IN (SELECT id FROM channels WHERE address = :address)
    ORDER BY id FOR UPDATE
""")  # noqa: S608  no foreign text

_LET_GO = text(f"""
    UPDATE alerts SET delivery_id = NULL, suppressed = :reason
    FROM deliveries d, subscriptions s
    WHERE d.id = alerts.delivery_id AND s.id = alerts.subscription_id
      AND {yet_to_go("d")}
      AND alerts.channel_id IN (SELECT id FROM channels WHERE address = :address)
      AND (CAST(:names AS text[]) IS NULL OR s.name = ANY(:names))
""")  # noqa: S608  no foreign text

_END_EMPTY = text(f"""
    UPDATE deliveries SET state = 'suppressed', ended_at = clock_timestamp(), held_by = NULL, reason = :reason
    WHERE {yet_to_go()} AND kind NOT IN ('update', 'notice')
      AND channel_id IN (SELECT id FROM channels WHERE address = :address)
      AND NOT EXISTS (SELECT FROM alerts a WHERE a.delivery_id = deliveries.id)
""")  # noqa: S608  no foreign text

_BRING_FORWARD = text("""
    UPDATE deliveries SET due_at = clock_timestamp(), waited_s = greatest(0, waited_s -
           extract(epoch FROM due_at - clock_timestamp()))
    WHERE state = 'collecting' AND due_at = :until AND channel_id IN (SELECT id FROM channels WHERE address = :address)
""")

_UNCONFIRMED = text(f"""
    SELECT DISTINCT c.address FROM channels c JOIN deliveries d ON d.channel_id = c.id
    WHERE {yet_to_go("d")} AND c.address IS NOT NULL
      AND NOT EXISTS (SELECT FROM channels v WHERE v.address = c.address AND v.declared AND v.removed_at IS NULL)
      AND NOT EXISTS (SELECT FROM addresses y WHERE y.address = c.address AND y.confirmed_at IS NOT NULL)
      AND NOT EXISTS (SELECT FROM confirmations f WHERE f.address = c.address AND f.expires_at > clock_timestamp())
""")  # noqa: S608  no foreign text


def leave(connection: Connection, address: str, names: Sequence[str], via: Via) -> None:
    """The mailbox hears nothing more through these subscriptions; what waits for it ends. Done twice it changes
    nothing."""
    hold_planning(connection)
    for name in names:
        connection.execute(
            upsert(departures)
            .values(subscription=name, address=address, via=via, left_at=func.clock_timestamp())
            .on_conflict_do_nothing()
        )
    _let_go(connection, address, Reason.UNSUBSCRIBED, list(names))


def rejoin(connection: Connection, address: str, names: Sequence[str]) -> list[str]:
    """The mailbox hears of these subscriptions again, from now on; returns those that it had left."""
    back = delete(departures).where(departures.c.address == address, departures.c.subscription.in_(names))
    return sorted(connection.execute(back.returning(departures.c.subscription)).scalars())


def block(connection: Connection, address: str, by: By) -> None:
    """Nobody writes to this mailbox any more, whoever adds it; holds when its channel is gone. What its owner asked
    for stays theirs."""
    hold_planning(connection)
    _note(
        connection,
        address,
        blocked_at=func.clock_timestamp(),
        blocked_by=by,
        over=addresses.c.blocked_at.is_(None),
    )
    if by == "recipient":
        _note(connection, address, blocked_by=by)
    _let_go(connection, address, Reason.ADDRESS_BLOCKED, None)


def unblock(connection: Connection, address: str) -> bool:
    """The mailbox may be written to again; False if it was not blocked."""
    blocked = (addresses.c.address == address) & addresses.c.blocked_at.is_not(None)
    freed = update(addresses).where(blocked).values(blocked_at=None, blocked_by=None)
    return connection.execute(freed).rowcount == 1


def confirm(connection: Connection, address: str) -> None:
    """The owner of the mailbox wants to be written to: what was held for it goes out."""
    _note(connection, address, confirmed_at=func.clock_timestamp(), over=addresses.c.confirmed_at.is_(None))
    _open_again(connection, address, NOT_CONFIRMED)


def rest(connection: Connection, address: str, until: datetime | None) -> None:
    """The mailbox hears of nothing before `until`, and then of everything; None ends the pause now."""
    hold_planning(connection)
    before = connection.execute(
        select(addresses.c.rests_until).where(addresses.c.address == address)
    ).scalar()
    _note(connection, address, rests_until=until)
    _open_again(connection, address, RESTING)  # a pause that is longer or shorter now is looked at anew
    if until is None and before is not None:
        connection.execute(_BRING_FORWARD, {"address": address, "until": before})


def give_up_unconfirmed(connection: Connection) -> None:
    """What was held for mailboxes whose owners did not confirm in time ends with that reason. The caller holds the
    planning."""
    for address in connection.execute(_UNCONFIRMED).scalars().all():
        _let_go(connection, address, Reason.NOT_CONFIRMED, None)


def end(connection: Connection, due: DueDelivery, reason: Reason, now: datetime) -> None:
    """A claimed delivery that nobody may be sent, and its alerts, end as suppressed."""
    mine = update(alerts).where(alerts.c.delivery_id == due.id)
    if deliveries.settle(connection, due, {"state": "suppressed", "reason": str(reason), "ended_at": now}):
        connection.execute(mine.values(delivery_id=None, suppressed=str(reason)))


def _open_again(connection: Connection, address: str, stopped_by: str) -> None:
    for channel in connection.execute(select(channels.c.id).where(channels.c.address == address)).scalars():
        circuits.close_circuit(connection, f"channel:{channel}", opened_for=stopped_by)


def _let_go(connection: Connection, address: str, reason: Reason, names: list[str] | None) -> None:
    """What waits to go to the mailbox through these subscriptions (None: all) is suppressed."""
    connection.execute(_LOCK_WAITING, {"address": address})
    connection.execute(_LET_GO, {"address": address, "reason": str(reason), "names": names})
    connection.execute(_END_EMPTY, {"address": address, "reason": str(reason)})


def _note(connection: Connection, address: str, over: Any = None, **facts: Any) -> None:
    connection.execute(
        upsert(addresses)
        .values(address=address, **facts)
        .on_conflict_do_update(index_elements=["address"], set_=facts, where=over)
    )
