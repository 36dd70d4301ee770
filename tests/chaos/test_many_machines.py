"""Three sets of workers on one PostgreSQL and one Valkey, as on three machines, fault after fault.

A machine that is suspended, or cut off, keeps what it has claimed and does not know that time has passed. The others
must take its work over, and what it does when it wakes up must not count. The tests of this file are steps of one
siege, in their order.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from sqlalchemy import make_url, text

from ops.places import SOCKET_NAME, Urls
from tests.chaos.sets import HesitantSlack, WorkerSet, worker_sets
from tests.chaos.siege import OUTLETS, Siege, under_siege
from tests.conftest import KEY
from tests.journeys.conftest import wait_for, worlds
from worker.app import QUEUES
from worker.secrets import Secret
from worker.store.engine import open_engine

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]

NOTICED_S = 60
"""Servers that have vanished are given up after 25 s; the rest is for a machine that is busy."""

BROKER = 7  # a number among Valkey's databases that no other test uses


@pytest.fixture(scope="module")
def broker(urls: Urls) -> Iterator[redis.Redis]:
    """A way to the broker that no wire is in."""
    with redis.Redis(unix_socket_path=urls.redis.partition("://")[2], db=BROKER) as connection:
        connection.flushdb()
        yield connection
        connection.flushdb()


@pytest.fixture(scope="module")
def sieged(
    urls: Urls,
    new_database: Callable[..., Secret],
    template: str,
    at_length: bool,
    broker: redis.Redis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Siege, list[WorkerSet]]]:
    """Three sets and what they watch."""
    url = new_database("pantau_chaos", template)
    run = Path(str(make_url(urls.database).query["host"]))
    place = tmp_path_factory.mktemp("sets")
    more = {"PANTAU_SECRET_KEY": KEY}

    def behind(each: WorkerSet) -> dict[str, str]:
        return {
            **siege.world.machine.environ,
            "PANTAU_DATABASE_URL": f"postgresql://pantau@{each.database.host}:{each.database.port}/pantau_chaos",
            "PANTAU_REDIS_URL": f"redis://{each.broker.host}:{each.broker.port}/{BROKER}",
        }

    with (
        worlds() as make,
        under_siege(
            make,
            lambda _: open_engine(url, pooled=False),
            count=1200,
            patient=at_length,
            slack=HesitantSlack,
            more=more,
        ) as siege,
    ):
        machine = siege.world.machine
        machine.environ |= {
            "PANTAU_DATABASE_URL": url.reveal(),
            "PANTAU_REDIS_URL": f"unix://{urls.redis.partition('://')[2]}?db={BROKER}",
        }
        machine.run("migrate", "--watchlist", str(machine.watchlist))
        sockets = str(run / SOCKET_NAME), urls.redis.partition("://")[2]
        told = (siege.world.site, siege.world.hook, machine.environ["PANTAU_SMTP_URL"])
        ports = tuple(port for each in told if (port := urlsplit(each).port))
        with worker_sets(("first", "second", "third"), place, *sockets, behind, ports) as sets:
            wait_for(
                lambda: all("worker_ready" in s.log(part) for s in sets for part in ("reads", "tells")),
                120,
                "all sets are there",
            )
            siege.press.start()
            yield siege, sets


@pytest.fixture
def siege(sieged: tuple[Siege, list[WorkerSet]]) -> Siege:
    return sieged[0]


@pytest.fixture
def sets(sieged: tuple[Siege, list[WorkerSet]]) -> list[WorkerSet]:
    return sieged[1]


SENDING = """
    SELECT count(*) FROM deliveries d JOIN channels c ON c.id = d.channel_id
    WHERE d.state = 'sending' AND d.lease_until > clock_timestamp() AND c.kind LIKE 'slack%'
      AND EXISTS (SELECT FROM attempts a WHERE a.delivery_id = d.id AND a.ended_at IS NULL)
