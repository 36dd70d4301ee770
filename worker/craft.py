"""PURE. What the read desk asks of a page beside its article: where it leads, whether it is worth reading first, and
which of its paragraphs the site repeats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from html import unescape
from urllib.parse import parse_qs, urlsplit

from worker.links import web_link
from worker.model import Article
from worker.pages.tree import read_tree
from worker.plain import one_line

AGGREGATORS = frozenset(
    (
        *("news.google.com", "feedproxy.google.com", "feeds.feedburner.com", "t.co"),
        *("bit.ly", "dlvr.it", "ift.tt", "buff.ly", "l.facebook.com"),
    )
)
"""Hosts whose addresses always mean somebody else's article."""

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
_BLOCK_LONGEST = 400  # a longer paragraph is somebody's prose
_BLOCKS_FIRST, _BLOCKS_LAST = 2, 10
_REPEATED_IN = 4


def target_of(url: str) -> str | None:
    """The address that an aggregator's link carries within itself; None where it carries none."""
    parts = urlsplit(url)
    labels = (parts.hostname or "").lower().split(".")
    for name, (path, fields) in _CARRIERS.items():
        if name in labels[-3:-1] and parts.path == path:
            values = parse_qs(parts.query)
            return next(
                (found for field in fields for found in map(web_link, values.get(field, ())) if found), None
            )
    return None


def leads_on(body: bytes, url: str) -> str | None:
    """Where a page that is none sends its reader at once; None for a page that is one."""
    found = _REFRESH.search(body[:_REDIRECTOR_LONGEST]) if len(body) <= _REDIRECTOR_LONGEST else None
    told = _REFRESH_TO.match(unescape((found[1] or found[2]).decode("utf-8", "replace"))) if found else None
    if told is None or int(told[1]) > _REDIRECTOR_SECONDS:
        return None
    target = web_link(told[2].strip(), url)
    return target if target != url else None


def next_page(body: bytes, url: str) -> str | None:
    """The address of the article's next page, on the same host and below or beside this one."""
    found = _REL_NEXT.search(body)
    target = web_link(unescape((found[1] or found[2]).decode("utf-8", "replace")), url) if found else None
    if not target or target == url or urlsplit(target).netloc != urlsplit(url).netloc:
        return None
    stem = urlsplit(url).path.rstrip("/").removesuffix(".html")
    return target if stem and urlsplit(target).path.startswith(stem) else None


def whole_page(body: bytes, content_type: str) -> Article:
    """Every word of a page, to be asked whether any topic may touch it."""
    tree = read_tree(body, content_type)
    words = tree.text_content() if tree is not None else ""
    return Article(title="", body=str(words))


def join_pages(texts: Sequence[str]) -> str:
    """The text of an article that its site has cut into pages; what each page says anew stands once."""
    paragraphs = (paragraph for text in texts for paragraph in text.split("\n\n"))
    return "\n\n".join(dict.fromkeys(paragraphs))


def prints(text: str) -> tuple[bytes, ...]:
    """The marks of those paragraphs that a site may repeat under each of its articles: short ones near its ends."""
    return tuple(dict.fromkeys(mark for _, mark in _candidates(text.split("\n\n"))))


def without_repeated(text: str, counts: Mapping[bytes, int]) -> str:
    """The text without paragraphs that stood in several other articles of its site; never without all of them."""
    paragraphs = text.split("\n\n")
    repeated = {place for place, mark in _candidates(paragraphs) if counts.get(mark, 0) >= _REPEATED_IN}
    kept = [paragraph for place, paragraph in enumerate(paragraphs) if place not in repeated]
    return "\n\n".join(kept) if kept else text


def _candidates(paragraphs: Sequence[str]) -> Iterator[tuple[int, bytes]]:
    for place, paragraph in enumerate(paragraphs):
        near_an_end = place < _BLOCKS_FIRST or place >= len(paragraphs) - _BLOCKS_LAST
        if near_an_end and 0 < len(paragraph) <= _BLOCK_LONGEST:
            yield place, blake2b(one_line(paragraph).casefold().encode(), digest_size=8).digest()
