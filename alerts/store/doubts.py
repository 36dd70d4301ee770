"""Deliveries that are looked for at their receiver: claimed like everything else, so that any worker goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text, update

from alerts.circuits import STRAINED
from alerts.doubt import Look, LookAgain
from alerts.store.deliveries import LEASE_S, DueDelivery, due_delivery
from alerts.store.schema import deliveries

# One look at a channel at a time. Where a channel or its credential is blocked nobody can be asked; where it only
# gives no clear answer, asking is how to find out, and where nothing held could be the probe, the look is it.
_CLAIM = text("""
    WITH next AS (
        SELECT DISTINCT ON (d.channel_id) d.id
        FROM deliveries d JOIN channels c ON c.id = d.channel_id
        WHERE d.state = 'unknown' AND d.ended_at IS NULL AND d.due_at <= clock_timestamp()
          AND NOT EXISTS (SELECT FROM deliveries s WHERE s.channel_id = d.channel_id AND s.state = 'unknown'
                          AND s.ended_at IS NULL AND s.lease_until > clock_timestamp())
          AND NOT EXISTS (SELECT FROM circuits k WHERE k.name IN ('channel:' || c.id, 'sender:' || c.credential)
                          AND k.reason <> ALL(:passing)
                          AND (k.probe_at > clock_timestamp()
                               OR EXISTS (SELECT FROM deliveries h WHERE h.held_by = k.name AND h.thread_of IS NULL
                                          AND h.state IN ('held', 'waiting', 'sending'))))
        ORDER BY d.channel_id, d.due_at, d.id
    ), mine AS (
        SELECT d.id FROM deliveries d JOIN next USING (id)
        WHERE d.state = 'unknown' AND d.ended_at IS NULL AND d.lease_until <= clock_timestamp()
        ORDER BY d.due_at, d.id LIMIT :limit FOR UPDATE OF d SKIP LOCKED
    )
    UPDATE deliveries SET lease_until = clock_timestamp() + make_interval(secs => :lease),
           lease_token = deliveries.lease_token + 1
    FROM mine, channels c WHERE deliveries.id = mine.id AND c.id = deliveries.channel_id
    RETURNING deliveries.*, c.kind AS channel_kind, c.credential, c.unclear, c.nothing_since, c.bounces, c.bounced_on,
              (SELECT min(started_at) FROM attempts a
               WHERE a.delivery_id = deliveries.id AND a.verdict = 'unsure'
                 AND a.started_at > clock_timestamp() - interval '2 days') AS began,
              (SELECT max(a.ended_at) FROM attempts a
               WHERE a.delivery_id = deliveries.id AND a.verdict = 'unsure') AS until,
              (SELECT r.remote_id FROM deliveries r WHERE r.id = deliveries.thread_of) AS thread
""")


@dataclass(frozen=True, slots=True)
class DueLook:
    """A delivery in doubt, claimed for one look at its receiver."""

    due: DueDelivery
    look: Look


def claim_looks(connection: Connection, limit: int, lease_s: float = LEASE_S) -> list[DueLook]:
    """The next delivery to look for on each channel, leased to the caller."""
    asked = {"limit": limit, "lease": lease_s, "passing": list(STRAINED)}
    rows = connection.execute(_CLAIM, asked).mappings()
    looks = (DueLook(due_delivery(row), _look(row)) for row in rows)
    return sorted(looks, key=lambda look: look.due.id)


def _look(row: Mapping[Any, Any]) -> Look:
    return Look(
        key=str(row["key"]),
        began=row["began"] or row["first_attempt_at"] or row["created_at"],
        ended=row["until"] or row["due_at"],
        looks=row["looks"],
        pages=row["look_pages"],
        cursor=row["look_cursor"],
        thread=row["thread"],
    )


def look_again(connection: Connection, due: DueDelivery, again: LookAgain) -> bool:
    """Writes down how far the search has come; False if the lease was lost meanwhile."""
    written = connection.execute(
        update(deliveries)
        .where(deliveries.c.id == due.id, deliveries.c.lease_token == due.token)
        .values(
            lease_until=text("'epoch'"),
            due_at=again.due_at,
            looks=again.looks,
            look_pages=again.pages,
            look_cursor=again.cursor,
        )
    )
    if written.rowcount == 1 and again.everybody:
        _postpone(connection, due, again)
    return written.rowcount == 1


def _postpone(connection: Connection, due: DueDelivery, again: LookAgain) -> None:
    """The receiver wants to be left alone: nothing else of this channel is looked for before."""
    sooner = (
        select(deliveries.c.id)
        .where(
            deliveries.c.channel_id == due.channel_id,
            deliveries.c.state == "unknown",
            deliveries.c.ended_at.is_(None),
            deliveries.c.due_at < again.due_at,
        )
        .with_for_update(skip_locked=True)  # a planner that has one of them may be waiting for ours
    )
    postponed = deliveries.c.id.in_(sooner.cte("sooner").select())
    connection.execute(update(deliveries).where(postponed).values(due_at=again.due_at))
