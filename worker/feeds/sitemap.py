"""Sitemaps: what a site published lately, in addresses. News sitemaps say titles and dates as well.

https://www.sitemaps.org/protocol.html,
https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap
"""

from __future__ import annotations

import heapq
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from lxml import etree

from worker.feeds import NotAFeed
from worker.feeds.dates import parse_date
from worker.feeds.stamps import standard_moment
from worker.feeds.told import Link, Told, ToldFeed
from worker.feeds.tree import split_name
from worker.links import web_link
from worker.model import Words

_DAY = re.compile(r"(?:199[5-9]|20\d\d)-\d\d-\d\d", re.ASCII)
_ADDRESSES_MOST = 50_000  # the protocol's own limit
_CHILDREN_MOST = 1000
_TAGS_MOST = 100
_UNDATED = datetime(1, 1, 1, tzinfo=UTC)
_PLAIN = "text/plain"


@dataclass(frozen=True, slots=True)
class ChildSitemap:
    """A sitemap that a list of sitemaps names, and when it last changed, where the list says so."""

    address: str
    changed: datetime | None = None


class ListOfSitemaps(NotAFeed):
    """A sitemap index instead of a feed; `children` are what it names, the likeliest source of news first."""

    def __init__(self, children: tuple[ChildSitemap, ...]) -> None:
        one = "the one it names," if len(children) == 1 else f"one of the {len(children)} it names, such as"
        super().__init__(
            f"this is a list of sitemaps, not a feed; give the address of {one} {children[0].address}"
        )
        self.children = children


def read_sitemap(document: bytes, url: str, entries_most: int) -> ToldFeed:
    """The sitemap as a feed: its latest addresses, latest first where there are more than so many.

    An entry of a plain sitemap has no title (its page has one) and the date of its last change. Raises
    `ListOfSitemaps` for a sitemap index, and `NotAFeed` for a sitemap that dates nothing: what is new in it could
    not be told from what is old.
    """
    latest = heapq.nlargest(entries_most + 1, _dated(document), key=lambda dated: dated[:2])
    if not latest:
        if children := child_sitemaps(document, url):
            raise ListOfSitemaps(children)
        raise NotAFeed("this is a sitemap without addresses; look for an RSS or Atom address on the site")
    if latest[0][0] == _UNDATED:
        raise NotAFeed(
            "this is a sitemap that does not say when its pages appeared, so it is no feed; look for a news "
            "sitemap (named in robots.txt) or for an RSS or Atom address on the site"
        )
    cut = len(latest) > entries_most
    kept = latest[:entries_most] if cut else sorted(latest, key=lambda dated: -dated[1])
    pages = [page for _, _, page in kept]
    return ToldFeed(
        format="news-sitemap" if any(page.title for page in pages) else "sitemap",
        about=_about(pages, url),
        entries=[_told(page) for page in pages],
        warnings=[f"only the latest {entries_most} addresses were read"] if cut else [],
    )


def child_sitemaps(document: bytes, url: str) -> tuple[ChildSitemap, ...]:
    """The sitemaps that a sitemap index names, those of news first, then those that changed last."""
    found: dict[str, ChildSitemap] = {}
    for element in _each(document, "sitemap"):
        texts = _texts(element)
        if (address := web_link(texts.get("loc"), url)) and len(found) < _CHILDREN_MOST:
            found[address] = ChildSitemap(address, _moment(texts.get("lastmod", "")))
    return tuple(
        sorted(
            found.values(),
            key=lambda child: ("news" in child.address, child.changed or _UNDATED),
            reverse=True,
        )
    )


@dataclass(frozen=True, slots=True)
class _Page:
    """An address of a sitemap with what is said about it, as written."""

    address: str
    changed: str = ""
    title: str = ""
    published: str = ""
    keywords: str = ""
    language: str = ""
    source: str = ""


def _dated(document: bytes) -> Iterator[tuple[datetime, int, _Page]]:
    """The pages with their dates and, since of two equals the first is meant, their negative places."""
    for place, element in enumerate(islice(_each(document, "url"), _ADDRESSES_MOST)):
        if page := _page(element):
            yield _moment(page.published) or _moment(page.changed) or _UNDATED, -place, page


def _each(document: bytes, name: str) -> Iterator[etree._Element]:
    """The elements of this name, one at a time: a tree of 50,000 of them would take 60 MB."""
    walk = etree.iterparse(
        io.BytesIO(document),
        events=("end",),
        tag=(f"{{*}}{name}", name),
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for _, element in walk:
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError:
        return  # what came before is good


def _page(element: etree._Element) -> _Page | None:
    texts = _texts(element)
    if not (address := texts.get("loc")):
        return None
    news = next((inner for inner in element if split_name(inner.tag)[1] == "news"), None)
    if news is None:
        return _Page(address, texts.get("lastmod", ""))
    told = _texts(news)
    paper = next((inner for inner in news if split_name(inner.tag)[1] == "publication"), None)
    source = _texts(paper) if paper is not None else {}
    return _Page(
        address,
        texts.get("lastmod", ""),
        title=told.get("title", ""),
        published=told.get("publication_date", ""),
        keywords=told.get("keywords", ""),
        language=source.get("language", "") or told.get("language", ""),
        source=source.get("name", "") or told.get("name", ""),
    )


def _texts(element: etree._Element) -> dict[str, str]:
    return {split_name(inner.tag)[1]: (inner.text or "").strip() for inner in element}


def _about(pages: list[_Page], url: str) -> Told:
    """What the pages have in common, for want of anything said about the sitemap itself."""
    languages = {page.language for page in pages if page.language}
    sources = {page.source for page in pages if page.source}
    return Told(
        words={"title": [Words(sources.pop(), _PLAIN)]} if len(sources) == 1 else {},
        texts={"language": languages.pop()} if len(languages) == 1 else {},
        links=[Link(url, "self")],
    )


def _told(page: _Page) -> Told:
    dates = {"published": page.published, "updated": page.changed}
    tags = [word.strip() for word in page.keywords.split(",")][:_TAGS_MOST]
    return Told(
        words={"title": [Words(page.title, _PLAIN)]} if page.title else {},
        texts={"id": page.address} | {slot: date for slot, date in dates.items() if date},
        links=[Link(page.address)],
        tags=[tag for tag in tags if tag],
    )


def _moment(written: str) -> datetime | None:
    """The moment of a date as sitemaps have it; a day alone is its midnight in UTC. Nothing or a mere day, which most
    say, is known at a glance: of 100,000 addresses the reader of all dates would take more than a second."""
    if not written:
        return None
    known = _midnight(written) if _DAY.fullmatch(written) else standard_moment(written)
    return known or parse_date(written)


def _midnight(day: str) -> datetime | None:
    try:
        return datetime.fromisoformat(day).replace(tzinfo=UTC)
    except ValueError:
        return None
