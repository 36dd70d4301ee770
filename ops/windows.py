"""PURE. Row numbers that were not there before, whichever order their transactions ended in.

Numbers are given out when a row is written and become visible when its transaction ends, so a lower one may appear
after a higher one. Whoever only asks for what is above the highest he knows would miss it. So each look goes back over
the numbers of the last minute and a half: no transaction of ours lives that long (`worker.store.engine` cuts
statements off after 60 s, and idle transactions after 30).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

OVERLAP_S = 90.0


@dataclass(slots=True)
class Window:
    """The numbers that looks have found of late, and the floor below which nobody looks any more."""

    floor: int = 0
    seen: dict[int, float] = field(default_factory=dict)

    def fresh(self, found: Iterable[int], now: float) -> list[int]:
        """Those that were never seen; `now` in seconds of any steady clock."""
        news = [number for number in found if number not in self.seen and number > self.floor]
        self.seen.update(dict.fromkeys(news, now))
        return news

    def forget(self, now: float, after_s: float, *, raise_floor: bool) -> None:
        """Lets go of what was seen long ago; the floor rises to it where numbers come in order."""
        old = [number for number, at in self.seen.items() if now - at > after_s]
        for number in old:
            del self.seen[number]
        if raise_floor and old:
            self.floor = max(self.floor, max(old))
