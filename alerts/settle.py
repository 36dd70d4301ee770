"""What a receiver's verdict makes of a delivery, and of the channel and the credential behind it.

Sent                    -> sent; opened circuits close
Later                   -> waiting: 5 s doubling to 1 h, never before the time the receiver asked for
Unsure, can be asked    -> unknown, and looked for at the receiver (`alerts.doubt`)
Unsure, known by its id -> waiting: the receiver recognises a repeat, and drops it
Unsure, policy resend   -> waiting once, marked as a possible repeat; a second time -> unknown (no third copy)
Unsure, policy hold     -> unknown, a person's to judge
Simpler                 -> due at once, composed plainer; refused in its plainest form -> failed
Astray                  -> due at once, as a message of its own
Blocked                 -> held, no attempt counted; its circuit is probed after 1 min, doubling to 1 h,
                           or as late as the verdict says
Never                   -> failed
the next try too late   -> expired (24 h after it was due, e-mail 48 h: RFC 5321 4.5.4.1 wants days for mail
                           that is greylisted), or unknown where the receiver may have an earlier copy

An update of a message that is there already carries no alert. It is sent again after any doubt, since the same
update twice is one; one that is refused, or whose message is gone, is suppressed: there is nothing to mend.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from alerts import circuits
from alerts.channel import Astray, Blocked, Later, Never, Sent, Simpler, Unsure, Verdict
from alerts.circuits import FIRST_PROBE, Effect, Pause, Scope, Side, Strain, backoff
from alerts.model import DeliveryKind, OnDoubt
from alerts.states import State

Doubting = Literal["ask", "repeat", "policy"]
"""What settles a lost answer: the receiver is asked whether it has the message; it gets it once more, since it
recognises a repeat; or nobody can know, and the subscription's `on_doubt` decides."""

PLAINEST = 1
FIRST_WAIT = timedelta(seconds=5)
FIRST_LOOK = timedelta(seconds=10)
"""History is not immediate: an integration of others reads of "propagation lag", and a simulation with 2 s of it
doubled 2 to 5 of 400 where nobody waited."""
PATIENCE = timedelta(hours=24)
MAIL_PATIENCE = timedelta(hours=48)


class Reason(StrEnum):
    """Why a delivery is where it is."""

    ACCEPTED = "accepted"
    TRIES_AGAIN = "tries_again"
    ASKED_TO_WAIT = "asked_to_wait"
    ANSWER_LOST_LOOKS = "answer_lost_looks"
    ANSWER_LOST_REPEATS = "answer_lost_repeats"
    ANSWER_LOST_RESENDS = "answer_lost_resends"
    ANSWER_LOST_HOLDS = "answer_lost_holds"
    ANSWER_LOST_TWICE = "answer_lost_twice"
    FOUND = "found_at_receiver"
    SURELY_ABSENT = "surely_absent"
    PLAINER_FORM = "plainer_form"
    THREAD_GONE = "thread_gone"
    REFUSED_PLAINEST = "refused_plainest"
    REFUSED = "refused"
    UPDATE_REFUSED = "update_refused"
    MESSAGE_GONE = "message_gone"
    CHANNEL_BLOCKED = "channel_blocked"
    SENDER_BLOCKED = "sender_blocked"
    TOO_LATE = "too_late"
    SETTLED_BEFORE = "settled_before"


@dataclass(frozen=True, slots=True)
class Trying:
    """A delivery whose attempt has just ended. `attempts` counts the earlier ones, `side` is where it went;
    `vanished` if it was its sender that was lost, and no answer of the receiver's."""

    side: Side
    expires_at: datetime
    kind: DeliveryKind = "article"
    state: State = "sending"
    attempts: int = 0
    simpler: int = 0
    possible_repeat: bool = False
    unsure_before: bool = False
    on_doubt: OnDoubt = "resend"
    doubting: Doubting = "policy"
    vanished: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    """What to write in the ledger. `due_at` is None where nothing more happens by itself; `detail` is the
    receiver's own reason or, once sent, its id. `alone` if it hangs on no other message any more."""

    state: State
    reason: Reason
    attempts: int
    expires_at: datetime
    due_at: datetime | None = None
    detail: str = ""
    simpler: int = 0
    possible_repeat: bool = False
    unsure_before: bool = False
    effects: tuple[Effect, ...] = ()
    alone: bool = False

    @property
    def over(self) -> bool:
        """Whether no desk does anything about it any more."""
        return self.due_at is None


def patience(credential: str | None) -> timedelta:
    """How long after its due time a delivery is still worth sending; mail servers may greylist for long."""
    return MAIL_PATIENCE if credential == "smtp" else PATIENCE


def settle(trying: Trying, verdict: Verdict, now: datetime, jitter: float) -> Settlement:
    """The delivery's next state and what follows for others. `jitter` in [0, 1] comes from the edge."""
    if trying.state != "sending":
        return settlement(trying, trying.state, Reason.SETTLED_BEFORE, "")
    tried = replace(trying, attempts=trying.attempts + 1)
    judged = (*circuits.sender_works(trying.side), *circuits.answered(trying.side))
    match verdict:
        case Sent(remote_id):
            sent = settlement(tried, "sent", Reason.ACCEPTED, remote_id or "")
            return replace(sent, effects=circuits.accepted(trying.side))
        case Later():
            return _later(tried, verdict, now, jitter)
        case Unsure(detail):
            return _unsure(tried, detail, now, jitter)
        case Simpler(detail):
            return replace(_simpler(tried, detail, now), effects=judged)
        case Astray(detail):
            return replace(_astray(tried, detail, now), effects=judged)
        case Blocked():
            return _blocked(trying, verdict, now, jitter)
        case Never(detail):
            return replace(_refused(tried, Reason.REFUSED, detail), effects=judged)


