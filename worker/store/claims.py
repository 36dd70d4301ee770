"""Entries claimed for reading: the new ones, those whose page is due again, and those that may have ended a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, text, update

from worker.model import Article, ArticleId, EarlierReading, EntryId, FeedId, UnreadEntry
from worker.store.schema import entries

LEASE_S = 30.0
"""Longer than a reader goes without renewing: it does so every 8 s, and an extraction ends after 10."""

MOST_ATTEMPTS = 3
"""An entry whose reading has ended its process this often is set aside and shown."""

# MATERIALIZED: a plain subquery may be run again for each row it is joined to, and claims more each time
_DUE = "state = 'new' AND attempts = 0 AND lease_until <= clock_timestamp()"
_NEW = f"""
    WITH live AS MATERIALIZED (
        SELECT id FROM entries WHERE {_DUE} AND NOT backlog ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED),
    old AS MATERIALIZED (
        SELECT id FROM entries WHERE {_DUE} AND backlog
        ORDER BY id LIMIT least(:backlog, :limit - (SELECT count(*) FROM live)) FOR UPDATE SKIP LOCKED),
    chosen AS MATERIALIZED (SELECT id FROM live UNION ALL SELECT id FROM old)"""  # noqa: S608  no foreign text
_AGAIN = """
    WITH chosen AS MATERIALIZED (
        SELECT id FROM entries
        WHERE page_due_at <= clock_timestamp() AND state = 'read' AND attempts = 0
          AND lease_until <= clock_timestamp()
        ORDER BY page_due_at LIMIT :limit FOR UPDATE SKIP LOCKED)"""
_SUSPECTED = """
        SELECT id FROM entries
        WHERE attempts > 0 AND lease_until <= clock_timestamp()
          AND (state = 'new' OR state = 'read' AND page_due_at <= clock_timestamp())"""
_SUSPECT = f"""
    WITH chosen AS MATERIALIZED ({_SUSPECTED}
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)"""
_LEASED = """
    UPDATE entries SET lease_until = clock_timestamp() + make_interval(secs => :lease),
                       lease_token = entries.lease_token + 1
    FROM chosen JOIN entries e ON e.id = chosen.id JOIN feeds ON feeds.id = e.feed_id
         LEFT JOIN articles r ON r.id = e.article_id
    WHERE entries.id = chosen.id
    RETURNING entries.*, feeds.full_text, feeds.tags AS feed_tags, feeds.language AS feed_language,
              coalesce(feeds.name, feeds.title, feeds.url) AS source,
              r.title AS read_title, r.body AS read_body, r.language AS read_language, r.url AS read_url,
              r.source AS read_source, r.authors AS read_authors, r.tags AS read_tags, r.summary_only, r.reread_at"""


_CLAIM_NEW, _CLAIM_AGAIN, _CLAIM_SUSPECT = (text(chosen + _LEASED) for chosen in (_NEW, _AGAIN, _SUSPECT))

_WAITING = text(f"""
    SELECT EXISTS ({_SUSPECTED}) AS suspects,
           EXISTS (SELECT FROM entries WHERE page_due_at <= clock_timestamp() AND state = 'read') AS again
""")  # noqa: S608

_RENEW = text("""
    UPDATE entries SET lease_until = clock_timestamp() + make_interval(secs => :lease)
    FROM unnest(CAST(:ids AS bigint[]), CAST(:tokens AS bigint[])) AS held (id, token)
    WHERE entries.id = held.id AND entries.lease_token = held.token
""")


_MARK = text("""
    UPDATE entries SET attempts = attempts + CASE WHEN id = :begun THEN 1 ELSE -1 END
    WHERE id = :begun AND lease_token = :begun_token OR id = :before AND lease_token = :before_token
