"""Decisions as rows: alerts, the deliveries that carry them, and the slots that let none be told twice.

A planning is written in a handful of statements, however many decisions it came to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, TextClause, text

from alerts.decision import Announce, Bundle, Decision, Join, Move, Suppress, Update
from alerts.model import ChannelId, DeliveryId, Subscription
from alerts.store.openings import BundleKey, OpenDelivery, Opening, close_full, open_already, open_deliveries
from worker.model import ArticleId, MatchId

# A digest that was only emptied may be opened anew.
_GONE = text("""
    SELECT d.channel_id, d.bundle FROM deliveries d
    JOIN unnest(CAST(:channel AS bigint[]), CAST(:bundle AS text[])) AS asked (channel_id, bundle)
      ON asked.channel_id = d.channel_id AND asked.bundle = d.bundle
    WHERE d.state IN ('sending', 'waiting', 'held', 'unknown')
       OR d.state <> 'suppressed' AND d.ended_at >= CAST(:since AS timestamptz)
""")

_TAKE_SLOTS = text("""
    INSERT INTO delivery_articles (delivery_id, channel_id, article_id)
    SELECT * FROM unnest(CAST(:delivery AS bigint[]), CAST(:channel AS bigint[]), CAST(:article AS bigint[]))
""")

_MOVE_SLOTS = text("""
    UPDATE delivery_articles SET delivery_id = moved.new
    FROM unnest(CAST(:old AS bigint[]), CAST(:new AS bigint[]), CAST(:article AS bigint[])) AS moved (old, new, article)
    WHERE delivery_id = moved.old AND article_id = moved.article
""")

_MOVE_ALERTS = text("""
    UPDATE alerts SET delivery_id = moved.new
    FROM unnest(CAST(:old AS bigint[]), CAST(:new AS bigint[]), CAST(:article AS bigint[])) AS moved (old, new, article)
    JOIN matches m ON m.article_id = moved.article
    WHERE alerts.delivery_id = moved.old AND alerts.match_id = m.id
""")

# That a subscription came too late for an article is the one decision that may be replaced: somebody asked for it.
_ALERTS = text("""
    INSERT INTO alerts (match_id, subscription_id, channel_id, delivery_id, suppressed, reason, told_in, silence_id)
    SELECT match_id, subscription_id, channel_id, delivery_id,
           CASE WHEN delivery_id IS NULL THEN reason END, reason, told_in, silence_id
    FROM unnest(CAST(:match AS bigint[]), CAST(:subscription AS bigint[]), CAST(:channel AS bigint[]),
                CAST(:delivery AS bigint[]), CAST(:reason AS text[]), CAST(:told_in AS bigint[]),
                CAST(:silence AS bigint[]))
         WITH ORDINALITY AS new (match_id, subscription_id, channel_id, delivery_id, reason, told_in, silence_id, n)
    ORDER BY n
    ON CONFLICT (match_id, subscription_id, channel_id) DO UPDATE SET
        delivery_id = excluded.delivery_id, suppressed = excluded.suppressed, reason = excluded.reason,
        told_in = excluded.told_in, silence_id = excluded.silence_id
    WHERE alerts.suppressed = 'before_subscription'
