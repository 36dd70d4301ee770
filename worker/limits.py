"""DOOR to the clock: an upper limit on work that hostile input could make endless.

An alarm signal interrupts Python code between two instructions; a single call that stays inside a C library is
ended by Celery's hard limit on the whole process instead.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooSlow(BaseException):
    """The work did not end within its limit.

    No `Exception`: libraries that read broken documents catch all of those and would go on.
    """


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises TooSlow in the block after so many seconds. Outside the main thread it sets no limit."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _ring(_number: int, _frame: FrameType | None) -> None:
    raise TooSlow
