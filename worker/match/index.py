"""Which of many topics match an article, without asking each of them.

Every topic is filed under the cheapest keys of which its query needs at least one. An article brings its
keys, parts, beginnings and entities; the topics filed under these are candidates, and only they are
evaluated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from worker.match.compile import Cost, Plan, compile_query, cost_by_length, cover
from worker.match.evaluate import evaluate
from worker.match.query import parse_query
from worker.match.reading import Reading
from worker.model import Article, Match, Topic, TopicId


@dataclass(frozen=True, slots=True)
class _Filed:
    """A topic ready to be evaluated, and where it is filed."""

    plan: Plan
    anchors: frozenset[str]


class TopicIndex:
    """The topics that are watched; adding, discarding and matching in any order.

    `cost` says how many articles an anchor is likely to bring; it decides speed, never results.
    """

    def __init__(self, cost: Cost = cost_by_length) -> None:
        self._cost = cost
        self._filed: dict[TopicId, _Filed] = {}
        self._topics_at: dict[str, set[TopicId]] = {}
        self._prefixes: Counter[int] = Counter()
        self._exact = 0

    def __len__(self) -> int:
        return len(self._filed)

    def __contains__(self, topic: object) -> bool:
        return topic in self._filed

    def add(self, topic: Topic) -> None:
        """Watch for a topic; one with the same id is replaced. Raises BadQuery and changes nothing where its
        query cannot be read."""
        plan = compile_query(parse_query(topic.query))
        filed = _Filed(plan, cover(plan, self._cost) or frozenset())
        self.discard(topic.id)
        self._filed[topic.id] = filed
        for anchor in filed.anchors:
            self._topics_at.setdefault(anchor, set()).add(topic.id)
            self._count(anchor, 1)

    def discard(self, topic: TopicId) -> None:
        """Watch for a topic no longer; an unknown one is no error."""
        filed = self._filed.pop(topic, None)
        for anchor in filed.anchors if filed else ():
            self._topics_at[anchor].discard(topic)
            if not self._topics_at[anchor]:
                del self._topics_at[anchor]
            self._count(anchor, -1)

    def match(self, article: Article) -> list[Match]:
        """The topics found in an article with their hits, by topic id."""
        reading = Reading(article)
        found = ((topic, evaluate(self._filed[topic].plan, reading)) for topic in self._candidates(reading))
        return [Match(topic, hits) for topic, hits in found if hits is not None]

    def _candidates(self, reading: Reading) -> list[TopicId]:
        present = self._anchors_in(reading) & self._topics_at.keys()
        return sorted(set().union(*(self._topics_at[anchor] for anchor in present)))

    def _anchors_in(self, reading: Reading) -> set[str]:
        keys = reading.keys()
        present = keys | {f"@{key}" for key in reading.entities()}
        for length in self._prefixes:
            present |= {f"{key[:length]}*" for key in keys if len(key) >= length}
        return present | {f"={part}" for part in self._exact_parts(reading)}

    def _exact_parts(self, reading: Reading) -> Iterable[str]:
        fields = reading.fields if self._exact else ()
        return (part for field in fields for part in reading.verbatim(field).parts)

    def _count(self, anchor: str, by: int) -> None:
        """Beginnings are looked up only in lengths that some topic asks for, exact parts only if one does."""
        if anchor.startswith("="):
            self._exact += by
        elif anchor.endswith("*"):
            self._prefixes[len(anchor) - 1] += by
            self._prefixes = +self._prefixes
