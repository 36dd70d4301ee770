"""Which of many articles could a query match at all? By letters alone, some thirty times quicker than reading them.

A query needs one of the words of its cover (`anchors`), so an article that matches holds the letters of one, in
whatever writing (`writings`). RE2 looks for all of them at once. No answer "no" is wrong; a "yes" says only that the
article must be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import re2

from worker.match.anchors import Cover, cover
from worker.match.compile import Chain, Every, Plan, Seek, Words, compile_query
from worker.match.entities import Catalogue
from worker.match.namebook import NameBook
from worker.match.query import parse_query
from worker.match.writings import any_writing, marks, odd_letters, without_marks

_FEW_QUERIES, _MOST_NEEDS = 4, 6
"""Of so few queries all that an article needs is looked for, of more the rarest alone."""
_WORDS_AT_ONCE = 1000
_MEMORY = 64 << 20
"""Bytes that a pattern of so many words may take; where they do not suffice RE2 becomes slow, but not wrong."""


class Sieve:
    """Lets through the texts that one of the queries may match. Raises BadQuery as `parse_query` does."""

    def __init__(self, queries: Iterable[str], known: Catalogue | None = None) -> None:
        book = NameBook(known)
        chains = [
            [_words_of(need, book) for need in _needs(compile_query(parse_query(query, book.known)))]
            for query in queries
        ]
        self._first = None if not all(chains) else _Net(word for needs in chains for word in needs[0])
        few = len(chains) <= _FEW_QUERIES and any(len(needs) > 1 for needs in chains)
        # Of a single query the first need is looked for by then.
        begun = 1 if len(chains) == 1 else 0
        self._further = [[_Net(words) for words in needs[begun:]] for needs in chains] if few else []

    def through(self, text: bytes) -> bool:
        """Whether a text (UTF-8) must be read."""
        if self._first is None:
            return True
        if not self._first.catches(text):
            return False
        return not self._further or any(all(net.catches(text) for net in nets) for nets in self._further)


class _Net:
    """Catches the texts that may hold one of some words."""

    def __init__(self, words: Iterable[str]) -> None:
        patterns = {pattern for word in words if (pattern := any_writing(word)) is not None}
        self._catches_all = "" in patterns
        each = sorted(patterns)
        parts = [each[at : at + _WORDS_AT_ONCE] for at in range(0, len(each) or 1, _WORDS_AT_ONCE)]
        self._words = [_pattern(*part, odd_letters()) for part in parts]
        self._words_or_marks = [_pattern(*part, odd_letters(), marks()) for part in parts]

    def catches(self, text: bytes) -> bool:
        """Whether a text may hold one. Marks are taken away from those alone that have some."""
        if self._catches_all:
            return True
        if not _found(self._words_or_marks, text):
            return False
        return not _any_mark().search(text) or _found(self._words, without_marks(text.decode()).encode())


def _found(patterns: Iterable[Any], text: bytes) -> bool:
    return any(pattern.search(text) for pattern in patterns)


@lru_cache(maxsize=1)
def _any_mark() -> Any:
    return _pattern(marks())


def _pattern(*parts: str) -> Any:
    """What finds one of the parts."""
    options = re2.Options()
    options.max_mem, options.never_capture, options.log_errors = _MEMORY, True, False
    made = re2.compile("|".join(parts).encode(), options)
    re2.purge()  # it would keep the last 128, with all that they have learned
    return made


def _needs(plan: Plan) -> list[Cover]:
    """Anchors, of each of which one stands in every article that the plan finds: what is likely to be rarest first.
    None where nothing can be said."""
    found = sorted(_covers(plan), key=lambda each: each.price)
    return found[:_MOST_NEEDS]


def _covers(plan: Plan) -> Iterator[Cover]:
    match plan:
        case Every(parts):
            for part in parts:
                yield from _covers(part)
        case Seek(Chain(first, links), fields):
            for term in (first, *(link.term for link in links)):
                yield from _covers(Seek(term, fields, ()))
        case Seek(Words(steps)) if not all(step.prefix for step in steps):
            yield from (Cover({step.key: None}, _cost(step.key)) for step in steps if not step.prefix)
        case _:
            if (found := cover(plan, _cost)) is not None:
                yield found


def _words_of(need: Cover, book: NameBook) -> list[str]:
    """Words of which one stands where an anchor does."""
    found: list[str] = []
    for anchor in need.guards:
        if anchor[0] == "@":
            found += _of_entity(anchor[1:], book)
        else:
            found.append(
                max(anchor.removeprefix("^").removeprefix("=").removesuffix("*").split(" "), key=len)
            )
    return found


def _of_entity(key: str, book: NameBook) -> Iterator[str]:
    """For each name the word of it that says most, in every form that answers to it."""
    book.add(key)
    for pattern in {id(each): each for patterns in book.names.values() for each in patterns}.values():
        if pattern.entity == key:
            yield from max(pattern.words, key=lambda forms: min(map(len, forms), default=0))


def _cost(anchor: str) -> float:
    """Long words are rare."""
    return 1 / (1 + max(map(len, anchor.strip("@^=*").split(" "))))
