"""The elements of a feed or an entry, sorted by what they say. Nothing is read into them yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from html import escape
from urllib.parse import urljoin

from lxml import etree

from worker.feeds.names import name_of
from worker.feeds.told import Link, Told, without_address
from worker.feeds.tree import split_name
from worker.feeds.twice import undoubled
from worker.model import Words

BASE = "{http://www.w3.org/XML/1998/namespace}base"
_PLAIN, _HTML, _XHTML = "text/plain", "text/html", "application/xhtml+xml"
# Elements with words: where they belong, and what they are unless they say otherwise.
_WORDS = {
    "title": ("title", _PLAIN),
    "dc:title": ("dc:title", _PLAIN),
    "media:title": ("media:title", _PLAIN),
    "description": ("summary", _HTML),
    "summary": ("summary", _PLAIN),
    "abstract": ("summary", _PLAIN),
    "dc:description": ("dc:description", _HTML),
    "itunes:summary": ("itunes:summary", _HTML),
    "media:description": ("media:description", _PLAIN),
    "content": ("content", _PLAIN),
    "content:encoded": ("content", _HTML),
    "fullitem": ("content", _HTML),
    "yandex:full-text": ("content", _HTML),
    "body": ("content", _XHTML),
    "xhtml:body": ("content", _XHTML),
}
_TEXTS = {
    "id": "id",
    "pubdate": "published",
    "published": "published",
    "issued": "published",
    "dcterms:issued": "published",
    "dc:date": "dc:date",
    "created": "created",
    "dcterms:created": "created",
    "updated": "updated",
    "modified": "updated",
    "lastbuilddate": "updated",
    "dcterms:modified": "updated",
    "language": "language",
    "dc:language": "language",
    "ttl": "ttl",
    "generator": "generator",
    "feedburner:origlink": "feedburner:origlink",
    "pheedo:origlink": "feedburner:origlink",
    "sy:updateperiod": "sy:updateperiod",
    "sy:updatefrequency": "sy:updatefrequency",
}
_KINDS = {"text": _PLAIN, "plain": _PLAIN, "html": _HTML, "xhtml": _XHTML}
_TAGS_MOST = 100
_EXTRA_SLASHES = re.compile(r"^(\s*[a-zA-Z][a-zA-Z0-9+.-]*://)/+")

Sort = Callable[[Told, etree._Element], None]


class Doubt(Exception):
    """The element is written in a way that the tolerant parser should look at."""


class Elements:
    """Where the elements of one document belong. `own` is the namespace that the format's own elements are in."""

    def __init__(self, own: str) -> None:
        self._own = own
        self._known: dict[str, Sort | None] = {}
        self._names: dict[str, str] = {}

    def name(self, element: etree._Element) -> str:
        """Our name of an element."""
        tag = element.tag
        if tag not in self._names:
            self._names[tag] = name_of(element, self._own)
        return self._names[tag]

    def sort(self, told: Told, elements: Iterable[etree._Element]) -> None:
        """Sort the elements inside of a feed's or an entry's into `told`; raises `Doubt` for what is not written
        as its format has it."""
        known = self._known
        for element in elements:
            tag = element.tag
            sort = known[tag] if tag in known else self._learn(element)
            if sort:
                sort(told, element)

    def _learn(self, element: etree._Element) -> Sort | None:
        name = self.name(element)
        if name in ("media:group", "media:content"):
            sort: Sort | None = self.sort
        elif name == "author":
            sort = self._author
        else:
            sort = _SORTS.get(name)
        self._known[element.tag] = sort
        return sort

    def _author(self, told: Told, element: etree._Element) -> None:
        if not len(element):
            _person(told, element)
            return
        people = {self.name(one): _text(one) for one in element}
        if name := people.get("name") or people.get("email"):
            told.authors.append(name)


def _text(element: etree._Element) -> str:
    """The text of an element that holds no other."""
    if len(element):
        raise Doubt
    text = (element.text or "").strip()
    return text if text.isascii() else undoubled(text)


