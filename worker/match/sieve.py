"""Which of many articles could a query match at all? By letters alone, some thirty times quicker than reading them.

A query needs one of the words of its cover (`anchors`), so an article that matches holds the letters of one, in
whatever writing (`writings`). RE2 looks for all of them at once. No answer "no" is wrong; a "yes" says only that the
article must be read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any, NamedTuple, TypeVar

import re2

from worker.match.anchors import Cover, cover
from worker.match.compile import Chain, Enough, Every, Plan, Seek, Single, Words, compile_query
from worker.match.cut import without_addresses
from worker.match.entities import Catalogue
from worker.match.namebook import NameBook
from worker.match.query import parse_query
from worker.match.writings import (
    Sought,
    any_writing,
    marks,
    odd_letters,
    side_by_side,
    standing_alone,
    stands_alone,
    without_joints,
    without_marks,
)

Item = TypeVar("Item", str, Sought)

_FEW_QUERIES, _MOST_NEEDS = 4, 6
"""Of so few queries all that an article needs is looked for, of more the rarest alone."""
_WORDS_AT_ONCE = 1000
_RANKS = 3
"""So many words of a name are looked for, one after the other: organisations have the longest of theirs in common."""
SOMEWHERE = -1
"""In a text that had to be changed before it could be looked at, or of which nothing can be said."""
_GAP = b"\n\n"
_ADDRESS = "://|[wW][wW][wW][.]"
_MEMORY = 64 << 20
"""Bytes that a pattern of so many words may take; where they do not suffice RE2 becomes slow, but not wrong."""


class Sieve:
    """Lets through the texts that one of the queries may match. Raises BadQuery as `parse_query` does."""

    def __init__(self, queries: Iterable[str], known: Catalogue | None = None) -> None:
        book = NameBook(known)
        plans = [compile_query(parse_query(query, book.known)) for query in queries]
        chains = [[words for need in _needs(plan) for words in _words_of(need, book)] for plan in plans]
        self._first = None if not all(chains) else _FirstNet(word for needs in chains for word in needs[0])
        # Of a single query the first need is looked for by then.
        begun = 1 if len(plans) == 1 else 0
        further: list[list[_Net | _RowNet]] = []
        if len(plans) <= _FEW_QUERIES:
            further = [
                [*map(_Net, needs[begun:]), *map(_RowNet, _rows(plan))]
                for needs, plan in zip(chains, plans, strict=True)
            ]
        # Of several queries that need one thing each the first net has told all there is.
        self._further = further if any(len(nets) > 1 - begun for nets in further) else []

    def through(self, texts: Sequence[bytes]) -> list[bool]:
        """Which of the texts (UTF-8) must be read. Many at once spare a call of RE2 for each."""
        return [place is not None for place in self.places(texts)]

    def places(self, texts: Sequence[bytes]) -> list[int | None]:
        """For each text a byte within the first word for which it must be read, or SOMEWHERE; None where no query can
        match it."""
        if self._first is None:
            return [SOMEWHERE] * len(texts)
        caught = {at: place for at, place, text in self._first.caught(texts) if self._may_match(text)}
        return [caught.get(at) for at in range(len(texts))]

    def _may_match(self, text: _Clear) -> bool:
        return not self._further or any(all(net.holds(text) for net in nets) for nets in self._further)


class _Clear(NamedTuple):
    """A text without addresses: for words that stand alone without marks that go with letters, and for others without
    any."""

    joined: bytes
    bare: bytes

    @classmethod
    def of(cls, text: bytes) -> _Clear:
        """Of a text that is not clear as it is."""
        written = without_addresses(text.decode())
        return cls(without_joints(written).encode(), without_marks(written).encode())


class _Net:
    """Holds the texts that may have one of some words, of those that are none in the middle of others only where they
    stand alone. Each of its patterns is made when it is first needed: the first of 200 names in all their forms takes
    85 MB."""

    def __init__(self, words: Iterable[Sought]) -> None:
        self._patterns = {word: found for word in set(words) if (found := any_writing(word)) is not None}
        self._holds_all = "" in self._patterns.values()

    @cached_property
    def _alone(self) -> list[Any]:
        return [_pattern(*each) for each in self._each()]

    @cached_property
    def _amid(self) -> list[Any]:
        amid = {pattern for word, pattern in self._patterns.items() if not stands_alone(word.key)}
        return [_pattern(*some) for some in _parts(amid) if some]

    def _each(self) -> Iterator[list[str]]:
        for some in _parts(self._patterns):
            yield [*_alone(some, self._patterns), odd_letters()]

    def holds(self, text: _Clear) -> bool:
        """Whether a text may have one."""
        if self._holds_all or _found(self._alone, text.joined):
            return True
        return text.bare is not text.joined and _found(self._amid, text.bare)


class _RowNet:
    """Holds the texts that may have one of some rows of words, side by side: the words of a phrase stand in more texts
    than it."""

    def __init__(self, rows: Sequence[Sequence[Sought]]) -> None:
        self._rows = rows

    @cached_property
    def _patterns(self) -> list[Any]:
        rows = [([any_writing(word) for word in row], row[-1].open_end) for row in self._rows]
        # A word without a pattern has an odd letter, and so have the texts that hold it.
        alone = [
            side_by_side(list(filter(None, words)), open_end=goes_on) for words, goes_on in rows if all(words)
        ]
        return [_pattern(*some, odd_letters()) for some in _parts(alone)]

    def holds(self, text: _Clear) -> bool:
        """Whether a text may have one."""
        return _found(self._patterns, text.joined)


class _FirstNet(_Net):
    """What all texts pass, many at once, and most of them RE2 once."""

    @cached_property
    def _unless_clear(self) -> list[Any]:
        return [_pattern(*each, marks(), _ADDRESS) for each in self._each()]

    @cached_property
    def _letters(self) -> list[Any]:
        letters = {any_writing(Sought(word.key)) or "" for word in self._patterns}
        return [_pattern(*some, odd_letters(), marks()) for some in _parts(letters)]

    def caught(self, texts: Sequence[bytes]) -> Iterator[tuple[int, int, _Clear]]:
        """Those of the texts that may have one, as their number, the place of the first one, and what is clear of
        them."""
        seen = dict.fromkeys(range(len(texts)), SOMEWHERE) if self._holds_all else self._seen_in(texts)
        for at, place in sorted(seen.items()):
            if (text := self._clear(texts[at])) is not None:
                yield at, place if text.joined is texts[at] else SOMEWHERE, text

    def _seen_in(self, texts: Sequence[bytes]) -> dict[int, int]:
        ends = [end - len(_GAP) for end in accumulate(len(text) + len(_GAP) for text in texts)]
        joined = _GAP.join(texts)
        return {
            at: place - (ends[at] - len(texts[at]))
            for pattern in self._unless_clear
            for at, place in _holding(pattern, joined, ends)
        }

    def _clear(self, text: bytes) -> _Clear | None:
        """What is clear of it; None where it was caught for a mark or an address alone."""
        if not _unclear().search(text):
            return _Clear(text, text)
        if not _found(self._letters, text):
            return None
        clear = _Clear.of(text)
        return clear if self.holds(clear) else None


def _holding(pattern: Any, joined: bytes, ends: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The numbers of those texts, joined by gaps and with these ends, in which a pattern is found, and where."""
    begin = 0
    while found := pattern.search(joined, begin):
        at = bisect_right(ends, found.start())
        # A letter beside the word may be part of what was found, its middle is not.
        yield at, (found.start() + found.end()) // 2
        begin = ends[at] + 1  # what stands alone may take the second half of the gap along


