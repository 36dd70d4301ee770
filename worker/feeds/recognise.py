"""Which entries of a document are new to its feed, and what the known ones teach about it.

keyed_entries(feed, document, …) -> every entry with its keys
sift(keyed, known)               -> the new ones; the keys to learn about the others
quirks_after(quirks, …)          -> what the feed makes up anew at each fetch
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from worker.feeds.canonical import folded_twin
from worker.feeds.dates import plausible
from worker.feeds.identity import document_keys, is_guid_key, is_link_key, is_told_key
from worker.feeds.quirks import Quirks, recall_quirks
from worker.links import web_link
from worker.model import DueFeed, Entry, EntryId, FeedDocument, KnownKey, NewEntry

_OTHER_TITLE = 0.5
"""Titles that share less of their pairs of letters are no corrections of one another: corrected ones share 0.8 and
more, unrelated ones of one language up to 0.4."""
_NUMBER = re.compile(r"\d{4,}")


class Sifted(NamedTuple):
    """`learned` are keys that are new about known entries; None owns those of entries forgotten since."""

    new: list[NewEntry]
    learned: list[tuple[str, EntryId | None]]


def keyed_entries(
    feed: DueFeed, document: FeedDocument, now: datetime, quirks: Quirks | None = None
) -> list[NewEntry]:
    """Every entry of the document with all its keys; one that repeats another is left out. The feed's quirks are those
    that are remembered, unless others are given."""
    quirks = recall_quirks(feed.quirks) if quirks is None else quirks
    told = [_dated(entry, now) for entry in document.entries]
    return [
        NewEntry(entry, keys, feed.first_poll and _was_there_before(entry, feed.created_at))
        for entry, keys in zip(told, document_keys(told, feed.url, quirks), strict=True)
        if keys
    ]


def _dated(entry: Entry, now: datetime) -> Entry:
    """The entry without a date that lies too far ahead to be true."""
    return replace(entry, published=plausible(entry.published, now), updated=plausible(entry.updated, now))


def _was_there_before(entry: Entry, added: datetime) -> bool:
    """Whether an entry of the first poll was in the feed when the user added it; one without a date was."""
    published = entry.published or entry.updated
    return published is None or published < added


def sift(keyed: Iterable[NewEntry], known: Mapping[str, KnownKey]) -> Sifted:
    """The entries that none of their keys makes known; and for known ones, the keys that are new about them.

    A guid alone does not make an entry known whose link, title and date are all another article's: some feeds number
    their places, not their articles. The new entry takes the guid over.
    """
    new: list[NewEntry] = []
    learned: list[tuple[str, EntryId | None]] = []
    for entry in keyed:
        if _is_new(entry, known):
            new.append(entry)
        else:
            owner = _owner(entry, known)
            learned += [(key, owner) for key in entry.keys if key not in known]
    return Sifted(new, learned)


def _is_new(entry: NewEntry, known: Mapping[str, KnownKey]) -> bool:
    met = [key for key in entry.keys if key in known]
    return not met or (all(map(is_guid_key, met)) and _is_another(entry.entry, known[met[0]]))


def told_again(keyed: Iterable[NewEntry], known: Mapping[str, KnownKey]) -> dict[EntryId, Entry]:
    """What the feed says now of the entries that are known and still there."""
    owners = ((_owner(entry, known), entry) for entry in keyed if not _is_new(entry, known))
    return {owner: entry.entry for owner, entry in owners if owner is not None}


def _owner(entry: NewEntry, known: Mapping[str, KnownKey]) -> EntryId | None:
    """The entry that most of these keys belong to; where they disagree one by one, not the guid's, which may have been
    given to several."""
    met = sorted((key for key in entry.keys if key in known), key=is_guid_key)
    owners = [owner for key in met if (owner := known[key].entry) is not None]
    return max(owners, key=owners.count, default=None)


def quirks_after(quirks: Quirks, keyed: Sequence[NewEntry], known: Mapping[str, KnownKey]) -> Quirks:
    """What this fetch adds to the feed's quirks: did every known entry come under another guid, link
    or date?"""

    def counted(so_far: int, tells: bool, is_kind: Callable[[str], bool]) -> int:
        return _fetches(so_far, keyed, known, is_kind) if tells else so_far

    return replace(
        quirks,
        new_guids=counted(quirks.new_guids, quirks.guids_tell, is_guid_key),
        new_links=counted(quirks.new_links, quirks.links_tell, is_link_key),
        new_dates=counted(quirks.new_dates, quirks.dates_tell, is_told_key),
    )


def _fetches(
    so_far: int, keyed: Iterable[NewEntry], known: Mapping[str, KnownKey], is_kind: Callable[[str], bool]
) -> int:
    """How many fetches in a row all known entries have come under new keys of this kind."""
    told = [
        any(key in known for key in own)
        for entry in keyed
        if any(key in known for key in entry.keys) and (own := [key for key in entry.keys if is_kind(key)])
    ]
    if not told:
        return so_far
    return 0 if any(told) else so_far + 1


def parameters_in_doubt(keyed: Iterable[NewEntry], known: Mapping[str, KnownKey]) -> list[Entry]:
    """The entries under links never seen before that may be old ones, their links made up anew; none where that
    cannot be."""
    found = [
        each.entry
        for each in keyed
        if urlsplit(web_link(each.entry.link) or "").query
        and not any(key in known for key in each.keys if is_link_key(key))
    ]
    return found if len(found) > 1 else []


def _is_another(entry: Entry, known: KnownKey) -> bool:
    """Whether an entry that shares its guid with a known one is another article nevertheless. A corrected title often
    brings a new link, so the title, the link's numbers and the date all have to be others."""
    here, there = web_link(entry.link), web_link(known.link)
    if not (here and there and known.title) or folded_twin(here) == folded_twin(there):
        return False
    published = entry.published or entry.updated
    same_date = published is not None and published == known.published
    same_number = bool(set(_NUMBER.findall(here)) & set(_NUMBER.findall(there)))
    return not same_date and not same_number and _likeness(entry.title, known.title) < _OTHER_TITLE


def _likeness(one: str, other: str) -> float:
    """How many of their pairs of letters two titles share, 0 to 1 (Dice): for scripts with and without blanks."""
    here, there = (
        {text[n : n + 2] for n in range(len(text) - 1)} for text in (one.casefold(), other.casefold())
    )
    return 2 * len(here & there) / (len(here) + len(there)) if here and there else float(one == other)
