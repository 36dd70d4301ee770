"""PURE. What a query would have found among articles that were read before: how much, when, where, through which
of its terms, and what another query would have found instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Protocol

from ops.bringing import Share, Terms
from ops.watchlist.doubts import doubts
from worker.match import Quote, TopicIndex, parse_query, quote
from worker.match.closely import Closely
from worker.match.entities import Catalogue
from worker.match.reading import Reading
from worker.match.sieve import SOMEWHERE, Sieve
from worker.model import Article, ArticleId, Hit, Topic, TopicId

SHOWN = 20
"""Articles that are kept to be looked at, the first that match."""
TOO_BROAD = 0.05
"""A topic that finds a larger part of everything is noise to most who hear of it."""
ENOUGH_TO_JUDGE = 20
"""Articles; of fewer no share says anything."""
_AT_ONCE = 100
"""Articles that pass the sieve together."""
_WORDS = 8


@dataclass(frozen=True, slots=True)
class Stored:
    """An article as it was read at `read_at`; `at` is when it was published, or seen where it does not say."""

    id: ArticleId
    article: Article
    at: datetime
    read_at: datetime

    @property
    def letters(self) -> bytes:
        """Title and text."""
        return f"{self.article.title}\n{self.article.body}".encode()

    def opened(self) -> Stored:
        """Itself."""
        return self


class Shelved(Protocol):
    """An article that need not be opened unless its letters say that a query may match it: of a hundred thousand most
    are not."""

    @property
    def read_at(self) -> datetime:
        """When it was read."""
        ...

    @property
    def letters(self) -> bytes:
        """Title and text (UTF-8)."""
        ...

    def opened(self) -> Stored:
        """The article."""
        ...


@dataclass(frozen=True, slots=True)
class Sighting:
    """An article that a query finds, with the sentence that shows it, the places of its words in the title, and the
    words themselves, each once."""

    stored: Stored
    quote: Quote
    title_marks: tuple[tuple[int, int], ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """How many articles were read on a day (UTC), and how many of them match."""

    day: date
    articles: int
    matched: int


@dataclass(frozen=True, slots=True)
class Search:
    """What a query finds: of how many articles how many, day by day (none left out, the oldest first), what each of
    its terms brings, and the first articles. `doubts` are parts of it that cannot be meant."""

    query: str
    articles: int
    matched: int
    days: tuple[Day, ...]
    terms: tuple[Share, ...]
    doubts: tuple[str, ...]
    sightings: tuple[Sighting, ...]

    @property
    def share(self) -> float:
        """The part of the articles that match, 0 to 1."""
        return self.matched / self.articles if self.articles else 0.0

    @property
    def too_broad(self) -> bool:
        """Whether it finds so much that nobody would want to hear of it all."""
        return is_broad(self.matched, self.articles)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the one who wrote the query should think over."""
        return (*self.doubts, *([broad(self.matched, self.articles)] if self.too_broad else []))


