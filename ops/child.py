"""What a kept process is, and what follows its death. Pure: the keeping is done in `ops.supervisor`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

from ops.tether import CANNOT_RUN


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the operating system that a child runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a child's stop: a signal, sent `after_s` seconds after the whole stop began.

    The first is sent as soon as it is the child's turn. SIGKILL goes to the child's whole process group.
    """

    signal: Signals
    after_s: float = 0.0


STOP_PLAIN = (Rung(Signals.SIGTERM), Rung(Signals.SIGKILL, 10))
"""For programs that leave on SIGTERM: beat, the web server."""

STOP_WORKER = (Rung(Signals.SIGTERM), Rung(Signals.SIGQUIT, 6), Rung(Signals.SIGKILL, 13))
"""Celery: SIGTERM lets running tasks end, SIGQUIT puts them back into the queue
(https://docs.celeryq.dev/en/stable/userguide/workers.html#stopping-the-worker)."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process to be kept: what it is, how it shows that it is ready, how it is stopped.

    `env` is the whole environment (None: ours). `ready` is asked in a thread until it says True; it must
    answer within seconds, and an exception means no. Without it a child is ready once it runs. A child that
    is to run `once` is ready when it ends with status 0, is never restarted, and ends everything with its
    status when that is another. A child not ready within `patience_s` seconds is killed and counts as dead.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = field(default=None, repr=False)
    ready: Callable[[], bool] | None = None
    stop: tuple[Rung, ...] = STOP_PLAIN
    account: Account | None = None
    once: bool = False
    patience_s: float = 60.0
    cwd: Path | None = None


@dataclass(frozen=True, slots=True)
class Restart:
    """The child gets another life after `delay_s` seconds."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """The end that was asked for, by a signal."""

    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class GaveUp:
    """A child died too often to go on."""

    name: str
    deaths: int
    exit_code: int = 1

    def __str__(self) -> str:
        return f"{self.name} died {self.deaths} times within {BUSY_S:.0f} s; giving up"


@dataclass(frozen=True, slots=True)
class Failed:
    """A child ended in a way that no restart mends; its exit status becomes ours."""

    name: str
    exit_code: int

    def __str__(self) -> str:
        return f"{self.name} ended with exit status {self.exit_code}; a restart would not mend that"


Ending = Stopped | GaveUp | Failed

MAX_DEATHS, BUSY_S = 5, 60.0
"""A child that dies this often within so many seconds is not going to live."""

MEMORY_S = 600.0
"""Deaths further back than this no longer lengthen the pause before a restart."""

LONGEST_PAUSE_S = 30.0
HOPELESS = frozenset({2, 65, 78, CANNOT_RUN})
"""Wrong usage, bad input, bad configuration, no such program: the next life would end the same way."""


def judge(child: Child, status: int, deaths: Sequence[float], now: float) -> Restart | GaveUp | Failed:
    """What follows a death with `status` (negative: the signal); `deaths` are the times of all so far, this
    one included, on the clock of `now`."""
    if status in HOPELESS or child.once:
        return Failed(child.name, status if status > 0 else 1)
    if (lately := sum(now - death < BUSY_S for death in deaths)) >= MAX_DEATHS:
        return GaveUp(child.name, lately)
    remembered = sum(now - death < MEMORY_S for death in deaths)
    return Restart(min(LONGEST_PAUSE_S, 2.0 ** (remembered - 1)))


def describe(status: int) -> str:
    """An exit status in words: `exit status 3`, `SIGKILL`."""
    return f"exit status {status}" if status >= 0 else Signals(-status).name
