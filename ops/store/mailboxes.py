"""Mailboxes as their owners and the operators see them, and the rows of those who were invited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, func, insert, select, text, update

from alerts.model import ChannelId
from alerts.store.schema import addresses, channels, departures, subscriptions
from worker.errors import BadConfiguration
from worker.secrets import KeyRing, Secret
from worker.store.schema import topics

Row = Mapping[str, Any]

_BLOCKED = text("""
    SELECT a.address, a.blocked_at, a.blocked_by,
           (SELECT array_agg(c.name ORDER BY c.name) FROM channels c
             WHERE c.address = a.address AND c.removed_at IS NULL) AS channels
    FROM addresses a WHERE a.blocked_at IS NOT NULL ORDER BY a.blocked_at, a.address
""")

_DEPARTED = text("""
    SELECT d.subscription, c.name AS channel, d.left_at, d.via
    FROM departures d JOIN channels c ON c.address = d.address
    WHERE c.removed_at IS NULL ORDER BY d.subscription, c.name
""")

_ASKED = text("""
    SELECT DISTINCT f.address FROM confirmations f
    WHERE NOT EXISTS (SELECT FROM addresses y WHERE y.address = f.address AND y.confirmed_at IS NOT NULL)
      AND NOT EXISTS (SELECT FROM channels v WHERE v.address = f.address AND v.declared AND v.removed_at IS NULL)
""")

_ANSWERED = text("""
    SELECT EXISTS (SELECT FROM channels v
                   WHERE v.address = :address AND v.declared AND v.removed_at IS NULL) AS declared,
           EXISTS (SELECT FROM addresses y WHERE y.address = :address AND y.confirmed_at IS NOT NULL) AS confirmed,
           EXISTS (SELECT FROM confirmations f WHERE f.address = :address AND f.state IN ('due', 'sending', 'sent')
                   AND f.expires_at > clock_timestamp()) AS asked,
           (SELECT blocked_by FROM addresses WHERE address = :address) AS blocked_by
""")


@dataclass(frozen=True, slots=True)
class Answered:
    """What is known of a mailbox's owner: vouched for by a watchlist, said yes, was asked and has time to answer,
    or nobody may write there (who decided that)."""

    declared: bool
    confirmed: bool
    asked: bool
    blocked_by: str | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What the owners of mailboxes decided: who blocked which, who left which subscription when; and which were
    asked and have not said yes, while nobody vouches for them."""

    blocked: Mapping[str, str]
    left: Mapping[tuple[str, str], datetime]
    asked: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.blocked or self.left or self.asked)


def shown_address(connection: Connection, keys: KeyRing, address: str) -> str:
    """The mailbox with this keyed hash as its owner knows it and nobody else can use it: "ri…@example.org"; empty
    where no channel has it any more."""
    known = select(channels.c.name, channels.c.target).where(channels.c.address == address)
    row = connection.execute(known.order_by(channels.c.id.desc()).limit(1)).one_or_none()
    if row is None:
        return ""
    try:
        return masked(keys.open(row.target, f"channel:{row.name}:target").reveal())
    except BadConfiguration:
        return ""


def masked(address: str) -> str:
    """ "rina@example.org" → "ri…@example.org"."""
    name, _, domain = address.strip().rpartition("@")
    return f"{name[: min(2, len(name) - 1)]}…@{domain}"


def blocked_list(connection: Connection) -> Sequence[Row]:
    """The mailboxes that nobody writes to: since when, who decided it, and the channels that lead there."""
    return [dict(row) for row in connection.execute(_BLOCKED).mappings()]


def departed(connection: Connection) -> Sequence[Row]:
    """Who left which subscription, by the channels that lead there."""
    return [dict(row) for row in connection.execute(_DEPARTED).mappings()]


def decided(connection: Connection) -> Decided:
    """Everything that the owners of mailboxes decided against."""
    shut = select(addresses.c.address, addresses.c.blocked_by).where(addresses.c.blocked_at.is_not(None))
    left = connection.execute(select(departures))
    return Decided(
        blocked={row.address: row.blocked_by for row in connection.execute(shut)},
        left={(row.subscription, row.address): row.left_at for row in left},
        asked=frozenset(connection.execute(_ASKED).scalars()),
    )


