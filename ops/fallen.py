"""PURE. Unusually many feeds that fail at once are one trouble: our own network's, or that of whoever has them all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LATELY = timedelta(days=7)
"""Feeds that have answered since then count; what has been dead for longer says nothing about today."""
LEAST, SHARE = 10, 0.2
LASTS = timedelta(minutes=10)
"""What is over by then was a hiccup of the network, and wakes nobody."""


@dataclass(frozen=True, slots=True)
class Fallen:
    """So many feeds of those that answered lately fail, all of them since `since`; the reason and the host that most of
    them share, and how many do."""

    n: int
    of: int
    since: datetime
    reason: str
    alike: int
    host: str
    there: int

    def lasts(self, now: datetime) -> bool:
        """Whether it is more than a hiccup."""
        return now - self.since >= LASTS


def unusual(n: int, of: int) -> bool:
    """Whether so many failing feeds, of so many that answered lately, are no coincidence."""
    return n >= LEAST and n > SHARE * of
