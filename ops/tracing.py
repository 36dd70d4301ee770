"""PURE. Why somebody heard of an article, or why nobody did: one sentence from what the tables and the matcher know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from alerts.times import UNTIL_RESUMED
from ops.amounts import span
from ops.causes import cause
from ops.moments import instant
from ops.outcome import why_suppressed
from ops.said import Said, joined, said, said_n
from ops.store.tracing import Trail
from worker.feeds.identity import canonical_url, entry_keys
from worker.match import Explained
from worker.match.explain import Note
from worker.model import Entry, Topic

Row = Mapping[str, Any]
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """A topic held against the article as it reads today; `changed_since` if it, or one of its entities, is younger
    than the reading, or may be; `heard_by` are the subscriptions that hear of it."""

    topic: Topic
    explained: Explained
    changed_since: bool
    heard_by: Sequence[str]


@dataclass(frozen=True, slots=True)
class Trace:
    """All that is known of an article: its trail, the topics that were asked, and how many stayed silent."""

    url: str
    trail: Trail
    asked: Sequence[Asked]
    silent: int
    named: str | None

    @property
    def known(self) -> bool:
        """Whether any feed ever brought it."""
        return bool(self.trail.entries or self.trail.article)


def names_of(url: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The identities and the keys under which what is at this address may be known."""
    keys = entry_keys(Entry(id=url, link=url, title=""), "")
    keys += entry_keys(Entry(id=None, link=url, title=""), "")
    return (canonical_url(url), url.strip()), tuple(dict.fromkeys(keys))


def sentence(trace: Trace) -> Said:
    """The last word. Names as they are; whoever shows them makes them harmless."""
    trail = trace.trail
    if not trace.known:
        return said("Unknown: no feed has brought an entry with this address.")
    if trail.article is None:
        return _unread(trail.entries)
    told = _told(trace)
    return told or joined((_silent(trace), _in_part(trail.article)))


def _unread(entries: Sequence[Row]) -> Said:
    waiting = [entry for entry in entries if entry["state"] == "new"]
    if waiting:
        return said(
            "Not read yet: {feed} brought it at {at}, and the read desk has not come to it.",
            feed=waiting[0]["feed"],
            at=instant(waiting[0]["seen_at"]),
        )
    return said("Never read: {why}.", why=entries[0]["reason"] or said("its reading failed"))


def _told(trace: Trace) -> Said | None:
    """What became of the alerts, what was told first; None where there are none of the topic that was asked for."""
    alerts = [a for a in trace.trail.alerts if trace.named is None or a["topic"] == trace.named]
    deliveries = {delivery["id"]: delivery for delivery in trace.trail.deliveries}
    ways: dict[Said, list[str]] = {}
    for alert in sorted(alerts, key=lambda alert: _ORDER.get(alert["state"], len(_ORDER))):
        channels = ways.setdefault(_way(alert, deliveries.get(alert["delivery"]), trace.trail), [])
        if alert["channel"] not in channels:
            channels.append(alert["channel"])
    told = [_to(way, _joined(channels)) for way, channels in ways.items()]
    more = [said("and {n} more", n=len(told) - _SHOWN)] if len(told) > _SHOWN else []
    return joined((joined((*told[:_SHOWN], *more), "; "), "."), "") if told else None


_ORDER = {
    state: place
    for place, state in enumerate(
        ("sent", "sending", "ready", "collecting", "waiting", "held", "unknown", "failed", "expired")
    )
}

_THEM = "\x00"
"""In the place of the channels, until it is known which went the same way."""


def _to(way: Said, channels: Said) -> Said:
    return way.filled_by(lambda value: channels if value is _THEM else value)


def _way(alert: Row, delivery: Row | None, trail: Trail) -> Said:
    """What became of an alert, said of `_THEM`."""
    if alert["state"] == "suppressed" or delivery is None:
        return said("Not told to {channels}: {why}", channels=_THEM, why=why_suppressed(alert))
    why = cause(delivery["reason"])
    match delivery["state"]:
        case "sent":
            return _sent(delivery["ended_at"], trail)
        case "sending":
            return said("Being sent to {channels}", channels=_THEM)
        case "held":
            return said("Held for {channels}: {why}", channels=_THEM, why=why)
        case "unknown":
            return said("In doubt for {channels}: {why}", channels=_THEM, why=why)
        case "failed":
            return said("Not told to {channels}, the delivery failed: {why}", channels=_THEM, why=why)
        case "expired":
            return said("Not told to {channels}, the delivery expired: {why}", channels=_THEM, why=why)
        case "collecting" if delivery["due_at"] == UNTIL_RESUMED:
            return said("Kept for {channels} until its subscription is resumed", channels=_THEM)
        case _:
            return _under_way(instant(delivery["due_at"]), len(delivery["attempts"]))