def _words(place: str, usual: str, told: Told, element: etree._Element) -> None:
    declared, mode = element.get("type"), element.get("mode")
    kind = _kind(declared or usual, mode) if declared or mode else usual
    if len(element):
        if kind != _XHTML:
            raise Doubt
        text = _markup(element)
    else:
        text = _text(element)
    if text:
        # markup that calls itself XHTML and is escaped is HTML like any other
        told.words.setdefault(place, []).append(Words(text, _HTML if kind == _XHTML else kind))


def _kind(declared: str, mode: str | None) -> str:
    """The media type, as Atom's `type` or Atom 0.3's `mode` says it."""
    kind = declared.lower()
    kind = _XHTML if mode == "xml" else _KINDS.get(kind, kind)
    if mode == "base64" or not (kind.startswith("text/") or kind.endswith(("+xml", "/xml"))):
        raise Doubt
    return _XHTML if kind.endswith("xml") else kind


def _markup(element: etree._Element) -> str:
    """What is inside, as HTML without attributes, which no reader sees."""
    pieces = [escape(element.text or "", quote=False)]
    for event, inner in etree.iterwalk(element, events=("start", "end")):
        if inner is not element:
            end, text = ("", inner.text) if event == "start" else ("/", inner.tail)
            pieces.append(f"<{end}{split_name(inner.tag)[1]}>{escape(text or '', quote=False)}")
    return "".join(pieces).strip()


def _plain(slot: str, told: Told, element: etree._Element) -> None:
    if text := _text(element):
        told.texts[slot] = text


def _guid(told: Told, element: etree._Element) -> None:
    _plain("id", told, element)
    told.guid_is_link = (element.get("isPermaLink") or element.get("ispermalink") or "true") == "true"


def _link(told: Told, element: etree._Element) -> None:
    text = _text(element)
    if text and "&" in text:
        text = re.sub(r"&(\w+);", r"&\1", text.replace("&amp;", "&"))
    if not element.attrib:
        if text:
            told.links.append(Link(_address(text, element)))
    elif href := element.get("href") or element.get("url") or element.get("uri") or text:
        kind = element.get("type", _HTML).lower()
        rel = element.get("rel", "alternate").lower()
        told.links.append(Link(_address(href, element), rel, _KINDS.get(kind, kind)))


def _address(written: str, element: etree._Element) -> str:
    if "///" in written:
        written = _EXTRA_SLASHES.sub(r"\1", written)
    base = element.get(BASE)
    return urljoin(base, written) if base else written


def _person(told: Told, element: etree._Element) -> None:
    if text := _text(element):
        told.authors.append(without_address(text))


def _category(told: Told, element: etree._Element) -> None:
    """Atom's term and RSS's text; a label counts only where there is nothing else."""
    text = (element.text or "").strip()
    term = element.get("term") or element.get("text") or (None if text else element.get("label"))
    for tag in (term, text if text.isascii() else undoubled(text)):
        if tag and len(told.tags) < _TAGS_MOST:
            told.tags.append(tag)
    narrower = [inner.get("text") for inner in element if inner.get("text")]
    told.tags += narrower[: _TAGS_MOST - len(told.tags)]


def _keywords(told: Told, element: etree._Element) -> None:
    words = [word.strip() for word in _text(element).split(",")]
    told.tags += list(filter(None, words))[: _TAGS_MOST - len(told.tags)]


_SORTS: dict[str, Sort] = {
    **{name: partial(_words, *place) for name, place in _WORDS.items()},
    **{name: partial(_plain, slot) for name, slot in _TEXTS.items()},
    **dict.fromkeys(("dc:author", "dc:creator", "itunes:author"), _person),
    **dict.fromkeys(("category", "keywords", "dc:subject", "media:category", "itunes:category"), _category),
    **dict.fromkeys(("tags", "itunes:keywords", "media:keywords"), _keywords),
    "guid": _guid,
    "link": _link,
}
