"""Which topics match an article, without asking each of them.

Every topic is filed under the cheapest anchors of which its query needs at least one (`anchors`). An article
brings its words, groups of words, beginnings and entities; the topics filed under these are candidates, unless
their guard is missing, and only candidates are evaluated: at 100,000 topics 37 for 31 that match on news pages,
83 for 55 on generated texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from worker.errors import BadInput
from worker.match.anchors import Cost, Guard, cover
from worker.match.chance import groups_within, may_hold, names_within
from worker.match.compile import Plan, compile_query, entities_of
from worker.match.entities import Catalogue
from worker.match.evaluate import evaluate
from worker.match.frequencies import Frequencies
from worker.match.namebook import NameBook
from worker.match.query import parse_query
from worker.match.reading import Reading
from worker.model import Article, Match, Topic, TopicId

# Words that begin with nothing a topic asks for are remembered, up to some 12 MB of them.
_MOST_REMEMBERED = 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class _Filed:
    """A topic ready to be evaluated, and where it is filed."""

    topic: Topic
    plan: Plan
    anchors: tuple[str, ...]
    entities: frozenset[str]


class TopicIndex:
    """The topics that are watched; adding, discarding and matching in any order.

    `known` are the entities that queries may name. `cost` says how many articles an anchor is likely to bring; it
    decides speed, never results, and comes from the articles that the index was shown by `learn` unless it is
    given.
    """

    def __init__(self, known: Catalogue | None = None, cost: Cost | None = None) -> None:
        self._frequencies = Frequencies()
        self._cost = cost or self._frequencies.cost
        self._book = NameBook(known)
        self._filed: dict[TopicId, _Filed] = {}
        self._topics_at: dict[str, list[tuple[_Filed, Guard]]] = {}
        self._groups: dict[str, dict[str, set[str]]] = {}
        self._members: Counter[str] = Counter()
        self._titles = self._exact = 0
        self._prefixes: Counter[int] = Counter()
        self._begun_by: dict[str, tuple[str, ...]] = {}
        self._begin_nothing: set[str] = set()

    def __len__(self) -> int:
        return len(self._filed)

    def __contains__(self, topic: object) -> bool:
        return topic in self._filed

    def learn(self, article: Article) -> None:
        """Count the words of an article, so that topics added from now on are filed under their rare ones."""
        self._frequencies.learn(Reading(article, self._book).keys)

    def know(self, known: Catalogue) -> list[tuple[Topic, BadInput]]:
        """Take queries' entities from here from now on. Topics that name one are compiled anew; returned are those
        that cannot be, which are watched no longer, each with the reason."""
        concerned = [filed.topic for filed in self._filed.values() if filed.entities]
        for topic in concerned:
            self.discard(topic.id)
        self._book = NameBook(known)
        refused = []
        for topic in concerned:
            try:
                self.add(topic)
            except BadInput as error:
                refused.append((topic, error))
        return refused

    def add(self, topic: Topic) -> None:
        """Watch for a topic; one with the same id is replaced. Raises BadQuery and changes nothing where its
        query cannot be read."""
        plan = compile_query(parse_query(topic.query, self._book.known))
        found = cover(plan, self._cost)
        guards = found.guards if found else {}
        filed = _Filed(topic, plan, tuple(guards), entities_of(plan) if "@" in topic.query else frozenset())
        for entity in filed.entities:
            self._book.add(entity)
        self.discard(topic.id)
        self._filed[topic.id] = filed
        for anchor, guard in guards.items():
            self._topics_at.setdefault(anchor, []).append((filed, guard))
            if len(self._topics_at[anchor]) == 1:
                self._count(anchor, 1)

    def discard(self, topic: TopicId) -> None:
        """Watch for a topic no longer; an unknown one is no error."""
        filed = self._filed.pop(topic, None)
        if filed is None:
            return
        for anchor in filed.anchors:
            left = [entry for entry in self._topics_at[anchor] if entry[0] is not filed]
            if left:
                self._topics_at[anchor] = left
            else:
                del self._topics_at[anchor]
                self._count(anchor, -1)
        for entity in filed.entities:
            self._book.discard(entity)

    def _count(self, anchor: str, by: int) -> None:
        """What an article must be asked for besides its words: only what some topic is filed under."""
        if anchor[0] == "^":
            self._titles += by
        elif anchor[0] == "=":
            self._exact += by
        elif anchor[-1] == "*":
            self._prefixes[len(anchor) - 1] += by
            self._prefixes = +self._prefixes
            self._begun_by.clear()
            self._begin_nothing.clear()
        elif " " in anchor:
            self._count_group(*anchor.split(" "), by=by)

    def _count_group(self, first: str, second: str, third: str = "", *, by: int) -> None:
        for word in {first, second, third}:
            self._members[word] += by
            if not self._members[word]:
                del self._members[word]
        seconds = self._groups.setdefault(first, {})
        thirds = seconds.setdefault(second, set())
        (thirds.add if by > 0 else thirds.discard)(third)
        if not thirds:
            del seconds[second]
        if not seconds:
            del self._groups[first]

    def match(self, article: Article) -> list[Match]:
        """The topics found in an article with their hits, by topic id."""
        reading = Reading(article, self._book)
        found = []
        for filed in self._candidates(reading):
            hits = evaluate(filed.plan, reading)
            if hits is not None:
                found.append(Match(filed.topic.id, hits))
        return sorted(found, key=lambda match: match.topic)

    def _candidates(self, reading: Reading) -> set[_Filed]:
        keys, candidates = reading.keys, set()
        anchors = chain(keys, self._anchors_in(reading))
        for topics in filter(None, map(self._topics_at.get, anchors)):
            for filed, guard in topics:
                if guard is None or not guard.isdisjoint(keys):
                    candidates.add(filed)
        return candidates

    def _anchors_in(self, reading: Reading) -> Iterator[str]:
        """Whatever an article holds, besides its words, that a topic might be filed under."""
        if self._groups:
            yield from reading.title.groups(self._groups, self._members.keys())
            yield from reading.body.groups(self._groups, self._members.keys())
        if self._prefixes:
            yield from self._beginnings_in(reading.keys)
        if self._titles:
            yield from (f"^{key}" for key in reading.title.keys)
        if self._exact:
            yield from (f"={part}" for part in reading.parts())
        if self._book.names:
            yield from (f"@{entity}" for entity in reading.entities())

    def _beginnings_in(self, keys: set[str]) -> Iterator[str]:
        """The beginnings that topics ask for, remembered for every word that was ever met."""
        for key in keys.difference(self._begin_nothing):
            anchors = self._begun_by.get(key)
            if anchors is None:
                anchors = self._beginnings_of(key)
                if anchors:
                    self._begun_by[key] = anchors
                else:
                    self._begin_nothing.add(key)
            yield from anchors

    def _beginnings_of(self, key: str) -> tuple[str, ...]:
        if len(self._begin_nothing) > _MOST_REMEMBERED:
            self._begin_nothing.clear()
            self._begun_by.clear()
        anchors = (f"{key[:length]}*" for length in self._prefixes if length <= len(key))
        return tuple(anchor for anchor in anchors if anchor in self._topics_at)

    def touches(self, article: Article) -> bool:
        """Whether some topic could match a part of this text, such as the article on a whole page (`chance`). A no is
        certain, whatever the part leaves out; a yes says only that `match` must be asked of the part."""
        return any(True for _ in self._touched(article))

    def _touched(self, article: Article) -> Iterator[TopicId]:
        reading = Reading(replace(article, language=None), self._book)
        keys = reading.parts() if self._exact else reading.keys
        for topics in filter(None, map(self._topics_at.get, self._anchors_within(keys))):
            for filed, guard in topics:
                if (guard is None or not guard.isdisjoint(keys)) and may_hold(filed.plan, keys):
                    yield filed.topic.id

    def _anchors_within(self, keys: set[str]) -> Iterator[str]:
        """Whatever a topic might be filed under that a part of a text with these words can hold."""
        yield from keys
        yield from groups_within(self._groups, keys)
        if self._prefixes:
            yield from self._beginnings_in(keys)
        if self._titles:
            yield from (f"^{key}" for key in keys)
        if self._exact:
            yield from (f"={part}" for part in keys)
        yield from (f"@{entity}" for entity in names_within(self._book.names, keys))
