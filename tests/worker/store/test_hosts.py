"""One row per site: whoever asks it keeps its pace together with all others."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from worker.hosts import Host
from worker.pace import NoTurn, Pace
from worker.store import feeds, hosts, spread
from worker.turns import SharedTurns
from worker.wire import site_of

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
SITE = "news.example:443"


def ahead(seconds):
    return datetime.now(UTC) + timedelta(seconds=seconds)


@pytest.fixture
def claim(database):
    def some(limit=50):
        with database.begin() as connection:
            return feeds.claim_due(connection, limit)

    return some


def host(rows, site=SITE, **facts):
    names, values = ", ".join(["site", *facts]), ", ".join([":site", *(f":{name}" for name in facts)])
    rows.change(f"INSERT INTO hosts ({names}) VALUES ({values})", site=site, **facts)


ADDRESSES = [
    "http://a.example/rss",
    "https://A.example",
    "https://a.example:8443/x?y",
    "http://a.example?x=http://b.example:1/",
    "http://[2001:DB8::1]:8080/x",
    "http://[::1]/x",
    "https://a.example:/x",
    "HTTPS://a.example#f",
    "https://bücher.example/x:80",
    "http://a.example/@b.example:99/",
]


def test_the_database_and_the_workers_call_a_site_by_the_same_name(rows):
    for address in ADDRESSES:
        rows.feed(url=address)
    rows.feed(url="https://site.example", found_url="http://feeds.example:81/rss")
    assert rows.all("SELECT site FROM feeds ORDER BY id") == [
        *((site_of(address),) for address in ADDRESSES),
        ("feeds.example:81",),
    ]


def test_feeds_are_claimed_with_a_turn_at_their_site_and_no_more_than_it_bears(rows, claim):
    for n in range(30):
        rows.feed(url=f"https://news.example/{n}")
    claimed = claim()
    assert len(claimed) == 2
    assert {feed.turn.site for feed in claimed} == {SITE}
    assert claim() == [], "both connections are taken"
    rows.change("UPDATE hosts SET leases = '{}', open_at = 'epoch'")
    assert len(claim()) == 2


def test_one_site_with_hundreds_of_feeds_holds_up_nobody(rows, claim):
    for n in range(200):
        rows.feed(url=f"https://news.example/{n}", next_poll_at=NOW - timedelta(hours=1))
    others = {rows.feed() for _ in range(40)}
    first, second = claim(40), claim(40)
    assert others <= {feed.id for feed in first + second}
    assert len(first + second) == 42


def test_a_site_that_is_left_alone_is_not_claimed_before_its_time(rows, claim):
    rows.feed(url="https://news.example/rss")
    host(rows, paused_until=ahead(60), open_at=ahead(60), paused_why="it answered 429")
    assert claim() == []
    rows.change("UPDATE hosts SET paused_until = now() - interval '1 s', open_at = now() - interval '1 s'")
    assert len(claim()) == 1


def test_the_gentlest_pace_that_users_set_for_a_sites_feeds_counts_for_all_of_them(database, rows):
    rows.feed(url="https://news.example/1", pace={"connections": 5, "per_second": 9.0})
    rows.feed(url="https://news.example/2", pace={"connections": 3, "burst": 7})
    rows.feed(url="https://news.example/3")
    rows.feed(url="https://news.example/4", pace={"connections": 1}, removed_at=NOW)
    rows.feed(url="https://other.example/1")
    with database.begin() as connection:
        hosts.meet(connection, {SITE, "other.example:443"})
        found = hosts.lock(connection, {SITE, "other.example:443"}).hosts
    assert found[SITE].pace == Pace(3, 9.0, 7)
    assert found["other.example:443"].pace == Pace()


def test_a_row_comes_back_as_it_was_saved(database):
    full = Host(
        SITE,
        due_at=ahead(1),
        leases=(ahead(5), ahead(7)),
        paused_until=ahead(9),
        paused_why='it said "no", \\ and {more}',
        ok_at=ahead(-5),
        refusals=3,
    )
    with database.begin() as connection:
        hosts.meet(connection, {SITE})
        hosts.save(connection, [full], datetime.now(UTC))
        sites = hosts.lock(connection, {SITE, "unknown.example:80"})
    assert sites.hosts == {SITE: full}
    assert abs((sites.now - datetime.now(UTC)).total_seconds()) < 5


def test_a_crawl_delay_is_kept_for_the_site_and_can_be_taken_back(database):
    for seconds, kept in ((5.0, 5.0), (1e9, 60.0), (None, None), (0, None)):
        with database.begin() as connection:
            hosts.slow_down(connection, SITE, seconds)
            assert hosts.lock(connection, {SITE}).hosts[SITE].delay_s == kept


def test_sites_that_cool_are_told_with_their_reason_and_their_feeds(database, rows):
    rows.feed(url="https://news.example/1"), rows.feed(url="https://news.example/2")
    until = ahead(300)
    host(rows, paused_until=until, paused_why="it answered 429")
    host(rows, site="fine.example:443")
    with database.connect() as connection:
        assert hosts.cooling(connection) == [
            {"site": SITE, "until": until, "why": "it answered 429", "feeds": 2}
        ]


# Takes and gives back turns at one site as fast as it can, and prints what it got.
HAMMER = """
import random, sys, time
from worker.hosts import give_back, take
from worker.secrets import Secret
from worker.store import hosts
from worker.store.engine import open_engine

