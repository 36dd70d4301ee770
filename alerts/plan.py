"""Who is told what, when: every match x subscription x channel gets exactly one decision with a named reason.

What goes out is a *bundle*: a delivery to one channel with a due time that carries one or more articles.
An article is announced to a channel once; whatever else leads to it there joins that bundle, and the soonest
due one wins.

    channel open?    --no-->  Suppress(unsubscribed | address_blocked | not_confirmed)
    wanted at all?   --no-->  Suppress(before_subscription | source_filter | language_filter | applied_back | too_old
                                       | silenced)
    told already?    --yes->  Suppress(already_told), or Join what is not sent yet, or Move to a sooner bundle
    due at once, and its story is told there?  -->  with that story's messages (alerts/grouping.py)
    over the cap?    --yes->  in the next roll-up
    else             Announce in the soonest bundle; the other topics and subscriptions Join it
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.decision import (
    Announce,
    Decision,
    Join,
    Move,
    Pair,
    Reason,
    Running,
    Suppress,
    Told,
    Update,
)
from alerts.grouping import Telling, behind, group_of, soonest, tells_at_once
from alerts.hearer import Hearer, Place, hearers
from alerts.model import ChannelId, DeliveryId, News, Subscription
from alerts.silences import Silence, turned_away
from alerts.times import Slot, Wish, slots
from worker.model import ArticleId


def decide(
    news: Sequence[News],
    subscriptions: Sequence[Subscription],
    told: Mapping[tuple[ChannelId, ArticleId], Told],
    recent: Mapping[ChannelId, Sequence[datetime]],
    now: datetime,
    decided: Collection[Pair] = (),
    silences: Sequence[Silence] = (),
    running: Running | None = None,
) -> list[Decision]:
    """One decision for each match x subscription x channel, in the order of the pairs; none for what is `decided`.

    `news` are of MOST_ARTICLES articles at most. `subscriptions` are all that feed the channels (the lowest cap among
    them counts). `recent` has, for each channel, when its "article" bundles of the last hour went out and when those
    still to go are due; other kinds do not count towards the cap. Raises BadInput for a subscription with times that
    cannot be read.
    """
    decisions: list[Decision] = []
    telling: defaultdict[tuple[ChannelId, ArticleId], list[Wish]] = defaultdict(list)
    for wish in _wishes(news, subscriptions):
        if wish.pair in decided:
            continue
        refused = _closed(wish) or turned_away(wish.news, wish.subscription, wish.pair, silences, now)
        if refused is None:
            telling[wish.pair.channel, wish.news.article].append(wish)
        else:
            decisions.append(refused)
    every = hearers(subscriptions, recent, running or Running(), now)
    for due in sorted((_due(wishes, now) for wishes in telling.values()), key=_precedence):
        channel, article = due.best.pair.channel, due.news.article
        decisions += _tell(due, told.get((channel, article)), every[channel], now)
    return sorted(decisions, key=lambda decision: decision.pair)


def updates(decisions: Iterable[Decision], threaded: Collection[ChannelId], now: datetime) -> list[Update]:
    """The messages that change with it, where messages can: a story's first one counts its follow-ups, and one that
    told of an article says for which other topics it was found later."""
    wanted: dict[tuple[ChannelId, DeliveryId], datetime] = {}
    for decision in decisions:
        channel = decision.pair.channel
        message, due = _changes(decision, now)
        if message is not None and channel in threaded:
            wanted[channel, message] = max(due, wanted.get((channel, message), due))
    return [Update(*place, due) for place, due in wanted.items()]


def _changes(decision: Decision, now: datetime) -> tuple[DeliveryId | None, datetime]:
    """Which message is to change because of it, and when."""
    match decision:
        case Suppress(_, Reason.ALREADY_TOLD, _, told_in):
            return told_in, now
        case Announce(_, _, bundle, _) | Move(_, _, _, bundle, _) if bundle.kind == "followup":
            return bundle.thread_of, bundle.due_at
        case _:
            return None, now


def _wishes(news: Sequence[News], subscriptions: Sequence[Subscription]) -> list[Wish]:
    """Every pair once, in an order that does not depend on the order of what is given."""
    pairs = {
        Pair(item.match, subscription.id, channel): (item, subscription)
        for item in news
        for subscription in subscriptions
        if item.topic in subscription.topics
        for channel in subscription.channels
    }
    return [Wish(pair, *pairs[pair]) for pair in sorted(pairs)]


def _closed(wish: Wish) -> Suppress | None:
    """Why the channel's owner hears nothing of this subscription, whatever it is."""
    reason = wish.subscription.closed.get(wish.pair.channel)
    return None if reason is None else Suppress(wish.pair, Reason(reason))


