"""Stories → a feed's bytes, in three formats. Pure.

RSS 2.0 (https://www.rssboard.org/rss-specification), Atom (RFC 4287),
JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from xml.etree import ElementTree as ET

from ops.newsroom.conditional import Document
from ops.newsroom.model import Outlet, Printed

_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

ET.register_namespace("content", _CONTENT)
ET.register_namespace("dc", _DC)


def feed(outlet: Outlet, printed: Sequence[Printed], site: str, changed: datetime) -> Document:
    """The outlet's feed of these stories, newest first; `site` is the address that the paths hang on."""
    newest = sorted(printed, key=lambda piece: piece.published, reverse=True)[: outlet.window]
    match outlet.feed:
        case "rss":
            return Document(
                _rss(outlet, newest, site, changed), "application/rss+xml; charset=utf-8", changed
            )
        case "atom":
            return Document(
                _atom(outlet, newest, site, changed), "application/atom+xml; charset=utf-8", changed
            )
        case "json":
            return Document(_json(outlet, newest, site), "application/feed+json", changed)


def guid(piece: Printed) -> str:
    """The story's identity in its feed, a tag URI (RFC 4151): the same before and after an edit."""
    return f"tag:{piece.story.outlet}.example,2026:{piece.story.slug}"


def content(piece: Printed) -> str:
    """The story's paragraphs as HTML."""
    return "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in piece.story.paragraphs)


def _rss(outlet: Outlet, pieces: Sequence[Printed], site: str, changed: datetime) -> bytes:
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    _add(channel, "title", outlet.name)
    _add(channel, "link", site + outlet.front_path)
    _add(channel, "description", outlet.tagline or outlet.name)
    _add(channel, "language", outlet.language)
    _add(channel, "lastBuildDate", _rfc822(changed))
    for piece in pieces:
        _rss_item(channel, outlet, piece, site)
    return _bytes(root)


def _rss_item(channel: ET.Element, outlet: Outlet, piece: Printed, site: str) -> None:
    story = piece.story
    item = ET.SubElement(channel, "item")
    _add(item, "title", story.title)
    _add(item, "link", site + story.path)
    _add(item, "guid", guid(piece), isPermaLink="false")
    _add(item, "pubDate", _rfc822(piece.published))
    if story.furniture.author:
        _add(item, f"{{{_DC}}}creator", story.furniture.author)
    for tag in story.tags:
        _add(item, "category", tag)
    _add(item, "description", f"<p>{escape(story.summary)}</p>")
    if outlet.full_content:
        _add(item, f"{{{_CONTENT}}}encoded", content(piece))


def _atom(outlet: Outlet, pieces: Sequence[Printed], site: str, changed: datetime) -> bytes:
    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": outlet.language})
    _add(root, "id", f"tag:{outlet.slug}.example,2026:feed")
    _add(root, "title", outlet.name)
    _add(root, "subtitle", outlet.tagline or outlet.name)
    _add(root, "updated", _rfc3339(changed))
    ET.SubElement(root, "link", rel="self", type="application/atom+xml", href=site + outlet.feed_path)
    ET.SubElement(root, "link", rel="alternate", type="text/html", href=site + outlet.front_path)
    _add(ET.SubElement(root, "author"), "name", outlet.name)
    for piece in pieces:
        _atom_entry(root, outlet, piece, site)
    return _bytes(root)


def _atom_entry(root: ET.Element, outlet: Outlet, piece: Printed, site: str) -> None:
    story = piece.story
    entry = ET.SubElement(root, "entry")
    _add(entry, "id", guid(piece))
    _add(entry, "title", story.title)
    ET.SubElement(entry, "link", rel="alternate", type="text/html", href=site + story.path)
    _add(entry, "published", _rfc3339(piece.published))
    _add(entry, "updated", _rfc3339(piece.updated))
    if story.furniture.author:
        _add(ET.SubElement(entry, "author"), "name", story.furniture.author)
    for tag in story.tags:
        ET.SubElement(entry, "category", term=_legal(tag))
    _add(entry, "summary", story.summary)
    if outlet.full_content:
        _add(entry, "content", content(piece), type="html")


def _json(outlet: Outlet, pieces: Sequence[Printed], site: str) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "description": outlet.tagline or outlet.name,
        "home_page_url": site + outlet.front_path,
        "feed_url": site + outlet.feed_path,
        "language": outlet.language,
        "items": [_json_item(outlet, piece, site) for piece in pieces],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _json_item(outlet: Outlet, piece: Printed, site: str) -> dict[str, object]:
    story = piece.story
    item: dict[str, object] = {
        "id": guid(piece),
        "url": site + story.path,
        "title": story.title,
        "summary": story.summary,
        "date_published": _rfc3339(piece.published),
        "date_modified": _rfc3339(piece.updated),
        "tags": list(story.tags),
    }
    if story.furniture.author:
        item["authors"] = [{"name": story.furniture.author}]
    if outlet.full_content:
        return item | {"content_html": content(piece)}
    return item | {"content_text": story.summary}


def _add(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, name, attributes).text = _legal(text)


def _legal(text: str) -> str:
    """The text without the characters that XML 1.0 cannot carry, not even escaped."""
    return _NOT_XML.sub("", text)


def _bytes(root: ET.Element) -> bytes:
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _rfc822(instant: datetime) -> str:
    return format_datetime(instant.astimezone(UTC), usegmt=True)


def _rfc3339(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
