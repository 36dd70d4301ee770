"""Looking at a feed once, without storing anything: every step that the poll desk would make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ops.inspection import (
    Charset,
    Contents,
    NextPoll,
    Way,
    charset_facts,
    contents,
    has_wall,
    next_poll,
    praise,
    way_of,
    why_failed,
    why_no_feed,
)
from ops.said import Said, said
from worker.desks.documents import asking, read_feed
from worker.discovery import Discovered, NothingFound, discover
from worker.errors import BadInput
from worker.feeds.discover import find_feeds, is_page, looks_like_a_feed
from worker.http import Web
from worker.model import FeedDocument
from worker.permission import Permission
from worker.polling import ACCEPT, MAX_FEED_BYTES
from worker.robots import Allowed, Forbidden
from worker.wire import Failure, Reply, Request


@dataclass(frozen=True, slots=True)
class Site:
    """A site's page, behind which a feed was found: `found` says why there, `others` are the feeds that the page
    names besides."""

    way: Way
    feed: str
    found: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """It is a feed. `way`, `next_poll` and `pages` are None for a file; `site` is the page whose address was given
    instead."""

    document: FeedDocument
    charset: Charset
    contents: Contents
    sentence: Said
    way: Way | None = None
    next_poll: NextPoll | None = None
    pages: Allowed | Forbidden | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True)
class NoFeed:
    """It is something else; `declared` are the feeds that the page names as its own, `tried` the places where none
    was found."""

    why: str
    sentence: Said
    charset: Charset
    declared: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    way: Way | None = None


@dataclass(frozen=True, slots=True)
class NotHad:
    """There is no document to look at."""

    why: Said
    sentence: Said
    way: Way | None = None


Checked = Feed | NoFeed | NotHad


async def check_address(web: Web, url: str, now: datetime) -> Checked:
    """Asks for the feed once, as the poll desk would ask for a new one without credentials. Behind a site's page it
    looks for the feed; of a feed it asks whether the site lets us read the pages behind it."""
    answer = await web.ask(_request(url))
    way = way_of(answer)
    if isinstance(answer, Failure) or not 200 <= answer.status < 300:
        return NotHad(*why_failed(answer), way)
    read = _read(answer.body, answer.url, answer.headers.get("content-type", ""))
    charset = charset_facts(answer.body, answer.headers.get("content-type", ""))
    if isinstance(read, str):
        found = await _search(web, url, answer)
        if isinstance(found, Discovered):
            return await _behind(web, found, way, now)
        sentence = why_no_feed(has_wall(answer), len(found.declared))
        return NoFeed(read, sentence, charset, found.declared, found.tried, way)
    what = contents(read, answer.url, now)
    pages = await _pages(web, read)
    return Feed(read, charset, what, praise(what, now), way, next_poll(answer, read, now), pages)


async def _search(web: Web, url: str, page: Reply) -> Discovered | NothingFound:
    if has_wall(page) or not is_page(page.body):
        return NothingFound(declared=tuple(find_feeds(page.body, page.url)))
    return await discover(page.body, page.url, asking(web), read_feed, only_declared=looks_like_a_feed(url))


async def _behind(web: Web, found: Discovered, way: Way, now: datetime) -> Checked:
    """The feed behind a page, asked once more to see each step."""
    checked = await check_address(web, found.address, now)
    others = tuple(address for address in found.declared if address != found.address)
    site = Site(way, found.address, found.why, others)
    return replace(checked, site=site) if isinstance(checked, Feed) else checked


def check_file(path: Path, now: datetime) -> Checked:
    """Reads the feed from a file."""
    try:
        with path.open("rb") as file:
            body = file.read(MAX_FEED_BYTES + 1)
    except OSError as error:
        return NotHad(
            said(
                "the file cannot be read: {trouble}; an address begins with https:// or http://",
                trouble=error.strerror,
            ),
            said("Give a file that can be read, or an address."),
        )
    read, charset = _read(body, "", ""), charset_facts(body, "")
    if isinstance(read, str):
        advice = said("Give a feed's document, or the address of a site.")
        return NoFeed(read, advice, charset, tuple(find_feeds(body, "")))
    found = contents(read, "", now)
    return Feed(read, charset, found, praise(found, now))


def _request(url: str) -> Request:
    return Request(url, headers={"Accept": ACCEPT}, max_bytes=MAX_FEED_BYTES, traced=True)


def _read(body: bytes, url: str, content_type: str) -> FeedDocument | str:
    """The document, or why it is no feed."""
    try:
        return read_feed(body, url, content_type)
    except BadInput as error:
        return str(error)


async def _pages(web: Web, document: FeedDocument) -> Allowed | Forbidden | None:
    """Whether the page behind the first entry with a link may be fetched; None where no entry has one."""
    links: Sequence[str] = [entry.link for entry in document.entries if entry.link]
    return await Permission(web).may_fetch(links[0]) if links else None
