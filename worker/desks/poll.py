"""The poll desk: feeds that are due, asked side by side, each settled as its answer comes."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime

import structlog

from worker.errors import BadConfiguration, BadInput
from worker.feeds.parse import parse_feed
from worker.kit import Kit
from worker.limits import TooSlow, at_most
from worker.model import DueFeed, FeedDocument, NewEntry
from worker.polling import Failing, Fresh, Outcome, ask, judge, keyed_entries, next_state, sift, told_again
from worker.rolling import keep_busy
from worker.secrets import Secret
from worker.store import feeds as store
from worker.store.edits import note_edits

log = structlog.get_logger("worker")

ROOM = 50
SECONDS = 20.0
PARSE_SECONDS = 5.0


async def poll(kit: Kit, seconds: float = SECONDS) -> int:
    """Polls the feeds that are due, each settled as its answer comes; returns how many were polled."""

    def claim(room: int) -> list[DueFeed]:
        with kit.engine.begin() as connection:
            return store.claim_due(connection, room)

    return await keep_busy(claim, lambda feed: _poll_one(kit, feed), room=ROOM, seconds=seconds)


async def _poll_one(kit: Kit, feed: DueFeed) -> None:
    outcome = await _answer(kit, feed)
    seen_at = kit.clock()
    keyed = keyed_entries(feed, outcome.document, seen_at) if isinstance(outcome, Fresh) else []
    new = _settle_poll(kit, feed, outcome, keyed, seen_at)
    if new is None:
        log.warning("lease_lost", feed=feed.id)
        return
    if new:
        await asyncio.to_thread(kit.settled, "poll")
    log.info("polled", feed=feed.id, status=type(outcome).__name__.lower(), new=new, **_trouble(outcome))


async def _answer(kit: Kit, feed: DueFeed) -> Outcome:
    try:
        request = ask(feed, *_credentials(kit, feed))
    except BadConfiguration as error:
        return Failing(str(error))
    return judge(feed, await kit.web.ask(request), _parse)


def _credentials(kit: Kit, feed: DueFeed) -> tuple[Secret | None, dict[str, Secret]]:
    """The feed's password and headers, opened."""
    password = kit.keys.open(feed.password, f"feed:{feed.asked_url}:password") if feed.password else None
    headers = {
        name: kit.keys.open(kept["sealed"], f"feed:{feed.asked_url}:header {name}")
        for name, kept in feed.headers.items()
    }
    return password, headers


def _parse(body: bytes, url: str, content_type: str) -> FeedDocument:
    try:
        with at_most(PARSE_SECONDS):
            return parse_feed(body, url=url, content_type=content_type)
    except TooSlow:
        raise BadInput(f"the feed took more than {PARSE_SECONDS:.0f} s to parse") from None


def _settle_poll(
    kit: Kit, feed: DueFeed, outcome: Outcome, keyed: list[NewEntry], now: datetime
) -> int | None:
    """One transaction: the feed's new entries, its validators and its next poll. None if the lease was lost."""
    with kit.engine.begin() as connection:
        known = store.known_keys(connection, feed.id, {key for entry in keyed for key in entry.keys})
        new, learned = sift(keyed, known)
        store.learn_keys(connection, feed.id, learned)
        store.add_entries(connection, feed.id, new, now)
        note_edits(connection, told_again(keyed, known), now)
        counts = {"new": len(new), "known": len(keyed) - len(new)}
        facts = next_state(feed, outcome, **counts, now=now, jitter=random.uniform(-1, 1))
        if not store.settle_poll(connection, feed, facts):
            connection.rollback()
            return None
    return len(new)


def _trouble(outcome: Outcome) -> dict[str, str]:
    return {"reason": outcome.reason} if isinstance(outcome, Failing) else {}
