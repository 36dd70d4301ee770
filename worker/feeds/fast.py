"""Well-formed feeds, read straight from the tree: all but a few per cent of them, at a fraction of the time that
a parser of any feed whatever takes.

It vouches for what it read: the entries are counted once more in the bytes, and whatever is odd (a DOCTYPE, markup
where none was declared, an encoded content) is left to the tolerant parser.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

from lxml import etree

from worker.feeds.elements import BASE, Doubt, Elements
from worker.feeds.told import Told, ToldFeed
from worker.feeds.tree import split_name, well_formed_tree, without_cdata

# Start tags of what may be an entry, in any namespace.
_ENTRY = re.compile(rb"<(?:item|entry|[\w.-]+:(?:item|entry))(?=[\s/>])")
_ENTRIES = ("item", "entry")
_RSS_VERSIONS = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
_ATOM_VERSIONS = {"0.1": "atom01", "0.2": "atom02", "0.3": "atom03"}
_RDF_VERSIONS = {
    "http://purl.org/rss/1.0/": "rss10",
    "http://my.netscape.com/rdf/simple/0.9/": "rss090",
    "http://channel.netscape.com/rdf/simple/0.9/": "rss090",
}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_ATOM = "http://www.w3.org/2005/atom"
_ABOUT = f"{{{_RDF}}}about"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def read_well_formed(document: bytes, entries_most: int) -> ToldFeed | None:
    """The feed in UTF-8 bytes, with at most so many entries; None where the tolerant parser should read it."""
    root = well_formed_tree(document)
    if root is None:
        return None
    try:
        found, feed = _feed(root, entries_most)
    except Doubt:
        return None
    if not found or found != _count(document, found):
        return None
    if found > entries_most:
        feed.warnings.append(f"only the first {entries_most} entries were read")
    return feed


def _count(document: bytes, found: int) -> int:
    """How many entries begin in the document; comments and CDATA are set aside only where they matter."""
    count = len(_ENTRY.findall(document))
    return count if count == found else len(_ENTRY.findall(without_cdata(document)))


def _feed(root: etree._Element, entries_most: int) -> tuple[int, ToldFeed]:
    """How many entries there are, and the feed with at most so many of them."""
    namespace, local = split_name(root.tag)
    channel = root if local.lower() == "feed" else _channel(root)
    elements = Elements(split_name(channel.tag)[0] if namespace == _RDF else namespace)
    kind = elements.name(root)
    if kind not in ("rss", "feed", "rdf:rdf"):
        raise Doubt
    about, entries = _apart([*channel] if channel is root else [*channel, *root], elements)
    told = Told(base=_base("", root) if channel is root else _base(_base("", root), channel))
    elements.sort(told, about)
    if "language" not in told.texts:
        told.texts["language"] = root.get(_LANG) or root.get("lang", "")
    return len(entries), ToldFeed(
        format=_format(kind, root, channel),
        about=told,
        entries=[_entry(element, told.base, elements) for element in entries[:entries_most]],
        inherit=kind == "feed",
    )


def _channel(root: etree._Element) -> etree._Element:
    channels = [child for child in root if split_name(child.tag)[1].lower() == "channel"]
    if len(channels) != 1:
        raise Doubt
    return channels[0]


def _apart(
    inside: list[etree._Element], elements: Elements
) -> tuple[list[etree._Element], list[etree._Element]]:
    """What is about the feed, and its entries; in RDF these stand beside the channel."""
    about: list[etree._Element] = []
    entries: list[etree._Element] = []
    for element in inside:
        (entries if elements.name(element) in _ENTRIES else about).append(element)
    return about, entries


def _base(outer: str, element: etree._Element) -> str:
    inner = element.get(BASE)
    return urljoin(outer, inner) if inner else outer


def _format(kind: str, root: etree._Element, channel: etree._Element) -> str:
    version = root.get("version", "")
    if kind == "rss":
        return _RSS_VERSIONS.get(version) or ("rss20" if version.startswith("2.") else "rss")
    if kind == "feed":
        return "atom10" if split_name(root.tag)[0].lower() == _ATOM else _ATOM_VERSIONS.get(version, "atom")
    return _RDF_VERSIONS.get(split_name(channel.tag)[0].lower(), "")


def _entry(element: etree._Element, base: str, elements: Elements) -> Told:
    told = Told(base=_base(base, element))
    elements.sort(told, element)
    about = element.get(_ABOUT)
    if about:
        told.texts.setdefault("id", about.strip())
    return told
