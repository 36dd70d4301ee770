"""The nouns of telling people, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NewType

from worker.model import ArticleId, FeedId, MatchId, StoryId, TopicId
from worker.secrets import Secret

ChannelId = NewType("ChannelId", int)
SubscriptionId = NewType("SubscriptionId", int)
DeliveryId = NewType("DeliveryId", int)
SilenceId = NewType("SilenceId", int)

DeliveryKind = Literal["article", "followup", "rollup", "digest", "quiet", "backlog", "update", "notice"]
"""What a delivery is: the first message of a story (or a single article), its later articles, what a cap held back,
a digest, what quiet hours held, older articles; an update of a message that is there already, which carries no alert
of its own; and a notice, which tells of Pantau itself."""
OnDoubt = Literal["resend", "hold"]


@dataclass(frozen=True, slots=True)
class Channel:
    """Where to tell. `to` is the target (hook URL, address); `options` what else the kind needs."""

    id: ChannelId
    name: str
    kind: str
    to: Secret
    options: Mapping[str, str] = field(default_factory=dict)
    secret: Secret = field(default=Secret(""))


@dataclass(frozen=True, slots=True)
class Subscription:
    """Topics → channels: when and how. Durations in seconds; `topics` are the resolved topic ids, `urgent` those of
    them that break quiet hours. While `paused`, or before `snoozed_until`, what it hears is kept for later.

    `closed` are channels whose owners want to hear nothing through it, each with the decision's reason; `rests`
    those whose owners want a pause, each with its end."""

    id: SubscriptionId
    name: str
    topics: frozenset[TopicId]
    channels: tuple[ChannelId, ...]
    created_at: datetime
    when: tuple[str, ...] = ("now",)
    timezone: str = "UTC"
    quiet: str | None = None
    wait_s: float = 0.0
    group: Literal["story", "text", "off"] = "story"
    cap_per_hour: int = 12
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    on_doubt: OnDoubt = "resend"
    urgent: frozenset[TopicId] = frozenset()
    paused: bool = False
    snoozed_until: datetime | None = None
    closed: Mapping[ChannelId, str] = field(default_factory=dict)
    rests: Mapping[ChannelId, datetime] = field(default_factory=dict)


Asked = Literal["catch_up", "silent"]
"""How somebody wants older articles to be taken in: told as one summary, or only kept."""


@dataclass(frozen=True, slots=True)
class News:
    """A new match, with what planning must know of its article.

    `story` is the event that the article tells of, and `text` the first article with the same text (itself, where it
    is the first). `asked` if the match is of an older article that somebody wants a topic to be applied to
    (`topics apply-back`). `source` is what its feed was called when it was read, `names` what that is called as well;
    `hosts` are those of the feed and of the article itself.
    """

    match: MatchId
    topic: TopicId
    article: ArticleId
    source: str
    tags: tuple[str, ...]
    language: str | None
    published_at: datetime | None
    seen_at: datetime
    read_at: datetime
    backlog: bool = False
    asked: Asked | None = None
    story: StoryId | None = None
    text: ArticleId | None = None
    feed: FeedId | None = None
    names: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One article in a message: what a reader sees of it. `marks` are spans of the matched words in `quote`,
    `title_marks` in `title` (code points)."""

    article: ArticleId
    title: str
    url: str
    source: str
    topics: tuple[str, ...]
    quote: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    title_marks: tuple[tuple[int, int], ...] = ()
    published_at: datetime | None = None
    seen_at: datetime | None = None
    summary_only: bool = False
    language: str | None = None
    story: StoryId | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How widely a story is told, as far as this channel has heard or hears with this letter: articles, sources and
    languages, each counted once."""

    articles: int
    outlets: int
    languages: int


@dataclass(frozen=True, slots=True)
class Thread:
    """What a follow-up or an update belongs to: the story's first message on the channel. `remote_id` is the
    receiver's name for it (a Slack `ts`), None where there is none; `key` that delivery's own key; `topics` what a
    follow-up's first message names."""

    key: str
    title: str
    remote_id: str | None = None
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """What one delivery says, before any channel gives it a form.

    `key` is the delivery's stable public id (Message-ID, webhook-id); `simpler` counts how many times a receiver
    refused the form, so a channel composes plainer with each. `older` if somebody asked for older articles, and it
    tells of nothing else; `away` if a pause or a snooze kept them, and not quiet hours alone. `thread` is set for
    follow-ups and updates; an update has the items of the first message, with what is known of them by now, and
    `told_at` is when that went out. `notice` are the sentences of a notice.
    """

    key: str
    kind: DeliveryKind
    items: tuple[Item, ...]
    now: datetime
    subscriptions: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    timezone: str = "UTC"
    possible_repeat: bool = False
    simpler: int = 0
    backlog_total: int = 0
    older: bool = False
    away: bool = False
    language: Literal["en", "id"] = "en"
    thread: Thread | None = None
    coverage: Mapping[StoryId, Coverage] = field(default_factory=dict)
    notice: tuple[str, ...] = ()
    told_at: datetime | None = None
