"""The workers page as a value: the sentence by what would hurt the most, processes, reasons, sizes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ops.amounts import span
from ops.dashboard.views.workers import SHOWN_REASONS, Machine, compose, size
from ops.said import Said
from ops.store.overview import Queue
from ops.store.pages.workers import Lease, Running
from ops.store.ticking import DEAD_AFTER_S
from ops.verdict import DESK_LATE_S

NOW = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
WEB = {"host": "vm", "pid": 7, "since": "2026-11-26T09:00:00+00:00", "version": "1.0", "memory": 80_000_000}


def sign(name, queues, *, age_s=5.0, run="1", **says):
    facts = {"name": name, "queues": queues, "slots": 4, "busy": 1, "host": "vm", "version": "1.0", **says}
    return {"part": f"worker:{name}:{run}", "at": NOW - timedelta(seconds=age_s), "says": facts}


WORKERS = (
    sign("poll", ["poll"]),
    sign("read", ["read"]),
    sign("plan", ["tick", "plan"]),
    sign("send", ["send"]),
)
QUIET = Running(
    at=NOW,
    desks={desk: Queue(0, 0.0) for desk in ("poll", "read", "plan", "send")},
    leases={},
    p95={},
    signs=WORKERS,
    tick_at=NOW - timedelta(seconds=1),
    failures=(),
    tables=(),
    database_bytes=11_000_000,
    database_version="18.4",
)


def seen(**changes):
    return compose(replace(QUIET, **changes), Machine(WEB, "Valkey 9.1.2"), frozenset({"/feeds"}))


LONG = DESK_LATE_S["read"] + 20
AGES = [
    ({}, "ok", "The 4 workers keep up."),
    ({"signs": WORKERS[:0]}, "bad", "No worker is alive: nothing is polled, read or sent."),
    ({"tick_at": None}, "bad", "The beat has never ticked: no work begins by itself."),
    (
        {"tick_at": NOW - timedelta(seconds=120)},
        "bad",
        "The beat has not ticked for 2 min: work that is due does not begin.",
    ),
    (
        {"signs": WORKERS[:3], "desks": {"send": Queue(1200, 4.0)}},
        "bad",
        "Nobody works at the send desk: 1,200 wait there.",
    ),
    (
        {"desks": {"read": Queue(1200, LONG)}},
        "slow",
        "The read desk is behind: 1,200 wait, the oldest for {}.",
    ),
    ({"signs": (sign("all", ["tick", "poll", "read", "plan", "send"]),)}, "ok", "The worker keeps up."),
    # an earlier version does not say what it serves: it is not accused
    ({"signs": (sign("all", []),)}, "ok", "The worker keeps up."),
]


@pytest.mark.parametrize(("changes", "level", "sentence"), AGES)
def test_the_sentence_names_what_would_hurt_the_most(changes, level, sentence):
    view = seen(**changes)
    assert (view.level, view.sentence) == (level, sentence.format(span(LONG)))
    assert isinstance(view.sentence, Said)


def test_a_worker_that_shows_no_sign_is_named_and_its_queue_is_missed():
    gone = sign("send", ["send"], age_s=DEAD_AFTER_S + 1)
    view = seen(signs=(*WORKERS[:3], gone))
    assert view.sentence == "Nobody works at the send desk: 0 wait there."
    states = {str(process.name): (process.state.shape, str(process.state.word)) for process in view.processes}
    assert states["send"] == ("bad", "no sign of life")
    assert states["poll"] == ("ok", "alive")
    again = seen(signs=(*WORKERS, {**gone, "part": "worker:send:0"}))
    assert again.level == "ok"
    assert [str(p.state.word) for p in again.processes if p.name == "send"] == ["gone, replaced", "alive"]


def test_what_a_worker_says_is_shown_and_nonsense_is_left_out():
    told = sign(
        "read", ["read"], memory=600_000_000, pid=41, since="2026-11-26T09:58:00+00:00", version="0.9"
    )
    odd = sign(
        "<b>x</b>\u202e",
        ["read" * 50],
        memory="much",
        pid=True,
        since="yesterday",
        busy=-1,
        slots="four",
        version=7,
    )
    one, other = seen(signs=(told, odd)).processes[:2]
    if one.pid != "41":
        one, other = other, one
    assert (one.memory, one.pid, one.busy, one.share) == ("600 MB", "41", "1 of 4", 0.25)
    assert one.since
    assert one.since.shown == "2 min ago"
    assert (one.version, one.other_version) == ("0.9", True)
    assert (other.memory, other.pid, other.since, other.busy, other.share) == ("", "", None, "", None)
    assert other.name == "<b>x</b>"
    assert len(other.queues[0]) <= 20


def test_reasons_that_read_the_same_count_together_the_most_frequent_first():
    rows = [
        {"kind": "failed", "reason": "tries_again: dns", "n": 3, "latest_at": NOW - timedelta(hours=2)},
        {"kind": "failed", "reason": "dns", "n": 4, "latest_at": NOW - timedelta(hours=1)},
        {"kind": "failed", "reason": "http_418", "n": 9, "latest_at": None},
        {"kind": "failed", "reason": None, "n": 1, "latest_at": None},
        {"kind": "poll", "reason": "x" * 500, "n": 2, "latest_at": NOW},
    ]
    poll, failed = seen(failures=rows).failures
    assert (failed.total, failed.page) == ("17", "")
    assert [(reason.words, reason.n) for reason in failed.reasons] == [
        ("it answers 418", "9"),
        ("its name is not known (DNS)", "7"),
        ("no reason was kept", "1"),
    ]
    assert failed.reasons[1].latest
    assert failed.reasons[1].latest.shown == "60 min ago"
    assert isinstance(failed.reasons[1].words, Said)
    assert poll.page == "/feeds"
    assert len(poll.reasons[0].words) <= 200


def test_of_very_many_reasons_the_rest_is_counted():
    rows = [
        {"kind": "held", "reason": f"reason {n}", "n": 1, "latest_at": NOW} for n in range(SHOWN_REASONS + 3)
    ]
    (held,) = seen(failures=rows).failures
    assert len(held.reasons) == SHOWN_REASONS
    assert held.more == "and 3 reasons more"


def test_a_desk_tells_what_waits_what_is_in_work_and_how_long_it_takes():
    view = seen(
        desks={"read": Queue(12, 3.0, 4000)},
        leases={"read": Lease(8, 2.5), "send": Lease(0, None)},
        p95={"read": 14.0},
    )
    facts = {str(word): (figure, hot) for word, figure, hot in view.desks[1].facts}
    assert facts == {
        "Waiting": ("12", False),
        "Oldest": ("3 s", False),
        "In work": ("8, for 2.5 s at most", False),
        "Articles read, last hour": ("4,000", False),
        "Seen to read, p95": ("14 s", False),
    }
    assert view.because == "12 wait in all, the oldest for 3 s at the read desk; 4 of 16 places are busy."


def test_one_thing_waits_and_many_wait():
    assert seen(desks={"read": Queue(1, 3.0)}).because.startswith("1 waits, for 3 s at the read desk;")
    assert seen().because == "Nothing waits at any desk; 4 of 16 places are busy."


def test_servers_and_tables_have_their_sizes():
    view = seen(tables=[{"name": "articles", "rows": 1_000_000, "bytes": 3_200_000_000, "vacuumed_at": None}])
    assert [str(what) for _, what in view.servers] == ["1.0", "PostgreSQL 18.4", "11 MB", "Valkey 9.1.2"]
    assert (view.tables[0].rows, view.tables[0].size, view.tables[0].share) == ("1,000,000", "3.2 GB", 1.0)
    silent = compose(QUIET, Machine(WEB, None))
    assert silent.servers[-1][1] == "does not answer"


@pytest.mark.parametrize(
    ("n", "shown"),
    [(0, "0 B"), (812, "812 B"), (8_120, "8.1 kB"), (81_200, "81 kB"), (2_500_000_000_000, "2.5 TB")],
)
def test_sizes_are_read_by_people(n, shown):
    assert size(n) == shown
