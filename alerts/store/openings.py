"""Deliveries that are opened: bundles as rows, one open delivery for each key of a channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, text

from alerts.decision import MOST_ARTICLES, Bundle
from alerts.model import ChannelId, DeliveryId, OnDoubt, SubscriptionId
from alerts.settle import patience
from alerts.store.schema import channels

BundleKey = tuple[ChannelId, str]
"""A channel and a bundle's key: what only one open delivery has."""

# Each addition pushes a summary of older articles and an update; a first message is brought forward.
_DUE = """CASE excluded.kind WHEN 'backlog' THEN greatest(deliveries.due_at, excluded.due_at)
                             WHEN 'update' THEN greatest(deliveries.due_at, excluded.due_at)
                             WHEN 'article' THEN least(deliveries.due_at, excluded.due_at)
                             ELSE deliveries.due_at END"""

# In the order of the decisions: a channel's messages go out in the order of their numbers.
_OPEN = text(f"""
    WITH opened AS (
        INSERT INTO deliveries (channel_id, subscription_id, kind, bundle, story_id, thread_of, rank, due_at, on_doubt,
                                expires_at, state, waited_s)
        SELECT channel_id, subscription_id, kind, bundle, story_id, thread_of, rank, due_at, on_doubt, expires_at,
               CASE WHEN due_at <= :now THEN 'ready' ELSE 'collecting' END,
               greatest(0, extract(epoch FROM due_at - :now))
        FROM unnest(CAST(:channel AS bigint[]), CAST(:subscription AS bigint[]), CAST(:kind AS text[]),
                    CAST(:bundle AS text[]), CAST(:story AS bigint[]), CAST(:thread AS bigint[]),
                    CAST(:rank AS smallint[]), CAST(:due AS timestamptz[]), CAST(:on_doubt AS text[]),
                    CAST(:expires AS timestamptz[]))
             WITH ORDINALITY AS new (channel_id, subscription_id, kind, bundle, story_id, thread_of, rank, due_at,
                                     on_doubt, expires_at, n)
        ORDER BY n
        ON CONFLICT (channel_id, bundle) WHERE state IN ('collecting', 'ready') DO UPDATE SET
            due_at = {_DUE},
            expires_at = deliveries.expires_at + ({_DUE} - deliveries.due_at),
            waited_s = greatest(0, deliveries.waited_s + extract(epoch FROM {_DUE} - deliveries.due_at))
        RETURNING id, channel_id, bundle)
    SELECT id, channel_id, bundle,
           (SELECT count(*) FROM delivery_articles s WHERE s.delivery_id = opened.id) AS told
    FROM opened
""")  # noqa: S608  no foreign text

_TOLD = text("""
    SELECT id, (SELECT count(*) FROM delivery_articles s WHERE s.delivery_id = deliveries.id) AS told
    FROM deliveries WHERE id = ANY(:known)
""")

_CLOSE = text("UPDATE deliveries SET bundle = bundle || ':full:' || id WHERE id = ANY(:full)")

_RANKS = {"backlog": 1, "update": 1}
"""What does not press goes behind all that is live."""


@dataclass(slots=True)
class OpenDelivery:
    """A delivery that takes `room` more articles."""

    id: DeliveryId
    room: int


@dataclass(frozen=True, slots=True)
class Opening:
    """A bundle that a channel is to have; of nobody's own where there is no `subscription`."""

    channel: ChannelId
    bundle: Bundle
    subscription: SubscriptionId | None = None
    on_doubt: OnDoubt = "resend"

    def also(self, bundle: Bundle) -> Opening:
        """With another article's bundle of the same key: a summary waits for the later one, the others do not."""
        choose = max if bundle.kind in ("backlog", "update") else min
        return replace(self, bundle=choose(self.bundle, bundle, key=lambda either: either.due_at))


def open_deliveries(
    connection: Connection, openings: Sequence[Opening], now: datetime
) -> dict[BundleKey, OpenDelivery]:
    """The open delivery of each of these bundles, no two of which have the same place: the one that is there, or a new
    one, in the order given."""
    if not openings:
        return {}
    last = _patience(connection, {opening.channel for opening in openings})
    rows = connection.execute(
        _OPEN,
        {
            "now": now,
            "channel": [each.channel for each in openings],
            "subscription": [each.subscription for each in openings],
            "kind": [each.bundle.kind for each in openings],
            "bundle": [each.bundle.key for each in openings],
            "story": [each.bundle.story for each in openings],
            "thread": [each.bundle.thread_of for each in openings],
            "rank": [_RANKS.get(each.bundle.kind, 0) for each in openings],
            "due": [each.bundle.due_at for each in openings],
            "on_doubt": [each.on_doubt for each in openings],
            "expires": [each.bundle.due_at + last[each.channel] for each in openings],
        },
    )
    return {
        (ChannelId(row.channel_id), row.bundle): OpenDelivery(DeliveryId(row.id), MOST_ARTICLES - row.told)
        for row in rows
    }


def open_already(
    connection: Connection, known: Mapping[BundleKey, DeliveryId]
) -> dict[BundleKey, OpenDelivery]:
    """Deliveries that stand under these numbers, with the room that they have."""
    if not known:
        return {}
    told = {row.id: row.told for row in connection.execute(_TOLD, {"known": list(known.values())})}
    return {place: OpenDelivery(number, MOST_ARTICLES - told[number]) for place, number in known.items()}


def close_full(connection: Connection, opened: Iterable[OpenDelivery]) -> None:
    """What is full takes no more: its key is free for the next one."""
    full = [each.id for each in opened if each.room <= 0]
    if full:
        connection.execute(_CLOSE, {"full": full})


def _patience(connection: Connection, where: set[ChannelId]) -> dict[ChannelId, timedelta]:
    credentials = select(channels.c.id, channels.c.credential).where(channels.c.id.in_(where))
    return {ChannelId(number): patience(credential) for number, credential in connection.execute(credentials)}
