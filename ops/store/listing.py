"""Deliveries as a list: the newest, of some states, kind, channel, subscription or topic."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import Connection, text

from alerts.states import State

Row = Mapping[str, Any]

COLUMNS = (
    *("id", "key", "channel", "channel_kind", "subscription", "kind", "state", "reason", "possible_repeat"),
    *(
        "attempts",
        "created_at",
        "due_at",
        "ended_at",
        "articles",
        "topics",
        "title",
        "url",
        "story",
        "thread_of",
    ),
)
"""What a list for programs and spreadsheets has of each delivery."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries; "", () and None: all of them. A subscription's are those that carry an alert of its, a topic's
    those that tell of it; `since` is when they were made; `before` goes on after the delivery of that number.
    `channel_id` is one channel, `channel` all that had its name."""

    state: str = ""
    kind: str = ""
    channel: str = ""
    subscription: str = ""
    topic: str = ""
    since: datetime | None = None
    states: Collection[str] = ()
    before: int | None = None
    channel_id: int | None = None


# First which ones, by whatever index serves the question; then all that is told of those few.
_CHOSEN = "SELECT d.id FROM deliveries d WHERE {} ORDER BY d.id DESC LIMIT :limit"

_LISTED = text("""
    SELECT d.id, d.key, d.kind, d.state, d.reason, d.possible_repeat, d.attempts, d.due_at, d.created_at,
           d.ended_at, d.last_answer, d.thread_of, d.channel_id, d.story_id,
           c.name AS channel, c.kind AS channel_kind, s.name AS subscription,
           (SELECT count(*) FROM delivery_articles da WHERE da.delivery_id = d.id) AS articles,
           r.title, r.url, r.source, r.language, r.published_at, r.seen_at, r.summary_only, story.title AS story,
           (SELECT array_agg(DISTINCT t.name ORDER BY t.name)
              FROM alerts a JOIN matches m ON m.id = a.match_id JOIN topics t ON t.id = m.topic_id
              WHERE a.delivery_id = d.id) AS topics,
           (SELECT array_agg(m.quote ORDER BY m.quote->>'field', m.id)
              FROM alerts a JOIN matches m ON m.id = a.match_id
              WHERE a.delivery_id = d.id AND m.article_id = r.id) AS quotes
    FROM deliveries d
    JOIN channels c ON c.id = d.channel_id
    LEFT JOIN subscriptions s ON s.id = d.subscription_id
    LEFT JOIN stories story ON story.id = d.story_id
    LEFT JOIN LATERAL (SELECT r.* FROM delivery_articles da JOIN articles r ON r.id = da.article_id
                       WHERE da.delivery_id = CASE d.kind WHEN 'update' THEN d.thread_of ELSE d.id END
                       ORDER BY r.id DESC LIMIT 1) r ON true
    WHERE d.id = ANY(:ids) ORDER BY d.id DESC
""")

_IDS = {
    "channel": text("SELECT id FROM channels WHERE name = :name"),
    "subscription": text("SELECT id FROM subscriptions WHERE name = :name"),
    "topic": text("SELECT id FROM topics WHERE name = :name"),
}
_NAMED = {
    "channel": "d.channel_id = ANY(:channel)",
    "subscription": (
        "d.id IN (SELECT a.delivery_id FROM alerts a WHERE a.subscription_id = ANY(:subscription))"
    ),
    "topic": (
        "d.id IN (SELECT a.delivery_id FROM matches m JOIN alerts a ON a.match_id = m.id "
        "WHERE m.topic_id = ANY(:topic))"
    ),
}

_NAMES = {
    "channel": text("SELECT DISTINCT name FROM channels WHERE id <> -1 ORDER BY name"),
    "subscription": text("SELECT DISTINCT name FROM subscriptions WHERE id <> -1 ORDER BY name"),
    "topic": text("SELECT DISTINCT name FROM topics WHERE id <> -1 ORDER BY name"),
}


def list_deliveries(connection: Connection, wanted: Wanted, limit: int = 50) -> Sequence[Row]:
    """The newest such deliveries with the article they tell of (the newest one, for a bundle) and their topics."""
    conditions, values = _conditions(connection, wanted)
    chosen = text(_CHOSEN.format(" AND ".join(conditions)))
    ids = list(connection.execute(chosen, {**values, "limit": limit}).scalars())
    rows = connection.execute(_LISTED, {"ids": ids}).mappings() if ids else ()
    return [dict(row) for row in rows]


def _conditions(connection: Connection, wanted: Wanted) -> tuple[list[str], dict[str, Any]]:
    """What is asked, and nothing that is not: a condition that holds for everything hides the index from the others."""
    conditions, values = ["d.channel_id <> -1"], dict[str, Any]()  # not the self-test's
    states = [state for state in (*wanted.states, wanted.state) if state]
    if states:
        conditions.append(_in_states(states))
    for noun in ("channel", "subscription", "topic"):
        if name := getattr(wanted, noun):
            # names are taken again after they were given up, so that several things may have had this one
            values[noun] = list(connection.execute(_IDS[noun], {"name": name}).scalars())
            conditions.append(_NAMED[noun])
    for condition, name, value in (
        ("d.kind = :kind", "kind", wanted.kind or None),
        ("d.created_at >= :since", "since", wanted.since),
        ("d.id < :before", "before", wanted.before),
        ("d.channel_id = :channel_id", "channel_id", wanted.channel_id),
    ):
        if value is not None:
            conditions.append(condition)
            values[name] = value
    return conditions, values


_DUE = ("collecting", "ready", "waiting")


def _in_states(states: Collection[str]) -> str:
    """Written out, since partial indexes are found by what stands in the statement; and what is due apart from the
    rest, since that has an index of its own."""
    known = [state for state in dict.fromkeys(states) if state in get_args(State)]
    parts = ([state for state in known if state in _DUE], [state for state in known if state not in _DUE])
    conditions = [
        "d.state IN ({})".format(", ".join(f"'{state}'" for state in part)) for part in parts if part
    ]
    return f"({' OR '.join(conditions)})" if conditions else "false"


def names_ever(connection: Connection, noun: str) -> list[str]:
    """The names that channels, subscriptions or topics have or had."""
    return list(connection.execute(_NAMES[noun]).scalars())
