"""PURE. A mailbox that is full, or that a policy guards, may come round: it is left alone when it refuses for days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from alerts.channel import Blocked, Later, Never, Sent, Verdict

DAYS = 3
PAUSE = timedelta(days=1)
_SOFT = frozenset({"mailbox_full", "refused_by_policy"})


@dataclass(frozen=True, slots=True)
class Bounces:
    """On how many days a mailbox refused since it last accepted something, and the last of them."""

    days: int = 0
    last: date | None = None


def weigh(bounces: Bounces, verdict: Verdict, today: date) -> tuple[Bounces, Verdict]:
    """The count after this verdict, and the verdict in its light: from the third day on the channel is suspended,
    and tried once a day."""
    match verdict:
        case Sent():
            return Bounces(), verdict
        case Later(reason) | Never(reason) if reason in _SOFT:
            days = bounces.days if bounces.last == today else min(bounces.days + 1, DAYS)
            suspended = Blocked("keeps_bouncing", "channel", PAUSE)
            return Bounces(days, today), suspended if days >= DAYS else verdict
        case _:
            return bounces, verdict
