"""What is this document? Finds where the feed in it begins and ends, or says what it is instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from worker.feeds import NotAFeed

_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:rss|feed|rdf|channel)(?=[\s>/])", re.IGNORECASE)
_FIRST_ELEMENT = re.compile(r"<([a-zA-Z_][\w.:-]*)")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[[^\]]*\]\s*)?>", re.IGNORECASE)
_HTML = frozenset(
    ("html", "head", "body", "title", "meta", "div", "p", "script", "h1", "center", "table", "br")
)
_SITEMAPS = ("urlset", "sitemapindex")
_HEAD = 65_536
_HTML_SENTENCE = (
    "this is an HTML page, not a feed; give the address of the feed itself, or let Pantau look for it by "
    "adding the site with `pantau feeds add`"
)
_INSTEAD = {
    "opml": "this is an OPML list of feeds, not a feed; add its feeds with `pantau feeds import FILE.opml`",
    "svg": "this is a picture (SVG), not a feed",
    "error": "this is an error message in XML, not a feed; open the address in a browser to see why",
}


@dataclass(frozen=True, slots=True)
class Found:
    """The feed's own part of a document. `prologue` is its DOCTYPE, `root` its root element's name;
    `cut_off` says that it ends inside of an entry."""

    kind: Literal["xml", "json", "sitemap"]
    text: str
    prologue: str = ""
    root: str = ""
    warnings: tuple[str, ...] = ()
    cut_off: bool = False


def find_feed(text: str) -> Found:
    """Cut the feed out of what the server sent; raises `NotAFeed` where there surely is none."""
    stripped = text.strip().strip("\0\ufeff").strip()
    if not stripped:
        raise NotAFeed("the document is empty; the server sent no feed")
    if stripped[0] in "{[":
        return Found("json", stripped)
    first = _first_element(stripped)
    if first is None:
        raise NotAFeed("this is neither XML nor JSON, so it is no feed; check the address in a browser")
    name = first[1].lower()
    if _ROOT.match(stripped, first.start()):
        return _cut(stripped, first.start())
    if name.rpartition(":")[2] in _SITEMAPS:
        return Found("sitemap", stripped[first.start() :])
    _refuse_html(name, stripped)
    junk = _ROOT.search(stripped, first.start(), _HEAD)
    return _cut(stripped, junk.start() if junk else first.start())


def instead(root: str) -> str:
    """A sentence for an XML document in which no feed was found."""
    known = _INSTEAD.get(root.rpartition(":")[2].lower())
    return (
        known or f"this is XML (<{root[:40]}>), but neither RSS, Atom nor RDF; check the address in a browser"
    )


def _first_element(text: str) -> re.Match[str] | None:
    """The first start tag that is not inside a comment or processing instruction."""
    at = 0
    while (at := text.find("<", at)) >= 0:
        closing = "-->" if text.startswith("<!--", at) else ">" if text[at + 1 : at + 2] in ("?", "!") else ""
        if not closing:
            if found := _FIRST_ELEMENT.match(text, at):
                return found
            at += 1
            continue
        if (end := text.find(closing, at + 2)) < 0:
            return None
        at = end + len(closing)
    return None


def _refuse_html(name: str, text: str) -> None:
    if name == "html" or re.search(r"<!doctype html", text[:_HEAD], re.IGNORECASE):
        raise NotAFeed(_HTML_SENTENCE)
    if name in _HTML and not _ROOT.search(text, 0, _HEAD):
        raise NotAFeed(_HTML_SENTENCE)
    if name in _INSTEAD:
        raise NotAFeed(_INSTEAD[name])


def _cut(text: str, start: int) -> Found:
    """From the root's start tag to its end tag: what stands around it makes XML parsers fail."""
    element = _FIRST_ELEMENT.match(text, start)
    root = element[1] if element else ""
    doctype = _DOCTYPE.search(text, 0, start)
    closing = text.rfind(f"</{root}")
    end = text.find(">", closing) + 1 if closing > start else 0
    before = "text before the feed was ignored" if _stray(text[:start]) else ""
    after = "text after the end of the feed was ignored" if end and _stray(text[end:]) else ""
    warnings = tuple(warning for warning in (before, after) if warning)
    return Found(
        "xml",
        text[start : end or None],
        doctype[0] if doctype else "",
        root,
        warnings,
        not end and _ends_in_entry(text),
    )


def _ends_in_entry(text: str) -> bool:
    begun, ended = (max(text.rfind(mark + name) for name in ("item", "entry")) for mark in ("<", "</"))
    return begun > ended


def _stray(head: str) -> bool:
    """Whether there is more than XML declaration, DOCTYPE, comments and processing instructions."""
    return bool(re.sub(r"<[?!][^>]*>|-->", "", _DOCTYPE.sub("", _without_comments(head))).strip())


def _without_comments(head: str) -> str:
    pieces, at = [], 0
    while (start := head.find("<!--", at)) >= 0:
        pieces.append(head[at:start])
        at = head.find("-->", start) + 3
        if at < 3:
            return "".join(pieces)
    return "".join((*pieces, head[at:]))
