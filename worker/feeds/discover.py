"""From a site's page to its feeds: what the page declares, what it links, what its software and custom make likely.

Pure: these functions say which addresses to try, in which order; `worker/discovery.py` tries them.
https://www.rssboard.org/rss-autodiscovery, https://blog.whatwg.org/feed-autodiscovery
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from worker.feeds.canonical import folded_twin
from worker.links import web_link

_KINDS = frozenset(
    ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
)
_LOOSE_KINDS = frozenset(
    ("text/xml", "application/xml", "application/json", "text/rss+xml", "application/rss")
)
_MOST_BYTES = 1024 * 1024
_LINKED_MOST = 6
_COMMENTS = re.compile(r"comment|komentar|коммент|коментар|kommentar|komment|wfwcommentrss", re.IGNORECASE)
_SIDE = re.compile(r"podcast|newsletter|/(?:tag|author|penulis|search|user|profile)/|[?&]s=", re.IGNORECASE)
_FEED_PATH = re.compile(
    r"(?:^|/)(?:feeds?|rss2?|atom|rdf)(?:/|\.xml|\.php|\.aspx?|\.json|$)|/index\.(?:xml|rdf)$|\.(?:rss|rdf|atom)$|"
    r"(?:^|/)[\w-]*(?:rss|feed)[\w-]*\.(?:xml|php|json)$",
    re.IGNORECASE,
)
_FEED_HOST = re.compile(r"(?:rss|feeds?)\d?\.", re.IGNORECASE)
_ARTICLE_PATH = re.compile(r"/\d{4}/\d{1,2}/|/\d{5,}|[^/]+-[^/]+-[^/]+-[^/]+/?$")
_GENERATORS = (
    ("wordpress", ("/feed/",)),
    ("ghost", ("/rss/",)),
    ("drupal", ("/rss.xml",)),
    ("joomla", ("/?format=feed&type=rss",)),
    ("blogger", ("/feeds/posts/default",)),
    ("hugo", ("/index.xml",)),
    ("jekyll", ("/feed.xml",)),
    ("eleventy", ("/feed.xml",)),
    ("gatsby", ("/rss.xml",)),
    ("substack", ("/feed",)),
    ("medium", ("/feed",)),
    ("squarespace", ("/?format=rss",)),
    ("wix.com", ("/blog-feed.xml",)),
    ("discourse", ("/latest.rss",)),
    ("typo3", ("/rss.xml", "/feed.rss")),
    ("tilda", ("/rss.xml",)),
    ("bitrix", ("/rss/",)),
)
_USUAL = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json")
_NEWS_SITEMAPS = ("/sitemap-news.xml", "/news-sitemap.xml")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a feed may be, and why we think so: declared, linked, software, usual or sitemap."""

    address: str
    why: str


def is_page(body: bytes) -> bool:
    """Whether this is an HTML page, in which feeds may be named."""
    return re.search(rb"<(?:!doctype\s+html|html|head|body)\b", body[:65_536], re.IGNORECASE) is not None


def looks_like_a_feed(url: str) -> bool:
    """Whether an address says of itself that it is a feed's: then no other is looked for in its place."""
    parts = urlsplit(url)
    return bool(_FEED_PATH.search(parts.path)) or "feed=" in parts.query or "format=rss" in parts.query


def find_feeds(page: bytes, url: str) -> list[str]:
    """The addresses of the feeds that an HTML page declares, the likeliest to be meant first: the site's own before
    other hosts', a section's on the section's page, last those of comments and of a single article."""
    return _declared(_tree(page), url)


def places(page: bytes, url: str) -> list[Place]:
    """All that is worth trying for a page, the surest first, each once: its declared feeds, links that look like
    feeds, what its software has, the usual places of this folder and of the site, its news sitemap."""
    tree = _tree(page)
    sure = [Place(address, "declared") for address in _declared(tree, url)]
    linked = [Place(address, "linked") for address in _linked(tree, url)]
    software = [Place(address, "software") for address in _resolved(_by_generator(tree, page), url)]
    usual = [Place(address, "usual") for address in _resolved(_by_custom(url), url)]
    sitemaps = [Place(address, "sitemap") for address in _resolved(_NEWS_SITEMAPS, url)]
    found: dict[str, Place] = {}
    for place in (*sure, *linked, *software, *usual, *sitemaps):
        found.setdefault(place.address, place)
    found.pop(url, None)
    return list(found.values())


