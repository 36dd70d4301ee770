"""The story that an article was put into, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

_COUNTED = 2_000
"""Of so many articles of a story the sources and languages are counted: a larger one has them all by then."""

_STORY = text("""
    SELECT a.story_reason AS why, s.id, s.title, s.first_at, s.last_at,
           l.title AS like_title, l.source AS like_source,
           (SELECT count(*) FROM articles o WHERE o.story_id = s.id) AS articles, seen.outlets, seen.languages
    FROM articles a JOIN stories s ON s.id = a.story_id
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT o.source) AS outlets, count(DISTINCT o.language) AS languages
        FROM (SELECT source, language FROM articles WHERE story_id = s.id ORDER BY id LIMIT :counted) AS o
    ) AS seen
    LEFT JOIN articles l ON l.id = CAST(a.story_reason ->> 'like' AS bigint)
    WHERE a.id = :article
""")


@dataclass(frozen=True, slots=True)
class Storied:
    """A story: its first article's title, when it was told from and to, and how widely; then why this article is in
    it (`worker.story.Reason`), the article that decided or the person, how alike they are (0 to 1) and in what."""

    number: int
    title: str
    first_at: datetime
    last_at: datetime
    articles: int
    outlets: int
    languages: int
    reason: str
    like_title: str | None
    like_source: str | None
    by: str
    likeness: float
    shared: Sequence[str]


def story_of(connection: Connection, article: int) -> Storied | None:
    """The article's story; None where it has none, since no topic touches it or the plan desk has not come to it."""
    row = connection.execute(_STORY, {"article": article, "counted": _COUNTED}).one_or_none()
    if row is None:
        return None
    why = row.why or {}
    return Storied(
        number=row.id,
        title=row.title,
        first_at=row.first_at,
        last_at=row.last_at,
        articles=row.articles,
        outlets=row.outlets,
        languages=row.languages,
        reason=why.get("reason", ""),
        like_title=row.like_title,
        like_source=row.like_source,
        by=why.get("by", ""),
        likeness=why.get("likeness", 0.0),
        shared=why.get("shared", ()),
    )
