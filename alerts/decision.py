"""What planning comes to: one decision, with a named reason, for each match x subscription x channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from alerts.model import ChannelId, DeliveryId, DeliveryKind, SubscriptionId
from worker.model import ArticleId, MatchId


class Reason(StrEnum):
    """Why a decision fell as it did."""

    AT_ONCE = "at_once"
    WAITS = "waits"
    DIGEST = "digest"
    QUIET_HOURS = "quiet_hours"
    BACKLOG = "backlog"
    OVER_CAP = "over_cap"
    APPLIED_BACK = "applied_back"
    JOINED = "joined"
    BEFORE_SUBSCRIPTION = "before_subscription"
    SOURCE_FILTER = "source_filter"
    LANGUAGE_FILTER = "language_filter"
    TOO_OLD = "too_old"
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
    """A delivery that collects articles until `due_at` (UTC); `key` is unique among a channel's deliveries.

    Where an open delivery has the key already: "backlog" takes the later due time (each addition pushes it),
    "article" the sooner one; for the other kinds the key fixes the time.
    """

    key: str
    kind: DeliveryKind
    due_at: datetime


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
    """Nobody is told, and this is why."""

    pair: Pair
    reason: Reason


Decision = Announce | Join | Move | Suppress
