"""Does a plan hold in an article, and where: the occurrences of every positive term of a true branch."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from itertools import chain
from typing import Final

from worker.match.compile import FIELDS, Enough, Every, Lacks, Plan, Seek, Single, Words
from worker.match.places import Place, marks
from worker.match.reading import Reading
from worker.model import Hit

MAX_HITS: Final = 100
Hits = Sequence[Hit] | None
"""A tuple is in order already, as `in_order` says; a list has yet to be."""


def evaluate(plan: Plan, reading: Reading) -> tuple[Hit, ...] | None:
    """The hits, ordered as `in_order` says, or None where the plan does not hold."""
    found = hits_of(plan, reading)
    return None if found is None else in_order(found)


def in_order(hits: Collection[Hit]) -> tuple[Hit, ...]:
    """Hits as every match lists them: title first, by start and end, none twice, the first 100."""
    if type(hits) is tuple:
        return hits[:MAX_HITS]
    ordered = sorted(set(hits))
    # A hit's natural order is by the name of its field, which puts the title last.
    title = bisect_left(ordered, ("title",))
    return tuple((ordered[title:] + ordered[:title])[:MAX_HITS])


def hits_of(plan: Plan, reading: Reading) -> Hits:
    """The hits, or None where the plan does not hold."""
    # Not by class patterns, which took a third of this: it runs some 150 times an article.
    if isinstance(plan, Seek):
        return seek(plan, reading) or None
    if isinstance(plan, Every):
        return _every(plan, reading)
    if isinstance(plan, Enough):
        return _enough(plan, reading)
    if isinstance(plan, Lacks):
        return () if hits_of(plan.part, reading) is None else None
    return () if reading.says(plan) else None


def seek(sought: Seek, reading: Reading) -> Sequence[Hit]:
    """Where a term stands, in any of its fields; for NEAR the places of its operands."""
    term, fields = sought.term, sought.fields
    if type(term) is Single and fields is FIELDS:
        return reading.word(term.key)
    if not reading.keys.issuperset(sought.needs):
        return ()
    if type(term) is Words and term.slop == 0:
        return reading.run(term.steps, term.open_end, fields)
    return [
        text.hit(span)
        for text in map(reading.fields.__getitem__, fields)
        if all(key in text.places for key in sought.needs)
        for span in marks(term, Place(reading, text.name))
    ]


def _every(plan: Every, reading: Reading) -> Hits:
    keys = reading.keys
    for key in plan.needs:  # a loop: to `issuperset` a tuple is made a set first
        if key not in keys:
            return None
    found = []
    for part in plan.parts:
        hits = hits_of(part, reading)
        if hits is None:
            return None
        if hits:
            found.append(hits)
    return _joined(found)


def _enough(plan: Enough, reading: Reading) -> Hits:
    keys, held = reading.keys, []
    for word, parts in plan.told.items():
        if word in keys:
            held += [hits for part in parts if (hits := hits_of(part, reading)) is not None]
    held += [hits for part in plan.silent if (hits := hits_of(part, reading)) is not None]
    return None if len(held) < plan.count else _joined(held)


def _joined(found: Sequence[Sequence[Hit]]) -> Sequence[Hit]:
    return found[0] if len(found) == 1 else list(chain.from_iterable(found))
