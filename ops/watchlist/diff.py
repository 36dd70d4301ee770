"""What applying a watchlist would do to what an installation holds, item by item; secrets are never shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Literal
from urllib.parse import urlsplit

from ops.watchlist.addresses import address_key
from ops.watchlist.entities import entity_facts, extended
from ops.watchlist.model import (
    OPEN_HEADERS,
    OPEN_KINDS,
    TARGET_KEYS,
    Declared,
    DeclaredChannel,
    DeclaredEntity,
    DeclaredFeed,
    DeclaredSubscription,
    DeclaredTopic,
    Given,
    Known,
    Noun,
    Reference,
    Snapshot,
    Stored,
    Watchlist,
)
from ops.watchlist.references import SecretAt
from ops.watchlist.values import duration_text, every_text, pace_text
from ops.watchlist.words import visible
from worker.match.entities import shipped

Fingerprints = Mapping[SecretAt, str]
Shown = str | int | bool | list[str] | None
"""A value as the file would write it; None where it is left to its default."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One key of an item: what is stored, and what the file declares."""

    field: str
    old: Shown
    new: Shown


@dataclass(frozen=True, slots=True)
class Item:
    """A feed (`key` is its URL), entity (its key), topic, channel or subscription (its name), and what changes."""

    noun: Noun
    key: str
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What an application would do.

    `adopted` were made in the dashboard and would be declared by a file from now on; `left` were declared by
    a file earlier, are not in this one, and stay, because nobody asked to prune; `unchanged` counts the rest.
    """

    added: tuple[Item, ...] = ()
    changed: tuple[Item, ...] = ()
    removed: tuple[Item, ...] = ()
    adopted: tuple[Item, ...] = ()
    left: tuple[Item, ...] = ()
    unchanged: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.adopted)

    def __add__(self, other: Changes) -> Changes:
        """Both together, where they are about different things."""
        return Changes(
            self.added + other.added,
            self.changed + other.changed,
            self.removed + other.removed,
            self.adopted + other.adopted,
            self.left + other.left,
            self.unchanged + other.unchanged,
        )


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A reference with what is known of its value."""

    reference: Reference | None
    fingerprint: str | None
    open: bool = False


_Fact = Shown | _Sealed
_Key = tuple[Noun, str]


def changes(
    declared: Watchlist, stored: Snapshot, *, prune: bool = False, fingerprints: Fingerprints | None = None
) -> Changes:
    """What applying `declared` to `stored` would do.

    `fingerprints` are keyed hashes of the declared secrets as they resolve now (`secrets_of`), made with the
    same key as those of the snapshot; without them a secret counts as changed when its reference does.
    """
    wanted = _items(declared)
    before = _items(stored.declared)
    made_here = _items(stored.made_here)
    found: dict[str, list[Item]] = {"add": [], "change": [], "adopt": [], "same": []}
    for key, item in wanted.items():
        old = before.get(key) or made_here.get(key)
        fields = _differences(old, item, stored.fingerprints, fingerprints or {}) if old else ()
        action = _action(key in before, key in made_here, bool(fields))
        found[action].append(Item(key[0], _key_of(item), fields))
    gone = tuple(Item(key[0], _key_of(item)) for key, item in before.items() if key not in wanted)
    return Changes(
        added=tuple(found["add"]),
        changed=tuple(found["change"]),
        removed=gone if prune else (),
        adopted=tuple(found["adopt"]),
        left=() if prune else gone,
        unchanged=len(found["same"]),
    )


def _action(declared: bool, made_here: bool, differs: bool) -> Literal["add", "change", "adopt", "same"]:
    if declared:
        return "change" if differs else "same"
    return "adopt" if made_here else "add"


def known_after(stored: Snapshot, *, prune: bool = False) -> Known:
    """The names that a file may refer to without declaring them: all that stays once it is applied."""
    parts = [stored.made_here] if prune else [stored.made_here, stored.declared]
    known = known_names(
        topics=[(topic.name, topic.tags) for part in parts for topic in part.topics],
        channels=[channel.name for part in parts for channel in part.channels],
        feeds=[(feed.url, feed.name, feed.tags) for part in parts for feed in part.feeds],
    )
    entities = tuple(entity for part in parts for entity in part.entities)
    return replace(known, entities=entities, catalogue=extended(shipped(), stored.folder))


