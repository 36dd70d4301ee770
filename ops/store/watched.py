"""What is watched, as lists for people: channels, topics; and the articles a query is tried on."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import chain, repeat
from typing import Any, NamedTuple, cast

import psycopg
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError

from alerts.model import ChannelId
from alerts.store.schema import channels
from ops.searching import Stored
from ops.store.balking import IN_VAIN
from worker.model import Article, ArticleId, Topic, TopicId
from worker.store.schema import topics

Row = Mapping[str, Any]

_PIECE = 250
"""Articles that are brought at a time, while the ones before are looked at: a long one has some 100 KB, and whoever
looks closely at all of them may take ten seconds, in which the database waits."""
_AHEAD = 2
"""Pieces that are under way meanwhile: with one, each side waits for the other's next turn in Python (1.75 s instead of
1.95 for 50,000 articles)."""

_CHANNELS = text(f"""
    SELECT c.name, c.kind, left(c.fingerprint, 8) AS print, c.declared,
           CASE WHEN c.pause_until > clock_timestamp() THEN c.pause_until END AS paused_until,
           k.name AS circuit, k.reason, k.opened_at, nullif(k.probe_at, 'infinity') AS probe_at,
           b.takes_nothing_since, b.takes_nothing_why,
           (SELECT count(*) FROM deliveries d WHERE d.channel_id = c.id AND d.state = 'held') AS held,
           a.blocked_by, CASE WHEN c.declared OR a.confirmed_at IS NOT NULL THEN NULL ELSE (
             SELECT concat_ws(': ', f.state, f.reason) FROM confirmations f WHERE f.address = c.address
             ORDER BY f.id DESC LIMIT 1) END AS confirmation
    FROM channels c LEFT JOIN addresses a ON a.address = c.address LEFT JOIN LATERAL (
        SELECT * FROM circuits WHERE name IN ('channel:' || c.id, 'sender:' || c.credential)
        ORDER BY name DESC LIMIT 1) AS k ON true
    LEFT JOIN LATERAL {IN_VAIN} AS b ON true
    WHERE c.removed_at IS NULL ORDER BY c.name
""")  # noqa: S608  every word is ours

_TOPICS = text("""
    SELECT t.name, t.query, t.tags, t.declared,
           (SELECT count(*) FROM matches m
             WHERE m.topic_id = t.id AND m.created_at > clock_timestamp() - interval '24 hours') AS matches_24h
    FROM topics t WHERE t.removed_at IS NULL ORDER BY t.name
""")

_NOW = text("SELECT statement_timestamp() - make_interval(secs => :seconds)")

# As bytes, since most of what is brought is never made into texts; title and body in one piece, since every further
# copy of 320 MB counts.
_COLUMNS = {
    "id": "int8",
    "read_at": "timestamptz",
    "coalesce(published_at, seen_at)": "timestamptz",
    r"title || E'\n' || body": "bytea",
    "octet_length(title)": "int4",
    "language": "bytea",
    "url": "bytea",
    "source": "bytea",
    "array_to_string(authors, ', ')": "bytea",
    "array_to_json(tags)::text": "bytea",
}
_ARTICLES = f"""
    COPY (SELECT {", ".join(_COLUMNS)} FROM articles
          WHERE read_at > %(since)s AND read_at <= %(until)s AND (read_at, id) < (%(until)s, %(before)s)
            AND feed_id <> -1
          ORDER BY read_at DESC, id DESC LIMIT %(limit)s) TO STDOUT (FORMAT BINARY)
"""  # noqa: S608  every word is ours
_NEWEST = 2**63 - 1

_COUNT_ARTICLES = text("""
    SELECT count(*) FROM articles WHERE read_at > statement_timestamp() - make_interval(secs => :seconds)
