"""What a receiver's verdict makes of a delivery, and of the channel and the credential behind it.

Sent                    -> sent; opened circuits close
Later                   -> waiting: 5 s doubling to 1 h, never before the time the receiver asked for
Unsure, policy resend   -> waiting once, marked as a possible repeat; a second time -> unknown (no third copy)
Unsure, policy hold     -> unknown
Simpler                 -> due at once, composed plainer; refused in its plainest form -> failed
Astray                  -> due at once, as a message of its own
Blocked                 -> held, no attempt counted; its circuit is probed after 1 min, doubling to 1 h,
                           or as late as the verdict says
Never                   -> failed
the next try too late   -> expired (24 h after it was due, e-mail 48 h: RFC 5321 4.5.4.1 wants days for mail
                           that is greylisted), or unknown where the receiver may have an earlier copy
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from alerts.channel import Astray, Blocked, Later, Never, Sent, Simpler, Unsure, Verdict
from alerts.model import ChannelId, OnDoubt

State = Literal[
    "collecting", "ready", "sending", "waiting", "unknown", "held", "sent", "failed", "expired", "suppressed"
]
Scope = Literal["channel", "sender"]

TERMINAL: frozenset[State] = frozenset({"sent", "failed", "expired", "suppressed", "unknown"})
PLAINEST = 1
FIRST_WAIT = timedelta(seconds=5)
FIRST_PROBE = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
PATIENCE = timedelta(hours=24)
MAIL_PATIENCE = timedelta(hours=48)
# Spreads what failed together; small enough that no wait outgrows the next one, which is twice as long.
_SPREAD = 0.25


class Reason(StrEnum):
    """Why a delivery is where it is."""

    ACCEPTED = "accepted"
    TRIES_AGAIN = "tries_again"
    ASKED_TO_WAIT = "asked_to_wait"
    ANSWER_LOST_RESENDS = "answer_lost_resends"
    ANSWER_LOST_HOLDS = "answer_lost_holds"
    ANSWER_LOST_TWICE = "answer_lost_twice"
    PLAINER_FORM = "plainer_form"
    THREAD_GONE = "thread_gone"
    REFUSED_PLAINEST = "refused_plainest"
    REFUSED = "refused"
    CHANNEL_BLOCKED = "channel_blocked"
    SENDER_BLOCKED = "sender_blocked"
    TOO_LATE = "too_late"
    SETTLED_BEFORE = "settled_before"


@dataclass(frozen=True, slots=True)
class Trying:
    """A delivery whose attempt has just ended. `attempts` counts the earlier ones; `credential` names what
    its kind shares; `probing` is the side whose open circuit this was the probe of, `probes` how many it had
    before."""

    channel: ChannelId
    created_at: datetime
    expires_at: datetime
    state: State = "sending"
    attempts: int = 0
    simpler: int = 0
    possible_repeat: bool = False
    unsure_before: bool = False
    on_doubt: OnDoubt = "resend"
    credential: str | None = None
    probing: Scope | None = None
    probes: int = 0


@dataclass(frozen=True, slots=True)
class PauseChannel:
    """Nothing goes to this channel before `until`: its receiver asked for it."""

    channel: ChannelId
    until: datetime


@dataclass(frozen=True, slots=True)
class OpenCircuit:
    """Hold everything behind `circuit` ("channel:12", "sender:smtp"), but let one through at `probe_at`;
    `probes` have been made since it opened."""

    circuit: str
    probe_at: datetime
    probes: int
    reason: str


@dataclass(frozen=True, slots=True)
class CloseCircuit:
    """What was held behind `circuit` may go."""

    circuit: str


Effect = PauseChannel | OpenCircuit | CloseCircuit


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


def patience(credential: str | None) -> timedelta:
    """How long after its due time a delivery is still worth sending; mail servers may greylist for long."""
    return MAIL_PATIENCE if credential == "smtp" else PATIENCE


def backoff(first: timedelta, tries: int, jitter: float) -> timedelta:
    """The wait after the n-th try (n >= 1): from `first`, doubling to one hour; `jitter` in [0, 1] adds up to
    a quarter."""
    doublings = min(max(tries - 1, 0), 16)
    longest = min(timedelta(seconds=first.total_seconds() * (1 << doublings)), LONGEST_WAIT)
    return longest * (1 + _SPREAD * min(max(jitter, 0.0), 1.0))


def settle(trying: Trying, verdict: Verdict, now: datetime, jitter: float) -> Settlement:
    """The delivery's next state and what follows for others. `jitter` in [0, 1] comes from the edge."""
    if trying.state in TERMINAL:
        return _settlement(trying, trying.state, Reason.SETTLED_BEFORE, "")
    tried = replace(trying, attempts=trying.attempts + 1)
    match verdict:
        case Sent(remote_id):
            return _sent(tried, remote_id or "")
        case Later():
            return _later(tried, verdict, now, jitter)
        case Unsure(detail):
            return _unsure(tried, detail, now, jitter)
        case Simpler(detail):
            return _simpler(tried, detail, now)
        case Astray(detail):
            alone = replace(_settlement(tried, "ready", Reason.THREAD_GONE, detail), due_at=now, alone=True)
            return replace(alone, effects=_sender_works(tried))
        case Blocked():
            return _blocked(trying, verdict, now, jitter)
        case Never(detail):
            return replace(_settlement(tried, "failed", Reason.REFUSED, detail), effects=_sender_works(tried))


