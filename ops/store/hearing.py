"""Who hears for the moment and who does not: subscriptions with what is kept for them, and silences."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select, text

from alerts.model import SubscriptionId
from alerts.store.schema import subscriptions
from alerts.wanted import goes_by
from worker.model import StoryId

Row = Mapping[str, Any]

_SUBSCRIPTIONS = text("""
    SELECT name, topics, channels, "when", timezone, quiet, wait_s, "group", cap_per_hour, sources, languages,
           on_doubt, urgent, declared, paused_at,
           CASE WHEN snoozed_until > clock_timestamp() THEN snoozed_until END AS snoozed_until,
           (SELECT count(*) FROM deliveries d JOIN alerts a ON a.delivery_id = d.id
             WHERE d.state = 'collecting' AND a.subscription_id = subscriptions.id
               AND (starts_with(d.bundle, 'kept:') OR a.reason IN ('paused', 'snoozed'))) AS kept
    FROM subscriptions WHERE removed_at IS NULL ORDER BY name
""")

_SILENCES = text("""
    SELECT s.id, s.scope, coalesce(t.name, y.title, s.source) AS what, s.story_id AS story, c.name AS channel,
           s.from_at, s.until_at, s.ended_at, s.made_by, s.comment,
           CASE WHEN s.ended_at IS NOT NULL OR s.until_at <= clock_timestamp() THEN 'over'
                WHEN s.from_at > clock_timestamp() THEN 'to come' ELSE 'holds' END AS state,
           (SELECT count(*) FROM alerts a WHERE a.silence_id = s.id) AS suppressed
    FROM silences s
    LEFT JOIN topics t ON t.id = s.topic_id
    LEFT JOIN stories y ON y.id = s.story_id
    LEFT JOIN channels c ON c.id = s.channel_id
    WHERE :all OR (s.ended_at IS NULL AND s.until_at > clock_timestamp())
    ORDER BY s.until_at, s.id
""")

_SOURCES = text("""
    SELECT array_remove(ARRAY[name, title, substring(url FROM '://([^/:?#]+)'),
                              substring(found_url FROM '://([^/:?#]+)')], NULL) AS names, tags
    FROM feeds WHERE removed_at IS NULL
""")

_STORY = text("SELECT story_id FROM articles WHERE identity = ANY(:identities) ORDER BY id LIMIT 1")


@dataclass(frozen=True, slots=True)
class Named:
    """A standing subscription, and the zone in which its people read the clock."""

    id: SubscriptionId
    timezone: str


def subscription_list(connection: Connection) -> Sequence[Row]:
    """The subscriptions as they were declared, with whether they are paused or snoozed, and how many alerts are kept
    for each."""
    return _rows(connection, _SUBSCRIPTIONS)


def silence_list(connection: Connection, *, over: bool) -> Sequence[Row]:
    """The silences that hold or are to come, and with `over` also the others: what, where, until when, by whom, and
    how many alerts each has suppressed."""
    return _rows(connection, _SILENCES, all=over)


def subscription_named(connection: Connection, name: str) -> Named | None:
    """The standing subscription of this name; None where there is none."""
    standing = subscriptions.c.removed_at.is_(None) & (subscriptions.c.name == name)
    row = connection.execute(select(subscriptions.c.id, subscriptions.c.timezone).where(standing)).first()
    return None if row is None else Named(SubscriptionId(row.id), row.timezone)


def names_in(connection: Connection, table: Table) -> list[str]:
    """What the standing topics, channels or subscriptions are called."""
    return list(connection.execute(select(table.c.name).where(table.c.removed_at.is_(None))).scalars())


def source_known(connection: Connection, name: str) -> bool:
    """Whether any standing feed goes by this name, tag or host."""
    return any(goes_by(name, row.names, row.tags) for row in connection.execute(_SOURCES))


def story_of(connection: Connection, identities: Collection[str]) -> StoryId | None:
    """The story that the article with one of these identities tells of; None where it tells of none."""
    found = connection.execute(_STORY, {"identities": list(identities)}).scalar()
    return None if found is None else StoryId(found)


def _rows(connection: Connection, query: Any, **asked: Any) -> list[Row]:
    return [dict(row) for row in connection.execute(query, asked).mappings()]
