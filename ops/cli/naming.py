"""How a command answers to a name that nobody bears: with the one that was probably meant."""

from __future__ import annotations

from collections.abc import Collection

from alerts.letter import plain_text
from worker.errors import BadInput


def unknown(noun: str, name: str, known: Collection[str]) -> BadInput:
    """Why the name cannot be used, and where all names stand; `noun` is what the command line calls one of them."""
    from ops.watchlist.words import did_you_mean

    near = did_you_mean(name, known)
    return BadInput(f'no {noun} is called "{plain_text(name, 60)}"{near}; `pantau {noun}s list` shows them')
