"""When an article came out and how long the news took, in the words and the time zone of a letter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial

from alerts.digest import zone
from alerts.foreign import plain_text
from alerts.model import Item, Letter
from alerts.words import say
from worker.errors import BadInput

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
Clock = Callable[[datetime], str]
_SLOW_FEED = 2 * _MINUTE
"""Where an article came to the feed later than that, the reader is told what part of the time was ours."""
_SINGLE = ("article", "followup", "update")
"""What tells of a story as it happens; all else is told at times of its own, and how long it took says nothing."""


def moment(item: Item, letter: Letter, clock: Clock | None = None) -> str:
    """When the article was published, in the letter's time zone; when it was seen, where that can not be said. `clock`
    writes a time in another way."""
    published, seen = item.published_at, item.seen_at
    clock = clock or partial(local_time, letter=letter)
    if published is None:
        return "" if seen is None else say(letter, "seen", at=clock(seen))
    if seen is not None and published - seen > _MINUTE:
        return say(letter, "dated", date=clock(published), at=clock(seen))
    return _date(published, letter) if _is_day(published, letter) else clock(published)


def speed(item: Item, letter: Letter) -> str:
    """How long the news took from publication to this message; from when it was seen, where no hour of publication is
    known or it lies ahead; both, where it came to the feed much later."""
    if letter.kind not in _SINGLE:
        return ""
    told = letter.told_at or letter.now
    since_seen = "" if item.seen_at is None else _duration(told - item.seen_at, letter)
    published = item.published_at
    if published is None or _is_day(published, letter) or published > min(told, item.seen_at or told):
        return say(letter, "after_seen", span=since_seen) if since_seen else ""
    span = _duration(told - published, letter)
    if item.seen_at is not None and item.seen_at - published > _SLOW_FEED:
        return say(letter, "after_both", span=span, since=since_seen)
    return say(letter, "after_publication", span=span)


def _duration(span: timedelta, letter: Letter) -> str:
    if span < timedelta(seconds=1):
        return say(letter, "instant")
    if span < timedelta(seconds=100):
        return say(letter, "seconds", int(span.total_seconds()))
    if span < timedelta(minutes=100):
        return say(letter, "minutes", span // _MINUTE)
    return say(letter, "hours", span // _HOUR) if span < 2 * _DAY else say(letter, "days", span // _DAY)


def span(letter: Letter) -> str:
    """From when to when the letter's articles were seen; "" where that is a minute."""
    seen = [item.seen_at.astimezone(_zone(letter)) for item in letter.items if item.seen_at is not None]
    if not seen or max(seen) - min(seen) < _MINUTE:
        return ""
    today = letter.now.astimezone(_zone(letter))
    dated = any(at.date() != today.date() for at in seen)
    start, end = (
        f"{_day(at, today, letter)} {at:%H:%M}" if dated else f"{at:%H:%M}" for at in (min(seen), max(seen))
    )
    return say(letter, "span", start=start, end=end)


def times(letter: Letter) -> str:
    """By which clock the letter's times are."""
    return say(letter, "times", timezone=plain_text(letter.timezone, 60))


def local_time(at: datetime, letter: Letter) -> str:
    """ "14:02" on the letter's own day, "3 Nov 14:02" on another, with the year where it is not this one."""
    where = _zone(letter)
    local, today = at.astimezone(where), letter.now.astimezone(where)
    clock = f"{local:%H:%M}"
    return clock if local.date() == today.date() else f"{_day(local, today, letter)} {clock}"


def _date(at: datetime, letter: Letter) -> str:
    where = UTC if _is_midnight(at, UTC) else _zone(letter)
    return _day(at.astimezone(where), letter.now.astimezone(where), letter)


def _day(local: datetime, today: datetime, letter: Letter) -> str:
    month = say(letter, "months").split()[local.month - 1]
    return f"{local.day} {month}" + (f" {local.year}" if local.year != today.year else "")


def _is_day(at: datetime, letter: Letter) -> bool:
    """Whether a time is only a date: midnight to the second, in UTC or where the reader is."""
    return _is_midnight(at, UTC) or _is_midnight(at, _zone(letter))


def _is_midnight(at: datetime, where: tzinfo) -> bool:
    local = at.astimezone(where)
    return (local.hour, local.minute, local.second) == (0, 0, 0)


def _zone(letter: Letter) -> tzinfo:
    try:
        return zone(letter.timezone)
    except BadInput:  # a letter is worth more than its clock, and the footer names the zone
        return UTC
