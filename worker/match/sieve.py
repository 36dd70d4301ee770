"""Which of many articles could a query match at all? By letters alone, some twenty times quicker than reading them.

A query needs one of the words of its cover (`anchors`), so an article that matches holds the letters of one. Letters
are evened out (one byte for each, without case and accents), a few of every word's are looked for in many texts at
once, and where they stand the word is compared in full. No answer "no" is wrong; a "yes" says only that the article
must be read.

A text that may hold the letters of a word (`leads`) and one that cannot be evened out by itself (marks, ligatures,
what is invisible) is always a "yes".
Loads numpy, so only who looks through an archive does this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from worker.match.anchors import Cover, cover
from worker.match.compile import Chain, Every, Plan, Seek, Words, compile_query
from worker.match.entities import Catalogue
from worker.match.evened import END, GRAM, ODD, PARTS, Evened, evened_word, evenly, plainly
from worker.match.leads import Leads
from worker.match.namebook import NameBook
from worker.match.query import parse_query

_FEW_GRAMS = 14
"""So many are sooner compared one by one than looked up in a table."""
_FEW_QUERIES, _MOST_NEEDS = 4, 6
"""Of so few queries all that an article needs is looked for, of more the rarest alone."""
_TABLE_BITS = 16
_SPREAD = np.uint32(0x9E3779B1)


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

    def through(self, texts: Sequence[bytes]) -> list[bool]:
        """For each text (UTF-8) whether it must be read."""
        if self._first is None or not texts:
            return [True] * len(texts)
        kept = self._first.caught(texts)
        if self._further and kept.any():
            left = np.flatnonzero(kept)
            some = [texts[at] for at in left.tolist()]
            kept[left] = np.logical_or.reduce([_caught_by_all(nets, some) for nets in self._further])
        return cast("list[bool]", kept.tolist())


class _Net:
    """Catches the texts that may hold one of some words."""

    def __init__(self, words: Iterable[str]) -> None:
        known = set(map(evened_word, words))
        # Where a text holds a word with an odd letter, it is caught for that.
        plain = {word for word in known if ODD not in word.letters}
        self._catches_all = any(not word.letters or PARTS in word.letters for word in plain)
        self._short = [word for word in plain if len(word.letters) < GRAM]
        self._by_gram = _filed([word for word in plain if len(word.letters) >= GRAM])
        self._grams = [np.uint32(int.from_bytes(gram, "little")) for gram in self._by_gram]
        self._table = _table(self._by_gram) if len(self._grams) > _FEW_GRAMS else None
        self._leads = Leads(known)

    def caught(self, texts: Sequence[bytes]) -> NDArray[np.bool_]:
        """For each text whether it may hold one. Those of ASCII are evened out five times as quickly by themselves."""
        kept = np.full(len(texts), self._catches_all)
        if not self._catches_all:
            led = [at for at, text in enumerate(texts) if self._leads.begin_in(text)]
            for plain in (True, False):
                some = [at for at in led if texts[at].isascii() is plain]
                if some:
                    evened = plainly if plain else evenly
                    kept[some] = self._among(_Heap(*evened([texts[at] for at in some])), len(some))
        return kept

    def _among(self, heap: _Heap, texts: int) -> NDArray[np.bool_]:
        if len(heap.ends) != texts:
            return np.ones(texts, bool)
        kept = np.zeros(texts, bool)
        if ODD in heap.letters:
            kept[heap.owners(heap.places(bytes([ODD])))] = True
        for word in self._short:
            kept[heap.owners(heap.places(*word))] = True
        if self._by_gram:
            self._compare(heap, kept)
        return kept

    def _compare(self, heap: _Heap, kept: NDArray[np.bool_]) -> None:
        """Keeps the texts in which a longer word stands."""
        letters, places = heap.letters, self._places(heap)
        for place, owner in zip(places.tolist(), heap.owners(places).tolist(), strict=True):
            if not kept[owner]:
                words = self._by_gram.get(letters[place : place + GRAM], ())
                kept[owner] = any(heap.holds(word, place - before) for before, word in words)

    def _places(self, heap: _Heap) -> NDArray[np.intp]:
        """Where one of the grams may stand."""
        if len(self._grams) == 1:
            return heap.places(*self._by_gram)
        windows = np.ndarray(len(heap.letters) - GRAM + 1, np.uint32, heap.letters, strides=(1,))
        if self._table is not None:
            return np.flatnonzero(self._table.take((windows * _SPREAD) >> np.uint32(32 - _TABLE_BITS)))
        # Where numbers begin at every fourth byte they are compared three times as quickly.
        windows = windows.copy()
        found = windows == self._grams[0]
        for gram in self._grams[1:]:
            found |= windows == gram
        return _where(found)


def _caught_by_all(nets: Sequence[_Net], texts: Sequence[bytes]) -> NDArray[np.bool_]:
    """Which of the texts each net catches."""
    kept = np.ones(len(texts), bool)
    for net in nets:
        left = np.flatnonzero(kept)
        if left.size:
            kept[left] = net.caught([texts[at] for at in left.tolist()])
    return kept


class _Heap:
    """Many texts evened out as one. `blocks` are asked for by words beyond ASCII alone."""

    def __init__(self, letters: bytes, blocks: Callable[[], bytes]) -> None:
        self.letters = letters
        self._numbers = np.frombuffer(letters, np.uint8)
        self.ends = np.flatnonzero(self._numbers == END)
        self._make_blocks = blocks

    @cached_property
    def _blocks(self) -> bytes:
        return self._make_blocks()

    def owners(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """Which text each place is in."""
        return np.searchsorted(self.ends, places)

    def places(self, letters: bytes, blocks: bytes = b"") -> NDArray[np.intp]:
        """Where a few letters stand."""
        last = len(self._numbers) - len(letters) + 1
        found = self._numbers[:last] == letters[0]
        for at, letter in enumerate(letters[1:], 1):
            found &= self._numbers[at : last + at] == letter
        places = _where(found)
        for at, block in enumerate(blocks if any(blocks) else b""):
            places = places[np.frombuffer(self._blocks, np.uint8)[places + at] == block]
        return places

    def holds(self, word: Evened, place: int) -> bool:
        """Whether a word stands at this place."""
        if place < 0 or not self.letters.startswith(word.letters, place):
            return False
        return not any(word.blocks) or self._blocks.startswith(word.blocks, place)


def _where(found: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The places that are marked; mostly there are none, which is seen ten times as quickly."""
    return np.flatnonzero(found) if found.any() else np.zeros(0, np.intp)


def _filed(words: Sequence[Evened]) -> Mapping[bytes, Sequence[tuple[int, Evened]]]:
    """The words by a few letters of theirs, with how many stand before these: letters that many of them share, so
    that there are few to look for."""
    shared = Counter(gram for word in words for gram in set(_grams(word.letters)))
    filed: dict[bytes, list[tuple[int, Evened]]] = {}
    for word in words:
        before, gram = max(enumerate(_grams(word.letters)), key=lambda each: (shared[each[1]], each))
        filed.setdefault(gram, []).append((before, word))
    return filed


def _grams(letters: bytes) -> list[bytes]:
    return [letters[at : at + GRAM] for at in range(len(letters) - GRAM + 1)]


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


def _table(grams: Iterable[bytes]) -> NDArray[np.bool_]:
    """Marked where a gram falls."""
    table = np.zeros(1 << _TABLE_BITS, bool)
    for gram in grams:
        number = int.from_bytes(gram, "little")
        table[(number * int(_SPREAD) & 0xFFFFFFFF) >> (32 - _TABLE_BITS)] = True
    return table
