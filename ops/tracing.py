"""PURE. Why somebody heard of an article, or why nobody did: one sentence from what the tables and the matcher know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from alerts.times import UNTIL_RESUMED
from ops.moments import instant
from ops.outcome import why_suppressed
from ops.store.tracing import Trail
from ops.verdict import cause, span
from worker.feeds.identity import canonical_url, entry_keys
from worker.match import Explained
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


def sentence(trace: Trace) -> str:
    """The last word. Names as they are; whoever shows them makes them harmless."""
    trail = trace.trail
    if not trace.known:
        return "Unknown: no feed has brought an entry with this address."
    if trail.article is None:
        return _unread(trail.entries)
    told = _told(trace)
    return told or _silent(trace) + _in_part(trail.article)


def _unread(entries: Sequence[Row]) -> str:
    waiting = [entry for entry in entries if entry["state"] == "new"]
    if waiting:
        seen = instant(waiting[0]["seen_at"])
        return (
            f"Not read yet: {waiting[0]['feed']} brought it at {seen}, and the read desk has not come to it."
        )
    return f"Never read: {entries[0]['reason'] or 'its reading failed'}."


def _told(trace: Trace) -> str:
    """What became of the alerts, what was told first; empty where there are none of the topic that was asked for."""
    alerts = [a for a in trace.trail.alerts if trace.named is None or a["topic"] == trace.named]
    deliveries = {delivery["id"]: delivery for delivery in trace.trail.deliveries}
    ways: dict[tuple[str, str], list[str]] = {}
    for alert in sorted(alerts, key=lambda alert: _ORDER.get(alert["state"], len(_ORDER))):
        channels = ways.setdefault(_way(alert, deliveries.get(alert["delivery"]), trace.trail), [])
        if alert["channel"] not in channels:
            channels.append(alert["channel"])
    said = [f"{before}{_joined(channels)}{after}" for (before, after), channels in ways.items()]
    more = [f"and {len(said) - _SHOWN} more"] if len(said) > _SHOWN else []
    return "; ".join([*said[:_SHOWN], *more]) + "." if said else ""


_ORDER = {
    state: place
    for place, state in enumerate(
        ("sent", "sending", "ready", "collecting", "waiting", "held", "unknown", "failed", "expired")
    )
}


def _way(alert: Row, delivery: Row | None, trail: Trail) -> tuple[str, str]:
    """What became of an alert, as the words before and behind the channel."""
    if alert["state"] == "suppressed" or delivery is None:
        return "Not told to ", f": {why_suppressed(alert)}"
    match delivery["state"]:
        case "sent":
            return "Told ", f" at {instant(delivery['ended_at'])}, {_after(delivery['ended_at'], trail)}"
        case "sending":
            return "Being sent to ", ""
        case "held":
            return "Held for ", f": {cause(delivery['reason'])}"
        case "unknown":
            return "In doubt for ", f": {cause(delivery['reason'])}"
        case "failed" | "expired" as ended:
            return "Not told to ", f", the delivery {ended}: {cause(delivery['reason'])}"
        case "collecting" if delivery["due_at"] == UNTIL_RESUMED:
            return "Kept for ", " until its subscription is resumed"
        case _:
            tries = f" after {len(delivery['attempts'])} tries" if delivery["attempts"] else ""
            return "On its way to ", f", due at {instant(delivery['due_at'])}{tries}"


def _after(ended: datetime, trail: Trail) -> str:
    assert trail.article is not None
    return f"{span((ended - trail.article['seen_at']).total_seconds())} after it was seen"


def _silent(trace: Trace) -> str:
    """Why nobody was told, where nothing was decided."""
    asked = [each for each in trace.asked if trace.named in (None, each.topic.name)]
    matching = [each for each in asked if each.explained.holds]
    found = {match["topic"]: match for match in trace.trail.matches}
    if matching:
        return "Silent: " + "; ".join(_unheard(each, found) for each in matching[:_SHOWN]) + "."
    if trace.named is not None and asked:
        was = " (it matched when the article was read, and was changed since)" if trace.named in found else ""
        return f"Silent: the topic {trace.named} {lacks(asked[0].explained)}{was}."
    if found:
        return f"Silent: it matched {_joined(list(found))} when it was read, and nobody hears of that."
    return (
        f"Silent: none of the {trace.silent} topics matches."
        if trace.silent
        else "Silent: there is no topic."
    )


def _in_part(article: Row) -> str:
    """That more than was read may stand on the page."""
    if not article["summary_only"]:
        return ""
    return f" Only its feed's own words were read, since its page was not had: {article['page_problem']}."


def _unheard(asked: Asked, found: Mapping[str, Row]) -> str:
    name = asked.topic.name
    if name in found:
        if found[name]["state"] == "new":
            return f"it matches {name}, and the plan desk has not come to it"
        if asked.heard_by:
            return f"it matches {name}, and {_joined(asked.heard_by)} came after it was read"
        return f"it matches {name}, and no subscription hears of that topic"
    since = (
        "was added or changed after it was read" if asked.changed_since else "did not match when it was read"
    )
    return f"it matches {name}, which {since} (`pantau topics apply-back` tells of such articles)"


def made_now(problem: str | None, asked: Sequence[Asked] | None, silent: int) -> str:
    """The last word on a page that was read just now, and stored nowhere. `asked` None: no topics are known here."""
    if problem is not None:
        return f"It cannot be read: {problem}. Of such an entry Pantau reads the feed's own words (summary only)."
    if asked is None:
        return "It can be read. Which topics match nobody knows here: no installation runs."
    matching = [each for each in asked if each.explained.holds]
    if matching:
        heard = list(dict.fromkeys(name for each in matching for name in each.heard_by))
        hears = f", of which {_joined(heard)} would hear" if heard else ", and no subscription hears of that"
        return f"It would match {_joined([each.topic.name for each in matching])}{hears}."
    if asked:
        return f"The topic {asked[0].topic.name} would not match: it {lacks(asked[0].explained)}."
    return f"None of the {silent} topics would match." if silent else "It can be read, and there is no topic."


def parts_of(part: Explained, depth: int = 0) -> Iterator[tuple[int, bool, str]]:
    """The query's parts, how deep each stands, whether it holds, and its words in the article or what is missing."""
    words = list(dict.fromkeys(hit.text for hit in part.hits))
    more = f" and {len(words) - 5} more" if len(words) > 5 else ""
    said = "; ".join(filter(None, (part.note, ", ".join(words[:5]) + more)))
    yield depth, part.holds, f"{part.query}{': ' if said else ''}{said}"
    for inner in part.parts:
        yield from parts_of(inner, depth + 1)


def lacks(part: Explained) -> str:
    """What kept a query from matching, as the end of a sentence: "needs @nato, and none of its names …"."""
    failing = [inner for inner in part.parts if not inner.holds]
    if part.query.startswith("NOT ") and part.parts:
        words = ", ".join(dict.fromkeys(hit.text for hit in part.parts[0].hits))
        return f"excludes {part.parts[0].query}, and that is there" + (f": {words}" if words else "")
    if not part.parts or _is_near(part):
        return f"needs {part.query}, and {_noted(part)}"
    if len(failing) == 1 or part.note:
        return lacks(failing[0])
    return f"needs one of {', '.join(inner.query for inner in failing[:12])}, and none of them is there"


def _is_near(part: Explained) -> bool:
    return part.note.startswith("not near")


def _noted(part: Explained) -> str:
    note = part.note or "it is not there"
    return f"it is {note}" if note.startswith("not ") else note


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


def _joined(names: Sequence[str]) -> str:
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return ", ".join([*names[:_SHOWN], *more])
