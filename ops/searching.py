"""PURE. What a query would have found among articles that were read before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ops.store.watched import Stored
from worker.match import TopicIndex
from worker.model import Topic, TopicId

SHOWN = 20
_WORDS = 8


@dataclass(frozen=True, slots=True)
class Sighting:
    """An article that the query finds, with the words of it, each once."""

    stored: Stored
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """How many articles were looked through, how many the query finds, and the first of them."""

    articles: int
    matched: int
    sightings: tuple[Sighting, ...]


def search(query: str, articles: Iterable[Stored]) -> Search:
    """Looks for the query in all articles; keeps the first SHOWN that match. Raises BadQuery, before it takes any
    article, where the query cannot be read."""
    index = TopicIndex()
    index.add(Topic(TopicId(0), "", query))
    looked = matched = 0
    kept: list[Sighting] = []
    for stored in articles:
        looked += 1
        for match in index.match(stored.article):
            matched += 1
            if len(kept) < SHOWN:
                kept.append(Sighting(stored, _words(hit.text for hit in match.hits)))
    return Search(looked, matched, tuple(kept))


def _words(hits: Iterable[str]) -> tuple[str, ...]:
    each: dict[str, str] = {}
    for word in hits:
        each.setdefault(word.casefold(), word)
    return tuple(each.values())[:_WORDS]
