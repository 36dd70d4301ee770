"""Subscriptions at hubs. The last part of a callback's address is known here by its hash alone, and sealed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from worker.feeds.callback import trusted_until
from worker.feeds.websub import Offer, Subscription
from worker.model import DueFeed, FeedId
from worker.secrets import KeyRing, Secret
from worker.store.schema import feeds, websub

LEASE_S = 60.0
_PING_APART = text("interval '10 seconds'")
_TOKEN_BYTES, _SECRET_BYTES = 24, 32

# MATERIALIZED: a plain subquery may be run again for each row it is joined to, and claims more each time.
# asked_at is set before the request: some hubs call back before they answer it.
_CLAIM = text("""
    WITH due AS MATERIALIZED (
        SELECT w.id, f.removed_at IS NOT NULL OR f.state IN ('gone', 'paused') AS unwanted
        FROM websub w JOIN feeds f ON f.id = w.feed_id
        WHERE w.lease_until <= statement_timestamp()
          AND (w.due_at <= statement_timestamp() OR w.base IS DISTINCT FROM CAST(:base AS text)
               OR (f.removed_at IS NOT NULL AND w.state <> 'leaving'))
        ORDER BY w.due_at LIMIT :limit FOR UPDATE OF w SKIP LOCKED)
    UPDATE websub SET lease_until = clock_timestamp() + make_interval(secs => :lease),
                      lease_token = websub.lease_token + 1, asked_at = clock_timestamp(),
                      state = CASE WHEN due.unwanted THEN 'leaving' ELSE websub.state END,
                      tries = CASE WHEN due.unwanted AND websub.state <> 'leaving' THEN 0 ELSE websub.tries END,
                      base = coalesce(CAST(:base AS text), websub.base)
    FROM due WHERE websub.id = due.id
    RETURNING websub.*
""")


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription claimed for one request to its hub; `token` and `secret` are still sealed."""

    id: int
    lease: int
    feed: FeedId
    base: str
    token: str
    secret: str
    subscription: Subscription


def offered(connection: Connection, keys: KeyRing, feed: FeedId, offer: Offer, base: str) -> None:
    """A feed names a hub: it is asked as soon as possible, unless it was asked before."""
    known = select(websub.c.hub, websub.c.topic).where(websub.c.feed_id == feed)
    if connection.execute(known).one_or_none() == (offer.hub, offer.topic):
        return
    token, secret = secrets.token_urlsafe(_TOKEN_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    facts: dict[str, Any] = {"hub": offer.hub, "topic": offer.topic, "base": base}
    facts |= {"token_hash": token_hash(token), "token": keys.seal(Secret(token), place(feed, "token"))}
    facts |= {"secret": keys.seal(Secret(secret), place(feed, "secret")), "state": "wanted", "tries": 0}
    facts |= {"due_at": func.now(), "asked_at": None, "live_until": None, "reason": None}
    new = upsert(websub).values(feed_id=feed, **facts)
    connection.execute(new.on_conflict_do_update(index_elements=["feed_id"], set_=facts))


def place(feed: FeedId, what: str) -> str:
    """Where a sealed value belongs."""
    return f"websub:{feed}:{what}"


def token_hash(token: str) -> bytes:
    """What a callback is found by."""
    return hashlib.sha256(token.encode()).digest()


def claim_due(connection: Connection, limit: int, base: str | None, lease_s: float = LEASE_S) -> list[Held]:
    """The subscriptions to be asked for, renewed or taken back, leased to the caller. All are, once `base` (the
    public address of callbacks) has changed."""
    rows = connection.execute(_CLAIM, {"limit": limit, "base": base, "lease": lease_s}).mappings()
    return [_held(row) for row in rows]


def _held(row: Mapping[Any, Any]) -> Held:
    return Held(
        id=row["id"],
        lease=row["lease_token"],
        feed=FeedId(row["feed_id"]),
        base=row["base"],
        token=row["token"],
        secret=row["secret"],
        subscription=_subscription(row),
    )


def _subscription(row: Mapping[Any, Any]) -> Subscription:
    return Subscription(
        hub=row["hub"],
        topic=row["topic"],
        state=row["state"],
        asked_at=row["asked_at"],
        live_until=row["live_until"],
        tries=row["tries"],
    )


def settle(connection: Connection, held: Held, facts: Mapping[str, Any] | None) -> None:
    """Writes what the hub's answer means (None: nothing to remember any more), unless the hub has called back
    meanwhile: then that says more."""
    ours = (websub.c.id == held.id) & (websub.c.lease_token == held.lease)
    if facts is None:
        connection.execute(delete(websub).where(ours))
        return
    connection.execute(update(websub).where(ours, websub.c.asked_at.is_not(None)).values(**facts))
    connection.execute(update(websub).where(ours).values(lease_until=text("'epoch'")))


@dataclass(frozen=True, slots=True)
class Called:
    """The subscription whose callback was called; `secret` is still sealed."""

    id: int
    feed: FeedId
    base: str
    secret: str
    subscription: Subscription


def called(connection: Connection, token: str) -> Called | None:
    """The subscription with this callback, held until the transaction ends."""
    mine = select(websub).where(websub.c.token_hash == token_hash(token)).with_for_update()
    row = connection.execute(mine).mappings().one_or_none()
    if row is None:
        return None
    return Called(row["id"], FeedId(row["feed_id"]), row["base"], row["secret"], _subscription(row))


def take_note(connection: Connection, found: Called, facts: Mapping[str, Any] | None) -> None:
    """Writes what the hub's call means; None: the subscription is over."""
    mine = websub.c.id == found.id
    if facts is None:
        connection.execute(delete(websub).where(mine))
    elif facts:
        connection.execute(update(websub).where(mine).values(**facts))


def ping(connection: Connection, found: Called, now: datetime) -> None:
    """The hub tells of news: the feed is due, though not more often than every ten seconds."""
    connection.execute(update(websub).where(websub.c.id == found.id).values(pinged_at=now))
    soon = func.greatest(func.clock_timestamp(), feeds.c.last_polled_at + _PING_APART)
    facts: dict[str, Any] = {"pinged_at": now, "next_poll_at": func.least(feeds.c.next_poll_at, soon)}
    if (live_until := found.subscription.live_until) is not None:
        facts["pushed_until"] = trusted_until(live_until, now)
    standing = feeds.c.removed_at.is_(None) & feeds.c.state.not_in(("gone", "paused"))
    connection.execute(update(feeds).where(feeds.c.id == found.feed, standing).values(**facts))


def heed(connection: Connection, feed: DueFeed) -> None:
    """A ping that came while its feed was being polled may tell of something newer: the feed stays due."""
    newer = feeds.c.pinged_at.is_distinct_from(feed.pinged_at)
    connection.execute(
        update(feeds)
        .where(feeds.c.id == feed.id, newer)
        .values(next_poll_at=func.least(feeds.c.next_poll_at, func.clock_timestamp()))
    )
