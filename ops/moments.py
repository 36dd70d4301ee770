"""PURE. Moments in words, as every command says them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerts.digest import zone
from alerts.times import UNTIL_RESUMED
from worker.errors import BadInput


class Instant(str):
    """A moment in a sentence: in UTC, to the second; a page can show it by its reader's clock."""

    __slots__ = ("at",)

    at: datetime

    def __new__(cls, at: datetime) -> Instant:
        """Writes it down."""
        written = super().__new__(cls, f"{at:%Y-%m-%d %H:%M:%S}")
        written.at = at
        return written

    def __reduce__(self) -> tuple[object, ...]:
        return Instant, (self.at,)


def instant(moment: datetime | None, unknown: str = "unknown") -> str:
    """A moment in UTC, to the second; `unknown` where there is none."""
    return Instant(moment) if moment else unknown


def in_zone(moment: datetime, timezone: str) -> str:
    """A moment by a reader's clock: "2026-11-26 06:00 Asia/Jakarta"; in UTC where nobody knows such a zone."""
    try:
        local = moment.astimezone(zone(timezone))
    except BadInput:
        return f"{moment:%Y-%m-%d %H:%M} UTC"
    return f"{local:%Y-%m-%d %H:%M} {timezone}"


def due_at(delivery: Mapping[str, Any]) -> datetime | None:
    """When it is due; None for what a pause keeps: nobody knows when that ends."""
    due: datetime = delivery["due_at"]
    return None if due == UNTIL_RESUMED else due
