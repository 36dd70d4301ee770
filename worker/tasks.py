"""EDGE: the world's tasks. Each only opens the door to its desk; what is due is in the rows.

A desk is imported by the worker that serves it: reading needs libraries that take a second to load.
"""

from __future__ import annotations

from importlib import import_module

from worker.app import app
from worker.process import run, tools


@app.task(name="poll")
def poll() -> None:
    """Polls the feeds that are due, and does what polls have left to do."""
    run(import_module("worker.desks.rounds").make_rounds(tools()))


@app.task(name="read")
def read() -> None:
    """Reads the entries that are new."""
    run(import_module("worker.desks.read").read(tools()))
