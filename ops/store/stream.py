"""What has happened, in the cheapest words: numbers of new rows, and the times of the newest.

Whoever tells others of news looks here once a second. Everything is found by an index and bounded; what takes longer
(the states of all feeds) is looked at more rarely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

MOST = 5000
"""Rows that one look takes of a table, the newest. Where more came since the last, there is news without them."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look saw, by the database's clock. An attempt's mark tells whether it has ended, so it counts twice."""

    at: datetime
    articles: Sequence[int]
    alerts: Sequence[int]
    deliveries: Sequence[int]
    ended: Sequence[int]
    attempts: Sequence[int]
    circuits: str


# An array for each table, so that a look is one question.
_LOOK = text("""
    SELECT clock_timestamp() AS at,
      ARRAY(SELECT id FROM articles WHERE id > :articles AND feed_id <> -1 ORDER BY id DESC LIMIT :most) AS articles,
      ARRAY(SELECT id FROM alerts WHERE id > :alerts AND channel_id <> -1 ORDER BY id DESC LIMIT :most) AS alerts,
      ARRAY(SELECT id FROM deliveries WHERE id > :deliveries AND channel_id <> -1
            ORDER BY id DESC LIMIT :most) AS deliveries,
      ARRAY(SELECT id FROM deliveries WHERE ended_at > statement_timestamp() - CAST(:overlap AS interval)
              AND channel_id <> -1
            ORDER BY ended_at DESC LIMIT :most) AS ended,
      ARRAY(SELECT id * 2 + (ended_at IS NOT NULL)::int FROM attempts WHERE id > CAST(:attempts AS bigint) / 2
            ORDER BY id DESC LIMIT :most) AS attempts,
      (SELECT coalesce(string_agg(name || ' ' || reason || ' ' || probes, ',' ORDER BY name), '')
         FROM circuits) AS circuits
""")

_STANDING = text("""
    SELECT
      (SELECT coalesce(sum(hashtextextended(state, id)), 0) FROM feeds WHERE removed_at IS NULL) AS states,
      (SELECT count(*) FROM habits WHERE silent_since IS NOT NULL) AS silent,
      (SELECT coalesce(max(change), 0) FROM topics) AS topics
""")

# The newest row of each table tells when there was news last; all of them are ends of an index.
_NEWEST = text("""
    SELECT clock_timestamp() AS at,
      (SELECT max(read_at) FROM articles) AS articles,
      (SELECT created_at FROM alerts ORDER BY id DESC LIMIT 1) AS alerts,
      greatest((SELECT max(ended_at) FROM deliveries),
               (SELECT created_at FROM deliveries ORDER BY id DESC LIMIT 1),
               (SELECT greatest(started_at, ended_at) FROM attempts ORDER BY id DESC LIMIT 1)) AS deliveries
""")


def look(connection: Connection, floors: Mapping[str, int], overlap_s: float) -> Look:
    """What there is above these row numbers (`articles`, `alerts`, `deliveries`, `attempts`), and the deliveries that
    ended within the overlap."""
    values = {**floors, "most": MOST, "overlap": timedelta(seconds=overlap_s)}
    return Look(**connection.execute(_LOOK, values).mappings().one())


def standing(connection: Connection) -> Mapping[str, str]:
    """A mark for `feeds` and one for `topics`: each changes when the state of any feed, or any topic, does."""
    row = connection.execute(_STANDING).one()
    return {"feeds": f"{row.states} {row.silent}", "topics": str(row.topics)}


def newest(connection: Connection) -> tuple[datetime, Mapping[str, datetime | None]]:
    """The time now, and when there was news last: `articles`, `alerts`, `deliveries`."""
    row = dict(connection.execute(_NEWEST).mappings().one())
    return row.pop("at"), row
