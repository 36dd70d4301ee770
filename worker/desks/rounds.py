"""What the poll desk's bell sets going: polls, and what polls leave to be done. Side by side, each with its own
claims, so that none waits for another."""

from __future__ import annotations

import asyncio

from worker.desks.gaps import fill_gaps
from worker.desks.listening import listen_to_feeds
from worker.desks.poll import poll
from worker.desks.websub import ask_hubs
from worker.kit import Kit


async def make_rounds(kit: Kit) -> None:
    """Polls the feeds that are due, fills gaps, asks hubs, and listens for silence. A trouble in one is raised
    when all are done."""
    rounds = poll(kit), fill_gaps(kit), ask_hubs(kit), asyncio.to_thread(listen_to_feeds, kit)
    for outcome in await asyncio.gather(*rounds, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
