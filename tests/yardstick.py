"""Limits in seconds of the processor that mean the same on every machine, and on one that is busy with other things.

A second of the processor is no fixed amount of work: two test workers that share a core's caches and its clock get
half as much out of one, and a document that costs 0.6 s on one machine costs 1.6 s on the next. So a limit is held
against a known piece of work, done right beside what is measured.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

USUAL_S = 0.1
"""What the known work takes where the limits of these tests were set."""

_TRIES = 5
_WORDS = re.compile(r"\w+")


def spent_on(work: Callable[[], object]) -> float:
    """The seconds of the processor that this process needs for a piece of work."""
    began = time.process_time()
    work()
    return time.process_time() - began


def slowness() -> float:
    """How many times more of the processor's seconds the same work takes here and now; 1 where it takes no more."""
    return max(1.0, spent_on(_known_work) / USUAL_S)


def costs_less(limit_s: float, seconds: Callable[[], float]) -> bool:
    """Whether something costs less than so many of the usual seconds; asked again where it seems not to, since what
    runs beside can make work look dear and cannot make it look cheap. The pace is that of the slower of before and
    after, since what is measured lies between."""
    before = 1.0
    for _ in range(_TRIES):
        spent = seconds()
        if spent < limit_s or spent < limit_s * max(before, before := slowness()):
            return True
    return False


def _known_work() -> None:
    rows = [
        {"n": n, "words": [f"word{n % 97}", "other"], "text": "some text of a paragraph " * 3}
        for n in range(10_000)
    ]
    for row in json.loads(json.dumps(rows)):
        counts: dict[str, int] = {}
        for word in _WORDS.findall(row["text"]):
            counts[word] = counts.get(word, 0) + 1
        "|".join(sorted(counts))
