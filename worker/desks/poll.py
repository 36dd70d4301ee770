"""The poll desk: feeds that are due, asked side by side; what ends at nearly the same time is settled together."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from worker import hosts, spans
from worker.crashpoint import crashpoint
from worker.desks.documents import read_feed
from worker.desks.noting import note
from worker.desks.search import find_feed
from worker.desks.taking_in import TakenIn, take_in
from worker.errors import BadConfiguration
from worker.feeds.callback import pushed
from worker.kit import Kit
from worker.model import DueFeed, FeedId
from worker.polling import (
    After,
    Failing,
    Found,
    Fresh,
    Outcome,
    Site,
    Unchanged,
    ask,
    judge,
    leads_to,
    next_state,
)
from worker.rolling import Tray, keep_busy
from worker.secrets import Secret
from worker.store import feeds as store
from worker.store import hosts as sites
from worker.store import spread
from worker.store.engine import Connection, DatabaseTrouble, lost_connection, without_fsync

log = structlog.get_logger("worker")

ROOM = 100
SECONDS = 60.0
REST = 0.25
TOGETHER_S = 0.1
DEADLOCK = "40P01"  # https://www.postgresql.org/docs/18/errcodes-appendix.html


@dataclass(frozen=True, slots=True)
class Polled:
    """A feed's answer, understood: what there is to settle."""

    feed: DueFeed
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settled poll brought: how many new entries, and what follows. None of it if the lease was lost."""

    new: int = 0
    after: After | None = None
    at: datetime | None = None


async def poll(kit: Kit, seconds: float = SECONDS) -> int:
    """Polls the feeds that are due; returns how many were polled."""

    def settle_and_ring(polled: list[Polled]) -> list[Settled]:
        settled = settle(kit, polled)
        crashpoint("poll_after_commit")
        if any(each.new for each in settled):
            kit.settled("poll")
        return settled

    def claim(room: int) -> list[DueFeed]:
        with kit.engine.begin() as connection:
            without_fsync(
                connection
            )  # a claim that is forgotten costs a poll, and its token settles but one state
            return store.claim_due(connection, room)

    tray: Tray[Polled, Settled] = Tray(settle_and_ring, TOGETHER_S)
    await asyncio.to_thread(_spread, kit)
    return await keep_busy(
        lambda room: asyncio.to_thread(claim, room),
        lambda feed: _poll_one(kit, feed, tray),
        room=ROOM,
        seconds=seconds,
        rest=REST,
        stopping=kit.stopping,
    )


def _spread(kit: Kit) -> None:
    with kit.engine.begin() as connection:
        if late := spread.spread_after_stop(connection):
            log.info("spread", feeds=late)


async def _poll_one(kit: Kit, feed: DueFeed, tray: Tray[Polled, Settled]) -> None:
    began = kit.clock()
    late_s = (began - feed.due_at).total_seconds() if feed.due_at else 0.0
    crashpoint("poll_after_claim")
    with spans.span("feed", "inside", {"feed": feed.id}):
        outcome = await _answer(kit, feed)
    crashpoint("poll_after_fetch")
    settled = await tray.put(Polled(feed, outcome), urgent=isinstance(outcome, Fresh) and not feed.first_poll)
    if settled.after is None or settled.at is None:
        log.warning("lease_lost", feed=feed.id)
        return
    spans.step(
        "poll",
        spans.Way("poll", feed.id, settled.at),
        (kit.clock() - began).total_seconds(),
        {"feed": feed.id, "outcome": type(outcome).__name__.lower(), "new": settled.new},
        first=True,
    )
    log.info(
        "polled",
        feed=feed.id,
        status=type(outcome).__name__.lower(),
        new=settled.new,
        late_s=round(late_s, 2),
        **_told(outcome, settled.after),
    )


async def _answer(kit: Kit, feed: DueFeed) -> Outcome:
    try:
        request = ask(feed, *credentials(kit, feed), kit.clock())
    except BadConfiguration as error:
        return Failing(str(error))
    outcome = judge(feed, await kit.web.ask(request), read_feed)
    return await find_feed(kit, feed, outcome) if isinstance(outcome, Site) else outcome


def credentials(kit: Kit, feed: DueFeed) -> tuple[Secret | None, dict[str, Secret]]:
    """The feed's password and headers, opened."""
    password = kit.keys.open(feed.password, f"feed:{feed.asked_url}:password") if feed.password else None
    headers = {
        name: kit.keys.open(kept["sealed"], f"feed:{feed.asked_url}:header {name}")
        for name, kept in feed.headers.items()
    }
    return password, headers


