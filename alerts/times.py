"""When: the bundle in which a subscription's times, quiet hours, waits, pauses and snoozes put an article."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from alerts.decision import Bundle, Pair, Reason
from alerts.digest import At, AtOnce, Hourly, When, next_due, parse_when
from alerts.model import News, Subscription
from alerts.quiet import parse_quiet, quiet_until

BACKLOG_LULL = timedelta(seconds=30)
ROLLUP_EVERY = timedelta(minutes=15)
UNTIL_RESUMED = datetime(9999, 1, 1, tzinfo=UTC)
"""When what a pause keeps is due. It comes after every other time, so that nobody else's alert waits for it."""
KEPT_FOR = timedelta(days=7)
"""How long a pause keeps what would have been told."""
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


def kept(subscription: Subscription, moment: datetime, now: datetime) -> tuple[Bundle, Reason] | None:
    """Where a paused or snoozed subscription keeps what would be told at `moment`, and why; None if it is neither.

    What a pause keeps lies apart by the day, so that each day's can be given up when it is KEPT_FOR old.
    """
    if subscription.paused:
        key = f"kept:{subscription.id}:{now.astimezone(UTC):%Y-%m-%d}"
        return Bundle(key, "quiet", UNTIL_RESUMED), Reason.PAUSED
    if subscription.snoozed_until is not None and moment < subscription.snoozed_until:
        return catch_up(subscription, subscription.snoozed_until), Reason.SNOOZED
    return None


def catch_up(subscription: Subscription, moment: datetime) -> Bundle:
    """The one message with all that was kept until `moment`; quiet hours hold it as well."""
    end = _quiet_end(subscription, moment)
    if end is not None:
        return _quiet(subscription, end)
    at = moment.astimezone(UTC)
    return Bundle(f"kept:{subscription.id}:{at.isoformat()}", "quiet", at)


def _quiet(subscription: Subscription, end: datetime) -> Bundle:
    return Bundle(f"quiet:{subscription.id}:{end.isoformat()}", "quiet", end)


def _slot(wish: Wish, when: When, now: datetime, crowded: bool) -> Slot:
    """Where one of a subscription's times puts the article; quiet hours hold "now" and "hourly", a pause or a snooze
    holds everything."""
    match when:
        case AtOnce():
            planned = _instant(wish, now, crowded)
        case Hourly() | At():
            planned = _digest(wish, when, now)
    keeping = kept(wish.subscription, planned.bundle.due_at, now)
    if keeping is not None:
        return Slot(*keeping, wish.pair)
    end = None if isinstance(when, At) else _quiet_end(wish.subscription, planned.bundle.due_at)
    if end is None:
        return planned
    if _is_urgent(wish):
        return replace(planned, reason=Reason.URGENT)
    return Slot(_quiet(wish.subscription, end), Reason.QUIET_HOURS, wish.pair)


def _is_urgent(wish: Wish) -> bool:
    return wish.news.topic in wish.subscription.urgent


def _instant(wish: Wish, now: datetime, crowded: bool) -> Slot:
    wait = timedelta(seconds=wish.subscription.wait_s)
    breaks = bool(wait) and _is_urgent(wish)
    due = now.astimezone(UTC) + (timedelta(0) if breaks else wait)
    if crowded:
        quarter = due - (due - _EPOCH) % ROLLUP_EVERY + ROLLUP_EVERY
        return Slot(Bundle(f"rollup:{quarter.isoformat()}", "rollup", quarter), Reason.OVER_CAP, wish.pair)
    reason = Reason.URGENT if breaks else Reason.WAITS if wait else Reason.AT_ONCE
    return Slot(Bundle(f"article:{wish.news.article}", "article", due), reason, wish.pair)


def _digest(wish: Wish, when: When, now: datetime) -> Slot:
    due = next_due(when, wish.subscription.timezone, now)
    after = next_due(when, wish.subscription.timezone, due)
    one, following = (
        Bundle(f"digest:{wish.subscription.id}:{moment.isoformat()}", "digest", moment)
        for moment in (due, after)
    )
    return Slot(replace(one, following=following), Reason.DIGEST, wish.pair)


def _summary(wish: Wish, name: str, reason: Reason, now: datetime) -> Slot:
    """What newly added feeds held already, and what is older than a topic: one summary of each for a subscription,
    once the additions pause."""
    lull = now.astimezone(UTC) + BACKLOG_LULL
    keeping = kept(wish.subscription, lull, now)
    if keeping is not None:
        later, why = keeping
        return Slot(Bundle(f"kept:{wish.subscription.id}:{name}", "backlog", later.due_at), why, wish.pair)
    due = _quiet_end(wish.subscription, lull) or lull
    return Slot(Bundle(f"{name}:{wish.subscription.id}", "backlog", due), reason, wish.pair)


def _quiet_end(subscription: Subscription, moment: datetime) -> datetime | None:
    if subscription.quiet is None:
        return None
    return quiet_until(parse_quiet(subscription.quiet), subscription.timezone, moment)
