"""Feeds that are due, and what a poll leaves behind: one transaction for a feed's state and its entries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from worker.model import DueFeed, Entry, EntryId, FeedId, KnownKey, NewEntry
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
        quirks=row["quirks"],
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


def known_keys(connection: Connection, feed: FeedId, keys: Collection[str]) -> dict[str, KnownKey]:
    """Which of these keys the feed knows, with the entry each belongs to."""
    columns = entry_keys.c.key, entry_keys.c.entry_id, entry_keys.c.seen
    rows = connection.execute(
        select(*columns, entries.c.title, entries.c.link, entries.c.published_at)
        .select_from(entry_keys.outerjoin(entries, entries.c.id == entry_keys.c.entry_id))
        .where(entry_keys.c.feed_id == feed, entry_keys.c.key.in_(keys))
    )
    return {key: KnownKey(entry, *rest) for key, entry, *rest in rows}


_TITLED = text("""
    SELECT DISTINCT ON (title) id, guid, link, title, published_at FROM (
        SELECT * FROM entries WHERE feed_id = :feed ORDER BY seen_at DESC LIMIT 1000) AS latest
    WHERE title = ANY(:titles) ORDER BY title, id DESC
""")


def entries_titled(
    connection: Connection, feed: FeedId, titles: Collection[str]
) -> list[tuple[EntryId, Entry]]:
    """Those of the feed's latest thousand entries that have these titles, of each title the one seen last."""
    rows = connection.execute(_TITLED, {"feed": feed, "titles": list(titles)})
    return [
        (EntryId(row.id), Entry(row.guid, row.link, row.title, published=row.published_at)) for row in rows
    ]


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
    rows = [
        {"feed_id": feed, "key": key, "entry_id": entry, "seen": seen_at.date()}
        for new, entry in zip(ordered, ids, strict=True)
        for key in new.keys
    ]
    made = upsert(entry_keys)
    # a key that another entry holds is a guid that the feed has given to this one
    taken = {"entry_id": made.excluded.entry_id, "seen": made.excluded.seen}
    connection.execute(made.on_conflict_do_update(index_elements=["feed_id", "key"], set_=taken), rows)
    return [EntryId(entry) for entry in ids]


def learn_keys(connection: Connection, feed: FeedId, pairs: Sequence[tuple[str, EntryId | None]]) -> None:
    """From now on these entries are known by these keys too; they were shown today."""
    if pairs:
        connection.execute(
            upsert(entry_keys).on_conflict_do_nothing(),
            [{"feed_id": feed, "key": key, "entry_id": entry} for key, entry in pairs],
        )


def show_keys(connection: Connection, feed: FeedId, keys: Collection[str], today: date) -> None:
    """Notes that the feed showed these keys today, so that they are kept."""
    if keys:
        connection.execute(
            update(entry_keys)
            .where(entry_keys.c.feed_id == feed, entry_keys.c.key.in_(keys), entry_keys.c.seen < today)
            .values(seen=today)
        )


_FORGET_ENTRIES = text("""
    DELETE FROM entries WHERE id IN (
        SELECT id FROM entries WHERE seen_at < :before AND state <> 'new' ORDER BY id LIMIT :limit)
""")
_FORGET_KEYS = text("""
    DELETE FROM entry_keys k USING (
        SELECT feed_id, max(seen) AS shown FROM entry_keys GROUP BY feed_id) AS newest
    WHERE newest.feed_id = k.feed_id AND k.entry_id IS NULL AND k.seen < :before AND k.seen < newest.shown - :margin
""")


def forget_entries(connection: Connection, before: datetime, limit: int = 1000) -> int:
    """Removes entries seen before then that are done with, the oldest first, and keeps their keys, so that a feed that
    still shows them (or shows them again) brings nothing new. Returns how many went; 0: there are no more."""
    return connection.execute(_FORGET_ENTRIES, {"before": before, "limit": limit}).rowcount


def forget_keys(connection: Connection, before: date, margin_days: int = 30) -> int:
    """Removes keys of forgotten entries that their feed last showed before then. Those that stood in its last document
    stay however old: a feed that is quiet for a year, or down, still holds them when it comes back."""
    return connection.execute(_FORGET_KEYS, {"before": before, "margin": margin_days}).rowcount


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
    }
