"""Slips that cost a whole feed, mended in the text before a parser sees it; and what only an attack has, cut."""

from __future__ import annotations

import re
from functools import partial
from html.entities import html5

# XML 1.0 forbids them, and one is enough to make a parser give up on the whole feed.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Ampersands that begin nothing XML knows: bare, or the name of an entity of HTML or of the document's own.
_NO_XML_ENTITY = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)"
    r"(?:([a-zA-Z][a-zA-Z0-9]{1,31});|(?:&(?![a-zA-Z#]))*+)"
)
_CDATA = "<![CDATA["
_DECLARED = re.compile(
    r"<!ENTITY\s+([a-zA-Z]\w{0,31})\s+(?:\"((?:&#\w{1,8};|[^\"&%<])*)\"|'((?:&#\w{1,8};|[^'&%<])*)')"
)
_ENTITIES_MOST = 300
_AMPERSANDS_MOST = 100  # in a row
_EXPANDED_MOST = 1024 * 1024  # characters that a document's own entities may add
# feedparser takes some 12 µs for a tag; 1,600 entries of the usual kind have so many.
_TAGS_MOST = 40_000
_LONG_TAG = re.compile(r"<([a-zA-Z_][\w:.-]{0,100})[^<>]{16384,}+>")


def mended(text: str, doctype: str = "") -> str:
    """The feed without control characters, bare ampersands and entities that XML does not know, among them those
    that its DOCTYPE declares, as far as they stand for plain text."""
    text = _LONG_TAG.sub(_without_attributes, _FORBIDDEN.sub("", text))
    if not _NO_XML_ENTITY.search(text):
        return text
    as_xml = partial(_as_xml, _own_entities(doctype, text))
    first, *others = text.split(_CDATA)  # inside of CDATA an ampersand is an ampersand
    pieces = [_NO_XML_ENTITY.sub(as_xml, first)]
    for other in others:
        kept, end, markup = other.partition("]]>")
        pieces += (_CDATA, kept, end, _NO_XML_ENTITY.sub(as_xml, markup))
    return "".join(pieces)


def shortened(text: str) -> str:
    """The beginning of a document with more tags than two thousand entries would have; any other as it is."""
    if text.count("<") <= _TAGS_MOST:
        return text
    at = inside = 0
    for _ in range(_TAGS_MOST):
        at = text.find("<", inside)
        if at < 0:
            return text
        inside = at + 1
        if text.startswith(_CDATA, at):
            inside = text.find("]]>", at) + 1 or len(text)
    return text[:at]


def bare_doctype(doctype: str) -> str:
    """The DOCTYPE without what it declares: it tells the version of some old feeds."""
    return doctype.partition("[")[0].rstrip("> ") + ">" if doctype else ""


def _without_attributes(tag: re.Match[str]) -> str:
    return f"<{tag[1]}/>" if tag[0].endswith("/>") else f"<{tag[1]}>"


def _own_entities(doctype: str, text: str) -> dict[str, str]:
    found = _DECLARED.findall(doctype)[:_ENTITIES_MOST]
    own = {name: double or single for name, double, single in found}
    added = sum(len(value) * text.count(f"&{name};") for name, value in own.items())
    return own if added <= _EXPANDED_MOST else {}


def _as_xml(own: dict[str, str], ampersand: re.Match[str]) -> str:
    name = ampersand[1]
    if name is None:
        return "&amp;" * min(len(ampersand[0]), _AMPERSANDS_MOST)
    if name in own:
        return own[name]
    character = html5.get(f"{name};")
    if character is not None and character not in "<>&\"'":
        return character
    return f"&amp;{name};"