""")


class Lying(NamedTuple):
    """An article as the database has it."""

    id: int
    read_at: datetime
    at: datetime
    letters: bytes
    """Title and text."""
    title_ends: int
    language: bytes | None
    url: bytes
    source: bytes
    authors: bytes
    tags: bytes

    def opened(self) -> Stored:
        """The article."""
        article = Article(
            title=self.letters[: self.title_ends].decode(),
            body=self.letters[self.title_ends + 1 :].decode(),
            language=None if self.language is None else self.language.decode(),
            url=self.url.decode(),
            source=self.source.decode(),
            author=self.authors.decode(),
            tags=tuple(json.loads(self.tags)),
        )
        return Stored(ArticleId(self.id), article, self.at, self.read_at)


def channel_list(connection: Connection) -> Sequence[Row]:
    """The channels, with what lets nothing through (the circuit's name and reason), and how many messages it
    holds. `print` is the beginning of the target's fingerprint, which equal targets share."""
    return _rows(connection, _CHANNELS)


def topic_list(connection: Connection) -> Sequence[Row]:
    """The topics, with how many articles they matched in 24 hours."""
    return _rows(connection, _TOPICS)


def channel_named(connection: Connection, name: str) -> ChannelId | None:
    """The standing channel of this name; None where there is none."""
    standing = channels.c.removed_at.is_(None) & (channels.c.name == name)
    found = connection.execute(select(channels.c.id).where(standing)).scalar()
    return None if found is None else ChannelId(found)


def count_articles_of_last(connection: Connection, seconds: float) -> int:
    """How many articles were read in the last seconds."""
    return int(connection.execute(_COUNT_ARTICLES, {"seconds": seconds}).scalar_one())


def topics_named(connection: Connection, names: Collection[str]) -> dict[str, Topic]:
    """The standing topics of these names; those that there are none of are left out."""
    standing = topics.c.removed_at.is_(None) & topics.c.name.in_(names)
    rows = connection.execute(select(topics).where(standing))
    return {row.name: Topic(TopicId(row.id), row.name, row.query) for row in rows}


def topic_names(connection: Connection) -> list[str]:
    """What the standing topics are called."""
    return list(connection.execute(select(topics.c.name).where(topics.c.removed_at.is_(None))).scalars())


def articles_of_last(connection: Connection, seconds: float, limit: int | None = None) -> Iterator[Lying]:
    """The articles read in the last seconds, the newest first and at most `limit`, brought in pieces: the next two
    while one is looked at, so nobody else may use the connection until the last one came."""
    since = connection.execute(_NOW, {"seconds": seconds}).scalar_one()
    sizes = repeat(_PIECE) if limit is None else (min(_PIECE, limit - at) for at in range(0, limit, _PIECE))

    def behind(piece: Future[list[Lying]] | None, size: int) -> list[Lying]:
        before = piece.result() if piece is not None else [None]
        return _piece(connection, since, before[-1], size) if before and size else []

    with ThreadPoolExecutor(1, "articles") as bringer:
        coming = deque([bringer.submit(behind, None, next(sizes, 0))])
        for size in chain(sizes, repeat(0)):
            coming.append(bringer.submit(behind, coming[-1], size))
            if len(coming) > _AHEAD:
                if not (piece := coming.popleft().result()):
                    break
                yield from piece


def _piece(connection: Connection, since: datetime, last: Lying | None, size: int) -> list[Lying]:
    """The next articles behind the last one."""
    until, before = ("infinity", _NEWEST) if last is None else (last.read_at, last.id)
    asked = {"since": since, "until": until, "before": before, "limit": size}
    driver = cast("psycopg.Connection", connection.connection.driver_connection)
    try:
        with driver.cursor() as cursor, cursor.copy(_ARTICLES, asked) as copy:
            copy.set_types(list(_COLUMNS.values()))
            return [Lying._make(row) for row in copy.rows()]
    except psycopg.Error as error:
        if lost := driver.broken:
            connection.invalidate()  # no longer used, not even to end its transaction
        raise _as_told(error, connection, lost=lost) from error


def _as_told(error: psycopg.Error, connection: Connection, *, lost: bool) -> BaseException:
    """The error as all others of the database are told."""
    return DBAPIError.instance(
        _ARTICLES, None, error, psycopg.Error, connection_invalidated=lost, dialect=connection.dialect
    )


def _rows(connection: Connection, query: Any) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]
