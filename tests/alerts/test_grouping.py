"""Which message of a story an article goes into, and when: by table, and whatever the newsroom does."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import grouping
from alerts.decision import (
    MOST_ARTICLES,
    Announce,
    Bundle,
    Decision,
    Group,
    Join,
    Message,
    Move,
    Pair,
    Reason,
    Running,
    Suppress,
    Told,
    Update,
)
from alerts.model import ChannelId, DeliveryId, News, Subscription, SubscriptionId
from alerts.plan import decide, updates
from worker.model import ArticleId, MatchId, StoryId, TopicId

Make = Callable[..., Any]
NOW = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)
CHANNEL = ChannelId(1)
MINUTE = timedelta(minutes=1)
STORY = Group("story", 7)


def first(at: datetime = NOW - 5 * MINUTE, number: int = 50, **facts: Any) -> Message:
    usual: dict[str, Any] = {"bundle": "story:7", "at": at, "groups": frozenset({STORY})}
    return Message(DeliveryId(number), DeliveryId(number), **{**usual, **facts})


def reply(at: datetime, number: int = 51, of: int = 50, **facts: Any) -> Message:
    usual: dict[str, Any] = {"bundle": f"followup:{of}", "at": at, "groups": frozenset({STORY})}
    return Message(DeliveryId(number), DeliveryId(of), **{**usual, **facts})


def standing(*messages: Message, threaded: bool = False) -> Running:
    return Running({CHANNEL: messages}, threaded=frozenset({CHANNEL} if threaded else ()))


@pytest.fixture
def told(news_of: Make, subscription_of: Make) -> Callable[..., Decision]:
    """The decision about one more article of story 7."""

    def decision(running: Running, recent: Sequence[datetime] = (), **facts: Any) -> Decision:
        news = news_of(story=StoryId(7), text=ArticleId(1))
        (one,) = decide([news], [subscription_of(**facts)], {}, {CHANNEL: recent}, NOW, running=running)
        return one

    return decision


BEHIND = {
    "no threads: a quarter of an hour after the first": ([first()], False, NOW + 10 * MINUTE),
    "no threads: the first was long ago": ([first(NOW - 20 * MINUTE)], False, NOW),
    "no threads: a quarter of an hour after the last": (
        [first(NOW - 60 * MINUTE), reply(NOW - 3 * MINUTE)],
        False,
        NOW + 12 * MINUTE,
    ),
    "no threads: the follow-up that still collects": (
        [first(NOW - 60 * MINUTE), reply(NOW + 3 * MINUTE, room=20)],
        False,
        NOW + 3 * MINUTE,
    ),
    "no threads: the one that collects is full": (
        [first(NOW - 60 * MINUTE), reply(NOW + 3 * MINUTE, room=0)],
        False,
        NOW + 18 * MINUTE,
    ),
    "threads: at once": ([first()], True, NOW),
    "threads: at once, even if the first goes only now": ([first(NOW, room=0)], True, NOW),
    "threads: a minute after the last reply": (
        [first(), reply(NOW - timedelta(seconds=20))],
        True,
        NOW + timedelta(seconds=40),
    ),
    "threads: the reply that still collects": (
        [first(), reply(NOW + timedelta(seconds=9), room=3)],
        True,
        NOW + timedelta(seconds=9),
    ),
    "the first is older than two days, the story is not": (
        [reply(NOW - timedelta(hours=47), of=50)],
        False,
        NOW,
    ),
    "begun anew: the later beginning": (
        [first(number=40, at=NOW - timedelta(hours=30)), first()],
        False,
        NOW + 10 * MINUTE,
    ),
}


@pytest.mark.parametrize(("messages", "threaded", "due"), BEHIND.values(), ids=BEHIND.keys())
def test_a_later_article_of_a_story_follows_its_first_message(
    told: Callable[..., Decision], messages: list[Message], threaded: bool, due: datetime
) -> None:
    decision = told(standing(*messages, threaded=threaded), cap_per_hour=0)
    assert isinstance(decision, Announce)
    assert decision.bundle == Bundle("followup:50", "followup", due, StoryId(7), DeliveryId(50))
    assert decision.reason is Reason.FOLLOW_UP


def test_a_follow_up_that_a_blocked_channel_holds_takes_what_comes(told: Callable[..., Decision]) -> None:
    held = reply(NOW - 90 * MINUTE, room=3, held=True)
    decision = told(standing(first(NOW - 99 * MINUTE), held))
    assert isinstance(decision, Announce)
    assert decision.bundle.delivery == 51


@pytest.mark.parametrize("hours", [48, 50])
def test_after_two_days_of_silence_a_story_begins_anew(told: Callable[..., Decision], hours: int) -> None:
    decision = told(standing(first(NOW - timedelta(hours=hours))))
    assert isinstance(decision, Announce)
    assert decision.bundle == Bundle("story:7", "article", NOW, StoryId(7))


def test_what_comes_within_the_wait_is_in_the_first_message(told: Callable[..., Decision]) -> None:
    waiting = first(NOW + 5 * MINUTE, room=20)
    decision = told(standing(waiting), recent=[waiting.at], wait_s=600.0, cap_per_hour=1)
    assert isinstance(decision, Announce)
    assert decision.bundle == Bundle("story:7", "article", NOW + 5 * MINUTE, StoryId(7))
    assert decision.reason is Reason.SAME_STORY


def test_whoever_does_not_wait_brings_the_first_message_forward_below_the_cap(
    told: Callable[..., Decision],
) -> None:
    waiting = first(NOW + 50 * MINUTE, room=20)
    sooner = told(standing(waiting), recent=[waiting.at], cap_per_hour=1)
    assert isinstance(sooner, Announce)
    assert sooner.bundle.due_at == NOW
    crowded = told(standing(waiting), recent=[waiting.at, NOW - 20 * MINUTE], cap_per_hour=1)
    assert isinstance(crowded, Announce)
    assert crowded.bundle.due_at == waiting.at


def test_a_first_message_that_was_brought_forward_takes_its_new_place_below_the_cap(
    news_of: Make, subscription_of: Make
) -> None:
    waiting = first(NOW + 66 * MINUTE, room=20)
    patient = subscription_of(2, topics=(2,), wait_s=4000.0, cap_per_hour=2)
    news = [
        news_of(1, 1, story=StoryId(7)),
        news_of(2, 2, story=StoryId(8), seen_at=NOW),
        news_of(3, 3, story=StoryId(9), seen_at=NOW),
        news_of(4, 4, topic=2, story=StoryId(7)),
    ]
    decisions = decide(
        news,
        [subscription_of(cap_per_hour=2), patient],
        {},
        {CHANNEL: [waiting.at]},
        NOW,
        running=standing(waiting),
    )
    places = [(d.bundle.key, d.bundle.due_at) for d in decisions if isinstance(d, Announce)]
    quarter = NOW.replace(minute=15)
    assert places == [
        ("story:7", NOW),
        ("story:8", NOW),
        (f"rollup:{quarter.isoformat()}", quarter),
        ("story:7", NOW),
    ]


def test_what_no_longer_fits_into_the_first_message_follows_it(told: Callable[..., Decision]) -> None:
    decision = told(standing(first(NOW + 5 * MINUTE, room=0)), wait_s=600.0)
    assert isinstance(decision, Announce)
    assert (decision.bundle.kind, decision.bundle.due_at) == ("followup", NOW + 20 * MINUTE)


QUIET = {
    "it goes before them": ("07:30-09:30", "followup", NOW + 10 * MINUTE),
    "they have begun by then": ("07:10-09:30", "quiet", NOW.replace(hour=9, minute=30)),
    "they have begun": ("07:00-09:30", "quiet", NOW.replace(hour=9, minute=30)),
}


@pytest.mark.parametrize(("quiet", "kind", "due"), QUIET.values(), ids=QUIET.keys())
def test_quiet_hours_hold_follow_ups_as_well(
    told: Callable[..., Decision], quiet: str, kind: str, due: datetime
) -> None:
    decision = told(standing(first()), quiet=quiet)
    assert isinstance(decision, Announce)
    assert (decision.bundle.kind, decision.bundle.due_at) == (kind, due)


def test_a_follow_up_does_not_wait_as_a_first_message_does(told: Callable[..., Decision]) -> None:
    decision = told(standing(first()), wait_s=3 * 3600.0, quiet="10:00-11:00")
    assert isinstance(decision, Announce)
    assert (decision.bundle.kind, decision.bundle.due_at) == ("followup", NOW + 10 * MINUTE)


def test_the_cap_counts_what_waits_beyond_quiet_hours(news_of: Make, subscription_of: Make) -> None:
    news = [news_of(n, n, story=StoryId(n)) for n in range(1, 4)]
    reader = subscription_of(wait_s=600.0, quiet="07:00-07:10", cap_per_hour=2)
    decisions = decide(news, [reader], {}, {}, NOW)
    places = [(d.bundle.key, d.bundle.kind) for d in decisions if isinstance(d, Announce)]
    assert places == [
        ("story:1", "article"),
        ("story:2", "article"),
        ("rollup:2026-11-23T07:15:00+00:00", "rollup"),
    ]


def test_a_digest_that_is_due_before_the_follow_up_tells_of_the_article(
    news_of: Make, subscription_of: Make
) -> None:
    digest, instant = subscription_of(1, when=("daily 07:10",)), subscription_of(2)
    news = [news_of(story=StoryId(7))]
    taken, joined = decide(news, [digest, instant], {}, {}, NOW, running=standing(first()))
    assert isinstance(taken, Announce)
    assert taken.bundle.kind == "digest"
    assert isinstance(joined, Join)


WISHES = {
    "the story": (["story"], "followup:50"),
    "copies only, and this is none": (["text"], "text:1"),
    "each by itself": (["off"], "article:1"),
    "the finer wish": (["story", "text"], "text:1"),
    "the finest wish": (["story", "off", "text"], "article:1"),
}


@pytest.mark.parametrize(("groups", "key"), WISHES.values(), ids=WISHES.keys())
def test_the_finest_wish_of_those_who_hear_at_once_counts(
    news_of: Make, subscription_of: Make, groups: list[str], key: str
) -> None:
    wishes = [subscription_of(number, group=group) for number, group in enumerate(groups, 1)]
    daily = subscription_of(9, group="off", when=("daily 07:00",))
    news = [news_of(story=StoryId(7), text=ArticleId(1))]
    decisions = decide(news, [*wishes, daily], {}, {}, NOW, running=standing(first()))
    (opened,) = [decision for decision in decisions if isinstance(decision, Announce)]
    assert opened.bundle.key == key
    assert opened.bundle.story == 7


def test_what_stands_alone_is_nothing_to_follow_before_it_has_a_number(
    news_of: Make, subscription_of: Make
) -> None:
    alone, together = subscription_of(1, topics=(1,), group="off"), subscription_of(2, topics=(2,))
    news = [news_of(1, 1, topic=1, story=StoryId(7)), news_of(2, 2, topic=2, story=StoryId(7))]
    decisions = decide(news, [alone, together], {}, {}, NOW)
    assert [d.bundle.key for d in decisions if isinstance(d, Announce)] == ["article:1", "story:7"]


def test_of_two_beginnings_the_later_goes_on_however_they_are_given(told: Callable[..., Decision]) -> None:
    for messages in ([first(), first(number=40)], [first(number=40), first()]):
        decision = told(standing(*messages))
        assert isinstance(decision, Announce)
        assert decision.bundle.thread_of == 50


def test_a_copy_follows_where_copies_alone_are_told_together(news_of: Make, subscription_of: Make) -> None:
    running = standing(first(bundle="text:3", groups=frozenset({STORY, Group("text", 3)})))
    news = [
        news_of(1, 1, story=StoryId(7), text=ArticleId(3)),
        news_of(2, 2, story=StoryId(7), text=ArticleId(2)),
    ]
    copy, other = decide(news, [subscription_of(group="text")], {}, {}, NOW, running=running)
    assert isinstance(copy, Announce)
    assert isinstance(other, Announce)
    assert [copy.bundle.key, other.bundle.key] == ["followup:50", "text:2"]


def test_a_story_that_several_articles_begin_at_once_is_one_message(
    news_of: Make, subscription_of: Make
) -> None:
    news = [news_of(n, n, story=StoryId(7), text=ArticleId(n)) for n in range(1, 6)]
    decisions = decide(news, [subscription_of(cap_per_hour=1)], {}, {}, NOW)
    assert {d.bundle for d in decisions if isinstance(d, Announce)} == {
        Bundle("story:7", "article", NOW, StoryId(7))
    }
    assert [str(decision.reason) for decision in decisions] == ["at_once", *["same_story"] * 4]


def test_a_story_over_the_cap_is_in_the_roll_up_and_in_the_one_that_is_held_where_there_is_one(
    news_of: Make, subscription_of: Make
) -> None:
    news = [news_of(n, n, story=StoryId(n)) for n in range(1, 5)]
    running = Running(rollups={CHANNEL: (DeliveryId(60), 2)})
    decisions = decide(news, [subscription_of(cap_per_hour=1)], {}, {}, NOW, running=running)
    into = [d.bundle.delivery for d in decisions if isinstance(d, Announce) and d.bundle.kind == "rollup"]
    assert into == [60, 60, None]


def test_an_article_moves_from_a_digest_into_the_story_that_goes_sooner(
    news_of: Make, subscription_of: Make
) -> None:
    told = {(CHANNEL, ArticleId(1)): Told(DeliveryId(9), NOW + timedelta(hours=5), "collecting")}
    news = [news_of(story=StoryId(7))]
    (moved,) = decide(news, [subscription_of()], told, {}, NOW, running=standing(first()))
    assert isinstance(moved, Move)
    assert (moved.delivery, moved.bundle.key, moved.bundle.thread_of) == (9, "followup:50", 50)


def test_messages_change_for_what_follows_and_for_what_was_told_where_messages_can() -> None:
    pair, other = (Pair(MatchId(1), SubscriptionId(1), ChannelId(number)) for number in (1, 2))
    later = Bundle("followup:50", "followup", NOW + MINUTE, StoryId(7), DeliveryId(50))
    decisions = [
        Suppress(pair, Reason.ALREADY_TOLD, told_in=DeliveryId(50)),
        Announce(pair, ArticleId(1), later, Reason.FOLLOW_UP),
        Suppress(pair, Reason.ALREADY_TOLD, told_in=DeliveryId(40)),
        Suppress(pair, Reason.TOO_OLD),
        Suppress(other, Reason.ALREADY_TOLD, told_in=DeliveryId(30)),
        Announce(other, ArticleId(1), later, Reason.FOLLOW_UP),
    ]
    assert updates(decisions, {CHANNEL}, NOW) == [
        Update(CHANNEL, DeliveryId(50), NOW + MINUTE),
        Update(CHANNEL, DeliveryId(40), NOW),
    ]


# --- whatever the newsroom does in a few hours, whoever hears of it


@dataclass
class Sheet:
    """One delivery of the book."""

    number: DeliveryId
    channel: ChannelId
    bundle: Bundle
    due: datetime
    articles: list[ArticleId] = field(default_factory=list)
    sent: datetime | None = None

    @property
    def full(self) -> bool:
        return len(self.articles) >= grouping.MOST_ARTICLES


@dataclass
class Book:
    """The ledger, as far as planning goes by it: takes decisions down, sends what is due, and tells how things are."""

    threaded: frozenset[ChannelId]
    known: dict[ArticleId, News] = field(default_factory=dict)
    sheets: list[Sheet] = field(default_factory=list)
    decided: dict[Pair, Reason] = field(default_factory=dict)

    def told(self) -> dict[tuple[ChannelId, ArticleId], Told]:
        return {
            (sheet.channel, article): Told(sheet.number, sheet.due, "told" if sheet.sent else "collecting")
            for sheet in self.sheets
            for article in sheet.articles
        }

    def recent(self, now: datetime) -> dict[ChannelId, list[datetime]]:
        times: defaultdict[ChannelId, list[datetime]] = defaultdict(list)
        for sheet in self.sheets:
            if sheet.bundle.kind == "article" and (sheet.sent or sheet.due) > now - timedelta(hours=1):
                times[sheet.channel].append(sheet.sent or sheet.due)
        return times

    def running(self) -> Running:
        messages: defaultdict[ChannelId, list[Message]] = defaultdict(list)
        for sheet in self.sheets:
            if sheet.bundle.kind in ("article", "followup"):
                messages[sheet.channel].append(self._message(sheet))
        return Running(messages, threaded=self.threaded)

    def _message(self, sheet: Sheet) -> Message:
        news = [self.known[article] for article in sheet.articles]
        stories = {Group("story", item.story) for item in news if item.story is not None}
        texts = {Group("text", item.text) for item in news if item.text is not None}
        room = 0 if sheet.sent else grouping.MOST_ARTICLES - len(sheet.articles)
        number, of = sheet.number, sheet.bundle.thread_of or sheet.number
        at = sheet.sent or sheet.due
        return Message(number, of, sheet.bundle.key, at, frozenset(stories | texts), room)

    def take_down(self, decisions: Sequence[Decision]) -> None:
        for decision in decisions:
            assert decision.pair not in self.decided
            self.decided[decision.pair] = decision.reason
            if isinstance(decision, Move):
                (old,) = [sheet for sheet in self.sheets if sheet.number == decision.delivery]
                old.articles.remove(decision.article)
            if isinstance(decision, Announce | Move):
                self._open(decision.pair.channel, decision.bundle).articles.append(decision.article)

    def _open(self, channel: ChannelId, bundle: Bundle) -> Sheet:
        for sheet in self.sheets:
            if (sheet.channel, sheet.bundle.key, sheet.sent, sheet.full) == (
                channel,
                bundle.key,
                None,
                False,
            ):
                if bundle.kind == "article":
                    sheet.due = min(sheet.due, bundle.due_at)
                return sheet
        self.sheets.append(Sheet(DeliveryId(len(self.sheets) + 1), channel, bundle, bundle.due_at))
        return self.sheets[-1]

    def send(self, now: datetime) -> None:
        for sheet in self.sheets:
            if sheet.sent is None and sheet.due <= now:
                sheet.sent = sheet.due


@dataclass(frozen=True)
class Piece:
    """An article as a newsroom brings it: minutes after the one before, on what, copying which text."""

    gap: int
    story: int
    text: int
    topics: tuple[int, ...]


newsrooms = st.lists(
    st.builds(
        Piece,
        gap=st.sampled_from([0, 0, 0, 1, 7, 31, 600, 3000]),
        story=st.integers(1, 3),
        text=st.integers(1, 30),
        topics=st.sampled_from([(1,), (2,), (1, 2)]),
    ),
    min_size=1,
    max_size=30,
)
hearers = st.lists(
    st.builds(
        Subscription,
        id=st.integers(1, 5).map(SubscriptionId),
        name=st.just("s"),
        topics=st.sets(st.sampled_from([TopicId(1), TopicId(2)]), min_size=1).map(frozenset),
        channels=st.sampled_from([(ChannelId(1),), (ChannelId(2),), (ChannelId(1), ChannelId(2))]),
        created_at=st.just(NOW - timedelta(days=30)),
        when=st.sampled_from([("now",), ("now",), ("hourly",), ("daily 07:00", "now")]),
        quiet=st.sampled_from([None, None, "09:00-11:00"]),
        wait_s=st.sampled_from([0.0, 0.0, 90.0, 4000.0]),
        group=st.sampled_from(["story", "story", "text", "off"]),
        cap_per_hour=st.integers(0, 3),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda subscription: subscription.id,
)


def news_of_piece(piece: Piece, number: int, now: datetime) -> list[News]:
    facts: dict[str, Any] = {"story": StoryId(piece.story), "text": ArticleId(min(piece.text, number))}
    return [
        News(
            MatchId(10 * number + topic),
            TopicId(topic),
            ArticleId(number),
            "a",
            (),
            "id",
            now,
            now,
            now,
            **facts,
        )
        for topic in piece.topics
    ]


def played(newsroom: list[Piece], subscriptions: list[Subscription], batch: int) -> tuple[Book, datetime]:
    """A book after these articles came, planned `batch` at a time, and when the last one did."""
    book, now, waiting = Book(frozenset({ChannelId(1)})), NOW, 0
    news: list[News] = []
    for number, piece in enumerate(newsroom, 1):
        if piece.gap or waiting == batch:
            plan(book, news, subscriptions, now)
            news, waiting = [], 0
        now += timedelta(minutes=piece.gap)
        book.send(now)
        brought = news_of_piece(piece, number, now)
        book.known[brought[0].article] = brought[0]
        news, waiting = news + brought, waiting + 1
    plan(book, news, subscriptions, now)
    return book, now


def plan(book: Book, news: list[News], subscriptions: list[Subscription], now: datetime) -> None:
    book.take_down(decide(news, subscriptions, book.told(), book.recent(now), now, running=book.running()))


@pytest.fixture(scope="module", params=[3, MOST_ARTICLES], ids=["small messages", "as they are"])
def most(request: pytest.FixtureRequest) -> Iterator[int]:
    """How many articles a message holds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grouping, "MOST_ARTICLES", request.param)
        yield request.param


