"""Filling gaps: a step asks one more document of a feed for what slipped through between two polls."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

import structlog

from worker.desks.documents import read_feed
from worker.desks.poll import credentials
from worker.errors import BadConfiguration
from worker.feeds.gaps import missed, next_step, section
from worker.feeds.recognise import keyed_entries, sift
from worker.feeds.ways import Came, DeadEnd, Look, Way, look
from worker.kit import Kit
from worker.model import DueFeed, NewEntry
from worker.polling import ask
from worker.rolling import keep_busy
from worker.store import feeds, gaps
from worker.store.engine import Connection
from worker.store.gaps import OpenGap

log = structlog.get_logger("worker")

ROOM = 8
SECONDS = 20.0


async def fill_gaps(kit: Kit, seconds: float = SECONDS) -> int:
    """Takes the steps that are due; returns how many."""

    def claim(room: int) -> list[OpenGap]:
        with kit.engine.begin() as connection:
            return gaps.claim_open(connection, room)

    return await keep_busy(claim, lambda gap: _fill(kit, gap), room=ROOM, seconds=seconds)


async def _fill(kit: Kit, gap: OpenGap) -> None:
    looked = await _look(kit, gap)
    now = kit.clock()
    recovered = _settle(kit, gap, looked, now)
    if recovered is None:
        log.warning("lease_lost", feed=gap.feed.id, gap=gap.id)
    elif recovered:
        await asyncio.to_thread(kit.settled, "poll")


async def _look(kit: Kit, gap: OpenGap) -> Look:
    if not gap.filling.ways:
        return DeadEnd("there is no way back")
    way = gap.filling.ways[0]
    try:
        own = credentials(kit, gap.feed) if _same_site(way.url, gap.feed.url) else (None, {})
    except BadConfiguration as error:
        return DeadEnd(str(error))
    there = replace(gap.feed, url=way.url, etag=None, last_modified=None)
    if not _same_site(way.url, gap.feed.url):
        there = replace(there, username=None)
    return look(way, await kit.web.ask(ask(there, *own, kit.clock())), read_feed)


def _same_site(one: str, other: str) -> bool:
    """Whether a feed's credentials may go there too."""
    return urlsplit(one)[:2] == urlsplit(other)[:2]


def _settle(kit: Kit, gap: OpenGap, looked: Look, now: datetime) -> int | None:
    """One transaction: the entries that came, and the next step. None if the lease was lost."""
    way = gap.filling.ways[0] if gap.filling.ways else None
    with kit.engine.begin() as connection:
        new: list[NewEntry] = []
        reached = False
        if way is not None and isinstance(looked, Came):
            belonging, reached = _belonging(connection, gap, way, looked, now)
            new = _store(connection, gap.feed, belonging, now)
        gap = replace(gap, filling=next_step(gap.filling, looked, found=len(new), reached=reached))
        gaps.settle(connection, gap, now, recovered=len(new), name=way.name if way else "")
        if not gaps.release(connection, gap):
            connection.rollback()
            return None
    log.info(
        "gap_step",
        feed=gap.feed.id,
        gap=gap.id,
        way=way.name if way else None,
        new=len(new),
        state=gap.filling.state,
        reason=gap.filling.reason,
    )
    return len(new)


def _belonging(
    connection: Connection, gap: OpenGap, way: Way, came: Came, now: datetime
) -> tuple[list[NewEntry], bool]:
    keyed = keyed_entries(gap.feed, came.document, now)
    known = gaps.known_before(
        connection, gap.feed.id, {key for each in keyed for key in each.keys}, gap.until
    )
    sections = {section(link) for link in gaps.recent_links(connection, gap.feed.id)}
    return missed(way, gap.since, keyed, known, sections)


def _store(connection: Connection, feed: DueFeed, belonging: list[NewEntry], now: datetime) -> list[NewEntry]:
    """Those that nothing makes known are stored, as news."""
    known = feeds.known_keys(connection, feed.id, {key for entry in belonging for key in entry.keys})
    new, learned = sift(belonging, known)
    feeds.learn_keys(connection, feed.id, learned)
    feeds.add_entries(connection, feed.id, new, now)
    return new
