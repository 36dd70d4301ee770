"""Silences: what nobody is to hear of for a while, however many subscriptions want it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

from alerts.decision import Pair, Reason, Suppress
from alerts.model import ChannelId, News, SilenceId, Subscription
from alerts.wanted import answers_to, unwanted
from worker.self_test import OURS

Scope = Literal["topic", "story", "source", "channel", "everything"]
What = int | str | None


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing of `what` is told from `since` up to `until`, on one `channel` or (None) on all of them.

    `what` is the topic's or the story's number, or what a source answers to (its name, a tag, a host); a channel, or
    everything, has none.
    """

    id: SilenceId
    scope: Scope
    what: What
    since: datetime
    until: datetime
    channel: ChannelId | None = None


def turned_away(
    news: News, subscription: Subscription, pair: Pair, silences: Iterable[Silence], now: datetime
) -> Suppress | None:
    """Why nobody is told although a topic matched: the subscription does not want it, or a silence keeps it; None if
    it is to be told."""
    reason = unwanted(news, subscription, now)
    if reason is not None:
        return Suppress(pair, reason)
    silence = silencing(silences, news, pair.channel, now)
    return None if silence is None else Suppress(pair, Reason.SILENCED, silence.id)


def silencing(silences: Iterable[Silence], news: News, channel: ChannelId, now: datetime) -> Silence | None:
    """The silence that keeps this news from this channel; of several the oldest, None if there is none."""
    covering = (each for each in silences if each.since <= now < each.until and _covers(each, news, channel))
    return min(covering, key=lambda silence: silence.id, default=None)


def _covers(silence: Silence, news: News, channel: ChannelId) -> bool:
    if silence.channel not in (None, channel) or channel == OURS:
        return False
    match silence.scope:
        case "topic":
            return news.topic == silence.what
        case "story":
            return news.story is not None and news.story == silence.what
        case "source":
            return answers_to(str(silence.what), news)
        case "channel" | "everything":
            return True
        case other:
            assert_never(other)
