"""Where a watchlist tells somebody who does not want to hear: nobody writes to them, and whoever applies learns it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from alerts.store.addresses import address_of
from ops.store.mailboxes import Decided, addresses_of_channels, decided
from ops.watchlist import Complaint, SecretAt, Watchlist, read_watchlist
from ops.watchlist.lines import find_lines
from ops.watchlist.words import shown, visible
from worker.secrets import KeyRing, Secret
from worker.store.engine import Connection


def unheard_of(
    connection: Connection, keys: KeyRing, path: Path, declared: Watchlist, secrets: Mapping[SecretAt, Secret]
) -> list[Complaint]:
    """A warning for each declared mailbox that is blocked or was asked in vain, and for each subscription that one
    has left."""
    said = decided(connection)
    if not said:
        return []
    own = {
        channel.name: address_of(connection, keys, secrets["channel", channel.name, "target"])
        for channel in declared.channels
        if channel.kind == "email"
    }
    lines = find_lines(read_watchlist(path))
    places = addresses_of_channels(connection) | own
    return [
        Complaint(visible(str(path)), lines.of(at), key, text)
        for at, key, text in (
            *_blocked(declared, own, said),
            *_unconfirmed(declared, own, said),
            *_left(declared, places, said),
        )
    ]


_Doubt = tuple[tuple[str, int, str], str, str]


def _blocked(declared: Watchlist, own: Mapping[str, str], said: Decided) -> Iterator[_Doubt]:
    for place, channel in enumerate(declared.channels):
        by = said.blocked.get(own.get(channel.name, ""))
        if by is not None:
            who = "its owner asked never to be written to" if by == "recipient" else "the address is blocked"
            text = f"{shown(channel.name)}: {who}, so nothing is (`pantau channels blocked`)"
            yield ("channel", place, "email"), "[[channel]] email", text


def _unconfirmed(declared: Watchlist, own: Mapping[str, str], said: Decided) -> Iterator[_Doubt]:
    """An export brings invited mailboxes along, and a file that declares one vouches for it."""
    for place, channel in enumerate(declared.channels):
        if own.get(channel.name) in said.asked:
            text = (
                f"{shown(channel.name)}: its owner was asked and has not confirmed; this file vouches for it now, "
                "so it is written to"
            )
            yield ("channel", place, "email"), "[[channel]] email", text


def _left(declared: Watchlist, places: Mapping[str, str], said: Decided) -> Iterator[_Doubt]:
    for place, subscription in enumerate(declared.subscriptions):
        for channel in subscription.channels:
            since = said.left.get((subscription.name, places.get(channel, "")))
            if since is not None:
                text = (
                    f"{shown(channel)} unsubscribed from {shown(subscription.name)} on {since:%Y-%m-%d} and hears "
                    "nothing of it (`pantau channels resubscribe`, if its owner asks for it)"
                )
                yield ("subscription", place, "channels"), "[[subscription]] channels", text
