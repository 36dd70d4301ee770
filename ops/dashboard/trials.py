"""Work that takes longer than a page may: done beside the pages, asked for again until it is done, and given up when
nobody asks any more.

A trial is known by what it works out, not by who began it: whoever asks the same joins in, and a second process of
the pages just works it out anew.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog

log = structlog.get_logger("web")

Item = TypeVar("Item")
Work = Callable[["Trial"], Any]

AT_ONCE = 2
"""Each keeps a core and a connection to the database busy."""
WAITING = 6
"""Further ones that may wait for their turn."""
KEPT = 12
"""Answers that are kept for whoever asks again."""
SWITCH_S = 0.001
"""How long a trial keeps Python to itself while pages want it, each time that one of them has waited for its data."""
FORGOTTEN_AFTER_S = 20.0
"""A page that still waits asks every second or so."""
STALE_AFTER_S = 60.0
"""An answer this old is worked out anew: more has been read since."""


class Stopped(Exception):
    """Nobody asks for it any more."""


@dataclass(slots=True, eq=False)
class Trial:
    """One piece of work: how far it is, what it has found `so_far`, and what came of it. `lasting` goes on although
    nobody asks."""

    steady: Callable[[], float]
    lasting: bool = False
    done: int = 0
    total: int = 0
    so_far: Any = None
    asked_at: float = 0.0
    ended_at: float | None = None
    future: Future[Any] = field(default_factory=Future)

    def counted(self, items: Iterable[Item], total: int) -> Iterator[Item]:
        """The items one by one, with a look at whether anybody still waits. Raises Stopped where nobody does."""
        self.total = total
        for item in items:
            if not self.lasting and self.steady() - self.asked_at > FORGOTTEN_AFTER_S:
                raise Stopped
            yield item
            self.done += 1

    @property
    def ended(self) -> bool:
        """Whether there is an answer, or will be none."""
        return self.future.done()

    @property
    def failed(self) -> BaseException | None:
        """What went wrong, once it has ended."""
        return self.future.exception() if self.future.done() and not self.future.cancelled() else None

    async def within(self, seconds: float) -> Any | None:
        """The answer, where it comes in time; None where it does not, or where the work failed."""
        await asyncio.wait({asyncio.ensure_future(asyncio.shield(_quietly(self.future)))}, timeout=seconds)
        return (
            self.future.result()
            if self.ended and self.failed is None and not self.future.cancelled()
            else None
        )


async def _quietly(future: Future[Any]) -> None:
    """Waits for its end, whatever that is."""
    try:
        await asyncio.wrap_future(future)
    except Exception:  # noqa: BLE001, S110  whoever asks finds it in `failed`
        pass


class Trials:
    """The pieces of work of one process, each by what it works out. Used by one event loop."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._known: dict[Hashable, Trial] = {}
        self._threads: ThreadPoolExecutor | None = None

    def ask(self, key: Hashable, work: Work, *, lasting: bool = False, anew: bool = False) -> Trial | None:
        """The trial of this key, begun if need be, or `anew` where the last one has ended; None where too many are
        under way."""
        now = self._steady()
        self._tidy(now)
        trial = self._known.get(key)
        if trial is None or (anew and trial.ended) or isinstance(trial.failed, Stopped):
            if sum(not each.ended for each in self._known.values()) >= AT_ONCE + WAITING:
                return None
            trial = self._known[key] = Trial(self._steady, lasting=lasting, asked_at=now)
            trial.future = self._pool().submit(self._run, trial, work)
        trial.asked_at = now
        return trial

    def known(self, key: Hashable) -> Trial | None:
        """The trial of this key, if there is one; somebody still waits for it."""
        trial = self._known.get(key)
        if trial is not None:
            trial.asked_at = self._steady()
        return trial

    def _run(self, trial: Trial, work: Work) -> Any:
        try:
            return work(trial)
        except Stopped:
            raise
        except Exception:
            log.exception("trial_failed")
            raise
        finally:
            trial.ended_at = self._steady()

    def _tidy(self, now: float) -> None:
        """Forgets what failed and what is old, and the oldest answers where there are many."""
        for key, trial in list(self._known.items()):
            old = trial.ended_at is not None and now - trial.ended_at > STALE_AFTER_S
            if trial.ended and (old or (trial.failed is not None and now - trial.asked_at > 1)):
                del self._known[key]
        ended = [key for key, trial in self._known.items() if trial.ended]
        for key in ended[: max(len(ended) - KEPT, 0)]:
            del self._known[key]

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            sys.setswitchinterval(SWITCH_S)
            self._threads = ThreadPoolExecutor(AT_ONCE, "trial")
        return self._threads

    def close(self) -> None:
        """Gives up what is under way."""
        for trial in self._known.values():
            trial.lasting, trial.asked_at = False, float("-inf")
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
