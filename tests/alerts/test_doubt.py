"""What a look at the receiver makes of a delivery whose answer was lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channel import Absent, Blocked, Found, Later, More
from alerts.circuits import STRAINED, CloseCircuit, NoteStrain, Side, Strain
from alerts.doubt import MOST_PAGES, SURE_AFTER, Look, LookAgain, resolve
from alerts.model import ChannelId
from alerts.settle import FIRST_LOOK, Settlement, Trying
from alerts.states import TRANSITIONS

BEGAN = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)
ENDED = BEGAN + timedelta(seconds=20)
FIRST = ENDED + FIRST_LOOK
SURE = ENDED + SURE_AFTER


def doubtful(**facts: Any) -> Trying:
    usual: dict[str, Any] = {
        "side": Side(ChannelId(3), "slack"),
        "expires_at": BEGAN + timedelta(hours=24),
        "attempts": 1,
        "doubting": "ask",
    }
    return Trying(**{**usual, **facts})


def look(**facts: Any) -> Look:
    return Look(**{"key": "0b7c", "began": BEGAN, "ended": ENDED, **facts})


def test_what_is_asked_is_the_time_of_all_doubtful_attempts_below_the_thread_from_the_page_on() -> None:
    doubt = look(thread="17.000001", cursor="dXNlcg").doubt
    assert (doubt.key, doubt.since, doubt.until) == ("0b7c", BEGAN, ENDED)
    assert (doubt.thread, doubt.cursor) == ("17.000001", "dXNlcg")


def test_found_is_sent_with_the_receivers_id() -> None:
    settled = resolve(doubtful(), look(), Found("17.000001"), FIRST, 0.0)
    assert isinstance(settled, Settlement)
    assert (settled.state, settled.reason, settled.detail) == ("sent", "found_at_receiver", "17.000001")
    assert (settled.attempts, settled.possible_repeat, settled.over) == (1, False, True)


def test_what_is_found_was_taken_and_ends_the_strain_but_no_other_trouble() -> None:
    strained = Side(ChannelId(3), "slack", strain=Strain(2, BEGAN))
    settled = resolve(doubtful(side=strained), look(), Found("17.000001"), FIRST, 0.0)
    assert isinstance(settled, Settlement)
    assert settled.effects == (CloseCircuit("channel:3", STRAINED), NoteStrain(ChannelId(3), Strain()))


def test_absent_is_not_believed_at_the_first_look_nor_before_half_a_minute_has_passed() -> None:
    first = resolve(doubtful(), look(), Absent(), FIRST, 0.0)
    assert first == LookAgain(SURE, 1, 0, "", "not_there_yet")
    late = SURE + timedelta(minutes=1)
    assert resolve(doubtful(), look(), Absent(), late, 0.0) == LookAgain(
        late + FIRST_LOOK, 1, 0, "", "not_there_yet"
    )
    early = resolve(doubtful(), look(looks=5), Absent(), SURE - timedelta(seconds=1), 0.0)
    assert isinstance(early, LookAgain)


@pytest.mark.parametrize("wanted", ["resend", "hold"])
def test_surely_absent_is_sent_again_and_is_no_repeat_whatever_the_policy(wanted: Any) -> None:
    settled = resolve(doubtful(on_doubt=wanted), look(looks=1), Absent(), SURE, 0.0)
    assert isinstance(settled, Settlement)
    assert (settled.state, settled.reason, settled.due_at) == ("waiting", "surely_absent", SURE)
    assert not settled.possible_repeat


def test_surely_absent_and_too_late_expires_for_nobody_has_heard_of_it() -> None:
    settled = resolve(doubtful(expires_at=FIRST), look(looks=1), Absent(), SURE, 0.0)
    assert isinstance(settled, Settlement)
    assert (settled.state, settled.reason) == ("expired", "too_late")


def test_a_look_goes_on_page_by_page_and_not_for_ever() -> None:
    onward = resolve(doubtful(), look(looks=1, pages=3, cursor="c3"), More("c4"), SURE, 0.0)
    assert isinstance(onward, LookAgain)
    assert (onward.looks, onward.pages, onward.cursor) == (1, 4, "c4")
    assert SURE < onward.due_at <= SURE + timedelta(seconds=2)
    for stuck in (look(pages=MOST_PAGES - 1, cursor="c"), look(pages=1, cursor="d")):
        given_up = resolve(doubtful(), stuck, More("d"), SURE, 0.0)
        assert isinstance(given_up, Settlement)
        assert (given_up.state, given_up.possible_repeat) == ("waiting", True)


def test_a_receiver_that_wants_to_be_left_alone_is_and_with_it_everybody_who_asks_there() -> None:
    asked = resolve(doubtful(), look(looks=1), Later("ratelimited", timedelta(seconds=40)), SURE, 0.0)
    assert asked == LookAgain(SURE + timedelta(seconds=40), 1, 0, "", "ratelimited", everybody=True)
    refused = resolve(doubtful(), look(), Later("refused"), ENDED + timedelta(minutes=5), 0.0)
    assert refused == LookAgain(ENDED + timedelta(minutes=10), 0, 0, "", "refused")


@pytest.mark.parametrize(
    ("facts", "state", "reason", "repeat"),
    [
        ({}, "waiting", "answer_lost_resends", True),
        ({"on_doubt": "hold"}, "unknown", "answer_lost_holds", False),
        ({"unsure_before": True, "possible_repeat": True}, "unknown", "answer_lost_twice", True),
    ],
)
def test_who_cannot_be_asked_is_dealt_with_as_the_subscription_says(
    facts: dict[str, Any], state: str, reason: str, repeat: bool
) -> None:
    settled = resolve(doubtful(**facts), look(), Blocked("missing_scope", "channel"), FIRST, 0.0)
    assert isinstance(settled, Settlement)
    assert (settled.state, settled.reason, settled.possible_repeat) == (state, reason, repeat)


def test_a_dead_credential_is_waited_for_until_the_news_is_old() -> None:
    later = resolve(doubtful(), look(), Blocked("token_revoked", "sender"), FIRST, 0.0)
    assert isinstance(later, LookAgain)
    old = resolve(doubtful(expires_at=FIRST), look(), Blocked("token_revoked", "sender"), FIRST, 0.0)
    assert isinstance(old, Settlement)
    assert (old.state, old.reason, old.over) == ("unknown", "too_late", True)


findings = st.one_of(
    st.just(Found("1.2")),
    st.just(Absent()),
    st.builds(More, st.sampled_from(["a", "b"])),
    st.builds(Later, st.just("l"), st.none() | st.timedeltas(timedelta(0), timedelta(hours=2))),
    st.builds(Blocked, st.just("b"), st.sampled_from(["channel", "sender"])),
)
doubts = st.builds(
    replace,
    st.just(doubtful()),
    expires_at=st.integers(-60, 3000).map(lambda minutes: ENDED + timedelta(minutes=minutes)),
    attempts=st.integers(1, 60),
    on_doubt=st.sampled_from(["resend", "hold"]),
    unsure_before=st.booleans(),
    possible_repeat=st.booleans(),
)
looks = st.builds(
    replace,
    st.just(look()),
    looks=st.integers(0, 4),
    pages=st.integers(0, MOST_PAGES),
    cursor=st.sampled_from(["", "a"]),
)


@given(delivery=doubts, at=looks, finding=findings, age=st.integers(10, 90_000), jitter=st.floats(0, 1))
def test_whatever_is_found_a_doubt_takes_a_known_step_and_no_third_copy_is_made(
    delivery: Trying, at: Look, finding: Any, age: int, jitter: float
) -> None:
    now = ENDED + timedelta(seconds=age)
    found = resolve(delivery, at, finding, now, jitter)
    if isinstance(found, LookAgain):
        assert found.due_at > now
        return
    assert found.state in TRANSITIONS["unknown"] | {"unknown"}
    assert (found.state == "waiting") == (not found.over)
    if found.state == "waiting" and not isinstance(finding, Absent):
        assert found.possible_repeat
        assert not delivery.unsure_before
    if isinstance(finding, Found):
        assert found.state == "sent"
