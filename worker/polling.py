"""PURE. What a feed's answer means: how to ask, what came, which entries are new, what to remember.

ask(feed, now)                   -> the request, conditional on what we have
judge(feed, answer, parse)       -> Unchanged | Fresh | Failing | Site
next_state(feed, outcome, ...)   -> what to remember, and when to ask again
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from worker.errors import BadInput
from worker.feeds import schedule
from worker.feeds.discover import is_page
from worker.feeds.hints import hint_s
from worker.feeds.moves import Move, believed, recall_move, sighted
from worker.model import DueFeed, FeedDocument
from worker.secrets import Secret
from worker.targets import for_anyone, is_foreign
from worker.wire import Failure, Reply, Request

ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
MAX_FEED_BYTES = 10 * 1024 * 1024
LONGEST_VALIDATOR = 1000
COOLING_IS_FAILING_S = 6 * 3600.0
BACK_HOME_AFTER = 9
"""Failures in a row: some four hours."""
LETTERS_KEPT = 30
"""So many of its last polls a feed's row remembers, as a letter each: n news, u nothing new, f its feed was found
behind a site, e failed, c its site wanted to be left alone."""
IM_USED = 226
"""The entries since the version that we named and no others (RFC 3229; `A-IM: feed`)."""

Parse = Callable[[bytes, str, str], FeedDocument]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing new: the server says so (304), or the body is the same to the byte. `moved_to`: the address to which
    301 and 308 alone led."""

    status: int
    headers: Mapping[str, str]
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class Fresh:
    """A document to look through for new entries."""

    document: FeedDocument
    body_hash: bytes
    status: int
    headers: Mapping[str, str]
    moved_to: str | None = None

    @property
    def partial(self) -> bool:
        """Whether the server sent what is new and left out the rest."""
        return self.status == IM_USED


@dataclass(frozen=True, slots=True)
class Failing:
    """No document this time, in words for people."""

    reason: str
    status: int | None = None
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A site's page instead of a feed, at the first poll: the feed is to be looked for. `failing` is what it is if
    there is none."""

    page: bytes
    url: str
    failing: Failing


@dataclass(frozen=True, slots=True)
class Found:
    """The feed behind a site's address, which is polled from now on."""

    address: str


Outcome = Unchanged | Fresh | Failing | Found


@dataclass(frozen=True, slots=True)
class After:
    """What a poll leaves: the feed's columns; so many entries at most that may have slipped through since the poll
    before; the address it is polled at from now on, where that is another one."""

    facts: dict[str, Any]
    missed_most: int = 0
    moved_to: str | None = None


