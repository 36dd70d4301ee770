"""Planning and the owners of mailboxes: who left is not told, who rests is told at the end of the pause."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.decision import Announce, Bundle, Pair, Reason, Suppress
from alerts.model import ChannelId, SubscriptionId
from alerts.plan import decide
from alerts.store import consent
from alerts.store.alone import plan_alone
from worker.model import MatchId

Make = Callable[..., Any]
RINA, BUDI = ChannelId(1), ChannelId(2)


def pair(match: int, channel: int, subscription: int = 1) -> Pair:
    return Pair(MatchId(match), SubscriptionId(subscription), ChannelId(channel))


@pytest.mark.parametrize("reason", [Reason.UNSUBSCRIBED, Reason.ADDRESS_BLOCKED, Reason.NOT_CONFIRMED])
@pytest.mark.parametrize("asked", [None, "catch_up", "silent"])
def test_a_closed_channel_is_told_nothing_and_the_others_are(
    news_of: Make, subscription_of: Make, now: datetime, reason: Reason, asked: Any
) -> None:
    subscription = subscription_of(channels=(1, 2), closed={RINA: str(reason)})
    found = {each.pair: each for each in decide([news_of(asked=asked)], [subscription], {}, {}, now)}
    assert found[pair(1, 1)] == Suppress(pair(1, 1), reason)
    assert found[pair(1, 2)] != Suppress(pair(1, 2), reason)


def test_who_left_one_subscription_hears_through_another(
    news_of: Make, subscription_of: Make, now: datetime
) -> None:
    left, stays = subscription_of(1, closed={RINA: "unsubscribed"}), subscription_of(2)
    first, second = decide([news_of()], [left, stays], {}, {}, now)
    assert first == Suppress(pair(1, 1), Reason.UNSUBSCRIBED)
    assert isinstance(second, Announce)


@given(
    minutes=st.integers(min_value=1, max_value=20_000), when=st.sampled_from(["now", "hourly", "daily 07:00"])
)
def test_nothing_is_due_before_the_end_of_a_pause_and_what_is_gathered_is_one_bundle(
    news_of: Make, subscription_of: Make, minutes: int, when: str
) -> None:
    now = datetime.fromisoformat("2026-11-23T07:03:00+00:00")
    until = now + timedelta(minutes=minutes)
    subscription = subscription_of(channels=(1, 2), when=(when,), rests={RINA: until})
    news = [news_of(match=n, article=n) for n in (1, 2, 3)]
    told = [each for each in decide(news, [subscription], {}, {}, now) if isinstance(each, Announce)]
    hers = [each.bundle for each in told if each.pair.channel == RINA]
    assert len(hers) == 3
    assert all(bundle.due_at >= until for bundle in hers)
    resting = {bundle for bundle in hers if bundle.kind == "quiet"}  # a digest of that minute stays one
    assert resting <= {Bundle(f"rest:{until.isoformat()}", "quiet", until)}
    assert not any(each.bundle.key.startswith("rest:") for each in told if each.pair.channel == BUDI)


@pytest.mark.servers
def test_who_leaves_while_a_planning_is_under_way_waits_for_its_end(rows: Any) -> None:
    rows.channel("rina", kind="email", to="rina@example.org", address="aa")
    done = threading.Event()

    def leave() -> None:
        with rows.engine.begin() as connection:
            consent.leave(connection, "aa", ["desk"], "page")
        done.set()

    with rows.engine.begin() as connection:
        plan_alone(connection)
        thread = threading.Thread(target=leave)
        thread.start()
        time.sleep(0.3)
        assert not done.is_set()
    thread.join(timeout=20)
    assert done.is_set()
    assert rows.one("SELECT count(*) FROM departures") == 1
