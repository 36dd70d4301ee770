"""SHELL. What is old enough goes, a piece at each tick, so that nobody waits for it and the disk does not fill."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from ops.store import notices
from ops.store import retention as store
from ops.store.retention import Horizon, Place
from worker.kit import Kit
from worker.store.engine import RowsInUse

log = structlog.get_logger("retention")

GO_ON_AFTER = timedelta(seconds=15)
AT_WORK_S = 0.5
"""So long each time: the next tick waits for it."""
REST = timedelta(hours=6)
"""Between two walks through everything."""


@dataclass(frozen=True, slots=True)
class Keep:
    """For how many seconds articles and the ledger are kept (`PANTAU_KEEP_ARTICLES`, `PANTAU_KEEP_LEDGER`)."""

    articles_s: float
    ledger_s: float

    def horizon(self, now: datetime) -> Horizon:
        """What is older goes. Nothing that was told goes before its article would."""
        articles = now - timedelta(seconds=self.articles_s)
        return Horizon(articles, min(articles, now - timedelta(seconds=self.ledger_s)))


def clear(kit: Kit, keep: Keep, at_work_s: float = AT_WORK_S) -> None:
    """Goes on with the walk for a moment, where it is time."""
    now = kit.clock()
    with kit.engine.begin() as connection:
        if not notices.turn(connection, store.PART, GO_ON_AFTER):
            return
        place = store.place_of(connection, now)
    removed: Counter[str] = Counter()
    until = time.monotonic() + at_work_s
    try:
        while place is not None and time.monotonic() < until:
            place = _piece(kit, place, keep.horizon(now), now, removed)
    except RowsInUse as error:  # somebody has just begun something with what was to go
        log.info("retention_gives_way", detail=type(error.orig).__name__)
    if removed.total():
        log.info("old_rows_removed", **+removed)


def _piece(kit: Kit, place: Place, horizon: Horizon, now: datetime, removed: Counter[str]) -> Place | None:
    with kit.engine.begin() as connection:
        gone, following = store.remove(connection, place, horizon)
        store.keep_place(connection, following, now, REST)
    removed[place.step] += gone
    return following
