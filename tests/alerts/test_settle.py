from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channel import Blocked, Later, Never, Sent, Simpler, Unsure
from alerts.model import ChannelId
from alerts.settle import (
    FIRST_WAIT,
    LONGEST_WAIT,
    TERMINAL,
    CloseCircuit,
    OpenCircuit,
    PauseChannel,
    Reason,
    Settlement,
    Trying,
    backoff,
    patience,
    settle,
)

NOW = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def trying(**facts: Any) -> Trying:
    usual: dict[str, Any] = {
        "channel": ChannelId(3),
        "created_at": NOW,
        "expires_at": NOW + timedelta(hours=24),
    }
    return Trying(**{**usual, **facts})


def after(before: Trying, settled: Settlement) -> Trying:
    """The delivery as it comes to its next attempt."""
    return replace(
        before,
        attempts=settled.attempts,
        simpler=settled.simpler,
        possible_repeat=settled.possible_repeat,
        unsure_before=settled.unsure_before,
        expires_at=settled.expires_at,
    )


def seconds_to(settled: Settlement) -> float:
    assert settled.due_at is not None
    return (settled.due_at - NOW).total_seconds()


def test_accepted_is_sent_with_the_receivers_id_and_closes_what_was_open() -> None:
    settled = settle(trying(credential="smtp"), Sent("queued as 4F"), NOW, 0.0)
    assert (settled.state, settled.reason, settled.detail) == ("sent", "accepted", "queued as 4F")
    assert settled.due_at is None
    assert settled.effects == (CloseCircuit("channel:3"), CloseCircuit("sender:smtp"))


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(0, 5), (1, 10), (2, 20), (9, 2560), (10, 3600), (50, 3600), (5000, 3600)]
)
def test_the_wait_doubles_from_five_seconds_to_an_hour(attempts: int, seconds: int) -> None:
    settled = settle(trying(attempts=attempts), Later("refused"), NOW, 0.0)
    assert (settled.state, settled.reason, settled.attempts) == ("waiting", "tries_again", attempts + 1)
    assert seconds_to(settled) == seconds


def test_the_receivers_own_time_is_a_lower_bound() -> None:
    asked = settle(trying(), Later("http_429", timedelta(seconds=30)), NOW, 1.0)
    assert (seconds_to(asked), asked.reason) == (30, "asked_to_wait")
    tired = settle(trying(attempts=6), Later("http_429", timedelta(seconds=30)), NOW, 0.0)
    assert seconds_to(tired) == 320


def test_a_greylisted_mail_comes_back_after_five_minutes() -> None:
    assert seconds_to(settle(trying(credential="smtp"), Later("greylisted", 5 * MINUTE), NOW, 0.0)) == 300


def test_asked_to_slow_down_the_whole_channel_pauses() -> None:
    settled = settle(trying(), Later("http_429", timedelta(seconds=30), whole_channel=True), NOW, 0.0)
    assert settled.effects == (PauseChannel(ChannelId(3), NOW + timedelta(seconds=30)),)
    unsaid = settle(trying(), Later("http_429", whole_channel=True), NOW, 0.0)
    assert unsaid.effects == (PauseChannel(ChannelId(3), NOW + FIRST_WAIT),)


def test_what_cannot_be_tried_in_time_expires() -> None:
    late = trying(expires_at=NOW + timedelta(seconds=4))
    settled = settle(late, Later("refused"), NOW, 0.0)
    assert (settled.state, settled.reason, settled.detail) == ("expired", "too_late", "refused")
    assert settled.due_at is None


def test_what_the_receiver_may_have_does_not_expire_but_stays_in_doubt() -> None:
    late = trying(expires_at=NOW, unsure_before=True, possible_repeat=True)
    assert settle(late, Later("refused"), NOW, 0.0).state == "unknown"
    first = settle(trying(expires_at=NOW), Unsure("timeout"), NOW, 0.0)
    assert (first.state, first.possible_repeat) == ("unknown", False)


def test_mail_is_worth_sending_for_two_days_other_messages_for_one() -> None:
    assert (patience("smtp"), patience(None)) == (timedelta(hours=48), timedelta(hours=24))


