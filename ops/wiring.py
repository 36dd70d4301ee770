"""Who follows whom, in one table; and the tick that makes a lost bell cost no more than a second.

    poll ── entries ──▶ read ── matches ──▶ plan ── deliveries ──▶ send

Each desk's commit rings the next one (`Kit.settled`). The beat ticks, and the tick rings every desk whose
rows are due, so that work also moves on when a bell was lost or a row has just fallen due.
"""

from __future__ import annotations

from collections.abc import Callable

from celery import Celery

from ops.store.ticking import desks_with_work, take_tick
from ops.watching import Watch, look
from worker.app import Desk, ring
from worker.kit import Kit

FOLLOWS: dict[Desk, Desk] = {"poll": "read", "read": "plan", "plan": "send"}


def ring_next(desk: Desk) -> None:
    """A desk has settled rows: whoever works on them next may look."""
    ring(FOLLOWS[desk])


def tick(kit: Kit, watch: Watch | None = None) -> list[Desk]:
    """Rings every desk that has work, and looks round for the operator; returns which were rung. A tick that comes
    right behind another does nothing."""
    with kit.engine.begin() as connection:
        if not take_tick(connection):
            return []
        due = desks_with_work(connection)
    for desk in due:
        ring(desk)
    if watch is not None:
        look(kit, watch)
    return due


def add_tick(app: Celery, tools: Callable[[], Kit], watch: Watch | None = None) -> None:
    """Registers the tick's task."""

    @app.task(name="tick")
    def _tick() -> None:
        tick(tools(), watch)
