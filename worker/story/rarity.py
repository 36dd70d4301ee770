"""How telling a term is: the rarer among recent stories, the more it says that two articles share it.

Stories are counted, not articles: else the event that everybody writes about would make its own terms common, and its
late articles would find it no more. What was counted decides as soon as there is enough of it; until then a guess by
the term's kind does. Both count together, the guess as if it came from `GUESSED` stories.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import log

from worker.match.entities import pack_files
from worker.match.entities.packs import entries
from worker.story.gazetteer import kinds
from worker.story.terms import is_fact

GUESSED = 200
LANGUAGE = "="
"""Marks, among a story's terms, the language it is told in: a word's share is that of the stories in its language."""

_SHARES = {"country": 0.06, "territory": 0.02, "organisation": 0.02, "person": 0.02}
_NAMED = 0.01
_CAPITAL = 0.04
"""Kyiv, Brussels and Washington stand for their governments in many articles about them."""
_SMALL, _NUMBER, _LARGE = 0.04, 0.005, 0.002
_WORD = 0.004


@dataclass(frozen=True, slots=True)
class Rarity:
    """What was counted: the share of recent stories (0 to 1) that hold each term, and how many stories there are."""

    shares: Mapping[str, float] = field(default_factory=dict)
    stories: float = 0.0
    _known: dict[str | None, dict[str, float]] = field(default_factory=dict, repr=False, compare=False)

    def expected(self, term: str) -> float:
        """How many stories hold the term, likely."""
        share = (self.stories * self.shares.get(term, 0.0) + GUESSED * guessed_share(term)) / (
            self.stories + GUESSED
        )
        return share * self.stories

    def telling(self, term: str, language: str | None) -> float:
        """The term's weight: the logarithm of one over its share."""
        language = None if is_fact(term) else language
        known = self._known.setdefault(language, {})
        if term not in known:
            known[term] = self._told(term, language)
        return known[term]

    def _told(self, term: str, language: str | None) -> float:
        among = (
            self.stories if is_fact(term) else self.stories * self.shares.get(f"{LANGUAGE}{language}", 0.0)
        )
        holding = self.stories * self.shares.get(term, 0.0) + GUESSED * guessed_share(term)
        return max(log((among + GUESSED) / holding), 0.0)

    def weigh(self, terms: Mapping[str, float], language: str | None) -> dict[str, float]:
        """An article's terms, each with what the article makes of it times how telling it is."""
        facts, words = self._known.get(None, {}), self._known.get(language, {})
        weights = {}
        for term, weight in terms.items():
            told = (facts if is_fact(term) else words).get(term)
            weights[term] = weight * (self.telling(term, language) if told is None else told)
        return weights


@lru_cache(maxsize=1 << 16)
def guessed_share(term: str) -> float:
    """The share of stories that such a term is likely to be in."""
    if term[0] == "@":
        return _CAPITAL if term[1:] in _capitals() else _SHARES.get(kinds().get(term[1:], ""), _NAMED)
    if term[0] != "#":
        return _WORD
    if "-" in term:
        return _NUMBER
    number = float(term[1:])
    if number.is_integer() and number < 100:
        return _SMALL
    return _LARGE if number >= 1_000 else _NUMBER


@lru_cache(maxsize=1)
def _capitals() -> frozenset[str]:
    return frozenset(key for key, _ in entries(dict(pack_files())["capitals.jsonl"], "capitals.jsonl"))
