"""Who follows whom, in one table.

    poll ── entries ──▶ read ── matches ──▶ plan ── deliveries ──▶ send

Each desk's commit rings the next one (`Kit.settled`). The beat ticks, and the tick rings every desk whose
rows are due (`ops/tick.py`), so that work also moves on when a bell was lost or a row has just fallen due.
"""

from __future__ import annotations

from worker.app import Desk, ring

FOLLOWS: dict[Desk, Desk] = {"poll": "read", "read": "plan", "plan": "send"}


def ring_next(desk: Desk) -> None:
    """A desk has settled rows: whoever works on them next may look."""
    ring(FOLLOWS[desk])
