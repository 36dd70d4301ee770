"""DOOR. The newsroom's process, as whoever measures sees it: where things are, and what it is told to do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from benchmarks.journey import paper
from benchmarks.reading.hosts import address
from benchmarks.reading.processes import allow_sockets

_SOCKETS = 16_384


@dataclass(frozen=True)
class Places:
    """Where a peer finds its feeds and its receivers, all on loopback."""

    feeds: tuple[str, ...]
    hook: str
    mail_port: int


@dataclass(frozen=True)
class Report:
    """Everything that was published, served, told, by token and second; `answers` of the newsroom by kind."""

    published: Mapping[str, float]
    served: Mapping[str, float]
    told: tuple[tuple[str, float], ...]
    answers: Mapping[str, int]
    refused: int

    def lost(self, tokens: Iterable[str]) -> list[str]:
        """Those of the tokens that nobody was told."""
        return sorted(set(tokens) - {token for token, _ in self.told})

    def doubled(self, tokens: Iterable[str]) -> int:
        """How many tellings of these tokens were one too many."""
        times = Counter(token for token, _ in self.told)
        return sum(max(times[token] - 1, 0) for token in set(tokens))

    def waits(self, tokens: Iterable[str], since: Mapping[str, float]) -> list[float]:
        """Seconds from a moment of each token (`published` or `served`) to its first telling, for those told."""
        first: dict[str, float] = {}
        for token, at in self.told:
            first[token] = min(at, first.get(token, at))
        return [first[token] - since[token] for token in tokens if token in first and token in since]


class Outside:
    """Commands to the newsroom, and what it answers."""

    def __init__(self, process: subprocess.Popen[str], feeds: int) -> None:
        self._process = process
        where = self._answer()
        self.places = Places(
            feeds=tuple(f"http://{address(feed)}:{where['feeds']}/feed/{feed}" for feed in range(feeds)),
            hook=f"http://{address(0)}:{where['hook']}/hook",
            mail_port=where["mail"],
        )

    def publish(self, news: Mapping[int, int]) -> list[str]:
        """So many new entries in each of these feeds; their tokens."""
        return cast(list[str], self._ask("publish", news=news))

    def receivers(self, refuse_every: int = 0, poison: str = "-") -> None:
        """How the receivers behave from now on."""
        self._ask("receivers", refuse_every=refuse_every, poison=poison)

    def mark(self) -> None:
        """Feeds count as not asked from now on."""
        self._ask("mark")

    def state(self) -> dict[str, int]:
        """Since the last mark: `asked` so often, `feeds_asked` so many; of the last news: `told` so many. Of all
        time: so many `messages`, taken or not."""
        return cast(dict[str, int], self._ask("state"))

    def report(self) -> Report:
        """Everything so far."""
        told = self._ask("report")
        return Report(**told | {"told": tuple((token, at) for token, at in told["told"])})

    def _ask(self, do: str, **more: object) -> Any:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())


@contextmanager
def outside(feeds: int, slow_s: float = paper.SLOW_S) -> Iterator[Outside]:
    """A newsroom of so many feeds, while the block lasts; slow ones wait so many seconds."""
    allow_sockets(_SOCKETS)
    command = [sys.executable, "-m", "benchmarks.journey.newsroom", str(feeds), str(slow_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            yield Outside(process, feeds)
        finally:
            process.terminate()


def ill_formed(feeds: int) -> set[str]:
    """The entries that stand in the ill-formed feeds at the start."""
    return {
        paper.token(feed, entry)
        for feed in range(feeds)
        if paper.kind(feed) == "ill"
        for entry in range(1, paper.ENTRIES + 1)
    }
