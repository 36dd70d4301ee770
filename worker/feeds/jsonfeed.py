"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/); 1.0 differs only in `author`."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

from worker.feeds import NotAFeed
from worker.feeds.dates import parse_date
from worker.links import web_link
from worker.model import Entry, FeedDocument, Trail
from worker.plain import line_from_html, one_line, text_from_html

_HUBS_MOST = 20


def parse_json_feed(text: str, url: str, entries_most: int) -> FeedDocument:
    """The feed in a JSON text; raises `NotAFeed` for JSON that is something else."""
    feed = _load(text)
    items = [item for item in _list(feed, "items") if isinstance(item, dict)]
    base = url or _string(feed, "feed_url") or _string(feed, "home_page_url")
    inherited = _authors(feed)
    return FeedDocument(
        format="json10" if _string(feed, "version").endswith("/1") else "json11",
        title=one_line(_string(feed, "title")),
        link=web_link(_string(feed, "home_page_url"), base),
        language=_string(feed, "language").strip().replace("_", "-") or None,
        entries=tuple(_entry(item, base, inherited) for item in items[:entries_most]),
        warnings=(f"only the first {entries_most} entries were read",) if len(items) > entries_most else (),
        trail=_trail(feed, base),
    )


def _trail(feed: dict[str, Any], base: str) -> Trail:
    """Where the feed leads on: its hubs of type WebSub, its own address, its next page."""
    hubs = (hub for hub in _list(feed, "hubs")[:_HUBS_MOST] if isinstance(hub, dict))
    found = (web_link(_string(hub, "url"), base) for hub in hubs if _string(hub, "type").lower() == "websub")
    return Trail(
        hubs=tuple(dict.fromkeys(hub for hub in found if hub)),
        own=web_link(_string(feed, "feed_url"), base),
        older=web_link(_string(feed, "next_url"), base),
    )


def _load(text: str) -> dict[str, Any]:
    try:
        feed = json.loads(text, strict=False)
    except RecursionError:
        raise NotAFeed("this JSON is nested too deeply to be a feed") from None
    except ValueError as fault:
        raise NotAFeed(f"this looks like JSON but is broken, so it is no feed: {fault}") from None
    if not isinstance(feed, dict) or not ("jsonfeed.org" in _string(feed, "version") or _list(feed, "items")):
        raise NotAFeed("this is JSON, but not a JSON Feed: it has neither `version` nor `items` of one")
    return feed


def _entry(item: dict[str, Any], base: str, inherited: tuple[str, ...]) -> Entry:
    text = _string(item, "content_text")
    return Entry(
        id=one_line(_string(item, "id")) or None,
        link=web_link(_string(item, "url"), base) or web_link(_string(item, "external_url"), base),
        title=one_line(_string(item, "title")),
        summary=line_from_html(_string(item, "summary")),
        content=text_from_html(_string(item, "content_html")) or one_line(text),
        authors=_authors(item) or inherited,
        tags=tuple(dict.fromkeys(one_line(tag) for tag in _list(item, "tags") if isinstance(tag, str))),
        published=parse_date(_string(item, "date_published"), UTC),
        updated=parse_date(_string(item, "date_modified"), UTC),
    )


def _authors(holder: dict[str, Any]) -> tuple[str, ...]:
    people = _list(holder, "authors") or [holder.get("author")]
    names = (one_line(_string(person, "name")) for person in people if isinstance(person, dict))
    return tuple(dict.fromkeys(name for name in names if name))


def _string(holder: dict[str, Any], key: str) -> str:
    """A member as text; ids are written as numbers by some."""
    value = holder.get(key)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _list(holder: dict[str, Any], key: str) -> list[Any]:
    value = holder.get(key)
    return value if isinstance(value, list) else []
