"""Feeds that are due, and what a poll leaves behind: one transaction for a feed's state and its entries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from worker.feeds.texts import content_of, markup_hash, summary_of
from worker.hosts import EPOCH, take
from worker.model import DueFeed, Entry, EntryId, FeedId, KnownKey, NewEntry, Turn
from worker.rereading import text_hash
from worker.store import hosts
from worker.store.many import update_many
from worker.store.schema import entries, entry_keys, feeds

LEASE_S = 60.0
"""Longer than a poll can take: 20 s for the answer, 5 s to parse it, and the waits between."""
TURN_S = 30.0
"""How long a poll may hold its connection to the site, should its worker be killed."""
MOST_OF_A_SITE = 8
"""Feeds of one site that one claim looks at: more than it would be asked for at once."""
LOOK = 1000
"""Due feeds among which a claim chooses, so that one site with hundreds of them leaves room for others."""

# statement_timestamp() and not clock_timestamp(): what is not stable cannot bound the walk through the index, which
# would then visit all feeds at each look.
_LONGEST_DUE = text("""
    WITH due AS MATERIALIZED (
        SELECT f.id, f.site, f.next_poll_at, h.site IS NULL AS is_new
        FROM feeds f LEFT JOIN hosts h ON h.site = f.site
        WHERE f.next_poll_at <= statement_timestamp() AND f.lease_until <= statement_timestamp()
          AND (f.removed_at IS NULL OR f.removed_at = 'epoch') AND f.state <> 'gone' AND f.state <> 'paused'
          AND (h.site IS NULL OR h.open_at <= statement_timestamp())
        ORDER BY f.next_poll_at LIMIT :look),
    ranked AS MATERIALIZED (
        SELECT *, row_number() OVER (PARTITION BY site ORDER BY next_poll_at, id) AS nth FROM due)
    SELECT f.id, f.site, ranked.is_new
    FROM ranked JOIN feeds f ON f.id = ranked.id
    WHERE ranked.nth <= :most_of_a_site
      AND f.next_poll_at <= statement_timestamp() AND f.lease_until <= statement_timestamp()
      AND (f.removed_at IS NULL OR f.removed_at = 'epoch') AND f.state <> 'gone' AND f.state <> 'paused'
    ORDER BY ranked.next_poll_at, f.id LIMIT :limit
    FOR UPDATE OF f SKIP LOCKED
""")

_LEASE = text("""
    UPDATE feeds SET lease_until = clock_timestamp() + make_interval(secs => :lease),
                     lease_token = lease_token + 1
    WHERE id = ANY(:ids) RETURNING feeds.*
""")


def claim_due(connection: Connection, limit: int, lease_s: float = LEASE_S) -> list[DueFeed]:
    """The feeds longest due whose sites may be asked now, each leased to the caller together with its turn.

    A feed whose site is booked out, or wants to be left alone, stays where it is and holds up nobody.
    """
    look = {"limit": limit, "look": max(LOOK, limit), "most_of_a_site": MOST_OF_A_SITE}
    due = connection.execute(_LONGEST_DUE, look).all()
    if not due:
        return []
    unknown = {row.site for row in due if row.is_new}
    turns = _take_turns(connection, [(row.id, row.site) for row in due], unknown)
    rows = connection.execute(_LEASE, {"ids": list(turns), "lease": lease_s}).mappings() if turns else ()
    found = (due_feed(row, turns[row["id"]]) for row in rows)
    return sorted(found, key=lambda feed: (feed.due_at, feed.id))


def _take_turns(
    connection: Connection, wanted: Sequence[tuple[int, str]], unknown: Collection[str]
) -> dict[int, Turn]:
    """A turn for each of these feeds, in their order, as far as their sites have some."""
    hosts.meet(connection, unknown)
    sites = hosts.lock(connection, {site for _, site in wanted})
    by_site: dict[str, list[int]] = {}
    for feed, site in wanted:
        by_site.setdefault(site, []).append(feed)
    granted: dict[int, Turn] = {}
    for site, feeds_there in by_site.items():
        if site in sites.hosts:
            turns, sites.hosts[site] = take(sites.hosts[site], sites.now, len(feeds_there), TURN_S)
            granted |= dict(zip(feeds_there, turns, strict=False))
    hosts.save(connection, sites.hosts.values(), sites.now)
    return granted


def due_feed(row: Mapping[Any, Any], turn: Turn | None = None) -> DueFeed:
    """The feed of a claimed row. After a restore, or a pause, its first poll is a first one: what it
    brings is told together, as what stood in a feed when it was added."""
    resumed = row["resumed_at"] is not None and (row["last_ok_at"] or row["resumed_at"]) <= row["resumed_at"]
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
        first_poll=row["last_ok_at"] is None or resumed,
        created_at=row["resumed_at"] if resumed else row["created_at"],
        last_ok_at=row["last_ok_at"],
        pinged_at=row["pinged_at"],
        pushed_until=row["pushed_until"],
        due_at=row["next_poll_at"],
        turn=turn,
        every_least_s=row["every_least_s"],
        every_most_s=row["every_most_s"],
        notice=row["notice"],
        quirks=row["quirks"],
        polls=row["polls"],
    )


def hold(connection: Connection, claimed: Sequence[DueFeed]) -> set[FeedId]:
    """Locks those of the feeds whose lease is still the caller's, until the transaction ends; returns which."""
    tokens = {"ids": [feed.id for feed in claimed], "tokens": [feed.token for feed in claimed]}
    return {FeedId(row.id) for row in connection.execute(_HOLD, tokens)}


