"""The export: a watchlist as canonical TOML that parses back to the same values.

Only keys that differ from their default are written, in the order of the reference (`docs/watchlist.md`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ops.watchlist.entities import FIELDS
from ops.watchlist.model import (
    OPEN_HEADERS,
    OPEN_KINDS,
    TARGET_KEYS,
    DeclaredChannel,
    DeclaredEntity,
    DeclaredFeed,
    DeclaredSubscription,
    DeclaredTopic,
    Given,
    Reference,
    Watchlist,
    default_subscription_name,
)
from ops.watchlist.values import duration_text, every_text, pace_text

_Pair = tuple[str, str]
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_MUST_ESCAPE = re.compile(r'[\x00-\x1f\x7f"\\]')
_NOTHING = "# Nothing is declared.\nfeed = []\n"


def write_watchlist(watchlist: Watchlist) -> str:
    """The file that declares this watchlist.

    A secret has to be a reference (`env:`, `file:`, `stored:`): ValueError for one that is in the clear.
    """
    tables = [
        *(_table("feed", _feed(feed)) for feed in watchlist.feeds),
        *(_table("entity", _entity(entity)) for entity in watchlist.entities),
        *(_table("topic", _topic(topic)) for topic in watchlist.topics),
        *(_table("channel", _channel(channel)) for channel in watchlist.channels),
        *(_table("subscription", _subscription(each)) for each in watchlist.subscriptions),
    ]
    return "\n".join(tables) if tables else _NOTHING


def _table(noun: str, pairs: Iterator[_Pair]) -> str:
    rows = [f"[[{noun}]]", *(f"{key} = {value}" for key, value in pairs)]
    return "\n".join(rows) + "\n"


def _feed(feed: DeclaredFeed) -> Iterator[_Pair]:
    yield "url", _text(feed.url)
    if feed.name:
        yield "name", _text(feed.name)
    if feed.every_s is not None or feed.within_s is not None:
        yield "every", _text(every_text(feed.every_s, feed.within_s))
    if not feed.full_text:
        yield "full_text", "false"
    if feed.tags:
        yield "tags", _list(feed.tags)
    if feed.language:
        yield "language", _text(feed.language)
    if feed.user:
        yield "user", _text(feed.user)
    if feed.password is not None:
        yield "password", _reference(feed.password)
    if feed.headers:
        pairs = (
            f"{_key(name)} = {_reference(value, name.lower() in OPEN_HEADERS)}"
            for name, value in feed.headers
        )
        yield "headers", f"{{ {', '.join(pairs)} }}"
    if feed.pace:
        yield "pace", f"{{ {pace_text(feed.pace)} }}"


def _entity(entity: DeclaredEntity) -> Iterator[_Pair]:
    for field in FIELDS:
        said = entity.said.get(field)
        if field == "names" and said:
            yield from ((f"names.{language}", _value(classes)) for language, classes in said.items())
        elif said:
            yield field, _value(said)


def _value(value: Any) -> str:
    match value:
        case dict():
            return f"{{ {', '.join(f'{_key(key)} = {_value(inner)}' for key, inner in value.items())} }}"
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return _text(value)


def _topic(topic: DeclaredTopic) -> Iterator[_Pair]:
    yield "name", _text(topic.name)
    yield "query", _text(topic.query)
    if topic.tags:
        yield "tags", _list(topic.tags)


def _channel(channel: DeclaredChannel) -> Iterator[_Pair]:
    yield "name", _text(channel.name)
    key = next(key for key, kind in TARGET_KEYS.items() if kind == channel.kind)
    yield key, _reference(channel.target, channel.kind in OPEN_KINDS)
    if channel.secret is not None:
        yield "secret", _reference(channel.secret)
    if channel.language != "en":
        yield "language", _text(channel.language)


def _subscription(subscription: DeclaredSubscription) -> Iterator[_Pair]:
    if subscription.name != default_subscription_name(subscription.topics, subscription.channels):
        yield "name", _text(subscription.name)
    yield "topics", _list(subscription.topics)
    yield "channels", _list(subscription.channels)
    if subscription.when != ("now",):
        yield "when", _text(subscription.when[0]) if len(subscription.when) == 1 else _list(subscription.when)
    if subscription.timezone != "UTC":
        yield "timezone", _text(subscription.timezone)
    if subscription.quiet is not None:
        yield "quiet", _text(subscription.quiet)
    if subscription.wait_s:
        yield "wait", _text(duration_text(subscription.wait_s))
    if subscription.urgent:
        yield "urgent", _list(subscription.urgent)
    yield from _subscription_limits(subscription)


def _subscription_limits(subscription: DeclaredSubscription) -> Iterator[_Pair]:
    if subscription.group != "story":
        yield "group", _text(subscription.group)
    if subscription.cap_per_hour != 12:
        yield "cap_per_hour", str(subscription.cap_per_hour)
    if subscription.sources:
        yield "sources", _list(subscription.sources)
    if subscription.languages:
        yield "languages", _list(subscription.languages)
    if subscription.on_doubt != "resend":
        yield "on_doubt", _text(subscription.on_doubt)


def _reference(reference: Reference, is_open: bool = False) -> str:
    if not isinstance(reference, Given):
        return _text(str(reference))
    if not is_open:
        raise ValueError("a secret in the clear is not written to an export; give its reference")
    return _text(reference.value.reveal())


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(_text(text) for text in texts)}]"


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    """A TOML string, in the form that needs the fewest backslashes."""
    if "\n" in text and _is_plain(text.replace("\n", ""), "'''"):
        return f"'''\n{text}'''"
    if ('"' in text or "\\" in text) and _is_plain(text, "'"):
        return f"'{text}'"
    return f'"{_MUST_ESCAPE.sub(_escaped, text)}"'


def _is_plain(text: str, quote: str) -> bool:
    return quote not in text and not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", text)


def _escaped(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or f"\\u{ord(found[0]):04X}"
