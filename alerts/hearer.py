"""A channel as planning goes on: what it is told takes room, in the hour's cap and in its stories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.decision import Running
from alerts.grouping import Stories, Telling
from alerts.model import ChannelId, DeliveryId, News, Subscription
from alerts.times import Slot

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article is told, and the telling of its story that this continues."""

    slot: Slot
    telling: Telling | None = None


@dataclass(slots=True)
class Hearer:
    """A channel as planning goes on: the times of its first messages, its stories, a roll-up that is held for it."""

    cap: int
    times: list[datetime]
    stories: Stories
    rollup: tuple[DeliveryId, int] | None = None

    def crowded(self, due: datetime, instead_of: datetime | None = None) -> bool:
        """Whether one more message at `due` makes more than the cap within some 60 minutes; `instead_of` is the time
        that it leaves for that."""
        if len(self.times) < self.cap:
            return False
        others = list(self.times)
        if instead_of in others:
            others.remove(instead_of)
        near = sorted(time for time in (*others, due) if due - _HOUR < time < due + _HOUR)
        return any(
            beyond - start < _HOUR
            for start, beyond in zip(near, near[self.cap :], strict=False)
            if start <= due
        )

    def take(self, place: Place, news: News) -> None:
        """It is to hear of the article there: what comes after finds the time, the story and the room taken."""
        bundle, telling = place.slot.bundle, place.telling
        match bundle.kind:
            case "article" if telling is None:
                self.times.append(bundle.due_at)
                self.stories.begin(bundle, news)
            case "article" if telling is not None:
                if telling.at in self.times:
                    self.times[self.times.index(telling.at)] = bundle.due_at
                self.stories.join(telling, bundle, news)
            case "followup" if telling is not None:
                self.stories.follow(telling, bundle, news)
            case "rollup" if bundle.delivery is not None and self.rollup is not None:
                delivery, room = self.rollup
                self.rollup = (delivery, room - 1) if room > 1 else None


def hearers(
    subscriptions: Iterable[Subscription],
    recent: Mapping[ChannelId, Sequence[datetime]],
    running: Running,
    now: datetime,
) -> dict[ChannelId, Hearer]:
    """Every channel that a subscription feeds; the lowest cap among those counts."""
    caps: dict[ChannelId, int] = {}
    for subscription in subscriptions:
        for channel in subscription.channels:
            caps[channel] = min(caps.get(channel, subscription.cap_per_hour), subscription.cap_per_hour)
    return {
        channel: Hearer(
            cap,
            list(recent.get(channel, ())),
            Stories.heard(running.messages.get(channel, ()), channel in running.threaded, now),
            running.rollups.get(channel),
        )
        for channel, cap in caps.items()
    }
