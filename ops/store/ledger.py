"""One delivery with all that is known of it, and the way back for one that ended untold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import IntegrityError

from alerts.model import DeliveryId
from alerts.store.alone import hold_planning
from alerts.store.deliveries import take_back
from alerts.store.schema import deliveries, delivery_articles
from ops.row_number import number_in
from ops.store.overview import attempts_of

Row = Mapping[str, Any]

_DELIVERY = text("""
    SELECT d.id, d.key, c.name AS channel, c.kind AS channel_kind, s.name AS subscription, d.kind, d.state, d.reason,
           d.possible_repeat, d.created_at, d.due_at, d.expires_at, d.ended_at, d.held_by, d.remote_id, d.last_answer,
           story.title AS story, d.thread_of, first.state AS thread_state, first.ended_at AS thread_ended_at,
           (SELECT count(*) FROM deliveries f WHERE f.thread_of = d.id AND f.kind = 'followup') AS followups,
           (SELECT count(*) FROM delivery_articles da WHERE da.delivery_id = d.id) AS article_count,
           first.key AS thread_key
    FROM deliveries d JOIN channels c ON c.id = d.channel_id LEFT JOIN subscriptions s ON s.id = d.subscription_id
    LEFT JOIN stories story ON story.id = d.story_id LEFT JOIN deliveries first ON first.id = d.thread_of
    WHERE d.id = :delivery
""")

_ARTICLES = text("""
    SELECT r.id, r.title, r.url, r.source, r.language, r.published_at, r.seen_at
    FROM delivery_articles da JOIN articles r ON r.id = da.article_id
    WHERE da.delivery_id = :delivery ORDER BY r.id LIMIT :most
""")

_ALERTS = text("""
    SELECT m.article_id, t.name AS topic, s.name AS subscription, a.reason, m.quote->>'text' AS quote,
           s.timezone, s.cap_per_hour AS cap
    FROM alerts a JOIN matches m ON m.id = a.match_id JOIN topics t ON t.id = m.topic_id
    JOIN subscriptions s ON s.id = a.subscription_id
    WHERE a.delivery_id = :delivery
      AND (CAST(:most AS bigint) IS NULL OR m.article_id IN (
               SELECT article_id FROM delivery_articles WHERE delivery_id = :delivery
               ORDER BY article_id LIMIT CAST(:most AS bigint)))
    ORDER BY m.article_id, t.name, s.name
""")

_STANDING = """
    SELECT d.state, d.reason, d.due_at, d.state = 'unknown' AND d.ended_at IS NULL AS looked_for, c.name AS channel,
           c.removed_at IS NOT NULL AS channel_removed,
           d.kind IN ('update', 'notice') OR EXISTS (
               SELECT FROM alerts a JOIN subscriptions s ON s.id = a.subscription_id
               WHERE a.delivery_id = d.id AND s.removed_at IS NULL) AS wanted
    FROM deliveries d JOIN channels c ON c.id = d.channel_id
    WHERE d.id = :delivery
"""
_LOOKED_AT, _HELD_STILL = text(_STANDING), text(f"{_STANDING} FOR UPDATE OF d")

# Waiting and not ready: another delivery may have opened under its bundle's key meanwhile.
_PUT_BACK = text("""
    UPDATE deliveries SET state = 'waiting', reason = 'retried_by_hand', due_at = now(),
           expires_at = now() + interval '24 hours', simpler = 0, unsure = 0, held_by = NULL,
           ended_at = NULL,
           possible_repeat = possible_repeat OR EXISTS (
               SELECT FROM attempts t
               WHERE t.delivery_id = deliveries.id AND (t.verdict = 'unsure' OR t.ended_at IS NULL))
    WHERE id = :delivery RETURNING possible_repeat
""")

_PROBE_NOW = text("""
    UPDATE circuits SET probe_at = least(probe_at, clock_timestamp())
    FROM deliveries d JOIN channels c ON c.id = d.channel_id
    WHERE d.id = :delivery AND circuits.name IN ('channel:' || c.id, 'sender:' || c.credential)
      AND circuits.reason <> 'restored'
    RETURNING circuits.name, circuits.reason
""")

_PAUSE = text("""
    SELECT c.pause_until FROM deliveries d JOIN channels c ON c.id = d.channel_id
    WHERE d.id = :delivery AND c.pause_until > clock_timestamp()
