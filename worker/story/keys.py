"""By which of its terms an article is found again, and by which it looks for others."""

from __future__ import annotations

from collections.abc import Mapping

from worker.story.rarity import Rarity, guessed_share
from worker.story.terms import is_fact

MOST_FACTS, MOST_WORDS = 20, 16
COMMON = 0.05
"""A term guessed to be in more stories than this finds everything, and so nothing."""
MOST_FOUND = 50
"""Stories that the terms looked for may bring together; those that share most are read and compared."""
FEWEST_ASKED = 3


def keys_of(terms: Mapping[str, float]) -> list[str]:
    """The terms under which an article is filed: its things and numbers, and its weightiest words."""
    facts = [term for term in terms if is_fact(term) and guessed_share(term) <= COMMON]
    words = sorted((term for term in terms if not is_fact(term)), key=lambda term: (-terms[term], term))
    return facts[:MOST_FACTS] + words[:MOST_WORDS]


def asked_of(terms: Mapping[str, float], rarity: Rarity) -> list[str]:
    """The terms by which others are looked for: the rarest keys, as many as bring no more than `MOST_FOUND` stories."""
    expected = {term: rarity.expected(term) for term in keys_of(terms)}
    asked: list[str] = []
    found = 0.0
    for term in sorted(expected, key=lambda term: (expected[term], term)):
        found += expected[term]
        if len(asked) >= FEWEST_ASKED and found > MOST_FOUND:
            break
        asked.append(term)
    return asked
