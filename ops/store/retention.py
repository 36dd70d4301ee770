"""What is old enough goes, in pieces: articles with all that hangs on them, the ledger's lines, entries, stories.

An article is the unit. What was told of it goes with it and not before, or the proof (`audit`) would find matches of
which nothing was decided, and alerts suppressed for a message that is no more. A delivery goes when none of its
articles is left; a story likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from ops.store.schema import heartbeats
from worker.store.feeds import forget_entries, forget_keys

PART = "retention"
_ARTICLES, _ROWS, _FEEDS = 300, 500, 100
"""So many are looked at in one transaction, which takes some hundredths of a second and keeps nobody waiting longer."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """What is older goes: articles that were read, entries that were seen before `articles`, unless somebody was told
    of them; what was told, with its articles, before `ledger`, which is never the later one."""

    articles: datetime
    ledger: datetime


class Place(NamedTuple):
    """How far the walk has come: at which step, and behind what (None: at its beginning)."""

    step: str
    after: Any = None


# The oldest first. What a copy names as its original stays as long as the copy; what is still to be planned, or about
# which something is under way, stays whatever its age.
_OLD = text("""
    SELECT r.id, r.read_at FROM articles r
    WHERE r.read_at < :articles AND (r.read_at, r.id) > (CAST(:at AS timestamptz), CAST(:id AS bigint))
    ORDER BY r.read_at, r.id LIMIT :limit
""")
_DONE_WITH = text("""
    SELECT r.id FROM articles r
    WHERE r.id = ANY(:ids)
      AND NOT EXISTS (SELECT FROM articles c WHERE c.copy_of = r.id)
      AND NOT EXISTS (SELECT FROM matches m WHERE m.article_id = r.id AND m.state = 'new')
      AND NOT EXISTS (
        SELECT FROM matches m JOIN alerts a ON a.match_id = m.id
        LEFT JOIN deliveries d ON d.id = ANY(ARRAY[a.delivery_id, a.told_in])
        WHERE m.article_id = r.id AND (a.created_at >= :ledger OR d.id IS NOT NULL
                                       AND (d.ended_at IS NULL OR d.ended_at >= :ledger)))
      AND NOT EXISTS (
        SELECT FROM delivery_articles da JOIN deliveries d ON d.id = da.delivery_id
        WHERE da.article_id = r.id AND (d.ended_at IS NULL OR d.ended_at >= :ledger))
""")
_LOCKED = text("SELECT id FROM articles WHERE id = ANY(:ids) ORDER BY id FOR UPDATE SKIP LOCKED")
_WITH_IT = tuple(
    text(statement)
    for statement in (
        "DELETE FROM feedback WHERE article_id = ANY(:ids)",
        "DELETE FROM alerts WHERE match_id IN (SELECT id FROM matches WHERE article_id = ANY(:ids))",
        "DELETE FROM matches WHERE article_id = ANY(:ids)",
        "DELETE FROM delivery_articles WHERE article_id = ANY(:ids)",
        "DELETE FROM entries WHERE article_id = ANY(:ids)",
        """WITH gone AS (DELETE FROM articles WHERE id = ANY(:ids) RETURNING story_id),
                fewer AS (SELECT story_id, count(*) AS n FROM gone WHERE story_id IS NOT NULL GROUP BY story_id)
           UPDATE stories SET articles = articles - fewer.n FROM fewer WHERE stories.id = fewer.story_id""",
    )
)

_EMPTY_DELIVERIES = text("""
    SELECT d.id FROM deliveries d
    WHERE d.ended_at < :ledger AND d.state IN ('sent', 'failed', 'expired', 'suppressed', 'unknown')
      AND NOT EXISTS (SELECT FROM delivery_articles da WHERE da.delivery_id = d.id)
      AND NOT EXISTS (SELECT FROM alerts a WHERE a.delivery_id = d.id)
      AND NOT EXISTS (SELECT FROM alerts a WHERE a.told_in = d.id)
      AND NOT EXISTS (SELECT FROM deliveries f WHERE f.thread_of = d.id)
    ORDER BY d.ended_at LIMIT :limit
""")
_OF_DELIVERIES = tuple(
    text(f"DELETE FROM {table} WHERE {column} = ANY(:ids)")  # noqa: S608  our own words
    for table, column in (("feedback", "delivery_id"), ("attempts", "delivery_id"), ("deliveries", "id"))
)
_EMPTY_STORIES = text("""
    DELETE FROM stories WHERE id IN (
        SELECT s.id FROM stories s
        WHERE s.last_at < :articles
          AND NOT EXISTS (SELECT FROM articles r WHERE r.story_id = s.id)
          AND NOT EXISTS (SELECT FROM deliveries d WHERE d.story_id = s.id)
          AND NOT EXISTS (SELECT FROM stories part WHERE part.merged_into = s.id)
        ORDER BY s.last_at LIMIT :limit)
