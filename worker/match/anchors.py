"""What an article must hold for a plan to have a chance: the anchors that a topic is filed under.

Every article that matches holds at least one anchor of the plan's cover, and the cover is the cheapest that can be
had. An anchor is a text:

    kyiv         a word that answers to this key          ^kyiv        such a word in the title
    joko widodo  two or three words side by side          perang*      a word that begins so
    @nato        an entity                                =NATO        a part of an exact term, folded

With an anchor goes a guard where there is one: words of which one must be in the article as well. It is looked at
before the topic is evaluated; of a hundred topics filed under a common word it sends most home.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from worker.match.compile import (
    Chain,
    Either,
    Enough,
    Entity,
    Every,
    Plan,
    Seek,
    Single,
    Step,
    Term,
    Verbatim,
    Words,
)
from worker.match.reading import exact_parts

Cost = Callable[[str], float]
Guard = frozenset[str] | None

RARE: Final = 0.002
"""A word in fewer articles than this is anchor enough; a commoner one is filed with its neighbour in the phrase."""


class Cover:
    """Anchors of which at least one is in every article that matches, each with its guard; and how many of them an
    article is likely to bring."""

    __slots__ = ("guards", "price")

    def __init__(self, guards: Mapping[str, Guard], price: float) -> None:
        self.guards, self.price = guards, price


def cover(plan: Plan, cost: Cost) -> Cover | None:
    """The cheapest cover of a plan; None where none need be (the language refuses such queries)."""
    match plan:
        case Seek():
            found = _of_term(plan.term, cost)
            return _in_title(found, cost) if plan.fields == ("title",) else found
        case Every():
            return _of_every([cover(part, cost) for part in plan.parts], cost)
        case Enough():
            return _of_enough([cover(part, cost) for part in plan.parts], plan.count)
        case _:
            return None


def _of_term(term: Term, cost: Cost) -> Cover:
    match term:
        case Single():
            return Cover({term.key: None}, cost(term.key))
        case Words():
            return _of_words(term.steps, term.slop, cost)
        case Verbatim():
            return _cheapest((f"={part}" for part in exact_parts(term.text)), cost)
        case Entity():
            return Cover({f"@{term.key}": None}, cost(f"@{term.key}"))
        case Either():
            return _joined([_of_term(one, cost) for one in term.terms])
        case Chain():
            operands = [term.first, *(link.term for link in term.links)]
            return _of_every([_of_term(one, cost) for one in operands], cost) or Cover({}, 0)


def _cheapest(anchors: Iterable[str], cost: Cost) -> Cover:
    price, anchor = min((cost(anchor), anchor) for anchor in anchors)
    return Cover({anchor: None}, price)


def _of_words(steps: tuple[Step, ...], slop: int, cost: Cost) -> Cover:
    """The rarest word of a phrase, with its neighbours if it is not rare enough; another word guards."""
    priced = sorted({(cost(step.key), step.key) for step in steps if not step.prefix})
    if not priced:
        return _cheapest((f"{step.key}*" for step in steps), cost)
    price, anchor = priced[0]
    if price <= RARE or slop:
        return Cover({anchor: frozenset((priced[1][1],)) if len(priced) > 1 else None}, price)
    return _of_groups(steps, priced, cost)


def _of_groups(steps: tuple[Step, ...], priced: Sequence[tuple[float, str]], cost: Cost) -> Cover:
    """The rarest three words of a phrase side by side, or two, or the one where there are no more."""
    price, anchor = priced[0]
    for size in (2, 3):
        groups = _groups_of(steps, size) if price > RARE else []
        if groups:
            price, anchor = min((cost(group), group) for group in groups)
    among = anchor.split(" ")
    return Cover({anchor: next((frozenset((key,)) for _, key in priced if key not in among), None)}, price)


def _groups_of(steps: tuple[Step, ...], size: int) -> list[str]:
    """The runs of so many whole words in a phrase."""
    runs = (steps[at : at + size] for at in range(len(steps) - size + 1))
    return [" ".join(step.key for step in run) for run in runs if not any(step.prefix for step in run)]


def _in_title(found: Cover, cost: Cost) -> Cover:
    """The same anchors where they are words, but looked for among the title's words."""
    anchors = {
        f"^{word}" if (word := _rarest_word(anchor, cost)) else anchor: guard
        for anchor, guard in found.guards.items()
    }
    # Two anchors may have become one, whose guards must not be lost: better none.
    guards = anchors if len(anchors) == len(found.guards) else dict.fromkeys(anchors)
    return Cover(guards, sum(map(cost, guards)))


def _joined(covers: Sequence[Cover]) -> Cover:
    """One of several is enough. An anchor that stands in two of them keeps a guard only if both have one."""
    joined: dict[str, Guard] = {}
    for found in covers:
        for anchor, guard in found.guards.items():
            other = joined.get(anchor, guard)
            joined[anchor] = guard | other if guard and other else None
    return Cover(joined, sum(found.price for found in covers))


def _of_every(covers: Iterable[Cover | None], cost: Cost) -> Cover | None:
    """The cheapest of the parts; the second cheapest that can be checked by its words guards it."""
    known = _by_price(covers)
    if len(known) < 2:
        return known[0] if known else None
    guard = next((words for found in known[1:] if (words := _guarding(found, cost))), None)
    cheapest = known[0]
    return Cover({anchor: own or guard for anchor, own in cheapest.guards.items()}, cheapest.price)


def _of_enough(covers: Sequence[Cover | None], count: int) -> Cover | None:
    """Of n parts k must hold, so one of any n - k + 1 holds: the cheapest of those that have anchors."""
    known, needed = _by_price(covers), len(covers) - count + 1
    return _joined(known[:needed]) if len(known) >= needed else None


def _by_price(covers: Iterable[Cover | None]) -> list[Cover]:
    return sorted((found for found in covers if found is not None), key=lambda found: found.price)


def _guarding(found: Cover, cost: Cost) -> Guard:
    """Words of which one is in every article that holds an anchor of these; None where only words cannot say."""
    words = [_rarest_word(anchor, cost) for anchor in found.guards]
    return frozenset(filter(None, words)) if all(words) else None


def _rarest_word(anchor: str, cost: Cost) -> str | None:
    """Of the words that are there with an anchor the rarest, itself if it is one."""
    return anchor if anchor.isalnum() else min(words_in(anchor), key=cost, default=None)


def words_in(anchor: str) -> list[str]:
    """The words that stand in an article which holds this anchor, as far as they are known."""
    if anchor[0] in "@=" or anchor[-1] == "*":
        return []
    return anchor.removeprefix("^").split(" ")