def answered(connection: Connection, address: str) -> Answered:
    """What is known of this mailbox's owner."""
    return Answered(**connection.execute(_ANSWERED, {"address": address}).mappings().one())


def addresses_of_channels(connection: Connection) -> dict[str, str]:
    """The mailbox of every standing channel that has one, by the channel's name."""
    known = channels.c.address.is_not(None) & channels.c.removed_at.is_(None)
    rows = connection.execute(
        select(channels.c.name, channels.c.address).where(known).order_by(channels.c.id)
    )
    return {row.name: row.address for row in rows}


def selectors(connection: Connection) -> set[str]:
    """What a subscription may name: the topics, and their tags as "tag:…"."""
    rows = connection.execute(select(topics.c.name, topics.c.tags).where(topics.c.removed_at.is_(None)))
    return {selector for row in rows for selector in (row.name, *(f"tag:{tag}" for tag in row.tags))}


def names_taken(connection: Connection) -> set[str]:
    """The names of all standing channels."""
    return set(connection.execute(select(channels.c.name).where(channels.c.removed_at.is_(None))).scalars())


def add_mailbox(
    connection: Connection, keys: KeyRing, name: str, to: Secret, address: str, language: str
) -> ChannelId:
    """A channel that no watchlist declares: its owner is asked before anything else is written there."""
    row = {
        "name": name,
        "kind": "email",
        "target": keys.seal(to, f"channel:{name}:target"),
        "target_ref": f"stored:{keys.fingerprint(to)}",
        "fingerprint": keys.fingerprint(to),
        "credential": "smtp",
        "options": {"language": language},
        "address": address,
        "declared": False,
    }
    made = insert(channels).values(created_at=func.clock_timestamp(), **row).returning(channels.c.id)
    return ChannelId(connection.execute(made).scalar_one())


def channel_at(connection: Connection, address: str) -> tuple[ChannelId, str] | None:
    """The standing channel that leads to this mailbox, the declared one first: its number and name."""
    here = (channels.c.address == address) & channels.c.removed_at.is_(None)
    found = select(channels.c.id, channels.c.name).where(here)
    row = connection.execute(found.order_by(channels.c.declared.desc(), channels.c.id)).first()
    return None if row is None else (ChannelId(row.id), row.name)


def remove_channel(connection: Connection, name: str) -> Literal["removed", "declared"] | None:
    """Removes a channel that no watchlist declares, and the subscriptions that lead nowhere else; "declared": it
    stays, None: there is none."""
    here = (channels.c.name == name) & channels.c.removed_at.is_(None)
    declared = connection.execute(select(channels.c.declared).where(here)).scalar()
    if declared is None or declared:
        return None if declared is None else "declared"
    connection.execute(update(channels).where(here).values(removed_at=func.clock_timestamp()))
    connection.execute(
        update(subscriptions).where(_made_alone_for(name)).values(removed_at=func.clock_timestamp())
    )
    return "removed"


def alone_with(connection: Connection, name: str) -> Sequence[str]:
    """The subscriptions that no watchlist declares and that lead to this channel alone: they go when it goes."""
    going = select(subscriptions.c.name).where(_made_alone_for(name)).order_by(subscriptions.c.name)
    return list(connection.execute(going).scalars())


def _made_alone_for(name: str) -> ColumnElement[bool]:
    made_here = subscriptions.c.removed_at.is_(None) & subscriptions.c.declared.is_(False)
    return made_here & (subscriptions.c.channels == [name])


def add_subscription(
    connection: Connection, name: str, wanted: Sequence[str], channel: str, when: Sequence[str], timezone: str
) -> bool:
    """A subscription that no watchlist declares; False where one of this name stands already."""
    standing = subscriptions.c.removed_at.is_(None) & (subscriptions.c.name == name)
    if connection.execute(select(subscriptions.c.id).where(standing)).first() is not None:
        return False
    row = {
        "name": name,
        "topics": list(wanted),
        "channels": [channel],
        "when": list(when),
        "timezone": timezone,
    }
    connection.execute(
        insert(subscriptions).values(
            created_at=func.clock_timestamp(), changed_at=func.clock_timestamp(), declared=False, **row
        )
    )
    return True