""")


_PLANNED = text("UPDATE matches SET state = 'planned' WHERE id = ANY(:planned)")

_PLANNING = timedelta(minutes=2)
"""Longer than any planning takes: what is due later has not gone yet."""


@dataclass(slots=True)
class Ledger:
    """Writes the decisions of one planning; `placed` remembers the delivery of each article announced in it."""

    connection: Connection
    subscriptions: Mapping[int, Subscription]
    now: datetime
    placed: dict[tuple[ChannelId, ArticleId], DeliveryId] = field(default_factory=dict)

    def write(
        self, decisions: Sequence[Decision], planned: Collection[MatchId], updates: Iterable[Update] = ()
    ) -> None:
        """Stores every decision as a row, and the matches as planned."""
        # a bundle must be open before others join it
        self._place(self._in_time([each for each in decisions if isinstance(each, Announce | Move)]))
        self._alert(decisions)
        open_deliveries(self.connection, [_update(each) for each in updates], self.now)
        self.connection.execute(_PLANNED, {"planned": list(planned)})

    def _place(self, entering: Sequence[Announce | Move]) -> None:
        """Finds each article its delivery: the open one of its bundle, or, when that is full, the next."""
        while entering:
            places = self._deliveries(entering)
            here: list[Announce | Move] = []
            over: list[Announce | Move] = []
            for each in entering:
                place = places[each.pair.channel, each.bundle.key]
                if isinstance(each, Move) and each.delivery == place.id:
                    self.placed[each.pair.channel, each.article] = place.id  # only its time comes forward
                elif place.room > 0:
                    place.room -= 1
                    self.placed[each.pair.channel, each.article] = place.id
                    here.append(each)
                else:
                    over.append(replace(each, bundle=replace(each.bundle, delivery=None)))
            self._fill(here)
            close_full(self.connection, places.values())
            entering = over

    def _in_time(self, entering: Sequence[Announce | Move]) -> list[Announce | Move]:
        """What comes too late for a digest that was cut while it was being planned goes into the next one. One that is
        open stays so until this transaction ends, because it is locked when something is added to it."""
        late = [
            each for each in entering if each.bundle.following and each.bundle.due_at <= self.now + _PLANNING
        ]
        gone = {
            (row.channel_id, row.bundle)
            for row in self._execute(
                _GONE,
                channel=[each.pair.channel for each in late],
                bundle=[each.bundle.key for each in late],
                since=self.now,
            )
        }
        return [
            replace(each, bundle=each.bundle.following)
            if each.bundle.following and (each.pair.channel, each.bundle.key) in gone
            else each
            for each in entering
        ]

    def _deliveries(self, entering: Iterable[Announce | Move]) -> dict[BundleKey, OpenDelivery]:
        """The delivery of every bundle, opened where it is not there yet."""
        known: dict[BundleKey, DeliveryId] = {}
        new: dict[BundleKey, Opening] = {}
        for each in entering:
            place, bundle = (each.pair.channel, each.bundle.key), each.bundle
            subscription = self.subscriptions[each.pair.subscription]
            if bundle.delivery is not None:
                known[place] = bundle.delivery
            elif place in new:
                new[place] = new[place].also(bundle)
            else:
                new[place] = Opening(each.pair.channel, bundle, subscription.id, subscription.on_doubt)
        opened = open_deliveries(self.connection, list(new.values()), self.now)
        return opened | open_already(self.connection, known)

    def _fill(self, entering: Iterable[Announce | Move]) -> None:
        """The articles take their slots; those that come from another delivery bring the alerts they have."""
        new = [(self._at(each), each) for each in entering if isinstance(each, Announce)]
        self._execute(
            _TAKE_SLOTS,
            delivery=[delivery for delivery, _ in new],
            channel=[each.pair.channel for _, each in new],
            article=[each.article for _, each in new],
        )
        moved = [each for each in entering if isinstance(each, Move)]
        ways = {
            "old": [each.delivery for each in moved],
            "new": [self._at(each) for each in moved],
            "article": [each.article for each in moved],
        }
        self._execute(_MOVE_SLOTS, **ways)
        self._execute(_MOVE_ALERTS, **ways)

    def _at(self, each: Announce | Move | Join) -> DeliveryId:
        return self.placed[each.pair.channel, each.article]

    def _alert(self, decisions: Sequence[Decision]) -> None:
        self._execute(
            _ALERTS,
            match=[each.pair.match for each in decisions],
            subscription=[each.pair.subscription for each in decisions],
            channel=[each.pair.channel for each in decisions],
            delivery=[self._delivery(each) for each in decisions],
            reason=[str(each.reason) for each in decisions],
            told_in=[each.told_in if isinstance(each, Suppress) else None for each in decisions],
            silence=[each.silence if isinstance(each, Suppress) else None for each in decisions],
        )

    def _delivery(self, decision: Decision) -> DeliveryId | None:
        match decision:
            case Suppress():
                return None
            case Join(_, _, into, _) if not isinstance(into, Bundle):
                return into
            case _:
                return self._at(decision)

    def _execute(self, statement: TextClause, **columns: Any) -> Sequence[Any]:
        """Runs a statement over columns of equal length; nothing where they are empty."""
        if not any(isinstance(column, list) and column for column in columns.values()):
            return ()
        result = self.connection.execute(statement, columns)
        return result.all() if result.returns_rows else ()


def _update(wanted: Update) -> Opening:
    bundle = Bundle(f"update:{wanted.message}", "update", wanted.due_at, thread_of=wanted.message)
    return Opening(wanted.channel, bundle)
