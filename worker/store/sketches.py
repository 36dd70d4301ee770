"""Sketches of the articles that topics touch: kept when an article is read, found by what they have in common."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select, text

from worker.match.languages import languages
from worker.model import Article, ArticleId, StoryId
from worker.store.schema import articles, sketches
from worker.story import (
    EVENT_WINDOW,
    LANGUAGE,
    TEXT_WINDOW,
    Placed,
    Rarity,
    Sketch,
    TextPrint,
    keys_of,
    sketch_of,
)

EDITION = 1
"""Of the way to make sketches; one of another edition is made anew, since the two cannot be compared."""
KEPT = timedelta(days=14)
MOST_NEAR = 16
"""Articles that one is compared with for its text, and as many for its event: those that share most keys."""
_MOST_FORGOTTEN = 1_000
_MOST_LANGUAGES = 4

# An article's time. Backlog counts from when it was published, so that a story of last month does not seem young.
_KEEP = text("""
    INSERT INTO sketches (article_id, edition, at, language, places, runs, bands, terms, weights, keys)
    SELECT id, :edition,
           CASE WHEN backlog THEN coalesce(least(published_at, seen_at), seen_at) ELSE seen_at END,
           :language, :places, :runs, CAST(:bands AS bigint[]), CAST(:terms AS text[]),
           CAST(:weights AS real[]), CAST(:keys AS text[])
    FROM articles WHERE id = :article
    ON CONFLICT (article_id) DO UPDATE SET
      edition = excluded.edition, language = excluded.language, places = excluded.places, runs = excluded.runs,
      bands = excluded.bands, terms = excluded.terms, weights = excluded.weights, keys = excluded.keys
""")

# What shares a band or a key is found first, by the index made for that: told to sort and stop early, PostgreSQL
# would walk through the whole window by its time.
_NEAR = text("""
    WITH copies AS MATERIALIZED (SELECT * FROM sketches WHERE bands && CAST(:bands AS bigint[])),
         events AS MATERIALIZED (SELECT * FROM sketches WHERE keys && CAST(:keys AS text[])),
         found AS (
           (SELECT * FROM copies WHERE at BETWEEN :text_from AND :text_to AND article_id <> :article
            ORDER BY at, article_id LIMIT :most)
           UNION ALL
           (SELECT * FROM events WHERE at BETWEEN :event_from AND :event_to AND article_id <> :article
            ORDER BY (SELECT count(*) FROM unnest(keys) AS k WHERE k = ANY(CAST(:all_keys AS text[]))) DESC,
                     article_id LIMIT :most))
    SELECT s.article_id, s.at, s.language, s.places, s.runs, s.terms, s.weights,
           a.story_id, coalesce(a.copy_of, a.id) AS text_id, t.first_at
    FROM found s JOIN articles a ON a.id = s.article_id JOIN stories t ON t.id = a.story_id
    WHERE s.edition = :edition
""")

# Of an array, ANALYZE counts the share of the rows with one, here of the stories, that hold each element.
_SHARES = text("""
    SELECT counted.term, counted.share
    FROM pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) AS counted (term, share)
    WHERE schemaname = current_schema() AND tablename = 'sketches' AND attname = 'founding'
      AND counted.term = ANY(CAST(:terms AS text[]))
""")
_STORIES = text("""
    SELECT greatest(c.reltuples, 0) * (1 - s.null_frac) FROM pg_class c JOIN pg_stats s ON s.tablename = c.relname
    WHERE c.oid = 'sketches'::regclass AND s.schemaname = current_schema() AND s.attname = 'founding'
""")

_FOUNDING = text("UPDATE sketches SET founding = CAST(:terms AS text[]) WHERE article_id = :article")

_FORGET = text("""
    DELETE FROM sketches
    WHERE article_id IN (SELECT article_id FROM sketches WHERE at < :before ORDER BY at LIMIT :most)
""")


def keep_sketch(connection: Connection, article: ArticleId, sketch: Sketch) -> None:
    """Stores an article's sketch, in place of the one before where it was read again."""
    connection.execute(
        _KEEP,
        {
            "article": article,
            "edition": EDITION,
            "language": sketch.language,
            "places": sketch.text.places,
            "runs": sketch.text.runs,
            "bands": sketch.text.bands(),
            "terms": list(sketch.terms),
            "weights": list(sketch.terms.values()),
            "keys": keys_of(sketch.terms),
        },
    )


