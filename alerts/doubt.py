"""Whether the receiver has a message whose answer was lost: it is asked, until that is sure.

Found                -> sent, with the receiver's id
Absent               -> looked for again; believed at the second time, 30 s after the attempt at the soonest, for
                        history lags behind: then sent again, which is no repeat
More                 -> the next page
Later                -> asked again; the waits grow with the age of the doubt, up to an hour
Blocked, by channel  -> it cannot be asked: the subscription's `on_doubt` decides
Blocked, by sender   -> asked again once the credential is mended
too late to be news  -> expired where it is surely absent, else unknown and a person's to judge
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts import circuits
from alerts.channel import Absent, Blocked, Doubt, Finding, Found, Later, More
from alerts.circuits import LONGEST_WAIT, backoff
from alerts.settle import (
    FIRST_LOOK,
    FIRST_WAIT,
    Reason,
    Settlement,
    Trying,
    again,
    by_policy,
    settlement,
)

SURE_AFTER = timedelta(seconds=30)
LOOKS = 2
PAGE_PAUSE = timedelta(seconds=1.2)
"""Slack answers about 50 questions about history a minute."""
MOST_PAGES = 200
"""A receiver that never comes to the end of a few minutes cannot be asked."""


@dataclass(frozen=True, slots=True)
class Look:
    """Where the search for a message stands. `began` is the start of the first doubtful attempt, `ended` the end of
    the last; `looks` have found nothing; `pages` of the present look are read up to `cursor`; `thread` is
    the receiver's name for the message that it hangs on."""

    key: str
    began: datetime
    ended: datetime
    looks: int = 0
    pages: int = 0
    cursor: str = ""
    thread: str | None = None

    @property
    def doubt(self) -> Doubt:
        """What to ask the receiver."""
        return Doubt(self.key, self.began, self.ended, self.thread, self.cursor)


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Not known yet: when to go on, where, and why. `everybody` if the receiver wants nobody to ask before."""

    due_at: datetime
    looks: int
    pages: int
    cursor: str
    reason: str
    everybody: bool = False


def resolve(
    doubtful: Trying, look: Look, finding: Finding, now: datetime, jitter: float
) -> Settlement | LookAgain:
    """What a look makes of the delivery; its attempts are counted already."""
    match finding:
        case Found(remote_id):
            settled = settlement(doubtful, "sent", Reason.FOUND, remote_id)
            return replace(settled, unsure_before=False, effects=circuits.found(doubtful.side))
        case Absent():
            return _absent(doubtful, look, now)
        case More(cursor):
            if look.pages + 1 < MOST_PAGES and cursor != look.cursor:
                return LookAgain(now + PAGE_PAUSE, look.looks, look.pages + 1, cursor, "looks_on")
            return _not_asked(doubtful, "history_without_end", now, jitter)
        case Later(reason, after):
            wait = max(_waiting(look, now, jitter), after or timedelta(0))
            return _asked_later(doubtful, look, reason, now + wait, everybody=after is not None)
        case Blocked(reason, "channel"):
            return _not_asked(doubtful, reason, now, jitter)
        case Blocked(reason, _):
            return _asked_later(doubtful, look, reason, now + _waiting(look, now, jitter))


def _absent(doubtful: Trying, look: Look, now: datetime) -> Settlement | LookAgain:
    looks = look.looks + 1
    if looks < LOOKS or now < look.ended + SURE_AFTER:
        due = max(look.ended + SURE_AFTER, now + FIRST_LOOK)
        return LookAgain(due, looks, 0, "", "not_there_yet")
    sure = replace(doubtful, unsure_before=False)
    return again(sure, Reason.SURELY_ABSENT, "", now)


def _not_asked(doubtful: Trying, reason: str, now: datetime, jitter: float) -> Settlement:
    return by_policy(doubtful, reason, now + backoff(FIRST_WAIT, doubtful.attempts, jitter))


def _asked_later(
    doubtful: Trying, look: Look, reason: str, due: datetime, *, everybody: bool = False
) -> Settlement | LookAgain:
    if due > doubtful.expires_at:
        return settlement(replace(doubtful, unsure_before=True), "unknown", Reason.TOO_LATE, reason)
    return LookAgain(due, look.looks, look.pages, look.cursor, reason, everybody)


def _waiting(look: Look, now: datetime, jitter: float) -> timedelta:
    """As long as the doubt is old: 10 s at first, an hour at last."""
    return min(max(now - look.ended, FIRST_LOOK), LONGEST_WAIT) * (1 + jitter / 4)
