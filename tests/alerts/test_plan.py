from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.decision import Announce, Bundle, Decision, Join, Move, Pair, Reason, Suppress, Told
from alerts.model import ChannelId, DeliveryId, News, Subscription, SubscriptionId
from alerts.plan import decide
from worker.model import ArticleId, MatchId, TopicId

Make = Callable[..., Any]
NOW = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)
CHANNEL = ChannelId(1)
ARTICLE = ArticleId(1)
BundleFacts = tuple[str, str, datetime, Reason]


def bundle_of(decision: Decision) -> BundleFacts:
    assert isinstance(decision, Announce | Move)
    return decision.bundle.key, decision.bundle.kind, decision.bundle.due_at, decision.reason


def reasons(decisions: list[Decision]) -> list[str]:
    return [str(decision.reason) for decision in decisions]


WHEN = [
    ({}, "article:1", "article", NOW, Reason.AT_ONCE),
    ({"wait_s": 90.0}, "article:1", "article", NOW + timedelta(seconds=90), Reason.WAITS),
    (
        {"when": ("hourly",)},
        "digest:1:2026-11-23T08:00:00+00:00",
        "digest",
        NOW.replace(hour=8, minute=0),
        Reason.DIGEST,
    ),
    (
        {"when": ("daily 07:00",), "timezone": "Asia/Jakarta"},
        "digest:1:2026-11-24T00:00:00+00:00",
        "digest",
        datetime(2026, 11, 24, tzinfo=UTC),
        Reason.DIGEST,
    ),
    (
        {"when": ("daily 07:00", "weekly mon 12:00")},
        "digest:1:2026-11-23T12:00:00+00:00",
        "digest",
        NOW.replace(hour=12, minute=0),
        Reason.DIGEST,
    ),
    (
        {"quiet": "07:00-09:30"},
        "quiet:1:2026-11-23T09:30:00+00:00",
        "quiet",
        NOW.replace(hour=9, minute=30),
        Reason.QUIET_HOURS,
    ),
    (
        {"when": ("hourly",), "quiet": "07:30-09:30"},
        "quiet:1:2026-11-23T09:30:00+00:00",
        "quiet",
        NOW.replace(hour=9, minute=30),
        Reason.QUIET_HOURS,
    ),
    (
        {"when": ("daily 08:00",), "quiet": "07:00-09:30"},
        "digest:1:2026-11-23T08:00:00+00:00",
        "digest",
        NOW.replace(hour=8, minute=0),
        Reason.DIGEST,
    ),
    (
        {"wait_s": 600.0, "quiet": "07:00-07:10"},
        "article:1",
        "article",
        NOW + timedelta(minutes=10),
        Reason.WAITS,
    ),
    (
        {"cap_per_hour": 0},
        "rollup:2026-11-23T07:15:00+00:00",
        "rollup",
        NOW.replace(minute=15),
        Reason.OVER_CAP,
    ),
    (
        {"cap_per_hour": 0, "quiet": "07:10-09:30"},
        "quiet:1:2026-11-23T09:30:00+00:00",
        "quiet",
        NOW.replace(hour=9, minute=30),
        Reason.QUIET_HOURS,
    ),
]


@pytest.mark.parametrize(("facts", "key", "kind", "due", "reason"), WHEN)
def test_a_subscription_says_when_and_in_what_an_article_is_told(
    news_of: Make,
    subscription_of: Make,
    facts: dict[str, Any],
    key: str,
    kind: str,
    due: datetime,
    reason: Reason,
) -> None:
    (decision,) = decide([news_of()], [subscription_of(**facts)], {}, {}, NOW)
    assert bundle_of(decision) == (key, kind, due, reason)


