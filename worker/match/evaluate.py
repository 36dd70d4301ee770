"""Does a plan hold in an article, and where: the occurrences of every positive term of a true branch."""

from __future__ import annotations

from collections.abc import Iterable

from worker.match.compile import Enough, Every, Lacks, Plan, Seek
from worker.match.nodes import Filter
from worker.match.places import Place, marks
from worker.match.reading import Reading
from worker.model import Hit

MAX_HITS = 100


def evaluate(plan: Plan, reading: Reading) -> tuple[Hit, ...] | None:
    """The hits, ordered as `in_order` says, or None where the plan does not hold."""
    found = _hits(plan, reading)
    return None if found is None else in_order(found)


def in_order(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Hits as every match lists them: title first, by start and end, none twice, the first 100."""
    ordered = sorted(set(hits), key=lambda hit: (hit.field != "title", hit.start, hit.end))
    return tuple(ordered[:MAX_HITS])


def _hits(plan: Plan, reading: Reading) -> list[Hit] | None:
    match plan:
        case Seek():
            return seek(plan, reading) or None
        case Filter():
            return [] if reading.says(plan) else None
        case Lacks(part):
            return [] if _hits(part, reading) is None else None
        case Every(parts):
            return _hits_of_every(parts, reading)
        case Enough(count, parts):
            held = [hits for part in parts if (hits := _hits(part, reading)) is not None]
            return [hit for hits in held for hit in hits] if len(held) >= count else None


def _hits_of_every(parts: tuple[Plan, ...], reading: Reading) -> list[Hit] | None:
    found: list[Hit] = []
    for part in parts:
        hits = _hits(part, reading)
        if hits is None:
            return None
        found += hits
    return found


def seek(sought: Seek, reading: Reading) -> list[Hit]:
    """Where a term stands, in any of its fields; for NEAR the places of its operands."""
    return [
        Hit(field, span.start, span.end, reading.fields[field].written[span.start : span.end])
        for field in sought.fields
        for span in marks(sought.term, Place(reading, field))
    ]
