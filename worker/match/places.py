"""Where a term stands in one field of an article: words, phrases, exact terms, entities, NEAR of these."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from worker.match.compile import Chain, Either, Entity, Link, Single, Term, Verbatim, Words
from worker.match.reading import Reading
from worker.match.text import FieldText, Span
from worker.model import Field

# A text of one word repeated has, for NEAR/100 of that word, two hundred pairs at each place. Only chains of
# three operands and more need the pairs themselves; an honest text has a few hundred of them.
MAX_PAIRS: Final = 5_000
_LEAST_PAIRS: Final = 100


@dataclass(frozen=True, slots=True)
class Place:
    """One field of one article."""

    reading: Reading
    field: Field

    @property
    def text(self) -> FieldText:
        """The field's words."""
        return self.reading.fields[self.field]


def spans(term: Term, place: Place) -> list[Span]:
    """The occurrences of a term, ascending; a chain's reach over all its operands."""
    match term:
        case Single(key):
            text = place.text
            return [text.span(at, at) for at in text.places.get(key, ()) if text.is_whole(at, at)]
        case Words():
            return _words(term, place.text)
        case Verbatim(wanted):
            return place.reading.verbatim(place.field).occurrences(wanted)
        case Entity(key):
            return list(place.reading.entity(key, place.field))
        case Either(terms):
            return sorted({span for one in terms for span in spans(one, place)})
        case Chain(first, links):
            reached, _ = _reach(first, links, place)
            return reached


def marks(term: Term, place: Place, within: Collection[Span] | None = None) -> list[Span]:
    """What to show of a term: its occurrences, for a chain those of its operands that are near one another.

    With `within` only what belongs to these of its spans.
    """
    match term:
        case Chain(first, links):
            return _chain_marks(first, links, place, within)
        case Either(terms):
            return [span for one in terms for span in marks(one, place, _own(one, place, within))]
        case _:
            return (
                spans(term, place)
                if within is None
                else [span for span in spans(term, place) if span in within]
            )


def _own(term: Term, place: Place, within: Collection[Span] | None) -> Collection[Span] | None:
    return None if within is None else set(within).intersection(spans(term, place))


# -- words -----------------------------------------------------------------------------------------------


def _words(term: Words, text: FieldText) -> list[Span]:
    if term.slop == 0:
        windows = [(first, first + len(term.steps) - 1) for first in text.runs(term.steps)]
    else:
        windows = _windows([text.positions(step.key, step.prefix) for step in term.steps], term.slop)
    return [text.span(*window) for window in windows if text.is_whole(*window, term.open_end)]


def _windows(positions: list[list[int]], slop: int) -> list[tuple[int, int]]:
    """The runs with all words in order and at most `slop` others between that hold no shorter such run."""
    if not all(positions):
        return []
    widest = len(positions) - 1 + slop
    shortest: dict[int, int] = {}
    for first in positions[0]:
        last = _earliest_end(first, positions)
        if last is None:
            break
        if last - first <= widest:
            # Starts ascend, so the last one seen for an end is the nearest to it.
            shortest[last] = first
    return [(first, last) for last, first in sorted(shortest.items())]


def _earliest_end(first: int, positions: list[list[int]]) -> int | None:
    at = first
    for found in positions[1:]:
        following = bisect_right(found, at)
        if following == len(found):
            return None
        at = found[following]
    return at


# -- NEAR ------------------------------------------------------------------------------------------------


class _Pair(NamedTuple):
    left: Span
    right: Span

    def joined(self) -> Span:
        left, right = self
        return Span(
            min(left.first, right.first),
            max(left.last, right.last),
            min(left.start, right.start),
            max(left.end, right.end),
        )


def _reach(first: Term, links: tuple[Link, ...], place: Place) -> tuple[list[Span], list[list[_Pair]]]:
    """The spans of a chain, and for each link the pairs it joined."""
    reached, joined = spans(first, place), []
    most = max(_LEAST_PAIRS, MAX_PAIRS // (len(links) or 1))
    for link in links:
        pairs = _pairs(reached, spans(link.term, place), link, most)
        joined.append(pairs)
        reached = sorted({pair.joined() for pair in pairs})
    return reached, joined


def _pairs(left: Sequence[Span], right: Sequence[Span], link: Link, most: int) -> list[_Pair]:
    by_last = sorted(right, key=lambda span: span.last)
    firsts, lasts = [span.first for span in right], [span.last for span in by_last]
    found: list[_Pair] = []
    for one in left:
        after = _between(firsts, one.last + 1, one.last + 1 + link.distance)
        found += [_Pair(one, right[at]) for at in after]
        if not link.ordered:
            before = _between(lasts, one.first - 1 - link.distance, one.first - 1)
            found += [_Pair(one, by_last[at]) for at in before]
        if len(found) >= most:
            return found[:most]
    return found


def _between(ascending: list[int], low: int, high: int) -> range:
    return range(bisect_left(ascending, low), bisect_right(ascending, high))


def _chain_marks(
    first: Term, links: tuple[Link, ...], place: Place, within: Collection[Span] | None
) -> list[Span]:
    """The occurrences of each operand that belong to a whole chain, traced back from its last link."""
    if within is None:
        *earlier, last = links
        reached, joined = _reach(first, tuple(earlier), place)
        used, partners = _partners(reached, spans(last.term, place), last)
        shown = marks(last.term, place, partners)
    else:
        earlier, used, shown = list(links), set(within), []
        _, joined = _reach(first, links, place)
    for link, pairs in zip(reversed(earlier), reversed(joined), strict=True):
        kept = [pair for pair in pairs if pair.joined() in used]
        shown += marks(link.term, place, {pair.right for pair in kept})
        used = {pair.left for pair in kept}
    return shown + marks(first, place, used)


def _partners(left: Sequence[Span], right: Sequence[Span], link: Link) -> tuple[set[Span], set[Span]]:
    """The spans on either side that have somebody near on the other; no pairs need be made for that."""
    forward, reach = (1, 1 + link.distance), not link.ordered
    starts, ends = _sorted_edges(right)
    lefts = {
        one
        for one in left
        if _between(starts, one.last + forward[0], one.last + forward[1])
        or (reach and _between(ends, one.first - forward[1], one.first - forward[0]))
    }
    starts, ends = _sorted_edges(left)
    rights = {
        one
        for one in right
        if _between(ends, one.first - forward[1], one.first - forward[0])
        or (reach and _between(starts, one.last + forward[0], one.last + forward[1]))
    }
    return lefts, rights


def _sorted_edges(found: Sequence[Span]) -> tuple[list[int], list[int]]:
    return sorted(span.first for span in found), sorted(span.last for span in found)
