"""How an entry is known again: the keys it goes by, any one of which makes it known.

An entry has up to three: its guid, its link, its title with its date. The text never counts: an edited article is the
same article. How they are weighed against each other, and what was decided where they disagree: docs/decisions/0013.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from urllib.parse import urlsplit

from worker.feeds.canonical import canonical_url, folded_twin, is_tracking
from worker.feeds.quirks import UNKNOWN, Quirks
from worker.feeds.texts import summary_of
from worker.links import web_link
from worker.model import Entry

__all__ = [
    "canonical_url",
    "document_keys",
    "entry_keys",
    "folded_twin",
    "is_guid_key",
    "is_link_key",
    "is_told_key",
]

_KEY_LONGEST = 64
_TITLE_LEAST = 8
"""Letters; "Editorial" and "第一面" come every day."""


def entry_keys(entry: Entry, feed_url: str, quirks: Quirks = UNKNOWN) -> tuple[str, ...]:
    """Every key under which this entry may be known in its feed, strongest first; never empty, each short.

    A link to the front page or to the feed itself is no key, or a feed that links nothing else would have a single
    entry. What the feed makes up at each fetch (`quirks`) is left out.
    """
    found = _keys(entry, feed_url, quirks)
    return tuple(dict.fromkeys(key for key in (found.guid, found.link, found.title) if key)) or (
        _title_key(entry, quirks),
    )


def document_keys(entries: Sequence[Entry], feed_url: str, quirks: Quirks = UNKNOWN) -> list[tuple[str, ...]]:
    """The keys of each entry of one document, in its order, as `entry_keys` gives them, but for what its neighbours
    show to say nothing; () for an entry that repeats an earlier one.

    A guid that stands at entries with other links and other titles is none (every item of some feeds is "0"), a link
    at entries with other guids and titles is a page that lists them, and a title with its date at entries with other
    links or guids is a rubric.
    """
    keys = [_keys(entry, feed_url, quirks) for entry in entries]
    told = [(entry.title.casefold(), entry.published or entry.updated) for entry in entries]
    no_guids = _ambiguous(
        keys, lambda key: key.guid, lambda key, n: (key.link, told[n]) if key.link else None
    )
    no_links = _ambiguous(
        keys, lambda key: key.link, lambda key, n: (key.guid, told[n]) if key.guid else None
    )
    no_titles = _ambiguous(keys, lambda key: key.title, lambda key, _: (key.link or key.guid, ""))
    found: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for entry, key in zip(entries, keys, strict=True):
        kept = (
            None if key.guid in no_guids else key.guid,
            None if key.link in no_links else key.link,
            None if key.title in no_titles else key.title,
        )
        own = tuple(dict.fromkeys(each for each in kept if each)) or (_whole_key(entry, feed_url, quirks),)
        found.append(own if seen.isdisjoint(own) else ())
        seen.update(own)
    return found


def is_guid_key(key: str) -> bool:
    """Whether a key is a guid that is no address."""
    return key.startswith(("guid:", "guid#"))


def is_link_key(key: str) -> bool:
    """Whether a key is an address, whichever element it stood in."""
    return key.startswith(("link:", "link#"))


def is_told_key(key: str) -> bool:
    """Whether a key is a title with its date."""
    return key.startswith("told#")


@dataclass(frozen=True, slots=True)
class _Keys:
    guid: str | None
    link: str | None
    title: str | None


def _keys(entry: Entry, feed_url: str, quirks: Quirks) -> _Keys:
    return _Keys(
        _guid_key(entry, feed_url, quirks) if quirks.guids_tell else None,
        _link_key(entry, feed_url, quirks) if quirks.links_tell else None,
        _told_key(entry) if quirks.dates_tell else None,
    )


def _ambiguous(
    keys: Iterable[_Keys],
    of: Callable[[_Keys], str | None],
    meaning: Callable[[_Keys, int], tuple[Hashable, Hashable] | None],
) -> set[str]:
    """The keys of one kind that stand at entries which differ in both parts of what else is known of them; the second
    part does not count where it is empty."""
    firsts: dict[str, set[Hashable]] = defaultdict(set)
    seconds: dict[str, set[Hashable]] = defaultdict(set)
    for number, key in enumerate(keys):
        own, meant = of(key), meaning(key, number)
        if own and meant:
            firsts[own].add(meant[0])
            seconds[own].add(meant[1])
    return {
        own
        for own, seen in firsts.items()
        if len(seen) > 1 and (len(seconds[own]) > 1 or seconds[own] == {""})
    }


def _guid_key(entry: Entry, feed_url: str, quirks: Quirks) -> str | None:
    if not entry.id:
        return None
    if address := web_link(entry.id):
        return _address_key(address, _telling_fragment(address), feed_url, quirks)
    return _short("guid", entry.id)


def _link_key(entry: Entry, feed_url: str, quirks: Quirks) -> str | None:
    address = web_link(entry.link)
    if not address:
        return None
    fragment = _telling_fragment(address)
    anchored = fragment if fragment and (entry.id or "").endswith(fragment) else ""
    return _address_key(address, anchored, feed_url, quirks)


def _telling_fragment(address: str) -> str:
    """Live pages number their entries in the fragment; `#xtor=RSS-1` and the like tell nothing."""
    fragment = urlsplit(address).fragment
    return "" if is_tracking(fragment.partition("=")[0]) else fragment


def _address_key(address: str, fragment: str, feed_url: str, quirks: Quirks) -> str | None:
    """An address without its scheme and its dress: sites that move to https or drop their `www.` keep their entries."""
    place = _place(address, quirks)
    front_page = place.partition("/")[2] == ""
    if not fragment and (
        front_page or place == _place(web_link(feed_url) or "https://none.invalid/", quirks)
    ):
        return None
    return _short("link", f"{place}#{fragment}" if fragment else place)


def _place(address: str, quirks: Quirks) -> str:
    return folded_twin(address, quirks.parameters).partition("://")[2]


def _told_key(entry: Entry) -> str | None:
    """Title and date together, where both tell enough. A date without a clock time, which may be the day alone, is
    the day's: then the link has to agree too, but for its parameters."""
    moment = entry.published or entry.updated
    if moment is None or sum(map(str.isalnum, entry.title)) < _TITLE_LEAST:
        return None
    may_be_a_day = moment.second == 0 and moment.minute % 15 == 0
    place = folded_twin((entry.link or "").partition("?")[0]) if may_be_a_day else ""
    return _short("told", f"{entry.title.casefold()}\n{moment.isoformat()}\n{place}", hashed=True)


def _title_key(entry: Entry, quirks: Quirks) -> str:
    """For entries with neither guid nor link; without title and date only the summary is left to tell."""
    told = f"{entry.title}\n{entry.published.isoformat() if entry.published and quirks.dates_tell else ''}"
    return _short("title", told if told != "\n" else f"\n\n{summary_of(entry)}", hashed=True)


def _whole_key(entry: Entry, feed_url: str, quirks: Quirks) -> str:
    """For entries of which no single part tells; all of them together."""
    keys = _keys(entry, feed_url, quirks)
    if not (keys.guid or keys.link):
        return _title_key(entry, quirks)
    return _short("whole", f"{keys.guid}\n{keys.link}\n{entry.title}", hashed=True)


def _short(kind: str, text: str, *, hashed: bool = False) -> str:
    if not hashed and len(text) <= _KEY_LONGEST - len(kind) - 1 and text.isprintable():
        return f"{kind}:{text}"
    return f"{kind}#{blake2b(text.encode('utf-8', 'replace'), digest_size=16).hexdigest()}"
