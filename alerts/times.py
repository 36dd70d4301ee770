"""When: the bundle in which a subscription's times, quiet hours and waits put an article."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.decision import Bundle, Pair, Reason
from alerts.digest import At, AtOnce, Hourly, When, next_due, parse_when
from alerts.model import News, Subscription
from alerts.quiet import parse_quiet, quiet_until

BACKLOG_LULL = timedelta(seconds=30)
ROLLUP_EVERY = timedelta(minutes=15)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wish:
    """A match that a subscription wants told on a channel."""

    pair: Pair
    news: News
    subscription: Subscription


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a wish would have it told, and why there."""

    bundle: Bundle
    reason: Reason
    pair: Pair


def slots(wish: Wish, now: datetime, crowded: bool) -> list[Slot]:
    """Every place where the subscription's times would tell of it; `crowded` where one more message of its own is
    over the channel's cap. While its owner rests, one place at the end of the pause takes what comes before."""
    if wish.news.asked:
        found = [_summary(wish, "older", Reason.APPLIED_BACK, now)]
    elif wish.news.backlog:
        found = [_summary(wish, "backlog", Reason.BACKLOG, now)]
    else:
        found = [_slot(wish, parse_when(text), now, crowded) for text in wish.subscription.when]
    return [_rested(slot, wish.subscription.rests.get(slot.pair.channel)) for slot in found]


def _rested(slot: Slot, until: datetime | None) -> Slot:
    if until is None or slot.bundle.due_at >= until:
        return slot
    return Slot(Bundle(f"rest:{until.isoformat()}", "quiet", until), Reason.RESTING, slot.pair)


def _slot(wish: Wish, when: When, now: datetime, crowded: bool) -> Slot:
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
    return Slot(Bundle(key, "quiet", held), Reason.QUIET_HOURS, wish.pair)


def _instant(wish: Wish, now: datetime, crowded: bool) -> Slot:
    wait = timedelta(seconds=wish.subscription.wait_s)
    due = now.astimezone(UTC) + wait
    if crowded:
        quarter = due - (due - _EPOCH) % ROLLUP_EVERY + ROLLUP_EVERY
        return Slot(Bundle(f"rollup:{quarter.isoformat()}", "rollup", quarter), Reason.OVER_CAP, wish.pair)
    reason = Reason.WAITS if wait else Reason.AT_ONCE
    return Slot(Bundle(f"article:{wish.news.article}", "article", due), reason, wish.pair)


def _digest(wish: Wish, when: When, now: datetime) -> Slot:
    due = next_due(when, wish.subscription.timezone, now)
    key = f"digest:{wish.subscription.id}:{due.isoformat()}"
    return Slot(Bundle(key, "digest", due), Reason.DIGEST, wish.pair)


def _summary(wish: Wish, name: str, reason: Reason, now: datetime) -> Slot:
    """What newly added feeds held already, and what is older than a topic: one summary of each for a subscription,
    once the additions pause."""
    lull = now.astimezone(UTC) + BACKLOG_LULL
    due = _quiet_end(wish.subscription, lull) or lull
    return Slot(Bundle(f"{name}:{wish.subscription.id}", "backlog", due), reason, wish.pair)


def _quiet_end(subscription: Subscription, moment: datetime) -> datetime | None:
    if subscription.quiet is None:
        return None
    return quiet_until(parse_quiet(subscription.quiet), subscription.timezone, moment)
