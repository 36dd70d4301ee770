"""PURE. What may have been missed between two polls, and what of it a document brings back.

A poll that knows none of the entries it sees has a gap before it. The ways back (`worker.feeds.ways`) are asked
one after the other, a few documents at most.

most_missed(...)              -> "up to N entries"
missed(way, since, ...)       -> the entries that belong into the gap, and whether its far end was reached
next_step(filling, ...)       -> what to ask next, or how it ended
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from worker.feeds.ways import Came, DeadEnd, Led, Look, NotNow, Way
from worker.model import Entry, NewEntry

MOST_DOCUMENTS = 5
MOST_TRIES = 3
MOST_MISSED = 1000
_LATE = timedelta(hours=24)
"""How much older than the gap an entry's date may be: zones that are read wrong shift it by up to 14 hours."""


def most_missed(gap_s: float | None, since: datetime, until: datetime, entries: Sequence[Entry]) -> int:
    """How many entries may have slipped through between the poll at `since` and the one at `until`, which saw
    these. `gap_s` are the seconds between two entries as they usually come.

    Expected are as many as fit into the unseen stretch at the faster of two paces: the usual one, and that of
    the document itself, ten times what it shows at most. Chance may bring two standard deviations more.
    """
    dates = sorted(at for entry in entries if (at := entry.published or entry.updated) and at <= until)
    pace = 1 / gap_s if gap_s else 0.0
    if len(dates) > 1:
        unseen = max((dates[0] - since).total_seconds(), 0.0)
        shown_in = max((until - dates[0]).total_seconds(), unseen / 10, 1.0)
        expected = unseen * max(pace, len(dates) / shown_in)
    else:
        expected = max((until - since).total_seconds() * pace - len(entries), 0.0)
    return min(max(math.ceil(expected + 2 * math.sqrt(expected)), 1), MOST_MISSED)


def missed(
    way: Way, since: datetime, keyed: Sequence[NewEntry], known: Collection[str], sections: Collection[str]
) -> tuple[list[NewEntry], bool]:
    """The entries of a document that belong into the gap since then, and whether the document reaches to its
    far end. `known` are the keys of entries that were known before the gap; `sections` are the parts of the site
    (`section`) that the feed tells of: a sitemap knows them all."""
    old = [any(key in known for key in entry.keys) for entry in keyed]
    reached = any(old)
    ordered = way.kind != "sitemap"  # the newest stand first
    newer = old.index(True) if reached else len(keyed)
    found = []
    for place, entry in enumerate(keyed):
        before_known = ordered and place < newer and not _before(entry, since - _LATE)
        dated = (at := _date(entry)) is not None and at >= since
        if not old[place] and (
            before_known or (dated and (ordered or section(entry.entry.link) in sections))
        ):
            found.append(entry)
    far_end = since - _LATE if ordered else since
    return found, reached or any(_before(entry, far_end) for entry in keyed)


def section(link: str | None) -> str:
    """The part of its site that an article belongs to: host and first folder."""
    parts = urlsplit(link or "")
    folder, below, _ = parts.path.lstrip("/").partition("/")
    return (parts.hostname or "").removeprefix("www.") + "/" + (folder if below else "")


@dataclass(frozen=True, slots=True)
class Filling:
    """How far the filling of a gap has come. `state` is open, filled or unfillable; `tries` counts failures of the
    first way; `wait_s` until the next step."""

    ways: tuple[Way, ...]
    asked: int = 0
    tries: int = 0
    state: Literal["open", "filled", "unfillable"] = "open"
    reason: str | None = None
    wait_s: float = 0.0


def next_step(filling: Filling, looked: Look, *, found: int = 0, reached: bool = False) -> Filling:
    """What follows from a look at the first way: `found` entries that were missing, and whether the far end of the
    gap was reached."""
    asked, rest = filling.asked + 1, filling.ways[1:]
    match looked:
        case NotNow(reason) if (wait_s := again_in_s(filling.tries + 1)) is not None:
            return replace(filling, tries=filling.tries + 1, reason=reason, wait_s=wait_s)
        case NotNow(reason) | DeadEnd(reason):
            return _next(rest, asked, reason)
        case Led(ways):
            return _next((*ways, *rest), asked, None)
        case Came() if reached:
            return Filling((), asked, state="filled")
        case Came() if not found:  # the same entries again: its pages are no pages
            return _next(rest, asked, f"{filling.ways[0].name} brings nothing older")
        case Came(_, ways):
            return _next((*ways, *rest), asked, f"{filling.ways[0].name} does not reach back far enough")


def _next(ways: tuple[Way, ...], asked: int, reason: str | None) -> Filling:
    if not ways:
        return Filling((), asked, state="unfillable", reason=reason)
    if asked >= MOST_DOCUMENTS:
        reason = f"{MOST_DOCUMENTS} documents do not reach back far enough"
        return Filling((), asked, state="unfillable", reason=reason)
    return Filling(tuple(dict.fromkeys(ways)), asked, reason=reason)


def together(how: str | None, name: str) -> str:
    """The documents that brought entries back, in words: "page 2", "pages 2 to 4", "page 2 and the archive"."""
    if not how or how == name:
        return name
    pages = re.fullmatch(r"pages? (\d+)(?: to (\d+))?", how)
    if pages and name.startswith("page "):
        return f"pages {pages[1]} to {name.removeprefix('page ')}"
    return how if how.endswith(f"and {name}") else f"{how} and {name}"


def again_in_s(tries: int) -> float | None:
    """Seconds until a way that failed so many times is tried again; None: not any more."""
    return 60.0 * 5.0 ** (tries - 1) if tries < MOST_TRIES else None


def _before(entry: NewEntry, moment: datetime) -> bool:
    at = _date(entry)
    return at is not None and at < moment


def _date(entry: NewEntry) -> datetime | None:
    return entry.entry.published or entry.entry.updated
