"""A feed's bytes to its entries: RSS 0.9x, 1.0, 2.0, Atom, JSON Feed; well formed or not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, tzinfo
from html import unescape
from html.entities import html5
from typing import Any

from worker.charset import charset_of, decode
from worker.dates import zone_of
from worker.feeds import NotAFeed
from worker.feeds.dates import parse_date
from worker.feeds.jsonfeed import parse_json_feed
from worker.feeds.sniff import Found, find_feed, instead
from worker.feeds.tolerant import Raw, own_values, read
from worker.links import web_link
from worker.model import Entry, FeedDocument
from worker.plain import line_from_html, one_line, paragraphs_from_html

BYTES_MOST = 10 * 1024 * 1024
ENTRIES_MOST = 2000
_DECLARATION = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
# XML 1.0 forbids them, and one is enough to make a parser give up on the whole feed.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# An ampersand that begins nothing XML knows: bare, or the name of an HTML entity.
_NO_XML_ENTITY = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)(?:([a-zA-Z][a-zA-Z0-9]{1,31});)?"
)
_CDATA = "<![CDATA["
_MARKED_UP = re.compile(
    r"</[a-z][a-z0-9]*\s*>|<(?:br|p|img|hr|a|b|i|em|strong|span|div|font)\b[^<>]*>", re.IGNORECASE
)
_UPDATE_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}


def parse_feed(body: bytes, url: str = "", content_type: str = "") -> FeedDocument:
    """What a feed says: its own facts and its entries in document order.

    `url` is where the document came from (links are resolved against it), `content_type` the header it came
    with. Texts are plain text; times are aware UTC, and a clock time without zone is in the zone of the
    feed's language; what is missing is None or empty. At most 10 MiB and 2,000 entries are read (a warning
    says so). Raises `NotAFeed`, with a sentence, for a document that is no feed at all.
    """
    declared = _DECLARATION.search(body[:1024].lstrip())
    decoded = decode(body[:BYTES_MOST], declared and declared[1].decode(), charset_of(content_type))
    cut = "only the first 10 MiB were read" if len(body) > BYTES_MOST else None
    complaints = tuple(complaint for complaint in (cut, decoded.warning) if complaint)
    found = find_feed(decoded.text)
    feed = parse_json_feed(found.text, url, ENTRIES_MOST) if found.kind == "json" else _xml_feed(found, url)
    return replace(feed, warnings=complaints + feed.warnings)


def _xml_feed(found: Found, url: str) -> FeedDocument:
    raw = read(_mended(found), found.prologue, ENTRIES_MOST)
    if not raw.entries and not raw.version:
        raise NotAFeed(instead(found.root))
    language = _string(raw.feed, "language").strip().replace("_", "-") or None
    base = url or _own_address(raw)
    zone = zone_of(language, base)
    entries = [_entry(entry, base, zone) for entry in raw.entries]
    if found.cut_off and entries and not (entries[-1].id or entries[-1].link):
        entries.pop()  # nothing would tell, when the whole of it comes, that it is the same one
        raw.warnings.append("the document ends inside of an entry, which was left out")
    return FeedDocument(
        format=raw.version or "xml",
        title=_line(raw.feed, "title"),
        link=web_link(_string(raw.feed, "link"), base),
        language=language,
        entries=tuple(entries),
        warnings=(*found.warnings, *raw.warnings),
        ttl_s=_ttl(raw.feed),
    )


def _mended(found: Found) -> str:
    """Without the slips that cost a whole feed: control characters, HTML's entities, bare ampersands."""
    text = _FORBIDDEN.sub("", found.text)
    if "<!ENTITY" in found.prologue or not _NO_XML_ENTITY.search(text):
        return text
    first, *others = text.split(_CDATA)  # inside of CDATA an ampersand is an ampersand
    pieces = [_NO_XML_ENTITY.sub(_as_xml, first)]
    for other in others:
        kept, end, markup = other.partition("]]>")
        pieces += (_CDATA, kept, end, _NO_XML_ENTITY.sub(_as_xml, markup))
    return "".join(pieces)


def _as_xml(ampersand: re.Match[str]) -> str:
    name = ampersand[1]
    character = html5.get(f"{name};") if name else None
    if character is not None and character not in "<>&\"'":
        return character
    return f"&amp;{name};" if name else "&amp;"


