"""Subscriptions and channels as planning and sending need them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Connection, any_, literal, select

from alerts.model import Channel, ChannelId, Subscription, SubscriptionId
from alerts.store.readers import Doors, doors
from alerts.store.schema import channels, subscriptions
from worker.model import TopicId
from worker.secrets import KeyRing, Secret
from worker.self_test import OURS
from worker.store.schema import topics


def load_subscriptions(
    connection: Connection, among: Collection[TopicId] | None = None
) -> list[Subscription]:
    """All standing subscriptions, with names and tags resolved to the topics and channels of this moment; and the
    self-test's, which names nothing and is told of its own topic on its own channel. Of topics only those `among`
    some, where these are all that is asked about: with 100,000 of them, to resolve all takes half a second."""
    by_selector = _topics_by_selector(connection, among)
    standing = select(channels.c.name, channels.c.id).where(channels.c.removed_at.is_(None))
    by_name = {name: ChannelId(number) for name, number in connection.execute(standing)}
    rows = connection.execute(select(subscriptions).where(subscriptions.c.removed_at.is_(None)))
    decided = doors(connection)
    own = connection.execute(select(subscriptions).where(subscriptions.c.id == OURS))
    to_itself = {"": frozenset({TopicId(OURS)})}, {"": ChannelId(OURS)}
    return [
        *(_subscription(row, by_selector, by_name, decided) for row in rows),
        *(_subscription(row, *to_itself, decided) for row in own),
    ]


def _subscription(
    row: Any, by_selector: Mapping[str, frozenset[TopicId]], by_name: Mapping[str, ChannelId], decided: Doors
) -> Subscription:
    def meant(selectors: Iterable[str]) -> frozenset[TopicId]:
        return frozenset[TopicId]().union(*(by_selector.get(each, frozenset()) for each in selectors))

    heard = meant(row.topics)
    told = tuple(by_name[name] for name in row.channels if name in by_name)
    return Subscription(
        id=SubscriptionId(row.id),
        name=row.name,
        topics=heard,
        channels=told,
        created_at=row.created_at,
        when=tuple(row.when),
        timezone=row.timezone,
        quiet=row.quiet,
        wait_s=row.wait_s,
        group=row.group,
        cap_per_hour=row.cap_per_hour,
        sources=tuple(row.sources),
        languages=tuple(row.languages),
        on_doubt=row.on_doubt,
        urgent=heard & meant(row.urgent),
        paused=row.paused_at is not None,
        snoozed_until=row.snoozed_until,
        closed=decided.closed(row.name, list(told)),
        rests=decided.rests,
    )


def _topics_by_selector(
    connection: Connection, among: Collection[TopicId] | None
) -> Mapping[str, frozenset[TopicId]]:
    found: defaultdict[str, set[TopicId]] = defaultdict(set)
    asked = select(topics.c.id, topics.c.name, topics.c.tags).where(topics.c.removed_at.is_(None))
    if among is not None:
        asked = asked.where(topics.c.id == any_(literal(sorted(among), ARRAY(BigInteger))))
    for row in connection.execute(asked):
        for selector in (row.name, *(f"tag:{tag}" for tag in row.tags)):
            found[selector].add(TopicId(row.id))
    return {selector: frozenset(ids) for selector, ids in found.items()}


def credential_of(connection: Connection, channel: ChannelId) -> str | None:
    """The name of what the channel shares with others of its kind, such as "smtp"."""
    credential: str | None = connection.execute(
        select(channels.c.credential).where(channels.c.id == channel)
    ).scalar_one()
    return credential


def load_channel(connection: Connection, channel: ChannelId, keys: KeyRing) -> Channel:
    """The channel with its target opened. Raises BadConfiguration where no key opens it."""
    row = connection.execute(select(channels).where(channels.c.id == channel)).one()
    secret = keys.open(row.secret, f"channel:{row.name}:secret") if row.secret else Secret("")
    return Channel(
        id=ChannelId(row.id),
        name=row.name,
        kind=row.kind,
        to=keys.open(row.target, f"channel:{row.name}:target"),
        options=row.options,
        secret=secret,
    )
