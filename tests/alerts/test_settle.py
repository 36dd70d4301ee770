from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channel import Astray, Blocked, Later, Never, Sent, Simpler, Unsure
from alerts.circuits import (
    LONGEST_WAIT,
    CloseCircuit,
    NoteStrain,
    OpenCircuit,
    Pause,
    Side,
    Strain,
    backoff,
)
from alerts.model import ChannelId
from alerts.settle import FIRST_LOOK, FIRST_WAIT, Reason, Settlement, Trying, patience, settle
from alerts.states import TERMINAL, TRANSITIONS

NOW = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


DESK, CALM = ChannelId(3), Strain()


def trying(
    credential: Any = None, probing: Any = None, probes: int = 0, strain: Strain = CALM, **facts: Any
) -> Trying:
    side = Side(DESK, credential, probing, probes, strain)
    return Trying(**{"side": side, "expires_at": NOW + timedelta(hours=24), **facts})


def circuits_of(settled: Settlement) -> tuple[Any, ...]:
    return tuple(effect for effect in settled.effects if isinstance(effect, OpenCircuit | CloseCircuit))


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
    assert settled.effects[0] == Pause(DESK, NOW + timedelta(seconds=30))
    unsaid = settle(trying(), Later("http_429", whole_channel=True), NOW, 0.0)
    assert unsaid.effects[0] == Pause(DESK, NOW + FIRST_WAIT)


def test_asked_to_slow_down_for_a_whole_credential_all_its_channels_pause() -> None:
    asked = Later("ratelimited", timedelta(seconds=30), whole_sender=True)
    settled = settle(trying(credential="slack"), asked, NOW, 0.0)
    assert settled.effects[0] == Pause(DESK, NOW + timedelta(seconds=30), "slack")
    assert settle(trying(), asked, NOW, 0.0).effects[0] == Pause(DESK, NOW + timedelta(seconds=30))


def test_a_relay_that_is_not_there_pauses_all_that_goes_through_it_but_never_for_long() -> None:
    away = Later("no_answer_at_connect", whole_sender=True)
    first = settle(trying(credential="smtp"), away, NOW, 0.0)
    assert first.effects[0] == Pause(DESK, NOW + FIRST_WAIT, "smtp")
    often = settle(trying(credential="smtp", attempts=9), away, NOW, 0.0)
    assert seconds_to(often) == 2560
    assert often.effects[0] == Pause(DESK, NOW + MINUTE, "smtp")


def test_a_relay_that_is_long_gone_opens_one_circuit_and_no_mailbox_is_blamed() -> None:
    away = Later("no_answer_at_connect", whole_sender=True)
    strain = Strain(nothing_since=NOW - 15 * MINUTE)
    opened = settle(trying(credential="smtp", strain=strain), away, NOW, 0.0).effects
    circuits = [effect for effect in opened if isinstance(effect, OpenCircuit)]
    assert [(effect.circuit, effect.reason) for effect in circuits] == [("sender:smtp", "takes_nothing")]
    probe = trying(credential="smtp", strain=strain, probing="sender", probes=2)
    (again,) = (e for e in settle(probe, away, NOW, 0.0).effects if isinstance(e, OpenCircuit))
    assert (again.circuit, again.probes) == ("sender:smtp", 3)


def test_a_probe_that_only_its_mailbox_puts_off_lets_all_other_mail_through() -> None:
    probe = trying(credential="smtp", probing="sender", probes=3)
    settled = settle(probe, Later("mailbox_full", timedelta(hours=1), let_in=True), NOW, 0.0)
    assert (settled.state, seconds_to(settled)) == ("waiting", 3600)
    assert CloseCircuit("sender:smtp") in settled.effects
    assert not any(isinstance(effect, OpenCircuit) for effect in settled.effects)


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


def test_where_the_receiver_can_be_asked_a_lost_answer_is_looked_for_and_nothing_is_sent_again() -> None:
    settled = settle(trying(doubting="ask"), Unsure("timeout"), NOW, 0.0)
    assert (settled.state, settled.reason, settled.possible_repeat) == ("unknown", "answer_lost_looks", False)
    assert (settled.over, settled.due_at, settled.unsure_before) == (False, NOW + FIRST_LOOK, False)


def test_where_the_receiver_recognises_a_repeat_a_lost_answer_is_tried_again_and_marks_nothing() -> None:
    for wanted in ("resend", "hold"):
        settled = settle(trying(doubting="repeat", on_doubt=wanted), Unsure("timeout"), NOW, 0.0)
        assert (settled.state, settled.reason) == ("waiting", "answer_lost_repeats")
        assert not settled.possible_repeat


def test_a_follow_up_whose_thread_is_gone_goes_at_once_as_a_message_of_its_own() -> None:
    settled = settle(trying(kind="followup"), Astray("thread_not_found"), NOW, 0.0)
    assert (settled.state, settled.reason, settled.due_at) == ("waiting", "thread_gone", NOW)
    assert settled.alone


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (Astray("message_not_found"), "message_gone"),
        (Never("no"), "update_refused"),
        (Simpler("invalid_blocks"), "update_refused"),
    ],
)
def test_an_update_that_cannot_be_is_ended_with_its_reason_and_is_no_failure(
    verdict: Any, reason: str
) -> None:
    settled = settle(trying(kind="update", doubting="repeat", simpler=1), verdict, NOW, 0.0)
    assert (settled.state, settled.reason, settled.over) == ("suppressed", reason, True)


def test_a_third_unclear_answer_in_a_row_opens_the_channels_circuit() -> None:
    for unclear, opens in ((0, False), (1, False), (2, True), (7, True)):
        settled = settle(trying(strain=Strain(unclear, NOW)), Unsure("unexpected_answer"), NOW, 0.0)
        opened = (OpenCircuit("channel:3", NOW + MINUTE, 0, "answers_unclear"),)
        assert circuits_of(settled) == (opened if opens else ())
        assert settled.effects[-1] == NoteStrain(DESK, Strain(unclear + 1, NOW))


