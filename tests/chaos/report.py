"""What the long form says at its end: what was done to Pantau, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median

import pytest

from ops.store.audit import Audit

ROUNDS = pytest.StashKey["list[Round]"]()


@dataclass
class Round:
    """One siege of so many minutes. `heard_twice` is what receivers counted, `marked` what the ledger says of it."""

    number: int
    seed: int
    minutes: float
    faults: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    heard_twice: int = 0
    marked: int = 0
    audit: Audit | None = None

    def lines(self) -> list[str]:
        """For whoever wants to know whether it held."""
        done = Counter(self.faults)
        head = f"round {self.number}, --chaos-seed {self.seed}, {self.minutes:g} minutes: {len(self.faults)} faults"
        faults = [f"  {times:3} x {what}" for what, times in sorted(done.items())]
        return [head, *faults, *self._came()]

    def _came(self) -> list[str]:
        found = self.audit
        if found is None:
            return ["  it did not hold: the failure above says what"]
        told = f"{median(self.waited):.1f} s after it in the middle, {max(self.waited):.0f} s at the longest"
        return [
            f"  published {len(self.waited)} articles, and every one was told on both channels, {told}",
            f"  ledger: {found.alerts} alerts, {found.sent} sent, {found.lost} lost, {found.doubled} doubled, "
            f"{found.failed} failed, {found.waiting} waiting, {found.in_doubt} in doubt",
            f"  receivers: {self._twice()}; {self.marked} marked as possible repeats",
            "  `pantau audit` counts the same",
        ]

    def _twice(self) -> str:
        if not self.heard_twice:
            return "nothing heard twice"
        return f"{self.heard_twice} heard twice, and the ledger says of each that it may be"


def told(config: pytest.Config) -> list[str]:
    """The lines of all rounds of this run."""
    return [line for each in config.stash.get(ROUNDS, []) for line in each.lines()]
