"""A few queries held against texts that they probably match.

`TopicIndex` finds the few of many topics that a text may match. Behind a sieve there is nothing left to find: each
query is asked at once, in half the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from worker.match.compile import Chain, Enough, Every, Plan, Seek, compile_query, entities_of
from worker.match.cut import cut
from worker.match.entities import Catalogue
from worker.match.evaluate import hits_of, in_order
from worker.match.namebook import NameBook
from worker.match.nodes import Filter
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
        self._told_by_part = list(map(_told_by_part, self._plans))
        # What looks like a name and is none may begin a line before the name.
        stops = [stop for stops in self._book.stops.values() for stop in stops]
        self._further = max((len(stop.words) for stop in stops), default=0)

    @property
    def count(self) -> int:
        """How many queries there are."""
        return len(self._plans)

    def read(self, article: Article) -> Reading:
        """The article, for whatever is asked of the words, entities and facts that the queries name."""
        return Reading(article, self._book, self._wanted)

    def hits(self, reading: Reading) -> list[tuple[Hit, ...] | None]:
        """For each query its hits; None where it does not match."""
        found = (hits_of(plan, reading) for plan in self._plans)
        return [None if hits is None else in_order(hits) for hits in found]

    def sees(self, article: Article, at: int) -> list[bool]:
        """For each query whether the lines about a place (code points of title, line break and text) show already
        that it matches."""
        if not any(self._told_by_part):
            return [False] * self.count
        part = self.read(
            replace(article, body=_lines_about(article.body, at - len(article.title) - 1, self._further))
        )
        return [
            part.is_told and told and hits_of(plan, part) is not None
            for told, plan in zip(self._told_by_part, self._plans, strict=True)
        ]


def _told_by_part(plan: Plan) -> bool:
    """Whether a plan that holds in some lines of a text holds in all of it: no further text can take a hit away. Of
    NEAR only so many pairs are looked at, so among more of them the right one may be passed over."""
    match plan:
        case Seek(term):
            return not isinstance(term, Chain)
        case Filter():
            return True
        case Every() | Enough():
            return all(map(_told_by_part, plan.parts))
        case _:
            return False


def _lines_about(text: str, at: int, further: int) -> str:
    """The line of a place, and those before and behind it that so many words further stand in; nothing where the place
    is not in the text, and where that is most of it."""
    if not 0 <= at < len(text):
        return ""
    first = start = text.rfind("\n", 0, at) + 1
    last = end = _end_of_line(text, at)
    while start and len(cut(text[start:first]).words) < further:
        start = text.rfind("\n", 0, start - 1) + 1
    while end < len(text) and len(cut(text[last:end]).words) < further:
        end = _end_of_line(text, end + 1)
    return text[start:end] if end - start < len(text) // 2 else ""


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
