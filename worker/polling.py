"""PURE. What a feed's answer means: how to ask, what came, which entries are new, what to remember.

ask(feed)                        -> the request, conditional on what we have
judge(feed, answer, parse)       -> Unchanged | Fresh | Failing | Found
keyed_entries, sift              -> the entries no key of the feed knows
next_state(feed, outcome, ...)   -> what to remember, and when to ask again
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from worker.errors import BadInput
from worker.feeds import schedule
from worker.feeds.dates import plausible
from worker.feeds.discover import find_feeds
from worker.feeds.identity import entry_keys
from worker.model import DueFeed, Entry, EntryId, FeedDocument, NewEntry
from worker.secrets import Secret
from worker.wire import Failure, Reply, Request

ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
MAX_FEED_BYTES = 10 * 1024 * 1024

Parse = Callable[[bytes, str, str], FeedDocument]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing new: the server says so (304), or the body is the same to the byte."""

    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fresh:
    """A document to look through for new entries."""

    document: FeedDocument
    body_hash: bytes
    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Failing:
    """No document this time, in words for people."""

    reason: str
    status: int | None = None
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A site's page instead of a feed: the feed that it declares is polled from now on."""

    address: str


Outcome = Unchanged | Fresh | Failing | Found


def ask(feed: DueFeed, password: Secret | None, headers: Mapping[str, Secret]) -> Request:
    """The request for a feed: both validators, so that a server that honours either can say 304."""
    asked = {"Accept": ACCEPT}
    if feed.etag:
        asked["If-None-Match"] = feed.etag
    if feed.last_modified:
        asked["If-Modified-Since"] = feed.last_modified
    if feed.username:
        pair = f"{feed.username}:{password.reveal() if password else ''}"
        asked["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    asked |= {name: value.reveal() for name, value in headers.items()}
    return Request(feed.url, headers=asked, max_bytes=MAX_FEED_BYTES)


def judge(feed: DueFeed, answer: Reply | Failure, parse: Parse) -> Outcome:
    """What the answer means. `parse` reads the body and raises BadInput for what is no feed."""
    match answer:
        case Failure(reason, detail):
            return Failing(f"{reason}: {detail}")
        case Reply(status=304):
            return Unchanged(304, answer.headers)
        case Reply(status=status) if not 200 <= status < 300:
            return Failing(f"the server answered {status}", status, answer.headers)
    return _document(feed, answer, parse)


def _document(feed: DueFeed, reply: Reply, parse: Parse) -> Outcome:
    body_hash = hashlib.blake2b(reply.body, digest_size=16).digest()
    if body_hash == feed.body_hash:
        return Unchanged(reply.status, reply.headers)
    try:
        document = parse(reply.body, reply.url, reply.headers.get("content-type", ""))
    except BadInput as error:
        declared = [address for address in find_feeds(reply.body, reply.url) if address != feed.url]
        if declared and feed.first_poll and feed.url == feed.asked_url:
            return Found(declared[0])
        return Failing(str(error), reply.status, reply.headers)
    return Fresh(document, body_hash, reply.status, reply.headers)


def keyed_entries(feed: DueFeed, document: FeedDocument, now: datetime) -> list[NewEntry]:
    """Every entry of the document with all its keys; an entry that repeats another one's key is left out."""
    seen: set[str] = set()
    found: list[NewEntry] = []
    for told in document.entries:
        keys = entry_keys(told, feed.url)
        entry = _dated(told, now)
        if seen.isdisjoint(keys):
            published = entry.published or entry.updated
            found.append(
                NewEntry(entry, keys, feed.first_poll and _was_there_before(published, feed.created_at))
            )
        seen.update(keys)
    return found


def _dated(entry: Entry, now: datetime) -> Entry:
    """The entry without a date that lies too far ahead to be true."""
    return replace(entry, published=plausible(entry.published, now), updated=plausible(entry.updated, now))


def _was_there_before(published: datetime | None, added: datetime) -> bool:
    """Whether an entry of the first poll was in the feed when the user added it; one without a date was."""
    return published is None or published < added


def sift(
    keyed: list[NewEntry], known: Mapping[str, EntryId]
) -> tuple[list[NewEntry], list[tuple[str, EntryId]]]:
    """The entries that none of their keys makes known; and for known ones, the keys that are new about them."""
    new: list[NewEntry] = []
    learned: list[tuple[str, EntryId]] = []
    for entry in keyed:
        owner = next((known[key] for key in entry.keys if key in known), None)
        if owner is None:
            new.append(entry)
        else:
            learned += [(key, owner) for key in entry.keys if key not in known]
    return new, learned


def told_again(keyed: list[NewEntry], known: Mapping[str, EntryId]) -> dict[EntryId, Entry]:
    """What the feed says now of the entries that are known."""
    owners = ((next((known[key] for key in each.keys if key in known), None), each.entry) for each in keyed)
    return {owner: entry for owner, entry in owners if owner is not None}


def next_state(
    feed: DueFeed, outcome: Outcome, *, new: int, known: int, now: datetime, jitter: float
) -> dict[str, Any]:
    """The feed's columns after this poll. `jitter` in [-1, 1]."""
    if isinstance(outcome, Found):
        return {
            "found_url": outcome.address,
            "next_poll_at": now,
            "next_poll_why": "feed_found",
            "last_polled_at": now,
        }
    poll = schedule.next_poll(
        schedule.recall(feed.rhythm), _heard(outcome, new, known, now), now, jitter, feed.every_s
    )
    facts: dict[str, Any] = {
        "rhythm": asdict(poll.rhythm),
        "next_poll_why": "gap_possible" if poll.gap_possible else poll.reason,
        "last_polled_at": now,
        "failures": poll.rhythm.failures,
        "last_status": getattr(outcome, "status", None),
        "last_error": outcome.reason if isinstance(outcome, Failing) else None,
        "state": _state(poll.reason),
    }
    if poll.at is not None:
        facts["next_poll_at"] = poll.at
    if not isinstance(outcome, Failing):
        facts["last_ok_at"] = now
    return facts | _validators(outcome)


def _heard(outcome: Unchanged | Fresh | Failing, new: int, known: int, now: datetime) -> schedule.Outcome:
    match outcome:
        case Unchanged(_, headers):
            return schedule.Unchanged(schedule.hint_s(headers, None, now))
        case Fresh(document, _, _, headers):
            return schedule.Changed(new, known, schedule.hint_s(headers, document.ttl_s, now))
        case Failing(_, status, headers):
            return schedule.Failed(status, (headers or {}).get("retry-after"))


def _state(reason: schedule.Reason) -> str:
    if reason == "gone":
        return "gone"
    return "failing" if reason in ("failing", "retry_after") else "ok"


def _validators(outcome: Outcome) -> dict[str, Any]:
    """What to ask with next time: only from a document that was stored, never from a 304 or a failure."""
    if not isinstance(outcome, Fresh):
        return {}
    return {
        "etag": outcome.headers.get("etag"),
        "last_modified": outcome.headers.get("last-modified"),
        "body_hash": outcome.body_hash,
        "title": outcome.document.title or None,
    }