def _tree(page: bytes) -> LexborHTMLParser:
    return LexborHTMLParser(page[:_MOST_BYTES])


def _base(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    return (web_link(node.attributes.get("href"), url) if node else None) or url


def _declared(tree: LexborHTMLParser, url: str) -> list[str]:
    base = _base(tree, url)
    found: dict[str, str] = {}
    for node in tree.css("link[rel][href]"):
        address = web_link(node.attributes.get("href"), base)
        if address and _is_declaration(node, address):
            found.setdefault(address, node.attributes.get("title") or "")
    return sorted(found, key=lambda address: _preference(address, found[address], url))


def _is_declaration(node: LexborNode, address: str) -> bool:
    rel = (node.attributes.get("rel") or "").lower().split()
    kind = (node.attributes.get("type") or "").partition(";")[0].strip().lower()
    if "alternate" in rel and kind in _KINDS:
        return True
    looks = looks_like_a_feed(address)
    return looks and (("alternate" in rel and kind in _LOOSE_KINDS) or "feed" in rel)


def _preference(address: str, title: str, url: str) -> tuple[bool, bool, bool, bool, bool]:
    """Sorts the feed that is meant before the others; the page's own order decides between equals."""
    here, there = urlsplit(folded_twin(url)), urlsplit(folded_twin(address))
    own_path = here.path.rstrip("/")
    below = bool(own_path) and there.path.startswith(own_path + "/")
    return (
        bool(_COMMENTS.search(f"{there.path} {there.query} {title}")),
        below and bool(_ARTICLE_PATH.search(here.path)),
        not _same_house(here.hostname or "", there.hostname or ""),
        bool(_SIDE.search(f"{address} {title}")),
        bool(own_path) and not below,
    )


def _same_house(one: str, other: str) -> bool:
    return one == other or one.endswith("." + other) or other.endswith("." + one)


def _linked(tree: LexborHTMLParser, url: str) -> list[str]:
    """Links to what looks like a feed: many sites forget to declare theirs, but link it from the footer."""
    base, here = _base(tree, url), urlsplit(folded_twin(url)).hostname or ""
    found: dict[str, None] = {}
    for node in tree.css("a[href]"):
        address = web_link(node.attributes.get("href"), base)
        named = (node.attributes.get("type") or "").lower() in _KINDS
        if address and (named or _may_be_its_feed(address, here)):
            found[address.partition("#")[0]] = None
    return sorted(found, key=lambda address: _preference(address, "", url))[:_LINKED_MOST]


def _may_be_its_feed(address: str, here: str) -> bool:
    if _FEED_HOST.match(urlsplit(address).hostname or ""):
        return True
    return looks_like_a_feed(address) and _same_house(here, urlsplit(folded_twin(address)).hostname or "")


def _by_generator(tree: LexborHTMLParser, page: bytes) -> Iterator[str]:
    generators = " ".join(
        (node.attributes.get("content") or "").lower()
        for node in tree.css("meta[name]")
        if (node.attributes.get("name") or "").lower() == "generator"
    )
    if tree.css_first('link[rel="https://api.w.org/"]') or b"/wp-content/" in page[:_MOST_BYTES]:
        generators += " wordpress"
    for software, paths in _GENERATORS:
        if software in generators:
            yield from paths


def _by_custom(url: str) -> Iterator[str]:
    folder = urlsplit(url).path.rstrip("/")
    if folder and "." not in folder.rpartition("/")[2] and not _ARTICLE_PATH.search(folder):
        yield from (f"{folder}/feed", f"{folder}/rss")
    yield from _USUAL


def _resolved(paths: Iterable[str], url: str) -> list[str]:
    return [address for path in paths if (address := web_link(path, url))]