""")

_FAILED_ON = text("""
    SELECT d.id FROM deliveries d JOIN channels c ON c.id = d.channel_id
    WHERE d.state = 'failed' AND c.name = :channel AND c.removed_at IS NULL
      AND (d.kind IN ('update', 'notice') OR EXISTS (
           SELECT FROM alerts a JOIN subscriptions s ON s.id = a.subscription_id
           WHERE a.delivery_id = d.id AND s.removed_at IS NULL))
    ORDER BY d.id LIMIT :most
""")

_ELSEWHERE = text("""
    SELECT other.delivery_id FROM delivery_articles mine
    JOIN delivery_articles other USING (channel_id, article_id)
    WHERE mine.delivery_id = :delivery AND other.taken AND other.delivery_id <> mine.delivery_id
    ORDER BY other.delivery_id LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a delivery stands; `wanted` if a subscription still wants what it tells, or it is an update or a notice,
    which are no subscription's; `looked_for` while its receiver is asked whether it has it."""

    state: str
    reason: str | None
    due_at: datetime
    channel: str
    channel_removed: bool
    wanted: bool
    looked_for: bool = False


@dataclass(frozen=True, slots=True)
class PutBack:
    """A delivery that is due again: whether its receiver may have it already, and what its channel still waits
    for (why it lets nothing through, until when it asked to be left alone)."""

    possible_repeat: bool
    stopped_by: str | None
    paused_until: datetime | None


def number_or_key(written: str) -> int | UUID | None:
    """What a person or a program calls a delivery by; None for what can be neither."""
    if (number := number_in(written)) is not None:
        return number
    try:
        return UUID(written)
    except ValueError:
        return None


def find_delivery(connection: Connection, wanted: int | UUID) -> DeliveryId | None:
    """The delivery with this number or key; None where there is none."""
    column = deliveries.c.key if isinstance(wanted, UUID) else deliveries.c.id
    found = connection.execute(select(deliveries.c.id).where(column == wanted)).scalar()
    return None if found is None else DeliveryId(found)


def whole_delivery(connection: Connection, delivery: DeliveryId, most: int | None = None) -> dict[str, Any]:
    """A delivery with its `articles` (of a large bundle the first `most`; `article_count` is how many there are), its
    `alerts` (why each of these is told, and to whom) and every one of its `attempts`."""
    asked = {"delivery": delivery}
    row = connection.execute(_DELIVERY, asked).mappings().one()
    attempts = attempts_of(connection, delivery)
    some = {**asked, "most": most}
    return {
        **row,
        "articles": [dict(article) for article in connection.execute(_ARTICLES, some).mappings()],
        "alerts": [dict(alert) for alert in connection.execute(_ALERTS, some).mappings()],
        "attempts": [{key: each[key] for key in each if key != "delivery_id"} for each in attempts],
    }


def failed_on(connection: Connection, channel: str, most: int) -> list[DeliveryId]:
    """The oldest deliveries that failed on the channel of this name and that somebody still wants."""
    rows = connection.execute(_FAILED_ON, {"channel": channel, "most": most})
    return [DeliveryId(row.id) for row in rows]


def standing(connection: Connection, delivery: DeliveryId) -> Standing:
    """Where the delivery stands; it stays there, and nothing is planned, until the caller's transaction ends."""
    hold_planning(connection)
    return Standing(**connection.execute(_HELD_STILL, {"delivery": delivery}).mappings().one())


def glance(connection: Connection, delivery: DeliveryId) -> Standing:
    """Where the delivery stands at this moment; it may have gone on at the next."""
    return Standing(**connection.execute(_LOOKED_AT, {"delivery": delivery}).mappings().one())


def take_slots(connection: Connection, delivery: DeliveryId) -> DeliveryId | None:
    """Takes the slots of the delivery's articles again; where another delivery announces one of them meanwhile,
    takes none and returns that delivery."""
    slots = update(delivery_articles).where(delivery_articles.c.delivery_id == delivery)
    try:
        with connection.begin_nested():
            connection.execute(slots.values(taken=True))
    except IntegrityError:
        return DeliveryId(connection.execute(_ELSEWHERE, {"delivery": delivery}).scalar_one())
    return None


def put_back(connection: Connection, delivery: DeliveryId) -> PutBack:
    """Makes the delivery due now, and for a day; a circuit in its way is probed now."""
    asked = {"delivery": delivery}
    repeat = connection.execute(_PUT_BACK, asked).scalar_one()
    take_back(connection, delivery)
    circuits = sorted(connection.execute(_PROBE_NOW, asked).all(), reverse=True)  # the sender's comes first
    paused = connection.execute(_PAUSE, asked).scalar()
    return PutBack(repeat, circuits[0].reason if circuits else None, paused)
