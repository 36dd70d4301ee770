"""Entries to be read, and what reading leaves behind: the article and its matches in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from worker.model import Article, ArticleId, EntryId, FeedId, Finding, MatchId, ReadArticle, UnreadEntry
from worker.store.engine import without_fsync
from worker.store.schema import articles, entries, matches

LEASE_S = 30.0
"""Longer than a reading can take: 10 s for the page, and the extraction under its own limit."""

MOST_ATTEMPTS = 3
"""An entry whose reading has killed its process this often is set aside and shown."""


# MATERIALIZED: a plain subquery may be run again for each row it is joined to, and claims more each time
_CLAIM = text("""
    WITH unread AS MATERIALIZED (
        SELECT id, feed_id FROM entries
        WHERE state = 'new' AND lease_until <= clock_timestamp()
        ORDER BY backlog, id LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE entries SET lease_until = clock_timestamp() + make_interval(secs => :lease),
                       lease_token = entries.lease_token + 1
    FROM unread JOIN feeds ON feeds.id = unread.feed_id
    WHERE entries.id = unread.id
    RETURNING entries.*, feeds.full_text, feeds.tags AS feed_tags, feeds.language AS feed_language,
              coalesce(feeds.name, feeds.title, feeds.url) AS source
""")


def claim_unread(connection: Connection, limit: int, lease_s: float = LEASE_S) -> list[UnreadEntry]:
    """The oldest unread entries, live ones before backlog, leased to the caller."""
    rows = connection.execute(_CLAIM, {"limit": limit, "lease": lease_s}).mappings()
    return sorted((_unread(row) for row in rows), key=lambda entry: (entry.backlog, entry.id))


def recent_articles(connection: Connection, limit: int) -> list[Article]:
    """The articles read last, newest first, with their words alone."""
    columns = articles.c.title, articles.c.body, articles.c.language
    rows = connection.execute(select(*columns).order_by(articles.c.id.desc()).limit(limit))
    return [Article(row.title, row.body, row.language) for row in rows]


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
    )


def begin_reading(connection: Connection, entry: UnreadEntry) -> None:
    """Counts a reading that is about to begin, committed first, so that a process it kills is remembered."""
    without_fsync(connection)
    connection.execute(
        update(entries)
        .where(entries.c.id == entry.id, entries.c.lease_token == entry.token)
        .values(attempts=entries.c.attempts + 1)
    )


def set_aside(connection: Connection, entry: UnreadEntry, reason: str) -> bool:
    """Ends an entry that cannot be read, with its reason; it stays visible as failed."""
    return _end(connection, entry, state="failed", reason=reason)


def settle_reading(
    connection: Connection,
    entry: UnreadEntry,
    read: ReadArticle,
    found: Sequence[Finding],
    topic_set: int,
    now: datetime,
) -> int | None:
    """Stores the article and its matches and ends the entry; returns how many matches are new. `topic_set` is the
    last change of topics that the reader had taken in when it looked for them.

    None if the lease was lost meanwhile (the caller rolls back). An article that another feed brought
    before is the same article: the entry is tied to it, and nothing is announced again.
    """
    article_id, is_new = _store_article(connection, _article_row(entry, read, topic_set, now))
    reason = None if is_new else "same_article"
    if not _end(connection, entry, state="read", reason=reason, article_id=article_id):
        return None
    return _store_matches(connection, article_id, found) if is_new else 0


def _store_article(connection: Connection, row: Mapping[str, Any]) -> tuple[ArticleId, bool]:
    stored = connection.execute(
        upsert(articles)
        .values(row)
        .on_conflict_do_nothing(index_elements=["identity"])
        .returning(articles.c.id)
    ).scalar()
    if stored is not None:
        return ArticleId(stored), True
    known = connection.execute(
        select(articles.c.id).where(articles.c.identity == row["identity"])
    ).scalar_one()
    return ArticleId(known), False


def _article_row(entry: UnreadEntry, read: ReadArticle, topic_set: int, now: datetime) -> dict[str, Any]:
    article = read.article
    return {
        "identity": read.identity,
        "url": article.url,
        "feed_id": entry.feed_id,
        "source": article.source,
        "title": article.title,
        "body": article.body,
        "language": article.language,
        "authors": list(read.authors),
        "tags": list(article.tags),
        "published_at": read.published_at,
        "seen_at": entry.seen_at,
        "read_at": now,
        "backlog": entry.backlog,
        "method": read.method,
        "summary_only": read.summary_only,
        "page_problem": read.page_problem,
        "topic_set": topic_set,
    }


def _store_matches(connection: Connection, article: ArticleId, found: Sequence[Finding]) -> int:
    if not found:
        return 0
    connection.execute(upsert(matches).on_conflict_do_nothing(), _match_rows(article, found))
    return len(found)


def store_older_matches(
    connection: Connection, article: ArticleId, found: Sequence[Finding]
) -> tuple[list[MatchId], list[MatchId]]:
    """Stores what topics find in an article that was read before, as planned: the caller plans it himself, in the
    same transaction. Returns the matches that are new, and all of these topics in this article."""
    made = upsert(matches).values([{**row, "state": "planned"} for row in _match_rows(article, found)])
    new = connection.execute(made.on_conflict_do_nothing().returning(matches.c.id)).scalars().all()
    topics = [finding.match.topic for finding in found]
    here = select(matches.c.id).where(matches.c.article_id == article, matches.c.topic_id.in_(topics))
    known = connection.execute(here).scalars().all()
    return [MatchId(number) for number in new], [MatchId(number) for number in known]


def _match_rows(article: ArticleId, found: Sequence[Finding]) -> list[dict[str, Any]]:
    return [
        {
            "topic_id": finding.match.topic,
            "article_id": article,
            "hits": [[hit.field, hit.start, hit.end, hit.text] for hit in finding.match.hits],
            "quote": {"field": finding.field, "text": finding.quote, "marks": finding.marks},
        }
        for finding in found
    ]


def _end(connection: Connection, entry: UnreadEntry, **values: Any) -> bool:
    ended = connection.execute(
        update(entries)
        .where(entries.c.id == entry.id, entries.c.lease_token == entry.token, entries.c.state == "new")
        .values(lease_until=text("'epoch'"), **values)
    )
    return ended.rowcount == 1
