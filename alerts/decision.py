"""What planning comes to: one decision, with a named reason, for each match x subscription x channel; and what it
goes by: what the channels have heard, and what is on its way to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from alerts.model import ChannelId, DeliveryId, DeliveryKind, SilenceId, SubscriptionId
from worker.model import ArticleId, MatchId, StoryId

MOST_ARTICLES = 200
"""Articles in one message: what every channel can list by name (Slack 1,125, a webhook's 64 KB at least 200)."""


class Reason(StrEnum):
    """Why a decision fell as it did."""

    AT_ONCE = "at_once"
    WAITS = "waits"
    URGENT = "urgent"
    DIGEST = "digest"
    QUIET_HOURS = "quiet_hours"
    PAUSED = "paused"
    SNOOZED = "snoozed"
    BACKLOG = "backlog"
    OVER_CAP = "over_cap"
    APPLIED_BACK = "applied_back"
    JOINED = "joined"
    SAME_STORY = "same_story"
    FOLLOW_UP = "follow_up"
    BEFORE_SUBSCRIPTION = "before_subscription"
    SOURCE_FILTER = "source_filter"
    LANGUAGE_FILTER = "language_filter"
    TOO_OLD = "too_old"
    SILENCED = "silenced"
    ALREADY_TOLD = "already_told"
    UNSUBSCRIBED = "unsubscribed"
    ADDRESS_BLOCKED = "address_blocked"
    NOT_CONFIRMED = "not_confirmed"
    RESTING = "resting"


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """What is decided about: a match, heard through a subscription, on one of its channels."""

    match: MatchId
    subscription: SubscriptionId
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class Bundle:
    """A delivery that collects articles until `due_at` (UTC); `key` is unique among a channel's open deliveries.

    Where an open delivery has the key already: "backlog" and "update" take the later due time (each addition pushes
    it), "article" the sooner one; the others keep theirs. `story` is what all its articles tell of, `thread_of` the
    message that it follows, or changes. `delivery` is set where it is known to stand under this number already,
    although no key leads to it any more: one that a blocked channel holds. `following` is the next digest after
    this one, for what is planned when this one has just gone.
    """

    key: str
    kind: DeliveryKind
    due_at: datetime
    story: StoryId | None = None
    thread_of: DeliveryId | None = None
    delivery: DeliveryId | None = None
    following: Bundle | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Told:
    """What a channel knows of an article.

    "collecting": in a delivery that nobody tried to send yet. "going": in one that was tried and is not over,
    or is held; it keeps its articles. "told": the receiver has it, may have it, or is just being sent it.
    Deliveries that failed or expired are left out: their articles may be announced anew.
    """

    delivery: DeliveryId
    due_at: datetime
    state: Literal["collecting", "going", "told"]


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """What a channel hears of together: the articles of one story, or the copies of one text, which has its first
    article's number."""

    of: Literal["story", "text"]
    number: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message about a story, which a channel has heard or is to hear: the first one (`first` is its own number) or a
    follow-up. `at` is when it was taken, or is to be; `room` is for how many articles it still has, none once it was
    tried. `held` if a blocked channel keeps it back."""

    delivery: DeliveryId
    first: DeliveryId
    bundle: str
    at: datetime
    groups: frozenset[Group]
    room: int = 0
    held: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """How things stand on the channels: the messages of the stories in question, a roll-up that a blocked channel
    holds (with the room that it still has), and which channels have threads."""

    messages: Mapping[ChannelId, Sequence[Message]] = field(default_factory=dict)
    rollups: Mapping[ChannelId, tuple[DeliveryId, int]] = field(default_factory=dict)
    threaded: frozenset[ChannelId] = frozenset()


@dataclass(frozen=True, slots=True)
class Announce:
    """The channel hears of this article in that bundle, opened where it is not there yet."""

    pair: Pair
    article: ArticleId
    bundle: Bundle
    reason: Reason


@dataclass(frozen=True, slots=True)
class Join:
    """The article goes out anyhow: the alert joins a bundle of this very run, or an earlier delivery."""

    pair: Pair
    article: ArticleId
    into: Bundle | DeliveryId
    reason: Reason = Reason.JOINED


@dataclass(frozen=True, slots=True)
class Move:
    """The article, with the alerts it has, leaves the collecting delivery for a sooner bundle.

    Where the bundle's key is that delivery's own, only its due time comes forward.
    """

    pair: Pair
    article: ArticleId
    delivery: DeliveryId
    bundle: Bundle
    reason: Reason


@dataclass(frozen=True, slots=True)
class Suppress:
    """Nobody is told, and this is why: `silence` is the one that keeps it, `told_in` the delivery that told the channel
    of the article before, where that is the reason."""

    pair: Pair
    reason: Reason
    silence: SilenceId | None = None
    told_in: DeliveryId | None = None


Decision = Announce | Join | Move | Suppress


@dataclass(frozen=True, slots=True)
class Update:
    """A message that is there already is to say what is known by `due_at`."""

    channel: ChannelId
    message: DeliveryId
    due_at: datetime
