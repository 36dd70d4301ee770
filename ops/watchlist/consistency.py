"""What single tables cannot know: names given twice, and references to what nobody declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from ops.watchlist.addresses import address_key
from ops.watchlist.model import (
    TARGET_KEYS,
    DeclaredChannel,
    DeclaredEntity,
    DeclaredFeed,
    DeclaredSubscription,
    DeclaredTopic,
    Known,
)
from ops.watchlist.section import Section, Sheet
from ops.watchlist.words import Fault, same, shown, visible

T = TypeVar("T")
Found = Sequence[tuple[Section, T]]


@dataclass(frozen=True, slots=True)
class _Names:
    """What a subscription of this file can refer to."""

    topics: frozenset[str]
    tags_of: Mapping[str, frozenset[str]]
    topic_tags: frozenset[str]
    channels: frozenset[str]
    sources: frozenset[str]
    domains: frozenset[str]
    """The sources without case, and the domains that the hosts among them lie in."""


def check(
    sheet: Sheet,
    feeds: Found[DeclaredFeed],
    entities: Found[DeclaredEntity],
    topics: Found[DeclaredTopic],
    channels: Found[DeclaredChannel],
    subscriptions: Found[DeclaredSubscription],
    known: Known,
    served_kinds: frozenset[str] | None,
) -> None:
    """Adds to the sheet the complaints and warnings that need the whole file."""
    _unique(sheet, feeds, "url", lambda feed: feed.url and address_key(feed.url))
    _unique(sheet, feeds, "name", lambda feed: feed.name)
    check_entities(sheet, entities)
    _unique(sheet, topics, "name", lambda topic: topic.name)
    _unique(sheet, channels, "name", lambda channel: channel.name)
    _unique(sheet, subscriptions, "name", _subscription_name)
    sources = known.sources | _sources_of([feed for _, feed in feeds])
    names = _Names(
        topics=known.topics | {topic.name for _, topic in topics if topic.name},
        tags_of={**known.tags_of, **{topic.name: frozenset(topic.tags) for _, topic in topics}},
        topic_tags=known.topic_tags | {tag for _, topic in topics for tag in topic.tags},
        channels=known.channels | {channel.name for _, channel in channels if channel.name},
        sources=sources,
        domains=frozenset(domain for source in sources for domain in _domains(same(source))),
    )
    for section, subscription in subscriptions:
        _check_topics(section, names)
        _check_urgent(section, subscription, names)
        _check_channels(section, names)
        _check_sources(section, names)
    if served_kinds is not None:
        _check_kinds(channels, served_kinds)


def check_entities(sheet: Sheet, entities: Found[DeclaredEntity]) -> None:
    """Adds the complaints about entities that need the whole file."""
    _unique(sheet, entities, "key", lambda entity: entity.key)


def _subscription_name(subscription: DeclaredSubscription) -> str:
    complete = subscription.topics and subscription.channels
    return subscription.name if complete else ""


def _unique(sheet: Sheet, found: Found[T], key: str, identity: Callable[[T], str]) -> None:
    """Complains of each item after the first with the same identity; an empty one is no identity."""
    first: dict[str, Section] = {}
    for section, item in found:
        called = identity(item)
        earlier = first.setdefault(called, section) if called else section
        if earlier is not section:
            line = sheet.lines.of((*earlier.path, key))
            fallback = "" if key in section.values else " (made of its topics and channels)"
            problem = f"{shown(called)}{fallback} is declared on line {line} already"
            section.complain(key, Fault(problem, f"another {key}, or one [[{section.noun}]] less"))


def _sources_of(feeds: Sequence[DeclaredFeed]) -> frozenset[str]:
    names = {name for feed in feeds for name in (feed.name, *feed.tags) if name}
    return frozenset(names | {urlsplit(feed.url).hostname or "" for feed in feeds if feed.url})


def _domains(source: str) -> list[str]:
    """A name itself; a host also without its first labels, down to two: a.b.example → b.example."""
    labels = source.split(".")
    return [source, *(".".join(labels[first:]) for first in range(1, min(len(labels), 10) - 1))]


def _check_topics(section: Section, names: _Names) -> None:
    for name, place in section.items.get("topics", {}).items():
        fault = _topic_fault(name, names)
        if fault:
            section.complain("topics", fault, place)


def _topic_fault(name: str, names: _Names) -> Fault | None:
    tag = name.removeprefix("tag:")
    if tag != name:
        expected = "a tag that a topic has in `tags`"
        known = tag in names.topic_tags
        return (
            None
            if known
            else Fault(f"no topic carries the tag {shown(tag)}", expected, tag, names.topic_tags)
        )
    if name in names.topics:
        return None
    problem = f"no topic is called {shown(name)}"
    if name in names.topic_tags:
        return Fault(problem, f'"tag:{visible(name)}" for the topics with that tag')
    return Fault(problem, 'the `name` of a [[topic]], or a tag as "tag:…"', name, names.topics)


def _check_urgent(section: Section, subscription: DeclaredSubscription, names: _Names) -> None:
    """Urgent is what the subscription hears of; where neither quiet hours nor a wait hold anything, it is so to no
    effect."""
    for name, place in section.items.get("urgent", {}).items():
        fault = _topic_fault(name, names)
        if fault is None and not _hears(subscription, name, names):
            fault = Fault(f"{shown(name)} is not among its topics", "a topic, or a tag, that `topics` brings")
        if fault:
            section.complain("urgent", fault, place)
    held = subscription.quiet and not {"now", "hourly"}.isdisjoint(subscription.when)
    if subscription.urgent and not held and not ("now" in subscription.when and subscription.wait_s):
        section.warn(
            "urgent", Fault("nothing holds these topics: there are no quiet hours and no wait to break")
        )


def _hears(subscription: DeclaredSubscription, urgent: str, names: _Names) -> bool:
    """Whether the subscription hears of the urgent topic, or of one with the urgent tag."""
    if urgent in subscription.topics:
        return True
    tag = urgent.removeprefix("tag:")
    meant = {urgent} if tag == urgent else {name for name, tags in names.tags_of.items() if tag in tags}
    heard = set(subscription.topics)
    return any(
        name in heard or any(f"tag:{each}" in heard for each in names.tags_of.get(name, ())) for name in meant
    )


def _check_channels(section: Section, names: _Names) -> None:
    for name, place in section.items.get("channels", {}).items():
        if name not in names.channels:
            expected = "the `name` of a [[channel]]"
            section.complain(
                "channels",
                Fault(f"no channel is called {shown(name)}", expected, name, names.channels),
                place,
            )


def _check_sources(section: Section, names: _Names) -> None:
    """Only warns: a feed without a name goes by its own title, known after the first poll."""
    for entry, place in section.items.get("sources", {}).items():
        name = entry.removeprefix("-").removeprefix("tag:")
        if same(name) not in names.domains:
            problem = f"no feed here has the name, tag or host {shown(entry)}"
            section.warn("sources", Fault(problem, unknown=name, known=names.sources), place)


def _check_kinds(channels: Found[DeclaredChannel], served_kinds: frozenset[str]) -> None:
    served = [key for key, kind in TARGET_KEYS.items() if kind in served_kinds]
    for section, channel in channels:
        for key, kind in TARGET_KEYS.items():
            if kind == channel.kind and key in section.values and kind not in served_kinds:
                section.warn(
                    key, Fault("this installation has no such kind of channel", f"one of {', '.join(served)}")
                )
