"""What the poll desk's bell sets going: polls, and what polls leave to be done. Side by side, each with its own
claims, so that none waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from worker.desks.gaps import fill_gaps
from worker.desks.listening import listen_to_feeds
from worker.desks.poll import poll
from worker.desks.websub import ask_hubs
from worker.kit import Kit
from worker.store.engine import asking
from worker.store.rounds import Left, left_to_do

AGAIN_S = 1.0
"""What a poll has just left behind does not wait until the last feed has been polled."""


async def make_rounds(kit: Kit) -> None:
    """Polls the feeds that are due; meanwhile fills gaps, asks hubs, and listens for silence. A trouble is raised
    once nothing runs any more."""
    polling = asyncio.ensure_future(poll(kit))
    troubles: list[BaseException] = []
    done: set[asyncio.Future[int]] = set()
    while not done and not troubles and not kit.stopping():
        outcomes = await asyncio.gather(_do_what_is_left(kit), return_exceptions=True)
        troubles = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        done, _ = await asyncio.wait({polling}, timeout=AGAIN_S)
    await polling
    if troubles:
        raise troubles[0]


async def _do_what_is_left(kit: Kit) -> None:
    left = await asyncio.to_thread(_look, kit)
    rounds: list[Awaitable[int]] = []
    if left.gaps:
        rounds.append(fill_gaps(kit))
    if left.hubs:
        rounds.append(ask_hubs(kit))
    if left.silence:
        rounds.append(asyncio.to_thread(listen_to_feeds, kit))
    outcomes = await asyncio.gather(*rounds, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


def _look(kit: Kit) -> Left:
    with asking(kit.engine) as connection:
        return left_to_do(connection, kit.clock())