def _sent(ended: datetime, trail: Trail) -> Said:
    assert trail.article is not None
    return said(
        "Told {channels} at {at}, {span} after it was seen",
        channels=_THEM,
        at=instant(ended),
        span=span((ended - trail.article["seen_at"]).total_seconds()),
    )


def _under_way(due: str, tries: int) -> Said:
    if not tries:
        return said("On its way to {channels}, due at {at}", channels=_THEM, at=due)
    return said(
        "On its way to {channels}, due at {at} {tries}",
        channels=_THEM,
        at=due,
        tries=said_n("after {n} try", "after {n} tries", tries),
    )


def _silent(trace: Trace) -> Said:
    """Why nobody was told, where nothing was decided."""
    asked = [each for each in trace.asked if trace.named in (None, each.topic.name)]
    matching = [each for each in asked if each.explained.holds]
    found = {match["topic"]: match for match in trace.trail.matches}
    if matching:
        return said("Silent: {why}.", why=joined([_unheard(each, found) for each in matching[:_SHOWN]], "; "))
    if trace.named is not None and asked:
        return _missing(trace.named, lacks(asked[0].explained), was=trace.named in found)
    if found:
        return said(
            "Silent: it matched {topics} when it was read, and nobody hears of that.",
            topics=_joined(list(found)),
        )
    if trace.silent:
        return said("Silent: none of the {n} topics matches.", n=trace.silent)
    return said("Silent: there is no topic.")


def _missing(topic: str, lacking: Said, *, was: bool) -> Said:
    if was:
        return said(
            "Silent: the topic {topic} {lacks} (it matched when the article was read, and was changed since).",
            topic=topic,
            lacks=lacking,
        )
    return said("Silent: the topic {topic} {lacks}.", topic=topic, lacks=lacking)


def _in_part(article: Row) -> Said | str:
    """That more than was read may stand on the page."""
    if not article["summary_only"]:
        return ""
    return said(
        "Only its feed's own words were read, since its page was not had: {why}.", why=article["page_problem"]
    )


def _unheard(asked: Asked, found: Mapping[str, Row]) -> Said:
    name = asked.topic.name
    if name in found:
        if found[name]["state"] == "new":
            return said("it matches {topic}, and the plan desk has not come to it", topic=name)
        if asked.heard_by:
            return said(
                "it matches {topic}, and {subscriptions} came after it was read",
                topic=name,
                subscriptions=_joined(asked.heard_by),
            )
        return said("it matches {topic}, and no subscription hears of that topic", topic=name)
    if asked.changed_since:
        return said(
            "it matches {topic}, which was added or changed after it was read (`pantau topics apply-back` tells of "
            "such articles)",
            topic=name,
        )
    return said(
        "it matches {topic}, which did not match when it was read (`pantau topics apply-back` tells of such "
        "articles)",
        topic=name,
    )


def made_now(problem: str | None, asked: Sequence[Asked] | None, silent: int) -> Said:
    """The last word on a page that was read just now, and stored nowhere. `asked` None: no topics are known here."""
    if problem is not None:
        return said(
            "It cannot be read: {why}. Of such an entry Pantau reads the feed's own words (summary only).",
            why=problem,
        )
    if asked is None:
        return said("It can be read. Which topics match nobody knows here: no installation runs.")
    matching = [each for each in asked if each.explained.holds]
    if matching:
        return _would_match(matching)
    if asked:
        return said(
            "The topic {topic} would not match: it {lacks}.",
            topic=asked[0].topic.name,
            lacks=lacks(asked[0].explained),
        )
    if silent:
        return said("None of the {n} topics would match.", n=silent)
    return said("It can be read, and there is no topic.")


