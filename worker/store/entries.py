"""What reading leaves behind: the article and its matches in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from worker.model import Article, ArticleId, Finding, MatchId, ReadArticle, UnreadEntry
from worker.store.schema import articles, entries, matches


def recent_articles(connection: Connection, limit: int) -> list[Article]:
    """The articles read last, newest first, with their words alone."""
    columns = articles.c.title, articles.c.body, articles.c.language
    rows = connection.execute(select(*columns).order_by(articles.c.id.desc()).limit(limit))
    return [Article(row.title, row.body, row.language) for row in rows]


class Settled(NamedTuple):
    """What a reading left: the article, whether it is a new one, and how many of its matches are new."""

    article: ArticleId
    is_new: bool
    matches: int


def set_aside(connection: Connection, entry: UnreadEntry, reason: str) -> bool:
    """Ends an entry that cannot be read, with its reason; it stays visible as failed."""
    return end_entry(connection, entry, state="failed", reason=reason, page_due_at=None)


def settle_reading(
    connection: Connection,
    entry: UnreadEntry,
    read: ReadArticle,
    found: Sequence[Finding],
    topic_set: int,
    now: datetime,
    *,
    page_due_at: datetime | None = None,
    set_aside: str | None = None,
) -> Settled | None:
    """Stores the article and its matches and ends the entry. `topic_set` is the last change of topics that the
    reader had taken in when it looked for them.

    `page_due_at` is when a page that could not be had is tried again; `set_aside` is why the entry is shown as
    failed although its feed's words were read. None if the lease was lost meanwhile (the caller rolls back). An
    article that another feed brought before is the same article: the entry is tied to it, and nothing is announced
    again; where only this entry's page could be had, it is due at once, to be read into that article.
    """
    article_id, known = _store_article(connection, _article_row(entry, read, topic_set, now))
    if known is not None:
        fuller = known and not read.summary_only and entry.full_text
        page_due_at = now if fuller else None
    end = {
        "state": "failed" if set_aside else "read",
        "reason": set_aside or (None if known is None else "same_article"),
        "article_id": article_id,
        "page_due_at": page_due_at,
        "page_tries": int(read.summary_only),
        **({"attempts": 0} if page_due_at else {}),
    }
    if not end_entry(connection, entry, **end):
        return None
    new = _store_matches(connection, article_id, found) if known is None else 0
    return Settled(article_id, known is None, new)


def _store_article(connection: Connection, row: Mapping[str, Any]) -> tuple[ArticleId, bool | None]:
    """The article's id, and of one that is there already whether it is summary only; None for a new one."""
    stored = connection.execute(
        upsert(articles)
        .values(row)
        .on_conflict_do_nothing(index_elements=["identity"])
        .returning(articles.c.id)
    ).scalar()
    if stored is not None:
        return ArticleId(stored), None
    known = connection.execute(
        select(articles.c.id, articles.c.summary_only).where(articles.c.identity == row["identity"])
    ).one()
    return ArticleId(known.id), known.summary_only


def _article_row(entry: UnreadEntry, read: ReadArticle, topic_set: int, now: datetime) -> dict[str, Any]:
    return {
        **reading_row(read),
        "identity": read.identity,
        "feed_id": entry.feed_id,
        "source": read.article.source,
        "tags": list(read.article.tags),
        "published_at": read.published_at,
        "seen_at": entry.seen_at,
        "read_at": now,
        "backlog": entry.backlog,
        "topic_set": topic_set,
    }


def reading_row(read: ReadArticle) -> dict[str, Any]:
    """The columns of an article that each reading of it writes."""
    article = read.article
    return {
        "url": article.url,
        "title": article.title,
        "body": article.body,
        "language": article.language,
        "authors": list(read.authors),
        "method": read.method,
        "summary_only": read.summary_only,
        "page_problem": read.page_problem,
        "via": read.via,
        "notes": dict(read.notes),
    }


def _store_matches(connection: Connection, article: ArticleId, found: Sequence[Finding]) -> int:
    if not found:
        return 0
    connection.execute(upsert(matches).on_conflict_do_nothing(), match_rows(article, found))
    return len(found)


def store_older_matches(
    connection: Connection, article: ArticleId, found: Sequence[Finding]
) -> tuple[list[MatchId], list[MatchId]]:
    """Stores what topics find in an article that was read before, as planned: the caller plans it himself, in the
    same transaction. Returns the matches that are new, and all of these topics in this article."""
    made = upsert(matches).values([{**row, "state": "planned"} for row in match_rows(article, found)])
    new = connection.execute(made.on_conflict_do_nothing().returning(matches.c.id)).scalars().all()
    topics = [finding.match.topic for finding in found]
    here = select(matches.c.id).where(matches.c.article_id == article, matches.c.topic_id.in_(topics))
    known = connection.execute(here).scalars().all()
    return [MatchId(number) for number in new], [MatchId(number) for number in known]


def match_rows(article: ArticleId, found: Sequence[Finding]) -> list[dict[str, Any]]:
    """What topics find in an article, as rows."""
    return [
        {
            "topic_id": finding.match.topic,
            "article_id": article,
            "hits": [[hit.field, hit.start, hit.end, hit.text] for hit in finding.match.hits],
            "quote": {"field": finding.field, "text": finding.quote, "marks": finding.marks},
        }
        for finding in found
    ]


def end_entry(connection: Connection, entry: UnreadEntry, **values: Any) -> bool:
    """Ends a claim with these values in the entry's row. False if the lease was lost meanwhile."""
    before = "new" if entry.earlier is None else "read"
    ended = connection.execute(
        update(entries)
        .where(entries.c.id == entry.id, entries.c.lease_token == entry.token, entries.c.state == before)
        .values(lease_until=text("'epoch'"), **values)
    )
    return ended.rowcount == 1
