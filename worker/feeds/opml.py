"""OPML in and out: lists of feeds as other readers write and take them (http://opml.org/spec2.opml).

Read with expat in one pass: it expands nothing, asks nobody, knows the line, and depth costs it no stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from worker.charset import decode
from worker.errors import BadInput
from worker.plain import one_line

BYTES_MOST = 10 * 1024 * 1024
FEEDS_MOST = 10_000
OUTLINES_MOST = 100_000
DEPTH_MOST = 100
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FEED_SCHEME = re.compile(r"feed:(?://)?(?=https?://)|feed:(?=//)", re.IGNORECASE)
_INSTEAD = {
    "rss": "this is a feed, not an OPML list of feeds; add it with `pantau feeds add`",
    "feed": "this is a feed, not an OPML list of feeds; add it with `pantau feeds add`",
    "html": "this is an HTML page, not an OPML list of feeds; export the list as OPML from your reader",
}


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed in the list: where it stands, its address as written, its name, the folders it lies in and the
    categories it has, without repeats; its language as written."""

    line: int
    address: str
    name: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class OpmlDocument:
    """The feeds of a list in its order. `without_feed` are the lines of entries that name a page but no feed."""

    outlines: tuple[Outline, ...]
    without_feed: tuple[Outline, ...] = ()
    warnings: tuple[str, ...] = ()


def read_opml(body: bytes) -> OpmlDocument:
    """The feeds of a list. Raises BadInput, with the line, for what is no OPML or more than one can mean: over 10 MiB,
    10,000 feeds, folders 100 deep, entities of its own."""
    if len(body) > BYTES_MOST:
        raise BadInput(
            f"the file is larger than {BYTES_MOST // 2**20} MiB; an OPML list of 10,000 feeds has 3"
        )
    declared = _ENCODING.search(body[:1024].lstrip())
    text = _DECLARATION.sub("", decode(body, declared and declared[1].decode(), None).text.lstrip("\ufeff"))
    if not text.strip():
        raise BadInput("the file is empty")
    try:
        return _read(text)
    except expat.ExpatError as fault:
        mended = _BARE_AMPERSAND.sub("&amp;", _FORBIDDEN.sub("", text))
        if mended == text:
            raise BadInput(_broken(fault)) from None
    try:
        found = _read(mended)
    except expat.ExpatError as fault:
        raise BadInput(_broken(fault)) from None
    return OpmlDocument(
        found.outlines, found.without_feed, ("not well-formed XML (bare ampersands); read leniently",)
    )


def write_opml(title: str, feeds: Iterable[Outline], now: datetime) -> str:
    """A list that this and other readers take: each feed in the folder of its first tag, all its tags as categories."""
    folders: dict[str, list[Outline]] = {}
    for feed in feeds:
        folders.setdefault(feed.tags[0] if feed.tags else "", []).append(feed)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', "  <head>"]
    lines += [f"    <title>{_text(title)}</title>", f"    <dateCreated>{format_datetime(now)}</dateCreated>"]
    lines += ["  </head>", "  <body>"]
    for folder, inside in folders.items():
        lines += [f"    <outline text={_quoted(folder)}>"] if folder else []
        lines += [_feed_line(feed, "      " if folder else "    ") for feed in inside]
        lines += ["    </outline>"] if folder else []
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def _feed_line(feed: Outline, indent: str) -> str:
    name = feed.name or feed.address
    facts = {
        "type": "rss",
        "text": name,
        "title": feed.name,
        "xmlUrl": feed.address,
        "language": feed.language,
    }
    facts["category"] = ",".join(_as_category(tag) for tag in feed.tags)
    return (
        f"{indent}<outline {' '.join(f'{key}={_quoted(value)}' for key, value in facts.items() if value)}/>"
    )


def _as_category(tag: str) -> str:
    """A tag as a path of one step; commas and slashes, which would cut it, as their look-alikes of full width."""
    return "/" + tag.replace(",", "\uff0c").replace("/", "\uff0f")


