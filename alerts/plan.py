"""Who is told what, when: every match x subscription x channel gets exactly one decision with a named reason.

What goes out is a *bundle*: a delivery to one channel with a due time that carries one or more articles.
An article is announced to a channel once; whatever else leads to it there joins that bundle, and the soonest
due one wins.

    wanted at all?  --no-->  Suppress(before_subscription | source_filter | language_filter | applied_back | too_old)
    told already?   --yes->  Suppress(already_told), or Join what is not sent yet, or Move to a sooner bundle
    else                     Announce in the soonest bundle; the other topics and subscriptions Join it
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal

from alerts.digest import At, AtOnce, Hourly, When, next_due, parse_when
from alerts.model import ChannelId, DeliveryId, DeliveryKind, News, Subscription, SubscriptionId
from alerts.quiet import parse_quiet, quiet_until
from worker.model import ArticleId, MatchId

BACKLOG_LULL = timedelta(seconds=30)
BACKLOG_AGE = timedelta(days=7)
ROLLUP_EVERY = timedelta(minutes=15)
_HOUR = timedelta(hours=1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Reason(StrEnum):
    """Why a decision fell as it did."""

    AT_ONCE = "at_once"
    WAITS = "waits"
    DIGEST = "digest"
    QUIET_HOURS = "quiet_hours"
    BACKLOG = "backlog"
    OVER_CAP = "over_cap"
    APPLIED_BACK = "applied_back"
    JOINED = "joined"
    BEFORE_SUBSCRIPTION = "before_subscription"
    SOURCE_FILTER = "source_filter"
    LANGUAGE_FILTER = "language_filter"
    TOO_OLD = "too_old"
    ALREADY_TOLD = "already_told"


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """What is decided about: a match, heard through a subscription, on one of its channels."""

    match: MatchId
    subscription: SubscriptionId
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class Bundle:
    """A delivery that collects articles until `due_at` (UTC); `key` is unique among a channel's deliveries.

    Where an open delivery has the key already: "backlog" takes the later due time (each addition pushes it),
    "article" the sooner one; for the other kinds the key fixes the time.
    """

    key: str
    kind: DeliveryKind
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What a channel knows of an article.

    "collecting": in a delivery that nobody tried to send yet. "going": in one that was tried and is not over,
    or is held; it keeps its articles. "told": the receiver has it, may have it, or is just being sent it.
    Deliveries that failed or expired are left out: their articles may be announced anew.
    """

    delivery: DeliveryId
    due_at: datetime
    state: Literal["collecting", "going", "told"]


@dataclass(frozen=True, slots=True)
class Announce:
    """The channel hears of this article in that bundle, opened where it is not there yet."""

    pair: Pair
    article: ArticleId
    bundle: Bundle
    reason: Reason


@dataclass(frozen=True, slots=True)
class Join:
    """The article goes out anyhow: the alert joins a bundle of this very run, or an earlier delivery."""

    pair: Pair
    article: ArticleId
    into: Bundle | DeliveryId
    reason: Reason = Reason.JOINED


@dataclass(frozen=True, slots=True)
class Move:
    """The article, with the alerts it has, leaves the collecting delivery for a sooner bundle.

    Where the bundle's key is that delivery's own, only its due time comes forward.
    """

    pair: Pair
    article: ArticleId
    delivery: DeliveryId
    bundle: Bundle
    reason: Reason


@dataclass(frozen=True, slots=True)
class Suppress:
    """Nobody is told, and this is why."""

    pair: Pair
    reason: Reason


Decision = Announce | Join | Move | Suppress


@dataclass(frozen=True, slots=True)
class _Wish:
    pair: Pair
    news: News
    subscription: Subscription