UNWANTED = [
    ({"read_at": NOW - timedelta(days=31)}, {}, Reason.BEFORE_SUBSCRIPTION),
    ({}, {"sources": ("Koran Lain",)}, Reason.SOURCE_FILTER),
    ({}, {"sources": ("-harian contoh",)}, Reason.SOURCE_FILTER),
    ({}, {"sources": ("Harian Contoh", "-indonesia")}, Reason.SOURCE_FILTER),
    ({"source": "bola.bisnis.com"}, {"sources": ("-bisnis.com",)}, Reason.SOURCE_FILTER),
    ({"source": "antibisnis.com"}, {"sources": ("bisnis.com",)}, Reason.SOURCE_FILTER),
    ({}, {"languages": ("en", "uk")}, Reason.LANGUAGE_FILTER),
    ({"language": None}, {"languages": ("id",)}, Reason.LANGUAGE_FILTER),
    ({"language": "pt"}, {"languages": ("pt-BR",)}, Reason.LANGUAGE_FILTER),
    ({"backlog": True, "published_at": NOW - timedelta(days=8)}, {}, Reason.TOO_OLD),
]
WANTED = [
    ({}, {"sources": ("HARIAN contoh",)}),
    ({}, {"sources": ("indonesia",)}),
    ({}, {"sources": ("tag:Indonesia",)}),
    ({}, {"sources": ("-Koran Lain",)}),
    ({"source": "bola.bisnis.com"}, {"sources": ("bisnis.com",)}),
    ({}, {"languages": ("ID",)}),
    ({"language": "pt-BR"}, {"languages": ("pt",)}),
    ({"published_at": NOW - timedelta(days=800)}, {}),
    ({"backlog": True, "published_at": None}, {}),
    ({"backlog": True, "published_at": NOW - timedelta(days=6)}, {}),
]


@pytest.mark.parametrize(("article", "facts", "reason"), UNWANTED)
def test_what_a_subscription_does_not_want_is_suppressed_with_the_reason(
    news_of: Make,
    subscription_of: Make,
    article: dict[str, Any],
    facts: dict[str, Any],
    reason: Reason,
) -> None:
    (decision,) = decide([news_of(**article)], [subscription_of(**facts)], {}, {}, NOW)
    assert decision == Suppress(Pair(MatchId(1), SubscriptionId(1), CHANNEL), reason)


@pytest.mark.parametrize(("article", "facts"), WANTED)
def test_what_fits_the_filters_is_told(
    news_of: Make, subscription_of: Make, article: dict[str, Any], facts: dict[str, Any]
) -> None:
    (decision,) = decide([news_of(**article)], [subscription_of(**facts)], {}, {}, NOW)
    assert isinstance(decision, Announce)


def test_a_topic_nobody_follows_leads_to_no_decision(news_of: Make, subscription_of: Make) -> None:
    assert decide([news_of(topic=9)], [subscription_of()], {}, {}, NOW) == []


def test_two_topics_of_one_article_are_one_announcement_that_both_share(
    news_of: Make, subscription_of: Make
) -> None:
    news = [news_of(1, topic=1), news_of(2, topic=2)]
    first, second = decide(news, [subscription_of(topics=(1, 2))], {}, {}, NOW)
    assert isinstance(first, Announce)
    assert isinstance(second, Join)
    assert second.into == first.bundle
    assert second.reason is Reason.JOINED


def test_of_two_subscriptions_on_one_channel_the_one_due_first_tells(
    news_of: Make, subscription_of: Make
) -> None:
    digest = subscription_of(1, when=("daily 07:00",))
    instant = subscription_of(2)
    joined, told = decide([news_of()], [digest, instant], {}, {}, NOW)
    assert isinstance(told, Announce)
    assert told.bundle == Bundle("article:1", "article", NOW)
    assert isinstance(joined, Join)
    assert joined.into == told.bundle


def test_each_channel_of_a_subscription_hears_by_itself(news_of: Make, subscription_of: Make) -> None:
    decisions = decide([news_of()], [subscription_of(channels=(1, 2, 2))], {}, {}, NOW)
    assert [decision.pair.channel for decision in decisions] == [1, 2]
    assert all(isinstance(decision, Announce) for decision in decisions)


def test_what_a_channel_was_told_is_not_told_again(news_of: Make, subscription_of: Make) -> None:
    told = {(CHANNEL, ARTICLE): Told(DeliveryId(7), NOW - timedelta(hours=1), "told")}
    assert reasons(decide([news_of()], [subscription_of()], told, {}, NOW)) == ["already_told"]


@pytest.mark.parametrize("state", ["collecting", "going"])
def test_what_is_not_sent_yet_is_joined(news_of: Make, subscription_of: Make, state: Any) -> None:
    told = {(CHANNEL, ARTICLE): Told(DeliveryId(7), NOW, state)}
    (decision,) = decide([news_of()], [subscription_of()], told, {}, NOW)
    assert isinstance(decision, Join)
    assert decision.into == 7


