"""Stories for the pages: the latest with how they grew and who was told, and one of them article by article."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from ops.store.pages.articles import what_became_of
from worker.model import StoryId

Row = Mapping[str, Any]

SHOWN = 40
WINDOW = 1_000
"""So many stories are looked at for one part of the list."""
ARTICLES_SHOWN = 50
OTHERS_SHOWN = 50
LOOKED_AT = 2_000
"""Of so many articles of a story its sources, languages and growth are made out."""
_TRACED, _TRACED_OF_ONE = 100, LOOKED_AT
"""From so many of its first articles it is followed who was told: in the list, and where there is one story only."""
BARS = 24


@dataclass(frozen=True, slots=True)
class Sought:
    """Which stories: with an article in the last hours, with this language among its articles, touched by this topic,
    of at least so many articles, and (for the next part of the list) before that moment and number."""

    hours: int = 24
    language: str = ""
    topic: str = ""
    least: int = 1
    before: tuple[datetime, int] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The stories, the latest first. `further` is where the list goes on; `looked` tells that fewer than a part were
    found among those that were looked at; `no_topic` that there is no topic of that name."""

    rows: Sequence[Row] = ()
    further: tuple[datetime, int] | None = None
    looked: bool = False
    no_topic: bool = False


_WALKED = text("""
    SELECT id, last_at FROM stories
    WHERE merged_into IS NULL AND last_at > statement_timestamp() - make_interval(hours => :hours)
      AND last_at <= CAST(:at AS timestamptz) AND (last_at, id) < (CAST(:at AS timestamptz), :number)
      AND id NOT IN (SELECT story_id FROM articles WHERE feed_id = -1 AND story_id IS NOT NULL)
    ORDER BY last_at DESC, id DESC LIMIT :window
""")

_CHOSEN = text("""
    SELECT s.id, s.title, s.first_at, s.last_at, s.articles FROM stories s
    WHERE s.id = ANY(:stories) AND s.articles >= :least
      AND (:language = '' OR EXISTS (
               SELECT FROM articles r WHERE r.story_id = s.id AND r.language = :language))
      AND (CAST(:topic AS bigint) IS NULL OR EXISTS (
               SELECT FROM articles r JOIN matches m ON m.article_id = r.id
               WHERE r.story_id = s.id AND m.topic_id = CAST(:topic AS bigint)))
    ORDER BY s.last_at DESC, s.id DESC LIMIT :most
""")

_TOPIC = text("SELECT id FROM topics WHERE name = :topic ORDER BY removed_at IS NOT NULL, id DESC LIMIT 1")

_ONE = text("SELECT id, title, first_at, last_at, articles FROM stories WHERE id = :story")

_ARTICLE_IN = text(
    "SELECT id, title, source, language FROM articles WHERE id = :article AND story_id = :story"
)

_OTHERS = text("""
    SELECT id, title FROM stories WHERE merged_into IS NULL AND id <> :story
      AND id NOT IN (SELECT story_id FROM articles WHERE feed_id = -1 AND story_id IS NOT NULL)
    ORDER BY last_at DESC, id DESC LIMIT :most
""")

_KEPT = """
    WITH kept AS MATERIALIZED (
        SELECT s.id AS story_id, s.first_at, s.last_at, r.*
        FROM stories s CROSS JOIN LATERAL (
            SELECT id, source, language, copy_of, seen_at FROM articles
            WHERE story_id = s.id ORDER BY id LIMIT :looked) AS r
        WHERE s.id = ANY(:stories))
"""

_SPREAD = text(f"""{_KEPT}
    SELECT story_id, count(*) AS looked, count(DISTINCT source) AS sources,
           array_agg(DISTINCT language ORDER BY language) FILTER (WHERE language IS NOT NULL) AS languages,
           (array_agg(language ORDER BY id))[1] AS language,
           count(copy_of) AS copies,
           array_agg(least(greatest(width_bucket(
               extract(epoch FROM seen_at), extract(epoch FROM first_at), extract(epoch FROM last_at) + 1,
               :bars), 1), :bars)) AS grew
    FROM kept GROUP BY story_id
""")  # noqa: S608  no foreign text

_TOPICS = text(f"""{_KEPT}
    SELECT r.story_id, t.name AS topic, count(*) AS articles
    FROM kept r JOIN matches m ON m.article_id = r.id JOIN topics t ON t.id = m.topic_id
    GROUP BY r.story_id, t.id ORDER BY articles DESC, t.name
""")  # noqa: S608  no foreign text

_TOLD = text(f"""{_KEPT}
    SELECT r.story_id, c.name AS channel, count(DISTINCT d.id) AS messages,
           count(DISTINCT d.id) FILTER (WHERE d.state = 'sent') AS sent,
           min(d.ended_at) FILTER (WHERE d.state = 'sent') AS first_at
    FROM kept r JOIN matches m ON m.article_id = r.id JOIN alerts a ON a.match_id = m.id
    JOIN deliveries d ON d.id = a.delivery_id JOIN channels c ON c.id = d.channel_id
    GROUP BY r.story_id, c.id ORDER BY first_at NULLS LAST, c.name
""")  # noqa: S608  no foreign text

