"""Sketches of the articles that topics touch: kept when an article is read, found by what they have in common."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import nsmallest
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

# All that shares a band or a key, for a batch at once. Each search is fenced (OFFSET 0), so that it goes by the index
# made for it: told to heed the window as well, PostgreSQL would walk through all of it by its time. Arrays travel as
# text, since `unnest` would flatten arrays of arrays, and are read once.
_SHARING = text("""
    WITH wanted AS MATERIALIZED (
      SELECT article, at, CAST(bands AS bigint[]) AS bands, CAST(asked AS text[]) AS asked
      FROM unnest(CAST(:articles AS bigint[]), CAST(:times AS timestamptz[]), CAST(:bands AS text[]),
                  CAST(:asked AS text[])) AS given (article, at, bands, asked))
    SELECT w.article,
           ARRAY(SELECT f.article_id
                 FROM (SELECT article_id, at FROM sketches WHERE bands && w.bands OFFSET 0) AS f
                 WHERE f.at BETWEEN w.at - CAST(:text_window AS interval) AND w.at + CAST(:text_window AS interval)
                   AND f.article_id <> w.article
                 ORDER BY f.at, f.article_id LIMIT :most) AS texts,
           ARRAY(SELECT f.article_id
                 FROM (SELECT article_id, at FROM sketches WHERE keys && w.asked OFFSET 0) AS f
                 WHERE f.at BETWEEN w.at - CAST(:event_window AS interval) AND w.at + CAST(:event_window AS interval)
                   AND f.article_id <> w.article) AS events
    FROM wanted w
""")
_KEYS = text(
    "SELECT article_id, keys FROM sketches WHERE article_id = ANY(CAST(CAST(:articles AS text) AS bigint[]))"
)
_PLACED = text("""
    SELECT s.article_id, s.at, s.language, s.places, s.runs, s.terms, s.weights,
           a.story_id, coalesce(a.copy_of, a.id) AS text_id, t.first_at,
           ARRAY(SELECT coalesce(o.merged_into, o.id) FROM kept_apart k JOIN stories o ON o.id = k.story_id
                 WHERE k.article_id = s.article_id) AS apart
    FROM sketches s JOIN articles a ON a.id = s.article_id JOIN stories t ON t.id = a.story_id
    WHERE s.article_id = ANY(CAST(CAST(:articles AS text) AS bigint[])) AND s.edition = :edition
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

_FOUNDING = text("""
    UPDATE sketches SET founding = CAST(given.terms AS text[])
    FROM unnest(CAST(:articles AS bigint[]), CAST(:terms AS text[])) AS given (article, terms)
    WHERE article_id = given.article
""")

# Of a story's articles the first one's terms count.
_FOUND_ANEW = text("""
    WITH members AS (
      SELECT r.story_id, k.article_id, k.at FROM articles r JOIN sketches k ON k.article_id = r.id
      WHERE r.story_id = ANY(:stories)),
    firsts AS (SELECT DISTINCT ON (story_id) article_id FROM members ORDER BY story_id, at, article_id)
    UPDATE sketches k SET founding = CASE WHEN f.article_id IS NOT NULL
                                          THEN k.terms || (:mark || coalesce(k.language, 'None')) END
    FROM members m LEFT JOIN firsts f ON f.article_id = m.article_id
    WHERE k.article_id = m.article_id AND (f.article_id IS NOT NULL) <> (k.founding IS NOT NULL)
""")

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
    known = select(sketches.c.article_id).where(
        sketches.c.article_id.in_(wanted), sketches.c.edition == EDITION
    )
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
    """Those of these articles that have a sketch of this edition, in the order in which they were told; of the same
    moment, the one read first."""
    rows = connection.execute(
        select(sketches, articles.c.title)
        .join(articles, articles.c.id == sketches.c.article_id)
        .where(sketches.c.article_id.in_(wanted), sketches.c.edition == EDITION)
        .order_by(sketches.c.at, sketches.c.article_id)
    )
    return [Sketched(ArticleId(row.article_id), row.title, row.at, _sketch_in(row)) for row in rows]