def test_an_article_leaves_a_later_digest_when_somebody_wants_it_at_once(
    news_of: Make, subscription_of: Make
) -> None:
    told = {(CHANNEL, ARTICLE): Told(DeliveryId(7), NOW + timedelta(hours=9), "collecting")}
    news = [news_of(1, topic=1), news_of(2, topic=2)]
    moved, joined = decide(news, [subscription_of(topics=(1, 2))], told, {}, NOW)
    assert isinstance(moved, Move)
    assert (moved.delivery, moved.bundle.key) == (7, "article:1")
    assert isinstance(joined, Join)
    assert joined.into == moved.bundle


def test_an_article_in_a_message_that_was_tried_already_stays_there(
    news_of: Make, subscription_of: Make
) -> None:
    told = {(CHANNEL, ARTICLE): Told(DeliveryId(7), NOW + timedelta(hours=1), "going")}
    (decision,) = decide([news_of()], [subscription_of()], told, {}, NOW)
    assert isinstance(decision, Join)


def test_backlog_becomes_one_summary_for_the_subscription_after_a_lull(
    news_of: Make, subscription_of: Make
) -> None:
    news = [news_of(number, number, backlog=True) for number in range(1, 30)]
    decisions = decide(news, [subscription_of(cap_per_hour=3)], {}, {}, NOW)
    summary = ("backlog:1", "backlog", NOW + timedelta(seconds=30), Reason.BACKLOG)
    assert {bundle_of(decision) for decision in decisions} == {summary}


def test_older_articles_that_somebody_asked_for_become_one_summary_however_old_they_are(
    news_of: Make, subscription_of: Make
) -> None:
    old = {"read_at": NOW - timedelta(days=99), "published_at": NOW - timedelta(days=100), "backlog": True}
    news = [news_of(number, number, asked="catch_up", **old) for number in range(1, 30)]
    decisions = decide(news, [subscription_of(cap_per_hour=1)], {}, {}, NOW)
    summary = ("older:1", "backlog", NOW + timedelta(seconds=30), Reason.APPLIED_BACK)
    assert [bundle_of(decision) for decision in decisions] == [summary] * 29


def test_older_articles_that_are_only_to_be_kept_are_told_to_nobody(
    news_of: Make, subscription_of: Make
) -> None:
    (decision,) = decide([news_of(asked="silent")], [subscription_of()], {}, {}, NOW)
    assert decision == Suppress(Pair(MatchId(1), SubscriptionId(1), CHANNEL), Reason.APPLIED_BACK)


def test_filters_and_what_was_told_count_for_older_articles_too(news_of: Make, subscription_of: Make) -> None:
    news, told = [news_of(asked="catch_up")], {(CHANNEL, ARTICLE): Told(DeliveryId(7), NOW, "told")}
    assert reasons(decide(news, [subscription_of(languages=("uk",))], {}, {}, NOW)) == ["language_filter"]
    assert reasons(decide(news, [subscription_of()], told, {}, NOW)) == ["already_told"]


def test_two_topics_that_bring_an_older_article_share_its_place_and_its_reason(
    news_of: Make, subscription_of: Make
) -> None:
    news = [news_of(1, topic=1, asked="catch_up"), news_of(2, topic=2, asked="catch_up")]
    first, second = decide(news, [subscription_of(topics=(1, 2))], {}, {}, NOW)
    assert isinstance(first, Announce)
    assert isinstance(second, Join)
    assert second.reason is Reason.APPLIED_BACK


def test_what_was_decided_is_not_decided_again(news_of: Make, subscription_of: Make) -> None:
    news, pair = [news_of(1), news_of(2, 2)], Pair(MatchId(1), SubscriptionId(1), CHANNEL)
    assert [d.pair.match for d in decide(news, [subscription_of()], {}, {}, NOW, {pair})] == [2]


def test_backlog_in_quiet_hours_waits_for_their_end(news_of: Make, subscription_of: Make) -> None:
    (decision,) = decide([news_of(backlog=True)], [subscription_of(quiet="22:00-09:30")], {}, {}, NOW)
    assert bundle_of(decision)[:3] == ("backlog:1", "backlog", NOW.replace(hour=9, minute=30))


def test_what_is_over_the_cap_waits_for_a_roll_up_and_the_first_seen_go_first(
    news_of: Make, subscription_of: Make
) -> None:
    news = [news_of(n, n, seen_at=NOW - timedelta(minutes=n)) for n in range(1, 6)]
    decisions = decide(news, [subscription_of(cap_per_hour=2)], {}, {}, NOW)
    assert reasons(decisions) == ["over_cap", "over_cap", "over_cap", "at_once", "at_once"]
    assert bundle_of(decisions[0])[:3] == (
        "rollup:2026-11-23T07:15:00+00:00",
        "rollup",
        NOW.replace(minute=15),
    )


