"""What has happened, for programs that listen: matches, what planning made of them, and deliveries that ended.

A look asks for numbers alone, above a floor and without those that are known; what they stand for is read once.
Matches and alerts are found by their ids, endings by their moment, since a delivery that is sent again ends again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Connection, text

Kind = Literal["match", "alert", "delivery"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MOST = 500
"""Numbers of one kind that a look finds, the oldest; the next look goes on behind them."""

_LOW = 20
"""An ending is a moment in milliseconds, and behind it the lower bits of the delivery's id."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sight:
    """A number, and how long ago it was written."""

    number: int
    age_s: float


_MATCHES_SEEN = text("""
    SELECT id AS number, extract(epoch FROM clock_timestamp() - created_at) AS age_s FROM matches
    WHERE id > :floor AND topic_id <> -1 AND id <> ALL(CAST(:known AS bigint[])) ORDER BY id LIMIT :most
""")

_ALERTS_SEEN = text("""
    SELECT id AS number, extract(epoch FROM clock_timestamp() - created_at) AS age_s FROM alerts
    WHERE id > :floor AND channel_id <> -1 AND id <> ALL(CAST(:known AS bigint[])) ORDER BY id LIMIT :most
""")

_ENDINGS = text("""
    WITH endings AS (
        SELECT (CAST(floor(extract(epoch FROM ended_at) * 1000) AS bigint) << 20) | (id & 1048575) AS number,
               ended_at, id
        FROM deliveries
        WHERE ended_at >= to_timestamp((CAST(:floor AS bigint) >> 20) / 1000.0) AND channel_id <> -1)
    SELECT number, extract(epoch FROM clock_timestamp() - ended_at) AS age_s FROM endings
    WHERE number > CAST(:floor AS bigint) AND number <> ALL(CAST(:known AS bigint[]))
    ORDER BY ended_at, id LIMIT :most
""")

_LOOKS: Mapping[Kind, Any] = {"match": _MATCHES_SEEN, "alert": _ALERTS_SEEN, "delivery": _ENDINGS}

_NEWEST: Mapping[Kind, Any] = {
    "match": text("SELECT id AS number FROM matches WHERE topic_id <> -1 ORDER BY id DESC LIMIT :most"),
    "alert": text("SELECT id AS number FROM alerts WHERE channel_id <> -1 ORDER BY id DESC LIMIT :most"),
    "delivery": text("""
        SELECT (CAST(floor(extract(epoch FROM ended_at) * 1000) AS bigint) << 20) | (id & 1048575) AS number
        FROM deliveries WHERE ended_at IS NOT NULL AND channel_id <> -1 ORDER BY ended_at DESC LIMIT :most
    """),
}

_MATCHES = text("""
    SELECT m.id AS number, m.id, m.created_at AS at, m.article_id, r.title, r.url, r.source, r.language, r.story_id,
           m.topic_id, t.name AS topic
    FROM matches m JOIN articles r ON r.id = m.article_id JOIN topics t ON t.id = m.topic_id
    WHERE m.id = ANY(:numbers)
""")

_ALERTS = text("""
    SELECT a.id AS number, a.id, a.created_at AS at, a.match_id, m.article_id, t.name AS topic, s.name AS subscription,
           c.name AS channel, a.delivery_id, a.suppressed
    FROM alerts a JOIN matches m ON m.id = a.match_id JOIN topics t ON t.id = m.topic_id
    JOIN subscriptions s ON s.id = a.subscription_id JOIN channels c ON c.id = a.channel_id
    WHERE a.id = ANY(:numbers)
""")

_DELIVERIES = text("""
    SELECT (CAST(floor(extract(epoch FROM d.ended_at) * 1000) AS bigint) << 20) | (d.id & 1048575) AS number, d.id,
           d.key, d.ended_at AS at, d.kind, d.state, d.reason, d.possible_repeat, d.channel_id, c.name AS channel,
           ARRAY(SELECT article_id FROM delivery_articles WHERE delivery_id = d.id ORDER BY article_id LIMIT 200)
               AS articles
    FROM unnest(CAST(:numbers AS bigint[])) AS moments(milliseconds)
    JOIN deliveries d ON d.ended_at >= to_timestamp(milliseconds / 1000.0)
                     AND d.ended_at < to_timestamp((milliseconds + 1) / 1000.0)
    JOIN channels c ON c.id = d.channel_id
""")

_FACTS: Mapping[Kind, Any] = {"match": _MATCHES, "alert": _ALERTS, "delivery": _DELIVERIES}


def look(connection: Connection, kind: Kind, floor: int, known: Collection[int]) -> list[Sight]:
    """The oldest numbers of this kind above the floor that are not known."""
    asked = {"floor": floor, "known": list(known), "most": MOST}
    return [Sight(row.number, float(row.age_s)) for row in connection.execute(_LOOKS[kind], asked)]


def newest(connection: Connection, kind: Kind) -> tuple[int, list[int]]:
    """Where somebody begins who hears of what comes: the newest numbers of this kind, and the number up to which
    everything else is old."""
    numbers = list(connection.execute(_NEWEST[kind], {"most": MOST}).scalars())
    if len(numbers) < MOST:
        return 0, numbers
    oldest = min(numbers)
    # what ended in the same millisecond is as old
    return (oldest | (1 << _LOW) - 1 if kind == "delivery" else oldest), numbers


def facts(connection: Connection, kind: Kind, numbers: Sequence[int]) -> list[Row]:
    """What these numbers stand for, in their order; what is no more is left out."""
    if not numbers:
        return []
    asked = sorted({number >> _LOW for number in numbers}) if kind == "delivery" else list(numbers)
    rows = connection.execute(_FACTS[kind], {"numbers": asked}).mappings()
    found = {row["number"]: dict(row) for row in rows}
    return [found[number] for number in numbers if number in found]
