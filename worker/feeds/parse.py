"""A feed's bytes to its entries: RSS 0.9x, 1.0, 2.0, Atom, JSON Feed, news sitemaps; well formed or not."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace

from worker.charset import charset_of, decode
from worker.feeds import NotAFeed
from worker.feeds.fast import read_well_formed
from worker.feeds.jsonfeed import parse_json_feed
from worker.feeds.mend import bare_doctype, mended, shortened
from worker.feeds.retold import retold
from worker.feeds.sitemap import read_sitemap
from worker.feeds.skipped import skipped
from worker.feeds.sniff import Found, find_feed, instead
from worker.feeds.told import Told, ToldFeed, document_of
from worker.feeds.tolerant import read
from worker.model import FeedDocument

BYTES_MOST = 10 * 1024 * 1024
ENTRIES_MOST = 2000
_DECLARATION = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_MARK = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b\x08"
_ROOT = re.compile(rb"<(?:[\w.-]+:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)
_HEAD = 65_536


def parse_feed(body: bytes, url: str = "", content_type: str = "") -> FeedDocument:
    """What a feed says: its own facts and its entries in document order.

    `url` is where the document came from (links are resolved against it), `content_type` the header it came
    with. Texts are plain text; times are aware UTC, and a clock time without zone is in the zone of the
    feed's language; what is missing is None or empty. At most 10 MiB and 2,000 entries are read (a warning
    says so). Raises `NotAFeed`, with a sentence, for a document that is no feed at all.
    """
    body = unpacked(body)
    told = _well_formed(body)
    feed = document_of(told, url) if told else _tolerantly(body, url, content_type)
    if b"<skip" not in body:
        return feed
    hours, days = skipped(body.decode("utf-8", "replace"))
    return replace(feed, skip_hours=hours, skip_days=days)


def unpacked(body: bytes) -> bytes:
    """A gzip file's content, of which at most one byte more is made than we read; any other body as it is."""
    content, rest = b"", body
    while rest.startswith(_GZIP) and len(content) <= BYTES_MOST:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            content += unpacker.decompress(rest, BYTES_MOST + 1 - len(content))
        except zlib.error as fault:
            raise NotAFeed(f"this is a broken gzip file ({fault}), not a feed") from None
        rest = unpacker.unused_data
    return content if body.startswith(_GZIP) else body


def _well_formed(body: bytes) -> ToldFeed | None:
    """Nine feeds of ten: UTF-8 whatever they declare, and sound XML."""
    if len(body) > BYTES_MOST:
        return None
    document = body.removeprefix(_MARK).strip()
    return read_well_formed(document, ENTRIES_MOST) if _ROOT.search(document, 0, _HEAD) else None


def _tolerantly(body: bytes, url: str, content_type: str) -> FeedDocument:
    declared = _DECLARATION.search(body[:1024].lstrip())
    decoded = decode(body[:BYTES_MOST], charset_of(content_type), declared and declared[1].decode())
    cut = "only the first 10 MiB were read" if len(body) > BYTES_MOST else None
    complaints = tuple(complaint for complaint in (cut, decoded.warning) if complaint)
    found = find_feed(decoded.text)
    match found.kind:
        case "json":
            feed = parse_json_feed(found.text, url, ENTRIES_MOST)
        case "sitemap":
            feed = document_of(read_sitemap(mended(found.text).encode(), url, ENTRIES_MOST), url)
        case "xml":
            feed = document_of(_xml_feed(found), url)
    return replace(feed, warnings=complaints + feed.warnings)


def _xml_feed(found: Found) -> ToldFeed:
    text = mended(found.text, found.prologue)
    # in another charset, or after mending, the document may be well formed after all
    if not found.prologue and (told := read_well_formed(text.encode(), ENTRIES_MOST)):
        told.warnings = [*found.warnings, *told.warnings]
        return told
    part = shortened(text)
    raw = read(part, bare_doctype(found.prologue), ENTRIES_MOST, whole=len(part) == len(text))
    if not raw.entries and not (raw.version and (raw.feed or not found.warnings)):
        raise NotAFeed(instead(found.root))
    told = retold(raw)
    if found.cut_off and told.entries and not _identified(told.entries[-1]):
        told.entries.pop()  # nothing would tell, when the whole of it comes, that it is the same one
        told.warnings.append("the document ends inside of an entry, which was left out")
    told.warnings = [*found.warnings, *told.warnings]
    return told


def _identified(entry: Told) -> bool:
    return bool(entry.texts.get("id") or any(link.href for link in entry.links))
