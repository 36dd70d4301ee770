"""The words that some queries ask about. Where all others of a text stand need not be worked out: that is most of what
reading it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from worker.match.compile import Chain, Either, Enough, Every, Lacks, Plan, Seek, Single, Term, Words
from worker.match.namebook import NameBook
from worker.match.words import MEMORABLE, hyphenated, vocabulary

_MOST_REMEMBERED: Final = 1 << 16


class Wanted:
    """The keys that these plans ask for, those of the words of all names in a book, and what hangs on any word."""

    def __init__(self, plans: Iterable[Plan], book: NameBook) -> None:
        steps = [step for plan in plans for step in _steps(plan)]
        names = chain.from_iterable([*book.names.values(), *book.stops.values()])
        self._keys = frozenset().union(
            hyphenated(),
            (key for key, prefix in steps if not prefix),
            *(word for name in names for word in name.words),
        )
        self._beginnings = tuple({key for key, prefix in steps if prefix})
        self._others: dict[str | None, set[str]] = {}

    def among(self, tokens: set[str], notable: list[str], language: str | None) -> dict[str, tuple[str, ...]]:
        """Those of the small-lettered words of a text that answer to a key that is asked for, with these keys;
        `notable` as in `Cut`."""
        others = self._others.setdefault(language, set())
        fresh = tokens.difference(others)
        manifold = vocabulary(language).manifold_among(fresh.intersection(notable))
        found: dict[str, tuple[str, ...]] = {
            token: (token,) for token in self._asked_for(fresh.difference(manifold))
        }
        for token, keys in manifold.items():
            if asked := self._asked_for(keys):
                found[token] = asked
        others.update(token for token in fresh if token not in found and len(token) <= MEMORABLE)
        if len(others) > _MOST_REMEMBERED:
            others.clear()
        return found

    def _asked_for(self, keys: Iterable[str]) -> tuple[str, ...]:
        return tuple([key for key in keys if key in self._keys or key.startswith(self._beginnings)])


def _steps(plan: Plan) -> Iterator[tuple[str, bool]]:
    """The keys that a plan looks up, and whether each is the beginning of one."""
    match plan:
        case Seek(term):
            yield from _steps_of(term)
        case Lacks(Seek(term)):
            yield from _steps_of(term)
        case Every() | Enough():
            for part in plan.parts:
                yield from _steps(part)


def _steps_of(term: Term) -> Iterator[tuple[str, bool]]:
    match term:
        case Single(key):
            yield key, False
        case Words(steps):
            yield from steps
        case Either(terms):
            for one in terms:
                yield from _steps_of(one)
        case Chain(first, links):
            yield from _steps_of(first)
            for link in links:
                yield from _steps_of(link.term)
