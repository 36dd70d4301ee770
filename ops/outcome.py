"""PURE. What became of an alert, or is to become of it: one sentence with names and times.

An alert is what one subscription hears of one match on one channel. Why planning decided as it did comes first, what
the send desk made of it second: "over the cap of 12 an hour, in the roll-up of 10:15: told at 10:15:02".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from alerts.times import UNTIL_RESUMED
from ops.moments import in_zone, instant
from ops.verdict import cause, span

Row = Mapping[str, Any]
"""An alert as `ops.store.tracing` reads it."""
Words = Callable[[Row], str]

_UNKNOWN = "an unknown time"


def _already_told(alert: Row) -> str:
    told, at = alert["told_in"], alert["told_at"]
    same = "the same article"
    match alert["told_state"]:
        case "sent":
            return f"{same} was already told in {alert['channel']} at {_clock(at)} (delivery {told})"
        case "unknown":
            return f"{same} was sent to {alert['channel']} before, and may have arrived (delivery {told})"
        case "failed" | "expired" as ended:
            return f"{same} was on its way to {alert['channel']} already, and that delivery {ended} ({told})"
        case None:
            return f"{same} was told in {alert['channel']} already"
        case _:
            return f"{same} was on its way to {alert['channel']} already (delivery {told})"


def _silenced(alert: Row) -> str:
    by = f" by {alert['silenced_by']}" if alert.get("silenced_by") else ""
    until = f" until {_there(alert['silenced_until'], alert)}" if alert.get("silenced_until") else ""
    return f"silenced{by}{until}"


def _source(alert: Row) -> str:
    only = [name for name in alert["sources"] if not name.startswith("-")]
    never = [name[1:] for name in alert["sources"] if name.startswith("-")]
    wants = [f"only {', '.join(only)}" if only else "", f"never {', '.join(never)}" if never else ""]
    said = " and ".join(filter(None, wants))
    return f"source filter: the subscription hears of {said}, and this is from {alert['source']}"


def _language(alert: Row) -> str:
    spoken = ", ".join(alert["languages"]) or "other languages"
    this = alert["language"] or "of none that is known"
    return f"language filter: the subscription hears of {spoken}, and this is {this}"


def _too_early(alert: Row) -> str:
    read, since = _clock(alert["read_at"]), _clock(alert["subscribed_at"])
    return (
        f"it was read at {read}, before they subscribed at {since} (`pantau topics apply-back` tells of such)"
    )


def _gone(noun: str) -> Words:
    return lambda alert: f"the {noun} {alert[noun]} was removed before it went out"


SUPPRESSED: Mapping[str, Words] = {
    "already_told": _already_told,
    "applied_back": lambda _: "it was found by `topics apply-back --silent`, which tells nobody",
    "before_subscription": _too_early,
    "source_filter": _source,
    "language_filter": _language,
    "too_old": lambda _: "it was older than 7 days when its feed was added",
    "silenced": _silenced,
    "channel_removed": _gone("channel"),
    "subscription_removed": _gone("subscription"),
    "unsubscribed": lambda alert: f"the reader of {alert['channel']} had unsubscribed",
    "address_blocked": lambda alert: f"nothing may be written to the address of {alert['channel']}",
    "not_confirmed": lambda alert: f"the owner of the address of {alert['channel']} never confirmed it",
    "kept_too_long": lambda _: "its subscription was paused for longer than 7 days",
    "restored": lambda _: "it may have been told before a backup was restored",
}
"""Why nobody was told."""


def _rollup(alert: Row) -> str:
    return f"over the cap of {alert['cap']} an hour, in the roll-up of {_there(alert['due_at'], alert)}"


def _follow_up(alert: Row) -> str:
    first = f" (delivery {alert['thread_of']})" if alert["thread_of"] else ""
    return f"follow-up of “{alert['thread_title']}”{first}" if alert["thread_title"] else f"follow-up{first}"


def _same_story(alert: Row) -> str:
    named = f" “{alert['thread_title']}”" if alert["thread_title"] else ""
    return f"in one message with others of the story{named}"


PLACED: Mapping[str, Words] = {
    "at_once": lambda _: "",
    "urgent": lambda _: "urgent, so at once",
    "waits": lambda _: "after the wait for the story's first articles",
    "digest": lambda alert: f"in the digest of {_there(alert['due_at'], alert)}",
    "quiet_hours": lambda alert: f"kept for quiet hours until {_there(alert['due_at'], alert)}",
    "paused": lambda _: "kept while the subscription is paused",
    "resting": lambda alert: (
        f"kept until {_there(alert['due_at'], alert)}, since the reader asked for a pause"
    ),
    "snoozed": lambda alert: (
        f"kept until {_there(alert['due_at'], alert)}, since the subscription is snoozed"
    ),
    "backlog": lambda _: "in the summary of what newly added feeds held already",
    "over_cap": _rollup,
    "applied_back": lambda _: "in the summary of older articles that `topics apply-back` asked for",
    "joined": lambda alert: f"in the message that tells {alert['channel']} of it anyhow",
    "same_story": _same_story,
    "follow_up": _follow_up,
}
"""Why it is told in the message that it is in, and when."""


def outcome(alert: Row) -> str:
    """The sentence, without its end. Names as they are; whoever shows them makes them harmless."""
    if alert["state"] == "suppressed":
        return f"suppressed: {why_suppressed(alert)}"
    return ": ".join(filter(None, (why_placed(alert), _went(alert))))


def why_placed(alert: Row) -> str:
    """Why it is told in the message that it is in, and when; "" where it is simply told at once."""
    reason = alert["decided_for"] or ""
    return PLACED[reason](alert) if reason in PLACED else reason.replace("_", " ")


def why_suppressed(alert: Row) -> str:
    """Why nobody was told of it."""
    reason = alert["reason"] or ""
    return SUPPRESSED[reason](alert) if reason in SUPPRESSED else reason.replace("_", " ")


def _went(alert: Row) -> str:
    """What the send desk made of it."""
    repeat = ", perhaps twice" if alert["possible_repeat"] else ""
    match alert["state"]:
        case "sent":
            return f"told in {alert['channel']} at {_clock(alert['ended_at'])}, {_after(alert)}{repeat}"
        case "sending":
            return f"being sent to {alert['channel']}"
        case "held":
            return f"held: {cause(alert['reason'])}"
        case "unknown":
            return f"in doubt whether {alert['channel']} has it: {cause(alert['reason'])}"
        case "failed" | "expired" as ended:
            return f"not told in {alert['channel']}, the delivery {ended}: {cause(alert['reason'])}"
        case "collecting" if alert["due_at"] == UNTIL_RESUMED:
            return f"for {alert['channel']}, until it is resumed"
        case _:
            tries = f" after {alert['attempts']} tries" if alert["attempts"] else ""
            return f"on its way to {alert['channel']}, due at {_clock(alert['due_at'])}{tries}"


def _after(alert: Row) -> str:
    after: timedelta = alert["ended_at"] - alert["seen_at"]
    return f"{span(after.total_seconds())} after it was seen"


def _there(moment: datetime | None, alert: Row) -> str:
    """A moment by the subscriber's clock."""
    return _UNKNOWN if moment is None else in_zone(moment, alert["timezone"])


def _clock(moment: datetime | None) -> str:
    return instant(moment, _UNKNOWN)
