"""feedparser, driven by hand: its parser classes without its door (which opens files and fetches addresses).

The subclasses close what hostile feeds exploit and mend what loses text. Figures are for feedparser 6.0.14.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from xml.sax import SAXException, expatreader, handler
from xml.sax.xmlreader import AttributesNSImpl, InputSource

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.sanitizer import replace_doctype

from worker.feeds.told import without_address

_LINKS_MOST = 100  # each is joined to the base
_TAGS_MOST = 100  # each new tag is compared with all before it
_NAMESPACES_MOST = 100  # each element walks through them
_ATTRIBUTES_MOST = 64  # looked up one by one: 79 KB of them took 0.5 s

# What slips of a parser of hand-made tables look like; the entries read until then are kept.
_SLIPS = (ValueError, TypeError, LookupError, AttributeError, AssertionError, OverflowError, RecursionError)


@dataclass(slots=True)
class Raw:
    """What feedparser made of a document; dictionaries of its own making, values still with markup."""

    version: str = ""
    feed: dict[str, Any] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class _Enough(Exception):
    """As many entries as we take."""


class _Mended:
    """Overrides for both parsers. Descriptions of pictures and podcasts get keys of their own: feedparser
    puts them over the entry's description (22 entries in 2 of 25 news feeds lost theirs)."""

    can_be_relative_uri = StrictFeedParser.can_be_relative_uri - {"id"}
    entries: list[Any]
    namespaces_in_use: dict[str, str]
    contentparams: dict[str, Any]
    elementstack: list[list[Any]]
    entries_most = 2000
    incontent: int

    def _start_item(self, attrs: dict[str, str]) -> None:
        if len(self.entries) >= self.entries_most:
            raise _Enough
        super()._start_item(attrs)  # type: ignore[misc]

    _start_entry = _start_item

    def _start_media_description(self, attrs: dict[str, str]) -> None:
        self.push_content("media_description", attrs, "text/plain", 1)  # type: ignore[attr-defined]

    def _end_media_description(self) -> None:
        self.pop_content("media_description")  # type: ignore[attr-defined]

    def _start_itunes_summary(self, attrs: dict[str, str]) -> None:
        self.push_content("itunes_summary", attrs, "text/html", 1)  # type: ignore[attr-defined]

    def _end_itunes_summary(self) -> None:
        self.pop_content("itunes_summary")  # type: ignore[attr-defined]

    def _start_dc_description(self, attrs: dict[str, str]) -> None:
        self.push_content("dc_description", attrs, "text/html", 1)  # type: ignore[attr-defined]

    def _end_dc_description(self) -> None:
        self.pop_content("dc_description")  # type: ignore[attr-defined]

    def _start_dc_date(self, attrs: dict[str, str]) -> None:  # noqa: ARG002 - the parser calls it with them
        self.push("dc_date", 1)  # type: ignore[attr-defined]

    def _end_dc_date(self) -> None:
        self.pop("dc_date")  # type: ignore[attr-defined]

    def _end_content(self) -> None:
        self.pop_content("content")  # type: ignore[attr-defined]

    _end_body = _end_xhtml_body = _end_content_encoded = _end_fullitem = _end_content

    def handle_data(self, text: str, escape: int = 1) -> None:
        """A piece of text. Called a million times for 20 MB, so only inline XHTML takes the long way."""
        if escape and dict.get(self.contentparams, "type") == "application/xhtml+xml":
            super().handle_data(text, escape)  # type: ignore[misc]
        elif self.elementstack:
            self.elementstack[-1][2].append(text)

    def _start_link(self, attrs: dict[str, str]) -> None:
        if len(self._get_context().get("links") or ()) < _LINKS_MOST:  # type: ignore[attr-defined]
            super()._start_link(attrs)  # type: ignore[misc]

    def _add_tag(self, term: str | None, scheme: str | None, label: str | None) -> None:
        if len(self._get_context().get("tags") or ()) < _TAGS_MOST:  # type: ignore[attr-defined]
            super()._add_tag(term, scheme, label)  # type: ignore[misc]

    def _sync_author_detail(self, key: str = "author") -> None:
        """feedparser's own pattern is quadratic (40 KB took 5 s) and cuts addresses in `.example` or `.media`."""
        context = self._get_context()  # type: ignore[attr-defined]
        people = context.get(f"{key}s")
        if people and not people[-1] and (whole := context.get(key)):
            people[-1]["name"] = without_address(whole)

    def track_namespace(self, prefix: str | None, uri: str) -> None:
        """A prefix the document declares; those beyond the cap are not followed."""
        if len(self.namespaces_in_use) < _NAMESPACES_MOST:
            super().track_namespace(prefix, uri)  # type: ignore[misc]