def test_a_lost_answer_brings_one_marked_copy_and_never_a_third() -> None:
    first = settle(trying(), Unsure("timeout"), NOW, 0.0)
    assert (first.state, first.reason, first.possible_repeat) == ("waiting", "answer_lost_resends", True)
    second = settle(after(trying(), first), Unsure("timeout"), NOW, 0.0)
    assert (second.state, second.reason, second.due_at) == ("unknown", "answer_lost_twice", None)


def test_who_would_rather_miss_an_alert_than_hear_it_twice_gets_no_copy() -> None:
    settled = settle(trying(on_doubt="hold"), Unsure("timeout"), NOW, 0.0)
    assert (settled.state, settled.reason, settled.possible_repeat) == ("unknown", "answer_lost_holds", False)


def test_a_refused_form_is_composed_plainer_once_and_then_fails_visibly() -> None:
    plainer = settle(trying(), Simpler("invalid_blocks"), NOW, 0.5)
    assert (plainer.state, plainer.simpler, plainer.due_at) == ("ready", 1, NOW)
    given_up = settle(after(trying(), plainer), Simpler("invalid_payload"), NOW, 0.5)
    assert (given_up.state, given_up.reason) == ("failed", "refused_plainest")


def test_a_dead_channel_holds_its_deliveries_without_counting_an_attempt() -> None:
    settled = settle(trying(attempts=2), Blocked("no_service", "channel"), NOW, 0.0)
    assert (settled.state, settled.reason, settled.attempts) == ("held", "channel_blocked", 2)
    assert settled.effects == (OpenCircuit("channel:3", NOW + MINUTE, 0, "no_service"),)


def test_a_refused_login_stops_all_that_share_it() -> None:
    settled = settle(trying(credential="smtp"), Blocked("login_refused", "sender"), NOW, 0.0)
    assert (settled.state, settled.reason) == ("held", "sender_blocked")
    assert settled.effects == (OpenCircuit("sender:smtp", NOW + MINUTE, 0, "login_refused"),)


def test_a_refused_recipient_proves_that_the_login_works() -> None:
    probe = trying(credential="smtp", probing="sender", probes=4)
    settled = settle(probe, Blocked("recipient_refused", "channel"), NOW, 0.0)
    assert settled.effects == (
        OpenCircuit("channel:3", NOW + MINUTE, 0, "recipient_refused"),
        CloseCircuit("sender:smtp"),
    )


@pytest.mark.parametrize(("probes", "minutes"), [(0, 2), (1, 4), (4, 32), (5, 60), (500, 60)])
def test_probes_of_a_blocked_channel_come_slower_and_never_end(probes: int, minutes: int) -> None:
    probe = trying(probing="channel", probes=probes, attempts=3)
    settled = settle(probe, Blocked("no_service", "channel"), NOW, 0.0)
    assert settled.effects == (OpenCircuit("channel:3", NOW + minutes * MINUTE, probes + 1, "no_service"),)
    assert settled.attempts == 3


def test_a_probe_that_finds_out_nothing_leaves_the_circuit_open() -> None:
    probe = trying(probing="channel", probes=2)
    for verdict in (Later("refused"), Unsure("timeout")):
        (effect,) = settle(probe, verdict, NOW, 0.0).effects
        assert effect == OpenCircuit("channel:3", NOW + FIRST_WAIT, 3, verdict.reason)


def test_being_held_does_not_use_up_the_time_a_delivery_has() -> None:
    weekend = NOW + timedelta(days=3)
    settled = settle(trying(probing="channel", probes=70), Blocked("no_service", "channel"), weekend, 0.0)
    assert settled.state == "held"
    mended = settle(after(trying(), settled), Later("refused"), weekend + timedelta(hours=1), 0.0)
    assert mended.state == "waiting"


def test_what_can_never_arrive_fails() -> None:
    settled = settle(trying(), Never("refused_by_policy"), NOW, 0.0)
    assert (settled.state, settled.reason, settled.detail) == ("failed", "refused", "refused_by_policy")


