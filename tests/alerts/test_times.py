"""Where pauses, snoozes, quiet hours and urgency put an article."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.decision import Announce, Bundle, Join, Move, Pair, Reason, Told
from alerts.model import ChannelId, DeliveryId, SubscriptionId
from alerts.plan import decide
from alerts.quiet import parse_quiet, quiet_until
from alerts.times import UNTIL_RESUMED, Wish, catch_up, slots
from worker.model import ArticleId, MatchId, TopicId

Make = Callable[..., Any]
NOW = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)
NATO = frozenset({TopicId(1)})


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


SOON = {"snoozed_until": at(9)}
PLACES = [
    ({"paused": True}, "kept:1:2026-11-23", "quiet", UNTIL_RESUMED, Reason.PAUSED),
    ({"paused": True, "when": ("daily 08:00",)}, "kept:1:2026-11-23", "quiet", UNTIL_RESUMED, Reason.PAUSED),
    ({"paused": True, "urgent": NATO}, "kept:1:2026-11-23", "quiet", UNTIL_RESUMED, Reason.PAUSED),
    (SOON, "kept:1:2026-11-23T09:00:00+00:00", "quiet", at(9), Reason.SNOOZED),
    ({**SOON, "urgent": NATO}, "kept:1:2026-11-23T09:00:00+00:00", "quiet", at(9), Reason.SNOOZED),
    (
        {**SOON, "when": ("hourly",)},
        "kept:1:2026-11-23T09:00:00+00:00",
        "quiet",
        at(9),
        Reason.SNOOZED,
    ),
    (
        {**SOON, "when": ("daily 09:00",)},
        "digest:1:2026-11-23T09:00:00+00:00",
        "digest",
        at(9),
        Reason.DIGEST,
    ),
    ({**SOON, "quiet": "08:30-10:00"}, "quiet:1:2026-11-23T10:00:00+00:00", "quiet", at(10), Reason.SNOOZED),
    ({"snoozed_until": NOW}, "article:1", "article", NOW, Reason.AT_ONCE),
    ({"snoozed_until": at(6)}, "article:1", "article", NOW, Reason.AT_ONCE),
    ({"quiet": "06:00-08:00", "urgent": NATO}, "article:1", "article", NOW, Reason.URGENT),
    ({"wait_s": 600.0, "urgent": NATO}, "article:1", "article", NOW, Reason.URGENT),
    ({"wait_s": 600.0, "quiet": "06:00-08:00", "urgent": NATO}, "article:1", "article", NOW, Reason.URGENT),
    ({"urgent": NATO}, "article:1", "article", NOW, Reason.AT_ONCE),
    (
        {"when": ("hourly",), "quiet": "07:30-10:00", "urgent": NATO},
        "digest:1:2026-11-23T08:00:00+00:00",
        "digest",
        at(8),
        Reason.URGENT,
    ),
    (
        {"quiet": "06:00-08:00", "urgent": frozenset({TopicId(2)})},
        "quiet:1:2026-11-23T08:00:00+00:00",
        "quiet",
        at(8),
        Reason.QUIET_HOURS,
    ),
    (
        {"cap_per_hour": 0, "quiet": "06:00-08:00", "urgent": NATO},
        "rollup:2026-11-23T07:15:00+00:00",
        "rollup",
        at(7, 15),
        Reason.URGENT,
    ),
]


@pytest.mark.parametrize(("facts", "key", "kind", "due", "reason"), PLACES)
def test_a_pause_and_a_snooze_hold_everything_and_urgent_topics_break_quiet_hours_and_waits(
    news_of: Make,
    subscription_of: Make,
    facts: dict[str, Any],
    key: str,
    kind: Any,
    due: datetime,
    reason: Reason,
) -> None:
    (decision,) = decide([news_of()], [subscription_of(**facts)], {}, {}, NOW)
    assert isinstance(decision, Announce)
    assert (decision.bundle, decision.reason) == (Bundle(key, kind, due), reason)


def test_what_is_urgent_for_one_topic_takes_the_article_out_of_quiet_hours(
    news_of: Make, subscription_of: Make
) -> None:
    news = [news_of(1, topic=1), news_of(2, topic=2)]
    subscription = subscription_of(topics=(1, 2), quiet="06:00-08:00", urgent=NATO)
    told, joined = decide(news, [subscription], {}, {}, NOW)
    assert isinstance(told, Announce)
    assert isinstance(joined, Join)
    assert joined.into == told.bundle


def test_older_articles_of_somebody_away_are_kept_apart_from_the_news(
    news_of: Make, subscription_of: Make
) -> None:
    (paused,) = decide([news_of(backlog=True)], [subscription_of(paused=True)], {}, {}, NOW)
    (asked,) = decide([news_of(asked="catch_up")], [subscription_of(**SOON)], {}, {}, NOW)
    assert isinstance(paused, Announce)
    assert isinstance(asked, Announce)
    assert paused.bundle == Bundle("kept:1:backlog", "backlog", UNTIL_RESUMED)
    assert asked.bundle == Bundle("kept:1:older", "backlog", at(9))


@pytest.mark.parametrize("when", ["now", "hourly", "weekly sun 23:59"])
def test_whoever_hears_at_all_comes_before_what_a_pause_keeps(
    news_of: Make, subscription_of: Make, when: str
) -> None:
    away, here = subscription_of(1, paused=True), subscription_of(2, when=(when,))
    joined, told = decide([news_of()], [away, here], {}, {}, NOW)
    assert isinstance(told, Announce)
    assert isinstance(joined, Join)
    kept = {(ChannelId(1), ArticleId(1)): Told(DeliveryId(5), UNTIL_RESUMED, "collecting")}
    (moved,) = decide([news_of()], [here], kept, {}, NOW)
    assert isinstance(moved, Move)
    assert moved.delivery == 5


def test_a_digest_knows_the_next_one(news_of: Make, subscription_of: Make) -> None:
    wish = Wish(
        Pair(MatchId(1), SubscriptionId(1), ChannelId(1)), news_of(), subscription_of(when=("hourly",))
    )
    (slot,) = slots(wish, NOW, crowded=False)
    assert slot.bundle.following == Bundle("digest:1:2026-11-23T09:00:00+00:00", "digest", at(9))


@given(
    minutes=st.integers(0, 3 * 24 * 60),
    snooze=st.integers(-600, 3 * 24 * 60),
    quiet=st.none() | st.sampled_from(["22:00-06:00", "12:00-13:00", "00:00-23:59"]),
    when=st.lists(st.sampled_from(["now", "hourly", "daily 03:30", "weekly sun,mon 07:00"]), min_size=1),
    wait=st.sampled_from([0.0, 90.0, 3600.0]),
    urgent=st.booleans(),
    crowded=st.booleans(),
    zone=st.sampled_from(["UTC", "Asia/Jakarta", "Europe/Kyiv", "America/New_York"]),
)
def test_nothing_comes_before_a_snooze_ends_nor_in_quiet_hours_unless_it_is_urgent_or_a_dated_digest(
    news_of: Make,
    subscription_of: Make,
    minutes: int,
    snooze: int,
    quiet: str | None,
    when: list[str],
    wait: float,
    urgent: bool,
    crowded: bool,
    zone: str,
) -> None:
    now = datetime(2026, 10, 24, tzinfo=UTC) + timedelta(minutes=minutes)  # Kyiv's clocks change on the 25th
    until = now + timedelta(minutes=snooze)
    subscription = subscription_of(
        snoozed_until=until,
        quiet=quiet,
        when=tuple(when),
        wait_s=wait,
        timezone=zone,
        urgent=NATO if urgent else frozenset(),
    )
    for slot in slots(
        Wish(Pair(MatchId(1), SubscriptionId(1), ChannelId(1)), news_of(), subscription), now, crowded
    ):
        due = slot.bundle.due_at
        assert due >= max(now, until)
        if slot.reason is Reason.SNOOZED:
            assert slot.bundle == catch_up(subscription, until)
        dated = slot.reason is Reason.DIGEST and when != ["hourly"]
        if quiet and not dated and slot.reason is not Reason.URGENT:
            assert quiet_until(parse_quiet(quiet), zone, due) is None
