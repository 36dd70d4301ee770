"""EDGE: this process's one set of tools and its one event loop.

The composition root says how tools are made (`make_tools_with`); they are made at first use, after the fork,
because neither database connections nor an event loop survive one.
"""

from __future__ import annotations

import asyncio
import contextvars
import mmap
import threading
from collections.abc import Callable, Coroutine
from typing import TypeVar

from worker.kit import Kit

T = TypeVar("T")

_make: Callable[[], Kit] | None = None
_kit: Kit | None = None
_runner: asyncio.Runner | None = None
_busy = threading.Lock()
_stopping = mmap.mmap(-1, 1)  # shared memory made before the fork: children see their parent change it


def make_tools_with(make: Callable[[], Kit]) -> None:
    """Says how this process's tools are made."""
    global _make
    _make = make


def stop_claiming() -> None:
    """Tells this process and those it has forked that they are about to end: what runs is finished, nothing begun."""
    _stopping[0] = 1


def stopping() -> bool:
    """Whether the process is about to end."""
    return bool(_stopping[0])


def tools() -> Kit:
    """The tools of this process, made at first use."""
    global _kit
    if _kit is None:
        if _make is None:
            raise RuntimeError("no composition root has said how tools are made")
        _kit = _make()
    return _kit


def run(work: Coroutine[object, object, T]) -> T | None:
    """Runs `work` on the process's event loop; None at once if the loop is busy with an earlier call, whose
    desk goes on claiming and so does this call's work too."""
    global _runner
    if not _busy.acquire(blocking=False):
        work.close()
        return None
    try:
        if _runner is None:
            _runner = asyncio.Runner()
        # what is bound to this call; by itself the runner would keep what was bound to the first
        return _runner.run(work, context=contextvars.copy_context())
    finally:
        _busy.release()


def put_away() -> None:
    """Closes loop and connections, at the process's end."""
    global _kit, _runner
    if _runner is not None:
        if _kit is not None:
            _runner.run(_kit.web.close())
        _runner.close()
        _runner = None
    if _kit is not None:
        _kit.engine.dispose()
        _kit = None
