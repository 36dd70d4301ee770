"""Pantau itself: its index, and its plans without the index."""

from __future__ import annotations

import time
from collections.abc import Sequence
from random import Random
from typing import Any

from benchmarks.matching.measure import Pass, timed, within
from benchmarks.matching.workload import Found, Workload, plainly
from worker.match import TopicIndex, parse_query
from worker.match.compile import Plan, compile_query, entities_of
from worker.match.evaluate import evaluate
from worker.match.naive import naive_match
from worker.match.namebook import NameBook
from worker.match.reading import Reading
from worker.model import Article, Match, Topic, TopicId

_PLAINEST_ARTICLES = 3
_PLAINEST_TOPICS = 500


class Indexed:
    """`worker.match.TopicIndex`, as the workers use it."""

    def __init__(self) -> None:
        self.index = TopicIndex()

    def learn(self, recent: Sequence[Article]) -> None:
        """Count their words, as every reader does at its start."""
        for article in recent:
            self.index.learn(article)

    def translated(self, topics: Sequence[Topic]) -> Sequence[Topic]:
        """The topics as they are: reading the queries counts."""
        return topics

    def add(self, topics: Sequence[Topic]) -> None:
        """File the topics."""
        for topic in topics:
            self.index.add(topic)

    def ready(self) -> None:
        """Nothing is left to do."""

    def match(self, article: Article) -> int:
        """The number of topics found."""
        return len(self.index.match(article))

    def more(self, workload: Workload, first: Pass) -> dict[str, Any]:
        """A second pass over the same articles, one over new ones, and the price of one topic more.

        What was found is kept for the others to be compared with.
        """
        articles = workload.articles()
        warm = timed(self.match, articles[: len(first.wall_us)])
        unseen = timed(self.match, workload.unseen())
        added = timed_additions(self.index, workload.later())
        workload.keep_found(self.index.match(article) for article in articles)
        return {"warm": warm.as_json(), "warm_us": warm.wall_us, "unseen": unseen.as_json(), "add_one": added}

    def close(self) -> None:
        """Nothing is open."""


def timed_additions(index: TopicIndex, topics: Sequence[Topic]) -> dict[str, float]:
    """Microseconds to add one topic to those that are there; it is taken out again."""
    times = []
    for topic in topics:
        start = time.perf_counter()
        index.add(topic)
        times.append((time.perf_counter() - start) * 1e6)
        index.discard(topic.id)
    return {"p50_us": round(within(0.5, times), 1), "p99_us": round(within(0.99, times), 1)}


class Looped:
    """The naive loop: every topic's plan is evaluated on every article."""

    def __init__(self) -> None:
        self._plans: list[tuple[TopicId, Plan]] = []
        self._queries: dict[TopicId, str] = {}
        self._book = NameBook()

    def learn(self, recent: Sequence[Article]) -> None:
        """Of no use here."""

    def translated(self, topics: Sequence[Topic]) -> Sequence[Topic]:
        """The topics as they are: reading the queries counts."""
        return topics

    def add(self, topics: Sequence[Topic]) -> None:
        """Compile the topics."""
        for topic in topics:
            plan = compile_query(parse_query(topic.query))
            self._plans.append((topic.id, plan))
            self._queries[topic.id] = topic.query
            for entity in entities_of(plan):
                self._book.add(entity)

    def ready(self) -> None:
        """Nothing is left to do."""

    def match(self, article: Article) -> int:
        """The number of topics found."""
        return len(self.matches(article))

    def matches(self, article: Article) -> list[Match]:
        """The topics found in an article with their hits, by topic id."""
        reading = Reading(article, self._book)
        found = ((topic, evaluate(plan, reading)) for topic, plan in self._plans)
        return [Match(topic, hits) for topic, hits in found if hits is not None]

    def more(self, workload: Workload, first: Pass) -> dict[str, Any]:
        """Whether the index found the same, topic by topic with all hits, in the articles of the first pass."""
        found = map(self.matches, workload.articles()[: len(first.wall_us)])
        compared = different = 0
        for indexed, looped in zip(workload.found(), found, strict=False):
            compared += len(self._plans)
            different += _unlike(indexed, plainly(looped))
        plainest, unlike_plainest = self._compare_plainest(workload)
        return {
            "compared": compared,
            "different": different,
            "compared_plainest": plainest,
            "different_plainest": unlike_plainest,
        }

    def _compare_plainest(self, workload: Workload) -> tuple[int, int]:
        """The same by `naive_match`, which shares neither plans nor index but walks the query as it stands: on
        a few articles, the topics found and some others. How many were compared, how many differ."""
        compared = different = 0
        for article, indexed in zip(workload.articles()[:_PLAINEST_ARTICLES], workload.found(), strict=False):
            others = Random(compared).sample(sorted(self._queries), min(len(self._queries), _PLAINEST_TOPICS))
            for topic in sorted({*indexed, *others}):
                hits = naive_match(parse_query(self._queries[topic]), article)
                found = plainly([] if hits is None else [Match(topic, hits)])
                compared += 1
                different += found.get(topic) != indexed.get(topic)
        return compared, different

    def close(self) -> None:
        """Nothing is open."""


def _unlike(one: Found, other: Found) -> int:
    return sum(one.get(topic) != other.get(topic) for topic in one.keys() | other.keys())
