"""Gaps: what may have been missed, and how far its filling has come. To fill one, its feed is held like for a poll,
so that the two never store the same entry side by side."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text, update

from worker.feeds.gaps import Filling, together
from worker.feeds.ways import Way
from worker.model import DueFeed, FeedId
from worker.store.feeds import LEASE_S, due_feed
from worker.store.schema import entries, entry_keys, feeds, gaps

KEPT = timedelta(days=90)
_LINKS = 200

TIRED = timedelta(hours=6)
"""A feed that rolls over between all polls and offers no way back is not asked for one each time."""

# Of a feed that rolls over between all polls, a day's gaps become one row.
_NEIGHBOUR = text("""
    SELECT id, state = 'unfillable' AND ended_at > :until - :tired AS tired FROM gaps
    WHERE feed_id = :feed AND (state = 'open' OR (until >= :since AND gaps.since > :until - interval '1 day'))
    ORDER BY state = 'open' DESC, until DESC LIMIT 1
""")

# MATERIALIZED: a plain subquery may be run again for each row it is joined to, and claims more each time.
# statement_timestamp() and not clock_timestamp(): what is not stable cannot bound the walk through an index.
_CLAIM = text("""
    WITH due AS MATERIALIZED (
        SELECT g.id AS gap, g.since, g.until, g.ways, g.asked, g.tries, g.how, f.id
        FROM gaps g JOIN feeds f ON f.id = g.feed_id
        WHERE g.state = 'open' AND g.due_at <= statement_timestamp()
          AND f.lease_until <= statement_timestamp() AND f.removed_at IS NULL
          AND f.state <> 'gone' AND f.state <> 'paused'
        ORDER BY g.due_at LIMIT :limit FOR UPDATE OF f SKIP LOCKED)
    UPDATE feeds SET lease_until = clock_timestamp() + make_interval(secs => :lease),
                     lease_token = feeds.lease_token + 1
    FROM due WHERE feeds.id = due.id
    RETURNING feeds.*, due.gap, due.since, due.until, due.ways, due.asked, due.tries, due.how
""")


@dataclass(frozen=True, slots=True)
class OpenGap:
    """A gap claimed for one step of its filling, with its feed."""

    id: int
    feed: DueFeed
    since: datetime
    until: datetime
    filling: Filling
    how: str | None


def record(
    connection: Connection,
    feed: FeedId,
    since: datetime,
    until: datetime,
    at_most: int,
    ways: Collection[Way],
) -> None:
    """A gap was found: its filling is due now. One that follows on the feed's last gap makes that longer."""
    place = {"feed": feed, "since": since, "until": until, "tired": TIRED}
    neighbour = connection.execute(_NEIGHBOUR, place).one_or_none()
    begun: dict[str, Any] = {"state": "open", "due_at": func.now(), "ended_at": None, "reason": None}
    begun |= {"ways": [asdict(way) for way in ways], "asked": 0, "tries": 0}
    if neighbour is None:
        connection.execute(delete(gaps).where(gaps.c.feed_id == feed, gaps.c.until < until - KEPT))
        found = {"feed_id": feed, "since": since, "until": until, "at_most": at_most}
        connection.execute(insert(gaps).values(**found, **begun))
        return
    longer = {"until": until, "at_most": gaps.c.at_most + at_most} | ({} if neighbour.tired else begun)
    connection.execute(update(gaps).where(gaps.c.id == neighbour.id).values(longer))


def claim_open(connection: Connection, limit: int, lease_s: float = LEASE_S) -> list[OpenGap]:
    """The gaps whose next step is due, their feeds leased to the caller."""
    rows = connection.execute(_CLAIM, {"limit": limit, "lease": lease_s}).mappings()
    return [_open(row) for row in rows]


def _open(row: Mapping[Any, Any]) -> OpenGap:
    ways = tuple(Way(**way) for way in row["ways"])
    filling = Filling(ways, row["asked"], row["tries"])
    return OpenGap(row["gap"], due_feed(row), row["since"], row["until"], filling, row["how"])


def release(connection: Connection, gap: OpenGap) -> bool:
    """Gives the feed's lease back. False if it was lost meanwhile: then the caller rolls back."""
    ours = (feeds.c.id == gap.feed.id) & (feeds.c.lease_token == gap.feed.token)
    return connection.execute(update(feeds).where(ours).values(lease_until=text("'epoch'"))).rowcount == 1


def settle(connection: Connection, gap: OpenGap, now: datetime, *, recovered: int, name: str) -> None:
    """Writes how far the gap's `filling` has come, and how many entries the document of this name brought."""
    filling = gap.filling
    facts: dict[str, Any] = {"state": filling.state, "ways": [asdict(way) for way in filling.ways]}
    facts |= {"asked": filling.asked, "tries": filling.tries, "reason": filling.reason}
    facts |= {"due_at": now + timedelta(seconds=filling.wait_s)}
    facts |= {"ended_at": None if filling.state == "open" else now}
    if recovered:
        facts |= {"recovered": gaps.c.recovered + recovered, "how": together(gap.how, name)}
    connection.execute(update(gaps).where(gaps.c.id == gap.id).values(**facts))


def known_before(connection: Connection, feed: FeedId, keys: Collection[str], moment: datetime) -> set[str]:
    """Which of these keys belong to entries that were seen before the moment."""
    known = (
        select(entry_keys.c.key)
        .join(entries, entries.c.id == entry_keys.c.entry_id)
        .where(entry_keys.c.feed_id == feed, entry_keys.c.key.in_(keys), entries.c.seen_at < moment)
    )
    return set(connection.execute(known).scalars())


def recent_links(connection: Connection, feed: FeedId) -> list[str]:
    """Where the feed's newest entries lead."""
    newest = select(entries.c.link).where(entries.c.feed_id == feed, entries.c.link.is_not(None))
    return list(connection.execute(newest.order_by(entries.c.seen_at.desc()).limit(_LINKS)).scalars())
