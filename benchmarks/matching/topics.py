"""Topics in the shapes that people who watch the news write, most of which an article does not match."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from benchmarks.matching.articles import generated, phrases
from benchmarks.matching.languages import LANGUAGES
from benchmarks.matching.vocabulary import Vocabulary, vocabularies
from worker.match import entity_names
from worker.model import Article, Topic, TopicId

_FOREIGN = 0.25  # of the terms of a topic are in another language than the rest
_IN_THE_NEWS = ("ukraine", "russia", "indonesia", "usa", "nato", "un", "moscow", "kyiv", "putin", "zelensky")


_SEEN = range(0, 1_000, 2)


def topics(seed: int, *, pages: Sequence[Article] = (), entities: bool = False) -> Iterator[Topic]:
    """Topics without end, the same for the same seed and pages.

    Phrases of every other one of the first thousand generated articles, and of `pages`, are among the terms,
    so that there is something to find. With `entities`, one topic in ten asks for an entity too, and one in
    twenty for a language.
    """
    desk = _Desk(seed, list(phrases([*generated(seed, _SEEN), *pages[::2]])))
    ask = desk.topic_with_entities if entities else desk.topic
    number = 0
    while True:
        number += 1
        yield Topic(TopicId(number), f"topic {number}", ask())


class _Desk:
    """Whoever writes the topics."""

    def __init__(self, seed: int, seen: list[str]) -> None:
        self._random = Random(f"{seed} topics")
        self._vocabularies = vocabularies(seed)
        self._weights = [language.share for language in LANGUAGES]
        self._seen = seen
        self._own = self._vocabularies[0]
        self._entities = sorted(entity_names())

    def topic_with_entities(self) -> str:
        query, kind = self.topic(), self._random.random()
        if kind < 0.10:
            watched = _IN_THE_NEWS if self._random.random() < 0.5 else self._entities
            return f"@{self._random.choice(watched)} AND ({query})"
        return f"({query}) lang:{self._own.language.code}" if kind < 0.15 else query

    def topic(self) -> str:
        self._own = self._some_vocabulary()
        [shape] = self._random.choices(_SHAPES, _SHARES)
        return shape(self)

    # -- the shapes --------------------------------------------------------------------------------------

    def one_name(self) -> str:
        return self._name()

    def any_name(self) -> str:
        return self._any(self._name, 2, 8)

    def name_in_context(self) -> str:
        return f"({self._any(self._name, 1, 4)}) AND ({self._any(self._word, 2, 6)})"

    def two_words(self) -> str:
        return f"{self._word()} AND {self._word()}"

    def name_without(self) -> str:
        return f"{self._name()} NOT ({self._any(self._word, 3, 3)})"

    def near(self) -> str:
        return f"{self._name()} NEAR/{self._random.randint(5, 10)} {self._word()}"

    def in_title(self) -> str:
        return f"title:{self._name()}"

    def beginning(self) -> str:
        return f"{self._word()[:5]}* AND {self._name()}"

    def words_in_context(self) -> str:
        return f"({self._any(self._word, 3, 3)}) AND ({self._any(self._word, 3, 3)}) NOT {self._word()}"

    # -- their terms -------------------------------------------------------------------------------------

    def _any(self, term: Callable[[], str], fewest: int, most: int) -> str:
        return " OR ".join(term() for _ in range(self._random.randint(fewest, most)))

    def _name(self) -> str:
        """What a topic is about: seldom a name that is in the news, mostly one that hardly ever is."""
        random, kind = self._random, self._random.random()
        vocabulary = self._vocabulary()
        if kind < 0.45:
            return _term(vocabulary.any_name(random))
        if kind < 0.60:
            return _term(random.choice(vocabulary.known_names))
        if kind < 0.72 and self._seen:
            return _term(random.choice(self._seen))
        if kind < 0.745:
            return vocabulary.seldom_word(random)
        return _term(f"{vocabulary.seldom_word(random)} {vocabulary.seldom_word(random)}")

    def _word(self) -> str:
        return self._random.choice(self._vocabulary().everyday)

    def _vocabulary(self) -> Vocabulary:
        return self._some_vocabulary() if self._random.random() < _FOREIGN else self._own

    def _some_vocabulary(self) -> Vocabulary:
        [vocabulary] = self._random.choices(self._vocabularies, self._weights)
        return vocabulary


def _term(text: str) -> str:
    return f'"{text}"' if " " in text else text


_SHAPES_WITH_SHARES: tuple[tuple[Callable[[_Desk], str], int], ...] = (
    (_Desk.one_name, 30),
    (_Desk.any_name, 20),
    (_Desk.name_in_context, 20),
    (_Desk.two_words, 8),
    (_Desk.name_without, 8),
    (_Desk.near, 5),
    (_Desk.in_title, 4),
    (_Desk.beginning, 3),
    (_Desk.words_in_context, 2),
)
_SHAPES = [shape for shape, _ in _SHAPES_WITH_SHARES]
_SHARES = [share for _, share in _SHAPES_WITH_SHARES]
