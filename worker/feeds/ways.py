"""PURE. Where a feed's older entries may be had: its older pages and its archive (RFC 5005, or what its software is
known to offer), and the site's news sitemap.

ways_back(document, url)     -> the documents to ask, in their order
look(way, answer, read)      -> Came | Led | DeadEnd | NotNow
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from worker.errors import BadInput
from worker.feeds.sitemap import ListOfSitemaps
from worker.links import web_link
from worker.model import FeedDocument
from worker.robots import is_for_news, read_rules
from worker.wire import Failure, Reply

_MOST_SITEMAPS = 3
# Google reads 500 KiB (https://developers.google.com/search/docs/crawling-indexing/robots/robots_txt)

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
    try:
        document = read(answer.body, answer.url, answer.headers.get("content-type", ""))
    except ListOfSitemaps as index:
        inner = _sitemaps([child.address for child in index.children], answer.url)
        return Led(inner) if inner else DeadEnd("the site names no news sitemap")
    except BadInput as error:
        return DeadEnd(str(error))
    onward = () if way.kind == "sitemap" else (*_older(document, way), *_archive(document))
    return Came(document, tuple(each for each in onward if each.url != way.url))


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
    ways = _sitemaps(read_rules(robots.body, way.url).sitemaps, way.url)
    return Led(ways) if ways else DeadEnd("robots.txt names no news sitemap")


def _sitemaps(written: Iterable[str], base: str) -> tuple[Way, ...]:
    """Those for news; the only one there is may be for news without saying so."""
    addresses = [address for each in written if (address := web_link(each, base))]
    news = [address for address in addresses if is_for_news(address)]
    chosen = news or (addresses if len(addresses) == 1 else [])
    return tuple(Way("sitemap", address) for address in dict.fromkeys(chosen))[:_MOST_SITEMAPS]
