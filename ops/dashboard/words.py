"""PURE. Times and states as a reader sees them; a state is always a shape, a colour and a word together."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from alerts.times import UNTIL_RESUMED
from ops.verdict import cause, span

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


def due_stamp(at: datetime, now: datetime) -> Stamp:
    """The same for what should happen then: once the moment has come, it is due."""
    found = stamp(at, now)
    return replace(found, shown="due") if at <= now else found


def maybe_stamp(at: datetime | None, now: datetime) -> Stamp | None:
    """The same for a moment that may not have come."""
    return None if at is None else stamp(at, now)


def ago(at: datetime, now: datetime) -> str:
    """ "just now", "12 s ago", "4 min ago", "in 40 s"."""
    seconds = (now - at).total_seconds()
    if abs(seconds) < _NOW_S:
        return "just now"
    return f"{_rough(seconds)} ago" if seconds > 0 else f"in {_rough(-seconds)}"


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
            return State("ok", "sent")
        case "collecting" if due_at == UNTIL_RESUMED:
            return State("off", "kept until resumed")
        case "collecting" | "ready":
            return State("off", f"due {ago(due_at, now)}" if due_at > now else "due now")
        case "sending":
            return State("off", "being sent")
        case "waiting":
            return State("slow", f"tries again {ago(due_at, now)}" if due_at > now else "tries again now")
        case "held":
            return State("bad", f"held: {cause(reason)}" if reason else "held")
        case "unknown":
            return State("slow", "in doubt: the answer was lost")
        case "failed":
            return State("bad", "failed")
        case "expired":
            return State("bad", "expired before it could be sent")
    return State("off", state.replace("_", " "))


def feed_state(state: str) -> State:
    """A feed's state in words."""
    match state:
        case "ok":
            return State("ok", "ok")
        case "failing":
            return State("bad", "failing")
        case "silent":
            return State("slow", "silent")
        case "gone":
            return State("bad", "gone")
        case "new":
            return State("off", "new")
    return State("off", state.replace("_", " "))


def attempt_state(verdict: str | None) -> State:
    """What came of an attempt, in words."""
    match verdict:
        case "sent":
            return State("ok", "accepted")
        case "later":
            return State("slow", "not now")
        case "simpler":
            return State("slow", "form refused, sent plainer")
        case "unsure":
            return State("slow", "answer lost")
        case "blocked":
            return State("bad", "channel lets nothing through")
        case "never":
            return State("bad", "refused for good")
        case None:
            return State("off", "under way, or its sender was stopped")
    return State("off", verdict)
