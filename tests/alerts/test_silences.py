"""What a silence covers, for whom, and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.decision import Reason, Suppress
from alerts.model import ChannelId, SilenceId
from alerts.plan import decide
from alerts.silences import Silence, silencing
from worker.model import StoryId

Make = Callable[..., Any]
NOW = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)
HERE, ELSEWHERE = ChannelId(1), ChannelId(2)


def silence(scope: Any = "everything", what: Any = None, number: int = 1, **facts: Any) -> Silence:
    usual = {"since": NOW - timedelta(hours=1), "until": NOW + timedelta(hours=1)}
    return Silence(SilenceId(number), scope, what, **{**usual, **facts})


COVERED = [
    (silence("topic", 1), True),
    (silence("topic", 2), False),
    (silence("story", 5), True),
    (silence("story", 6), False),
    (silence("source", "harian contoh"), True),
    (silence("source", "example.id"), True),
    (silence("source", "tag:indonesia"), True),
    (silence("source", "Koran Lain"), False),
    (silence("channel", channel=HERE), True),
    (silence("channel", channel=ELSEWHERE), False),
    (silence("topic", 1, channel=ELSEWHERE), False),
    (silence(), True),
    (silence(channel=ELSEWHERE), False),
    (silence(until=NOW), False),
    (silence(since=NOW), True),
    (silence(since=NOW + timedelta(seconds=1)), False),
]


@pytest.mark.parametrize(("one", "covers"), COVERED)
def test_a_silence_covers_what_it_names_while_it_holds(news_of: Make, one: Silence, covers: bool) -> None:
    news = news_of(story=StoryId(5), hosts=("news.example.id",))
    assert (silencing([one], news, HERE, NOW) == one) is covers


def test_news_without_a_story_is_of_no_silenced_story(news_of: Make) -> None:
    assert silencing([silence("story", None)], news_of(), HERE, NOW) is None


def test_of_several_the_oldest_is_named(news_of: Make) -> None:
    found = silencing([silence(number=7), silence("topic", 1, number=3)], news_of(), HERE, NOW)
    assert found is not None
    assert found.id == 3


def test_planning_suppresses_what_is_silenced_with_its_number_and_tells_the_rest(
    news_of: Make, subscription_of: Make
) -> None:
    news = [news_of(1, topic=1), news_of(2, topic=2), news_of(3, 2, topic=1)]
    subscriptions = [subscription_of(1, topics=(1, 2), channels=(1, 2))]
    found = decide(news, subscriptions, {}, {}, NOW, silences=[silence("topic", 1, channel=HERE, number=4)])
    quiet = [each for each in found if isinstance(each, Suppress)]
    assert {(each.pair.match, each.pair.channel, each.silence) for each in quiet} == {
        (1, HERE, 4),
        (3, HERE, 4),
    }
    assert {each.reason for each in quiet} == {Reason.SILENCED}
    assert len(found) - len(quiet) == 4


@given(
    scope=st.sampled_from(["topic", "story", "source", "channel", "everything"]),
    what=st.integers(1, 3) | st.sampled_from(["Harian Contoh", "indonesia", "x.example"]),
    channel=st.none() | st.sampled_from([HERE, ELSEWHERE]),
    topic=st.integers(1, 3),
    story=st.none() | st.integers(1, 3).map(StoryId),
)
def test_a_silence_of_all_channels_covers_whatever_one_of_a_channel_does(
    news_of: Make, scope: Any, what: Any, channel: Any, topic: int, story: Any
) -> None:
    news = news_of(topic=topic, story=story)
    one, wide = silence(scope, what, channel=channel), silence(scope, what)
    for place in (HERE, ELSEWHERE):
        if silencing([one], news, place, NOW):
            assert silencing([wide], news, place, NOW)
            assert channel in (None, place)