verdicts = st.one_of(
    st.builds(Sent, st.none()),
    st.builds(
        Later,
        st.just("l"),
        st.none() | st.timedeltas(timedelta(seconds=-5), timedelta(hours=1)),
        st.booleans(),
    ),
    st.builds(Unsure, st.just("u")),
    st.builds(Simpler, st.just("s")),
    st.builds(Blocked, st.just("b"), st.sampled_from(["channel", "sender"])),
    st.builds(Never, st.just("n")),
)
deliveries = st.builds(
    Trying,
    channel=st.just(ChannelId(3)),
    created_at=st.just(NOW),
    expires_at=st.integers(-5, 2880).map(lambda minutes: NOW + minutes * MINUTE),
    attempts=st.integers(0, 60),
    simpler=st.integers(0, 1),
    possible_repeat=st.booleans(),
    unsure_before=st.booleans(),
    on_doubt=st.sampled_from(["resend", "hold"]),
    credential=st.sampled_from([None, "smtp"]),
    probing=st.sampled_from([None, "channel", "sender"]),
    probes=st.integers(0, 9),
)
jitters = st.floats(0, 1)


@given(delivery=deliveries, verdict=verdicts, jitter=jitters)
def test_nothing_is_ever_due_before_now_nor_sooner_than_asked(
    delivery: Trying, verdict: Any, jitter: float
) -> None:
    settled = settle(delivery, verdict, NOW, jitter)
    assert (settled.due_at is None) == (settled.state in TERMINAL)
    if settled.due_at is not None:
        asked = getattr(verdict, "after", None) or timedelta(0)
        assert settled.due_at >= NOW + asked
    for effect in settled.effects:
        if isinstance(effect, OpenCircuit):
            assert effect.probe_at > NOW
        if isinstance(effect, PauseChannel):
            assert effect.until >= NOW


@given(delivery=deliveries, verdict=verdicts, jitter=jitters, state=st.sampled_from(sorted(TERMINAL)))
def test_what_is_over_stays_over_and_changes_nothing_for_others(
    delivery: Trying, verdict: Any, jitter: float, state: Any
) -> None:
    over = replace(delivery, state=state)
    settled = settle(over, verdict, NOW, jitter)
    assert (settled.state, settled.attempts, settled.effects) == (state, delivery.attempts, ())
    assert settled.reason is Reason.SETTLED_BEFORE


@given(tries=st.integers(1, 100), jitter=jitters, other=jitters)
def test_waits_grow_whatever_the_dice_say_up_to_an_hour_and_a_quarter(
    tries: int, jitter: float, other: float
) -> None:
    wait, following = backoff(FIRST_WAIT, tries, jitter), backoff(FIRST_WAIT, tries + 1, other)
    assert FIRST_WAIT <= wait <= LONGEST_WAIT * 1.25
    assert backoff(FIRST_WAIT, tries, jitter) <= backoff(FIRST_WAIT, tries + 1, jitter)
    if following < LONGEST_WAIT:
        assert wait < following


@given(
    data=st.data(), credential=st.sampled_from([None, "smtp"]), on_doubt=st.sampled_from(["resend", "hold"])
)
def test_whatever_receivers_answer_a_delivery_ends_after_few_attempts_and_at_most_two_copies(
    data: st.DataObject, credential: Any, on_doubt: Any
) -> None:
    now = NOW
    delivery = trying(credential=credential, on_doubt=on_doubt, expires_at=NOW + patience(credential))
    ordinary = st.one_of(
        st.builds(Later, st.just("l"), st.none() | st.just(timedelta(seconds=1))),
        st.builds(Unsure, st.just("u")),
        st.builds(Simpler, st.just("s")),
    )
    copies = 0
    for _ in range(100):
        verdict = data.draw(ordinary)
        copies += isinstance(verdict, Unsure)
        settled = settle(delivery, verdict, now, data.draw(jitters))
        if settled.state in TERMINAL:
            break
        assert settled.due_at is not None
        assert settled.possible_repeat == (copies > 0)
        delivery, now = after(delivery, settled), max(settled.due_at, now)
    assert settled.state in {"expired", "unknown", "failed"}
    assert settled.attempts <= 64
    assert copies <= (1 if on_doubt == "hold" else 2)
    assert (settled.state == "unknown") == (copies > 0) or settled.state == "failed"