def _settlement(trying: Trying, state: State, reason: Reason, detail: str) -> Settlement:
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


def circuit_of(scope: Scope, trying: Trying) -> str:
    """The name of what stops together: one channel, or all that share a credential."""
    if scope == "sender" and trying.credential:
        return f"sender:{trying.credential}"
    return f"channel:{trying.channel}"


def _sent(trying: Trying, remote_id: str) -> Settlement:
    effects = (CloseCircuit(circuit_of("channel", trying)), *_sender_works(trying))
    return replace(_settlement(trying, "sent", Reason.ACCEPTED, remote_id), effects=effects)


def _sender_works(trying: Trying) -> tuple[Effect, ...]:
    """A receiver that judges the message has let its sender in."""
    return (CloseCircuit(circuit_of("sender", trying)),) if trying.credential else ()


def _later(trying: Trying, verdict: Later, now: datetime, jitter: float) -> Settlement:
    asked = max(verdict.after or timedelta(0), timedelta(0))
    due = now + max(backoff(FIRST_WAIT, trying.attempts, jitter), asked)
    reason = Reason.ASKED_TO_WAIT if asked else Reason.TRIES_AGAIN
    effects = _probe_again(trying, due, verdict.reason)
    if verdict.whole_channel:
        effects = (PauseChannel(trying.channel, now + asked if asked else due), *effects)
    return replace(_wait(trying, reason, verdict.reason, due), effects=effects)


def _wait(trying: Trying, reason: Reason, detail: str, due: datetime) -> Settlement:
    """Another try at `due`, unless that is too late to be news."""
    if due <= trying.expires_at:
        return replace(_settlement(trying, "waiting", reason, detail), due_at=due)
    # "expired" would say that nobody heard of it, which is not known after a lost answer.
    return _settlement(trying, "unknown" if trying.unsure_before else "expired", Reason.TOO_LATE, detail)


def _unsure(trying: Trying, detail: str, now: datetime, jitter: float) -> Settlement:
    due = now + backoff(FIRST_WAIT, trying.attempts, jitter)
    doubtful = replace(trying, unsure_before=True)
    if trying.unsure_before:
        settled = _settlement(doubtful, "unknown", Reason.ANSWER_LOST_TWICE, detail)
    elif trying.on_doubt == "hold":
        settled = _settlement(doubtful, "unknown", Reason.ANSWER_LOST_HOLDS, detail)
    else:
        settled = _wait(doubtful, Reason.ANSWER_LOST_RESENDS, detail, due)
    repeat = trying.possible_repeat or settled.state == "waiting"
    return replace(settled, possible_repeat=repeat, effects=_probe_again(trying, due, detail))


def _simpler(trying: Trying, detail: str, now: datetime) -> Settlement:
    if trying.simpler >= PLAINEST:
        settled = _settlement(trying, "failed", Reason.REFUSED_PLAINEST, detail)
    else:
        plainer = replace(trying, simpler=trying.simpler + 1)
        settled = replace(_settlement(plainer, "ready", Reason.PLAINER_FORM, detail), due_at=now)
    return replace(settled, effects=_sender_works(trying))


def _blocked(trying: Trying, verdict: Blocked, now: datetime, jitter: float) -> Settlement:
    """Being held costs neither attempts nor patience: what is mended after a long weekend still goes out."""
    circuit = circuit_of(verdict.scope, trying)
    probed = trying.probing is not None and circuit_of(trying.probing, trying) == circuit
    probes = trying.probes + 1 if probed else 0
    probe_at = now + max(backoff(FIRST_PROBE, probes + 1, jitter), verdict.probe_after or FIRST_PROBE)
    sender = circuit.startswith("sender:")
    reason = Reason.SENDER_BLOCKED if sender else Reason.CHANNEL_BLOCKED
    opened = OpenCircuit(circuit, probe_at, probes, verdict.reason)
    return replace(
        _settlement(trying, "held", reason, verdict.reason),
        due_at=probe_at,
        expires_at=max(trying.expires_at, probe_at + patience(trying.credential)),
        effects=(opened, *(() if sender else _sender_works(trying))),
    )


def _probe_again(trying: Trying, due: datetime, detail: str) -> tuple[Effect, ...]:
    """A probe that found out nothing leaves the circuit open until the next one."""
    if trying.probing is None:
        return ()
    return (OpenCircuit(circuit_of(trying.probing, trying), due, trying.probes + 1, detail),)
