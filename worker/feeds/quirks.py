"""What a feed makes up anew at each fetch, learned by watching it: parameters of its links, its guids, its dates.

An entry's keys leave out what says nothing, else every fetch would bring it under new ones for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from worker.feeds.canonical import folded_twin, is_tracking
from worker.links import web_link
from worker.model import Entry

_PAIRS_LEAST = 2
_FETCHES_IN_A_ROW = 3
"""A site that moves gives all its entries new guids once; one that counts fetches does so each time."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """Of one feed. `parameters` are names (small letters) whose values differ at each fetch; the others count fetches
    in a row at which every entry known otherwise came under a new guid, link or date."""

    parameters: frozenset[str] = frozenset()
    new_guids: int = 0
    new_links: int = 0
    new_dates: int = 0

    @property
    def guids_tell(self) -> bool:
        """Whether an entry keeps its guid."""
        return self.new_guids < _FETCHES_IN_A_ROW

    @property
    def links_tell(self) -> bool:
        """Whether an entry keeps its link."""
        return self.new_links < _FETCHES_IN_A_ROW

    @property
    def dates_tell(self) -> bool:
        """Whether an entry keeps its date; some feeds stamp all with the moment of the fetch."""
        return self.new_dates < _FETCHES_IN_A_ROW

    def remembered(self) -> dict[str, Any]:
        """The stored form, plain enough for a JSON column."""
        counts = {"new_guids": self.new_guids, "new_links": self.new_links, "new_dates": self.new_dates}
        names = {"parameters": sorted(self.parameters)} if self.parameters else {}
        return names | {name: count for name, count in counts.items() if count}


UNKNOWN = Quirks()


def recall_quirks(stored: Mapping[str, Any]) -> Quirks:
    """The quirks from their stored form; what is not understood there is learned afresh."""
    names = stored.get("parameters")
    counts = {name: stored.get(name) for name in ("new_guids", "new_links", "new_dates")}
    return Quirks(
        frozenset(name for name in names if isinstance(name, str))
        if isinstance(names, list)
        else frozenset(),
        **{name: count for name, count in counts.items() if isinstance(count, int) and count >= 0},
    )


def volatile_parameters(before: Iterable[Entry], after: Sequence[Entry]) -> frozenset[str]:
    """The names of the parameters that the feed fills anew at each fetch, seen by the same entries (by title) in two
    of its documents, whose links are the same but for these values.

    One pair proves nothing, and neither does a parameter without which the links of a document would no longer
    differ: that one is the article's number.
    """
    pairs = [pair for pair in _pairs(before, after) if pair[0].place == pair[1].place]
    changing: Counter[str] = Counter()
    steady: set[str] = set()
    for one, other in pairs:
        if one.values.keys() == other.values.keys():
            for name, value in one.values.items():
                if value == other.values[name]:
                    steady.add(name)
                else:
                    changing[name] += 1
    found = frozenset(
        name for name, times in changing.items() if times >= _PAIRS_LEAST and name not in steady
    )
    return found if found and _still_differ(after, found) else frozenset()


@dataclass(frozen=True, slots=True)
class _Link:
    place: str
    values: Mapping[str, str] = field(default_factory=dict)


def _pairs(before: Iterable[Entry], after: Iterable[Entry]) -> list[tuple[_Link, _Link]]:
    earlier, later = _by_title(before), _by_title(after)
    return [(earlier[title], link) for title, link in later.items() if title in earlier]


def _by_title(entries: Iterable[Entry]) -> dict[str, _Link]:
    """Each entry's link under its title, where no other entry has the same."""
    told = [(entry.title.casefold(), address) for entry in entries if (address := web_link(entry.link))]
    times = Counter(title for title, _ in told)
    return {title: _taken_apart(address) for title, address in told if title and times[title] == 1}


def _taken_apart(address: str) -> _Link:
    bare, _, query = address.partition("#")[0].partition("?")
    fields = [field.partition("=") for field in query.split("&") if field]
    return _Link(
        folded_twin(bare), {name.lower(): value for name, _, value in fields if not is_tracking(name)}
    )


def _still_differ(entries: Iterable[Entry], without: Collection[str]) -> bool:
    """Whether the links of a document tell as many entries apart without these parameters as with them."""
    links = {address for entry in entries if (address := web_link(entry.link)) and urlsplit(address).query}
    return len({folded_twin(link) for link in links}) == len(
        {folded_twin(link, frozenset(without)) for link in links}
    )
