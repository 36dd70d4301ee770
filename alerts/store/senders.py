"""Senders that were refused, such as a mail server's log-in or a token: what stops all that share it."""

from __future__ import annotations

from sqlalchemy import Connection, func, update

from alerts.store.schema import circuits


def try_again(connection: Connection) -> int:
    """Lets one message of each refused sender through at the next round instead of within the hour; returns of how
    many. Settings are read when a process starts, so who has mended one has started it again."""
    waiting = circuits.c.name.startswith("sender:") & (circuits.c.probe_at > func.clock_timestamp())
    return connection.execute(
        update(circuits).where(waiting).values(probe_at=func.clock_timestamp())
    ).rowcount