"""


def time_passes(siege: Siege) -> None:
    """What PostgreSQL and the leases do of themselves when whoever holds something has stood still for a minute."""
    if siege.patient:
        time.sleep(70)
        return
    time.sleep(1.0)
    with siege.engine.begin() as connection:
        connection.execute(
            text("""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND state LIKE 'idle in transaction%'
                      AND state_change < clock_timestamp() - interval '0.9 s'""")
        )
    siege.leases_end()


def listening(broker: redis.Redis) -> int:
    """How many workers wait for a message at this moment: two of each set, where none is busy."""
    return sum(each["cmd"] == "brpop" and each["db"] == str(BROKER) for each in broker.client_list())


def test_three_sets_and_three_beats_do_the_work_of_one(siege: Siege) -> None:
    began, before = time.monotonic(), siege.world.newsroom.requests
    siege.news_flows("the start of three sets")
    asked = siege.world.newsroom.requests - before
    for outlet in OUTLETS:  # each is to be polled every five seconds, give or take a tenth
        assert asked[outlet.feed_path] <= (time.monotonic() - began) / 4.4 + 2


def test_a_set_that_stood_still_is_replaced_and_its_late_work_does_not_count(
    siege: Siege, sets: list[WorkerSet]
) -> None:
    slack: Any = siege.ears.slack
    first, *others = sets
    with ExitStack() as stack:
        for each in others:
            stack.enter_context(each.standing_still())
        time_passes(siege)
        with slack.hesitating():
            # What the others had asked before they stood still may be heard only now, and is not meant.
            wait_for(
                lambda: slack.asked.is_set() and siege.one(SENDING) > 0,
                180,
                "the first set is in the middle of a message",
            )
            first.signal(signal.SIGSTOP)
    time_passes(siege)
    siege.news_flows("two sets took over from one that stands still")
    first.signal(signal.SIGCONT)
    wait_for(lambda: "lease_lost" in first.log("tells"), 180, "what the first learns late does not count")
    siege.news_flows("it works again")


def test_a_set_that_is_cut_off_is_replaced_and_comes_back(siege: Siege, sets: list[WorkerSet]) -> None:
    last = sets[2]
    with last.cut_off():
        before = last.network.connections() if last.network else set()
        time_passes(siege)
        siege.news_flows("two sets took over from one that is cut off")
        begun = len(last.log("tells"))
        if last.network:  # nobody tells it: it has to find out, and let go of what leads nowhere
            assert before
            wait_for(
                lambda: not before & last.network.connections(), NOTICED_S, "it knows that it is cut off"
            )
    alone = sets[0], sets[1]
    with ExitStack() as stack:  # and does the work by itself, in the same processes
        for each in alone:
            stack.enter_context(each.standing_still())
        time_passes(siege)
        siege.news_flows("the one that was cut off works alone")
    assert last.alive()
    assert len(last.log("tells")) > begun


def test_clocks_that_jump_by_an_hour_and_differ_by_two_change_nothing(
    siege: Siege, sets: list[WorkerSet]
) -> None:
    first, second, third = sets
    if first.shim is None:
        pytest.skip("no C compiler, or not Linux: no process can have a clock of its own")
    with third.standing_still():  # whose clock is right
        first.clock("-3600")
        second.clock("+3600")
        time_passes(siege)
        before, began = siege.world.newsroom.requests, time.monotonic()
        siege.news_flows("clocks two hours apart")
        asked = siege.world.newsroom.requests - before
        for outlet in OUTLETS:
            assert asked[outlet.feed_path] <= (time.monotonic() - began) / 4.4 + 2
        first.clock("+3600")
        second.clock("-3600")
        siege.news_flows("clocks that have jumped by two hours")
    late = siege.one("SELECT max(due_at) - clock_timestamp() < interval '5 min' FROM deliveries")
    assert late is not False
    for each in sets:
        each.clock("+0")


@pytest.mark.parametrize("server", ["database", "broker"])
def test_a_server_that_is_away_for_a_while_is_awaited(
    siege: Siege, sets: list[WorkerSet], broker: redis.Redis, at_length: bool, server: str
) -> None:
    away_s = {"database": 300, "broker": 600}[server] if at_length else 6
    before = [process.pid for each in sets for process in each.processes.values()]
    asked = siege.world.newsroom.requests
    with ExitStack() as stack:
        for each in sets:
            stack.enter_context(getattr(each, server).cut())
        time.sleep(away_s)
    time_passes(siege)
    siege.news_flows(f"the return of the {server}")
    # one that hears would be enough for the news, and hide that the others are deaf
    wait_for(lambda: listening(broker) == 2 * len(sets), 60, "every worker listens again")
    assert all(each.alive() for each in sets)
    assert before == [process.pid for each in sets for process in each.processes.values()]
    asked = siege.world.newsroom.requests - asked
    assert max(asked[outlet.feed_path] for outlet in OUTLETS) <= (away_s + 60) / 4.4 + 20  # no stampede


def test_old_and_new_workers_bear_each_others_messages_while_one_after_the_other_is_replaced(
    siege: Siege, sets: list[WorkerSet], broker: redis.Redis
) -> None:
    first = sets[0]
    shape = {"content-encoding": "utf-8", "content-type": "application/json", "properties": {}}
    delivery = {
        "delivery_tag": "x",
        "delivery_info": {"exchange": "", "routing_key": "x"},
        "body_encoding": "base64",
    }
    for queue in QUEUES:
        for n, headers in enumerate(
            (
                {"lang": "py", "task": "a_desk_of_tomorrow", "id": "x1", "argsrepr": "()"},
                {"lang": "py", "task": queue, "id": "x2", "version": 9, "words": {"new": True}},
                {"message": "of a protocol that nobody speaks yet"},
            )
        ):
            properties = {
                **delivery,
                "delivery_tag": f"{queue}-{n}",
                "correlation_id": f"x{n}",
                "priority": 0,
            }
            said = {**shape, "headers": headers, "properties": properties, "body": "W1tdLHt9LHt9XQ=="}
            broker.lpush(f"pantau:{queue}", json.dumps(said))
    first.stop()
    first.wait()
    assert [process.returncode for process in first.processes.values()] == [0, 0, 0]
    siege.news_flows("messages of tomorrow")
    assert all(each.alive() for each in sets[1:])
    wait_for(lambda: all(broker.llen(f"pantau:{queue}") < 20 for queue in QUEUES), 60, "they stop no queue")


def test_nothing_was_lost_and_nothing_told_twice_unsaid(siege: Siege) -> None:
    assert siege.proof().possible_repeats <= 12
