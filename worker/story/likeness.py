"""Do two articles have the same text? Do they tell of the same event? A value with its reasons.

What all languages share, things with a name and numbers, must speak for it: at least two of them, together telling,
and one of them rare. Within a language the words count as well, since two battles of one war name the same
ministers; where they agree closely, nothing needs to be rare. A wrong yes hides a story in another one's thread, a
wrong no costs one message more: where in doubt, no.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from worker.story.rarity import Rarity
from worker.story.sketch import TextPrint, contained, shared
from worker.story.terms import is_fact, is_number

SAME_SHARE = 0.5
"""Of the runs of words: as much as copies share that were edited, shuffled or wrapped."""
CUT_SHARE, CUT_CONTAINED = 0.2, 0.75
"""What a version cut to a part shares, and how much of it stands in the whole one."""
FEWEST_RUNS = 20
NUMBERS_AGREE, NUMBERS_CONTRADICT, FEWEST_NUMBERS = 0.5, 0.25, 3
"""Of the numbers in the article that has fewer, where it has some: two reports made by one template share the words
and not the numbers."""

ALIKE, ALIKE_ACROSS = 0.42, 0.42
WORDS_AGREE = 0.5
FEWEST_FACTS = 2
TELLING, OF_WORDS = 10.0, 0.33
"""What the shared terms must come to (two things that one story in 150 names each), and what a word counts of it."""
RARE = 4.5
"""A term that one story in 90 holds."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """All that is kept of an article for this: its text's print and its terms with their weight."""

    text: TextPrint
    terms: Mapping[str, float]
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two articles are (0 to 1), the terms that both have, facts and the weightiest first, and whether
    that makes them one event."""

    value: float
    shared: tuple[str, ...] = ()
    same: bool = False


def same_text(one: Sketch, other: Sketch) -> bool:
    """Whether one is a copy of the other: edited a little, cut, or with other things around it."""
    if min(one.text.runs, other.text.runs) < FEWEST_RUNS:
        return bool(one.text.runs) and one.text == other.text and _numbers(one) == _numbers(other)
    both = shared(one.text, other.text)
    alike = both >= SAME_SHARE or (both >= CUT_SHARE and contained(one.text, other.text) >= CUT_CONTAINED)
    return alike and _numbers_share(one, other) >= NUMBERS_AGREE


@dataclass(frozen=True, slots=True)
class Weighed:
    """A sketch with what its terms tell, ready to be compared with many: their weights, and the lengths (squared) of
    these as vectors, of its things and numbers alone and of all."""

    sketch: Sketch
    weights: Mapping[str, float]
    of_facts: float
    of_all: float


def weighed(sketch: Sketch, rarity: Rarity) -> Weighed:
    """The sketch weighed by how rare its terms are."""
    weights = rarity.weigh(sketch.terms, sketch.language)
    of_facts = sum(weight * weight for term, weight in weights.items() if is_fact(term))
    return Weighed(sketch, weights, of_facts, sum(weight * weight for weight in weights.values()))


def likeness(one: Sketch, other: Sketch, rarity: Rarity) -> Likeness:
    """How alike two articles are, by what they tell of."""
    return compared(weighed(one, rarity), weighed(other, rarity), rarity)


def compared(mine: Weighed, theirs: Weighed, rarity: Rarity) -> Likeness:
    """The same of two that are weighed already."""
    one, other = mine.sketch, theirs.sketch
    products = {
        term: weight * theirs.weights[term] for term, weight in mine.weights.items() if term in theirs.weights
    }
    if not products:
        return Likeness(0.0)
    facts = [term for term in products if is_fact(term)]
    both = sorted(products, key=lambda term: (not is_fact(term), -products[term], term))
    across = one.language != other.language
    of_facts = _cosine(sum(products[term] for term in facts), mine.of_facts, theirs.of_facts)
    of_all = _cosine(sum(products.values()), mine.of_all, theirs.of_all)
    telling = {term: rarity.telling(term, one.language) for term in both}
    same = (
        len(facts) >= FEWEST_FACTS
        and (any(telling[term] >= RARE for term in facts) or (not across and of_all >= WORDS_AGREE))
        and sum(telling[term] * (1 if is_fact(term) else OF_WORDS) for term in both) >= TELLING
        and _numbers_share(one, other) >= NUMBERS_CONTRADICT
    )
    value = of_facts if across else (of_facts + of_all) / 2
    return Likeness(value, tuple(both), same and value >= (ALIKE_ACROSS if across else ALIKE))


def may_be_same(one: Sketch, other: Sketch) -> bool:
    """Whether the two share things or numbers enough to be compared at all."""
    return sum(map(is_fact, one.terms.keys() & other.terms.keys())) >= FEWEST_FACTS


def _cosine(product: float, one: float, other: float) -> float:
    """Of the angle between two vectors, by their product and the squares of their lengths."""
    return product / sqrt(one * other) if product else 0.0


def _numbers(sketch: Sketch) -> set[str]:
    return {term for term in sketch.terms if is_number(term)}


def _numbers_share(one: Sketch, other: Sketch) -> float:
    """How many of the numbers of the article with fewer are in the other; 1 where there are too few to tell."""
    mine, theirs = _numbers(one), _numbers(other)
    fewer = min(len(mine), len(theirs))
    return 1.0 if fewer < FEWEST_NUMBERS else len(mine & theirs) / fewer
