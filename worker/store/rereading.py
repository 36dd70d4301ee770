"""An article that is read again, since its page was not had or its feed has changed it: what that adds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from worker.model import ArticleId, Finding, ReadArticle, TopicId, UnreadEntry
from worker.store.entries import Settled, end_entry, match_rows, reading_row
from worker.store.schema import articles, entries, matches

_LOCK = text("""
    SELECT r.reread_at, EXISTS (SELECT FROM articles WHERE identity = :identity) AS taken
    FROM articles r WHERE r.id = :article FOR UPDATE
""")

_KEEP = text("""
    INSERT INTO readings (article_id, read_at, title, body, language, method, summary_only, page_problem)
    SELECT id, coalesce(reread_at, read_at), title, body, language, method, summary_only, page_problem
    FROM articles WHERE id = :article
""")

# What the new text does not say any more keeps its sentence; the places of its words in the old text mean nothing.
_FORGET_PLACES = text("""
    UPDATE matches SET hits = jsonb_path_query_array(hits, '$[*] ? (@[0] == "title")')
    WHERE article_id = :article AND topic_id <> ALL(CAST(:found AS bigint[]))
""")

_LET_FULLER_BE = text("""
    UPDATE entries SET page_due_at = NULL FROM articles r
    WHERE r.id = entries.article_id AND page_due_at <= clock_timestamp() AND state = 'read' AND NOT r.summary_only
      AND lease_until <= clock_timestamp() AND (edited_at IS NULL OR edited_at <= coalesce(r.reread_at, r.read_at))
""")


def let_fuller_be(connection: Connection) -> None:
    """Tries no page again whose article was had in full meanwhile, through another feed."""
    connection.execute(_LET_FULLER_BE)


def replace_reading(
    connection: Connection,
    entry: UnreadEntry,
    read: ReadArticle,
    found: Sequence[Finding],
    added: Collection[TopicId],
    now: datetime,
    page_due_at: datetime | None = None,
) -> Settled | None:
    """Puts the new text in place of the one before, which is kept, and stores the matches of the `added` topics.
    `found` is all that matches the new text; `page_due_at` is when its page is tried again, if that was not had.

    The article stays what it is: its identity (unless the page names a better one that no other article has), when
    it was seen and first read, and the topics it was held against then. None if the lease was lost, or another
    reading came first (the caller rolls back).
    """
    assert entry.earlier is not None
    article = entry.earlier.article_id
    now_stored = connection.execute(_LOCK, {"article": article, "identity": read.identity}).one()
    if now_stored.reread_at != entry.earlier.reread_at:
        return None
    connection.execute(_KEEP, {"article": article})
    row: dict[str, Any] = {**reading_row(read), "reread_at": now}
    if not now_stored.taken:
        row["identity"] = read.identity
    connection.execute(update(articles).where(articles.c.id == article).values(row))
    tries = entry.page_tries + 1 if read.summary_only else 0
    if not end_entry(connection, entry, page_due_at=page_due_at, page_tries=tries, attempts=0):
        return None
    return Settled(article, False, _renew_matches(connection, article, found, added))


def _renew_matches(
    connection: Connection, article: ArticleId, found: Sequence[Finding], added: Collection[TopicId]
) -> int:
    topics = [finding.match.topic for finding in found]
    connection.execute(_FORGET_PLACES, {"article": article, "found": topics})
    new = 0
    for finding in found:
        (row,) = match_rows(article, [finding])
        if finding.match.topic in added:
            made = upsert(matches).values(row).on_conflict_do_nothing()
            new += connection.execute(made.returning(matches.c.id)).rowcount
        connection.execute(
            update(matches)
            .where(matches.c.article_id == article, matches.c.topic_id == finding.match.topic)
            .values(hits=row["hits"], quote=row["quote"])
        )
    return new


def leave_reading(
    connection: Connection, entry: UnreadEntry, read: ReadArticle, page_due_at: datetime | None
) -> Settled | None:
    """Leaves the article as it was read before, since this reading says no more. Where it still holds its feed's own
    words only, it notes why, and when the page is tried next (None: it is let be). None if the lease was lost."""
    assert entry.earlier is not None
    article = entry.earlier.article_id
    connection.execute(
        update(articles)
        .where(articles.c.id == article, articles.c.summary_only)
        .values(page_problem=read.page_problem, notes=dict(read.notes))
    )
    tries = entry.page_tries + int(read.summary_only)
    if not end_entry(connection, entry, page_due_at=page_due_at, page_tries=tries, attempts=0):
        return None
    return Settled(article, False, 0)


def try_now(connection: Connection, wanted: Collection[int]) -> int:
    """Reads entries once more because a person says so: those set aside from the beginning, those whose page could
    not be had from the page on. Returns how many are due now."""
    fresh = {"attempts": 0, "page_tries": 0, "lease_until": text("'epoch'")}
    here = entries.c.id.in_(wanted)
    unread = here & (entries.c.state == "failed") & entries.c.article_id.is_(None)
    begun = connection.execute(update(entries).where(unread).values(state="new", reason=None, **fresh))
    short = here & entries.c.article_id.in_(
        articles.select().with_only_columns(articles.c.id).where(articles.c.summary_only)
    )
    again = connection.execute(
        update(entries)
        .where(short, entries.c.state.in_(("read", "failed")))
        .values(state="read", reason=None, page_due_at=text("clock_timestamp()"), **fresh)
    )
    return begun.rowcount + again.rowcount