@dataclass(frozen=True, slots=True)
class _Slot:
    bundle: Bundle
    reason: Reason
    pair: Pair


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
    telling: defaultdict[tuple[ChannelId, ArticleId], list[_Wish]] = defaultdict(list)
    for wish in wishes:
        unwanted = _unwanted(wish.news, wish.subscription, now)
        if unwanted is None:
            telling[wish.pair.channel, wish.news.article].append(wish)
        else:
            decisions.append(Suppress(wish.pair, unwanted))
    caps = _caps(subscriptions)
    times = defaultdict(list, {channel: list(sent) for channel, sent in recent.items()})
    for place, group in sorted(telling.items(), key=lambda at: _precedence(at[1], now)):
        decisions += _tell(group, told.get(place), times[place[0]], caps[place[0]], now)
    return sorted(decisions, key=lambda decision: decision.pair)


def _wishes(news: Sequence[News], subscriptions: Sequence[Subscription]) -> list[_Wish]:
    """Every pair once, in an order that does not depend on the order of what is given."""
    pairs = {
        Pair(item.match, subscription.id, channel): (item, subscription)
        for item in news
        for subscription in subscriptions
        if item.topic in subscription.topics
        for channel in subscription.channels
    }
    return [_Wish(pair, *pairs[pair]) for pair in sorted(pairs)]


def _unwanted(news: News, subscription: Subscription, now: datetime) -> Reason | None:
    if news.asked is None and news.read_at < subscription.created_at:
        return Reason.BEFORE_SUBSCRIPTION
    if not _source_fits(subscription.sources, news):
        return Reason.SOURCE_FILTER
    if not _language_fits(subscription.languages, news.language):
        return Reason.LANGUAGE_FILTER
    if news.asked is not None:
        return Reason.APPLIED_BACK if news.asked == "silent" else None
    if news.backlog and now - (news.published_at or news.seen_at) > BACKLOG_AGE:
        return Reason.TOO_OLD
    return None


def _source_fits(sources: Iterable[str], news: News) -> bool:
    """Excluded names win; without any included name everything else fits."""
    names = [name.strip() for name in sources]
    excluded = [name[1:].strip() for name in names if name.startswith("-")]
    included = [name for name in names if name and not name.startswith("-")]
    if any(_names(name, news) for name in excluded):
        return False
    return not included or any(_names(name, news) for name in included)


def _names(name: str, news: News) -> bool:
    """Whether `name` is the feed, one of its tags ("war" or "tag:war"), or the host above it."""
    wanted, source = name.casefold(), news.source.casefold()
    tags = {tag.casefold() for tag in news.tags}
    above = "." in wanted and " " not in wanted and source.endswith("." + wanted)
    return bool(wanted) and (wanted == source or above or wanted.removeprefix("tag:") in tags)


def _language_fits(languages: Sequence[str], language: str | None) -> bool:
    """ "pt" takes "pt-BR" as well; an article whose language nobody knows fits no list."""
    spoken = (language or "").casefold()
    return not languages or any(
        spoken == wanted or spoken.startswith(wanted + "-") for wanted in map(str.casefold, languages)
    )


def _caps(subscriptions: Iterable[Subscription]) -> dict[ChannelId, int]:
    caps: dict[ChannelId, int] = {}
    for subscription in subscriptions:
        for channel in subscription.channels:
            caps[channel] = min(caps.get(channel, subscription.cap_per_hour), subscription.cap_per_hour)
    return caps


def _precedence(group: list[_Wish], now: datetime) -> tuple[datetime, datetime, ArticleId, ChannelId]:
    """Who gets the places below the cap: what is due first, then what was seen first."""
    first = group[0]
    seen = min(wish.news.seen_at for wish in group)
    return _soonest(group, now, crowded=False).bundle.due_at, seen, first.news.article, first.pair.channel


