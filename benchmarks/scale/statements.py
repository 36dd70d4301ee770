"""PURE. What PostgreSQL logged of the time that statements took, added up by statement."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_TOOK = re.compile(r"LOG: +duration: ([\d.]+) ms +(?:parse|bind|execute|statement)[^:]*: ?(.*)", re.DOTALL)
_LEVEL = re.compile(r"[A-Z]+\d?: ")


@dataclass(frozen=True, slots=True)
class Cost:
    """One statement: milliseconds of all times that it was asked, as far as a sample tells; the longest that was seen;
    and how often it was asked. Reading and planning it count."""

    statement: str
    total_ms: float
    most_ms: float
    asked: float

    @property
    def mean_ms(self) -> float:
        """Of one time."""
        return self.total_ms / self.asked if self.asked else self.total_ms

    @property
    def only_waits(self) -> bool:
        """Whether all that it does is to wait, for the disk or for somebody's turn: it has no plan."""
        return self.statement.upper() in ("BEGIN", "COMMIT", "ROLLBACK") or "pg_advisory_" in self.statement

    @property
    def in_short(self) -> str:
        """Its first words, on one line."""
        told = " ".join(self.statement.split())
        return told if len(told) <= 90 else f"{told[:89]}…"


def logged(lines: Iterable[str]) -> Iterator[str]:
    """Whole messages of the server: a message's further lines begin with a tab."""
    message: list[str] = []
    for line in lines:
        if _LEVEL.match(line) and message:
            yield "\n".join(message)
            message = []
        if message or _LEVEL.match(line):
            message.append(line.removeprefix("\t"))
    if message:
        yield "\n".join(message)


def costs(messages: Iterable[str], rate: float, always_ms: float) -> list[Cost]:
    """The statements, the dearest first. Of those that took less than `always_ms` only the share `rate` was logged, of
    the others each."""
    found: dict[str, list[float]] = {}
    for message in messages:
        if (took := _TOOK.match(message)) is None:
            continue
        ms, statement = float(took[1]), took[2].strip()
        weight = 1.0 if ms >= always_ms else 1 / rate
        total = found.setdefault(statement, [0.0, 0.0, 0.0])
        total[0] += ms * weight
        total[1] = max(total[1], ms)
        total[2] += weight * (" execute " in message[:80] or " statement:" in message[:80])
    made = [Cost(statement, total, most, asked) for statement, (total, most, asked) in found.items()]
    return sorted(made, key=lambda cost: -cost.total_ms)
