"""The poll desk: feeds that are due, asked side by side, each settled as its answer comes."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

import structlog

from worker.desks.taking_in import TakenIn, take_in
from worker.discovery import Discovered, discover, request_for
from worker.errors import BadConfiguration, BadInput
from worker.feeds.discover import looks_like_a_feed
from worker.feeds.parse import parse_feed
from worker.kit import Kit
from worker.limits import TooSlow, at_most
from worker.model import DueFeed, FeedDocument
from worker.polling import (
    ACCEPT,
    MAX_FEED_BYTES,
    Failing,
    Found,
    Fresh,
    Outcome,
    Site,
    ask,
    judge,
    next_state,
)
from worker.rolling import keep_busy
from worker.secrets import Secret
from worker.store import feeds as store
from worker.wire import Failure, Reply

log = structlog.get_logger("worker")

ROOM = 50
SECONDS = 20.0
PARSE_SECONDS = 5.0
SEARCH_SECONDS = 25.0


async def poll(kit: Kit, seconds: float = SECONDS) -> int:
    """Polls the feeds that are due, each settled as its answer comes; returns how many were polled."""

    def claim(room: int) -> list[DueFeed]:
        with kit.engine.begin() as connection:
            return store.claim_due(connection, room)

    return await keep_busy(claim, lambda feed: _poll_one(kit, feed), room=ROOM, seconds=seconds)


async def _poll_one(kit: Kit, feed: DueFeed) -> None:
    outcome = await _answer(kit, feed)
    seen_at = kit.clock()
    new = _settle_poll(kit, feed, outcome, seen_at)
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
    outcome = judge(feed, await kit.web.ask(request), _parse)
    return await _search(kit, feed, outcome) if isinstance(outcome, Site) else outcome


async def _search(kit: Kit, feed: DueFeed, site: Site) -> Outcome:
    """The feed behind a site's page, if one is found in time."""

    async def ask(address: str) -> Reply | Failure:
        return await kit.web.ask(request_for(address, ACCEPT, MAX_FEED_BYTES))

    try:
        async with asyncio.timeout(SEARCH_SECONDS):
            only_declared = looks_like_a_feed(feed.asked_url)
            found = await discover(site.page, site.url, ask, _parse, only_declared=only_declared)
    except TimeoutError:
        return replace(site.failing, reason=f"{site.failing.reason}; its feed was not found in time")
    if isinstance(found, Discovered):
        return _taken(feed, found, site)
    looked = f"; no feed at {len(found.tried)} places where one may be" if found.tried else ""
    return replace(site.failing, reason=site.failing.reason + looked)


def _taken(feed: DueFeed, found: Discovered, site: Site) -> Outcome:
    """The found feed; not on another host, where what the user gave for this one is to be sent along."""
    secret = feed.username or feed.headers
    if secret and urlsplit(found.address).hostname != urlsplit(feed.asked_url).hostname:
        told = f"its feed is {found.address}, on another host, which is not given the user or headers of this one"
        return replace(site.failing, reason=f"{told}; add that address itself")
    return Found(found.address)


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


def _settle_poll(kit: Kit, feed: DueFeed, outcome: Outcome, now: datetime) -> int | None:
    """One transaction: the feed's new entries, its validators and its next poll. None if the lease was lost."""
    with kit.engine.begin() as connection:
        document = outcome.document if isinstance(outcome, Fresh) else None
        taken = take_in(connection, feed, document, now) if document else TakenIn()
        counts = {"new": taken.new, "known": taken.known}
        facts = next_state(feed, outcome, **counts, now=now, jitter=random.uniform(-1, 1))
        if not store.settle_poll(connection, feed, facts | dict(taken.facts)):
            connection.rollback()
            return None
    return taken.new


def _trouble(outcome: Outcome) -> dict[str, str]:
    return {"reason": outcome.reason} if isinstance(outcome, Failing) else {}