def _tell(
    group: list[_Wish], told: Told | None, times: list[datetime], cap: int, now: datetime
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


def _joining(wish: _Wish) -> Reason:
    return Reason.APPLIED_BACK if wish.news.asked else Reason.JOINED


def _first(best: _Slot, article: ArticleId, told: Told | None) -> Decision:
    if told is None:
        return Announce(best.pair, article, best.bundle, best.reason)
    return Move(best.pair, article, told.delivery, best.bundle, best.reason)


def _place(group: list[_Wish], times: Sequence[datetime], cap: int, now: datetime) -> _Slot:
    best = _soonest(group, now, crowded=False)
    if best.bundle.kind == "article" and _crowded(times, best.bundle.due_at, cap):
        return _soonest(group, now, crowded=True)
    return best


def _crowded(times: Iterable[datetime], due: datetime, cap: int) -> bool:
    """Whether one more message at `due` makes more than `cap` within some 60 minutes."""
    near = [time for time in (*times, due) if due - _HOUR < time < due + _HOUR]
    return any(sum(start <= time < start + _HOUR for time in near) > cap for start in near if start <= due)


def _soonest(group: Iterable[_Wish], now: datetime, *, crowded: bool) -> _Slot:
    slots = (slot for wish in group for slot in _slots(wish, now, crowded))
    return min(
        slots, key=lambda slot: (slot.bundle.due_at, slot.pair.subscription, slot.pair, slot.bundle.key)
    )


def _slots(wish: _Wish, now: datetime, crowded: bool) -> list[_Slot]:
    if wish.news.asked:
        return [_summary(wish, "older", Reason.APPLIED_BACK, now)]
    if wish.news.backlog:
        return [_summary(wish, "backlog", Reason.BACKLOG, now)]
    return [_slot(wish, parse_when(text), now, crowded) for text in wish.subscription.when]


def _slot(wish: _Wish, when: When, now: datetime, crowded: bool) -> _Slot:
    """Where one of a subscription's times puts the article; quiet hours hold "now" and "hourly"."""
    match when:
        case AtOnce():
            planned = _instant(wish, now, crowded)
        case Hourly():
            planned = _digest(wish, when, now)
        case At():
            return _digest(wish, when, now)
    held = _quiet_end(wish.subscription, planned.bundle.due_at)
    if held is None:
        return planned
    key = f"quiet:{wish.subscription.id}:{held.isoformat()}"
    return _Slot(Bundle(key, "quiet", held), Reason.QUIET_HOURS, wish.pair)


def _instant(wish: _Wish, now: datetime, crowded: bool) -> _Slot:
    wait = timedelta(seconds=wish.subscription.wait_s)
    due = now.astimezone(UTC) + wait
    if crowded:
        quarter = due - (due - _EPOCH) % ROLLUP_EVERY + ROLLUP_EVERY
        return _Slot(Bundle(f"rollup:{quarter.isoformat()}", "rollup", quarter), Reason.OVER_CAP, wish.pair)
    reason = Reason.WAITS if wait else Reason.AT_ONCE
    return _Slot(Bundle(f"article:{wish.news.article}", "article", due), reason, wish.pair)


def _digest(wish: _Wish, when: When, now: datetime) -> _Slot:
    due = next_due(when, wish.subscription.timezone, now)
    key = f"digest:{wish.subscription.id}:{due.isoformat()}"
    return _Slot(Bundle(key, "digest", due), Reason.DIGEST, wish.pair)


def _summary(wish: _Wish, name: str, reason: Reason, now: datetime) -> _Slot:
    """What newly added feeds held already, and what is older than a topic: one summary of each for a subscription,
    once the additions pause."""
    lull = now.astimezone(UTC) + BACKLOG_LULL
    due = _quiet_end(wish.subscription, lull) or lull
    return _Slot(Bundle(f"{name}:{wish.subscription.id}", "backlog", due), reason, wish.pair)


def _quiet_end(subscription: Subscription, moment: datetime) -> datetime | None:
    if subscription.quiet is None:
        return None
    return quiet_until(parse_quiet(subscription.quiet), subscription.timezone, moment)
