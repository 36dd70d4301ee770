"""PURE. What there is to say about a feed's document and about an answer that brought none, in values and sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from ops.amounts import span
from ops.said import Said, said, said_n
from worker.charset import charset_of, decode
from worker.feeds import schedule
from worker.feeds.dates import plausible
from worker.feeds.hints import hint_s
from worker.feeds.identity import entry_keys
from worker.feeds.texts import content_of
from worker.model import Entry, FeedDocument
from worker.wire import Failure, FailureReason, Hop, Reply

_DECLARED = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']|<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})",
    re.IGNORECASE,
)
_HEAD = 4096
_FULL_TEXT = 1000
"""Characters; a shorter content is a teaser."""


@dataclass(frozen=True, slots=True)
class Way:
    """How the answer came: every hop of it, the seconds it took, and where it moved to for good."""

    hops: tuple[Hop, ...]
    seconds: float
    url: str | None = None
    status: int | None = None
    moved_to: str | None = None
    body_bytes: int = 0


def way_of(answer: Reply | Failure) -> Way:
    """How this answer came."""
    if isinstance(answer, Failure):
        return Way(answer.hops, answer.elapsed_s)
    return Way(
        answer.hops, answer.elapsed_s, answer.url, answer.status, answer.permanent_url, len(answer.body)
    )


@dataclass(frozen=True, slots=True)
class Charset:
    """Which charset the header and the document name, and which it was read in; `warning` where that is another."""

    header: str | None
    document: str | None
    used: str
    warning: str | None = None


def charset_facts(body: bytes, content_type: str) -> Charset:
    """The charset of a feed or a page."""
    header, found = charset_of(content_type), _DECLARED.search(body[:_HEAD])
    document = (found[1] or found[2]).decode() if found else None
    decoded = decode(body, document, header)
    return Charset(header, document, decoded.charset, decoded.warning)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a feed's entries are like. `repeated` entries share a key with an earlier one and are left out; `in_full`
    ones carry an article's text; `gap_s` is the usual time between two."""

    count: int
    newest: datetime | None
    oldest: datetime | None
    gap_s: float | None
    undated: int
    without_id: int
    without_link: int
    untitled: int
    repeated: int
    in_full: int


def contents(document: FeedDocument, url: str, now: datetime) -> Contents:
    """What the entries are like. A date too far ahead to be true counts as none, as it does for the poll desk."""
    entries = document.entries
    dates = sorted(date for entry in entries if (date := plausible(entry.published or entry.updated, now)))
    return Contents(
        count=len(entries),
        newest=dates[-1] if dates else None,
        oldest=dates[0] if dates else None,
        gap_s=_usual_gap(dates),
        undated=len(entries) - len(dates),
        without_id=sum(not entry.id for entry in entries),
        without_link=sum(not entry.link for entry in entries),
        untitled=sum(not entry.title for entry in entries),
        repeated=_repeated(entries, url),
        in_full=sum(len(content_of(entry)) >= _FULL_TEXT for entry in entries),
    )


def _usual_gap(dates: Sequence[datetime]) -> float | None:
    gaps = [(later - date).total_seconds() for date, later in pairwise(dates)]
    return median(gaps) if len(gaps) >= 2 else None


def _repeated(entries: Sequence[Entry], url: str) -> int:
    seen: set[str] = set()
    repeated = 0
    for entry in entries:
        keys = entry_keys(entry, url)
        repeated += not seen.isdisjoint(keys)
        seen.update(keys)
    return repeated


@dataclass(frozen=True, slots=True)
class NextPoll:
    """When a feed that was just added would be asked for the second time, and why then."""

    at: datetime | None
    in_s: float
    reason: str


def next_poll(reply: Reply, document: FeedDocument, now: datetime) -> NextPoll:
    """What the scheduler would decide after this answer, without its jitter."""
    found = schedule.Changed(
        new=len(document.entries),
        known=0,
        hint_s=hint_s(reply.headers, None, now),
        ttl_s=document.ttl_s,
        skip_hours=tuple(document.skip_hours),
        skip_days=tuple(document.skip_days),
    )
    decided = schedule.next_poll(schedule.Rhythm(), found, now, 0.0)
    return NextPoll(decided.at, decided.interval_s, decided.reason)


