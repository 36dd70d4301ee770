"""The mails that ask an invited mailbox whether it wants to be written to: each is sent once, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, func, insert, select, text, update

from alerts.model import ChannelId
from alerts.store.schema import confirmations
from alerts.tokens import CONFIRM_WITHIN

State = Literal["due", "sent", "unknown", "failed"]

MOST_A_DAY = 3
"""Mails that ask one address in 24 hours, whoever invites it."""
LEASE = timedelta(seconds=60)

_CLAIM = text("""
    WITH next AS (
        SELECT id FROM confirmations WHERE state = 'due' AND due_at <= clock_timestamp()
        AND NOT EXISTS (SELECT FROM circuits WHERE name = 'sender:smtp'
                        OR name = 'channel:' || confirmations.channel_id AND reason = 'restored')
        ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE confirmations SET state = 'sending', tries = tries + 1, lease_token = lease_token + 1,
           lease_until = clock_timestamp() + CAST(:lease AS interval)
    FROM next WHERE confirmations.id = next.id
    RETURNING confirmations.*
""")

_TOPICS = text("""
    SELECT DISTINCT unnest(s.topics) AS topic FROM subscriptions s JOIN channels c ON c.name = ANY(s.channels)
    WHERE c.address = :address AND c.removed_at IS NULL AND s.removed_at IS NULL ORDER BY topic
""")


@dataclass(frozen=True, slots=True)
class Asking:
    """A mail that is to ask, claimed; `token` fences what its sender writes."""

    id: int
    token: int
    channel: ChannelId
    address: str
    tries: int
    asked_at: datetime
    expires_at: datetime


def may_ask(connection: Connection, address: str) -> bool:
    """Whether the address may be asked once more today. The caller has it alone."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(address))))
    recent = func.clock_timestamp() - timedelta(days=1)
    count = select(func.count()).where(
        confirmations.c.address == address, confirmations.c.created_at > recent
    )
    asked: int = connection.execute(count.select_from(confirmations)).scalar_one()
    return asked < MOST_A_DAY


def ask(connection: Connection, channel: ChannelId, address: str) -> bool:
    """Has the address asked by mail; False if it was asked too often of late. The caller has it alone."""
    if not may_ask(connection, address):
        return False
    connection.execute(
        insert(confirmations).values(
            channel_id=channel, address=address, expires_at=func.clock_timestamp() + CONFIRM_WITHIN
        )
    )
    return True


def waits(connection: Connection, address: str) -> bool:
    """Whether a mail that asks this address is still to go out."""
    on_its_way = confirmations.c.state.in_(("due", "sending")) & (confirmations.c.address == address)
    return bool(connection.execute(select(confirmations.c.id).where(on_its_way).limit(1)).all())


def claim(connection: Connection, limit: int) -> list[Asking]:
    """Mails that are due to ask. One whose sender vanished may have arrived, and is not sent again."""
    gone = (confirmations.c.state == "sending") & (confirmations.c.lease_until <= func.clock_timestamp())
    connection.execute(update(confirmations).where(gone).values(state="unknown", reason="sender_vanished"))
    late = (confirmations.c.state == "due") & (confirmations.c.expires_at <= func.clock_timestamp())
    connection.execute(update(confirmations).where(late).values(state="failed", reason="too_late"))
    rows = connection.execute(_CLAIM, {"limit": limit, "lease": LEASE}).all()
    return [
        Asking(
            row.id,
            row.lease_token,
            ChannelId(row.channel_id),
            row.address,
            row.tries,
            row.created_at,
            row.expires_at,
        )
        for row in rows
    ]


def topics_for(connection: Connection, address: str) -> Sequence[str]:
    """What the address would hear of: names of topics, and tags."""
    return list(connection.execute(_TOPICS, {"address": address}).scalars())


def settle(
    connection: Connection, asking: Asking, state: State, reason: str, due_at: datetime | None = None
) -> None:
    """What became of the mail; it is tried again where it is "due" at `due_at`."""
    mine = (confirmations.c.id == asking.id) & (confirmations.c.lease_token == asking.token)
    facts = {"state": state, "reason": reason, "lease_until": text("'epoch'")}
    if due_at is not None:
        facts["due_at"] = due_at
    connection.execute(update(confirmations).where(mine, confirmations.c.state == "sending").values(**facts))
