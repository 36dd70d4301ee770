"""Stories on one channel: which message an article belongs to, and when a follow-up may go.

    nothing heard of the story for 48 h       -> a first message of its own
    its first message still collects (`wait`) -> in that one
    the channel has threads                   -> a reply at once, at most one a minute for a story
    it has none                               -> one message at most every 15 minutes, with every further article

Follow-ups stand behind a story's first message whatever becomes of it: they collect while it is held or in doubt.
One that ended untold is none, and the next article opens another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerts.decision import MOST_ARTICLES, Bundle, Group, Message, Reason
from alerts.model import DeliveryId, News
from alerts.times import Slot, Wish, slots

STORY_LASTS = timedelta(hours=48)
"""So long after its last message a story is still the same one to a reader."""
REPLY_EVERY = timedelta(minutes=1)
FOLLOW_UP_EVERY = timedelta(minutes=15)

_FINENESS = {"off": 0, "text": 1, "story": 2}


def group_of(wishes: Iterable[Wish]) -> Group | None:
    """What the article is told together with: the finest that one of them wishes counts for all; None if it stands
    alone. Where no story is known, copies of its text are one."""
    finest = min(wishes, key=lambda wish: _FINENESS[wish.subscription.group])
    news, wish = finest.news, finest.subscription.group
    if wish == "story" and news.story is not None:
        return Group("story", news.story)
    return None if wish == "off" or news.text is None else Group("text", news.text)


def soonest(found: Iterable[Slot]) -> Slot:
    """The place that is due first, whatever the order of the wishes."""
    return min(
        found, key=lambda slot: (slot.bundle.due_at, slot.pair.subscription, slot.pair, slot.bundle.key)
    )


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A follow-up that still collects; `held` is its number where a blocked channel keeps it back."""

    at: datetime
    room: int
    held: DeliveryId | None = None


@dataclass(slots=True)
class Telling:
    """A story as one channel is told it. `first` is its first message (None: this very planning opens it), which takes
    `room` more articles under its `key`; `open` the follow-up that the next article goes into."""

    first: DeliveryId | None
    key: str
    at: datetime
    last_at: datetime
    room: int = 0
    replied_at: datetime | None = None
    open: FollowUp | None = None

    def takes(self, key: str) -> bool:
        """Whether the first message still collects what has this key."""
        return self.key == key and self.room > 0


@dataclass(slots=True)
class Stories:
    """The stories that one channel is told, as planning goes on."""

    threaded: bool
    tellings: dict[Group, Telling] = field(default_factory=dict)

    @classmethod
    def heard(cls, messages: Iterable[Message], threaded: bool, now: datetime) -> Stories:
        """As they stand before planning. Where a story was begun anew, its latest beginning counts."""
        told: defaultdict[DeliveryId, list[Message]] = defaultdict(list)
        for message in messages:
            told[message.first].append(message)
        stories = cls(threaded)
        for first, of_story in sorted(told.items()):
            telling = _telling(first, of_story)
            if telling.last_at > now - STORY_LASTS:
                groups = (group for message in of_story for group in message.groups)
                stories.tellings |= dict.fromkeys(groups, telling)
        return stories

    def find(self, group: Group | None, key: str) -> Telling | None:
        """The telling that an article of this group continues. What opens in this planning under another key than its
        own has no number yet that it could follow."""
        telling = None if group is None else self.tellings.get(group)
        return None if telling is None or (telling.first is None and telling.key != key) else telling

    def begin(self, bundle: Bundle, news: News) -> None:
        """The article opens this first message."""
        telling = Telling(None, bundle.key, bundle.due_at, bundle.due_at, MOST_ARTICLES - 1)
        self._know(telling, news)

    def join(self, telling: Telling, bundle: Bundle, news: News) -> None:
        """The article goes into the telling's first message, which may be due sooner for it."""
        telling.room -= 1
        telling.at = bundle.due_at
        self._know(telling, news)

    def follow(self, telling: Telling, bundle: Bundle, news: News) -> None:
        """The article goes into this follow-up."""
        room = telling.open.room if telling.open else MOST_ARTICLES
        telling.open = FollowUp(bundle.due_at, room - 1, bundle.delivery) if room > 1 else None
        telling.replied_at = max(telling.replied_at or bundle.due_at, bundle.due_at)
        telling.last_at = max(telling.last_at, bundle.due_at)
        self._know(telling, news)

    def _know(self, telling: Telling, news: News) -> None:
        if news.story is not None:
            self.tellings[Group("story", news.story)] = telling
        if news.text is not None:
            self.tellings[Group("text", news.text)] = telling

    def follow_up(self, telling: Telling, news: News, now: datetime) -> Bundle:
        """The follow-up that the article would go into: one that still collects, or the next."""
        key, opened = f"followup:{telling.first}", telling.open
        if opened is None:
            return Bundle(key, "followup", self._next_due(telling, now), news.story, telling.first)
        return Bundle(key, "followup", opened.at, news.story, telling.first, opened.held)

    def _next_due(self, telling: Telling, now: datetime) -> datetime:
        if not self.threaded:
            return max(now, telling.last_at + FOLLOW_UP_EVERY)
        return now if telling.replied_at is None else max(now, telling.replied_at + REPLY_EVERY)


def _telling(first: DeliveryId, messages: Sequence[Message]) -> Telling:
    """What the messages of one thread come to; the first may be longer ago than anybody remembers."""
    latest = max(messages, key=lambda message: message.at)
    opening = next((message for message in messages if message.delivery == first), None)
    replies = [message for message in messages if message.delivery != first]
    return Telling(
        first=first,
        key=opening.bundle if opening else "",
        at=opening.at if opening else latest.at,
        last_at=latest.at,
        room=opening.room if opening else 0,
        replied_at=max((message.at for message in replies), default=None),
        open=_collecting(replies),
    )


def _collecting(replies: Iterable[Message]) -> FollowUp | None:
    """The youngest of them that takes more."""
    roomy = [message for message in replies if message.room > 0]
    if not roomy:
        return None
    youngest = max(roomy, key=lambda message: message.delivery)
    return FollowUp(youngest.at, youngest.room, youngest.delivery if youngest.held else None)


def tells_at_once(wish: Wish, found: Iterable[Slot], now: datetime) -> bool:
    """Whether it would be told by itself, if nothing had to be waited for but more of its story; `found` are its places
    of now."""
    if any(slot.bundle.kind == "article" for slot in found):
        return True
    hurried = slots(_unhurried(wish), now, False) if wish.subscription.wait_s else ()
    return any(slot.bundle.kind == "article" for slot in hurried)


def behind(bundle: Bundle, wishes: Iterable[Wish], now: datetime) -> Slot:
    """In that follow-up, or where the article is told sooner, or where quiet hours keep it then. A `wait` is for first
    messages only."""
    found: list[Slot] = []
    for wish in wishes:
        found += (slot for slot in slots(wish, now, False) if slot.bundle.kind not in ("article", "quiet"))
        for slot in slots(_unhurried(wish), bundle.due_at, False):
            at_once = slot.bundle.kind == "article"
            found.append(Slot(bundle, Reason.FOLLOW_UP, wish.pair) if at_once else slot)
    return soonest(found)


def _unhurried(wish: Wish) -> Wish:
    if not wish.subscription.wait_s:
        return wish
    return replace(wish, subscription=replace(wish.subscription, wait_s=0.0))
