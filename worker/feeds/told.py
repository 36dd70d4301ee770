"""What a feed tells, in its own words, and how they are read: one reading for whatever parser took them out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import NamedTuple
from urllib.parse import urljoin

from worker.dates import zone_of
from worker.feeds.dates import parse_date
from worker.feeds.stamps import standard_moment
from worker.feeds.texts import first_line, line_of
from worker.links import web_link
from worker.model import Entry, FeedDocument, Trail, Words
from worker.plain import one_line, paragraphs_from_html

_TITLES = ("title", "dc:title", "media:title")
# A description that pictures and podcasts have of their own speaks only where the entry has none.
_SUMMARIES = ("summary", "dc:description", "itunes:summary", "media:description")
_PUBLISHED = ("published", "dc:date", "created")
_AUTHOR_LONGEST = 320  # an address has at most 254 characters
_ADDRESS = re.compile(r"[\w.+-]{1,64}@(?:[a-zA-Z0-9-]{1,63}\.)+[a-zA-Z]{2,24}(?:\?subject=\S+)?", re.ASCII)
_LINKS_MOST = 100
_RELATIONS = frozenset({"hub", "self", "next", "prev-archive"})
_UPDATE_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}


class Link(NamedTuple):
    """A link with its relation and the media type of what it leads to."""

    href: str
    rel: str = "alternate"
    kind: str = "text/html"


@dataclass(slots=True)
class Told:
    """An entry, or a feed's own part, in the words of its document.

    `words` are texts that may hold markup, `texts` those that may not, both by the names of the tables here and
    in `elements`; links are read at `base`.
    """

    words: dict[str, list[Words]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    guid_is_link: bool = False
    base: str = ""

    def page(self) -> str:
        """The link to what a reader would read; of several the first."""
        for href, rel, kind in self.links:
            if rel == "alternate" and "html" in kind and "<" not in href:
                return href
        return ""

    def by_relation(self, relation: str) -> list[str]:
        """The addresses of the links with this relation."""
        return [link.href for link in self.links if link.rel == relation]


@dataclass(slots=True)
class ToldFeed:
    """A feed in the words of its document. With `inherit` its authors wrote the entries that name nobody."""

    format: str
    about: Told
    entries: list[Told]
    warnings: list[str] = field(default_factory=list)
    inherit: bool = False


def without_address(author: str) -> str:
    """The name in `ana@example.org (Ana)` or `Ana <ana@example.org>`; the address where there is no name."""
    if "@" not in author or len(author) > _AUTHOR_LONGEST or not (found := _ADDRESS.search(author)):
        return author
    name = author.replace(found[0], "").replace("()", "").replace("<>", "").replace("&lt;&gt;", "").strip()
    return name.removeprefix("(").removesuffix(")").strip() or found[0]


def document_of(feed: ToldFeed, url: str) -> FeedDocument:
    """The feed as values: plain texts, absolute addresses, moments in UTC."""
    about = feed.about
    language = about.texts.get("language", "").strip().replace("_", "-") or None
    base = url or next((link for link in (*about.by_relation("self"), about.page()) if web_link(link)), "")
    zone = zone_of(language, base)
    inherited = _names(about.authors) if feed.inherit else ()
    return FeedDocument(
        format=feed.format or "xml",
        title=first_line(_firsts(about, _TITLES)),
        link=web_link(about.page(), _joined(base, about.base)),
        language=language,
        entries=tuple([_entry(entry, base, zone, inherited) for entry in feed.entries]),
        warnings=tuple(feed.warnings),
        ttl_s=_ttl(about.texts),
        trail=_trail(about, _joined(base, about.base)),
    )


def _trail(about: Told, base: str) -> Trail:
    """Where the feed says that it leads on (WebSub, RFC 5005)."""
    led: dict[str, list[str]] = {}
    for link in about.links[:_LINKS_MOST]:
        for relation in link.rel.lower().split():
            if relation in _RELATIONS and (address := web_link(link.href, base)):
                led.setdefault(relation, []).append(address)
    return Trail(
        hubs=tuple(dict.fromkeys(led.get("hub", ()))),
        own=next(iter(led.get("self", ())), None),
        older=next(iter(led.get("next", ())), None),
        archive=next(iter(led.get("prev-archive", ())), None),
        generator=one_line(about.texts.get("generator", ""))[:200],
    )


def _entry(told: Told, base: str, zone: tzinfo, inherited: tuple[str, ...]) -> Entry:
    texts = told.texts
    return Entry(
        id=one_line(texts.get("id", "")) or None,
        link=_link(told, _joined(base, told.base)),
        title=first_line(_firsts(told, _TITLES)),
        summaries=tuple(_firsts(told, _SUMMARIES)),
        contents=_contents(told.words),
        authors=(_names(told.authors) if told.authors else ()) or inherited,
        tags=_lines(told.tags) if told.tags else (),
        published=_moment(texts, _PUBLISHED, zone),
        updated=_moment(texts, ("updated",), zone),
    )


def _joined(outer: str, inner: str) -> str:
    return urljoin(outer, inner) if inner else outer


def _link(told: Told, base: str) -> str | None:
    """The entry's page: what a redirecting service says it leads to, its link, a guid that is one, else any
    alternate, else a guid that is an address."""
    guid = told.texts.get("id", "")
    address = (
        (web_link(told.texts["feedburner:origlink"]) if "feedburner:origlink" in told.texts else None)
        or web_link(told.page(), base)
        or (web_link(guid) if told.guid_is_link else None)
    )
    if address:
        return address
    others = (web_link(href, base) for href in told.by_relation("alternate") if "<" not in href)
    return next((link for link in others if link), None) or web_link(guid)


def _firsts(told: Told, names: Iterable[str]) -> list[Words]:
    return [told.words[name][0] for name in names if name in told.words]


def _contents(words: Mapping[str, list[Words]]) -> tuple[Words, ...]:
    """Everything that may be the whole text; a second summary may."""
    return (*words.get("content", ()), *words.get("summary", ())[1:])


def _names(authors: Iterable[str]) -> tuple[str, ...]:
    lines = [line_of(Words(name, "text/plain")) for name in authors]
    return tuple(dict.fromkeys(filter(None, lines)))


def _lines(values: Iterable[str]) -> tuple[str, ...]:
    lines = [" ".join(paragraphs_from_html(text)) for text in values]
    return tuple(dict.fromkeys(filter(None, lines)))


def _moment(texts: Mapping[str, str], names: Iterable[str], zone: tzinfo) -> datetime | None:
    for name in names:
        if text := texts.get(name):
            moment = standard_moment(text) or parse_date(one_line(text), zone)
            if moment:
                return moment
    return None


def _ttl(texts: Mapping[str, str]) -> int | None:
    """How long the feed asks to be left alone: `ttl` (minutes), else the syndication module's period."""
    minutes = _number(texts.get("ttl", ""))
    if minutes > 0:
        return round(minutes * 60)
    period = _UPDATE_PERIODS.get(texts.get("sy:updateperiod", "").strip().lower())
    return round(period / max(_number(texts.get("sy:updatefrequency", "")), 1)) if period else None


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"\s*\d{1,9}(\.\d{1,3})?\s*", text) else 0.0
