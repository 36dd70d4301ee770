"""EDGE: the tasks about people. A desk is imported by the worker that serves it: planning loads numpy."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from worker.app import app
from worker.process import run, tools

if TYPE_CHECKING:
    from alerts.desks.send import Outbox

_make_outbox: Callable[[], Outbox] | None = None
_outbox: Outbox | None = None


def make_outbox_with(make: Callable[[], Outbox]) -> None:
    """Says how this process's outbox is made (by the composition root)."""
    global _make_outbox
    _make_outbox = make


def outbox() -> Outbox:
    """The outbox of this process, made at first use."""
    global _outbox
    if _outbox is None:
        if _make_outbox is None:
            raise RuntimeError("no composition root has said how the outbox is made")
        _outbox = _make_outbox()
    return _outbox


@app.task(name="plan")
def plan() -> None:
    """Plans the matches that are new."""
    import_module("alerts.desks.plan").plan(tools())


@app.task(name="send")
def send() -> None:
    """Sends the deliveries that are due."""
    run(import_module("alerts.desks.send").send(outbox()))
