"""Who reads what comes to a mailbox, and what they decided: for planning, and for their own page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select, text

from alerts.decision import Reason
from alerts.model import ChannelId
from alerts.store.schema import addresses, channels, subscriptions

By = Literal["recipient", "operator"]

_HEARD = text("""
    SELECT s.name, s.topics, s."when", s.timezone, d.left_at
    FROM subscriptions s LEFT JOIN departures d ON d.subscription = s.name AND d.address = :address
    WHERE s.removed_at IS NULL AND EXISTS (
        SELECT FROM channels c WHERE c.address = :address AND c.removed_at IS NULL AND c.name = ANY(s.channels))
    ORDER BY s.name
""")

_DOORS = text("""
    SELECT c.id, d.subscription, a.rests_until, CASE
             WHEN a.blocked_at IS NOT NULL THEN 'address_blocked'
             WHEN a.confirmed_at IS NULL AND NOT EXISTS (
                 SELECT FROM channels v WHERE v.address = c.address AND v.declared AND v.removed_at IS NULL)
               AND NOT EXISTS (
                 SELECT FROM confirmations f WHERE f.address = c.address AND f.expires_at > clock_timestamp())
               THEN 'not_confirmed'
           END AS shut
    FROM channels c LEFT JOIN addresses a ON a.address = c.address
    LEFT JOIN departures d ON d.address = c.address
    WHERE c.address IS NOT NULL AND c.removed_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class Heard:
    """A subscription that reaches a mailbox; `left_at` is when its owner left it."""

    name: str
    topics: tuple[str, ...]
    when: tuple[str, ...]
    timezone: str
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reader:
    """The owner of a mailbox, as far as the tables know: what reaches them, and what they decided."""

    address: str
    hears: tuple[Heard, ...]
    confirmed: bool = False
    blocked_by: By | None = None
    rests_until: datetime | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Doors:
    """Which mailboxes hear of nothing, and why: at all (`shut`), of one subscription (`left`: its name and the
    channel), or until some time (`rests`)."""

    shut: Mapping[ChannelId, Reason]
    left: frozenset[tuple[str, ChannelId]]
    rests: Mapping[ChannelId, datetime]

    def closed(self, subscription: str, where: Collection[ChannelId]) -> dict[ChannelId, Reason]:
        """Of these channels, those that this subscription does not reach, and why."""
        gone = {each: Reason.UNSUBSCRIBED for each in where if (subscription, each) in self.left}
        return gone | {each: self.shut[each] for each in where if each in self.shut}


def doors(connection: Connection) -> Doors:
    """What was decided by the owners of all mailboxes that are told."""
    rows = connection.execute(_DOORS).all()
    return Doors(
        shut={ChannelId(row.id): Reason(row.shut) for row in rows if row.shut},
        left=frozenset((row.subscription, ChannelId(row.id)) for row in rows if row.subscription),
        rests={ChannelId(row.id): row.rests_until for row in rows if row.rests_until},
    )


def reader(connection: Connection, address: str) -> Reader:
    """What reaches this mailbox."""
    said = connection.execute(select(addresses).where(addresses.c.address == address)).one_or_none()
    spoken = select(channels.c.options["language"].astext).where(channels.c.address == address)
    heard = connection.execute(_HEARD, {"address": address}).all()
    return Reader(
        address,
        tuple(
            Heard(row.name, tuple(row.topics), tuple(row.when), row.timezone, row.left_at) for row in heard
        ),
        confirmed=bool(said and said.confirmed_at),
        blocked_by=said.blocked_by if said else None,
        rests_until=said.rests_until if said else None,
        language=connection.execute(spoken.order_by(channels.c.id.desc())).scalar(),
    )


def names_of(connection: Connection, numbers: Collection[int]) -> list[str]:
    """What the subscriptions with these numbers are called, those that are gone as well."""
    named = select(subscriptions.c.name).where(subscriptions.c.id.in_(numbers)).distinct()
    return sorted(connection.execute(named).scalars())