""")
_OLD_NOTES = text("""
    DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE at < :ledger ORDER BY id LIMIT :limit)
""")

Step = Callable[[Connection, Any, Horizon], tuple[int, Any]]
"""Takes a piece away: how many rows went, and behind what the next piece begins; None where the step is at its end."""


def _articles(connection: Connection, after: Any, horizon: Horizon) -> tuple[int, Any]:
    at, number = after or ("-infinity", 0)
    span = {"articles": horizon.articles, "ledger": horizon.ledger}
    old = connection.execute(_OLD, {**span, "at": at, "id": number, "limit": _ARTICLES}).all()
    if not old:
        return 0, None
    # Who begins anything with an article has to hold its row, so what holds once they are ours holds until we are done.
    some = connection.execute(_DONE_WITH, {**span, "ids": [row.id for row in old]}).scalars().all()
    ours = connection.execute(_LOCKED, {"ids": list(some)}).scalars().all()
    gone = connection.execute(_DONE_WITH, {**span, "ids": list(ours)}).scalars().all()
    for statement in _WITH_IT if gone else ():
        connection.execute(statement, {"ids": list(gone)})
    return len(gone), [old[-1].read_at.isoformat(), old[-1].id]


def _deliveries(connection: Connection, _: Any, horizon: Horizon) -> tuple[int, Any]:
    asked = {"ledger": horizon.ledger, "limit": _ROWS}
    ids = list(connection.execute(_EMPTY_DELIVERIES, asked).scalars())
    for statement in _OF_DELIVERIES if ids else ():
        connection.execute(statement, {"ids": ids})
    return len(ids), _on(len(ids))


def _entries(connection: Connection, after: Any, horizon: Horizon) -> tuple[int, Any]:
    return forget_entries(connection, horizon.articles, after or 0, _ROWS)


def _keys(connection: Connection, after: Any, horizon: Horizon) -> tuple[int, Any]:
    return forget_keys(connection, horizon.ledger.date(), after or 0, _FEEDS)


def _stories(connection: Connection, _: Any, horizon: Horizon) -> tuple[int, Any]:
    gone = connection.execute(_EMPTY_STORIES, {"articles": horizon.articles, "limit": _ROWS}).rowcount
    return gone, _on(gone)


def _notes(connection: Connection, _: Any, horizon: Horizon) -> tuple[int, Any]:
    gone = connection.execute(_OLD_NOTES, {"ledger": horizon.ledger, "limit": _ROWS}).rowcount
    return gone, _on(gone)


def _on(gone: int) -> bool | None:
    """What went is no longer in the way, so such a step begins each time at the beginning."""
    return True if gone else None


STEPS: Mapping[str, Step] = {
    "articles": _articles,
    "deliveries": _deliveries,
    "entries": _entries,
    "keys": _keys,
    "stories": _stories,
    "notes": _notes,
}
"""In their order: what hangs on something goes before it."""
BEGINNING = Place(next(iter(STEPS)))


def remove(connection: Connection, place: Place, horizon: Horizon) -> tuple[int, Place | None]:
    """Takes a piece away; how many rows of its kind went, and where the next piece is. None: that was the last one."""
    gone, after = STEPS[place.step](connection, place.after, horizon)
    if after is not None:
        return gone, Place(place.step, after)
    names = list(STEPS)
    following = names[names.index(place.step) + 1 :]
    return gone, Place(following[0]) if following else None


def place_of(connection: Connection, now: datetime) -> Place | None:
    """Where the walk goes on; None: it has come to its end and rests."""
    says = connection.execute(select(heartbeats.c.says).where(heartbeats.c.part == PART)).scalar() or {}
    if (rests := says.get("rests_until")) is not None:
        return None if now < datetime.fromisoformat(rests) else BEGINNING
    return Place(says["step"], says["after"]) if says.get("step") in STEPS else BEGINNING


def keep_place(connection: Connection, place: Place | None, now: datetime, rest: timedelta) -> None:
    """Writes down where the walk goes on, or that it rests."""
    says = (
        {"rests_until": (now + rest).isoformat()}
        if place is None
        else {"step": place.step, "after": place.after}
    )
    written = upsert(heartbeats).values(part=PART, at=func.clock_timestamp(), says=says)
    connection.execute(written.on_conflict_do_update(index_elements=["part"], set_={"says": says}))
