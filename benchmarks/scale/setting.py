"""PURE. What is run: so many feeds, each due every so many seconds, beside so much that is stored and watched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

_SIZE = re.compile(r"(\d{1,7})@(\d{1,5})")


@dataclass(frozen=True, slots=True)
class Size:
    """So many feeds, each due every `every_s` seconds."""

    feeds: int
    every_s: int

    @property
    def polls_per_s(self) -> float:
        """How many have to be asked each second."""
        return self.feeds / self.every_s

    def __str__(self) -> str:
        return f"{self.feeds:,} every {_spoken(self.every_s)}"


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything that is chosen."""

    sizes: tuple[Size, ...]
    window_s: float = 300.0
    settle_s: float = 45.0
    idle_s: float = 20.0
    articles: int = 1_000_000
    topics: int = 100_000
    subscriptions: int = 1_000
    channels: int = 200
    news: float = 0.01
    feeds_per_host: int = 20
    pages: bool = True
    more_polling: int = 0
    more_reading: int = 0
    seed: int = 7


def sizes(told: str) -> tuple[Size, ...]:
    """Those of "10000@300,180000@3600". Raises ValueError with a sentence."""
    found = []
    for each in told.split(","):
        match = _SIZE.fullmatch(each.strip())
        if match is None or "0" in (match[1].lstrip("0") or "0", match[2].lstrip("0") or "0"):
            raise ValueError(f'"{each.strip()}" is no size; expected feeds@seconds, such as "10000@300"')
        found.append(Size(int(match[1]), int(match[2])))
    if any(later.feeds < before.feeds for before, later in pairwise(found)):
        raise ValueError("the sizes must grow: each adds its feeds to those of the one before")
    return tuple(found)


def _spoken(seconds: int) -> str:
    if seconds % 3600 == 0:
        return f"{seconds // 3600} h"
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"
