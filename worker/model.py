"""The nouns of the world, as frozen values. No behaviour beyond their own invariants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NamedTuple, NewType

FeedId = NewType("FeedId", int)
EntryId = NewType("EntryId", int)
ArticleId = NewType("ArticleId", int)
TopicId = NewType("TopicId", int)
MatchId = NewType("MatchId", int)
StoryId = NewType("StoryId", int)

Field = Literal["title", "body"]


class Words(NamedTuple):
    """A piece of text as a document has it, and the media type that it was declared to be; None, which no document
    can declare, where it is plain text with nothing left to read in it."""

    text: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An item in a feed, as the feed tells it: title, authors and tags are plain text, times are aware UTC. What its
    summaries and contents say, `worker.feeds.texts` reads where it is needed."""

    id: str | None
    link: str | None
    title: str
    summaries: tuple[Words, ...] = ()
    contents: tuple[Words, ...] = ()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trail:
    """Where a feed's document leads, as it says itself: its hubs and its own address (WebSub), the page with its
    older entries (`rel="next"`) and its newest archive (`rel="prev-archive"`, RFC 5005), and what made it."""

    hubs: tuple[str, ...] = ()
    own: str | None = None
    older: str | None = None
    archive: str | None = None
    generator: str = ""


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """A feed's document after parsing: its own facts, its entries in document order, and complaints. `skip_hours`
    (0–23, GMT) and `skip_days` (Monday is 0) are when it need not be asked."""

    format: str
    title: str = ""
    link: str | None = None
    language: str | None = None
    entries: tuple[Entry, ...] = ()
    warnings: tuple[str, ...] = ()
    ttl_s: int | None = None
    trail: Trail = Trail()
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class PageText:
    """What we read on a page: the article's own words, without the furniture around them.

    `text` is the paragraphs separated by blank lines; `method` names the step that produced it. `wall` is what stood
    in the article's place: paywall, login (`text` is the opening, if any was shown), consent, bot, script or error.
    """

    title: str
    text: str
    language: str | None = None
    published: datetime | None = None
    authors: tuple[str, ...] = ()
    canonical: str | None = None
    method: str = "none"
    wall: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """What the matcher reads and people hear of."""

    title: str
    body: str
    language: str | None = None
    url: str = ""
    source: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """A named query (`docs/query-language.md`)."""

    id: TopicId
    name: str
    query: str


class Hit(NamedTuple):
    """One place where a topic matched; offsets are code points of the field as written."""

    field: Field
    start: int
    end: int
    text: str


class Match(NamedTuple):
    """A topic found in an article, with the places that show why (title first, at most 100)."""

    topic: TopicId
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """Leave to ask a site (host and port) once; it holds one of the site's connections until it is given back, or
    until it lapses."""

    site: str
    until: datetime


@dataclass(frozen=True, slots=True)
class DueFeed:
    """A feed claimed for one poll; `token` fences what its holder writes. `asked_url` is what the user gave, `url`
    where the feed is: the same, or what was discovered behind a site's address, or where it moved to. `turn` is the
    leave to ask its site that was claimed with it. `pinged_at` is when its hub last told of news, `pushed_until` how
    long its hub has earned our trust; `polls` is what came of its last polls (`worker.polling`)."""

    id: FeedId
    token: int
    asked_url: str
    url: str
    name: str | None
    tags: tuple[str, ...]
    language: str | None
    every_s: float | None
    etag: str | None
    last_modified: str | None
    body_hash: bytes | None
    rhythm: Mapping[str, Any]
    failures: int
    username: str | None
    password: str | None
    headers: Mapping[str, Any]
    first_poll: bool
    created_at: datetime
    last_ok_at: datetime | None = None
    pinged_at: datetime | None = None
    pushed_until: datetime | None = None
    due_at: datetime | None = None
    turn: Turn | None = None
    every_least_s: float | None = None
    every_most_s: float | None = None
    notice: str | None = None
    quirks: Mapping[str, Any] = field(default_factory=dict)
    polls: str = ""


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry that no key of its feed knows yet, with every key it will be known by."""

    entry: Entry
    keys: tuple[str, ...]
    backlog: bool


@dataclass(frozen=True, slots=True)
class KnownKey:
    """What a feed is known to have under a key: the entry as it was first told, last shown on the day `seen`. `entry`
    None: it was read and forgotten since, and its title, link and date with it."""

    entry: EntryId | None
    seen: date
    title: str | None = None
    link: str | None = None
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class EarlierReading:
    """What is stored of an article that is read again: whether it holds its feed's own words only, and when it was
    last read again before (None: never)."""

    article_id: ArticleId
    article: Article
    summary_only: bool
    reread_at: datetime | None


@dataclass(frozen=True, slots=True)
class UnreadEntry:
    """An entry claimed for reading, with what its feed says about it.

    `page_tries` counts how often its page was tried in vain; `earlier` is what was read of it before, None at
    the first reading.
    """

    id: EntryId
    token: int
    attempts: int
    feed_id: FeedId
    guid: str | None
    link: str | None
    title: str
    summary: str
    content: str
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    published_at: datetime | None
    seen_at: datetime
    backlog: bool
    full_text: bool
    source: str
    language: str | None
    page_tries: int = 0
    earlier: EarlierReading | None = None


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """What was read for an entry: the article as the matcher saw it, and how it came to be. `via` is the aggregator
    whose link led to it; `notes` tell how its page was had."""

    article: Article
    identity: str
    authors: tuple[str, ...]
    published_at: datetime | None
    method: str
    summary_only: bool
    page_problem: str | None
    via: str | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadingNotes:
    """How an article's page was had and read, as it is kept beside the article; what is not known is None or 0.

    `asked` are the addresses in their order; `status`, `url`, `bytes` and `seconds` are of the last answer, `failure`
    and `detail` tell why there was none. `rule` is the line of robots.txt that forbade it, `via` the aggregator whose
    link led there, `waited_s` the wait for a turn at the site. `charset` is what the page was in, `declared` what it
    said. `repeated` counts the characters cut because the site repeats them, `wall` quotes what stood in their way.
    """

    asked: tuple[str, ...] = ()
    status: int | None = None
    url: str | None = None
    bytes: int | None = None
    seconds: float | None = None
    waited_s: float | None = None
    failure: str | None = None
    detail: str | None = None
    rule: str | None = None
    via: str | None = None
    charset: str | None = None
    declared: str | None = None
    repeated: int = 0
    wall: str | None = None
    pages: int = 0

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> ReadingNotes:
        """The notes from their stored form; a name that is not known here, or older than it, says nothing."""
        known = {name: kept[name] for name in cls.__dataclass_fields__ if kept.get(name) is not None}
        if "asked" in known:
            known["asked"] = tuple(known["asked"])
        return cls(**known)

    def kept(self) -> dict[str, Any]:
        """Their stored form: what is known, as plain values."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: list(value) if name == "asked" else value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class Finding:
    """A match with the sentence that shows it; `marks` are spans of the matched words in `quote`."""

    match: Match
    field: str
    quote: str
    marks: tuple[tuple[int, int], ...]
