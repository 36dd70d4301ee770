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
from datetime import datetime, timedelta

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
from alerts.grouping import Stories, Telling, behind, group_of, soonest, tells_at_once
from alerts.model import ChannelId, DeliveryId, News, Subscription
from alerts.silences import Silence, turned_away
from alerts.times import Slot, Wish, slots
from worker.model import ArticleId

_HOUR = timedelta(hours=1)


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
    hearers = _hearers(subscriptions, recent, running or Running(), now)
    for best, wishes in _in_order(telling.values(), now):
        channel, article = best.pair.channel, wishes[0].news.article
        decisions += _tell(wishes, best, told.get((channel, article)), hearers[channel], now)
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


def _in_order(groups: Iterable[list[Wish]], now: datetime) -> list[tuple[Slot, list[Wish]]]:
    """The wishes for each article on a channel with the soonest place for them. Who is due first, then who was seen
    first, gets the places below the cap and begins the stories."""
    found = [(soonest(slot for wish in group for slot in slots(wish, now, False)), group) for group in groups]
    return sorted(found, key=lambda at: _precedence(*at))


def _precedence(best: Slot, group: list[Wish]) -> tuple[datetime, datetime, ArticleId, ChannelId]:
    seen = min(wish.news.seen_at for wish in group)
    return best.bundle.due_at, seen, group[0].news.article, best.pair.channel


@dataclass(slots=True)
class _Hearer:
    """A channel as planning goes on: the times of its first messages, its stories, a roll-up that is held for it."""

    cap: int
    times: list[datetime]
    stories: Stories
    rollup: tuple[DeliveryId, int] | None = None

    def crowded(self, due: datetime, instead_of: datetime | None = None) -> bool:
        """Whether one more message at `due` makes more than the cap within some 60 minutes; `instead_of` is the time
        that it leaves for that."""
        others = list(self.times)
        if instead_of in others:
            others.remove(instead_of)
        near = [time for time in (*others, due) if due - _HOUR < time < due + _HOUR]
        starts = [start for start in near if start <= due]
        return any(sum(start <= time < start + _HOUR for time in near) > self.cap for start in starts)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an article is told, and the telling of its story that this continues."""

    slot: Slot
    telling: Telling | None = None


def _hearers(
    subscriptions: Iterable[Subscription],
    recent: Mapping[ChannelId, Sequence[datetime]],
    running: Running,
    now: datetime,
) -> dict[ChannelId, _Hearer]:
    caps: dict[ChannelId, int] = {}
    for subscription in subscriptions:
        for channel in subscription.channels:
            caps[channel] = min(caps.get(channel, subscription.cap_per_hour), subscription.cap_per_hour)
    return {
        channel: _Hearer(
            cap,
            list(recent.get(channel, ())),
            Stories.heard(running.messages.get(channel, ()), channel in running.threaded, now),
            running.rollups.get(channel),
        )
        for channel, cap in caps.items()
    }


def _tell(
    wishes: list[Wish], best: Slot, told: Told | None, hearer: _Hearer, now: datetime
) -> list[Decision]:
    news = wishes[0].news
    if told is not None and told.state == "told":
        return [Suppress(wish.pair, Reason.ALREADY_TOLD, told_in=told.delivery) for wish in wishes]
    place = _place(wishes, best, hearer, now)
    bundle = place.slot.bundle
    if told is not None and (told.state == "going" or told.due_at <= bundle.due_at):
        return [Join(wish.pair, news.article, told.delivery, _joining(wish)) for wish in wishes]
    _take(place, hearer, news)
    return [
        _first(place.slot, news.article, told)
        if wish.pair == place.slot.pair
        else Join(wish.pair, news.article, bundle, _joining(wish))
        for wish in wishes
    ]


def _joining(wish: Wish) -> Reason:
    return Reason.APPLIED_BACK if wish.news.asked else Reason.JOINED


def _first(place: Slot, article: ArticleId, told: Told | None) -> Decision:
    if told is None:
        return Announce(place.pair, article, place.bundle, place.reason)
    return Move(place.pair, article, told.delivery, place.bundle, place.reason)


def _place(wishes: list[Wish], best: Slot, hearer: _Hearer, now: datetime) -> _Place:
    """Where the article is told: alone, with its story, or in a roll-up. Only what is told at once has a story."""
    at_once = [wish for wish in wishes if tells_at_once(wish, now)]
    if not at_once:
        return _Place(best)
    news, group = wishes[0].news, group_of(at_once)
    key = f"article:{news.article}" if group is None else f"{group.of}:{group.number}"
    telling = hearer.stories.find(group, key)
    if telling is not None and not telling.takes(key):
        slot = behind(hearer.stories.follow_up(telling, news, now), wishes, now)
        return _Place(slot, telling if slot.bundle.kind == "followup" else None)
    if best.bundle.kind != "article":
        return _Place(best)
    own = replace(best, bundle=replace(best.bundle, key=key, story=news.story))
    if telling is not None:
        return _Place(_within(own, telling, hearer), telling)
    return _Place(_overflow(wishes, hearer, now) if hearer.crowded(own.bundle.due_at) else own)


def _within(own: Slot, telling: Telling, hearer: _Hearer) -> Slot:
    """In the story's first message, which goes sooner for it if the cap lets it."""
    due = min(own.bundle.due_at, telling.at)
    if due < telling.at and hearer.crowded(due, instead_of=telling.at):
        due = telling.at
    return replace(own, reason=Reason.SAME_STORY, bundle=replace(own.bundle, due_at=due))


def _overflow(wishes: list[Wish], hearer: _Hearer, now: datetime) -> Slot:
    """In the next roll-up, or in the one that is held, or where the article is told sooner."""
    slot = soonest(slot for wish in wishes for slot in slots(wish, now, True))
    if slot.bundle.kind != "rollup" or hearer.rollup is None:
        return slot
    return replace(slot, bundle=replace(slot.bundle, delivery=hearer.rollup[0]))


def _take(place: _Place, hearer: _Hearer, news: News) -> None:
    """The channel is to hear of it there: what comes after finds the time, the story and the room taken."""
    bundle, telling = place.slot.bundle, place.telling
    match bundle.kind:
        case "article" if telling is None:
            hearer.times.append(bundle.due_at)
            hearer.stories.begin(bundle, news)
        case "article" if telling is not None:
            if telling.at in hearer.times:
                hearer.times[hearer.times.index(telling.at)] = bundle.due_at
            hearer.stories.join(telling, bundle, news)
        case "followup" if telling is not None:
            hearer.stories.follow(telling, bundle, news)
        case "rollup" if bundle.delivery is not None and hearer.rollup is not None:
            delivery, room = hearer.rollup
            hearer.rollup = (delivery, room - 1) if room > 1 else None
