"""Stories as people put them right: articles taken out of one, two made one, and one of those taken apart again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, text

from worker.model import ArticleId, StoryId
from worker.store import sketches
from worker.store.schema import stories
from worker.story import Reason

MOST_MERGED = 50
"""Stories that can be merged into one, each of which is named where it can be taken apart again."""

_CURRENT = text("SELECT coalesce(merged_into, id) FROM stories WHERE id = :story")

# A copy goes along with the first article of its text, and leaves by itself where that stays.
_WITH_COPIES = text("""
    SELECT id FROM articles WHERE story_id = :story AND (id = ANY(:articles) OR copy_of = ANY(:articles)) ORDER BY id
""")

_FROM = text("""
    SELECT id FROM articles
    WHERE story_id = :story AND story_reason ->> 'reason' = :reason
      AND CAST(story_reason ->> 'from' AS bigint) = :merged
    ORDER BY id
""")

# Most stories have none, and their articles are not looked through for it.
_MERGED = text("""
    WITH merged AS MATERIALIZED (SELECT id, title FROM stories WHERE merged_into = :story ORDER BY id LIMIT :most),
    counted AS (
      SELECT CAST(story_reason ->> 'from' AS bigint) AS id, count(*) AS articles FROM articles
      WHERE story_id = :story AND story_reason ->> 'reason' = :reason AND EXISTS (SELECT FROM merged) GROUP BY 1)
    SELECT m.id, m.title, coalesce(c.articles, 0) AS articles FROM merged m LEFT JOIN counted c ON c.id = m.id
    ORDER BY m.id
""")

# What was merged before still comes from where it began.
_MOVE = text("""
    WITH moved AS (
      SELECT r.id,
             CASE WHEN :reason = 'merged' AND r.story_reason ->> 'reason' = 'merged'
                  THEN CAST(r.story_reason ->> 'from' AS bigint) ELSE r.story_id END AS source,
             CASE WHEN r.copy_of IS NULL OR r.copy_of = ANY(:articles) THEN r.copy_of
                  ELSE nullif(first_value(r.id) OVER (PARTITION BY r.copy_of ORDER BY r.id), r.id) END AS copy_of
      FROM articles r WHERE r.id = ANY(:articles))
    UPDATE articles a
    SET story_id = :target, copy_of = m.copy_of,
        story_reason = jsonb_build_object('reason', CAST(:reason AS text), 'by', CAST(:who AS text),
                                          'from', m.source, 'like', NULL, 'likeness', 0, 'shared', '[]'::jsonb)
    FROM moved m WHERE a.id = m.id
""")

# Where a story has no article left, it stays as it was told.
_COUNT_ANEW = text("""
    UPDATE stories s
    SET title = c.title, first_at = c.first_at, last_at = c.last_at, articles = c.articles
    FROM (SELECT story_id, count(*) AS articles, min(at) AS first_at, max(at) AS last_at,
                 (array_agg(title ORDER BY at, id))[1] AS title
          FROM (SELECT id, story_id, title,
                       CASE WHEN backlog THEN coalesce(least(published_at, seen_at), seen_at) ELSE seen_at END AS at
                FROM articles WHERE story_id = ANY(:stories)) AS members
          GROUP BY story_id) AS c
    WHERE s.id = c.story_id
""")

_KEEP_APART = text("""
    INSERT INTO kept_apart (article_id, story_id)
    SELECT article, :story FROM unnest(CAST(:articles AS bigint[])) AS given (article) ON CONFLICT DO NOTHING
""")

# The newest word counts.
_BRING_TOGETHER = text("""
    DELETE FROM kept_apart k USING stories s
    WHERE k.story_id = s.id AND coalesce(s.merged_into, s.id) = :story AND k.article_id = ANY(:articles)