def test_the_lowest_cap_of_those_that_feed_a_channel_counts(news_of: Make, subscription_of: Make) -> None:
    news = [news_of(n, n) for n in range(1, 4)]
    wide, narrow = subscription_of(1), subscription_of(2, topics=(5,), cap_per_hour=1)
    assert Counter(reasons(decide(news, [wide, narrow], {}, {}, NOW))) == {"at_once": 1, "over_cap": 2}


@pytest.mark.parametrize(
    ("minutes_ago", "reason"),
    [(59, "over_cap"), (60, "at_once"), (-30, "over_cap")],
)
def test_the_cap_counts_the_last_sixty_minutes_and_what_is_about_to_go(
    news_of: Make, subscription_of: Make, minutes_ago: int, reason: str
) -> None:
    recent = {CHANNEL: [NOW - timedelta(minutes=minutes_ago)]}
    assert reasons(decide([news_of()], [subscription_of(cap_per_hour=1)], {}, recent, NOW)) == [reason]


def test_messages_an_hour_apart_do_not_count_against_each_other(news_of: Make, subscription_of: Make) -> None:
    recent = {CHANNEL: [NOW - timedelta(minutes=40), NOW + timedelta(minutes=40)]}
    assert reasons(decide([news_of()], [subscription_of(cap_per_hour=2)], {}, recent, NOW)) == ["at_once"]


def test_a_digest_due_before_the_roll_up_takes_what_is_over_the_cap(
    news_of: Make, subscription_of: Make
) -> None:
    capped, digest = subscription_of(1, cap_per_hour=0), subscription_of(2, when=("daily 07:10",))
    joined, told = decide([news_of()], [capped, digest], {}, {}, NOW)
    assert bundle_of(told)[0] == "digest:2:2026-11-23T07:10:00+00:00"
    assert isinstance(joined, Join)


# --- whatever the newsroom, the subscriptions and the past

subscriptions_of_any_kind = st.lists(
    st.builds(
        Subscription,
        id=st.integers(1, 6).map(SubscriptionId),
        name=st.just("s"),
        topics=st.frozensets(st.integers(1, 3).map(TopicId), min_size=1),
        channels=st.lists(st.integers(1, 3).map(ChannelId), min_size=1, max_size=3).map(tuple),
        created_at=st.sampled_from([NOW - timedelta(days=30), NOW]),
        when=st.sampled_from([("now",), ("hourly",), ("daily 07:00",), ("now", "weekly sun 09:00")]),
        timezone=st.sampled_from(["UTC", "Asia/Jakarta", "Europe/Kyiv"]),
        quiet=st.sampled_from([None, "22:00-06:00", "06:00-08:00", "14:00-14:10"]),
        wait_s=st.sampled_from([0.0, 90.0, 4000.0]),
        cap_per_hour=st.integers(0, 3),
        sources=st.sampled_from([(), ("a",), ("-a",)]),
        languages=st.sampled_from([(), ("id",)]),
    ),
    max_size=6,
    unique_by=lambda subscription: subscription.id,
)
news_of_any_kind = st.lists(
    st.builds(
        News,
        match=st.integers(1, 40).map(MatchId),
        topic=st.integers(1, 3).map(TopicId),
        article=st.integers(1, 8).map(ArticleId),
        source=st.sampled_from(["a", "b"]),
        tags=st.just(()),
        language=st.sampled_from([None, "id", "en"]),
        published_at=st.sampled_from([None, NOW, NOW - timedelta(days=9)]),
        seen_at=st.sampled_from([NOW, NOW - timedelta(minutes=3)]),
        read_at=st.sampled_from([NOW, NOW - timedelta(minutes=1)]),
        backlog=st.booleans(),
        asked=st.sampled_from([None, "catch_up", "silent"]),
    ),
    max_size=25,
    unique_by=lambda news: news.match,
)
past = st.dictionaries(
    st.tuples(st.integers(1, 3).map(ChannelId), st.integers(1, 8).map(ArticleId)),
    st.builds(
        Told,
        delivery=st.integers(1, 9).map(DeliveryId),
        due_at=st.sampled_from([NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=5)]),
        state=st.sampled_from(["collecting", "going", "told"]),
    ),
    max_size=8,
)
recent_messages = st.dictionaries(
    st.integers(1, 3).map(ChannelId),
    st.lists(st.integers(-120, 59).map(lambda minutes: NOW + timedelta(minutes=minutes)), max_size=4),
)