def known_names(
    *,
    topics: Sequence[tuple[str, Sequence[str]]],
    channels: Iterable[str],
    feeds: Iterable[tuple[str, str, Sequence[str]]],
) -> Known:
    """What topics (name, tags), channels and feeds (address, name, tags) may be referred to by."""
    sources = {name for url, called, tags in feeds for name in (urlsplit(url).hostname or "", called, *tags)}
    return Known(
        topics=frozenset(name for name, _ in topics),
        topic_tags=frozenset(tag for _, tags in topics for tag in tags),
        tags_of={name: frozenset(tags) for name, tags in topics if tags},
        channels=frozenset(channels),
        sources=frozenset(sources - {""}),
    )


def _items(watchlist: Watchlist) -> dict[_Key, Declared]:
    found: dict[_Key, Declared] = {("feed", address_key(feed.url)): feed for feed in watchlist.feeds}
    found |= {("entity", entity.key): entity for entity in watchlist.entities}
    found |= {("topic", topic.name): topic for topic in watchlist.topics}
    found |= {("channel", channel.name): channel for channel in watchlist.channels}
    return found | {("subscription", each.name): each for each in watchlist.subscriptions}


def _key_of(item: Declared) -> str:
    match item:
        case DeclaredFeed():
            return item.url
        case DeclaredEntity():
            return item.key
        case _:
            return item.name


def _differences(
    old: Declared, new: Declared, old_prints: Fingerprints, new_prints: Fingerprints
) -> tuple[FieldChange, ...]:
    before, after = _facts(old, old_prints), _facts(new, new_prints)
    fields = dict.fromkeys(chain(before, after))
    return tuple(
        _change(field, before.get(field), after.get(field))
        for field in fields
        if not _equal(before.get(field), after.get(field))
    )


def _equal(old: _Fact, new: _Fact) -> bool:
    if not (isinstance(old, _Sealed) and isinstance(new, _Sealed)):
        return old == new
    alike = old.reference == new.reference or (_is_kept(old.reference) and _is_kept(new.reference))
    if not alike:
        return False
    if old.fingerprint is None or new.fingerprint is None:
        return old.reference == new.reference
    return old.fingerprint == new.fingerprint


def _is_kept(reference: Reference | None) -> bool:
    """A value from a file and the stored value that it became: only their fingerprints can differ."""
    return isinstance(reference, Given | Stored)


def _change(field: str, old: _Fact, new: _Fact) -> FieldChange:
    before, after = _shown(old), _shown(new)
    return FieldChange(field, before, f"{after} (new value)" if before == after else after)


def _shown(fact: _Fact) -> Shown:
    if not isinstance(fact, _Sealed):
        return fact
    match fact.reference:
        case None:
            return None
        case Given(value):
            return value.reveal() if fact.open else "***"
        case reference:
            return str(reference)


def as_written(item: Declared) -> dict[str, Shown]:
    """An item's keys as the file writes them, without its name and without what is empty; a secret that is no
    reference is "***"."""
    facts = {key: _shown(fact) for key, fact in _facts(item, {}).items()}
    return {key: value for key, value in facts.items() if value is not None}


def _facts(item: Declared, fingerprints: Fingerprints) -> dict[str, _Fact]:
    """An item's keys as the file writes them, without its name; a default is None."""
    match item:
        case DeclaredFeed():
            return _feed_facts(item, fingerprints)
        case DeclaredEntity():
            return dict(entity_facts(item))
        case DeclaredTopic():
            return {"query": item.query, "tags": _list(item.tags)}
        case DeclaredChannel():
            return _channel_facts(item, fingerprints)
        case DeclaredSubscription():
            return _subscription_facts(item)


