"""SHELL. A test message through a channel, as a command or a program asks for it: whether one may be sent, and sending
it with the send desk's own tools."""

from __future__ import annotations

import asyncio

from alerts.letter import plain_text
from alerts.model import Channel, ChannelId
from alerts.store.addresses import standing_of
from alerts.store.circuits import close_circuit
from alerts.store.people import credential_of
from ops.outbox import make_outbox
from ops.tools import make_kit
from ops.trial import Trial, try_channel
from worker.secrets import KeyRing
from worker.settings import Settings
from worker.store.engine import Connection


def unwanted(connection: Connection, keys: KeyRing, channel: Channel) -> str | None:
    """Why no test may be sent there, as a sentence; None if it may. A test is a message as well: none goes to somebody
    who does not want any."""
    if channel.kind != "email":
        return None
    standing = standing_of(connection, keys, channel)
    if standing.blocked_by is not None:
        return f"{plain_text(channel.name, 80)} is blocked: nothing is written there"
    if not standing.vouched:
        return f"the owner of {plain_text(channel.name, 80)} has not confirmed yet"
    return None


def let_through(connection: Connection, channel: ChannelId) -> bool:
    """What works again for a test works for what was held; True if anything was."""
    credential = credential_of(connection, channel)
    stops = [f"channel:{channel}", *([f"sender:{credential}"] if credential else [])]
    closed = [close_circuit(connection, circuit) for circuit in stops]  # each of them, whatever the first was
    return any(closed)


def try_once(settings: Settings, channel: Channel) -> Trial:
    """Sends the test and waits for its end; not from within a running event loop."""
    kit = make_kit(settings)
    outbox = make_outbox(settings, kit)

    async def once() -> Trial:
        async with kit.web:
            return await try_channel(outbox, channel, kit.clock())

    try:
        return asyncio.run(once())
    finally:
        kit.engine.dispose()
        if outbox.mail is not None:
            outbox.mail.close()
