"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/); 1.0 differs only in `author`."""

from __future__ import annotations

import json
import re
from datetime import datetime, tzinfo
from html import unescape
from typing import Any

from worker.dates import zone_of
from worker.feeds import NotAFeed
from worker.feeds.dates import parse_date
from worker.feeds.stamps import standard_moment
from worker.links import web_link
from worker.model import Entry, FeedDocument, Trail, Words
from worker.plain import line_from_html, one_line, text_from_html

_HUBS_MOST = 20
# A value takes some 60 bytes: 10 MB of the smallest ones would take 250 MB.
_VALUES_MOST = 600_000
_TAGS_MOST = 100
_BLANK_LINE = re.compile(r"\n\s*\n")


def parse_json_feed(text: str, url: str, entries_most: int) -> FeedDocument:
    """The feed in a JSON text; raises `NotAFeed` for JSON that is something else."""
    feed = _load(text)
    items = [item for item in _list(feed, "items") if isinstance(item, dict)]
    base = url or _string(feed, "feed_url") or _string(feed, "home_page_url")
    language = _string(feed, "language").strip().replace("_", "-") or None
    inherited, zone = _authors(feed), zone_of(language)
    return FeedDocument(
        format="json10" if _string(feed, "version").rstrip("/").endswith(("/1", "/1.0")) else "json11",
        title=_plain(feed, "title"),
        link=web_link(_string(feed, "home_page_url"), base),
        language=language,
        entries=tuple(_entry(item, base, zone, inherited) for item in items[:entries_most]),
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
    if text.count(",") + text.count("[") + text.count("{") > _VALUES_MOST:
        raise NotAFeed("this JSON holds more values than any feed")
    try:
        feed = json.loads(text, strict=False)
    except RecursionError:
        raise NotAFeed("this JSON is nested too deeply to be a feed") from None
    except ValueError as fault:
        raise NotAFeed(f"this looks like JSON but is broken, so it is no feed: {fault}") from None
    if not isinstance(feed, dict) or not ("jsonfeed.org" in _string(feed, "version") or _list(feed, "items")):
        raise NotAFeed("this is JSON, but not a JSON Feed: it has neither `version` nor `items` of one")
    return feed


def _entry(item: dict[str, Any], base: str, zone: tzinfo, inherited: tuple[str, ...]) -> Entry:
    return Entry(
        id=one_line(_string(item, "id")) or None,
        link=_link(item, base),
        title=_plain(item, "title"),
        summaries=_as_is(line_from_html(_string(item, "summary"))),
        contents=_as_is(
            text_from_html(_string(item, "content_html")) or _paragraphs(_string(item, "content_text"))
        ),
        authors=_authors(item) or inherited,
        tags=tuple(dict.fromkeys(tag for tag in _tags(item) if tag)),
        published=_moment(item, "date_published", zone),
        updated=_moment(item, "date_modified", zone),
    )


def _as_is(text: str) -> tuple[Words, ...]:
    return (Words(text),) if text else ()


def _link(item: dict[str, Any], base: str) -> str | None:
    """The entry's page: its own, else the one elsewhere that it is about, else an `id` that is an address."""
    addresses = (web_link(_string(item, key), base) for key in ("url", "external_url"))
    return next((address for address in addresses if address), None) or web_link(_string(item, "id"))


def _plain(holder: dict[str, Any], key: str) -> str:
    """A text that the standard wants plain; many write HTML's entities all the same."""
    return one_line(unescape(_string(holder, key)))


def _paragraphs(text: str) -> str:
    return "\n\n".join(line for block in _BLANK_LINE.split(text) if (line := one_line(block)))


def _authors(holder: dict[str, Any]) -> tuple[str, ...]:
    """Names; of an author who has none the address. Some write a name where an object should stand."""
    people = _list(holder, "authors") or [holder.get("author")]
    names = [
        _string(person, "name") or _string(person, "url") if isinstance(person, dict) else person
        for person in people
    ]
    return tuple(
        dict.fromkeys(line for name in names if isinstance(name, str) and (line := one_line(_whole(name))))
    )


def _tags(item: dict[str, Any]) -> list[str]:
    return [one_line(_whole(tag)) for tag in _list(item, "tags")[:_TAGS_MOST] if isinstance(tag, str)]


def _moment(item: dict[str, Any], key: str, zone: tzinfo) -> datetime | None:
    written = _string(item, key)
    return standard_moment(written) or parse_date(written, zone)


def _string(holder: dict[str, Any], key: str) -> str:
    """A member as text; ids are written as numbers by some."""
    value = holder.get(key)
    if isinstance(value, str):
        return _whole(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _whole(text: str) -> str:
    """Without halves of characters, which escapes such as `\\ud83d` alone leave."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _list(holder: dict[str, Any], key: str) -> list[Any]:
    value = holder.get(key)
    return value if isinstance(value, list) else []
