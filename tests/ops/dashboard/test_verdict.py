"""One sentence tells how it is, what hurts most goes first, and nothing is promised that is not so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.amounts import span
from ops.causes import cause
from ops.dashboard.views.todo import tasks
from ops.store.audit import Audit
from ops.store.day import Lag
from ops.store.overview import Balk, Overview, Pause, Queue
from ops.verdict import assurance, verdict

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
WELL = Overview(
    at=NOW,
    feeds={"ok": 409},
    desks={name: Queue(0, 0.0) for name in ("poll", "read", "plan", "send")},
    seen_to_sent=Lag(2.0, 5.0, 62),
    published_to_sent=Lag(47.0, 161.0, 62),
    articles_24h=7200,
    matched_24h=62,
    sent_24h=1,
    held=0,
    failed=0,
    in_doubt=0,
    circuits={},
    tick_age_s=0.4,
)
SOUND = Audit(62, 60, 1, 0, 1, 0, 0, 0, 0, 0, 0)


def signs(age_s: float = 2.0, *queues: str) -> dict[str, object]:
    return {"part": "worker:w:1", "age_s": age_s, "queues": list(queues) or ["tick", *WELL.desks]}


WRONG = {
    "no worker": (
        {"signs": [signs(11.0), signs(60.0)], "tick_age_s": 12.0},
        "bad",
        "No worker has shown a sign of life for 11 s: they are stopped, or the broker does not answer.",
    ),
    "silent beat": ({"tick_age_s": 40.0}, "bad", "The beat has been silent for 40 s"),
    "no beat ever": ({"tick_age_s": None}, "bad", "The beat has never ticked"),
    "deserted": (
        {
            "signs": [signs(1.0, "tick", "poll", "read", "plan"), signs(11.0)],
            "desks": {**WELL.desks, "send": Queue(7, 4)},
        },
        "bad",
        "No worker serves the send desk: 7 waiting there.",
    ),
    "held": (
        {"held": 3, "circuits": {"smtp": "login_refused"}},
        "bad",
        "3 messages held, none lost (mail: the mail server",
    ),
    "failed": ({"failed": 4, "failed_24h": 1}, "bad", "1 message could not be delivered"),
    "paused": (
        {"pauses": {"desk": Pause(NOW + timedelta(minutes=9), 12)}},
        "slow",
        "desk asked for a pause: 12 messages",
    ),
    "balking": (
        {"balking": {"desk": Balk(NOW - timedelta(seconds=9), "tries_again: refused", 3)}},
        "slow",
        "desk has taken nothing for 9 s (nobody listens at its address): 3 messages tried again and again, none lost.",
    ),
    "slow database": ({"asked_s": 2.4}, "slow", "The database is slow: it took 2.4 s"),
    "late": ({"desks": {"send": Queue(14, 96.0)}}, "slow", "The send desk is 96 s behind with 14 waiting"),
    "in doubt": ({"in_doubt": 2, "in_doubt_24h": 2}, "slow", "2 messages in doubt"),
    "feeds": ({"feeds": {"ok": 9, "failing": 2, "gone": 1}}, "slow", "2 failing and 1 gone of 12 feeds"),
    "silent": ({"silent": 2}, "slow", "2 feeds are silent"),
    "missed": ({"gapped": 1, "missed": 12}, "slow", "Up to 12 entries of 1 feed may have been missed"),
}


BEHIND = {
    "poll": (Queue(3, 61.0), "The poll desk is 61 s behind with 3 waiting."),
    "plan": (Queue(2, 11.0), "The plan desk is 11 s behind with 2 waiting."),
    "send": (Queue(9, 16.0), "The send desk is 16 s behind with 9 waiting."),
    "full": (
        Queue(5000, 10.5, 60, 60),
        "The read desk has 5,000 waiting: at its present pace that takes 14 min.",
    ),
    "stuck": (Queue(100, 10.5), "The read desk has 100 waiting, and has done none in ten seconds."),
}
NOT_BEHIND = {
    "a page that comes slowly": ("read", Queue(1, 31.0)),
    "many pages of one site": ("read", Queue(60, 15.0, 40, 40)),
    "many that just came": ("read", Queue(5000, 9.0, 4, 0)),
    "many that are soon done": ("read", Queue(900, 20.0, 400, 120)),
    "all feeds at once": ("poll", Queue(2000, 14.0, 9000, 900)),
    "messages that go out side by side": ("send", Queue(90, 12.0, 30, 10)),
    "nothing": ("plan", Queue(0, 0.0)),
}


@pytest.mark.parametrize("name", BEHIND)
def test_a_desk_that_is_behind_or_surely_will_be_is_named(name: str) -> None:
    queue, sentence = BEHIND[name]
    desk = name if name in WELL.desks else "read"
    assert verdict(replace(WELL, desks={**WELL.desks, desk: queue})) == ("slow", sentence)


@pytest.mark.parametrize("name", NOT_BEHIND)
def test_what_is_soon_done_is_no_trouble(name: str) -> None:
    desk, queue = NOT_BEHIND[name]
    assert verdict(replace(WELL, desks={**WELL.desks, desk: queue}))[0] == "ok"


@pytest.mark.parametrize(
    "facts",
    [
        {"signs": []},  # of an earlier version, or ended in order: the beat tells
        {"signs": [signs(9.5)]},
        {"signs": [signs(1.0), signs(4000.0)]},  # one of yesterday's
        {"signs": [{"part": "worker:w:1", "age_s": 1.0, "queues": None}]},  # does not say what it serves
        {"signs": [signs(1.0, "tick", "plan"), signs(1.0, "poll"), signs(2.0, "read"), signs(3.0, "send")]},
        {"balking": {"desk": Balk(NOW - timedelta(seconds=6), "tries_again: refused", 3)}},  # tried once
        {"asked_s": 1.2},
        {"tick_age_s": 5.0},
    ],
)
def test_what_happens_every_day_is_no_trouble(facts: dict[str, object]) -> None:
    assert verdict(replace(WELL, **facts))[0] == "ok"


FAILS = {"name": "Metals Daily", "url": "https://key@metals.example/rss?token=abc", "last_error": "dns"}


@pytest.mark.parametrize(
    ("feeds", "unwell", "sentence"),
    [
        (
            {"ok": 9, "failing": 1},
            FAILS,
            "1 failing of 10 feeds (Metals Daily: its name is not known (DNS)); everything else keeps up.",
        ),
        (
            {"ok": 9, "failing": 2, "gone": 1},
            {**FAILS, "name": None},
            "2 failing and 1 gone of 12 feeds, the latest metals.example: its name is not known (DNS); "
            "everything else keeps up.",
        ),
        (
            {"failing": 1},
            {**FAILS, "name": "\u202e" + "x" * 200, "last_error": None},
            f"1 failing of 1 feed ({'x' * 79}…); everything else keeps up.",
        ),
    ],
)
def test_the_feed_that_began_to_fail_last_is_named(feeds: object, unwell: object, sentence: str) -> None:
    assert verdict(replace(WELL, feeds=feeds, unwell=unwell)) == ("slow", sentence)


def test_several_channels_that_take_nothing_are_said_with_the_one_that_began() -> None:
    since = {"late": 9, "first": 60, "other": 20}
    balks = {name: Balk(NOW - timedelta(seconds=s), "dns", 1) for name, s in since.items()}
    sentence = verdict(replace(WELL, balking=balks))[1]
    assert sentence.startswith("first has taken nothing for 60 s")
    assert sentence.endswith("2 more channels do the same.")


def test_desks_without_worker_are_a_task_with_the_command_that_starts_one() -> None:
    facts = replace(WELL, signs=[signs(1.0, "tick", "plan", "poll")])
    task = tasks(facts, SOUND, [], [], [], {"/workers"})[0]
    assert (task.title, task.command, task.page) == (
        "No worker serves: read, send",
        "pantau worker --queues read,send",
        "/workers",
    )


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said(name: str) -> None:
    facts, level, sentence = WRONG[name]
    found = verdict(replace(WELL, **facts))
    assert found[0] == level
    assert found[1].startswith(sentence)


def test_what_hurts_most_is_said_first() -> None:
    order = list(WRONG)
    order.remove("no beat ever")
    for worse, better in pairwise(order):
        both = replace(WELL, **(WRONG[better][0] | WRONG[worse][0]))
        assert verdict(both)[1].startswith(WRONG[worse][2])


def test_all_well_is_said_with_what_was_covered() -> None:
    sentence = "Everything keeps up. 7,200 articles read in 24 hours, 62 matched, 1 message sent."
    assert verdict(WELL) == ("ok", sentence)


def test_a_failure_of_last_week_does_not_alarm_for_ever_but_stays_on_the_list() -> None:
    old = replace(WELL, failed=2)
    assert verdict(old)[0] == "ok"
    assert [task.title for task in tasks(old, SOUND, [], [], [])] == ["2 messages could not be delivered"]


def test_nothing_watched_yet_is_no_fault() -> None:
    assert verdict(replace(WELL, feeds={}))[0] == "ok"


def test_the_proof_is_told_only_where_it_was_made() -> None:
    assert "62 alerts in the ledger 0 are lost and 0 told twice" in assurance(WELL, SOUND)
    assert "ledger" not in assurance(WELL, None)


@pytest.mark.parametrize("broken", [{"lost": 1}, {"doubled": 1}])
def test_a_ledger_that_does_not_add_up_is_never_called_sound(broken: dict[str, int]) -> None:
    ledger = replace(SOUND, **broken)
    assert "Nothing is lost" not in assurance(WELL, ledger)
    assert "pantau audit" in assurance(WELL, ledger)
    assert tasks(WELL, ledger, [], [], [])[0].title == "The ledger does not add up"


def test_what_waits_for_the_beat_is_not_said_to_go_on_by_itself() -> None:
    stopped = replace(WELL, tick_age_s=99.0, desks={"read": Queue(3, 4.0)})
    assert "goes on once the beat ticks again" in assurance(stopped, None)


def test_a_command_to_copy_cannot_be_broken_out_of() -> None:
    feed = {
        "state": "failing",
        "failures": 3,
        "name": "x",
        "url": "https://a.example/$(rm -rf ~)';",
        "last_ok_at": None,
        "last_error": "dns",
    }
    command = tasks(replace(WELL, feeds={"failing": 1}), None, [], [], [feed])[0].command
    assert command == """pantau feeds check 'https://a.example/$(rm -rf ~)'"'"';'"""


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("tries_again: dns", "its name is not known (DNS)"),
        ("tls: certificate expired", "its certificate or encryption cannot be trusted (certificate expired)"),
        ("refused_plainest: http_422", "it answers 422"),
        ("some_new_code", "some new code"),
        ("It said: no", "It said: no"),
        (None, ""),
    ],
)
def test_reasons_are_told_in_plain_words(reason: str | None, words: str) -> None:
    assert cause(reason) == words


@given(st.text(max_size=60))
def test_any_reason_can_be_told(reason: str) -> None:
    assert isinstance(cause(reason), str)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (0.42, "0.4 s"),
        (3.0, "3 s"),
        (47, "47 s"),
        (161, "2 min 41 s"),
        (600, "10 min"),
        (12600, "3.5 h"),
        (864000, "10 days"),
    ],
)
def test_lengths_of_time_are_told_as_people_say_them(seconds: float, shown: str) -> None:
    assert span(seconds) == shown
