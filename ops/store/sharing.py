"""Addresses at which a topic or a subscription is read as a feed, and what stands in it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, text, update

from alerts.evidence import Evidence, show_why
from alerts.model import Item
from alerts.store.schema import subscriptions
from ops.store.schema import shared_feeds
from ops.syndication import MOST_ENTRIES, Entry
from worker.model import ArticleId
from worker.store.schema import topics

Noun = Literal["topics", "subscriptions"]
Row = Mapping[str, Any]

_OWNERS = {"topics": topics, "subscriptions": subscriptions}
_OWNS = {"topics": shared_feeds.c.topic_id, "subscriptions": shared_feeds.c.subscription_id}
_WANTED_ANYHOW = ["already_told", "channel_removed", "unsubscribed"]
"""Why an alert went out nowhere although the subscription wants to hear of the article."""

# The newest alerts are enough to find the newest articles: one article makes few of them.
_NEWEST = {
    "topics": text("""
        SELECT article_id FROM matches WHERE topic_id = :owner ORDER BY id DESC LIMIT :most
    """),
    "subscriptions": text("""
        SELECT m.article_id FROM (
            SELECT id, match_id FROM alerts
            WHERE subscription_id = :owner AND (suppressed IS NULL OR suppressed = ANY(:anyhow))
            ORDER BY id DESC LIMIT 50 * :most) AS a
        JOIN matches m ON m.id = a.match_id
        GROUP BY m.article_id ORDER BY max(a.id) DESC LIMIT :most
    """),
}

_MATCHES = {
    "topics": text("""
        SELECT DISTINCT m.id, m.article_id, m.hits, m.quote, t.name AS topic
        FROM matches m JOIN topics t ON t.id = m.topic_id
        WHERE m.article_id = ANY(:articles) AND m.topic_id = :owner ORDER BY m.id
    """),
    "subscriptions": text("""
        SELECT DISTINCT m.id, m.article_id, m.hits, m.quote, t.name AS topic
        FROM matches m JOIN topics t ON t.id = m.topic_id JOIN alerts a ON a.match_id = m.id
        WHERE m.article_id = ANY(:articles) AND a.subscription_id = :owner
          AND (a.suppressed IS NULL OR a.suppressed = ANY(:anyhow)) ORDER BY m.id
    """),
}

_ARTICLES = text("""
    SELECT id, identity, title, url, source, language, published_at, seen_at, summary_only,
           coalesce(reread_at, read_at) AS updated_at
    FROM articles WHERE id = ANY(:articles)
""")


@dataclass(frozen=True, slots=True)
class Shared:
    """A shared address: whose, under which id, and whether it still answers."""

    id: int
    key: UUID
    noun: Noun
    owner: int
    name: str
    made_at: datetime
    revoked: bool


def owner_named(connection: Connection, noun: Noun, name: str) -> int | None:
    """The standing topic or subscription of this name; None where there is none."""
    table = _OWNERS[noun]
    standing = table.c.removed_at.is_(None) & (table.c.name == name)
    return connection.execute(select(table.c.id).where(standing)).scalar()


def share(connection: Connection, noun: Noun, owner: int, token: str) -> None:
    """Lets whoever has the token read it, from now on."""
    column = _OWNS[noun].name
    connection.execute(insert(shared_feeds).values({column: owner, "token_hash": _digest(token)}))


def revoke(connection: Connection, noun: Noun, owner: int) -> int:
    """Closes every address of it; returns how many there were."""
    open_ones = (_OWNS[noun] == owner) & shared_feeds.c.revoked_at.is_(None)
    return connection.execute(update(shared_feeds).where(open_ones).values(revoked_at=func.now())).rowcount


def addresses(connection: Connection, noun: Noun, owner: int) -> Sequence[Row]:
    """The addresses that answer, oldest first: when each was made, and when it was last asked (to the hour)."""
    open_ones = (_OWNS[noun] == owner) & shared_feeds.c.revoked_at.is_(None)
    rows = connection.execute(
        select(shared_feeds.c.id, shared_feeds.c.created_at, shared_feeds.c.asked_at)
        .where(open_ones)
        .order_by(shared_feeds.c.id)
    )
    return [dict(row) for row in rows.mappings()]


def find(connection: Connection, noun: Noun, token: str) -> Shared | None:
    """What is shared under this token, also where it was revoked or its owner is gone; None for one never given."""
    owner = _OWNERS[noun]
    row = connection.execute(
        select(
            shared_feeds,
            owner.c.id.label("owner"),
            owner.c.name.label("named"),
            owner.c.removed_at.label("gone"),
        )
        .join(owner, owner.c.id == _OWNS[noun])
        .where(shared_feeds.c.token_hash == _digest(token))
    ).first()
    if row is None:
        return None
    closed = row.revoked_at is not None or row.gone is not None
    return Shared(row.id, row.key, noun, row.owner, row.named, row.created_at, closed)


def note_asked(connection: Connection, shared: Shared, now: datetime) -> None:
    """That somebody reads it; written at most once an hour, since readers ask often."""
    stale = shared_feeds.c.asked_at.is_(None) | (
        shared_feeds.c.asked_at < func.date_trunc("hour", func.now())
    )
    connection.execute(
        update(shared_feeds).where((shared_feeds.c.id == shared.id) & stale).values(asked_at=now)
    )


def entries_of(connection: Connection, shared: Shared) -> list[Entry]:
    """The newest articles behind an address: a topic's matches, or what a subscription's filters let through,
    whatever its times make of that."""
    asked: dict[str, Any] = {"owner": shared.owner, "anyhow": _WANTED_ANYHOW}
    newest = connection.execute(_NEWEST[shared.noun], {**asked, "most": MOST_ENTRIES}).scalars().all()
    asked["articles"] = list(newest)
    matches: defaultdict[int, list[Any]] = defaultdict(list)
    for match in connection.execute(_MATCHES[shared.noun], asked):
        matches[match.article_id].append(match)
    rows = {row.id: row for row in connection.execute(_ARTICLES, {"articles": asked["articles"]})}
    return [
        Entry(item_of(rows[article], matches[article]), rows[article].identity, rows[article].updated_at)
        for article in newest
    ]


def item_of(row: Any, matches: Sequence[Any]) -> Item:
    """An article as a message tells of it, with the sentences in which these matches of it stand."""
    quote, marks, title_marks = show_why([_evidence(match) for match in matches])
    return Item(
        article=ArticleId(row.id),
        title=row.title,
        url=row.url,
        source=row.source,
        topics=tuple(dict.fromkeys(match.topic for match in matches)),
        quote=quote,
        marks=marks,
        title_marks=title_marks,
        published_at=row.published_at,
        seen_at=row.seen_at,
        summary_only=row.summary_only,
        language=row.language,
    )


def _evidence(match: Any) -> Evidence:
    return Evidence(
        title_spans=tuple((start, end) for field, start, end, _ in match.hits if field == "title"),
        field=match.quote["field"],
        text=match.quote["text"],
        marks=tuple((start, end) for start, end in match.quote["marks"]),
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
