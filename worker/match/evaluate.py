"""Does a plan hold in an article, and where: the occurrences of every positive term of a true branch."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection
from itertools import chain
from typing import Any

from worker.match.compile import FIELDS, Enough, Every, Lacks, Plan, Seek, Single, Words
from worker.match.nodes import Filter
from worker.match.places import Place, marks
from worker.match.reading import Reading
from worker.model import Hit

MAX_HITS = 100
Hits = list[Hit] | None


def evaluate(plan: Plan, reading: Reading) -> tuple[Hit, ...] | None:
    """The hits, ordered as `in_order` says, or None where the plan does not hold."""
    found = _hits(plan, reading)
    return None if found is None else in_order(found)


def in_order(hits: Collection[Hit]) -> tuple[Hit, ...]:
    """Hits as every match lists them: title first, by start and end, none twice, the first 100."""
    if len(hits) == 1:
        return tuple(hits)
    ordered = sorted(set(hits))
    # A hit's natural order is by the name of its field, which puts the title last.
    title = bisect_left(ordered, ("title",))
    return tuple((ordered[title:] + ordered[:title])[:MAX_HITS])


def _hits(plan: Plan, reading: Reading) -> Hits:
    # By a table and not by `match`: this runs some 200 times an article, and class patterns took a third of it.
    return _HITS_OF[type(plan)](plan, reading)


def seek(sought: Seek, reading: Reading) -> list[Hit]:
    """Where a term stands, in any of its fields; for NEAR the places of its operands."""
    if not reading.keys.issuperset(sought.needs):
        return []
    term, fields = sought.term, sought.fields
    if type(term) is Single and fields is FIELDS:
        return reading.word(term.key)
    found: list[Hit] = []
    for field in fields:
        text = reading.fields[field]
        if not text.keys.issuperset(sought.needs):
            continue
        if type(term) is Words and term.slop == 0:
            found += text.hits_of_run(term.steps, term.open_end)
        else:
            found += map(text.hit, marks(term, Place(reading, field)))
    return found


def _seek(plan: Seek, reading: Reading) -> Hits:
    return seek(plan, reading) or None


def _filter(plan: Filter, reading: Reading) -> Hits:
    return [] if reading.says(plan) else None


def _lacks(plan: Lacks, reading: Reading) -> Hits:
    return [] if _hits(plan.part, reading) is None else None


def _every(plan: Every, reading: Reading) -> Hits:
    if not reading.keys.issuperset(plan.needs):
        return None
    found = []
    for part in plan.parts:
        hits = _hits(part, reading)
        if hits is None:
            return None
        found.append(hits)
    return list(chain.from_iterable(found))


def _enough(plan: Enough, reading: Reading) -> Hits:
    told, held = plan.told, []
    for word in told.keys() & reading.keys:
        held += [hits for part in told[word] if (hits := _hits(part, reading)) is not None]
    held += [hits for part in plan.silent if (hits := _hits(part, reading)) is not None]
    if len(held) < plan.count:
        return None
    return held[0] if len(held) == 1 else list(chain.from_iterable(held))


_HITS_OF: dict[type, Callable[[Any, Reading], Hits]] = {
    Seek: _seek,
    Filter: _filter,
    Lacks: _lacks,
    Every: _every,
    Enough: _enough,
}
