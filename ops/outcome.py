"""PURE. What became of an alert, or is to become of it: one sentence with names and times.

An alert is what one subscription hears of one match on one channel. Why planning decided as it did comes first, what
the send desk made of it second: "over the cap of 12 an hour, in the roll-up of 10:15: told at 10:15:02".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from alerts.times import UNTIL_RESUMED
from ops.amounts import span
from ops.causes import cause
from ops.moments import in_zone, instant
from ops.said import Said, joined, said, said_n

Row = Mapping[str, Any]
"""An alert as `ops.store.tracing` reads it."""
Words = Callable[[Row], str]

_UNKNOWN = said("an unknown time")


def _already_told(alert: Row) -> str:
    channel, delivery, state = alert["channel"], alert["told_in"], alert["told_state"]
    match state:
        case "sent":
            return said(
                "the same article was already told in {channel} at {at} (delivery {delivery})",
                channel=channel,
                at=_clock(alert["told_at"]),
                delivery=delivery,
            )
        case "unknown":
            return said(
                "the same article was sent to {channel} before, and may have arrived (delivery {delivery})",
                channel=channel,
                delivery=delivery,
            )
        case "failed":
            return said(
                "the same article was on its way to {channel} already, and that delivery failed ({delivery})",
                channel=channel,
                delivery=delivery,
            )
        case "expired":
            return said(
                "the same article was on its way to {channel} already, and that delivery expired ({delivery})",
                channel=channel,
                delivery=delivery,
            )
        case None:
            return said("the same article was told in {channel} already", channel=channel)
        case _:
            return said(
                "the same article was on its way to {channel} already (delivery {delivery})",
                channel=channel,
                delivery=delivery,
            )


def _silenced(alert: Row) -> str:
    by = said("by {name}", name=alert["silenced_by"]) if alert.get("silenced_by") else ""
    end = alert.get("silenced_until")
    until = said("until {at}", at=_there(end, alert)) if end else ""
    return joined((said("silenced"), by, until))


def _source(alert: Row) -> str:
    only = [name for name in alert["sources"] if not name.startswith("-")]
    never = [name[1:] for name in alert["sources"] if name.startswith("-")]
    wants = [
        said("only {names}", names=", ".join(only)) if only else "",
        said("never {names}", names=", ".join(never)) if never else "",
    ]
    first, *more = [each for each in wants if each] or [""]
    what = said("{one} and {other}", one=first, other=more[0]) if more else first
    return said(
        "source filter: the subscription hears of {what}, and this is from {source}",
        what=what,
        source=alert["source"],
    )


def _language(alert: Row) -> str:
    return said(
        "language filter: the subscription hears of {spoken}, and this is {language}",
        spoken=", ".join(alert["languages"]) or said("other languages"),
        language=alert["language"] or said("of none that is known"),
    )


def _too_early(alert: Row) -> str:
    return said(
        "it was read at {read}, before they subscribed at {since} (`pantau topics apply-back` tells of such)",
        read=_clock(alert["read_at"]),
        since=_clock(alert["subscribed_at"]),
    )


SUPPRESSED: Mapping[str, Words] = {
    "already_told": _already_told,
    "applied_back": lambda _: said("it was found by `topics apply-back --silent`, which tells nobody"),
    "before_subscription": _too_early,
    "source_filter": _source,
    "language_filter": _language,
    "too_old": lambda _: said("it was older than 7 days when its feed was added"),
    "silenced": _silenced,
    "channel_removed": lambda alert: said(
        "the channel {channel} was removed before it went out", channel=alert["channel"]
    ),
    "subscription_removed": lambda alert: said(
        "the subscription {subscription} was removed before it went out", subscription=alert["subscription"]
    ),
    "unsubscribed": lambda alert: said("the reader of {channel} had unsubscribed", channel=alert["channel"]),
    "address_blocked": lambda alert: said(
        "nothing may be written to the address of {channel}", channel=alert["channel"]
    ),
    "not_confirmed": lambda alert: said(
        "the owner of the address of {channel} never confirmed it", channel=alert["channel"]
    ),
    "kept_too_long": lambda _: said("its subscription was paused for longer than 7 days"),
    "restored": lambda _: said("it may have been told before a backup was restored"),
}
"""Why nobody was told."""


def _rollup(alert: Row) -> str:
    return said(
        "over the cap of {cap} an hour, in the roll-up of {at}",
        cap=alert["cap"],
        at=_there(alert["due_at"], alert),
    )


def _follow_up(alert: Row) -> str:
    title = alert["thread_title"]
    first = said("(delivery {delivery})", delivery=alert["thread_of"]) if alert["thread_of"] else ""
    return joined((said("follow-up of “{title}”", title=title) if title else said("follow-up"), first))


def _same_story(alert: Row) -> str:
    title = alert["thread_title"]
    if title:
        return said("in one message with others of the story “{title}”", title=title)
    return said("in one message with others of the story")


PLACED: Mapping[str, Words] = {
    "at_once": lambda _: "",
    "urgent": lambda _: said("urgent, so at once"),
    "waits": lambda _: said("after the wait for the story's first articles"),
    "digest": lambda alert: said("in the digest of {at}", at=_there(alert["due_at"], alert)),
    "quiet_hours": lambda alert: said("kept for quiet hours until {at}", at=_there(alert["due_at"], alert)),
    "paused": lambda _: said("kept while the subscription is paused"),
    "resting": lambda alert: said(
        "kept until {at}, since the reader asked for a pause", at=_there(alert["due_at"], alert)
    ),
    "snoozed": lambda alert: said(
        "kept until {at}, since the subscription is snoozed", at=_there(alert["due_at"], alert)
    ),
    "backlog": lambda _: said("in the summary of what newly added feeds held already"),
    "over_cap": _rollup,
    "applied_back": lambda _: said("in the summary of older articles that `topics apply-back` asked for"),
    "joined": lambda alert: said(
        "in the message that tells {channel} of it anyhow", channel=alert["channel"]
    ),
    "same_story": _same_story,
    "follow_up": _follow_up,
}
"""Why it is told in the message that it is in, and when."""


def outcome(alert: Row) -> Said:
    """The sentence, without its end. Names as they are; whoever shows them makes them harmless."""
    if alert["state"] == "suppressed":
        return said("suppressed: {why}", why=why_suppressed(alert))
    return joined((why_placed(alert), _went(alert)), ": ")


def why_placed(alert: Row) -> str:
    """Why it is told in the message that it is in, and when; "" where it is simply told at once."""
    reason = alert["decided_for"] or ""
    return PLACED[reason](alert) if reason in PLACED else reason.replace("_", " ")


def why_suppressed(alert: Row) -> str:
    """Why nobody was told of it."""
    reason = alert["reason"] or ""
    return SUPPRESSED[reason](alert) if reason in SUPPRESSED else reason.replace("_", " ")


def _went(alert: Row) -> Said:
    """What the send desk made of it."""
    channel, why = alert["channel"], cause(alert["reason"])
    match alert["state"]:
        case "sent":
            return joined((_told(alert), said("perhaps twice") if alert["possible_repeat"] else ""), ", ")
        case "sending":
            return said("being sent to {channel}", channel=channel)
        case "held":
            return said("held: {why}", why=why)
        case "unknown":
            return said("in doubt whether {channel} has it: {why}", channel=channel, why=why)
        case "failed":
            return said("not told in {channel}, the delivery failed: {why}", channel=channel, why=why)
        case "expired":
            return said("not told in {channel}, the delivery expired: {why}", channel=channel, why=why)
        case "collecting" if alert["due_at"] == UNTIL_RESUMED:
            return said("for {channel}, until it is resumed", channel=channel)
        case _:
            return on_its_way(
                said("on its way to {channel}, due at {at}", channel=channel, at=_clock(alert["due_at"])),
                alert["attempts"],
            )


def _told(alert: Row) -> Said:
    after: timedelta = alert["ended_at"] - alert["seen_at"]
    return said(
        "told in {channel} at {at}, {span} after it was seen",
        channel=alert["channel"],
        at=_clock(alert["ended_at"]),
        span=span(after.total_seconds()),
    )


def on_its_way(due: Said, tries: int) -> Said:
    """When it is due, and after how many attempts in vain."""
    return joined((due, said_n("after {n} try", "after {n} tries", tries) if tries else ""))


def _there(moment: datetime | None, alert: Row) -> str:
    """A moment by the subscriber's clock."""
    return _UNKNOWN if moment is None else in_zone(moment, alert["timezone"])


def _clock(moment: datetime | None) -> str:
    return instant(moment, _UNKNOWN)