def test_a_sender_that_vanished_says_nothing_about_the_receiver() -> None:
    settled = settle(trying(strain=Strain(2, NOW), vanished=True), Unsure("sender_vanished"), NOW, 0.0)
    assert settled.effects == ()


def test_a_receiver_that_takes_nothing_for_a_quarter_of_an_hour_needs_a_person() -> None:
    first = settle(trying(), Later("refused"), NOW, 0.0)
    assert first.effects == (NoteStrain(DESK, Strain(0, NOW)),)
    for minutes, opens in ((14, False), (15, True)):
        tired = trying(strain=Strain(0, NOW - minutes * MINUTE))
        opened = (OpenCircuit("channel:3", NOW + MINUTE, 0, "takes_nothing"),)
        assert circuits_of(settle(tired, Later("refused"), NOW, 0.0)) == (opened if opens else ())


@pytest.mark.parametrize("verdict", [Sent(), Simpler("s"), Never("n"), Astray("a"), Blocked("b", "channel")])
def test_a_clear_answer_ends_the_strain(verdict: Any) -> None:
    settled = settle(trying(strain=Strain(2, NOW)), verdict, NOW, 0.0)
    assert NoteStrain(DESK, Strain()) in settled.effects


def test_a_probe_of_a_strained_channel_comes_slower_each_time() -> None:
    probe = trying(probing="channel", probes=2, strain=Strain(0, NOW - timedelta(hours=1)))
    settled = settle(probe, Later("refused"), NOW, 0.0)
    assert circuits_of(settled) == (OpenCircuit("channel:3", NOW + 8 * MINUTE, 3, "takes_nothing"),)


def test_a_refused_form_is_composed_plainer_once_and_then_fails_visibly() -> None:
    plainer = settle(trying(), Simpler("invalid_blocks"), NOW, 0.5)
    assert (plainer.state, plainer.simpler, plainer.due_at) == ("waiting", 1, NOW)
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
        (effect,) = circuits_of(settle(probe, verdict, NOW, 0.0))
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
        st.booleans(),
    ),
    st.builds(Astray, st.just("a")),
    st.builds(Unsure, st.just("u")),
    st.builds(Simpler, st.just("s")),
    st.builds(Blocked, st.just("b"), st.sampled_from(["channel", "sender"])),
    st.builds(Never, st.just("n")),
)
strains = st.builds(
    Strain, st.integers(0, 5), st.none() | st.integers(0, 60).map(lambda minutes: NOW - minutes * MINUTE)
)
sides = st.builds(
    Side,
    st.just(DESK),
    st.sampled_from([None, "smtp"]),
    st.sampled_from([None, "channel", "sender"]),
    st.integers(0, 9),
    strains,
)
deliveries = st.builds(
    Trying,
    side=sides,
    expires_at=st.integers(-5, 2880).map(lambda minutes: NOW + minutes * MINUTE),
    kind=st.sampled_from(["article", "followup", "digest", "update"]),
    attempts=st.integers(0, 60),
    simpler=st.integers(0, 1),
    possible_repeat=st.booleans(),
    unsure_before=st.booleans(),
    on_doubt=st.sampled_from(["resend", "hold"]),
    doubting=st.sampled_from(["ask", "repeat", "policy"]),
    vanished=st.booleans(),
)
jitters = st.floats(0, 1)


@given(delivery=deliveries, verdict=verdicts, jitter=jitters)
def test_nothing_is_ever_due_before_now_nor_sooner_than_asked(
    delivery: Trying, verdict: Any, jitter: float
) -> None:
    settled = settle(delivery, verdict, NOW, jitter)
    assert settled.over == (settled.due_at is None)
    assert settled.over or settled.state in {"waiting", "held", "unknown"}
    assert settled.over == (settled.state in TERMINAL) or settled.state == "unknown"
    if settled.due_at is not None:
        asked = getattr(verdict, "after", None) or timedelta(0)
        assert settled.due_at >= NOW + asked
    for effect in settled.effects:
        if isinstance(effect, OpenCircuit):
            assert effect.probe_at > NOW
        if isinstance(effect, Pause):
            assert effect.until >= NOW


@given(delivery=deliveries, verdict=verdicts, jitter=jitters)
def test_every_step_is_one_that_the_table_of_states_has(
    delivery: Trying, verdict: Any, jitter: float
) -> None:
    assert settle(delivery, verdict, NOW, jitter).state in TRANSITIONS["sending"]


@given(delivery=deliveries, verdict=verdicts, jitter=jitters)
def test_an_update_never_waits_for_a_person(delivery: Trying, verdict: Any, jitter: float) -> None:
    settled = settle(
        replace(delivery, kind="update", doubting="repeat", unsure_before=False), verdict, NOW, jitter
    )
    assert settled.state in {"sent", "waiting", "held", "suppressed", "expired"}
    assert not settled.possible_repeat or delivery.possible_repeat


@given(
    delivery=deliveries,
    verdict=verdicts,
    jitter=jitters,
    state=st.sampled_from(sorted(TERMINAL | {"unknown"})),
)
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
        if settled.over:
            break
        assert settled.due_at is not None
        assert settled.possible_repeat == (copies > 0)
        delivery, now = after(delivery, settled), max(settled.due_at, now)
    assert settled.state in {"expired", "unknown", "failed"}
    assert settled.attempts <= 64
    assert copies <= (1 if on_doubt == "hold" else 2)
    assert (settled.state == "unknown") == (copies > 0) or settled.state == "failed"
