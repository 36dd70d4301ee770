"""Channels made by hand, changed where they stand: what waits for one, and what it has heard, stays its own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select, text, update

from alerts.model import ChannelId
from alerts.store.addresses import recognise
from alerts.store.schema import channels, circuits
from ops.store.declared import Shelf, channel_in, place_of, reference_in
from ops.watchlist import DeclaredChannel, Given, Reference, SecretAt
from ops.watchlist.model import OPEN_KINDS
from worker.errors import BadConfiguration
from worker.secrets import KeyRing, Secret

_LED_BY_FILE = text("""
    SELECT name FROM subscriptions WHERE removed_at IS NULL AND declared AND :name = ANY(channels) ORDER BY name LIMIT 3
""")
_LEAD_ON = text("""
    UPDATE subscriptions SET channels = array_replace(channels, :before, :after)
    WHERE removed_at IS NULL AND :before = ANY(channels)
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """A channel as it stands, with references for secrets; `target` and `secret` are what they open to (None: there is
    none, or no key opens it)."""

    id: ChannelId
    item: DeclaredChannel
    declared: bool
    target: Secret | None
    secret: Secret | None
    address: str | None


def standing(connection: Connection, keys: KeyRing, channel: int) -> Standing | None:
    """The channel of this number; None where there is none (any more)."""
    here = (channels.c.id == channel) & channels.c.removed_at.is_(None)
    row = connection.execute(select(channels).where(here)).one_or_none()
    if row is None:
        return None

    def opened(field: str, sealed: str | None) -> Secret | None:
        with suppress(BadConfiguration):
            return None if sealed is None else keys.open(sealed, place_of(("channel", row.name, field)))
        return None

    target = opened("target", row.target)

    def reference(at: SecretAt, _sealed: str, written: str, _shown: bool = False) -> Reference:
        shown = at[2] == "target" and row.kind in OPEN_KINDS and target is not None
        return Given(target) if shown and target is not None else reference_in(written)

    item = channel_in(row, reference)
    return Standing(ChannelId(row.id), item, row.declared, target, opened("secret", row.secret), row.address)


def led_by_file(connection: Connection, name: str) -> Sequence[str]:
    """Subscriptions that a watchlist declares and that lead to the channel of this name, three of them."""
    return list(connection.execute(_LED_BY_FILE, {"name": name}).scalars())


def put(
    shelf: Shelf,
    stands: Standing,
    channel: DeclaredChannel,
    *,
    target: Secret | None,
    secret: Secret | None,
    signed: bool,
) -> None:
    """Makes the channel what is wanted. A `target` or `secret` of None stays as it is, unless it is not to be `signed`
    any more; all that stays has to open. The caller is alone (`ops.store.declared.alone`)."""
    connection, keys, name = shelf.connection, shelf.keys, channel.name
    renamed = name != stands.item.name
    row: dict[str, Any] = {"name": name}
    if target is not None:
        row |= {"target": _sealed(keys, name, "target", target), "target_ref": _stored(keys, target)}
        # known anew below, and another place has refused nothing yet
        row |= {"fingerprint": keys.fingerprint(target), "address": None, "bounces": 0, "bounced_on": None}
    elif renamed:
        assert stands.target is not None
        row["target"] = _sealed(keys, name, "target", stands.target)
    if not signed:
        row |= {"secret": None, "secret_ref": None}
    elif secret is not None:
        row |= {"secret": _sealed(keys, name, "secret", secret), "secret_ref": _stored(keys, secret)}
    elif renamed and stands.item.secret is not None:
        assert stands.secret is not None
        row["secret"] = _sealed(keys, name, "secret", stands.secret)
    shelf.wait_for_the_desks()
    options = connection.execute(select(channels.c.options).where(channels.c.id == stands.id)).scalar_one()
    kept = {key: value for key, value in options.items() if key != "language"}
    row["options"] = kept if channel.language == "en" else {**kept, "language": channel.language}
    connection.execute(update(channels).where(channels.c.id == stands.id).values(**row))
    if renamed:
        connection.execute(_LEAD_ON, {"before": stands.item.name, "after": name})
    if target is not None or secret is not None:
        _mended(connection, stands.id)
    recognise(connection, keys)


def _mended(connection: Connection, channel: ChannelId) -> None:
    """What was held for it goes out at the next look; but not what waits for a word after a restore."""
    stopped = (circuits.c.name == f"channel:{channel}") & (circuits.c.reason != "restored")
    connection.execute(delete(circuits).where(stopped))


def _sealed(keys: KeyRing, name: str, field: str, value: Secret) -> str:
    return keys.seal(value, place_of(("channel", name, field)))


def _stored(keys: KeyRing, value: Secret) -> str:
    return f"stored:{keys.fingerprint(value)}"
