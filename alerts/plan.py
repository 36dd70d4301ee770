"""Who is told what, when: every match x subscription x channel gets exactly one decision with a named reason.

What goes out is a *bundle*: a delivery to one channel with a due time that carries one or more articles.
An article is announced to a channel once; whatever else leads to it there joins that bundle, and the soonest
due one wins.

    channel open?   --no-->  Suppress(unsubscribed | address_blocked | not_confirmed)
    wanted at all?  --no-->  Suppress(before_subscription | source_filter | language_filter | applied_back | too_old)
    told already?   --yes->  Suppress(already_told), or Join what is not sent yet, or Move to a sooner bundle
    else                     Announce in the soonest bundle; the other topics and subscriptions Join it
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from alerts.decision import Announce, Decision, Join, Move, Pair, Reason, Suppress, Told
from alerts.model import ChannelId, News, Subscription
from alerts.times import Slot, Wish, slots
from alerts.wanted import unwanted
from worker.model import ArticleId

_HOUR = timedelta(hours=1)


def decide(
    news: Sequence[News],
    subscriptions: Sequence[Subscription],
    told: Mapping[tuple[ChannelId, ArticleId], Told],
    recent: Mapping[ChannelId, Sequence[datetime]],
    now: datetime,
    decided: Collection[Pair] = (),
) -> list[Decision]:
    """One decision for each match x subscription x channel, in the order of the pairs; none for what is `decided`.

    `subscriptions` are all that feed the channels (the lowest cap among them counts). `recent` has, for each
    channel, when its "article" bundles of the last hour went out and when those still to go are due; other
    kinds do not count towards the cap. Raises BadInput for a subscription with times that cannot be read.
    """
    wishes = [wish for wish in _wishes(news, subscriptions) if wish.pair not in decided]
    decisions: list[Decision] = []
    telling: defaultdict[tuple[ChannelId, ArticleId], list[Wish]] = defaultdict(list)
    for wish in wishes:
        reason = _closed(wish) or unwanted(wish.news, wish.subscription, now)
        if reason is None:
            telling[wish.pair.channel, wish.news.article].append(wish)
        else:
            decisions.append(Suppress(wish.pair, reason))
    caps = _caps(subscriptions)
    times = defaultdict(list, {channel: list(sent) for channel, sent in recent.items()})
    for place, group in sorted(telling.items(), key=lambda at: _precedence(at[1], now)):
        decisions += _tell(group, told.get(place), times[place[0]], caps[place[0]], now)
    return sorted(decisions, key=lambda decision: decision.pair)


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


def _closed(wish: Wish) -> Reason | None:
    """Why the channel's owner hears nothing of this subscription, whatever it is."""
    reason = wish.subscription.closed.get(wish.pair.channel)
    return None if reason is None else Reason(reason)


def _caps(subscriptions: Iterable[Subscription]) -> dict[ChannelId, int]:
    caps: dict[ChannelId, int] = {}
    for subscription in subscriptions:
        for channel in subscription.channels:
            caps[channel] = min(caps.get(channel, subscription.cap_per_hour), subscription.cap_per_hour)
    return caps


def _precedence(group: list[Wish], now: datetime) -> tuple[datetime, datetime, ArticleId, ChannelId]:
    """Who gets the places below the cap: what is due first, then what was seen first."""
    first = group[0]
    seen = min(wish.news.seen_at for wish in group)
    return _soonest(group, now, crowded=False).bundle.due_at, seen, first.news.article, first.pair.channel


def _tell(
    group: list[Wish], told: Told | None, times: list[datetime], cap: int, now: datetime
) -> list[Decision]:
    article = group[0].news.article
    if told is not None and told.state == "told":
        return [Suppress(wish.pair, Reason.ALREADY_TOLD) for wish in group]
    best = _place(group, times, cap, now)
    if told is not None and (told.state == "going" or told.due_at <= best.bundle.due_at):
        return [Join(wish.pair, article, told.delivery, _joining(wish)) for wish in group]
    if best.bundle.kind == "article":
        times.append(best.bundle.due_at)
    return [
        _first(best, article, told)
        if wish.pair == best.pair
        else Join(wish.pair, article, best.bundle, _joining(wish))
        for wish in group
    ]


def _joining(wish: Wish) -> Reason:
    return Reason.APPLIED_BACK if wish.news.asked else Reason.JOINED


def _first(best: Slot, article: ArticleId, told: Told | None) -> Decision:
    if told is None:
        return Announce(best.pair, article, best.bundle, best.reason)
    return Move(best.pair, article, told.delivery, best.bundle, best.reason)


def _place(group: list[Wish], times: Sequence[datetime], cap: int, now: datetime) -> Slot:
    best = _soonest(group, now, crowded=False)
    if best.bundle.kind == "article" and _crowded(times, best.bundle.due_at, cap):
        return _soonest(group, now, crowded=True)
    return best


def _crowded(times: Iterable[datetime], due: datetime, cap: int) -> bool:
    """Whether one more message at `due` makes more than `cap` within some 60 minutes."""
    near = [time for time in (*times, due) if due - _HOUR < time < due + _HOUR]
    return any(sum(start <= time < start + _HOUR for time in near) > cap for start in near if start <= due)


def _soonest(group: Iterable[Wish], now: datetime, *, crowded: bool) -> Slot:
    found = (slot for wish in group for slot in slots(wish, now, crowded))
    return min(
        found, key=lambda slot: (slot.bundle.due_at, slot.pair.subscription, slot.pair, slot.bundle.key)
    )