@settings(max_examples=100)
@given(newsroom=newsrooms, subscriptions=hearers, batch=st.sampled_from([1, 3]))
def test_every_article_is_in_one_message_no_hour_is_over_its_cap_and_no_story_is_told_too_often(
    most: int, newsroom: list[Piece], subscriptions: list[Subscription], batch: int
) -> None:
    book, now = played(newsroom, subscriptions, batch)
    book.send(now + timedelta(days=9))
    told = Counter((sheet.channel, article) for sheet in book.sheets for article in sheet.articles)
    wanted = {
        (channel, ArticleId(number))
        for number, piece in enumerate(newsroom, 1)
        for subscription in subscriptions
        if subscription.topics.intersection(piece.topics)
        for channel in subscription.channels
    }
    assert told == dict.fromkeys(wanted, 1)
    assert {pair.match // 10 for pair in book.decided} == {article for _, article in wanted}
    for channel in {channel for channel, _ in wanted}:
        cap = min(s.cap_per_hour for s in subscriptions if channel in s.channels)
        sheets = [sheet for sheet in book.sheets if sheet.channel == channel and sheet.articles]
        keep_the_cap([sheet.due for sheet in sheets if sheet.bundle.kind == "article"], cap)
        threads = defaultdict(list)
        for sheet in sheets:
            if sheet.bundle.kind == "followup":
                threads[sheet.bundle.thread_of].append(sheet)
            assert sheet.bundle.kind not in ("article", "followup") or len(sheet.articles) <= most
        for of, replies in threads.items():
            (opening,) = [sheet for sheet in book.sheets if sheet.number == of]
            keep_the_pace(opening, replies, channel in book.threaded)


def keep_the_cap(times: list[datetime], cap: int) -> None:
    for start in times:
        assert sum(start <= time < start + timedelta(hours=1) for time in times) <= cap


def keep_the_pace(opening: Sheet, replies: list[Sheet], threaded: bool) -> None:
    assert opening.bundle.kind == "article"
    times = [sheet.due for sheet in replies]
    assert times == sorted(times)
    assert threaded or opening.due + timedelta(minutes=15) <= times[0]
    least = timedelta(minutes=1 if threaded else 15)
    assert all(later - earlier >= least for earlier, later in pairwise(times))


@settings(max_examples=100)
@given(newsroom=newsrooms, more=newsrooms, subscriptions=hearers, dice=st.randoms())
def test_the_order_in_which_a_story_is_given_does_not_matter(
    newsroom: list[Piece], more: list[Piece], subscriptions: list[Subscription], dice: random.Random
) -> None:
    book, now = played(newsroom, subscriptions, 200)
    now += timedelta(minutes=more[0].gap)
    book.send(now)
    news = [item for number, piece in enumerate(more, 100) for item in news_of_piece(piece, number, now)]
    known, running = (book.told(), book.recent(now)), book.running()
    in_order = decide(news, subscriptions, *known, now, running=running)
    shuffled = {channel: list(found) for channel, found in running.messages.items()}
    for given_in_order in (news, subscriptions, *shuffled.values()):
        dice.shuffle(given_in_order)
    again = decide(news, subscriptions, *known, now, running=Running(shuffled, threaded=running.threaded))
    assert again == in_order