def _would_match(matching: Sequence[Asked]) -> Said:
    topics = _joined([each.topic.name for each in matching])
    heard = list(dict.fromkeys(name for each in matching for name in each.heard_by))
    if heard:
        return said(
            "It would match {topics}, of which {subscriptions} would hear.",
            topics=topics,
            subscriptions=_joined(heard),
        )
    return said("It would match {topics}, and no subscription hears of that.", topics=topics)


def parts_of(part: Explained, depth: int = 0) -> Iterator[tuple[int, bool, Said | str]]:
    """The query's parts, how deep each stands, whether it holds, and its words in the article or what is missing."""
    words = list(dict.fromkeys(hit.text for hit in part.hits))
    shown: Said | str = ", ".join(words[:5])
    if len(words) > 5:
        shown = said("{words} and {n} more", words=shown, n=len(words) - 5)
    told = joined((in_words(part.note), shown), "; ")
    yield depth, part.holds, said("{query}: {told}", query=part.query, told=told) if told else part.query
    for inner in part.parts:
        yield from parts_of(inner, depth + 1)


_NOTES = (
    said("excluded, but it is there"),
    said("{held} of {all} hold, {needed} needed"),
    said("the article's is {fact}"),
    said("not in {where}"),
    said("not in {where}: {words}"),
    said("all its words are in {where}, but not side by side in this order"),
    said("not just so in {where}"),
    said("none of them in {where}"),
    said("not near enough in {where}"),
    said("none of its {n} names ({names} ...) is in {where}, with its capitals"),
)
"""What the matcher says of a part that does not hold, for the catalogue."""

_FACTS: Mapping[str, Said] = {
    each: each for each in (said("title"), said("body"), said("title or body"), said("unknown"), said("none"))
}


def in_words(note: str) -> Said | str:
    """What the matcher says, to be put into the reader's language."""
    if not isinstance(note, Note):
        return note
    return Said(note.pattern, {name: _FACTS.get(fact, fact) for name, fact in note.facts.items()})


def lacks(part: Explained) -> Said:
    """What kept a query from matching, as the end of a sentence: "needs @nato, and none of its names …"."""
    failing = [inner for inner in part.parts if not inner.holds]
    if part.query.startswith("NOT ") and part.parts:
        return _excludes(part.parts[0])
    if not part.parts or _is_near(part):
        return said("needs {query}, and {note}", query=part.query, note=_noted(part))
    if len(failing) == 1 or part.note:
        return lacks(failing[0])
    return said(
        "needs one of {queries}, and none of them is there",
        queries=", ".join(inner.query for inner in failing[:12]),
    )


def _excludes(part: Explained) -> Said:
    words = ", ".join(dict.fromkeys(hit.text for hit in part.hits))
    if words:
        return said("excludes {query}, and that is there: {words}", query=part.query, words=words)
    return said("excludes {query}, and that is there", query=part.query)


def _is_near(part: Explained) -> bool:
    return part.note.startswith("not near")


def _noted(part: Explained) -> Said | str:
    if not part.note:
        return said("it is not there")
    note = in_words(part.note)
    return said("it is {note}", note=note) if part.note.startswith("not ") else note


def name_of_site(url: str) -> str:
    """What feeds near this address have in theirs: the end of its host's name; "" where it has none."""
    labels = _host(url).split(".")
    return ".".join(labels[-2:]) if len(labels) > 1 else ""


def nearest_feeds(url: str, feeds: Sequence[Row], count: int = 3) -> list[Row]:
    """The feeds of this address's host, or of hosts that share most of its name."""
    host = _host(url)
    ranked = sorted(((_shared(host, _host(feed["url"])), feed) for feed in feeds), key=lambda pair: -pair[0])
    return [feed for labels, feed in ranked[:count] if labels >= 2]


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _shared(one: str, other: str) -> int:
    """How many labels two hosts have in common, from the end."""
    shared = 0
    for a, b in zip(reversed(one.split(".")), reversed(other.split(".")), strict=False):
        if not a or a != b:
            break
        shared += 1
    return shared


def _joined(names: Sequence[str]) -> Said:
    more = [said("{n} more", n=len(names) - _SHOWN)] if len(names) > _SHOWN else []
    return joined((*names[:_SHOWN], *more), ", ")
