"""A few queries held against texts that they probably match.

`TopicIndex` finds the few of many topics that a text may match. Behind a sieve there is nothing left to find: each
query is asked at once, in half the time.
"""

from __future__ import annotations

from collections.abc import Sequence

from worker.match.compile import compile_query, entities_of
from worker.match.entities import Catalogue
from worker.match.evaluate import hits_of, in_order
from worker.match.namebook import NameBook
from worker.match.query import parse_query
from worker.match.reading import Reading
from worker.match.wanted import Wanted
from worker.model import Article, Hit


class Closely:
    """Reads texts for some queries. Raises BadQuery as `parse_query` does."""

    def __init__(self, queries: Sequence[str], known: Catalogue | None = None) -> None:
        self._book = NameBook(known)
        self._plans = [compile_query(parse_query(query, self._book.known)) for query in queries]
        for entity in frozenset().union(*map(entities_of, self._plans)):
            self._book.add(entity)
        self._wanted = Wanted(self._plans, self._book)

    def read(self, article: Article) -> Reading:
        """The article, for whatever is asked of the words, entities and facts that the queries name."""
        return Reading(article, self._book, self._wanted)

    def hits(self, reading: Reading) -> list[tuple[Hit, ...] | None]:
        """For each query its hits; None where it does not match."""
        found = (hits_of(plan, reading) for plan in self._plans)
        return [None if hits is None else in_order(hits) for hits in found]
