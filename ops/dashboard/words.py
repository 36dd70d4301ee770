"""PURE. Times and states as a reader sees them; a state is always a shape, a colour and a word together."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerts.times import UNTIL_RESUMED
from ops.amounts import span
from ops.causes import cause
from ops.moments import Instant
from ops.said import Said, said

Shape = Literal["ok", "slow", "bad", "off"]

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_NOW_S = 2.0


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment: `iso` for machines, `shown` at a glance, `full` on a closer look."""

    iso: str
    shown: str
    full: str


@dataclass(frozen=True, slots=True)
class State:
    """How something is: the shape carries it without colour, the word without shape."""

    shape: Shape
    word: str


def stamp(at: datetime, now: datetime) -> Stamp:
    """A moment relative to now, with the whole date behind it."""
    whole = at.astimezone(UTC)
    full = f"{whole:%a} {whole.day} {whole:%b %Y, %H:%M:%S} UTC"
    return Stamp(whole.isoformat(timespec="seconds"), ago(at, now), full)


def in_zone(iso: str, zone: str) -> str:
    """The whole moment in this zone: "Thu 26 Nov 2026, 16:05:09 WIB"; UTC for a zone that there is none of."""
    try:
        at = datetime.fromisoformat(iso).astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        at = datetime.fromisoformat(iso).astimezone(UTC)
    return f"{at:%a} {at.day} {at:%b %Y, %H:%M:%S %Z}"


def by_clock(text: str, zone: str) -> str:
    """A sentence with each moment in it by the clock of this zone."""
    if isinstance(text, Said):
        return text.filled_by(lambda value: by_clock(value, zone) if isinstance(value, str) else value)
    return in_zone(text.at.isoformat(), zone) if isinstance(text, Instant) else text


def due_stamp(at: datetime, now: datetime) -> Stamp:
    """The same for what should happen then: once the moment has come, it is due."""
    found = stamp(at, now)
    return replace(found, shown=said("due")) if at <= now else found


def maybe_stamp(at: datetime | None, now: datetime) -> Stamp | None:
    """The same for a moment that may not have come."""
    return None if at is None else stamp(at, now)


def ago(at: datetime, now: datetime) -> Said:
    """ "just now", "12 s ago", "4 min ago", "in 40 s"."""
    seconds = (now - at).total_seconds()
    if abs(seconds) < _NOW_S:
        return said("just now")
    return (
        said("{span} ago", span=_rough(seconds)) if seconds > 0 else said("in {span}", span=_rough(-seconds))
    )


def _rough(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else span(float(round(seconds / 3600) * 3600))


def language_tag(language: str | None) -> str | None:
    """The language as an HTML `lang` may carry it (BCP 47), or None."""
    return language if language and _LANGUAGE.fullmatch(language) else None


def delivery_state(state: str, reason: str | None, due_at: datetime, now: datetime) -> State:
    """A delivery's state in words, with when it goes on where it does by itself."""
    match state:
        case "sent":
            return State("ok", said("sent"))
        case "collecting" if due_at == UNTIL_RESUMED:
            return State("off", said("kept until resumed"))
        case "collecting" | "ready":
            return State(
                "off", said("due {when}", when=ago(due_at, now)) if due_at > now else said("due now")
            )
        case "sending":
            return State("off", said("being sent"))
        case "waiting" if due_at > now:
            return State("slow", said("tries again {when}", when=ago(due_at, now)))
        case "waiting":
            return State("slow", said("tries again now"))
        case "held":
            return State("bad", said("held: {cause}", cause=cause(reason)) if reason else said("held"))
        case "unknown":
            return State("slow", said("in doubt: the answer was lost"))
        case "failed":
            return State("bad", said("failed"))
        case "expired":
            return State("bad", said("expired before it could be sent"))
    return State("off", state.replace("_", " "))


def feed_state(state: str) -> State:
    """A feed's state in words."""
    match state:
        case "ok":
            return State("ok", said("ok"))
        case "failing":
            return State("bad", said("failing"))
        case "silent":
            return State("slow", said("silent"))
        case "gone":
            return State("bad", said("gone"))
        case "new":
            return State("off", said("new"))
        case "paused":
            return State("off", said("paused"))
    return State("off", state.replace("_", " "))


def attempt_state(verdict: str | None) -> State:
    """What came of an attempt, in words."""
    match verdict:
        case "sent":
            return State("ok", said("accepted"))
        case "later":
            return State("slow", said("not now"))
        case "simpler":
            return State("slow", said("form refused, sent plainer"))
        case "unsure":
            return State("slow", said("answer lost"))
        case "blocked":
            return State("bad", said("channel lets nothing through"))
        case "never":
            return State("bad", said("refused for good"))
        case None:
            return State("off", said("under way, or its sender was stopped"))
    return State("off", verdict)
