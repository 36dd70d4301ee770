"""Times of what runs in this process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from worker.model import Article


@dataclass
class Pass:
    """One run over articles: microseconds of each, by the clock on the wall and by the processor's.

    The latter counts only while this process has the processor: what others do disturbs it least.
    """

    wall_us: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    found: int = 0

    def as_json(self) -> dict[str, float]:
        """The figures by name."""
        articles = len(self.wall_us)
        figures = {"articles": articles, "found_per_article": round(self.found / max(1, articles), 2)}
        for clock, times in (("", self.wall_us), ("cpu_", self.cpu_us)):
            figures[f"{clock}mean_us"] = round(sum(times) / max(1, articles), 1)
            figures[f"{clock}p50_us"] = round(within(0.5, times), 1)
            figures[f"{clock}p99_us"] = round(within(0.99, times), 1)
        return figures


def within(share: float, times: Iterable[float]) -> float:
    """The time within which that share of them lies; 0 where there are none."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def timed(work: Callable[[Article], int], articles: Iterable[Article], most_s: float = math.inf) -> Pass:
    """Run `work`, which says how much it found, on every article, or on as many as begin within `most_s`."""
    run = Pass()
    began = time.perf_counter()
    for article in articles:
        start, cpu_start = time.perf_counter(), time.process_time()
        run.found += work(article)
        cpu_end, end = time.process_time(), time.perf_counter()
        run.wall_us.append((end - start) * 1e6)
        run.cpu_us.append((cpu_end - cpu_start) * 1e6)
        if end - began > most_s:
            break
    return run
