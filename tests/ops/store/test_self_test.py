"""The self-test through the real desks: it comes through, leaves nothing, and is nobody's news."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.desks.plan import plan
from alerts.desks.send import Outbox, send
from ops.self_test import age_s, took_s, trouble
from ops.self_testing import SelfTesting
from ops.store import declared, happened, listing, programs, stream, watched
from ops.store import self_test as store
from ops.store.audit import audit
from ops.store.overview import feed_list, latest_alerts, overview
from ops.store.pages import articles, live, stories
from ops.store.pages.overview import busiest_channels, panels
from ops.store.ticking import desks_with_work
from worker import self_test
from worker.desks.poll import poll
from worker.desks.read import read
from worker.http import Web
from worker.kit import Kit

EVERY_S = 60.0
MOVING = (
    "entries",
    "articles",
    "matches",
    "alerts",
    "deliveries",
    "delivery_articles",
    "attempts",
    "stories",
)
STANDING = ("feeds", "topics", "channels", "subscriptions", "self_tests")


@pytest.fixture
def kit(kit: Kit) -> Kit:
    """Tools with a door that leads nowhere but to the self-test."""
    return replace(kit, web=Web(own={self_test.HOST: self_test.answer}))


@pytest.fixture
def testing() -> SelfTesting:
    return SelfTesting(EVERY_S)


def tick(testing: SelfTesting, kit: Kit) -> None:
    testing.look_at = None
    testing.go_on(kit)


def ago(rows, time: str) -> None:
    """All rounds were published so much earlier."""
    rows.change("UPDATE self_tests SET published_at = published_at - CAST(:time AS interval)", time=time)


DESKS = ("poll", "read", "plan", "send")


def work(kit: Kit, *desks: str) -> None:
    async def run() -> None:
        for desk in desks:
            match desk:
                case "poll":
                    await poll(kit, 0.2)
                case "read":
                    await read(kit, 0.2)
                case "plan":
                    plan(kit)
                case "send":
                    await send(Outbox(kit, None), 0.2)
        await kit.web.close()

    asyncio.run(run())


def counts(rows, tables) -> dict[str, int]:
    return {table: rows.one(f"SELECT count(*) FROM {table}") for table in tables}


def standing(kit: Kit):
    with kit.engine.connect() as connection:
        return store.standing(connection, kit.clock())


def test_it_comes_through_desk_by_desk_and_leaves_nothing(kit, testing, rows):
    rows.subscription(["everything"], ["desk"], name="all")
    rows.topic("everything", "bird OR lamp OR self-test")
    rows.channel()
    testing.go_on(kit)
    for done, desk in enumerate(DESKS):
        assert standing(kit).newest.stopped_at == desk
        with kit.engine.connect() as connection:
            assert desk in desks_with_work(connection), f"nobody would ring {desk}"
        work(kit, desk)
        with kit.engine.connect() as connection:
            assert audit(connection).sound
        assert done == 3 or standing(kit).newest.ended_at is None
    assert standing(kit).newest.stopped_at is None
    assert rows.all("SELECT topic_id FROM matches") == [(-1,)]
    tick(testing, kit)
    assert counts(rows, MOVING) == dict.fromkeys(MOVING, 0)
    assert rows.all("SELECT site FROM blocks") == []
    test = standing(kit)
    assert test.newest == test.through
    assert age_s(test, kit.clock()) < 600
    assert list(took_s(test.through)) == list(DESKS)
    assert trouble(test, kit.clock()) is None


def test_rounds_follow_one_another_and_no_gap_is_seen_between_them(kit, rows):
    at_once = SelfTesting(0.001)
    for _ in range(3):
        tick(at_once, kit)
        work(kit, *DESKS)
    tick(at_once, kit)
    through = rows.all("SELECT sent_at IS NOT NULL FROM self_tests ORDER BY published_at")
    assert through == [(True,), (True,), (True,), (False,)]
    assert rows.all("SELECT state FROM gaps") == []
    assert rows.one("SELECT failures FROM feeds") == 0


def test_the_next_round_comes_a_period_after_the_last(kit, testing, rows):
    tick(testing, kit)
    work(kit, *DESKS)
    tick(testing, kit)
    tick(testing, kit)
    assert rows.one("SELECT count(*) FROM self_tests") == 1
    ago(rows, "61 s")
    tick(testing, kit)
    assert rows.one("SELECT count(*) FROM self_tests") == 2


@pytest.mark.parametrize(
    ("done", "step"), list(zip(((), *(DESKS[:n] for n in (1, 2, 3))), DESKS, strict=True))
)
def test_where_it_stays_is_named_once_it_takes_too_long(kit, testing, clock, done, step):
    testing.go_on(kit)
    work(kit, *done)
    assert trouble(standing(kit), kit.clock()) is None
    clock.ahead += timedelta(seconds=301)
    stopped = trouble(standing(kit), kit.clock())
    assert stopped is not None
    assert stopped.step == step


def test_one_that_stays_away_makes_room_for_the_next_after_an_hour(kit, testing, rows):
    testing.go_on(kit)
    work(kit, "poll")
    ago(rows, "2 h")
    tick(testing, kit)
    assert rows.all("SELECT stopped_at, ended_at IS NULL FROM self_tests ORDER BY published_at") == [
        ("read", False),
        (None, True),
    ]
    assert rows.one("SELECT count(*) FROM entries") == 0
    work(kit, *DESKS)
    tick(testing, kit)
    assert standing(kit).newest.sent_at is not None


def test_whoever_silences_everything_still_hears_of_his_own_deafness(kit, testing, rows):
    rows.change(
        "INSERT INTO silences (scope, from_at, until_at, made_by) "
        "VALUES ('everything', now() - interval '1 day', now() + interval '1 day', 'me')"
    )
    testing.go_on(kit)
    work(kit, *DESKS)
    assert standing(kit).newest.stopped_at is None


def test_switched_off_nothing_of_it_exists(kit, testing, rows):
    testing.go_on(kit)
    work(kit, *DESKS[:2])
    SelfTesting(None).go_on(kit)
    every = (*MOVING, *STANDING, "entry_keys", "hosts", "habits")
    assert counts(rows, every) == dict.fromkeys(every, 0)
    assert standing(kit) is None


def test_a_process_that_never_had_it_makes_nothing(kit, rows):
    off = SelfTesting(None)
    off.go_on(kit)
    assert off.removed
    assert counts(rows, STANDING) == dict.fromkeys(STANDING, 0)


def test_two_processes_publish_one(kit, rows):
    SelfTesting(EVERY_S).go_on(kit)
    SelfTesting(EVERY_S).go_on(kit)
    assert rows.one("SELECT count(*) FROM self_tests") == 1


def test_the_overview_knows_nothing_of_its_rows(kit, testing):
    testing.go_on(kit)
    work(kit, *DESKS)
    tick(testing, kit)
    with kit.engine.connect() as connection:
        now = overview(connection)
    assert now.feeds == {}
    assert now.articles_24h == now.matched_24h == now.sent_24h == now.desks["poll"].done_1h == 0
    assert now.self_test is not None


def test_people_and_programs_are_shown_nothing_of_it_while_it_is_under_way(kit, testing, rows):
    testing.go_on(kit)
    work(kit, *DESKS)
    assert counts(rows, MOVING) == dict.fromkeys(MOVING, 1), "or this test looks at nothing"
    with kit.engine.connect() as connection:
        shown = {
            "live": live.stream(connection, live.Sieve(), 50).rows,
            "live, matched": live.stream(connection, live.Sieve(matched=True), 50).rows,
            "articles": articles.find(connection, articles.Sought()).rows,
            "articles, matched": articles.find(connection, articles.Sought(show="matched")).rows,
            "articles, searched": articles.find(connection, articles.Sought(words=self_test.WORD)).rows,
            "stories": stories.find(connection, stories.Sought()).rows,
            "deliveries": listing.list_deliveries(connection, listing.Wanted()),
            "names": [name for noun in ("channel", "topic") for name in listing.names_ever(connection, noun)],
            "overview, alerts": latest_alerts(connection),
            "overview, topics": panels(connection, 5).topics,
            "overview, channels": busiest_channels(connection, 5),
            "feeds": feed_list(connection),
            "topics": watched.topic_list(connection),
            "channels": watched.channel_list(connection),
            "backtest": list(watched.articles_of_last(connection, 3600)),
            "API, articles": programs.look(
                connection, programs.Place(), 50, since=datetime(2020, 1, 1, tzinfo=UTC)
            ),
            "API, stories": programs.stories(connection, programs.NEWEST, 50, None),
            "API, channels": programs.channels(connection, programs.NEWEST, 50),
            "API, subscriptions": programs.subscriptions(connection, programs.NEWEST, 50),
            **{f"API, {kind}": happened.look(connection, kind, 0, ()) for kind in happened.KINDS},
            "export": declared.Shelf(connection, kit.keys).watched_feeds(),
        }
        seen = stream.look(
            connection, dict.fromkeys(("articles", "alerts", "deliveries", "attempts"), 0), 60.0
        )
    assert {where: list(found) for where, found in shown.items() if found} == {}
    assert (seen.articles, seen.alerts, seen.deliveries, seen.ended) == ([], [], [], [])
