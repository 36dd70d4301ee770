"""PURE. A topic or a subscription as a feed for other people's readers: Atom (RFC 4287) and JSON Feed 1.1.

What stands in it comes from strangers. Titles and sources are plain text, a link is one that `safe_link` lets
through, and the sentence is escaped before its matched words are set in bold: the only marks in it are ours.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from html import escape
from typing import Any, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from lxml import etree

from alerts.letter import plain_text, runs, safe_link
from alerts.model import Item

Form = Literal["atom", "json"]
KINDS = {"atom": "application/atom+xml; charset=utf-8", "json": "application/feed+json; charset=utf-8"}
MOST_ENTRIES = 100

_ATOM = "http://www.w3.org/2005/Atom"
_XML = "http://www.w3.org/XML/1998/namespace"
_TITLE, _QUOTE = 300, 1000
_NO_XML = re.compile("[\ufffe\uffff\ufdd0-\ufdef]")  # not characters, which XML 1.0 (2.2) advises against
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Entry:
    """An article in the feed. `identity` is what it is known by, `updated` when it was read, or read again."""

    item: Item
    identity: str
    updated: datetime

    @property
    def id(self) -> str:
        """The same for this article in every feed of every installation (RFC 4287, 4.2.6)."""
        return uuid5(NAMESPACE_URL, self.identity).urn


@dataclass(frozen=True, slots=True)
class SharedFeed:
    """What is behind a shared address, newest first; `made_at` stands in for the date of an empty one."""

    key: UUID
    name: str
    entries: Sequence[Entry]
    made_at: datetime

    @property
    def title(self) -> str:
        """What a reader lists it as."""
        return f"{_plain(self.name, 200)} · Pantau"

    @property
    def updated(self) -> datetime:
        """When anything in it last changed."""
        return max((entry.updated for entry in self.entries), default=self.made_at)


def compose(feed: SharedFeed, form: Form, address: str | None, home: str | None) -> bytes:
    """The document; `address` is its own and `home` that of the installation, None where neither is known. The same
    feed gives the same bytes."""
    return _atom(feed, address, home) if form == "atom" else _json(feed, address, home)


def _atom(feed: SharedFeed, address: str | None, home: str | None) -> bytes:
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})
    _add(root, "id", feed.key.urn)
    _add(root, "title", feed.title)
    _add(root, "updated", _moment(feed.updated))
    _add(_add(root, "author"), "name", "Pantau")
    _add(root, "generator", "Pantau")
    if address:
        _add(root, "link", rel="self", type="application/atom+xml", href=address)
    if home:
        _add(root, "link", rel="alternate", type="text/html", href=home)
    for entry in feed.entries:
        _atom_entry(root, entry)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _atom_entry(root: Any, entry: Entry) -> None:
    item = entry.item
    node = _add(root, "entry")
    if language := _language(item):
        node.set(f"{{{_XML}}}lang", language)
    _add(node, "id", entry.id)
    _add(node, "title", _titled(item), type="text")
    if link := _link(item):
        _add(node, "link", rel="alternate", href=link)
    _add(node, "updated", _moment(entry.updated))
    if item.published_at:
        _add(node, "published", _moment(item.published_at))
    _add(_add(node, "author"), "name", _source(item))
    for topic in item.topics:
        _add(node, "category", term=_plain(topic, 80))
    _add(node, "content", _html(item), type="html")


def _add(parent: Any, name: str, text: str | None = None, **attributes: str) -> Any:
    node = etree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    node.text = text
    return node


def _json(feed: SharedFeed, address: str | None, home: str | None) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        **({"home_page_url": home} if home else {}),
        **({"feed_url": address} if address else {}),
        "items": [_json_item(entry) for entry in feed.entries],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _json_item(entry: Entry) -> dict[str, Any]:
    item = entry.item
    known = {
        "url": _link(item),
        "date_published": _moment(item.published_at) if item.published_at else None,
        "language": _language(item),
    }
    return {
        "id": entry.id,
        "title": _titled(item),
        "content_html": _html(item),
        "content_text": _text(item),
        "date_modified": _moment(entry.updated),
        "authors": [{"name": _source(item)}],
        "tags": [_plain(topic, 80) for topic in item.topics],
        **{key: value for key, value in known.items() if value is not None},
    }


def _html(item: Item) -> str:
    quote = "".join(
        f"<strong>{escape(piece)}</strong>" if marked else escape(piece) for piece, marked in _quoted(item)
    )
    quoted = f'<blockquote dir="auto">{quote}</blockquote>' if quote else ""
    return f'{quoted}<p dir="auto">{escape(_facts(item))}</p>'


def _text(item: Item) -> str:
    quote = "".join(piece for piece, _ in _quoted(item))
    return "\n\n".join(filter(None, (quote, _facts(item))))


def _quoted(item: Item) -> list[tuple[str, bool]]:
    return [(_NO_XML.sub("\ufffd", piece), marked) for piece, marked in runs(item.quote, item.marks, _QUOTE)]


def _facts(item: Item) -> str:
    noted = "summary only" if item.summary_only else ""
    topics = ", ".join(_plain(topic, 80) for topic in item.topics)
    return " · ".join(filter(None, (_source(item), topics, noted)))


def _titled(item: Item) -> str:
    return _plain(item.title, _TITLE) or "(without a title)"


def _source(item: Item) -> str:
    return _plain(item.source, 80) or "unknown"


def _plain(text: str, limit: int) -> str:
    return _NO_XML.sub("\ufffd", plain_text(text, limit))


def _link(item: Item) -> str | None:
    link = safe_link(item.url)
    return None if link is None or _NO_XML.search(link) else link


def _language(item: Item) -> str | None:
    return item.language if item.language and _LANGUAGE.fullmatch(item.language) else None


def _moment(moment: datetime) -> str:
    """RFC 3339, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def etag(body: bytes) -> str:
    """The strong validator of a document (RFC 9110, 8.8.3)."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def http_date(moment: datetime) -> str:
    """A moment as HTTP writes it."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def unchanged(tag: str, updated: datetime, if_none_match: str | None, if_modified_since: str | None) -> bool:
    """Whether whoever asks has the document already (RFC 9110, 13.1.2 and 13.1.3); tags go before dates."""
    if if_none_match is not None:
        known = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
        return "*" in known or tag in known
    if if_modified_since is None:
        return False
    try:
        since = parsedate_to_datetime(if_modified_since)
    except (ValueError, TypeError):
        return False
    # a date without a zone is none of HTTP's
    return since.tzinfo is not None and updated.astimezone(UTC).replace(microsecond=0) <= since