""")

_MERGE = text("UPDATE stories SET merged_into = :target WHERE id = :story OR merged_into = :story")
_TAKE_APART = text("UPDATE stories SET merged_into = NULL WHERE id = :story")


def current(connection: Connection, story: StoryId) -> StoryId | None:
    """The story, or the one that it was merged into; None where there is none of this number."""
    found = connection.execute(_CURRENT, {"story": story}).scalar_one_or_none()
    return None if found is None else StoryId(found)


def title_of(connection: Connection, story: StoryId) -> str:
    """What its first article is called."""
    found = text("SELECT title FROM stories WHERE id = :story")
    return str(connection.execute(found, {"story": story}).scalar_one())


def members(connection: Connection, story: StoryId) -> list[ArticleId]:
    """All articles of the story."""
    found = text("SELECT id FROM articles WHERE story_id = :story ORDER BY id")
    return [ArticleId(number) for number in connection.execute(found, {"story": story}).scalars()]


def with_copies(
    connection: Connection, story: StoryId, articles: Collection[ArticleId]
) -> Sequence[ArticleId]:
    """Those of the articles that are in the story, and their copies there."""
    asked = {"story": story, "articles": list(articles)}
    return [ArticleId(number) for number in connection.execute(_WITH_COPIES, asked).scalars()]


def came_from(connection: Connection, story: StoryId, merged: StoryId) -> Sequence[ArticleId]:
    """The story's articles that came from one that was merged into it."""
    asked = {"story": story, "merged": merged, "reason": Reason.MERGED}
    return [ArticleId(number) for number in connection.execute(_FROM, asked).scalars()]


def merged_into(connection: Connection, story: StoryId) -> Sequence[Row[Any]]:
    """The stories that were merged into this one: id, title, and how many articles of each are still in it."""
    asked = {"story": story, "reason": Reason.MERGED, "most": MOST_MERGED}
    return connection.execute(_MERGED, asked).all()


def begin(connection: Connection, first: ArticleId) -> StoryId:
    """A new story, which is to have this article and perhaps others."""
    told = connection.execute(text("SELECT title, seen_at FROM articles WHERE id = :id"), {"id": first}).one()
    row = {"title": told.title, "first_at": told.seen_at, "last_at": told.seen_at}
    return StoryId(connection.execute(insert(stories).values(row).returning(stories.c.id)).scalar_one())


def take_out(
    connection: Connection, articles: Sequence[ArticleId], source: StoryId, target: StoryId, who: str
) -> None:
    """Puts the articles of one story into another, and keeps them apart from the first. The caller
    holds the placing."""
    connection.execute(_KEEP_APART, {"story": source, "articles": list(articles)})
    _move(connection, articles, source, target, Reason.TAKEN_OUT, who)


def merge(connection: Connection, story: StoryId, target: StoryId, who: str) -> int:
    """Puts all of a story into another, and tells how many articles that are. The caller
    holds the placing."""
    moved = members(connection, story)
    connection.execute(_BRING_TOGETHER, {"story": story, "articles": members(connection, target)})
    _move(connection, moved, story, target, Reason.MERGED, who)
    connection.execute(_MERGE, {"story": story, "target": target})
    return len(moved)


def take_apart(
    connection: Connection, articles: Sequence[ArticleId], story: StoryId, merged: StoryId, who: str
) -> None:
    """Gives a story that was merged into another back its articles. The caller
    holds the placing."""
    connection.execute(_TAKE_APART, {"story": merged})
    connection.execute(_KEEP_APART, {"story": story, "articles": list(articles)})
    _move(connection, articles, story, merged, Reason.TAKEN_APART, who)


def _move(
    connection: Connection,
    articles: Sequence[ArticleId],
    source: StoryId,
    target: StoryId,
    reason: Reason,
    who: str,
) -> None:
    moved = list(articles)
    connection.execute(_BRING_TOGETHER, {"story": target, "articles": moved})
    connection.execute(_MOVE, {"articles": moved, "target": target, "reason": reason, "who": who})
    both = [source, target]
    connection.execute(_COUNT_ANEW, {"stories": both})
    sketches.count_founders_anew(connection, both)