_FAILURES: dict[FailureReason, Said] = {
    "bad_url": said(
        "An address begins with http:// or https:// and a host, and holds no user name: declare `user` and "
        "`password` in the watchlist."
    ),
    "blocked": said("If this site of your own network is meant, name the network in PANTAU_ALLOW_NETS."),
    "dns": said(
        "Look for a slip in the name, or ask the site's owners; the name may also be unknown only here."
    ),
    "refused": said("Nobody listens there: look for a slip in the port, or try later."),
    "tls": said("Browsers refuse it too. Only the site's owners can mend it."),
    "timeout": said("Try later; if it never answers, the site may refuse this machine's network."),
    "too_large": said("A feed may be 10 MiB long; ask the site for one with fewer entries."),
    "redirects": said("Open it in a browser, and give the address where it ends."),
    "reset": said("Try later; if it always breaks off, the site may refuse this machine's network."),
    "paused": said("The site wants to be left alone for a while; what is due there waits."),
    "protocol": said("The server's answers cannot be understood; its owners may not know."),
}
_STATUSES: dict[int, Said] = {
    401: said(
        "It wants a user and a password: declare `user` and `password` in the watchlist. This check sends none."
    ),
    402: said("It wants to be paid."),
    404: said("Look for a slip in the address, or give the site's own, where its feeds are named."),
    406: said("The server does not like how it was asked; some do so to keep programs out."),
    410: said("The feed is gone for good; give the site's own address, where its feeds are named."),
    429: said("It was asked too often, by this machine or its neighbours; try later."),
}
_WALL = said(
    "A browser would be let in after a moment; Pantau does not pretend to be one. Ask its owners for access."
)
_WALLS = (
    ("cf-mitigated", "challenge"),
    ("server", "ddos-guard"),
    ("x-datadome", ""),
    ("x-sucuri-block", ""),
    ("x-amzn-waf-action", ""),
)
_WALL_WORDS = re.compile(
    rb"just a moment\.\.\.|captcha|enable javascript and cookies|_incapsula_|attention required! \| cloudflare|"
    rb"checking your browser|px-captcha|request unsuccessful|are you (?:a )?(?:human|robot)|pardon our interruption",
    re.IGNORECASE,
)


def has_wall(reply: Reply) -> bool:
    """Whether this answer keeps programs out instead of bringing what was asked for."""
    marked = any(name in reply.headers and value in reply.headers[name].lower() for name, value in _WALLS)
    return marked or _WALL_WORDS.search(reply.body[:20_000]) is not None


def why_failed(answer: Reply | Failure) -> tuple[Said, Said]:
    """Why this answer brings nothing to read, and what to do about it."""
    if isinstance(answer, Failure):
        return said("{reason}: {detail}", reason=answer.reason, detail=answer.detail), _advice(answer)
    status = answer.status
    why = said("the server answered {status}", status=status)
    if status in (403, 406, 429, 503) and has_wall(answer):
        return said("the server answered {status}, with a wall against programs", status=status), _WALL
    if status == 429 and (wait := answer.headers.get("retry-after")):
        why = said("the server answered {status} and asks to wait ({wait})", status=status, wait=wait[:40])
    if status == 403:
        return why, said(
            "It refuses programs, or this machine's network; ask its owners, naming the User-Agent above."
        )
    if status >= 500:
        return why, said("The server has a trouble of its own; try later.")
    if 300 <= status < 400:
        return why, said("It points elsewhere without saying where.")
    return why, _STATUSES.get(status, said("Open it in a browser to see what it says."))


def _advice(failure: Failure) -> Said:
    if failure.reason == "blocked" and "metadata" in failure.detail:
        return said("No setting opens it: it hands out the machine's own keys.")
    if failure.reason == "blocked" and failure.detail.startswith("port"):
        return said("Such a port is asked inside the networks of PANTAU_ALLOW_NETS alone.")
    return _FAILURES.get(failure.reason, said("Try later."))


def why_no_feed(body_is_wall: bool, declared: int) -> Said:
    """What to do about a document that is no feed."""
    if body_is_wall:
        return _WALL
    if declared:
        return said("None of the feeds that the page names can be read.")
    return said("No feed was found: look for one on the site, or ask its owners.")


def praise(found: Contents, now: datetime) -> Said:
    """The last word on a good feed."""
    if not found.count:
        return said("A feed without entries: sound, and silent so far.")
    if found.newest is None:
        return said("A feed whose entries have no dates: what is new is told by their ids.")
    age = max((now - found.newest).total_seconds(), 0.0)
    if age > timedelta(days=30).total_seconds():
        return said("A sound feed, but its newest entry is {age} old: it may be abandoned.", age=span(age))
    return said_n(
        "A sound feed: 1 entry, {age} old.",
        "A sound feed: {n} entries, the newest {age} old.",
        found.count,
        age=span(age),
    )