def settlement(trying: Trying, state: State, reason: Reason, detail: str) -> Settlement:
    """A delivery that is over, in this state."""
    return Settlement(
        state=state,
        reason=reason,
        attempts=trying.attempts,
        expires_at=trying.expires_at,
        detail=detail,
        simpler=trying.simpler,
        possible_repeat=trying.possible_repeat,
        unsure_before=trying.unsure_before,
    )


def again(trying: Trying, reason: Reason, detail: str, due: datetime) -> Settlement:
    """Another try at `due`, unless that is too late to be news."""
    if due <= trying.expires_at:
        return replace(settlement(trying, "waiting", reason, detail), due_at=due)
    # "expired" would say that nobody heard of it, which is not known after a lost answer.
    return settlement(trying, "unknown" if trying.unsure_before else "expired", Reason.TOO_LATE, detail)


def by_policy(trying: Trying, detail: str, due: datetime) -> Settlement:
    """Nobody can know whether the receiver has it: what the subscription wants then, and never a third copy."""
    doubtful = replace(trying, unsure_before=True)
    if trying.unsure_before:
        return settlement(doubtful, "unknown", Reason.ANSWER_LOST_TWICE, detail)
    if trying.on_doubt == "hold":
        return settlement(doubtful, "unknown", Reason.ANSWER_LOST_HOLDS, detail)
    settled = again(doubtful, Reason.ANSWER_LOST_RESENDS, detail, due)
    return replace(settled, possible_repeat=trying.possible_repeat or settled.state == "waiting")


def _later(trying: Trying, verdict: Later, now: datetime, jitter: float) -> Settlement:
    asked = max(verdict.after or timedelta(0), timedelta(0))
    due = now + max(backoff(FIRST_WAIT, trying.attempts, jitter), asked)
    reason = Reason.ASKED_TO_WAIT if asked else Reason.TRIES_AGAIN
    side = trying.side
    works: tuple[Effect, ...] = ()
    if verdict.let_in:  # the probe of the sender's circuit has got through it
        side, works = circuits.past_sender(side), circuits.sender_works(side)
    strain = Strain(nothing_since=side.strain.nothing_since or now)
    scope: Scope = "sender" if verdict.whole_sender else "channel"
    effects = circuits.unanswered(side, strain, verdict.reason, due, now, jitter, scope)
    settled = again(trying, reason, verdict.reason, due)
    return replace(settled, effects=(*_pauses(side, verdict, due, now), *works, *effects))


def _pauses(side: Side, verdict: Later, due: datetime, now: datetime) -> Iterator[Pause]:
    """What else waits with this delivery. Unless it was asked for, a pause of all is short: one that has been tried
    often must not keep the others from finding out that all is well again."""
    asked = max(verdict.after or timedelta(0), timedelta(0))
    if verdict.whole_sender:
        yield Pause(side.channel, now + asked if asked else min(due, now + FIRST_PROBE), side.credential)
    elif verdict.whole_channel:
        yield Pause(side.channel, now + asked if asked else due)


def _unsure(trying: Trying, detail: str, now: datetime, jitter: float) -> Settlement:
    due = now + backoff(FIRST_WAIT, trying.attempts, jitter)
    match trying.doubting:
        case "ask":
            looked_for = settlement(trying, "unknown", Reason.ANSWER_LOST_LOOKS, detail)
            settled = replace(looked_for, due_at=now + FIRST_LOOK)
        case "repeat":
            settled = again(trying, Reason.ANSWER_LOST_REPEATS, detail, due)
        case "policy":
            settled = by_policy(trying, detail, due)
    before = trying.side.strain
    strain = before if trying.vanished else Strain(before.unclear + 1, before.nothing_since or now)
    return replace(settled, effects=circuits.unanswered(trying.side, strain, detail, due, now, jitter))


def _simpler(trying: Trying, detail: str, now: datetime) -> Settlement:
    if trying.simpler >= PLAINEST:
        return _refused(trying, Reason.REFUSED_PLAINEST, detail)
    plainer = replace(trying, simpler=trying.simpler + 1)
    return replace(settlement(plainer, "waiting", Reason.PLAINER_FORM, detail), due_at=now)


def _astray(trying: Trying, detail: str, now: datetime) -> Settlement:
    if trying.kind == "update":
        return settlement(trying, "suppressed", Reason.MESSAGE_GONE, detail)
    return replace(settlement(trying, "waiting", Reason.THREAD_GONE, detail), due_at=now, alone=True)


def _refused(trying: Trying, reason: Reason, detail: str) -> Settlement:
    if trying.kind == "update":
        return settlement(trying, "suppressed", Reason.UPDATE_REFUSED, detail)
    return settlement(trying, "failed", reason, detail)


def _blocked(trying: Trying, verdict: Blocked, now: datetime, jitter: float) -> Settlement:
    """Being held costs neither attempts nor patience: what is mended after a long weekend still goes out."""
    side = trying.side
    opened = circuits.blocked(side, verdict, now, jitter)
    sender = opened.circuit.startswith("sender:")
    reason = Reason.SENDER_BLOCKED if sender else Reason.CHANNEL_BLOCKED
    works = () if sender else circuits.sender_works(side)
    return replace(
        settlement(trying, "held", reason, verdict.reason),
        due_at=opened.probe_at,
        expires_at=max(trying.expires_at, opened.probe_at + patience(side.credential)),
        effects=(opened, *works, *circuits.answered(side)),
    )
