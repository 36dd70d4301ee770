"""The sentence that somebody on call reads first."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.settle import Reason
from ops.amounts import count, span
from ops.causes import cause
from ops.disks import GIB, Disk
from ops.fallen import Fallen
from ops.self_test import Round, SelfTest
from ops.store.audit import Audit
from ops.store.day import Lag
from ops.store.overview import Overview, Pause, Queue
from ops.verdict import assurance, verdict

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
REPOSITORY = Path(__file__).parents[2]
WELL = Overview(
    at=NOW,
    feeds={"ok": 12},
    desks={name: Queue(0, 0.0) for name in ("poll", "read", "plan", "send")},
    seen_to_sent=Lag(1.2, 3.4, 40),
    published_to_sent=Lag(47.0, 90.0, 40),
    articles_24h=12_400,
    matched_24h=80,
    sent_24h=1,
    held=0,
    failed=0,
    in_doubt=0,
    circuits={},
    tick_age_s=0.5,
)
SOUND = Audit(40, 38, 1, 0, 1, 0, 0, 0, 2, 0, 0)

STAYING = Round(
    NOW - timedelta(minutes=7), 900.0, seen_at=NOW - timedelta(minutes=6), stopped_at="read", reason="timeout"
)

WORST_FIRST = [
    ({"tick_age_s": None}, "bad", "The beat has never ticked"),
    ({"tick_age_s": 61.0}, "bad", "The beat has been silent for 61 s"),
    (
        {"disks": (Disk("kapal", "/data", "read", GIB // 2, 100 * GIB),)},
        "bad",
        "The disk is nearly full: 0.5 GiB of 100 GiB free at /data on kapal.",
    ),
    (
        {"self_test": SelfTest(STAYING)},
        "bad",
        "The self-test of 7 min ago does not come through: the read desk has not read it (it did not answer in time).",
    ),
    (
        {"fallen": Fallen(40, 100, NOW - timedelta(minutes=11), "dns", 31, "cdn.example", 9)},
        "bad",
        "40 of 100 feeds fail at once (31 of them alike: its name is not known (DNS)): is it our network,",
    ),
    (
        {"held": 3, "circuits": {"desk": "no_service"}},
        "bad",
        "3 messages held, none lost (desk: the Slack hook was removed).",
    ),
    ({"failed_24h": 1, "failed": 9}, "bad", "1 message could not be delivered"),
    (
        {"pauses": {"desk": Pause(NOW, 4)}},
        "slow",
        "desk asked for a pause: 4 messages waiting until 07:00 UTC.",
    ),
    (
        {"desks": {"read": Queue(1200, 161.0)}},
        "slow",
        "The read desk is 2 min 41 s behind with 1,200 waiting.",
    ),
    (
        {"disks": (Disk("kapal", "/data", "read", 4 * GIB, 100 * GIB),)},
        "slow",
        "The disk fills up: 4.0 GiB of 100 GiB free",
    ),
    ({"in_doubt_24h": 2}, "slow", "2 messages in doubt"),
    (
        {"fallen": Fallen(40, 100, NOW - timedelta(minutes=3), "timeout", 40, "cdn.example", 39)},
        "slow",
        "40 of 100 feeds fail at once (40 of them alike: it did not answer in time; 39 of them are at cdn.example)",
    ),
    ({"feeds": {"ok": 10, "failing": 2, "gone": 1}}, "slow", "2 failing and 1 gone of 13 feeds"),
]


@pytest.mark.parametrize(("trouble", "level", "sentence"), WORST_FIRST, ids=lambda value: str(value)[:40])
def test_every_trouble_has_its_level_and_sentence(trouble, level, sentence):
    found = verdict(replace(WELL, **trouble))
    assert found[0] == level
    assert sentence in found[1]


@pytest.mark.parametrize("rank", range(len(WORST_FIRST)))
def test_of_several_troubles_the_worst_is_told(rank):
    everything = {}
    for trouble, _, _ in reversed(WORST_FIRST[rank:]):
        everything |= trouble
    if rank == 0:
        everything |= WORST_FIRST[0][0]
    assert WORST_FIRST[rank][2].split(" ")[0] in verdict(replace(WELL, **everything))[1]


def test_a_self_test_that_came_through_is_a_quiet_line():
    came = Round(
        NOW - timedelta(seconds=182),
        900.0,
        *(NOW - timedelta(seconds=180 + left) for left in (1.5, 1.0, 0.5, 0.0)),
        ended_at=NOW,
    )
    well = replace(WELL, self_test=SelfTest(came, came))
    assert verdict(well)[0] == "ok"
    assert assurance(well, None).endswith("The self-test came through 3 min ago, in 2 s.")


def test_old_trouble_is_no_news():
    assert verdict(replace(WELL, failed=9, in_doubt=9))[0] == "ok"


def test_all_is_well_says_so_with_figures():
    assert verdict(WELL) == (
        "ok",
        "Everything keeps up. 12,400 articles read in 24 hours, 80 matched, 1 message sent.",
    )


def test_an_empty_installation_says_what_to_do():
    assert verdict(replace(WELL, feeds={})) == (
        "ok",
        "Nothing is watched yet: declare feeds in a watchlist and apply it.",
    )


def test_why_nothing_is_lost_is_told_in_the_figures_of_the_moment():
    assert assurance(WELL, SOUND) == (
        "Half of all alerts leave within 47 s of publication. Nothing waits and nothing is lost. "
        "Of 40 alerts in the ledger 0 are lost and 0 told twice, 2 possible repeats."
    )
    waiting = replace(WELL, held=2, desks={"send": Queue(3, 1.0)})
    assert "what waits (5) is kept in the database" in assurance(waiting, None)


@pytest.mark.parametrize("flaw", [{"lost": 1}, {"doubled": 2}])
def test_a_ledger_that_does_not_add_up_is_said_plainly(flaw):
    told = assurance(WELL, replace(SOUND, **flaw))
    assert told.startswith("The ledger does not add up")
    assert "nothing is lost" not in told.lower()


CAUSES = {
    "no_service": "the Slack hook was removed",
    "channel_blocked: no_service": "the Slack hook was removed",
    "tries_again: http_503": "it answers 503",
    "dns: no such host": "its name is not known (DNS) (no such host)",
    "secret_not_opened": "its secret does not open with this installation's key (PANTAU_SECRET_KEY)",
    "something_new: a_code": "something new: a code",
    "the server answered 500": "the server answered 500",
    "": "",
    None: "",
}


@pytest.mark.parametrize(("reason", "words"), CAUSES.items())
def test_a_reason_of_the_ledger_in_plain_words(reason, words):
    assert cause(reason) == words


def test_whatever_blocks_a_channel_has_words_of_its_own():
    source = "\n".join(
        path.read_text()
        for path in [*(REPOSITORY / "alerts/channels").glob("*.py"), REPOSITORY / "alerts/desks/send.py"]
    )
    blocked = set(re.findall(r'Blocked\(\s*"([a-z_]+)"', source)) | {"smtp_not_configured"}
    assert len(blocked) > 5
    assert {code for code in blocked if cause(code) == code.replace("_", " ")} <= {"connect_refused"}


@pytest.mark.parametrize("reason", Reason)
def test_no_reason_reads_like_code(reason):
    assert "_" not in cause(str(reason))


SPANS = [
    (-1, "0 s"), (0, "0 s"), (0.04, "0 s"), (0.4, "0.4 s"), (5, "5 s"), (9.96, "10 s"), (47.2, "47 s"), (99.4, "99 s"),
    (100, "1 min 40 s"), (120, "2 min"), (599.7, "10 min"), (600, "10 min"), (5399, "90 min"), (5400, "1.5 h"),
    (7200, "2 h"), (48 * 3600, "2 days"), (86400 * 4, "4 days"),
]  # fmt: skip


@pytest.mark.parametrize(("seconds", "words"), SPANS)
def test_a_length_of_time_as_people_say_it(seconds, words):
    assert span(seconds) == words


@given(st.floats(0, 1e9))
def test_no_length_of_time_reads_oddly(seconds):
    words = span(seconds)
    assert re.fullmatch(r"[\d.]+ (s|min|h|days)|\d+ min \d+ s", words)
    assert "60 s" not in words.split("min")[-1] or "min" not in words


@pytest.mark.parametrize(
    ("n", "words"), [(0, "0 feeds"), (1, "1 feed"), (2, "2 feeds"), (12_400, "12,400 feeds")]
)
def test_counting(n, words):
    assert count(n, "feed") == words
