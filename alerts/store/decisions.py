"""Decisions as rows: alerts, the deliveries that carry them, and the slots that let none be told twice.

A planning is written in a handful of statements, however many decisions it came to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, TextClause, select, text

from alerts.decision import MOST_ARTICLES, Announce, Bundle, Decision, Join, Move, Suppress, Update
from alerts.model import ChannelId, DeliveryId, OnDoubt, Subscription, SubscriptionId
from alerts.settle import patience
from alerts.store.schema import channels
from worker.model import ArticleId, MatchId

_Place = tuple[ChannelId, str]
"""A channel and a bundle's key."""

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

# A full delivery takes no more: its key is free for the next one.
_CLOSE = text("UPDATE deliveries SET bundle = bundle || ':full:' || id WHERE id = ANY(:full)")

# A digest that was only emptied may be opened anew.
_GONE = text("""
    SELECT d.channel_id, d.bundle FROM deliveries d
    JOIN unnest(CAST(:channel AS bigint[]), CAST(:bundle AS text[])) AS asked (channel_id, bundle)
      ON asked.channel_id = d.channel_id AND asked.bundle = d.bundle
    WHERE d.state NOT IN ('collecting', 'ready', 'suppressed') AND d.due_at >= CAST(:soon AS timestamptz)
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

_RANKS = {"backlog": 1, "update": 1}
"""What does not press goes behind all that is live."""


@dataclass(slots=True)
class _Open:
    """A delivery that takes `room` more articles."""

    id: DeliveryId
    room: int


@dataclass(frozen=True, slots=True)
class _Opening:
    """A bundle that a channel is to have; of nobody's own where there is no `subscription`."""

    channel: ChannelId
    bundle: Bundle
    subscription: SubscriptionId | None = None
    on_doubt: OnDoubt = "resend"


@dataclass(slots=True)
class Ledger:
    """Writes the decisions of one planning; `placed` remembers the delivery of each article announced in it."""

    connection: Connection
    subscriptions: Mapping[int, Subscription]
    now: datetime
    placed: dict[tuple[ChannelId, ArticleId], DeliveryId] = field(default_factory=dict)
    patiences: dict[ChannelId, timedelta] = field(default_factory=dict)

    def write(
        self, decisions: Sequence[Decision], planned: Collection[MatchId], updates: Iterable[Update] = ()
    ) -> None:
        """Stores every decision as a row, and the matches as planned."""
        # a bundle must be open before others join it
        self._place(self._in_time([each for each in decisions if isinstance(each, Announce | Move)]))
        self._alert(decisions)
        self._open([_Opening(each.channel, _update(each)) for each in updates])
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
            full = [place.id for place in places.values() if place.room <= 0]
            self._execute(_CLOSE, full=full)
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
                soon=self.now,
            )
        }
        return [
            replace(each, bundle=each.bundle.following)
            if each.bundle.following and (each.pair.channel, each.bundle.key) in gone
            else each
            for each in entering
        ]

    def _deliveries(self, entering: Iterable[Announce | Move]) -> dict[_Place, _Open]:
        """The delivery of every bundle, opened where it is not there yet."""
        known: dict[_Place, DeliveryId] = {}
        new: dict[_Place, _Opening] = {}
        for each in entering:
            place, bundle = (each.pair.channel, each.bundle.key), each.bundle
            if bundle.delivery is not None:
                known[place] = bundle.delivery
                continue
            subscription = self.subscriptions[each.pair.subscription]
            opening = _Opening(each.pair.channel, bundle, subscription.id, subscription.on_doubt)
            new[place] = _both(new[place], bundle) if place in new else opening
        return self._open(list(new.values())) | self._known(known)

    def _open(self, openings: Sequence[_Opening]) -> dict[_Place, _Open]:
        self._learn_patience({opening.channel for opening in openings})
        rows = self._execute(
            _OPEN,
            now=self.now,
            channel=[each.channel for each in openings],
            subscription=[each.subscription for each in openings],
            kind=[each.bundle.kind for each in openings],
            bundle=[each.bundle.key for each in openings],
            story=[each.bundle.story for each in openings],
            thread=[each.bundle.thread_of for each in openings],
            rank=[_RANKS.get(each.bundle.kind, 0) for each in openings],
            due=[each.bundle.due_at for each in openings],
            on_doubt=[each.on_doubt for each in openings],
            expires=[each.bundle.due_at + self.patiences[each.channel] for each in openings],
        )
        return {
            (ChannelId(row.channel_id), row.bundle): _Open(DeliveryId(row.id), MOST_ARTICLES - row.told)
            for row in rows
        }

    def _known(self, known: Mapping[_Place, DeliveryId]) -> dict[_Place, _Open]:
        told = {row.id: row.told for row in self._execute(_TOLD, known=list(known.values()))}
        return {place: _Open(number, MOST_ARTICLES - told[number]) for place, number in known.items()}

    def _learn_patience(self, where: Collection[ChannelId]) -> None:
        unknown = [channel for channel in where if channel not in self.patiences]
        credentials = select(channels.c.id, channels.c.credential).where(channels.c.id.in_(unknown))
        for number, credential in self.connection.execute(credentials) if unknown else ():
            self.patiences[ChannelId(number)] = patience(credential)

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


def _both(opening: _Opening, bundle: Bundle) -> _Opening:
    """The bundle as two articles that go into it have it: a summary waits for the later one, the others do not."""
    choose = max if bundle.kind in ("backlog", "update") else min
    return replace(opening, bundle=choose(opening.bundle, bundle, key=lambda either: either.due_at))


def _update(wanted: Update) -> Bundle:
    return Bundle(f"update:{wanted.message}", "update", wanted.due_at, thread_of=wanted.message)
