"""PURE. What may have been missed between two polls, and where it might still be found.

A poll that knows none of the entries it sees has a gap before it. The way back leads over older pages of the
feed (RFC 5005, or what its software is known to offer) and the site's news sitemap, a few documents at most.

most_missed(...)             -> "up to N entries"
ways_back(document, url)     -> the documents to ask, in their order
look(way, answer, read)      -> Came | Led | DeadEnd | NotNow
missed(way, since, ...)      -> the entries that belong into the gap, and whether its far end was reached
next_step(filling, ...)     -> what to ask next, or how it ended
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import unescape
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from worker.errors import BadInput
from worker.links import web_link
from worker.model import Entry, FeedDocument, NewEntry
from worker.wire import Failure, Reply

MOST_DOCUMENTS = 5
MOST_TRIES = 3
MOST_MISSED = 1000
_MOST_SITEMAPS = 3
_LATE = timedelta(hours=24)
"""How much older than the gap an entry's date may be: zones that are read wrong shift it by up to 14 hours."""
# Google reads 500 KiB (https://developers.google.com/search/docs/crawling-indexing/robots/robots_txt)
_MOST_ROBOTS = 512 * 1024
_MOST_INDEX = 1024 * 1024
_INDEX = re.compile(rb"<(?:\w{1,20}:)?sitemapindex\b")
_INDEXED = re.compile(rb"<(?:\w{1,20}:)?loc\b[^<>]{0,200}>([^<]{1,4096})<")
_NAMED = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S{1,4096})", re.IGNORECASE | re.MULTILINE)

Kind = Literal[
    "page",  # the next page, as the document links it
    "archive",  # the document's archive
    "wordpress",  # ?paged=2 and so on: every WordPress offers it and none links it
    "blogger",  # ?start-index=26 and so on
    "robots",  # names the sitemaps
    "sitemap",
]


@dataclass(frozen=True, slots=True)
class Way:
    """A document that may hold what was missed; `page` counts the feed itself as the first."""

    kind: Kind
    url: str
    page: int = 1

    @property
    def name(self) -> str:
        """As people are told: "page 2", "the archive", "the news sitemap"."""
        match self.kind:
            case "archive":
                return "the archive"
            case "sitemap":
                return "the news sitemap"
            case "robots":
                return "robots.txt"
        return f"page {self.page}"


@dataclass(frozen=True, slots=True)
class Came:
    """A document with entries, and where it leads on."""

    document: FeedDocument
    onward: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class Led:
    """No entries, but where to look for them."""

    onward: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """Nothing to be had there."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """Nothing yet: worth another try."""

    reason: str


Look = Came | Led | DeadEnd | NotNow
Read = Callable[[bytes, str, str], FeedDocument]


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


def ways_back(document: FeedDocument, url: str) -> tuple[Way, ...]:
    """Where a feed's older entries may be had, the likeliest first. `url` is the feed's."""
    return (
        *_older(document, Way("page", url)),
        *_archive(document),
        Way("robots", urljoin(url, "/robots.txt")),
    )


def look(way: Way, answer: Reply | Failure, read: Read) -> Look:
    """What the answer for a way means. `read` reads a feed or a sitemap, and raises BadInput for anything else."""
    match answer:
        case Failure("blocked" | "bad_url" | "redirects" | "too_large", detail):
            return DeadEnd(detail)
        case Failure(reason, detail):
            return NotNow(f"{reason}: {detail}")
        case Reply(status=status) if status in (408, 425, 429) or status >= 500:
            return NotNow(f"the server answered {status}")
        case Reply(status=status) if not 200 <= status < 300:
            return DeadEnd(f"the server answered {status}")
    if way.kind == "robots":
        return _named_sitemaps(way, answer)
    if way.kind == "sitemap" and (inner := _inner_sitemaps(way, answer)):
        return Led(inner)
    try:
        document = read(answer.body, answer.url, answer.headers.get("content-type", ""))
    except BadInput as error:
        return DeadEnd(str(error))
    onward = () if way.kind == "sitemap" else (*_older(document, way), *_archive(document))
    return Came(document, tuple(each for each in onward if each.url != way.url))


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


def _older(document: FeedDocument, way: Way) -> tuple[Way, ...]:
    """The page after this one."""
    page, trail = way.page + 1, document.trail
    if trail.older:
        return (Way("page", trail.older, page),)
    if trail.archive:
        return ()
    generator = trail.generator.lower()
    path = urlsplit(way.url).path.rstrip("/")
    if way.kind == "wordpress" or "wordpress" in generator or (not generator and path.endswith("/feed")):
        return (Way("wordpress", _with(way.url, "paged", str(page)), page),)
    if way.kind == "blogger" or generator == "blogger":
        told = dict(parse_qsl(urlsplit(way.url).query)).get("start-index", "")
        first = int(told) if re.fullmatch(r"[0-9]{1,6}", told) else 1
        return (Way("blogger", _with(way.url, "start-index", str(first + len(document.entries))), page),)
    return ()


def _archive(document: FeedDocument) -> tuple[Way, ...]:
    return (Way("archive", document.trail.archive),) if document.trail.archive else ()


def _with(url: str, name: str, value: str) -> str:
    parts = urlsplit(url)
    others = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    return parts._replace(query=urlencode([*others, (name, value)]), fragment="").geturl()


def _named_sitemaps(way: Way, robots: Reply) -> Look:
    """The sitemaps that robots.txt names (https://www.sitemaps.org/protocol.html#submit_robots)."""
    written = _NAMED.findall(robots.body[:_MOST_ROBOTS].decode("utf-8", "replace"))
    ways = _sitemaps(written, way.url)
    return Led(ways) if ways else DeadEnd("robots.txt names no news sitemap")


def _inner_sitemaps(way: Way, index: Reply) -> tuple[Way, ...]:
    """The sitemaps that a sitemap index names."""
    if not _INDEX.search(index.body[:4096]):
        return ()
    written = _INDEXED.findall(index.body[:_MOST_INDEX])
    return _sitemaps((unescape(each.decode("utf-8", "replace")) for each in written), way.url)


def _sitemaps(written: Iterable[str], base: str) -> tuple[Way, ...]:
    """Those for news: a sitemap of everything is large, and has neither titles nor dates to trust."""
    addresses = [address for each in written if (address := web_link(each, base))]
    news = [address for address in addresses if "news" in urlsplit(address).path.lower()]
    chosen = news or (addresses if len(addresses) == 1 else [])
    return tuple(Way("sitemap", address) for address in dict.fromkeys(chosen))[:_MOST_SITEMAPS]