class _Strict(_Mended, StrictFeedParser):  # type: ignore[misc]
    def startElementNS(self, name: Any, qname: str | None, attrs: Any) -> None:
        if len(attrs) > _ATTRIBUTES_MOST:
            kept = dict(list(attrs.items())[:_ATTRIBUTES_MOST])
            attrs = AttributesNSImpl(kept, {key: attrs.getQNameByName(key) for key in kept})
        super().startElementNS(name, qname, attrs)


class _Loose(_Mended, LooseFeedParser):  # type: ignore[misc]
    def unknown_starttag(self, tag: str, attrs: Any) -> None:
        """An element begins. Where a text was never closed, an entry ends it: it would swallow all that follow."""
        if self.incontent and tag in ("item", "entry"):
            self.incontent = 0
            self.contentparams.clear()
            self.elementstack.clear()
        super().unknown_starttag(tag, attrs)

    def handle_charref(self, ref: str) -> None:
        """A character by number; numbers that are no character become the replacement character."""
        try:
            super().handle_charref(ref)
        except (ValueError, OverflowError):
            self.handle_data("\ufffd")


def read(text: str, doctype: str, entries_most: int, *, whole: bool = True) -> Raw:
    """Parse an XML feed, strictly if it is XML, else leniently. Never raises for what the document holds. Where it is
    not the `whole` document, it just ends."""
    document = f'<?xml version="1.0" encoding="utf-8"?>{doctype}{text}'.encode("utf-8", "replace")
    version, data, entities = replace_doctype(document)
    warnings: list[str] = []
    if not whole:
        warnings.append("the document has more tags than any feed; only its beginning was read")
    parser: Any = _Strict("", None, "utf-8")
    if not _finish(parser, warnings, entries_most, partial(_parse_strictly, parser, data, whole)):
        parser = _Loose("", None, "utf-8", entities)
        _finish(parser, warnings, entries_most, partial(parser.feed, data.decode("utf-8", "replace")))
    return Raw(version or parser.version, parser.feeddata, parser.entries, warnings)


def _finish(parser: Any, warnings: list[str], entries_most: int, run: Callable[[], None]) -> bool:
    """Run one parser to its end. False: the document is not what this parser takes."""
    parser.resolve_relative_uris = parser.sanitize_html = False  # 2/3 of the time
    parser.entries_most = entries_most
    try:
        run()
    except _Enough:
        warnings.append(f"only the first {entries_most} entries were read")
    except SAXException as fault:
        warnings.append(f"not well-formed XML ({_place(fault)}); read leniently")
        return False
    except _SLIPS as slip:
        warnings.append(f"the document could not be read to its end ({type(slip).__name__})")
        return isinstance(parser, _Loose)
    return True


def _parse_strictly(parser: Any, data: bytes, whole: bool) -> None:
    reader = expatreader.ExpatParser(namespaceHandling=1)
    reader.setFeature(handler.feature_external_ges, False)
    reader.setContentHandler(parser)
    reader.setErrorHandler(parser)
    reader.prepareParser(InputSource())
    reader.feed(data)
    if whole:
        reader.close()


def _place(fault: SAXException) -> str:
    line, cause = getattr(fault, "getLineNumber", lambda: None)(), fault.getMessage()
    return f"line {line}: {cause}" if line else str(cause)


def own_values(parsed: dict[str, Any], *keys: str) -> Iterator[Any]:
    """The values under these very keys: feedparser's own look-up answers `updated` with `published`."""
    for key in keys:
        if (value := dict.get(parsed, key)) is not None:
            yield value
