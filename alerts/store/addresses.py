"""Mailboxes by a keyed hash: the same address is known again, and nobody can read it from the tables.

The key is made once and kept sealed, apart from the keys that seal: those are rotated, while what the owner of a
mailbox said must hold for ever, and cannot be hashed anew, because the address itself is not stored. So it is with
the key that signs the links below mails: a link to unsubscribe works however old its mail is.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from alerts.bounces import Bounces
from alerts.mailbox import EmailNotValidError, mailbox
from alerts.model import Channel, ChannelId, DeliveryId
from alerts.store.schema import channels, kept_secrets
from alerts.tokens import ADDRESS
from worker.errors import BadConfiguration
from worker.secrets import KeyRing, Secret

Kept = Literal["address_key", "link_key"]

_STANDING = text("""
    SELECT c.declared OR a.confirmed_at IS NOT NULL OR EXISTS (
             SELECT FROM channels v WHERE v.address = :address AND v.declared AND v.removed_at IS NULL) AS vouched,
           a.blocked_by, a.rests_until,
           (SELECT sealed FROM kept_secrets WHERE name = 'link_key') AS links,
           ARRAY(SELECT DISTINCT subscription_id FROM alerts WHERE delivery_id = :delivery ORDER BY 1) AS through
    FROM channels c LEFT JOIN addresses a ON a.address = :address
    WHERE c.id = :channel
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """What may be written to a channel's mailbox. `vouched` if an administrator's watchlist declares it, or its
    owner has confirmed it; `rests_until` is the end of a pause that its owner asked for. `sealed_links` is what
    `link_keys` opens, as it was found on the way; `through` are the subscriptions that a delivery comes through."""

    address: str
    vouched: bool
    blocked_by: str | None
    rests_until: datetime | None
    sealed_links: str | None = None
    through: tuple[int, ...] = ()


def address_of(connection: Connection, keys: KeyRing, to: Secret) -> str:
    """The address's keyed hash; capitals make no other mailbox. Raises BadConfiguration where the key does not
    open."""
    written = to.reveal().strip()
    with suppress(EmailNotValidError):
        written = mailbox(written).normalized
    key = _kept(connection, keys, "address_key")
    return hashlib.blake2b(written.lower().encode(), key=key, digest_size=ADDRESS).hexdigest()


def link_keys(connection: Connection, keys: KeyRing, sealed: str | None = None) -> KeyRing:
    """What signs the links below mails, and verifies them; `sealed`, where it was just read. Raises BadConfiguration
    where it does not open."""
    return KeyRing((_kept(connection, keys, "link_key", sealed),))


def _kept(connection: Connection, keys: KeyRing, name: Kept, sealed: str | None = None) -> bytes:
    """A key of our own, made at first use."""
    found, place = select(kept_secrets.c.sealed).where(kept_secrets.c.name == name), f"kept:{name}"
    sealed = sealed or connection.execute(found).scalar()
    if sealed is None:
        new = keys.seal(Secret(os.urandom(32).hex()), place)
        connection.execute(upsert(kept_secrets).values(name=name, sealed=new).on_conflict_do_nothing())
        sealed = connection.execute(found).scalar_one()
    return bytes.fromhex(keys.open(sealed, place).reveal())


def recognise(connection: Connection, keys: KeyRing) -> None:
    """Notes the mailbox of every channel that has one, where it is not known yet. One that no key opens stays
    unknown; the send desk says so."""
    unknown = select(channels.c.id, channels.c.name, channels.c.target).where(
        channels.c.kind == "email", channels.c.address.is_(None), channels.c.removed_at.is_(None)
    )
    unknown = unknown.order_by(
        channels.c.id
    )  # two that do it at once wait for each other, and not in a circle
    for row in connection.execute(unknown).all():
        with suppress(BadConfiguration):
            address = address_of(connection, keys, keys.open(row.target, f"channel:{row.name}:target"))
            connection.execute(update(channels).where(channels.c.id == row.id).values(address=address))


def standing_of(
    connection: Connection, keys: KeyRing, channel: Channel, delivery: DeliveryId | None = None
) -> Standing:
    """What may be written to this mailbox, by the address that it has now; and of a delivery to it, by which
    subscriptions it comes."""
    address = address_of(connection, keys, channel.to)
    asked = {"address": address, "channel": channel.id, "delivery": delivery}
    row = connection.execute(_STANDING, asked).one()
    return Standing(address, row.vouched, row.blocked_by, row.rests_until, row.links, tuple(row.through))


def count_bounces(connection: Connection, channel: ChannelId, counted: Bounces) -> None:
    """Writes down on how many days a mailbox refused."""
    facts = {"bounces": counted.days, "bounced_on": counted.last}
    connection.execute(update(channels).where(channels.c.id == channel).values(**facts))