def settle(kit: Kit, polled: Sequence[Polled]) -> list[Settled]:
    """Settles polls in one transaction. Where that clashes with a watchlist that is applied, or the database refuses
    what one of them brought, each is settled by itself; the refused one counts as failing and takes nobody with it."""
    try:
        with kit.engine.begin() as connection:
            return _settle(kit, connection, polled, kit.clock())
    except (DatabaseTrouble, UnicodeError) as trouble:
        clash = getattr(getattr(trouble, "orig", None), "sqlstate", None) == DEADLOCK
        if lost_connection(trouble) and not clash:
            raise
        if len(polled) > 1:
            return [settled for each in polled for settled in settle(kit, [each])]
        if clash or not isinstance(polled[0].outcome, Fresh):
            raise
        refused = Failing(f"what it brought cannot be stored: {type(trouble).__name__}")
        return settle(kit, [replace(polled[0], outcome=refused)])


def _settle(kit: Kit, connection: Connection, polled: Sequence[Polled], now: datetime) -> list[Settled]:
    """The feeds' new entries, their validators, their next polls, and their turns given back."""
    if not any(isinstance(each.outcome, Fresh) for each in polled):
        without_fsync(connection)  # forgotten by PostgreSQL's own crash, they are asked once more
    held = store.hold(connection, [each.feed for each in polled])
    ours = [each for each in polled if each.feed.id in held]
    cooling = _hear(connection, polled, ours)
    taken = {each.feed.id: _take_in(connection, each, now) for each in ours}
    elsewhere = _polled_elsewhere(connection, ours, taken, now)
    after = {}
    for each in ours:
        jitter = random.uniform(-1, 1)
        then = next_state(
            each.feed,
            each.outcome,
            new=taken[each.feed.id].new,
            known=taken[each.feed.id].known,
            now=now,
            jitter=jitter,
            cooling_until=cooling.get(each.feed.id),
            watched=elsewhere.get(each.feed.id, ()),
        )
        told = pushed(each.feed, then.facts, new=taken[each.feed.id].new, now=now, jitter=jitter)
        after[each.feed.id] = replace(then, facts=then.facts | told | dict(taken[each.feed.id].facts))
    store.settle_polls(connection, [(each.feed, after[each.feed.id].facts) for each in ours])
    for each in ours:
        then = after[each.feed.id]
        note(kit, connection, each.feed, each.outcome, then.facts, now, then.missed_most)
    crashpoint("poll_before_commit")
    return [
        Settled(taken[each.feed.id].new, after[each.feed.id], now) if each.feed.id in held else Settled()
        for each in polled
    ]


def _take_in(connection: Connection, polled: Polled, now: datetime) -> TakenIn:
    """Stores what is new in the document, if there is one."""
    fresh = polled.outcome if isinstance(polled.outcome, Fresh) else None
    return take_in(connection, polled.feed, fresh.document, now) if fresh else TakenIn()


def _polled_elsewhere(
    connection: Connection, ours: Sequence[Polled], taken: Mapping[FeedId, TakenIn], now: datetime
) -> dict[FeedId, list[str]]:
    """For feeds that have moved: their new addresses, where another feed is polled there already."""
    moves = {
        each.feed.id: address
        for each in ours
        if (address := leads_to(each.feed, each.outcome, taken[each.feed.id].known, now))
    }
    watched = store.watched_at(connection, set(moves.values()))
    return {
        feed: [address] for feed, address in moves.items() if address in watched and watched[address] != feed
    }


def _hear(connection: Connection, polled: Sequence[Polled], ours: Sequence[Polled]) -> dict[FeedId, datetime]:
    """Gives the turns back and tells the sites' rows what they answered; returns the feeds that were answered on behalf
    of their whole site, and until when it is left alone."""
    found = sites.lock(connection, {each.feed.turn.site for each in polled if each.feed.turn})
    for each in polled:
        if each.feed.turn and (host := found.hosts.get(each.feed.turn.site)):
            freed = hosts.give_back(host, each.feed.turn.until)
            found.hosts[host.site] = hosts.hear(freed, *_said(each.outcome), found.now)
    sites.save(connection, found.hosts.values(), found.now)
    cooling: dict[FeedId, datetime] = {}
    for each in ours:
        host = found.hosts.get(each.feed.turn.site) if each.feed.turn else None
        if host and (until := hosts.cooling(host, _said(each.outcome)[0], found.now)):
            cooling[each.feed.id] = until
    return cooling


def _said(outcome: Outcome) -> tuple[int | None, str | None]:
    """The status and the Retry-After of an answer, as far as it came from the site."""
    match outcome:
        case Failing(_, status, headers):
            return status, (headers or {}).get("retry-after")
        case Fresh(status=status) | Unchanged(status=status):
            return status, None
        case Found():
            return 200, None


def _told(outcome: Outcome, after: After) -> dict[str, object]:
    told: dict[str, object] = {"reason": outcome.reason} if isinstance(outcome, Failing) else {}
    if after.missed_most:
        told["missed_most"] = after.missed_most
    if after.moved_to:
        told["notice"] = after.facts["notice"]
    return told
