"""Which topics match an article, without asking each of them.

Every topic is filed under the cheapest anchors of which its query needs at least one (`anchors`). An article
brings its words, groups of words, beginnings and entities; the topics filed under these are candidates, unless
their guard is missing, and only candidates are evaluated: at 100,000 topics 37 for 31 that match on news pages,
83 for 55 on generated texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from worker.errors import BadInput
from worker.match.anchors import Cost, Guard, cover
from worker.match.beginnings import Beginnings
from worker.match.chance import may_hold, names_within
from worker.match.compile import Enough, Plan, compile_query, entities_of
from worker.match.cut import cut
from worker.match.entities import Catalogue
from worker.match.evaluate import hits_of, in_order
from worker.match.frequencies import Frequencies
from worker.match.groups import Groups
from worker.match.namebook import NameBook
from worker.match.query import parse_query
from worker.match.reading import Reading, with_parts
from worker.match.text import keys_alone
from worker.model import Article, Hit, Match, Topic, TopicId


# Ordinary classes, these two and `Cover`: a topic brings seven, and nobody compares them. What freezing would take is
# said in `nodes`.
class _Filed:
    """A topic that is watched, and where it is filed."""

    __slots__ = ("anchors", "entities", "topic")

    def __init__(self, topic: Topic, anchors: tuple[str, ...], entities: frozenset[str]) -> None:
        self.topic, self.anchors, self.entities = topic, anchors, entities


class _Part:
    """What is evaluated of a topic where an anchor is: all of it, or that part of an OR. The guard of a single word is
    the word: it lies beside what is evaluated next, and a set of one takes 216 bytes more."""

    __slots__ = ("guard", "plan", "topic")

    def __init__(self, topic: TopicId, plan: Plan, guard: frozenset[str] | str | None) -> None:
        self.topic, self.plan, self.guard = topic, plan, guard


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
        self._topics_at: dict[str, list[_Part]] = {}
        # Those of the anchors that are words. Most words of an article are none, and a set knows that without a look at
        # what it holds, which a dict does not: with 150,000 anchors an article's 541 took 154 µs instead of 240.
        self._words: set[str] = set()
        self._groups = Groups()
        # What topics look for in titles, and the parts of exact terms.
        self._titled: set[str] = set()
        self._exact: set[str] = set()
        self._beginnings = Beginnings()

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
        parts = self._parts(topic.id, plan)
        filed = _Filed(
            topic,
            tuple({anchor for anchor, _ in parts}),
            entities_of(plan) if "@" in topic.query else frozenset(),
        )
        for entity in filed.entities:
            self._book.add(entity)
        self.discard(topic.id)
        self._filed[topic.id] = filed
        for anchor, part in parts:
            self._parts_at(anchor).append(part)

    def _parts(self, topic: TopicId, plan: Plan) -> list[tuple[str, _Part]]:
        """What is filed of a topic, under which anchor: each part of an OR by itself, since one that holds is found
        by its own."""
        found = []
        for part in plan.parts if isinstance(plan, Enough) and plan.count == 1 else (plan,):
            covered = cover(part, self._cost)
            guarded: dict[Guard, _Part] = {}
            for anchor, guard in covered.guards.items() if covered is not None else ():
                if guard not in guarded:
                    guarded[guard] = _Part(
                        topic, part, next(iter(guard)) if guard and len(guard) == 1 else guard
                    )
                found.append((anchor, guarded[guard]))
        return found

    def _parts_at(self, anchor: str) -> list[_Part]:
        if anchor not in self._topics_at:
            self._topics_at[anchor] = []
            self._count(anchor, 1)
        return self._topics_at[anchor]

    def discard(self, topic: TopicId) -> None:
        """Watch for a topic no longer; an unknown one is no error."""
        filed = self._filed.pop(topic, None)
        if filed is None:
            return
        for anchor in filed.anchors:
            parts = self._topics_at[anchor]
            parts[:] = [part for part in parts if part.topic != topic]
            if not parts:
                del self._topics_at[anchor]
                self._count(anchor, -1)
        for entity in filed.entities:
            self._book.discard(entity)

    def _count(self, anchor: str, by: int) -> None:
        """What an article must be asked for besides its words: only what some topic is filed under."""
        if anchor[0] == "^":
            (self._titled.add if by > 0 else self._titled.discard)(anchor[1:])
        elif anchor[0] == "=":
            (self._exact.add if by > 0 else self._exact.discard)(anchor[1:])
        elif anchor[-1] == "*":
            (self._beginnings.add if by > 0 else self._beginnings.discard)(anchor)
        elif " " in anchor:
            (self._groups.add if by > 0 else self._groups.discard)(anchor)
        else:
            (self._words.add if by > 0 else self._words.discard)(anchor)

    def match(self, article: Article) -> list[Match]:
        """The topics found in an article with their hits, by topic id."""
        reading = Reading(article, self._book)
        found: dict[TopicId, Sequence[Hit]] = {}
        for part in self._candidates(reading):
            hits = hits_of(part.plan, reading)
            if hits is not None:
                found[part.topic] = [*found[part.topic], *hits] if part.topic in found else hits
        return [Match(topic, in_order(found[topic])) for topic in sorted(found)]

    def _candidates(self, reading: Reading) -> set[_Part]:
        keys = reading.keys
        filed = self._filed_under(self._anchors_in(reading), keys)
        return {part for parts in filed for part in parts if _passes(part.guard, keys)}

    def _filed_under(self, anchors: Iterable[str], keys: set[str]) -> list[list[_Part]]:
        """What is filed under these anchors and under words with these keys, whole or by their beginning."""
        begun = self._beginnings.among(keys) if self._beginnings else ()
        whole = map(self._topics_at.__getitem__, keys & self._words)
        return [*whole, *filter(None, map(self._topics_at.get, chain(begun, anchors)))]

    def _anchors_in(self, reading: Reading) -> Iterator[str]:
        """Whatever an article holds, besides its words, that a topic might be filed under."""
        if self._groups:
            yield from self._groups.within(reading.title)
            yield from self._groups.within(reading.body)
        if self._titled:
            yield from (f"^{key}" for key in self._titled & reading.title.keys)
        if self._exact:
            yield from (f"={part}" for part in self._exact & reading.exact_keys())
        if self._book.names:
            yield from (f"@{entity}" for entity in reading.entities())

    def touches(self, article: Article) -> bool:
        """Whether some topic could match a part of this text, such as the article on a whole page (`chance`). A no is
        certain, whatever the part leaves out; a yes says only that `match` must be asked of the part."""
        return any(True for _ in self._touched(article))

    def _touched(self, article: Article) -> Iterator[TopicId]:
        title, body = cut(article.title), cut(article.body)
        words = {*title.words, *body.words}
        keys = keys_alone(words, title.notable + body.notable, None)
        keys = with_parts(keys, words, plain=title.plain and body.plain) if self._exact else keys
        filed = self._filed_under(self._anchors_within(keys), keys)
        for parts in filed:
            for part in parts:
                if _passes(part.guard, keys) and may_hold(part.plan, keys):
                    yield part.topic

    def _anchors_within(self, keys: set[str]) -> Iterator[str]:
        """Whatever, besides its words, a topic might be filed under that a part of a text with these words can hold."""
        yield from self._groups.among(keys)
        yield from (f"^{key}" for key in self._titled & keys)
        yield from (f"={part}" for part in self._exact & keys)
        yield from (f"@{entity}" for entity in names_within(self._book.names, keys))


def _passes(guard: frozenset[str] | str | None, keys: set[str]) -> bool:
    """Whether a word is there that the guard asks for."""
    if isinstance(guard, str):
        return guard in keys
    return guard is None or not guard.isdisjoint(keys)