def _parts(each: Collection[Item]) -> Iterator[list[Item]]:
    """What one pattern takes at a time; an empty part where there is nothing else."""
    found = sorted(each)
    for at in range(0, len(found) or 1, _WORDS_AT_ONCE):
        yield found[at : at + _WORDS_AT_ONCE]


def _alone(words: Collection[Sought], patterns: Mapping[Sought, str]) -> Iterator[str]:
    """The patterns of words, of those that stand alone in one."""
    alone = {word: patterns[word] for word in words if stands_alone(word.key)}
    yield from (patterns[word] for word in words if word not in alone)
    if alone:
        whole = [pattern for word, pattern in alone.items() if not word.open_end]
        yield standing_alone(whole, [pattern for word, pattern in alone.items() if word.open_end])


def _found(patterns: Iterable[Any], text: bytes) -> bool:
    return any(pattern.search(text) for pattern in patterns)


@lru_cache(maxsize=1)
def _unclear() -> Any:
    return _pattern(marks(), _ADDRESS)


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


def _rows(plan: Plan) -> Iterator[list[Sequence[Sought]]]:
    """The phrases that a text must hold, for each OR of words and phrases all of them: one must stand there."""
    match plan:
        case Every(parts):
            for part in parts:
                yield from _rows(part)
        case Seek() | Enough(count=1):
            rows = [_row_of(part) for part in (plan.parts if isinstance(plan, Enough) else (plan,))]
            if all(rows) and any(len(row) > 1 for row in rows):
                yield rows
        case _:
            pass


def _row_of(plan: Plan) -> Sequence[Sought]:
    """The words of a term side by side; none where it is another, or where they need not stand alone."""
    match plan:
        case Seek(Single(key)):
            row = [Sought(key)]
        case Seek(Words(steps, slop=0)) if not any(step.prefix for step in steps[:-1]):
            row = [Sought(step.key, open_end=step.prefix) for step in steps]
        case _:
            return ()
    return row if all(stands_alone(word.key) and any_writing(word) != "" for word in row) else ()


def _words_of(need: Cover, book: NameBook) -> Iterator[set[Sought]]:
    """Words of which one stands where an anchor does: what says most of each, then what says second most."""
    rows = [row for anchor in need.guards for row in _rows_of(anchor, book)]
    said: set[Sought] = set()
    for rank in range(_RANKS):
        words = {word for row in rows for word in row[min(rank, len(row) - 1)]}
        if words != said:
            yield words
        said = words


def _rows_of(anchor: str, book: NameBook) -> Iterator[Sequence[Sequence[Sought]]]:
    """The words of an anchor, or of each name of an entity, each in all its forms; the longest first."""
    if anchor[0] == "@":
        yield from (sorted(words, key=_shortest, reverse=True) for words in _names_of(anchor[1:], book))
    else:
        key = anchor.removeprefix("^").removeprefix("=")
        words = [Sought(word.removesuffix("*"), open_end=word[-1] == "*") for word in key.split(" ")]
        yield [[word] for word in sorted(words, key=lambda word: len(word.key), reverse=True)]


def _names_of(key: str, book: NameBook) -> Iterator[list[list[Sought]]]:
    """The names of an entity, word by word."""
    book.add(key)
    for pattern in {id(each): each for patterns in book.names.values() for each in patterns}.values():
        if pattern.entity == key:
            capitals = [pattern.kind != "any" and case.has_capital for case in pattern.cases]
            yield [
                [Sought(form, capital) for form in forms]
                for forms, capital in zip(pattern.words, capitals, strict=True)
            ]


def _shortest(forms: Iterable[Sought]) -> int:
    return min((len(form.key) for form in forms), default=0)


def _cost(anchor: str) -> float:
    """Long words are rare."""
    return 1 / (1 + max(map(len, anchor.strip("@^=*").split(" "))))
