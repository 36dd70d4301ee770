"""feedparser's dictionaries to what the feed told."""

from __future__ import annotations

from typing import Any

from worker.feeds.told import Link, Told, ToldFeed
from worker.feeds.tolerant import Raw, own_values
from worker.feeds.twice import undoubled
from worker.links import web_link
from worker.model import Words

_WORDS = {
    "title": "title",
    "summary": "summary",
    "dc_description": "dc:description",
    "itunes_summary": "itunes:summary",
    "media_description": "media:description",
}
_TEXTS = {
    "id": "id",
    "published": "published",
    "dc_date": "dc:date",
    "created": "created",
    "updated": "updated",
    "language": "language",
    "ttl": "ttl",
    "generator": "generator",
    "feedburner_origlink": "feedburner:origlink",
    "pheedo_origlink": "feedburner:origlink",
    "sy_updateperiod": "sy:updateperiod",
    "sy_updatefrequency": "sy:updatefrequency",
}


def retold(raw: Raw) -> ToldFeed:
    """The same feed, out of feedparser's dictionaries."""
    return ToldFeed(
        format=raw.version,
        about=_told(raw.feed),
        entries=[_told(entry) for entry in raw.entries],
        warnings=raw.warnings,
        inherit=raw.version.startswith("atom"),
    )


def _told(raw: dict[str, Any]) -> Told:
    told = Told(
        words={place: found for key, place in _WORDS.items() if (found := _words(raw, key))},
        texts={slot: text for key, slot in _TEXTS.items() if (text := _string(raw, key))},
        links=_links(raw),
        authors=_authors(raw),
        tags=[_string(tag, "term") or _string(tag, "label") for tag in _list(raw, "tags")],
        guid_is_link=True,
    )
    contents = [words for part in _list(raw, "content") if (words := _content(part))]
    if contents or _words(raw, "yandex_full-text"):
        told.words["content"] = contents + _words(raw, "yandex_full-text")
    return told


def _words(raw: dict[str, Any], key: str) -> list[Words]:
    text = _string(raw, key)
    return [Words(text, _string(dict.get(raw, f"{key}_detail") or {}, "type"))] if text else []


def _content(part: dict[str, Any]) -> Words | None:
    kind = _string(part, "type")
    readable = not kind or kind.startswith("text/") or kind.endswith("xml") or "html" in kind
    return Words(_string(part, "value"), kind) if readable else None


def _authors(raw: dict[str, Any]) -> list[str]:
    names = [_string(who, "name") or _string(who, "email") for who in _list(raw, "authors")]
    return names if any(names) else [_string(raw, "author")]


def _links(raw: dict[str, Any]) -> list[Link]:
    """All links as they are, and last what feedparser takes for the entry's page, if that is not one of them."""
    links = [
        Link(_string(link, "href"), _string(link, "rel"), _string(link, "type"))
        for link in _list(raw, "links")
    ]
    page = _string(raw, "link")
    # feedparser takes a guid for the link where an entry has none; only addresses are
    bare = page == _string(raw, "id") and web_link(page) is None
    return links if bare or not page else [*links, Link(page)]


def _string(holder: dict[str, Any], key: str) -> str:
    value = next(own_values(holder, key), "")
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else undoubled(value)


def _list(holder: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value: Any = next(own_values(holder, key), None)
    return value if isinstance(value, list) else []
