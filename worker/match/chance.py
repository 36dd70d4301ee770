"""Could a topic match some part of a text? As far as its words tell, wherever they stand: no answer "no" is wrong.

Asked of a whole page before the article is taken out of it. What is taken off can bring words nearer, empty a title,
remove what a NOT forbids; it cannot add a word. So only words count that must be there; distances, fields, capitals,
filters and negations are taken to be in favour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from worker.match.compile import Enough, Every, Plan, Seek
from worker.match.namebook import Pattern


def may_hold(plan: Plan, keys: Set[str]) -> bool:
    """Whether a plan could hold in a text whose words answer to no other keys than these."""
    match plan:
        case Seek():
            return keys >= set(plan.needs)
        case Every(parts):
            return keys >= set(plan.needs) and all(may_hold(part, keys) for part in parts)
        case Enough(count, told, silent):
            named = [part for word, parts in told.items() if word in keys for part in parts]
            return sum(may_hold(part, keys) for part in (*named, *silent)) >= count
        case _:
            return True


def names_within(names: Mapping[str, Sequence[Pattern]], keys: Set[str]) -> Iterator[str]:
    """Those entities, by key, of whose names one has all its words there, in any language and any case."""
    for first in names.keys() & keys:
        for pattern in names[first]:
            if all(not keys.isdisjoint(answering) for answering in pattern.words):
                yield pattern.entity