@given(news=news_of_any_kind, subscriptions=subscriptions_of_any_kind, told=past, recent=recent_messages)
def test_every_match_subscription_and_channel_is_decided_exactly_once(
    news: Any, subscriptions: Any, told: Any, recent: Any
) -> None:
    expected = {
        Pair(item.match, subscription.id, channel)
        for item in news
        for subscription in subscriptions
        if item.topic in subscription.topics
        for channel in subscription.channels
    }
    pairs = [decision.pair for decision in decide(news, subscriptions, told, recent, NOW)]
    assert sorted(expected) == pairs


@given(news=news_of_any_kind, subscriptions=subscriptions_of_any_kind, told=past, recent=recent_messages)
def test_a_channel_never_hears_of_an_article_twice_and_no_wanted_alert_goes_missing(
    news: Any, subscriptions: Any, told: Any, recent: Any
) -> None:
    places: defaultdict[Any, set[Any]] = defaultdict(set)
    opened: dict[Any, int] = Counter()
    article_of = {item.match: item.article for item in news}
    asked = {item.match: item.asked for item in news}
    for decision in decide(news, subscriptions, told, recent, NOW):
        place = decision.pair.channel, article_of[decision.pair.match]
        match decision:
            case Announce(_, article, bundle, _):
                assert place not in told
                assert article == place[1]
                places[place].add(bundle)
                opened[place] += 1
            case Move(_, _, delivery, bundle, _):
                assert told[place].state == "collecting"
                assert delivery == told[place].delivery
                assert bundle.due_at < told[place].due_at
                places[place].add(bundle)
                opened[place] += 1
            case Join(_, _, into, _):
                places[place].add(into)
            case Suppress(_, Reason.ALREADY_TOLD):
                assert told[place].state == "told"
            case Suppress(_, Reason.APPLIED_BACK):
                assert asked[decision.pair.match] == "silent"
            case Suppress(_, Reason.BEFORE_SUBSCRIPTION | Reason.TOO_OLD):
                assert asked[decision.pair.match] is None
            case Suppress(_, reason):
                assert reason in {"source_filter", "language_filter"}
    assert all(len(bundles) == 1 for bundles in places.values())
    for place, (goes_in,) in places.items():
        assert opened[place] == (1 if isinstance(goes_in, Bundle) else 0)


@given(news=news_of_any_kind, subscriptions=subscriptions_of_any_kind, recent=recent_messages)
def test_nothing_is_due_in_the_past_and_no_hour_holds_more_messages_than_the_cap(
    news: Any, subscriptions: Any, recent: Any
) -> None:
    due: defaultdict[Any, list[datetime]] = defaultdict(list)
    for decision in decide(news, subscriptions, {}, recent, NOW):
        if isinstance(decision, Announce):
            assert decision.bundle.due_at >= NOW
            if decision.bundle.kind == "article":
                due[decision.pair.channel].append(decision.bundle.due_at)
    for channel, times in due.items():
        cap = min(s.cap_per_hour for s in subscriptions if channel in s.channels)
        everything = [*times, *recent.get(channel, ())]
        for start in times:
            assert sum(start - timedelta(hours=1) < time <= start for time in everything) <= cap


@given(
    news=news_of_any_kind,
    subscriptions=subscriptions_of_any_kind,
    told=past,
    recent=recent_messages,
    dice=st.randoms(),
)
def test_the_order_in_which_things_are_given_does_not_matter(
    news: Any, subscriptions: Any, told: Any, recent: Any, dice: random.Random
) -> None:
    decisions = decide(news, subscriptions, told, recent, NOW)
    shuffled = list(news), list(subscriptions)
    for given_in_order in shuffled:
        dice.shuffle(given_in_order)
    assert decide(*shuffled, told, recent, NOW) == decisions


@given(news=news_of_any_kind, subscriptions=subscriptions_of_any_kind)
def test_planning_again_what_was_sent_tells_nobody_anything(news: Any, subscriptions: Any) -> None:
    told = {
        (decision.pair.channel, decision.article): Told(DeliveryId(1), NOW, "told")
        for decision in decide(news, subscriptions, {}, {}, NOW)
        if isinstance(decision, Announce)
    }
    again = decide(news, subscriptions, told, {}, NOW)
    assert all(isinstance(decision, Suppress) for decision in again)