_HOLD = text("""
    SELECT feeds.id FROM feeds
    JOIN unnest(CAST(:ids AS bigint[]), CAST(:tokens AS bigint[])) AS mine (id, token)
      ON mine.id = feeds.id AND mine.token = feeds.lease_token
    ORDER BY feeds.id FOR UPDATE OF feeds
""")


def settle_polls(connection: Connection, settled: Sequence[tuple[DueFeed, Mapping[str, Any]]]) -> set[FeedId]:
    """Writes what polls found out and gives the leases back, many feeds in a statement. Returns the feeds that were
    still the caller's; somebody else has polled the others since, and for them nothing is written."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for feed, facts in settled:
        row = {"id": feed.id, "lease_token": feed.token, "lease_until": EPOCH, **facts}
        groups.setdefault(tuple(sorted(row)), []).append({name: row[name] for name in sorted(row)})
    found: set[Any] = set()
    for rows in groups.values():
        found |= update_many(connection, feeds, ("id", "lease_token"), rows)
    return found


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


def watched_at(connection: Connection, addresses: Collection[str]) -> dict[str, FeedId]:
    """Which of these addresses are polled already, and by which feed."""
    if not addresses:
        return {}
    rows = connection.execute(_WATCHED, {"addresses": list(addresses)})
    return {row.address: FeedId(row.id) for row in rows}


# by an index each; an address that one feed was given and another has found belongs to the first
_WATCHED = text("""
    SELECT found_url AS address, id FROM feeds WHERE removed_at IS NULL AND found_url = ANY(:addresses)
    UNION ALL
    SELECT url, id FROM feeds WHERE removed_at IS NULL AND url = ANY(:addresses)
""")


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


# What an article was made of goes with the article.
_FORGET_ENTRIES = text("""
    WITH piece AS (SELECT id, seen_at, state, article_id FROM entries WHERE id > :after ORDER BY id LIMIT :limit),
         gone AS (DELETE FROM entries e USING piece
                  WHERE e.id = piece.id AND piece.seen_at < :before AND e.state <> 'new' AND e.article_id IS NULL
                  RETURNING e.id)
    SELECT (SELECT count(*) FROM gone) AS gone, max(id) AS last, min(seen_at) AS oldest FROM piece
""")
_FORGET_KEYS = text("""
    WITH piece AS (SELECT id FROM feeds WHERE id > :after ORDER BY id LIMIT :limit),
         newest AS (SELECT feed_id, max(seen) AS shown FROM entry_keys
                    WHERE feed_id IN (SELECT id FROM piece) GROUP BY feed_id),
         gone AS (DELETE FROM entry_keys k USING newest
                  WHERE newest.feed_id = k.feed_id AND k.entry_id IS NULL AND k.seen < :before
                    AND k.seen < newest.shown - CAST(:margin AS int)
                  RETURNING k.feed_id)
    SELECT (SELECT count(*) FROM gone) AS gone, max(id) AS last FROM piece
""")
KEYS_MARGIN = 30
"""Days; see `forget_keys`."""


def forget_entries(
    connection: Connection, before: datetime, after: int = 0, limit: int = 500
) -> tuple[int, int | None]:
    """Looks at some entries behind this number and removes those seen before then that are done with and have no
    article; keeps their keys, so that a feed that still shows them (or shows them again) brings nothing new. Returns
    how many went and the last one looked at; None instead of it: nothing as old is behind it."""
    found = connection.execute(_FORGET_ENTRIES, {"before": before, "after": after, "limit": limit}).one()
    return found.gone, found.last if found.last is not None and found.oldest < before else None


def forget_keys(
    connection: Connection, before: date, after: int = 0, limit: int = 100, margin_days: int = KEYS_MARGIN
) -> tuple[int, int | None]:
    """Looks at some feeds behind this number and removes the keys of forgotten entries that they last showed before
    then. Those that stood in a feed's last document stay however old: a feed that is quiet for a year, or down, still
    holds them when it comes back. Returns how many went and the last feed looked at; None instead of it: there are no
    more."""
    asked = {"before": before, "after": after, "limit": limit, "margin": margin_days}
    found = connection.execute(_FORGET_KEYS, asked).one()
    return found.gone, found.last


def in_words(entry: Entry) -> dict[str, Any]:
    """The columns that an entry's words fill: the texts, and the marks by which an edit of them is known."""
    words = {"title": entry.title, "summary": summary_of(entry), "content": content_of(entry)}
    return {**words, "text_hash": text_hash(**words), "markup_hash": markup_hash(entry)}


def _entry_row(feed: FeedId, new: NewEntry, seen_at: datetime) -> dict[str, Any]:
    entry = new.entry
    return {
        **in_words(entry),
        "feed_id": feed,
        "guid": entry.id,
        "link": entry.link,
        "authors": list(entry.authors),
        "tags": list(entry.tags),
        "published_at": entry.published or entry.updated,
        "seen_at": seen_at,
        "backlog": new.backlog,
    }
