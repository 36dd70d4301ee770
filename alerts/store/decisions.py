"""Decisions as rows: alerts, the deliveries that carry them, and the slots that let none be told twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from alerts.decision import Announce, Bundle, Decision, Join, Move, Pair, Reason, Suppress
from alerts.model import ChannelId, DeliveryId, SilenceId, Subscription
from alerts.settle import patience
from alerts.store.schema import alerts, channels, deliveries, delivery_articles
from worker.model import ArticleId, MatchId
from worker.store.schema import matches

MOST_ARTICLES = 200
"""Articles in one message: what every channel can list by name (Slack 1,125, a webhook's 64 KB at least 200)."""

_DECIDED = ("delivery_id", "suppressed", "reason", "silence_id")


@dataclass(slots=True)
class Ledger:
    """Writes the decisions of one planning; `placed` remembers the delivery of each article announced in it."""

    connection: Connection
    subscriptions: Mapping[int, Subscription]
    now: datetime
    placed: dict[tuple[ChannelId, ArticleId], DeliveryId] = field(default_factory=dict)
    patiences: dict[ChannelId, timedelta] = field(default_factory=dict)

    def write(self, decisions: Sequence[Decision], planned: Collection[MatchId]) -> None:
        """Stores every decision as a row, and the matches as planned."""
        first = [decision for decision in decisions if not isinstance(decision, Join)]
        joining = [decision for decision in decisions if isinstance(decision, Join)]
        for decision in (*first, *joining):  # a bundle must be open before others join it
            self._write(decision)
        self.connection.execute(update(matches).where(matches.c.id.in_(planned)).values(state="planned"))

    def _write(self, decision: Decision) -> None:
        match decision:
            case Suppress(pair, reason, silence):
                self._alert(pair, reason, delivery=None, silence=silence)
            case Announce(pair, article, bundle, reason):
                delivery = self._open(pair, bundle)
                self._take_slot(delivery, pair.channel, article)
                self.placed[pair.channel, article] = delivery
                self._close_if_full(delivery, bundle)
                self._alert(pair, reason, delivery)
            case Move(pair, article, old, bundle, reason):
                self.placed[pair.channel, article] = self._move(pair, article, old, bundle)
                self._close_if_full(self.placed[pair.channel, article], bundle)
                self._alert(pair, reason, self.placed[pair.channel, article])
            case Join(pair, article, into, reason):
                delivery = self.placed[pair.channel, article] if isinstance(into, Bundle) else into
                self._alert(pair, reason, delivery)

    def _alert(
        self, pair: Pair, reason: str, delivery: DeliveryId | None, silence: SilenceId | None = None
    ) -> None:
        made = upsert(alerts)
        self.connection.execute(
            made.values(
                match_id=pair.match,
                subscription_id=pair.subscription,
                channel_id=pair.channel,
                delivery_id=delivery,
                suppressed=str(reason) if delivery is None else None,
                reason=str(reason),
                silence_id=silence,
            ).on_conflict_do_update(
                index_elements=["match_id", "subscription_id", "channel_id"],
                set_={name: column for name, column in made.excluded.items() if name in _DECIDED},
                where=alerts.c.suppressed == Reason.BEFORE_SUBSCRIPTION,
            )
        )

    def _open(self, pair: Pair, bundle: Bundle) -> DeliveryId:
        if bundle.following and self._has_gone(pair.channel, bundle.key):
            bundle = bundle.following
        subscription = self.subscriptions[pair.subscription]
        new = insert_delivery(pair, bundle, subscription, self.now)
        due = {
            "backlog": func.greatest(deliveries.c.due_at, bundle.due_at),
            "article": func.least(deliveries.c.due_at, bundle.due_at),
        }.get(bundle.kind, deliveries.c.due_at)
        delivery = self.connection.execute(
            upsert(deliveries)
            .values(**new, expires_at=bundle.due_at + self._patience(pair.channel))
            .on_conflict_do_update(
                index_elements=["channel_id", "bundle"],
                index_where=text("state IN ('collecting', 'ready')"),
                set_={"due_at": due, "waited_s": _waiting(due)},
            )
            .returning(deliveries.c.id)
        ).scalar_one()
        return DeliveryId(delivery)

    def _has_gone(self, channel: ChannelId, key: str) -> bool:
        """Whether that digest was cut while this one was being planned. One that is open stays so until this
        transaction ends, because it is locked when something is added to it."""
        cut = deliveries.c.state.not_in(
            ("collecting", "ready", "suppressed")
        )  # suppressed: it was only emptied
        here = (deliveries.c.channel_id == channel) & (deliveries.c.bundle == key)
        return self.connection.execute(
            select(select(deliveries.c.id).where(here & cut).exists())
        ).scalar_one()

    def _patience(self, channel: ChannelId) -> timedelta:
        if channel not in self.patiences:
            credential = select(channels.c.credential).where(channels.c.id == channel)
            self.patiences[channel] = patience(self.connection.execute(credential).scalar())
        return self.patiences[channel]

    def _take_slot(self, delivery: DeliveryId, channel: ChannelId, article: ArticleId) -> None:
        self.connection.execute(
            insert(delivery_articles).values(delivery_id=delivery, channel_id=channel, article_id=article)
        )

    def _close_if_full(self, delivery: DeliveryId, bundle: Bundle) -> None:
        """A bundle of MOST_ARTICLES takes no more: its key is free for the next one."""
        if bundle.kind == "article":
            return
        held = select(func.count()).where(delivery_articles.c.delivery_id == delivery)
        if self.connection.execute(held.select_from(delivery_articles)).scalar_one() >= MOST_ARTICLES:
            self.connection.execute(
                update(deliveries)
                .where(deliveries.c.id == delivery)
                .values(bundle=f"{bundle.key}:full:{delivery}")
            )

    def _move(self, pair: Pair, article: ArticleId, old: DeliveryId, bundle: Bundle) -> DeliveryId:
        """The article and its alerts leave a collecting delivery; one left empty is ended by the send desk."""
        delivery = self._open(pair, bundle)
        if delivery == old:
            return delivery
        self.connection.execute(
            update(delivery_articles)
            .where(delivery_articles.c.delivery_id == old, delivery_articles.c.article_id == article)
            .values(delivery_id=delivery)
        )
        self.connection.execute(
            update(alerts)
            .where(
                alerts.c.delivery_id == old,
                alerts.c.match_id.in_(select(matches.c.id).where(matches.c.article_id == article)),
            )
            .values(delivery_id=delivery)
        )
        return delivery


def _waiting(due: Any) -> Any:
    """The wait that was asked for, when the due time moves to `due`."""
    return func.greatest(0.0, deliveries.c.waited_s + func.extract("epoch", due - deliveries.c.due_at))


def insert_delivery(
    pair: Pair, bundle: Bundle, subscription: Subscription, now: datetime
) -> dict[str, object]:
    """The row of a delivery that has just been opened."""
    return {
        "channel_id": pair.channel,
        "subscription_id": pair.subscription,
        "kind": bundle.kind,
        "bundle": bundle.key,
        "state": "ready" if bundle.due_at <= now else "collecting",
        "rank": 1 if bundle.kind == "backlog" else 0,
        "due_at": bundle.due_at,
        "on_doubt": subscription.on_doubt,
        "waited_s": max(0.0, (bundle.due_at - now).total_seconds()),
    }