def _quoted(value: str) -> str:
    return quoteattr(_FORBIDDEN.sub("", value), {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def _text(value: str) -> str:
    return _FORBIDDEN.sub("", value).replace("&", "&amp;").replace("<", "&lt;")


def _broken(fault: expat.ExpatError) -> str:
    cause = expat.ErrorString(fault.code).removeprefix("not well-formed ").strip("()")
    return f"line {fault.lineno}, column {fault.offset + 1}: this is not well-formed XML ({cause})"


@dataclass(slots=True)
class _Reading:
    """What has been read so far. `open` has an item per open outline: the folder's name, or None for a feed."""

    parser: expat.XMLParserType
    open: list[str | None] = field(default_factory=list)
    found: list[Outline] = field(default_factory=list)
    without_feed: list[Outline] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    outlines: int = 0
    root: str = ""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.rpartition(":")[2].lower()
        if not self.root:
            self.root = name
            if name != "opml":
                raise BadInput(_INSTEAD.get(name, f"this is XML (<{tag[:40]}>), but no OPML list of feeds"))
        elif name == "outline":
            self._outline({key.lower(): one_line(value) for key, value in attributes.items()})

    def end(self, tag: str) -> None:
        if tag.rpartition(":")[2].lower() == "outline":
            self.open.pop()

    def doctype(self, _name: str, _system: str | None, _public: str | None, has_subset: bool) -> None:
        if has_subset:
            raise BadInput(f"line {self._line}: the file declares entities of its own; no list of feeds does")

    @property
    def _line(self) -> int:
        return self.parser.CurrentLineNumber

    def _outline(self, facts: Mapping[str, str]) -> None:
        self.outlines += 1
        if self.outlines > OUTLINES_MOST:
            raise BadInput(f"line {self._line}: the list has more than {OUTLINES_MOST:,} outlines")
        if len(self.open) >= DEPTH_MOST:
            raise BadInput(f"line {self._line}: folders lie more than {DEPTH_MOST} deep in one another")
        name = facts.get("text") or facts.get("title") or ""
        address = facts.get("xmlurl") or (
            facts.get("url", "") if facts.get("type", "").lower() in _KINDS else ""
        )
        self.open.append(None if address else name)
        feed = Outline(
            self._line, _FEED_SCHEME.sub(_as_web, address), name, self._tags(facts), facts.get("language", "")
        )
        if address:
            self.found.append(feed)
        elif facts.get("htmlurl") or facts.get("type", "").lower() in _KINDS:
            self.without_feed.append(feed)
        elif facts.get("type", "").lower() == "include":
            self.warnings.append(f"line {self._line}: a list that is included by its address is not fetched")
        if len(self.found) > FEEDS_MOST:
            raise BadInput(f"line {self._line}: the list has more than {FEEDS_MOST:,} feeds; split it")

    def _tags(self, facts: Mapping[str, str]) -> tuple[str, ...]:
        folders = (folder for folder in self.open[:-1] if folder)
        categories = (step for path in facts.get("category", "").split(",") for step in path.split("/"))
        named = (one_line(step).replace("\uff0c", ",").replace("\uff0f", "/") for step in categories)
        return tuple(dict.fromkeys(tag for tag in (*folders, *named) if tag))


_KINDS = frozenset(("rss", "atom", "feed", "rss1", "rss2", "json"))


def _as_web(scheme: re.Match[str]) -> str:
    """`feed:https://…` is the address after it; `feed://…` is an http address."""
    return (
        "http:"
        if scheme[0].lower() == "feed:" and not scheme.string[scheme.end() :].startswith("http")
        else ""
    )


def _read(text: str) -> OpmlDocument:
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    reading = _Reading(parser)
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.StartDoctypeDeclHandler = reading.doctype
    parser.Parse(text.encode("utf-8", "replace"), True)
    return OpmlDocument(tuple(reading.found), tuple(reading.without_feed), tuple(reading.warnings))
