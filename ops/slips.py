"""Slips of the pen: a name that nothing ever had, and which one was probably meant."""

from __future__ import annotations

from alerts.letter import plain_text
from ops.store.listing import names_ever
from ops.watchlist.words import did_you_mean
from worker.store.engine import Connection


def slip_of(connection: Connection, noun: str, name: str) -> str | None:
    """Why nothing is found under this name of a channel, subscription or topic; None where there was such a thing."""
    known = names_ever(connection, noun)
    if name in known:
        return None
    return f'there never was a {noun} called "{plain_text(name, 60)}"{did_you_mean(name, known)}'
