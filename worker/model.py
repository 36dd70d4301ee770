"""The nouns of the world, as frozen values. No behaviour beyond their own invariants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, NewType

FeedId = NewType("FeedId", int)
EntryId = NewType("EntryId", int)
ArticleId = NewType("ArticleId", int)
TopicId = NewType("TopicId", int)
MatchId = NewType("MatchId", int)

Field = Literal["title", "body"]


@dataclass(frozen=True, slots=True)
class Entry:
    """An item in a feed, as the feed tells it; all texts are plain text, times are aware UTC."""

    id: str | None
    link: str | None
    title: str
    summary: str = ""
    content: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """A feed's document after parsing: its own facts, its entries in document order, and complaints."""

    format: str
    title: str = ""
    link: str | None = None
    language: str | None = None
    entries: tuple[Entry, ...] = ()
    warnings: tuple[str, ...] = ()
    ttl_s: int | None = None


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


@dataclass(frozen=True, slots=True)
class Match:
    """A topic found in an article, with the places that show why (title first, at most 100)."""

    topic: TopicId
    hits: tuple[Hit, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class DueFeed:
    """A feed claimed for one poll; `token` fences what its holder writes. `asked_url` is what the user gave, `url`
    where the feed is: the same, or what was discovered behind a site's address."""

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


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry that no key of its feed knows yet, with every key it will be known by."""

    entry: Entry
    keys: tuple[str, ...]
    backlog: bool


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
class Finding:
    """A match with the sentence that shows it; `marks` are spans of the matched words in `quote`."""

    match: Match
    field: str
    quote: str
    marks: tuple[tuple[int, int], ...]
