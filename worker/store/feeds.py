"""Feeds that are due, and what a poll leaves behind: one transaction for a feed's state and its entries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from worker.model import DueFeed, EntryId, FeedId, NewEntry
from worker.rereading import text_hash
from worker.store.schema import entries, entry_keys, feeds

LEASE_S = 60.0
"""Longer than a poll can take: 20 s for the answer, 5 s to parse it, and the waits for pace between."""


# MATERIALIZED: a plain subquery may be run again for each row it is joined to, and claims more each time
_CLAIM = text("""
    WITH due AS MATERIALIZED (
        SELECT id FROM feeds
        WHERE next_poll_at <= clock_timestamp() AND lease_until <= clock_timestamp()
          AND removed_at IS NULL AND state <> 'gone'
        ORDER BY next_poll_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE feeds SET lease_until = clock_timestamp() + make_interval(secs => :lease),
                     lease_token = feeds.lease_token + 1
    FROM due WHERE feeds.id = due.id
    RETURNING feeds.*
""")


def claim_due(connection: Connection, limit: int, lease_s: float = LEASE_S) -> list[DueFeed]:
    """The feeds longest due, leased to the caller."""
    rows = connection.execute(_CLAIM, {"limit": limit, "lease": lease_s}).mappings()
    return [_due(row) for row in sorted(rows, key=lambda row: (row["next_poll_at"], row["id"]))]


def _due(row: Mapping[Any, Any]) -> DueFeed:
    return DueFeed(
        id=FeedId(row["id"]),
        token=row["lease_token"],
        asked_url=row["url"],
        url=row["found_url"] or row["url"],
        name=row["name"] or row["title"],
        tags=tuple(row["tags"]),
        language=row["language"],
        every_s=row["every_s"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        rhythm=row["rhythm"],
        failures=row["failures"],
        username=row["username"],
        password=row["password"],
        headers=row["headers"],
        first_poll=row["last_ok_at"] is None,
        created_at=row["created_at"],
    )


def settle_poll(connection: Connection, feed: DueFeed, facts: Mapping[str, Any]) -> bool:
    """Writes what the poll found out and gives the lease back. False if the lease was lost meanwhile:
    then the caller rolls back, because somebody else has polled the feed since."""
    settled = connection.execute(
        update(feeds)
        .where(feeds.c.id == feed.id, feeds.c.lease_token == feed.token)
        .values(lease_until=text("'epoch'"), **facts)
    )
    return settled.rowcount == 1


def known_keys(connection: Connection, feed: FeedId, keys: Collection[str]) -> dict[str, EntryId]:
    """Which of these keys the feed knows, and the entry each belongs to."""
    rows = connection.execute(
        select(entry_keys.c.key, entry_keys.c.entry_id).where(
            entry_keys.c.feed_id == feed, entry_keys.c.key.in_(keys)
        )
    )
    return {key: EntryId(entry) for key, entry in rows}


def add_entries(
    connection: Connection, feed: FeedId, found: Sequence[NewEntry], seen_at: datetime
) -> list[EntryId]:
    """Stores new entries for the read desk, oldest first, each with its keys."""
    if not found:
        return []
    ordered = list(reversed(found))  # feeds list the newest first
    ids = (
        connection.execute(
            insert(entries).returning(entries.c.id, sort_by_parameter_order=True),
            [_entry_row(feed, new, seen_at) for new in ordered],
        )
        .scalars()
        .all()
    )
    pairs = [(key, entry) for new, entry in zip(ordered, ids, strict=True) for key in new.keys]
    learn_keys(connection, feed, pairs)
    return [EntryId(entry) for entry in ids]


def learn_keys(connection: Connection, feed: FeedId, pairs: Sequence[tuple[str, int]]) -> None:
    """From now on these entries are known by these keys too."""
    if pairs:
        connection.execute(
            upsert(entry_keys).on_conflict_do_nothing(),
            [{"feed_id": feed, "key": key, "entry_id": entry} for key, entry in pairs],
        )


def _entry_row(feed: FeedId, new: NewEntry, seen_at: datetime) -> dict[str, Any]:
    entry = new.entry
    return {
        "feed_id": feed,
        "guid": entry.id,
        "link": entry.link,
        "title": entry.title,
        "summary": entry.summary,
        "content": entry.content,
        "authors": list(entry.authors),
        "tags": list(entry.tags),
        "published_at": entry.published or entry.updated,
        "seen_at": seen_at,
        "backlog": new.backlog,
        "text_hash": text_hash(entry),
    }
