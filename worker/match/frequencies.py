"""How many articles hold a word: what decides under which of its words a topic is filed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Final

from worker.match.anchors import words_in

# An entity is about as rare as a word of eight letters, a beginning ten times as common as the word.
_ENTITY: Final = 2.0**-8
_BEGINNING: Final = 10.0
# A neighbour that must stand beside it makes a word ten times rarer, the title twenty times.
_NEIGHBOUR: Final = 0.1
_TITLE: Final = 0.05
_LONG: Final = 16
_GUESSES: Final = [2.0**-length for length in range(_LONG + 1)]


class Frequencies:
    """Counted over some recent articles; what none of them held is guessed from its length, the longer the rarer
    (Zipf). They decide speed, never results."""

    def __init__(self) -> None:
        self._articles = 0
        self._holding: Counter[str] = Counter()

    def learn(self, keys: Collection[str]) -> None:
        """Count one article by the keys of its words."""
        self._articles += 1
        self._holding.update(keys)

    def cost(self, anchor: str) -> float:
        """The share of articles that an anchor is likely to be in (more than 1 for a common beginning)."""
        if anchor.isalnum():
            return self._share(anchor)
        if anchor[0] == "@":
            return _ENTITY
        if anchor[0] == "=":
            return self._share(anchor[1:])
        if anchor[-1] == "*":
            return self._share(anchor[:-1]) * _BEGINNING
        found = min(map(self._share, words_in(anchor)))
        if anchor[0] == "^":
            return found * _TITLE
        return float(found * _NEIGHBOUR ** anchor.count(" "))

    def _share(self, key: str) -> float:
        guess = _GUESSES[len(key) if len(key) < _LONG else _LONG]
        if not self._articles:
            return guess
        # A word that none of n articles held is likely to be in fewer than one of n.
        return (self._holding.get(key, 0) + guess) / (self._articles + 1)
