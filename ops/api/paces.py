"""PURE. How much one caller may ask: so many requests at once, and so many a second for ever."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether a request may be answered, how many fit in at most, how many more may follow at once, and in how many
    seconds it will be as if none had been asked; `again_s` is when one that was refused may come again."""

    allowed: bool
    most: int
    remaining: int
    reset_s: int
    again_s: int = 0


@dataclass(slots=True)
class Pace:
    """A bucket for each caller: `most` requests fit in, `per_second` leave it. `now` is of any steady clock."""

    most: int = 120
    per_second: float = 10.0
    buckets: dict[str, tuple[float, float]] = field(default_factory=dict)  # what was in it, and when

    def take(self, caller: str, now: float) -> Taken:
        """Notes a request of this caller, unless it is one too many."""
        was, at = self.buckets.pop(caller, (0.0, now))
        level = max(0.0, was - (now - at) * self.per_second)
        allowed = level + 1 <= self.most
        level += allowed
        self.buckets[caller] = level, now
        while len(self.buckets) > _REMEMBERED:
            del self.buckets[next(iter(self.buckets))]
        again = 0 if allowed else max(1, math.ceil((level + 1 - self.most) / self.per_second))
        reset = math.ceil(level / self.per_second)
        return Taken(allowed, self.most, math.floor(self.most - level), reset, again)