def sketch_missing(connection: Connection, wanted: Collection[ArticleId]) -> None:
    """Makes the sketches that nobody made when the article was read, or made in another way."""
    known = select(sketches.c.article_id).where(sketches.c.edition == EDITION)
    missing = connection.execute(
        select(articles.c.id, articles.c.title, articles.c.body, articles.c.language).where(
            articles.c.id.in_(wanted), articles.c.id.not_in(known)
        )
    )
    for row in missing.all():
        keep_sketch(connection, ArticleId(row.id), sketch_of(Article(row.title, row.body, row.language)))


def languages_told_in(connection: Connection) -> list[str]:
    """The languages of the articles that topics touched of late, the most frequent first, some four at most."""
    written = sketches.c.language
    counted = select(written).where(written.is_not(None)).group_by(written)
    most = counted.order_by(func.count().desc(), written).limit(_MOST_LANGUAGES)
    return list(connection.execute(most).scalars())


class Sketched(NamedTuple):
    """An article with its sketch; `at` is its time."""

    article: ArticleId
    title: str
    at: datetime
    sketch: Sketch


def sketched(connection: Connection, wanted: Collection[ArticleId]) -> list[Sketched]:
    """These articles in the order in which they were told; of the same moment, the one read first."""
    rows = connection.execute(
        select(sketches, articles.c.title)
        .join(articles, articles.c.id == sketches.c.article_id)
        .where(sketches.c.article_id.in_(wanted))
        .order_by(sketches.c.at, sketches.c.article_id)
    )
    return [Sketched(ArticleId(row.article_id), row.title, row.at, _sketch_in(row)) for row in rows]


def near(connection: Connection, one: Sketched, keys: Sequence[str]) -> dict[ArticleId, Placed]:
    """The articles with a story that may have the same text, or share one of these keys, within the windows."""
    rows = connection.execute(
        _NEAR,
        {
            "article": one.article,
            "edition": EDITION,
            "bands": one.sketch.text.bands(),
            "keys": keys,
            "all_keys": keys_of(one.sketch.terms),
            "text_from": one.at - TEXT_WINDOW,
            "text_to": one.at + TEXT_WINDOW,
            "event_from": one.at - EVENT_WINDOW,
            "event_to": one.at + EVENT_WINDOW,
            "most": MOST_NEAR,
        },
    )
    return {ArticleId(row.article_id): _placed_in(row) for row in rows}


def _placed_in(row: Row[Any]) -> Placed:
    return Placed(
        ArticleId(row.article_id),
        StoryId(row.story_id),
        ArticleId(row.text_id),
        row.at,
        row.first_at,
        _sketch_in(row),
    )


def _sketch_in(row: Row[Any]) -> Sketch:
    terms = dict(zip(row.terms, row.weights, strict=True))
    return Sketch(TextPrint(bytes(row.places), row.runs), terms, row.language)


def count_as_founder(connection: Connection, founders: Sequence[Sketched]) -> None:
    """Lets the terms of these articles count as those of a story."""
    if founders:
        connection.execute(
            _FOUNDING,
            [
                {"article": each.article, "terms": [*each.sketch.terms, f"{LANGUAGE}{each.sketch.language}"]}
                for each in founders
            ],
        )


def rarity_of(connection: Connection, terms: Collection[str]) -> Rarity:
    """How telling these terms are, as far as PostgreSQL has counted them (autovacuum does)."""
    stories = connection.execute(_STORIES).scalar()
    if not stories:
        return Rarity()
    wanted = [*terms, *(f"{LANGUAGE}{code}" for code in languages())]
    shares = connection.execute(_SHARES, {"terms": wanted})
    return Rarity({row.term: row.share for row in shares}, stories)


def forget_old(connection: Connection, now: datetime) -> None:
    """Deletes sketches that nothing will be compared with any more."""
    connection.execute(_FORGET, {"before": now - KEPT, "most": _MOST_FORGOTTEN})