""")


def claim_unread(
    connection: Connection, limit: int, lease_s: float = LEASE_S, *, backlog: int | None = None
) -> list[UnreadEntry]:
    """The oldest unread entries, leased to the caller: live ones first, then at most `backlog` that stood in a feed
    when it was added. None of them has ended a reader."""
    asked = {"limit": limit, "backlog": limit if backlog is None else backlog, "lease": lease_s}
    return _claimed(connection, _CLAIM_NEW, asked)


def claim_again(connection: Connection, limit: int, lease_s: float = LEASE_S) -> list[UnreadEntry]:
    """Entries that were read, and whose page is due once more: it was not had, or their feed has changed them."""
    return _claimed(connection, _CLAIM_AGAIN, {"limit": limit, "lease": lease_s})


def claim_suspect(connection: Connection, lease_s: float = LEASE_S) -> list[UnreadEntry]:
    """The oldest entry whose reading may have ended its process, if there is one; to be read by itself."""
    return _claimed(connection, _CLAIM_SUSPECT, {"limit": 1, "lease": lease_s})


class Waiting(NamedTuple):
    """Whether an entry that may have ended its reader waits to be read by itself (`suspects`), and whether pages may be
    due `again`."""

    suspects: bool
    again: bool


def what_waits(connection: Connection) -> Waiting:
    """What there may be to read besides new entries: seldom anything, so one look for both."""
    return Waiting(*connection.execute(_WAITING).one())


def _claimed(connection: Connection, claim: Any, asked: Mapping[str, Any]) -> list[UnreadEntry]:
    rows = connection.execute(claim, asked).mappings()
    return sorted((_unread(row) for row in rows), key=lambda entry: (entry.backlog, entry.id))


def renew(connection: Connection, held: Sequence[UnreadEntry], lease_s: float = LEASE_S) -> None:
    """The caller goes on working on these; leases that were lost stay lost."""
    ids, tokens = [entry.id for entry in held], [entry.token for entry in held]
    connection.execute(_RENEW, {"ids": ids, "tokens": tokens, "lease": lease_s})


def _unread(row: Mapping[Any, Any]) -> UnreadEntry:
    return UnreadEntry(
        id=EntryId(row["id"]),
        token=row["lease_token"],
        attempts=row["attempts"],
        feed_id=FeedId(row["feed_id"]),
        guid=row["guid"],
        link=row["link"],
        title=row["title"],
        summary=row["summary"],
        content=row["content"],
        authors=tuple(row["authors"]),
        tags=tuple(row["feed_tags"]),
        published_at=row["published_at"],
        seen_at=row["seen_at"],
        backlog=row["backlog"],
        full_text=row["full_text"],
        source=row["source"],
        language=row["feed_language"],
        page_tries=row["page_tries"],
        earlier=_earlier(row) if row["article_id"] is not None else None,
    )


def _earlier(row: Mapping[Any, Any]) -> EarlierReading:
    article = Article(
        title=row["read_title"],
        body=row["read_body"],
        language=row["read_language"],
        url=row["read_url"],
        source=row["read_source"],
        author=", ".join(row["read_authors"]),
        tags=tuple(row["read_tags"]),
    )
    return EarlierReading(ArticleId(row["article_id"]), article, row["summary_only"], row["reread_at"])


def begin_reading(connection: Connection, entry: UnreadEntry, unharmed: UnreadEntry | None = None) -> None:
    """Counts a reading that is about to begin, committed first, so that a process it kills is remembered. The mark
    of `unharmed`, which was begun before and has not ended its reader, is taken back."""
    before = unharmed or entry
    marks = {"begun": entry.id, "begun_token": entry.token, "before": before.id, "before_token": before.token}
    connection.execute(_MARK, marks)


def give_back(
    connection: Connection, held: Sequence[UnreadEntry], unharmed: UnreadEntry | None = None
) -> None:
    """Ends the leases of these entries. Attempts stay counted, but for `unharmed`, whose reader goes in peace."""
    for each in held:
        mine = (entries.c.id == each.id) & (entries.c.lease_token == each.token)
        fewer = {"attempts": entries.c.attempts - 1} if each is unharmed else {}
        connection.execute(update(entries).where(mine).values(lease_until=text("'epoch'"), **fewer))