def near(
    connection: Connection, wanted: Sequence[tuple[Sketched, Sequence[str]]]
) -> dict[ArticleId, dict[ArticleId, Placed]]:
    """For each of these articles those with a story that may have the same text, or share one of the keys that it asks
    for, within the windows. Three questions for all of them together."""
    sharing = _sharing(connection, wanted)
    kept = _keys_of_all(connection, {article for row in sharing for article in row.events})
    own = {one.article: frozenset(keys_of(one.sketch.terms)) for one, _ in wanted}
    chosen = {
        ArticleId(row.article): {*row.texts, *_most_alike(own[row.article], row.events, kept)}
        for row in sharing
    }
    placed = _placed(connection, set().union(*chosen.values()))
    return {
        article: {other: placed[other] for other in others if other in placed}
        for article, others in chosen.items()
    }


def _sharing(connection: Connection, wanted: Sequence[tuple[Sketched, Sequence[str]]]) -> Sequence[Row[Any]]:
    return connection.execute(
        _SHARING,
        {
            "articles": [one.article for one, _ in wanted],
            "times": [one.at for one, _ in wanted],
            "bands": [_as_text(one.sketch.text.bands()) for one, _ in wanted],
            "asked": [_as_text(asked) for _, asked in wanted],
            "text_window": TEXT_WINDOW,
            "event_window": EVENT_WINDOW,
            "most": MOST_NEAR,
        },
    ).all()


def _as_text(values: Iterable[int | str]) -> str:
    """An array as PostgreSQL reads it; Hebrew words have quotes inside (צה"ל)."""
    escaped = (str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"


def _numbers_as_text(numbers: Iterable[int]) -> str:
    """To list thousands of them costs the driver a tenth of all the time here."""
    return "{" + ",".join(map(str, numbers)) + "}"


def _keys_of_all(connection: Connection, wanted: Collection[int]) -> dict[int, list[str]]:
    if not wanted:
        return {}
    rows = connection.execute(_KEYS, {"articles": _numbers_as_text(wanted)}).all()
    return {row[0]: row[1] for row in rows}


def _most_alike(own: frozenset[str], others: Sequence[int], keys: Mapping[int, Sequence[str]]) -> list[int]:
    """Those that share most keys; of as many, the one that came first. To count them here takes a fifth of the time
    that it takes PostgreSQL."""
    ranked = nsmallest(
        MOST_NEAR, [(-len(own.intersection(keys[other])), other) for other in others if other in keys]
    )
    return [other for _, other in ranked]


def _placed(connection: Connection, wanted: Collection[int]) -> dict[ArticleId, Placed]:
    if not wanted:
        return {}
    rows = connection.execute(_PLACED, {"articles": _numbers_as_text(wanted), "edition": EDITION}).all()
    return {ArticleId(row.article_id): _placed_in(row) for row in rows}


def _placed_in(row: Row[Any]) -> Placed:
    return Placed(
        ArticleId(row.article_id),
        StoryId(row.story_id),
        ArticleId(row.text_id),
        row.at,
        row.first_at,
        _sketch_in(row),
        frozenset(map(StoryId, row.apart)),
    )


def _sketch_in(row: Row[Any]) -> Sketch:
    terms = dict(zip(row.terms, row.weights, strict=True))
    return Sketch(TextPrint(bytes(row.places), row.runs), terms, row.language)


def count_as_founder(connection: Connection, founders: Sequence[Sketched]) -> None:
    """Lets the terms of these articles count as those of a story."""
    terms = [_as_text([*each.sketch.terms, f"{LANGUAGE}{each.sketch.language}"]) for each in founders]
    if founders:
        connection.execute(_FOUNDING, {"articles": [each.article for each in founders], "terms": terms})


def count_founders_anew(connection: Connection, stories: Collection[StoryId]) -> None:
    """Lets the terms of each story's first article count, and those of no other, after a person moved some."""
    connection.execute(_FOUND_ANEW, {"stories": list(stories), "mark": LANGUAGE})


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
