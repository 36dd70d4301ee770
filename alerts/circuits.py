"""What stops together: a channel, or all channels behind one credential, and when to probe whether it works again.

A circuit opens where nothing gets through until somebody mends the cause, and where a receiver has long taken
nothing: what is due behind it is held, and counts neither attempts nor patience. One delivery at a time goes as
the probe, after a minute first, at last every hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from alerts.channel import Blocked
from alerts.model import ChannelId, DeliveryId

Scope = Literal["channel", "sender"]

FIRST_PROBE = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
UNCLEAR_IN_A_ROW = 3
"""Answers that are no yes and no no: three in a row come from a log-in page in between, not from bad luck."""
NOTHING_FOR = timedelta(minutes=15)
"""A receiver that has taken nothing for so long needs a person to look."""
ANSWERS_UNCLEAR = "answers_unclear"
TAKES_NOTHING = "takes_nothing"
STRAINED = (ANSWERS_UNCLEAR, TAKES_NOTHING)
"""What opens a circuit although no receiver has said why."""
# Spreads what failed together; small enough that no wait outgrows the next one, which is twice as long.
_SPREAD = 0.25


@dataclass(frozen=True, slots=True)
class Strain:
    """How a channel has answered lately: unclear answers in a row, and since when it has taken nothing."""

    unclear: int = 0
    nothing_since: datetime | None = None

    def complaint(self, now: datetime) -> str | None:
        """Why a person should look; None while nobody must."""
        if self.unclear >= UNCLEAR_IN_A_ROW:
            return ANSWERS_UNCLEAR
        long = self.nothing_since is not None and now - self.nothing_since >= NOTHING_FOR
        return TAKES_NOTHING if long else None


@dataclass(frozen=True, slots=True)
class Side:
    """A channel and the name of what its kind shares; `probing` is the scope whose open circuit the attempt was
    the probe of, `probes` how many it had before, `strain` how the channel has answered so far."""

    channel: ChannelId
    credential: str | None = None
    probing: Scope | None = None
    probes: int = 0
    strain: Strain = Strain()

    def circuit(self, scope: Scope) -> str:
        """The name of what stops together: one channel, or all that share a credential."""
        if scope == "sender" and self.credential:
            return f"sender:{self.credential}"
        return f"channel:{self.channel}"

    @property
    def probed(self) -> str | None:
        """The circuit that this attempt was the probe of."""
        return None if self.probing is None else self.circuit(self.probing)


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing goes to this channel (or, of a credential, to any of its channels) before `until`."""

    channel: ChannelId
    until: datetime
    credential: str | None = None


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
    """What was held behind `circuit` may go; where reasons are given, only if it was opened for one of them."""

    circuit: str
    opened_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteStrain:
    """The channel answers like this from now on."""

    channel: ChannelId
    strain: Strain


Effect = Pause | OpenCircuit | CloseCircuit | NoteStrain


def backoff(first: timedelta, tries: int, jitter: float) -> timedelta:
    """The wait after the n-th try (n >= 1): from `first`, doubling to one hour; `jitter` in [0, 1] adds up to
    a quarter."""
    doublings = min(max(tries - 1, 0), 16)
    longest = min(timedelta(seconds=first.total_seconds() * (1 << doublings)), LONGEST_WAIT)
    return longest * (1 + _SPREAD * min(max(jitter, 0.0), 1.0))


def blocked(side: Side, verdict: Blocked, now: datetime, jitter: float) -> OpenCircuit:
    """The circuit to open, or to leave open where this was its probe."""
    circuit = side.circuit(verdict.scope)
    probes = side.probes + 1 if side.probed == circuit else 0
    wait = max(backoff(FIRST_PROBE, probes + 1, jitter), verdict.probe_after or FIRST_PROBE)
    return OpenCircuit(circuit, now + wait, probes, verdict.reason)


def answered(side: Side) -> tuple[Effect, ...]:
    """The receiver has given a clear answer: the strain is over."""
    return () if side.strain == Strain() else (NoteStrain(side.channel, Strain()),)


def accepted(side: Side) -> tuple[Effect, ...]:
    """The receiver has taken one: what was held may go."""
    return (CloseCircuit(side.circuit("channel")), *sender_works(side), *answered(side))


def found(side: Side) -> tuple[Effect, ...]:
    """The receiver has a message whose answer was lost, so it has taken one. It says nothing of what a person must
    mend: an archived channel can be read as well."""
    return (CloseCircuit(side.circuit("channel"), STRAINED), *answered(side))


def sender_works(side: Side) -> tuple[Effect, ...]:
    """A receiver that judges the message has let its sender in."""
    return (CloseCircuit(side.circuit("sender")),) if side.credential else ()


def past_sender(side: Side) -> Side:
    """The same attempt, no longer the probe of its sender's circuit."""
    return replace(side, probing=None, probes=0) if side.probing == "sender" else side


def unanswered(
    side: Side,
    strain: Strain,
    reason: str,
    again_at: datetime,
    now: datetime,
    jitter: float,
    scope: Scope = "channel",
) -> tuple[Effect, ...]:
    """The receiver has neither taken nor refused anything: a probe leaves its circuit open until the next one,
    and what has strained a channel for too long opens the one that is to blame for it: the channel's, or that of what
    its sender goes through."""
    complaint, blamed = strain.complaint(now), side.circuit(scope)
    opened: dict[str, OpenCircuit] = {}
    if side.probed is not None:
        opened[side.probed] = OpenCircuit(side.probed, again_at, side.probes + 1, reason)
    if complaint is not None:
        probes = side.probes + 1 if side.probed == blamed else 0
        probe_at = max(again_at, now + backoff(FIRST_PROBE, probes + 1, jitter))
        opened[blamed] = OpenCircuit(blamed, probe_at, probes, complaint)
    noted = () if strain == side.strain else (NoteStrain(side.channel, strain),)
    return (*opened.values(), *noted)


ONE_BY_ONE = 5
"""So many held articles of a channel go out as they are once it is mended; more are told in one message."""


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery that was held. `single` if it tells of an article by itself, or of what followed it, and surely
    nobody has it yet."""

    id: DeliveryId
    channel: ChannelId
    articles: int
    single: bool


def gathered(held: Iterable[Held], most: int) -> list[tuple[DeliveryId, ...]]:
    """Which of them go out together, at most `most` articles in one message, in their order: a mended channel is
    told everything, and is not flooded."""
    by_channel: defaultdict[ChannelId, list[Held]] = defaultdict(list)
    for each in held:
        if each.single:
            by_channel[each.channel].append(each)
    many = (singles for singles in by_channel.values() if len(singles) > ONE_BY_ONE)
    return [bundle for singles in many for bundle in _filled(singles, most)]


def _filled(singles: Iterable[Held], most: int) -> list[tuple[DeliveryId, ...]]:
    bundles: list[list[DeliveryId]] = []
    room = 0
    for each in singles:
        if not bundles or each.articles > room:
            bundles.append([])
            room = most
        bundles[-1].append(each.id)
        room -= each.articles
    return [tuple(bundle) for bundle in bundles if len(bundle) > 1]
