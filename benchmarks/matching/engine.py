"""What every way to match can do, so that all are measured alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from benchmarks.matching.measure import Pass
from benchmarks.matching.workload import Workload
from worker.model import Article, Topic


class NotInstalled(Exception):
    """What a peer needs is not there; the message says how to get it."""


class Engine(Protocol):
    """One way to match: it gets its topics, some thousands at a time, and then one article after the other."""

    def learn(self, recent: Sequence[Article]) -> None:
        """Look at some articles before the topics come; counts as loading."""

    def translated(self, topics: Sequence[Topic]) -> Sequence[Any]:
        """Topics as this engine wants them: not counted, since it is Pantau's parser that reads the queries."""
        ...

    def add(self, topics: Sequence[Any]) -> None:
        """Take some more topics, translated."""

    def ready(self) -> None:
        """All topics are there."""

    def match(self, article: Article) -> int:
        """How much was found: topics, or terms where an engine knows terms alone."""
        ...

    def more(self, workload: Workload, first: Pass) -> dict[str, Any]:
        """What else there is to measure or to say after the first pass, by name; `remarks` are for readers."""
        ...

    def close(self) -> None:
        """Nothing will be matched any more."""