engine, dice = open_engine(Secret(sys.argv[1]), pool_size=1), random.Random(sys.argv[2])
until = time.monotonic() + 3
while time.monotonic() < until:
    with engine.begin() as connection:
        sites = hosts.lock(connection, {"news.example:443"})
        turns, host = take(sites.hosts["news.example:443"], sites.now, dice.randint(1, 3), 0.2)
        hosts.save(connection, [host], sites.now)
    for turn in turns:
        time.sleep(dice.random() / 50)
        with engine.begin() as connection:
            sites_then = hosts.lock(connection, {turn.site})
            host = give_back(sites_then.hosts[turn.site], turn.until)
            hosts.save(connection, [host], sites_then.now)
        ended = min(turn.until, sites_then.now)
        print(sites.now.timestamp(), ended.timestamp())
"""


def test_two_processes_that_hammer_a_site_never_exceed_its_pace_together(database, database_url, rows):
    rows.feed(url="https://news.example/1", pace={"connections": 3, "per_second": 40.0, "burst": 5})
    with database.begin() as connection:
        hosts.meet(connection, {SITE})
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", HAMMER, database_url.reveal(), seed],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        for seed in "ab"
    ]
    told = [worker.communicate(timeout=60)[0].splitlines() for worker in workers]
    assert all(len(lines) > 10 for lines in told), "both had turns"
    found = sorted(tuple(map(float, line.split())) for lines in told for line in lines)
    for nth, (began, _) in enumerate(found):
        for count, (now, _) in enumerate(found[nth:], start=1):
            assert count <= 5 + 40 * (now - began) + 1e-3
        assert sum(start <= began < end for start, end in found) <= 3


@pytest.fixture
def shared(database):
    """Turns of two processes: each has books of its own."""
    both = SharedTurns(database), SharedTurns(database)
    yield both
    for turns in both:
        turns.close()


class Newsroom:
    """Counts who asks it at once, and when."""

    def __init__(self):
        self.now, self.most, self.asked = 0, 0, []

    async def ask(self, turns, seconds=0.01):
        async with turns.turn(SITE, 20):
            self.now += 1
            self.most = max(self.most, self.now)
            self.asked.append(time.monotonic())
            await asyncio.sleep(seconds)
            self.now -= 1


def test_two_workers_that_ask_one_site_side_by_side_share_its_connections_and_its_rate(shared, rows):
    rows.feed(url="https://news.example/1", pace={"connections": 2, "per_second": 50.0, "burst": 5})
    room = Newsroom()

    async def test():
        await asyncio.gather(*(room.ask(shared[n % 2]) for n in range(40)))

    asyncio.run(test())
    assert room.most == 2
    assert len(room.asked) == 40
    spans = [last - first for first, last in zip(room.asked, room.asked[10:], strict=False)]
    assert min(spans) > (10 - 5) / 50 * 0.8  # eleven requests are a burst of five and six at the even pace


def test_turns_are_given_back_when_all_is_done_even_though_the_loop_is_gone(shared, rows):
    room = Newsroom()

    async def test():
        await asyncio.gather(*(room.ask(shared[0]) for _ in range(6)))

    asyncio.run(test())
    shared[0].close()
    assert rows.one("SELECT cardinality(leases) FROM hosts") == 0


def test_a_site_that_is_left_alone_for_long_is_said_at_once_and_an_answer_makes_it_so_for_all(shared, rows):
    async def test():
        async with shared[0].turn(SITE, 20):
            shared[0].heard(SITE, 429, "900")
        shared[0].close()
        with pytest.raises(NoTurn, match=r"left alone until .* 429"):
            async with shared[1].turn(SITE, 20):
                pass

    asyncio.run(test())


def test_who_gives_up_waiting_leaves_no_connection_taken(shared, rows):
    async def test():
        async with shared[0].turn(SITE, 20), shared[0].turn(SITE, 20):
            for turns in shared:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.1), turns.turn(SITE, 20):
                        pass
        async with asyncio.timeout(5), shared[1].turn(SITE, 20):
            pass

    asyncio.run(test())
    for turns in shared:
        turns.close()
    assert rows.one("SELECT cardinality(leases) FROM hosts") == 0


def test_a_database_that_is_away_costs_a_wait_and_not_the_clerk(shared, rows):
    async def test():
        rows.change("ALTER TABLE hosts RENAME TO away")
        waiting = asyncio.ensure_future(Newsroom().ask(shared[0]))
        await asyncio.sleep(0.3)
        rows.change("ALTER TABLE away RENAME TO hosts")
        await asyncio.wait_for(waiting, 10)

    asyncio.run(test())


def due(rows):
    return [
        round(s)
        for (s,) in rows.all("SELECT extract(epoch FROM next_poll_at - now())::float FROM feeds ORDER BY id")
    ]


def test_after_a_stop_overdue_feeds_are_spread_the_latest_first(database, rows):
    for n in range(200):
        rows.feed(next_poll_at=NOW - timedelta(minutes=30 + n), last_polled_at=NOW - timedelta(minutes=29))
    soon = rows.feed(next_poll_at=ahead(-5), every_s=5)
    with database.begin() as connection:
        assert spread.spread_after_stop(connection) == 200
        assert spread.spread_after_stop(connection) == 0
    *late, last = due(rows)
    assert late == sorted(late, reverse=True)
    assert (min(late), max(late)) == (0, 4)
    assert last < 0, f"feed {soon} fell due a moment ago"


@pytest.mark.parametrize("why", ["few", "running"])
def test_feeds_are_not_spread_without_need(database, rows, why):
    for _ in range(50 if why == "few" else 150):
        rows.feed(next_poll_at=NOW - timedelta(hours=1))
    if why == "running":
        rows.feed(next_poll_at=ahead(3600), last_polled_at=ahead(-1))
    with database.begin() as connection:
        assert spread.spread_after_stop(connection) == 0


def test_no_feed_is_spread_by_more_than_its_own_interval(database, rows):
    for n in range(300):
        rows.feed(
            next_poll_at=NOW - timedelta(hours=1), every_s=2.0 if n % 2 else None, rhythm={"interval_s": 600}
        )
    with database.begin() as connection:
        assert spread.spread_after_stop(connection) == 300
    times = due(rows)
    assert max(times[1::2]) <= 2
    assert max(times[0::2]) > 4
