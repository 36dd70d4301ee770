"""PURE. The pages that wait on the read desk, and which of them is next: what may have to be told goes first."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from worker.model import PageText, UnreadEntry
from worker.pages.page import Page
from worker.reading import PageAnswer
from worker.wire import Reply

Look = Literal["unseen", "touched", "untouched"]

_ORDER: dict[tuple[Look, bool], int] = {
    ("touched", True): 0,
    ("unseen", True): 1,
    ("touched", False): 2,
    ("unseen", False): 3,
    ("untouched", True): 4,
    ("untouched", False): 5,
}
"""By what is known of a page, and whether somebody may be waiting for it (a live entry's first reading)."""


@dataclass(slots=True)
class Sheet:
    """A page on its way over the desk. `until` is the time of the event loop at which the feed's own words must do;
    `page` is the answer lying open; `parts` are what the pages of its article said so far, the first of them at
    `final_url`, and the next one all there is if it is the `whole`; `notes` tell how it all went. It came to the desk
    at `begun`, by the loop's time."""

    entry: UnreadEntry
    until: float
    via: str | None = None
    answer: PageAnswer = None
    look: Look = "unseen"
    hops: int = 0
    page: Page | None = None
    parts: list[PageText] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    final_url: str | None = None
    whole: bool = False
    notes: dict[str, Any] = field(default_factory=dict)
    begun: float = 0.0

    @property
    def urgent(self) -> bool:
        """Whether it is news: neither what stood in a feed when it was added, nor a page that is tried again."""
        return not self.entry.backlog and self.entry.earlier is None

    @property
    def size(self) -> int:
        """Bytes of the page."""
        return len(self.answer.body) if isinstance(self.answer, Reply) else 0


@dataclass(slots=True)
class Pile:
    """Sheets by their order, in each kind the first come first. `size` is the bytes of their pages."""

    size: int = 0
    _sheets: list[tuple[int, int, Sheet]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def __len__(self) -> int:
        return len(self._sheets)

    def __iter__(self) -> Iterator[Sheet]:
        return (sheet for _, _, sheet in self._sheets)

    def add(self, sheet: Sheet) -> None:
        """Puts a sheet where it belongs."""
        heapq.heappush(self._sheets, (_ORDER[sheet.look, sheet.urgent], next(self._numbers), sheet))
        self.size += sheet.size

    def take(self) -> Sheet:
        """The next sheet. Raises IndexError where there is none."""
        _, _, sheet = heapq.heappop(self._sheets)
        self.size -= sheet.size
        return sheet