@dataclass(frozen=True, slots=True)
class _Due:
    """The wishes for an article on a channel: the soonest place for them, and those of them who hear of it at once."""

    wishes: Sequence[Wish]
    best: Slot
    at_once: Sequence[Wish]

    @property
    def news(self) -> News:
        """The article, as one of its matches brings it."""
        return self.wishes[0].news


def _due(wishes: Sequence[Wish], now: datetime) -> _Due:
    found = [slots(wish, now, False) for wish in wishes]
    best = soonest(slot for of_wish in found for slot in of_wish)
    at_once = [wish for wish, of_wish in zip(wishes, found, strict=True) if tells_at_once(wish, of_wish, now)]
    return _Due(wishes, best, at_once)


def _precedence(due: _Due) -> tuple[datetime, datetime, ArticleId, ChannelId]:
    """Who is due first, then who was seen first, gets the places below the cap and begins the stories."""
    seen = min(wish.news.seen_at for wish in due.wishes)
    return due.best.bundle.due_at, seen, due.news.article, due.best.pair.channel


def _tell(due: _Due, told: Told | None, hearer: Hearer, now: datetime) -> list[Decision]:
    article = due.news.article
    if told is not None and told.state == "told":
        return [Suppress(wish.pair, Reason.ALREADY_TOLD, told_in=told.delivery) for wish in due.wishes]
    place = _place(due, hearer, now)
    bundle = place.slot.bundle
    if told is not None and (told.state == "going" or told.due_at <= bundle.due_at):
        return [Join(wish.pair, article, told.delivery, _joining(wish)) for wish in due.wishes]
    hearer.take(place, due.news)
    return [
        _first(place.slot, article, told)
        if wish.pair == place.slot.pair
        else Join(wish.pair, article, bundle, _joining(wish))
        for wish in due.wishes
    ]


def _joining(wish: Wish) -> Reason:
    return Reason.APPLIED_BACK if wish.news.asked else Reason.JOINED


def _first(place: Slot, article: ArticleId, told: Told | None) -> Decision:
    if told is None:
        return Announce(place.pair, article, place.bundle, place.reason)
    return Move(place.pair, article, told.delivery, place.bundle, place.reason)


def _place(due: _Due, hearer: Hearer, now: datetime) -> Place:
    """Where the article is told: alone, with its story, or in a roll-up. Only what is told at once has a story."""
    if not due.at_once:
        return Place(due.best)
    news, group = due.news, group_of(due.at_once)
    key = f"article:{news.article}" if group is None else f"{group.of}:{group.number}"
    telling = hearer.stories.find(group, key)
    if telling is not None and not telling.takes(key):
        slot = behind(hearer.stories.follow_up(telling, news, now), due.wishes, now)
        return Place(slot, telling if slot.bundle.kind == "followup" else None)
    if due.best.bundle.kind != "article":
        return Place(due.best)
    own = replace(due.best, bundle=replace(due.best.bundle, key=key, story=news.story))
    if telling is not None:
        return Place(_within(own, telling, hearer), telling)
    return Place(_overflow(due.wishes, hearer, now) if hearer.crowded(own.bundle.due_at) else own)


def _within(own: Slot, telling: Telling, hearer: Hearer) -> Slot:
    """In the story's first message, which goes sooner for it if the cap lets it."""
    due = min(own.bundle.due_at, telling.at)
    if due < telling.at and hearer.crowded(due, instead_of=telling.at):
        due = telling.at
    return replace(own, reason=Reason.SAME_STORY, bundle=replace(own.bundle, due_at=due))


def _overflow(wishes: Sequence[Wish], hearer: Hearer, now: datetime) -> Slot:
    """In the next roll-up, or in the one that is held, or where the article is told sooner."""
    slot = soonest(slot for wish in wishes for slot in slots(wish, now, True))
    if slot.bundle.kind != "rollup" or hearer.rollup is None:
        return slot
    return replace(slot, bundle=replace(slot.bundle, delivery=hearer.rollup[0]))