def ask(feed: DueFeed, password: Secret | None, headers: Mapping[str, Secret], now: datetime) -> Request:
    """The request for a feed: both validators, so that a server that honours either can say 304; once a day none.
    Where the feed has moved to another host, or out of TLS, what the user gave for the first is not sent along: it
    was adopted there because it answers without."""
    asked = {"Accept": ACCEPT}
    if not schedule.ask_for_all(schedule.recall(feed.rhythm), now):
        asked |= _conditions(feed)
    if is_foreign(feed.asked_url, feed.url):
        asked |= for_anyone({name: value.reveal() for name, value in headers.items()})
        return Request(feed.url, headers=asked, max_bytes=MAX_FEED_BYTES, turn=feed.turn)
    if feed.username:
        pair = f"{feed.username}:{password.reveal() if password else ''}"
        asked["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    asked |= {name: value.reveal() for name, value in headers.items()}
    return Request(feed.url, headers=asked, max_bytes=MAX_FEED_BYTES, turn=feed.turn)


def _conditions(feed: DueFeed) -> dict[str, str]:
    """The validators as they came, however odd they look."""
    given = {"If-None-Match": feed.etag, "If-Modified-Since": feed.last_modified}
    conditions = {name: value for name, value in given.items() if value}
    return {**conditions, "A-IM": "feed"} if conditions else {}


def judge(feed: DueFeed, answer: Reply | Failure, parse: Parse) -> Outcome | Site:
    """What the answer means. `parse` reads the body and raises BadInput for what is no feed."""
    match answer:
        case Failure(reason, detail):
            return Failing(f"{reason}: {detail}")
        case Reply(status=304):
            return Unchanged(304, answer.headers, answer.permanent_url)
        case Reply(status=status) if not 200 <= status < 300:
            return Failing(f"the server answered {status}", status, answer.headers)
    return _document(feed, answer, parse)


def body_hash(body: bytes) -> bytes:
    """What tells a body from another one; 1 GB/s, so it costs nothing beside any parse."""
    return hashlib.blake2b(body, digest_size=16).digest()


def _document(feed: DueFeed, reply: Reply, parse: Parse) -> Outcome | Site:
    found_hash = body_hash(reply.body)
    if found_hash == feed.body_hash:
        return Unchanged(reply.status, reply.headers, reply.permanent_url)
    try:
        document = parse(reply.body, reply.url, reply.headers.get("content-type", ""))
    except BadInput as error:
        failing = Failing(str(error), reply.status, reply.headers)
        if feed.first_poll and feed.url == feed.asked_url and is_page(reply.body):
            return Site(reply.body, reply.url, failing)
        return failing
    return Fresh(document, found_hash, reply.status, reply.headers, reply.permanent_url)


def leads_to(feed: DueFeed, outcome: Outcome, known: int, now: datetime) -> str | None:
    """Where the feed has moved to for good, once that is certain."""
    if not isinstance(outcome, Fresh | Unchanged):
        return None
    same_feed = isinstance(outcome, Unchanged) or known > 0
    return believed(_move(feed, outcome, now), now, same_feed=same_feed)


def _move(feed: DueFeed, outcome: Fresh | Unchanged, now: datetime) -> Move | None:
    to = outcome.moved_to if outcome.moved_to != feed.url else None
    return sighted(recall_move(feed.rhythm.get("move") or {}), to, now)


def next_state(
    feed: DueFeed,
    outcome: Outcome,
    *,
    new: int,
    known: int,
    now: datetime,
    jitter: float,
    cooling_until: datetime | None = None,
    watched: Collection[str] = (),
) -> After:
    """What the poll leaves. `jitter` in [-1, 1]. `cooling_until`: the answer was about the whole site. `watched`:
    addresses that other feeds are polled at."""
    if isinstance(outcome, Found):
        return After(_found(outcome, now) | {"polls": _remembered(feed, "f")})
    poll = schedule.next_poll(
        schedule.recall(feed.rhythm),
        _heard(outcome, new, known, now, cooling_until),
        now,
        jitter,
        _wish(feed),
        max((now - feed.due_at).total_seconds(), 0.0) if feed.due_at else 0.0,
    )
    facts: dict[str, Any] = {
        "rhythm": asdict(poll.rhythm),
        "next_poll_why": "gap_possible" if poll.gap_possible else poll.reason,
        "last_polled_at": now,
        "failures": poll.rhythm.failures,
        "last_status": getattr(outcome, "status", None),
        "state": _state(poll, now),
        "last_error": _error(outcome, cooling_until),
        "polls": _remembered(feed, _letter(outcome, new, cooling_until)),
    }
    if poll.at is not None:
        facts["next_poll_at"] = poll.at
    if isinstance(outcome, Failing):
        facts["rhythm"] |= {name: feed.rhythm.get(name) for name in ("move", "moved")}
        return After(facts | _back_home(feed, facts))
    facts |= {"last_ok_at": now, **_validators(feed, outcome)}
    move, moved_to = _move(feed, outcome, now), leads_to(feed, outcome, known, now)
    facts["rhythm"] |= {"move": asdict(move) if move else None, "moved": feed.rhythm.get("moved")}
    if moved_to is None:
        return After(facts, poll.missed_most)
    if moved_to in watched:
        notice = f"it has moved to {moved_to}, which is watched already: one of the two may be removed"
        return After(facts | {"notice": notice}, poll.missed_most)
    facts["rhythm"] |= {"move": None, "moved": True}
    facts |= {"found_url": moved_to, "notice": f"moved to {moved_to}"}
    return After(facts, poll.missed_most, moved_to)


def _letter(outcome: Outcome, new: int, cooling_until: datetime | None) -> str:
    """What came of the poll, as the feed's row remembers it."""
    if isinstance(outcome, Failing):
        return "e" if cooling_until is None else "c"
    return "n" if new else "u"


def _remembered(feed: DueFeed, letter: str) -> str:
    return (feed.polls + letter)[-LETTERS_KEPT:]


def _back_home(feed: DueFeed, facts: Mapping[str, Any]) -> dict[str, Any]:
    """A feed that moved and fails at its new address for hours is asked at the user's own again."""
    if not feed.rhythm.get("moved") or facts["failures"] < BACK_HOME_AFTER or facts["state"] == "gone":
        return {}
    notice = f"it failed at {feed.url}, where it had moved to, and is asked at its own address again"
    return {"found_url": None, "notice": notice, "rhythm": {**facts["rhythm"], "moved": False}}


def _found(outcome: Found, now: datetime) -> dict[str, Any]:
    return {
        "found_url": outcome.address,
        "next_poll_at": now,
        "next_poll_why": "feed_found",
        "last_polled_at": now,
    }


def _wish(feed: DueFeed) -> schedule.Wish:
    return schedule.Wish(
        feed.every_s,
        feed.every_least_s or schedule.ADAPTIVE_LEAST_S,
        feed.every_most_s or schedule.ADAPTIVE_MOST_S,
    )


def _heard(
    outcome: Unchanged | Fresh | Failing, new: int, known: int, now: datetime, cooling_until: datetime | None
) -> schedule.Outcome:
    match outcome:
        case Unchanged(status, headers):
            return schedule.Unchanged(hint_s(headers, None, now), full=status != 304)
        case Fresh(document, headers=headers):
            return schedule.Changed(
                new,
                known,
                hint_s(headers, None, now),
                outcome.partial,
                document.ttl_s,
                tuple(sorted(document.skip_hours)),
                tuple(sorted(document.skip_days)),
            )
        case Failing(_, status, headers):
            return schedule.Failed(status, (headers or {}).get("retry-after"), cooling_until)


def _state(poll: schedule.NextPoll, now: datetime) -> str:
    """A feed whose site cools is no worse than it was, for some hours: then it is one that cannot be read."""
    if poll.reason == "gone":
        return "gone"
    if poll.reason == "host_cooling":
        read_at = poll.rhythm.read_at
        lately = read_at is not None and now.timestamp() - read_at < COOLING_IS_FAILING_S
        return "ok" if lately and not poll.rhythm.failures else "failing"
    return "failing" if poll.reason in ("failing", "retry_after") else "ok"


def _error(outcome: Outcome, cooling_until: datetime | None) -> str | None:
    if not isinstance(outcome, Failing):
        return None
    if cooling_until is None:
        return outcome.reason
    return f"{outcome.reason}; the site wants to be left alone, until {cooling_until:%H:%M} UTC"


def _validators(feed: DueFeed, outcome: Unchanged | Fresh) -> dict[str, Any]:
    """What to ask with next time. A 304 may bring new ones (RFC 9110, 15.4.5) and need not repeat those it has; those
    of a document are kept with its entries, never before."""
    given = {name: _usable(outcome.headers.get(name.replace("_", "-"))) for name in ("etag", "last_modified")}
    match outcome:
        case Unchanged(status=304):
            return {
                "etag": given["etag"] or feed.etag,
                "last_modified": given["last_modified"] or feed.last_modified,
            }
        case Unchanged() | Fresh(status=226):  # the hash of a part would hide the whole
            return given
    return given | {"body_hash": outcome.body_hash, "title": outcome.document.title or None}


def _usable(validator: str | None) -> str | None:
    """A validator that can be sent back as it came; one with bytes that are no text cannot."""
    if not validator or len(validator) > LONGEST_VALIDATOR:
        return None
    return validator if validator.isprintable() else None