_SILENCES = text("""
    SELECT s.id, s.story_id, c.name AS channel, s.from_at, s.until_at, s.made_by, s.comment,
           s.from_at <= statement_timestamp() AS holds
    FROM silences s LEFT JOIN channels c ON c.id = s.channel_id
    WHERE s.story_id = ANY(:stories) AND s.ended_at IS NULL AND s.until_at > statement_timestamp()
    ORDER BY s.until_at DESC, s.id
""")

_ARTICLES = text("""
    SELECT r.id, r.title, r.url, r.source, r.language, r.seen_at, r.copy_of IS NOT NULL AS copy,
           r.story_reason AS why, l.title AS like_title, l.source AS like_source
    FROM articles r LEFT JOIN articles l ON l.id = CAST(r.story_reason ->> 'like' AS bigint)
    WHERE r.story_id = :story AND r.id > :after ORDER BY r.id LIMIT :most
""")


def find(connection: Connection, sought: Sought) -> Found:
    """The latest such stories."""
    topic = None
    if sought.topic:
        topic = connection.execute(_TOPIC, {"topic": sought.topic}).scalar_one_or_none()
        if topic is None:
            return Found(no_topic=True)
    at, number = sought.before or ("infinity", 0)
    asked = {"hours": sought.hours, "at": at, "number": number, "window": WINDOW}
    walked = connection.execute(_WALKED, asked).all()
    wanted = {"language": sought.language, "topic": topic, "least": sought.least, "most": SHOWN + 1}
    stories = [row.id for row in walked]
    chosen = connection.execute(_CHOSEN, {**wanted, "stories": stories}).mappings().all()
    rows = _told_of(connection, [dict(row) for row in chosen[:SHOWN]], _TRACED)
    if len(chosen) > SHOWN:
        return Found(rows, (rows[-1]["last_at"], rows[-1]["id"]))
    if len(walked) == WINDOW:
        return Found(rows, (walked[-1].last_at, walked[-1].id), looked=True)
    return Found(rows)


def story(connection: Connection, number: int) -> Row | None:
    """One story as the list has it; None where there is none of this number."""
    row = connection.execute(_ONE, {"story": number}).mappings().one_or_none()
    return None if row is None else _told_of(connection, [dict(row)], _TRACED_OF_ONE)[0]


def others(connection: Connection, number: int) -> Sequence[Row]:
    """The latest other stories, which this one may be part of."""
    asked = {"story": number, "most": OTHERS_SHOWN}
    return [dict(row) for row in connection.execute(_OTHERS, asked).mappings()]


def article_in(connection: Connection, number: int, article: int) -> Row | None:
    """An article of the story; None where it is not in it."""
    asked = {"story": number, "article": article}
    found = connection.execute(_ARTICLE_IN, asked).mappings().one_or_none()
    return None if found is None else dict(found)


def articles_of(
    connection: Connection, number: StoryId | int, after: int
) -> tuple[Sequence[Row], int | None]:
    """The story's articles in the order in which they were put there, each with why, its matches and sendings; and
    behind which number they go on."""
    asked = {"story": number, "after": after, "most": ARTICLES_SHOWN + 1}
    rows = [dict(row) for row in connection.execute(_ARTICLES, asked).mappings()]
    shown = what_became_of(connection, rows[:ARTICLES_SHOWN])
    return shown, shown[-1]["id"] if len(rows) > ARTICLES_SHOWN else None


def _told_of(connection: Connection, rows: Sequence[dict[str, Any]], traced: int) -> list[dict[str, Any]]:
    """The stories with how widely they are told and in which bar of the growth each article stands (`spread`), by
    which `topics` they came, who was `told`, and what `silences` hold or are to come."""
    asked = {"stories": [row["id"] for row in rows]}
    spread = _grouped(connection, _SPREAD, {**asked, "looked": LOOKED_AT, "bars": BARS})
    topics = _grouped(connection, _TOPICS, {**asked, "looked": traced})
    told = _grouped(connection, _TOLD, {**asked, "looked": traced})
    silences = _grouped(connection, _SILENCES, asked)
    return [
        {
            **row,
            "spread": next(iter(spread.get(row["id"], ())), None),
            "topics": topics.get(row["id"], []),
            "told": told.get(row["id"], []),
            "silences": silences.get(row["id"], []),
        }
        for row in rows
    ]


def _grouped(connection: Connection, query: Any, asked: Mapping[str, Any]) -> dict[int, list[Row]]:
    groups: defaultdict[int, list[Row]] = defaultdict(list)
    for row in connection.execute(query, asked).mappings():
        groups[row["story_id"]].append(dict(row))
    return groups