def _feed_facts(feed: DeclaredFeed, fingerprints: Fingerprints) -> dict[str, _Fact]:
    sealed = {
        f"headers.{name.lower()}": _Sealed(
            value, fingerprints.get(("feed", feed.url, f"header {name}")), name.lower() in OPEN_HEADERS
        )
        for name, value in feed.headers
    }
    return {
        "url": feed.url,
        "name": feed.name or None,
        "every": every_text(feed.every_s, feed.within_s) if feed.every_s or feed.within_s else None,
        "full_text": feed.full_text,
        "tags": _list(feed.tags),
        "language": feed.language,
        "user": feed.user or None,
        "password": _Sealed(feed.password, fingerprints.get(("feed", feed.url, "password"))),
        **sealed,
        "pace": pace_text(feed.pace) or None,
    }


def _channel_facts(channel: DeclaredChannel, fingerprints: Fingerprints) -> dict[str, _Fact]:
    key = next(key for key, kind in TARGET_KEYS.items() if kind == channel.kind)
    prints = (fingerprints.get(("channel", channel.name, field)) for field in ("target", "secret"))
    target, secret = prints
    return {
        key: _Sealed(channel.target, target, channel.kind in OPEN_KINDS),
        "secret": _Sealed(channel.secret, secret),
        "language": channel.language,
    }


def _subscription_facts(subscription: DeclaredSubscription) -> dict[str, _Fact]:
    return {
        "topics": _list(subscription.topics),
        "channels": _list(subscription.channels),
        "when": _list(subscription.when),
        "timezone": subscription.timezone,
        "quiet": subscription.quiet,
        "wait": duration_text(subscription.wait_s),
        "urgent": _list(subscription.urgent),
        "group": subscription.group,
        "cap_per_hour": subscription.cap_per_hour,
        "sources": _list(subscription.sources),
        "languages": _list(subscription.languages),
        "on_doubt": subscription.on_doubt,
    }


def _list(texts: Sequence[str]) -> list[str] | None:
    return list(texts) or None


def as_text(found: Changes) -> str:
    """The changes for people: a line per item or changed key, and a summary."""
    lines = [
        *(f"+ {_titled(item)}" for item in found.added),
        *(line for item in found.changed for line in _field_lines("~", item)),
        *(line for item in found.adopted for line in [f"= {_titled(item)}", *_field_lines("~", item)]),
        *(f"- {_titled(item)}" for item in found.removed),
        _summary(found),
    ]
    if found.left:
        lines.append(
            f"{len(found.left)} declared by a file earlier and missing in this one (--prune removes them):"
        )
        lines += [f"  {_titled(item)}" for item in found.left]
    return "\n".join(lines)


def _titled(item: Item) -> str:
    return f"{item.noun} {visible(item.key)}"


def _field_lines(sign: str, item: Item) -> list[str]:
    return [
        f"{sign} {_titled(item)} {visible(change.field)}: {_words(change.old)} → {_words(change.new)}"
        for change in item.fields
    ]


def _words(value: Shown) -> str:
    match value:
        case None:
            return "default"
        case bool():
            return "true" if value else "false"
        case list():
            return visible(", ".join(value))
        case _:
            return visible(str(value))


def _summary(found: Changes) -> str:
    counts = {
        "added": len(found.added),
        "changed": len(found.changed),
        "taken over from the dashboard": len(found.adopted),
        "removed": len(found.removed),
    }
    told = [f"{count} {word}" for word, count in counts.items() if count]
    return ", ".join([*(told or ["nothing to change"]), f"{found.unchanged} unchanged"])


def as_json(found: Changes) -> dict[str, object]:
    """The changes for programs: lists of items, and the number of unchanged ones."""
    return {
        "added": [_item_json(item) for item in found.added],
        "changed": [_item_json(item) for item in found.changed],
        "removed": [_item_json(item) for item in found.removed],
        "adopted": [_item_json(item) for item in found.adopted],
        "left": [_item_json(item) for item in found.left],
        "unchanged": found.unchanged,
    }


def _item_json(item: Item) -> dict[str, object]:
    fields = {change.field: {"old": change.old, "new": change.new} for change in item.fields}
    return {"noun": item.noun, "key": item.key} | ({"fields": fields} if fields else {})
