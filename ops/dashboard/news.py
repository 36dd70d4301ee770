"""PURE. What is news, in the tiny words that pages need."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from ops.store.stream import Look
from ops.windows import OVERLAP_S, Window

Kind = Literal["articles", "alerts", "deliveries", "feeds", "topics", "verdict"]
KINDS: tuple[Kind, ...] = get_args(Kind)

SLACK_S = 5.0
"""So much earlier than it says it may have been that somebody saw the world: commits come late, clocks differ."""

_FORGET_S = OVERLAP_S + 30.0  # later than they leave the question, so that nothing is news twice


@dataclass(slots=True)
class Memory:
    """What one web process has seen of the world since somebody began to listen."""

    windows: dict[str, Window] = field(
        default_factory=lambda: {name: Window() for name in ("articles", "alerts", "deliveries", "attempts")}
    )
    ended: Window = field(default_factory=Window)
    marks: dict[str, str] = field(default_factory=dict)
    began: bool = False

    def floors(self) -> dict[str, int]:
        """Where the next look begins, table by table."""
        return {name: window.floor for name, window in self.windows.items()}

    def take(self, look: Look, now: float) -> dict[Kind, int]:
        """What is news in this look, with how many of it; the first one only says where everything stands."""
        found = {
            "articles": look.articles,
            "alerts": look.alerts,
            "deliveries": look.deliveries,
            "attempts": look.attempts,
        }
        fresh = {name: len(self.windows[name].fresh(numbers, now)) for name, numbers in found.items()}
        fresh["deliveries"] += fresh.pop("attempts") + len(self.ended.fresh(look.ended, now))
        fresh["deliveries"] += self._differs("circuits", look.circuits)
        for window in self.windows.values():
            window.forget(now, OVERLAP_S, raise_floor=True)
        self.ended.forget(now, _FORGET_S, raise_floor=False)
        if not self.began:
            self.began = True
            return {}
        return {kind: fresh[kind] for kind in KINDS if fresh.get(kind)}

    def differing(self, marks: Mapping[Kind, str]) -> dict[Kind, int]:
        """Which of these are not as they were; a mark that is seen for the first time is no news."""
        return {kind: 1 for kind, mark in marks.items() if self._differs(kind, mark)}

    def _differs(self, name: str, mark: str) -> bool:
        before = self.marks.get(name)
        self.marks[name] = mark
        return before is not None and before != mark


def since(newest: Mapping[str, datetime | None], at: datetime) -> list[Kind]:
    """The kinds of which there may have been news after this moment."""
    return [kind for kind in KINDS if (last := newest.get(kind)) is not None and last > at]


def frame(kind: Kind, n: int, at: datetime) -> bytes:
    """One event as it goes over the wire; its id is the time, so that whatever process is asked next knows what it
    has to make up for (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    told = json.dumps({"kind": kind, "n": n}, separators=(",", ":"))
    return f"id: {int(at.timestamp() * 1000)}\ndata: {told}\n\n".encode()
