"""Mailboxes as their owners and the operators see them."""

from __future__ import annotations

from sqlalchemy import Connection, select

from alerts.store.schema import channels
from worker.errors import BadConfiguration
from worker.secrets import KeyRing


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