@dataclass(frozen=True, slots=True)
class Difference:
    """Articles that one query finds and the other does not: how many, the first of them, and how many of each day."""

    articles: int = 0
    sightings: tuple[Sighting, ...] = ()
    days: Mapping[date, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a query finds in place of the saved one."""

    saved: Search
    new: Search
    gained: Difference
    lost: Difference


def is_broad(matched: int, articles: int) -> bool:
    """Whether a topic that matches so many of the articles finds too much, where there are enough to say so."""
    return articles >= ENOUGH_TO_JUDGE and matched > TOO_BROAD * articles


def broad(matched: int, articles: int) -> str:
    """The warning that a topic finds too much, with the figure."""
    told = f"it matches {matched / articles:.1%} of {articles:,} articles, more than {TOO_BROAD:.0%}"
    return f"{told}; a narrower query is told less often and read more"


def found_by(
    topics: Iterable[Topic], articles: Iterable[Shelved], known: Catalogue
) -> tuple[int, Counter[TopicId]]:
    """How many articles there are, and how many of them each topic matches."""
    index = TopicIndex(known)
    for topic in topics:
        index.add(topic)
    looked, matched = 0, Counter[TopicId]()
    for shelved in articles:
        looked += 1
        matched.update(match.topic for match in index.match(shelved.opened().article))
    return looked, matched


class _Tally:
    """What one query finds, article by article."""

    def __init__(self, query: str, known: Catalogue | None, *, by_term: bool = True) -> None:
        self._query = query
        self._terms = Terms(query, known) if by_term else None
        self._doubts = tuple(str(doubt) for doubt in doubts(parse_query(query, known)))
        self._read: Counter[date] = Counter()
        self._matched: Counter[date] = Counter()
        self._collected = _Collected()

    def looked_at(self, day: date) -> None:
        """Counts an article of this day."""
        self._read[day] += 1

    def found(self, day: date, look: _Look, number: int) -> None:
        """Takes in an article that the query, the look's query of this number, finds."""
        self._matched[day] += 1
        if self._terms is not None:
            self._terms.count(look.reading)
        self._collected.add(day, look, number)

    def result(self) -> Search:
        """What was found so far."""
        return Search(
            query=self._query,
            articles=self._read.total(),
            matched=self._matched.total(),
            days=self._days(),
            terms=self._terms.shares() if self._terms is not None else (),
            doubts=self._doubts,
            sightings=self._collected.difference().sightings,
        )

    def _days(self) -> tuple[Day, ...]:
        if not self._read:
            return ()
        first, last = min(self._read), max(self._read)
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return tuple(Day(day, self._read[day], self._matched[day]) for day in days)


def search(
    query: str, articles: Iterable[Shelved], known: Catalogue | None = None, *, by_term: bool = True
) -> Search:
    """Looks for the query, which may name the entities of a catalogue, in all articles; keeps the first SHOWN that
    match. Raises BadQuery, before it takes any article, where the query cannot be read. What each term brings takes
    longer than all the rest, so it can be left out."""
    *_, found = searching(query, articles, known, by_term=by_term)
    return found


def searching(
    query: str,
    articles: Iterable[Shelved],
    known: Catalogue | None = None,
    *,
    by_term: bool = True,
    every: int | None = None,
) -> Iterator[Search]:
    """The same as `search`: what was found so far after `every` so many articles, and in the end."""
    tally = _Tally(query, known, by_term=by_term)
    for number, (shelved, look) in enumerate(_looked((query,), articles, known, all_of_it=by_term), 1):
        day = _day_of(shelved)
        tally.looked_at(day)
        if look is not None and look.finds(0):
            tally.found(day, look, 0)
        if every is not None and number % every == 0:
            yield tally.result()
    yield tally.result()


def sightings(query: str, articles: Iterable[Shelved], known: Catalogue | None = None) -> Iterator[Sighting]:
    """The articles that match, in their order and as they are looked through. Raises BadQuery as `search` does."""
    for _, look in _looked((query,), articles, known, all_of_it=True):
        if look is not None and (hits := look.hits[0]) is not None:
            yield sighting(look.stored, hits)


def compare(
    saved: str,
    new: str,
    articles: Iterable[Shelved],
    known: Catalogue | None = None,
    *,
    by_term: bool = True,
) -> Comparison:
    """Looks for both queries in all articles, each of which is read once. Raises BadQuery, and leaves out what each
    term brings, as `search` does."""
    *_, found = comparing(saved, new, articles, known, by_term=by_term)
    return found


def comparing(
    saved: str,
    new: str,
    articles: Iterable[Shelved],
    known: Catalogue | None = None,
    *,
    by_term: bool = True,
    every: int | None = None,
) -> Iterator[Comparison]:
    """The same as `compare`: what was found so far after `every` so many articles, and in the end."""
    old, other = _Tally(saved, known, by_term=by_term), _Tally(new, known, by_term=by_term)
    gained, lost = _Collected(), _Collected()

    def so_far() -> Comparison:
        return Comparison(old.result(), other.result(), gained.difference(), lost.difference())

    for number, (shelved, look) in enumerate(_looked((saved, new), articles, known, all_of_it=by_term), 1):
        day = _day_of(shelved)
        old.looked_at(day)
        other.looked_at(day)
        if look is not None:
            before, after = look.finds(0), look.finds(1)
            if before:
                old.found(day, look, 0)
            if after:
                other.found(day, look, 1)
            if after and not before:
                gained.add(day, look, 1)
            elif before and not after:
                lost.add(day, look, 0)
        if every is not None and number % every == 0:
            yield so_far()
    yield so_far()


class _Look:
    """An article that a query may match, seen at this byte of its letters, read as closely as is asked."""

    def __init__(self, shelved: Shelved, seen_at: int, closely: Closely) -> None:
        self.stored, self._seen_at, self._closely = shelved.opened(), seen_at, closely
        self._letters = shelved.letters

    def finds(self, number: int) -> bool:
        """Whether the query of this number matches."""
        return self._seen[number] or self.hits[number] is not None

    @cached_property
    def _seen(self) -> list[bool]:
        if self._seen_at == SOMEWHERE:
            return [False] * self._closely.count
        at = len(self._letters[: self._seen_at].decode(errors="ignore"))
        return self._closely.sees(self.stored.article, at)

    @cached_property
    def reading(self) -> Reading:
        """All of it."""
        return self._closely.read(self.stored.article)

    @cached_property
    def hits(self) -> list[tuple[Hit, ...] | None]:
        """The hits of each query; None for one that does not match."""
        return self._closely.hits(self.reading)


def _looked(
    queries: Sequence[str], articles: Iterable[Shelved], known: Catalogue | None, *, all_of_it: bool
) -> Iterator[tuple[Shelved, _Look | None]]:
    """Every article, with a look at those that a query may match; `all_of_it` where the whole reading is asked for
    anyway."""
    closely = Closely(queries, known)
    for shelved, place in sifted(queries, articles, known):
        if place is None:
            yield shelved, None
        else:
            yield shelved, _Look(shelved, SOMEWHERE if all_of_it else place, closely)


def sifted(
    queries: Sequence[str], articles: Iterable[Shelved], known: Catalogue | None
) -> Iterator[tuple[Shelved, int | None]]:
    """Every article, and the byte of its letters for which it must be read, or SOMEWHERE; None where no query can
    match them."""
    sieve, coming = Sieve(queries, known), iter(articles)
    while some := list(islice(coming, _AT_ONCE)):
        yield from zip(some, sieve.places([shelved.letters for shelved in some]), strict=True)


def _day_of(shelved: Shelved) -> date:
    return shelved.read_at.astimezone(UTC).date()


class _Collected:
    """Counts articles, and keeps the first."""

    def __init__(self) -> None:
        self._articles = 0
        self._days: Counter[date] = Counter()
        self._sightings: list[Sighting] = []

    def add(self, day: date, look: _Look, number: int) -> None:
        self._articles += 1
        self._days[day] += 1
        if len(self._sightings) < SHOWN and (hits := look.hits[number]) is not None:
            self._sightings.append(sighting(look.stored, hits))

    def difference(self) -> Difference:
        return Difference(self._articles, tuple(self._sightings), dict(self._days))


def sighting(stored: Stored, hits: tuple[Hit, ...]) -> Sighting:
    """What there is to see of a match."""
    return Sighting(
        stored,
        quote(stored.article, hits),
        tuple((hit.start, hit.end) for hit in hits if hit.field == "title"),
        _words(hits),
    )


def _words(hits: Iterable[Hit]) -> tuple[str, ...]:
    each: dict[str, str] = {}
    for hit in hits:
        each.setdefault(hit.text.casefold(), hit.text)
    return tuple(each.values())[:_WORDS]
