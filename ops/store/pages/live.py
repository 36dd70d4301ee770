"""The articles as they are read, newest first; and what they can be sifted by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, TextClause, text

Row = Mapping[str, Any]

WALK = 10_000
"""So many articles are gone through for one page where most of them may not fit; then the reader is asked to go on."""

_RECENT = 2000
_NEWEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which articles; "" and False: all of them. `before` is the number of the last one seen."""

    topic: str = ""
    source: str = ""
    language: str = ""
    matched: bool = False
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Articles, each with its `evidence` (topic, hits and quote of each match) and on how many channels it was told;
    `further` is where the next page goes on, None at the end."""

    rows: Sequence[Row]
    further: int | None


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose: all topics, and the sources and languages of late."""

    topics: Sequence[str]
    sources: Sequence[str]
    languages: Sequence[str]


_FITTING = """
    SELECT r.id, r.title, r.url, r.source, r.language, r.published_at, r.seen_at, r.read_at, r.backlog,
           r.summary_only,
           (SELECT count(*) FROM delivery_articles da JOIN deliveries d ON d.id = da.delivery_id
             WHERE da.article_id = r.id AND da.taken AND d.state = 'sent') AS told
    FROM (SELECT a.id FROM walked w JOIN articles a ON a.id = w.id
           WHERE (:source = '' OR a.source = :source) AND (:language = '' OR a.language = :language)
           ORDER BY a.id DESC LIMIT :limit) fitting
    JOIN articles r ON r.id = fitting.id ORDER BY r.id DESC
"""
_LAST_WALKED = " SELECT min(id) AS last, count(*) AS n FROM walked"


def _walk(rows: str) -> tuple[TextClause, TextClause]:
    walked = f"WITH walked AS MATERIALIZED ({rows} LIMIT :walk)"
    return text(walked + _FITTING), text(walked + _LAST_WALKED)


_ALL = _walk("SELECT id FROM articles WHERE id < :before AND feed_id <> -1 ORDER BY id DESC")
_MATCHED = _walk(
    "SELECT DISTINCT article_id AS id FROM matches WHERE article_id < :before AND topic_id <> -1 ORDER BY 1 DESC"
)
_OF_TOPIC = _walk("""
    SELECT article_id AS id FROM matches
    WHERE topic_id = (SELECT id FROM topics WHERE name = :topic AND removed_at IS NULL) AND article_id < :before
    ORDER BY article_id DESC""")

_EVIDENCE = text("""
    SELECT m.article_id, t.name AS topic, t.removed_at IS NOT NULL AS removed, m.hits, m.quote
    FROM matches m JOIN topics t ON t.id = m.topic_id
    WHERE m.article_id = ANY(:articles) ORDER BY m.id
""")

_CHOICES = text("""
    WITH recent AS (SELECT source, language FROM articles WHERE feed_id <> -1 ORDER BY id DESC LIMIT :recent)
    SELECT ARRAY(SELECT name FROM topics WHERE removed_at IS NULL ORDER BY lower(name) LIMIT 1000) AS topics,
           ARRAY(SELECT source FROM recent GROUP BY source ORDER BY count(*) DESC, source LIMIT 100) AS sources,
           ARRAY(SELECT language FROM recent WHERE language IS NOT NULL
                 GROUP BY language ORDER BY count(*) DESC, language LIMIT 50) AS languages
""")


def stream(connection: Connection, sieve: Sieve, limit: int) -> Found:
    """The newest articles that fit."""
    fitting, last_walked = _OF_TOPIC if sieve.topic else _MATCHED if sieve.matched else _ALL
    sifted = bool(sieve.source or sieve.language)
    values = {
        "topic": sieve.topic,
        "source": sieve.source,
        "language": sieve.language,
        "before": _NEWEST if sieve.before is None else sieve.before,
        "limit": limit + 1,
        "walk": WALK if sifted else limit + 1,
    }
    rows = [dict(row) for row in connection.execute(fitting, values).mappings()]
    further = rows[limit - 1]["id"] if len(rows) > limit else None
    if sifted and further is None:
        # few of them fitted: the next page goes on where this one stopped to look
        walked = connection.execute(last_walked, values).one()
        further = walked.last if walked.n == WALK else None
    return Found(_with_evidence(connection, rows[:limit]), further)


def _with_evidence(connection: Connection, rows: Sequence[Row]) -> Sequence[Row]:
    found: dict[int, list[Row]] = {row["id"]: [] for row in rows}
    for match in connection.execute(_EVIDENCE, {"articles": list(found)}).mappings():
        found[match["article_id"]].append(dict(match))
    return [{**row, "evidence": found[row["id"]]} for row in rows]


def choices(connection: Connection) -> Choices:
    """What the stream can be sifted by."""
    return Choices(**connection.execute(_CHOICES, {"recent": _RECENT}).mappings().one())
