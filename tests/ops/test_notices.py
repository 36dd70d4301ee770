"""What the operator's channel hears: each trouble once, when it lasts; that it is over; and never too often."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from alerts.store.schema import deliveries
from ops.disks import GIB, Disk
from ops.fallen import Fallen
from ops.notices import APART, LASTING, Trouble, decide, in_words, with_ours
from ops.self_test import Round, SelfTest
from ops.store import notices
from ops.store.day import Lag
from ops.store.overview import Overview
from ops.watching import Watch, look
from worker.store.schema import feeds as feeds_table

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WELL = Overview(
    at=NOW,
    feeds={"ok": 900},
    desks={},
    seen_to_sent=Lag(None, None, 0),
    published_to_sent=Lag(None, None, 0),
    articles_24h=0,
    matched_24h=0,
    sent_24h=0,
    held=0,
    failed=0,
    in_doubt=0,
    circuits={},
    tick_age_s=0.5,
)


def circuit(name: str = "desk", since: datetime = NOW, **facts: object) -> Trouble:
    return Trouble("circuit", f"channel:{name}", name, since, "no_service", **facts)  # type: ignore[arg-type]


def test_a_trouble_is_told_of_once_and_called_over_once():
    trouble = circuit(n=3)
    first = decide([trouble], {}, None, NOW)
    assert first is not None
    assert first.lines == (
        "desk lets nothing through: the Slack hook was removed; 3 messages held, none lost. "
        "`pantau channels list` shows it, `pantau doctor` helps.",
    )
    told = {trouble.key: first.lines[0]}
    assert decide([trouble], told, NOW, NOW + DAY) is None
    over = decide([], told, NOW, NOW + DAY)
    assert over is not None
    assert over.lines == (f"Over: {first.lines[0]}",)
    assert over.over == (trouble.key,)


def test_two_notices_are_minutes_apart_and_the_second_has_all_that_came_between():
    assert decide([circuit()], {}, NOW - APART + timedelta(seconds=1), NOW) is None
    both = decide([circuit(), circuit("mail")], {}, NOW - APART, NOW)
    assert both is not None
    assert len(both.lines) == 2


@pytest.mark.parametrize("kind", LASTING)
def test_what_may_mend_itself_is_given_the_time(kind):
    old = Trouble(kind, "1", "Kabar", NOW - LASTING[kind], "dns")
    assert decide([old], {}, None, NOW) is not None
    assert "_" not in in_words(old)


def test_a_feed_that_fails_since_yesterday_evening_may_be_back_by_itself():
    young = Trouble("failing", "1", "Kabar", NOW - timedelta(hours=23), "dns")
    assert decide([young], {}, None, NOW) is None


def test_a_storm_of_troubles_is_one_notice_that_can_be_read():
    found = decide([circuit(str(n)) for n in range(500)], {}, None, NOW)
    assert found is not None
    assert len(found.lines) == 41
    assert len(found.told) == 500


def test_feeds_that_fail_in_numbers_are_one_trouble_but_for_those_that_were_told_of():
    singles = [Trouble("failing", str(n), f"Feed {n}", NOW - DAY - DAY, "dns") for n in range(300)]
    fallen = Fallen(300, 900, NOW - timedelta(hours=1), "dns", 300, "x.example", 4)
    now = replace(WELL, at=NOW, fallen=fallen)
    found = with_ours(singles, now, {"failing:7": "The feed Feed 7 has failed"})
    assert [trouble.key for trouble in found] == ["failing:7", "fallen:"]
    due = decide(found, {"failing:7": "…"}, None, NOW)
    assert due is not None
    assert due.lines == (
        "300 of 900 feeds fail at once (300 of them alike: its name is not known (DNS)): is it our network, DNS or "
        "proxy? `pantau doctor` says what to do.",
    )
    assert with_ours(singles, replace(now, fallen=None), {}) == singles


def test_what_nothing_else_says_is_told_too():
    stays = Round(NOW - timedelta(minutes=6), 900.0, stopped_at="plan")
    disk = Disk("kapal", "/data", "read", 0, GIB)
    now = replace(WELL, at=NOW, self_test=SelfTest(stays), disks=(disk, replace(disk, worker="poll")))
    due = decide(with_ours([], now, {}), {}, None, NOW)
    assert due is not None
    assert due.told == ("self_test:", "disk:kapal /data (nearly full)")
    assert "the plan desk has not done its part" in due.lines[0]
    assert due.lines[1].startswith("The disk is nearly full: 0.0 GiB of 1 GiB free at /data on kapal.")


def test_a_disk_is_told_of_as_it_fills_and_over_when_it_has_room_to_spare():
    told: dict[str, str] = {}
    heard = []
    for free in (6.0, 4.9, 5.1, 4.9, 6.1, 0.9, 1.1, 0.8, 1.3, 5.5, 6.3):
        now = replace(WELL, at=NOW, disks=(Disk("kapal", "/data", "read", int(free * GIB), 100 * GIB),))
        if due := decide(with_ours([], now, told), told, None, NOW):
            heard.append((free, due.told, due.over))
            told = dict.fromkeys({*told, *due.told} - {*due.over}, "…")
    scarce, full = "disk:kapal /data", "disk:kapal /data (nearly full)"
    assert heard == [(4.9, (scarce,), ()), (0.9, (full,), ()), (1.3, (), (full,)), (6.3, (), (scarce,))]


names = st.sampled_from("abcdef")


@given(st.lists(st.sets(names), max_size=30))
def test_whatever_comes_and_goes_each_spell_is_told_once_and_ended_once(spells):
    told: dict[str, str] = {}
    now, last = NOW, None
    for present in spells:
        now += APART
        due = decide([circuit(name) for name in sorted(present)], told, last, now)
        keys = {circuit(name).key for name in present}
        assert set(due.told if due else ()) == keys - set(told)
        assert set(due.over if due else ()) == set(told) - keys
        if due:
            last = now
            told = dict.fromkeys(keys, "x")


@pytest.mark.servers
def test_the_operator_hears_by_the_ledger_and_not_of_the_own_channel(kit, rows, database):
    own, desk = rows.channel(name="ops"), rows.channel(name="desk")
    with database.begin() as connection:
        for channel in (own, desk):
            connection.execute(
                text("INSERT INTO circuits (name, reason, probe_at) VALUES (:name, 'no_service', now())"),
                {"name": f"channel:{channel}"},
            )
    feed = rows.feed(name="Kabar", next_poll_at=NOW)
    with database.begin() as connection:
        connection.execute(update(feeds_table).where(feeds_table.c.id == feed).values(state="gone"))
    watch = Watch(operator_channel="ops")
    look(kit, watch)
    look(kit, watch)  # somebody has just looked
    with database.connect() as connection:
        (made,) = connection.execute(select(deliveries)).all()
        told = notices.told_of(connection)
    assert (made.channel_id, made.kind, made.subscription_id) == (own, "notice", None)
    assert sorted(line.split(":")[0].split(" is ")[0] for line in made.notice) == [
        "The feed Kabar",
        "desk lets nothing through",
    ]
    assert set(told) == {f"circuit:channel:{desk}", f"gone:{feed}"}


@pytest.mark.servers
def test_a_channel_that_is_not_there_hurts_nobody(kit, database):
    look(kit, Watch(operator_channel="nobody"))
    with database.connect() as connection:
        assert connection.execute(select(deliveries)).all() == []
