"""PURE. What the read desk asks of a page beside its article: where it leads, whether it is worth reading first, and
which of its paragraphs the site repeats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from html import unescape
from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborHTMLParser

from worker.charset import charset_of, decode
from worker.links import web_link
from worker.model import Article, PageText
from worker.pages.extract import extract_page
from worker.plain import one_line

_CARRIERS = {
    "google": ("/url", ("url", "q")),
    "bing": ("/news/apiclick.aspx", ("url",)),
    "facebook": ("/l.php", ("u",)),
    "duckduckgo": ("/l/", ("uddg",)),
}
_REFRESH = re.compile(
    rb"<meta[^>]{0,200}http-equiv\s*=\s*[\"']?refresh[\"']?[^>]{0,200}?content\s*=\s*(?:\"([^\"]{1,4096})\"|'([^']{1,4096})')",
    re.IGNORECASE,
)
_REFRESH_TO = re.compile(r"\s*(\d{1,3})[\d.]*\s*[;,]\s*url\s*=\s*[\"']?([^\"']+)", re.IGNORECASE)
_REDIRECTOR_LONGEST, _REDIRECTOR_SECONDS = 64 * 1024, 5
_REL_NEXT = re.compile(
    rb"<(?:link|a)\b(?=[^>]{0,1000}\brel\s*=\s*[\"']?next\b)[^>]{0,1000}?\bhref\s*=\s*(?:\"([^\"]{1,4096})\"|'([^']{1,4096})')",
    re.IGNORECASE,
)
_SILENT_TAGS = ["script", "style", "template", "noscript"]
PAGES_MOST = 6
_BLOCK_LONGEST = 400  # a longer paragraph is somebody's prose
_BLOCKS_FIRST, _BLOCKS_LAST = 2, 10
_REPEATED_IN, _REPEATED_SHARE = 4, 0.1  # background that stands in some stories is no furniture


def target_of(url: str) -> str | None:
    """The address that an aggregator's link carries within itself; None where it carries none."""
    parts = urlsplit(url)
    name = _brand((parts.hostname or "").lower())
    for carrier, (path, fields) in _CARRIERS.items():
        if name == carrier and parts.path == path:
            values = parse_qs(parts.query)
            return next(
                (found for field in fields for found in map(web_link, values.get(field, ())) if found), None
            )
    return None


def _brand(host: str) -> str:
    """The name that a host has registered: google of www.google.co.id."""
    labels = host.split(".")
    registered = labels[:-2] if len(labels) > 2 and labels[-2] in ("co", "com") else labels[:-1]
    return registered[-1] if registered else ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that lies open, for every later look at it; `forward` is where one that is none sends its reader."""

    url: str
    tree: bytes
    content_type: str
    forward: str | None = None


def open_page(body: bytes, url: str = "", content_type: str = "") -> Page:
    """Opens a page that came from `url` with this content type."""
    return Page(url, body, content_type, _forward_of(body, url))


def whole_page(page: Page, title: str = "") -> Article:
    """Every word of a page, to be asked whether any topic may touch it. `title` is what the feed calls it."""
    tree = LexborHTMLParser(decode(page.tree, charset_of(page.content_type)).text)
    tree.strip_tags(_SILENT_TAGS)
    return Article(title=title, body=tree.text(separator=" ") if tree.root is not None else "")


def read_article(page: Page) -> PageText:
    """The article on an open page."""
    return extract_page(page.tree, url=page.url, content_type=page.content_type)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Addresses that a page gives for its own article: all of it on one page, and its next page."""

    whole: str | None = None
    next: str | None = None


def elsewhere(page: bytes, url: str, first: str = "", number: int = 2) -> Elsewhere:
    """Where the article goes on. `url` is the page's address, `first` that of its first page (empty: this is it), and
    `number` the page that is wanted next."""
    return Elsewhere(next=_next_page(page, url, first) if number <= PAGES_MOST else None)


def _next_page(body: bytes, url: str, first: str) -> str | None:
    """The address of the article's next page, on the same host and below or beside its first one."""
    found = _REL_NEXT.search(body)
    target = web_link(unescape((found[1] or found[2]).decode("utf-8", "replace")), url) if found else None
    if not target or target == url or urlsplit(target).netloc != urlsplit(url).netloc:
        return None
    stem = urlsplit(first or url).path.rstrip("/").removesuffix(".html")
    return target if stem and urlsplit(target).path.startswith(stem) else None


def _forward_of(body: bytes, url: str) -> str | None:
    """Where a page that is none sends its reader at once; None for a page that is one."""
    found = _REFRESH.search(body[:_REDIRECTOR_LONGEST]) if len(body) <= _REDIRECTOR_LONGEST else None
    told = _REFRESH_TO.match(unescape((found[1] or found[2]).decode("utf-8", "replace"))) if found else None
    if told is None or int(told[1]) > _REDIRECTOR_SECONDS:
        return None
    target = web_link(told[2].strip(), url)
    return target if target != url else None


def joined(texts: Sequence[str]) -> str:
    """The text of an article that its site has cut into pages; what each page says anew stands once."""
    paragraphs = (paragraph for text in texts for paragraph in text.split("\n\n"))
    return "\n\n".join(dict.fromkeys(filter(None, paragraphs)))


def fingerprints(text: str) -> frozenset[int]:
    """A text's paragraphs, each as a number of 64 bits with a sign, the same for the same words."""
    return frozenset(mark for _, mark in _candidates(text.split("\n\n")))


def without_repeats(text: str, others: Mapping[int, int], articles: int) -> str:
    """The text without paragraphs that stood in several other articles of its site, and in a good part of them.
    `others`: in how many others each stood, of `articles` that were looked at. One left empty stays as it is."""
    most = max(_REPEATED_IN, _REPEATED_SHARE * articles)
    paragraphs = text.split("\n\n")
    repeated = {place for place, mark in _candidates(paragraphs) if others.get(mark, 0) >= most}
    kept = [paragraph for place, paragraph in enumerate(paragraphs) if place not in repeated]
    return "\n\n".join(kept) or text


def _candidates(paragraphs: Sequence[str]) -> Iterator[tuple[int, int]]:
    for place, paragraph in enumerate(paragraphs):
        near_an_end = place < _BLOCKS_FIRST or place >= len(paragraphs) - _BLOCKS_LAST
        if near_an_end and 0 < len(paragraph) <= _BLOCK_LONGEST:
            mark = blake2b(one_line(paragraph).casefold().encode(), digest_size=8).digest()
            yield place, int.from_bytes(mark, "big", signed=True)
