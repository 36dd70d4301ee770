"""The nouns of a newsroom: its outlets, what their reporters write, and the order in which it appears.

A `Story` here is one outlet's piece: Pantau sees it as an entry in a feed and as the article on a page.
Pieces about the same happening share their `event`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from worker.errors import BadInput

FeedFormat = Literal["rss", "atom", "json"]
Layout = Literal["portal", "broadsheet", "agency"]

FEED_FILES: Mapping[FeedFormat, str] = MappingProxyType(
    {"rss": "rss.xml", "atom": "atom.xml", "json": "feed.json"}
)
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Manners:
    """How an outlet's server behaves: seconds before its headers, and how many first requests get a 500."""

    delay_s: float = 0.0
    failing: int = 0


@dataclass(frozen=True, slots=True)
class Outlet:
    """A publisher: one path on the site, one feed, one look of its pages.

    `language` is an ISO 639-1 code; `full_content` puts the whole text into the feed; `hot_topics` stand in
    a box on every page; `window` is the number of newest stories that the feed holds.
    """

    slug: str
    name: str
    language: str = "en"
    feed: FeedFormat = "rss"
    layout: Layout = "portal"
    tagline: str = ""
    full_content: bool = False
    hot_topics: tuple[str, ...] = ()
    window: int = 30
    feed_manners: Manners = Manners()
    page_manners: Manners = Manners()

    @property
    def front_path(self) -> str:
        """Where the outlet's front page is, below the site's address."""
        return f"/{self.slug}/"

    @property
    def feed_path(self) -> str:
        """Where the outlet's feed is, below the site's address."""
        return f"/{self.slug}/{FEED_FILES[self.feed]}"


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands around a story's own words on its page: none of it may ever alert anybody.

    `see_also` are headlines between the paragraphs, `related` those in the box below them.
    """

    author: str = ""
    editor: str = ""
    source: str = ""
    caption: str = ""
    see_also: tuple[str, ...] = ()
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """Which topics a story must match: for each one the words that do it, none where it stays silent."""

    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reason: str = ""

    @property
    def topics(self) -> frozenset[str]:
        """The names of the topics that must match."""
        return frozenset(topic for topic, words in self.words.items() if words)


@dataclass(frozen=True, slots=True)
class Revision:
    """A later version of a story under the same guid; a part that is empty stays as it was."""

    title: str = ""
    paragraphs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """One outlet's piece, as its reporter wrote it.

    `age` makes it part of the backlog: that old when the newsroom opens; without one it waits to be
    published. `copy_of` is the slug of the story whose text this one repeats with small changes.
    """

    slug: str
    outlet: str
    title: str
    paragraphs: tuple[str, ...]
    summary: str = ""
    section: str = "news"
    tags: tuple[str, ...] = ()
    age: timedelta | None = None
    event: str = ""
    copy_of: str = ""
    furniture: Furniture = Furniture()
    expected: Expectation = Expectation()
    revision: Revision | None = None

    @property
    def path(self) -> str:
        """Where the story's page is, below the site's address."""
        return f"/{self.outlet}/{self.section}/{self.slug}"


@dataclass(frozen=True, slots=True)
class Printed:
    """A story as it stands on the site now."""

    story: Story
    published: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """Outlets, their stories in order of publication, and the topics they are held against (name to query).

    Raises `BadInput` with every complaint when the parts do not fit together.
    """

    outlets: tuple[Outlet, ...]
    stories: tuple[Story, ...]
    topics: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if complaints := list(_complaints(self)):
            raise BadInput("the newsroom's schedule does not fit together: " + "; ".join(complaints))

    @property
    def backlog(self) -> tuple[Story, ...]:
        """The stories that are there when the newsroom opens."""
        return tuple(story for story in self.stories if story.age is not None)

    @property
    def upcoming(self) -> tuple[Story, ...]:
        """The stories still to be published, in order."""
        return tuple(story for story in self.stories if story.age is None)

    @property
    def truth(self) -> frozenset[tuple[str, str]]:
        """Every (slug, topic) that must match; any other pair must not."""
        return frozenset((story.slug, topic) for story in self.stories for topic in story.expected.topics)

    def story(self, slug: str) -> Story:
        """The story of that slug; `BadInput` when there is none."""
        for story in self.stories:
            if story.slug == slug:
                return story
        raise BadInput(f"this newsroom has no story {slug!r}")

    def outlet(self, slug: str) -> Outlet:
        """The outlet of that slug; `BadInput` when there is none."""
        for outlet in self.outlets:
            if outlet.slug == slug:
                return outlet
        raise BadInput(f"this newsroom has no outlet {slug!r}")


def _complaints(schedule: Schedule) -> Iterator[str]:
    outlets = [outlet.slug for outlet in schedule.outlets]
    slugs = [story.slug for story in schedule.stories]
    yield from _bad_slugs("outlet", outlets)
    yield from _bad_slugs("story", slugs)
    for story in schedule.stories:
        for complaint in _misfits(story, outlets, slugs, schedule.topics):
            yield f"story {story.slug!r} {complaint}"


def _bad_slugs(kind: str, slugs: Iterable[str]) -> Iterator[str]:
    for slug, count in Counter(slugs).items():
        if count > 1:
            yield f"{kind} {slug!r} is there {count} times"
        if not _SLUG.fullmatch(slug):
            yield f"{kind} {slug!r} must be of the letters a-z, digits and single hyphens"


def _misfits(story: Story, outlets: list[str], slugs: list[str], topics: Mapping[str, str]) -> Iterator[str]:
    if story.outlet not in outlets:
        yield f"names the unknown outlet {story.outlet!r}"
    if not _SLUG.fullmatch(story.section):
        yield f"has the section {story.section!r}, which is no path"
    if not story.title.strip() or not any(paragraph.strip() for paragraph in story.paragraphs):
        yield "needs a title and a paragraph"
    if story.copy_of and story.copy_of not in slugs:
        yield f"copies the unknown story {story.copy_of!r}"
    if silent := sorted(topics.keys() ^ story.expected.words.keys()):
        yield f"must say for each topic which words match, and for no other: {', '.join(silent)}"