def _own_address(raw: Raw) -> str:
    """Where the feed says it lives, for resolving links when nobody told us."""
    selves = [_string(link, "href") for link in _list(raw.feed, "links") if _string(link, "rel") == "self"]
    return next((link for link in (*selves, _string(raw.feed, "link")) if web_link(link)), "")


def _entry(raw: dict[str, Any], base: str, zone: tzinfo) -> Entry:
    return Entry(
        id=one_line(_string(raw, "id")) or None,
        link=_link(raw, base),
        title=_line(raw, "title"),
        summary=_summary(raw),
        content=_content(raw),
        authors=_authors(raw),
        tags=_tags(raw),
        published=_moment(raw, zone, "published", "dc_date", "created"),
        updated=_moment(raw, zone, "updated"),
    )


def _link(raw: dict[str, Any], base: str) -> str | None:
    """The entry's page: its link, else any alternate, else a guid that is an address."""
    alternates = [
        _string(link, "href") for link in _list(raw, "links") if _string(link, "rel") == "alternate"
    ]
    for written in (_string(raw, "link"), *alternates):
        if (link := web_link(written, base)) and not _is_bare_guid(raw, written):
            return link
    return web_link(_string(raw, "id"))


def _is_bare_guid(raw: dict[str, Any], written: str) -> bool:
    """feedparser takes a guid for the link where an entry has none; only addresses are."""
    return written == _string(raw, "id") and web_link(written) is None


def _summary(raw: dict[str, Any]) -> str:
    keys = ("summary", "dc_description", "itunes_summary", "media_description")
    return next((line for key in keys if (line := _line(raw, key))), "")


def _content(raw: dict[str, Any]) -> str:
    """The longest of the entry's contents; some carry a short and a full one."""
    return max(("\n\n".join(_blocks(part)) for part in _list(raw, "content")), key=len, default="")


def _blocks(part: dict[str, Any]) -> list[str]:
    kind = _string(part, "type")
    readable = kind.startswith("text/") or kind.endswith("xml") or "html" in kind
    return _paragraphs(_string(part, "value"), kind) if readable or not kind else []


def _authors(raw: dict[str, Any]) -> tuple[str, ...]:
    names = [one_line(_string(who, "name") or _string(who, "email")) for who in _list(raw, "authors")]
    whole = line_from_html(_string(raw, "author"))
    return tuple(dict.fromkeys(name for name in (names if any(names) else [whole]) if name))


def _tags(raw: dict[str, Any]) -> tuple[str, ...]:
    tags = (_string(tag, "term") or _string(tag, "label") for tag in _list(raw, "tags"))
    return tuple(dict.fromkeys(line for tag in tags if (line := line_from_html(tag))))


def _moment(raw: dict[str, Any], zone: tzinfo, *keys: str) -> datetime | None:
    written = (one_line(str(value)) for value in own_values(raw, *keys))
    return next((moment for text in written if (moment := parse_date(text, zone))), None)


def _line(raw: dict[str, Any], key: str) -> str:
    detail = dict.get(raw, f"{key}_detail") or {}
    return " ".join(_paragraphs(_string(raw, key), _string(detail, "type")))


def _paragraphs(value: str, kind: str) -> list[str]:
    """Readable blocks. Declared plain text is taken at its word unless it obviously is markup, as in many
    feeds; a title such as `if a<b then` would lose its end otherwise."""
    if kind == "text/plain" and not _MARKED_UP.search(value):
        line = one_line(unescape(value))
        return [line] if line else []
    return paragraphs_from_html(value)


def _ttl(feed: dict[str, Any]) -> int | None:
    """How long the feed asks to be left alone: `ttl` (minutes), else the syndication module's period."""
    minutes = _number(feed, "ttl")
    if minutes > 0:
        return round(minutes * 60)
    period = _UPDATE_PERIODS.get(_string(feed, "sy_updateperiod").strip().lower())
    return round(period / max(_number(feed, "sy_updatefrequency"), 1)) if period else None


def _number(holder: dict[str, Any], key: str) -> float:
    text = _string(holder, key).strip()
    return float(text) if re.fullmatch(r"\d{1,9}(\.\d{1,3})?", text) else 0.0


def _string(holder: dict[str, Any], key: str) -> str:
    value = next(own_values(holder, key), "")
    return value if isinstance(value, str) else ""


def _list(holder: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value: Any = next(own_values(holder, key), None)
    return value if isinstance(value, list) else []
