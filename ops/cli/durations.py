"""How long many things took, in memory that does not grow with their number."""

from __future__ import annotations

import math
from collections import Counter

_STEP = math.log(1.01)


class Durations:
    """Counts durations in classes of 1 %, so that a percentile is right to that much."""

    def __init__(self) -> None:
        self.count, self.seconds = 0, 0.0
        self._classes: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.count += 1
        self.seconds += seconds
        self._classes[round(math.log(max(seconds, 1e-9)) / _STEP)] += 1

    @property
    def mean_us(self) -> float | None:
        """The mean in microseconds; None where nothing was counted."""
        return round(self.seconds / self.count * 1e6, 1) if self.count else None

    def at_us(self, share: float) -> float | None:
        """The duration in microseconds that this share of them (0 to 1) does not exceed; None where there is none."""
        rank = min(self.count - 1, int(share * self.count))
        for step in sorted(self._classes):
            rank -= self._classes[step]
            if rank < 0:
                return round(math.exp(step * _STEP) * 1e6, 1)
        return None
