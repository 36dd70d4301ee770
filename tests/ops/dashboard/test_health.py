"""Readiness tells each part by itself, and always answers."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
import redis
from kombu import Connection
from sqlalchemy import Engine, text

from ops import migrations
from ops.health import Checks, Part, Probe, _as_redis, deliveries_part, tick_part
from ops.places import Urls
from worker.app import configure
from worker.secrets import Secret

PARTS = ["broker", "database", "deliveries", "migrations", "tick"]


def look(visitor: Any) -> tuple[int, dict[str, Any]]:
    answer = visitor.get("/readyz")
    return answer.status, json.loads(answer.text)


def set_revision(engine: Engine, revision: str | None) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        if revision:
            connection.execute(text("INSERT INTO alembic_version VALUES (:r)"), {"r": revision})


def ready_parts(told: dict[str, Any]) -> set[str]:
    return {name for name, part in told["parts"].items() if part["ready"]}


@pytest.mark.parametrize(
    ("age_s", "ready"), [(None, False), (0.4, True), (14.9, True), (15.1, False), (-3.0, True)]
)
def test_the_beat_is_ready_while_it_ticks(age_s: float | None, ready: bool) -> None:
    assert tick_part(age_s).ready is ready


@pytest.mark.parametrize(("overdue_s", "ready"), [(None, True), (299.0, True), (301.0, False)])
def test_deliveries_are_ready_while_none_is_long_overdue(overdue_s: float | None, ready: bool) -> None:
    assert deliveries_part(overdue_s).ready is ready


def test_a_probe_that_hangs_is_not_sent_twice() -> None:
    asked: list[int] = []
    may_go = threading.Event()

    def hang() -> dict[str, Part]:
        asked.append(1)
        may_go.wait(60)
        return {"broker": Part(True, "answers")}

    async def three_looks() -> list[bool]:
        hanging = Checks((Probe("broker", hang, 1.0, {"broker": Part(False, "does not answer")}),))
        looks = [(await hanging.look()).ready for _ in range(2)]
        may_go.set()
        await asyncio.to_thread(may_go.wait)
        return [*looks, (await hanging.look()).ready]

    assert asyncio.run(three_looks()) == [False, False, True]
    assert len(asked) <= 2


def test_a_probe_that_fails_in_an_unforeseen_way_is_not_ready() -> None:
    def fail() -> dict[str, Part]:
        raise ZeroDivisionError

    silence = {"broker": Part(False, "does not answer")}
    found = asyncio.run(Checks((Probe("broker", fail, 5, silence),)).look())
    assert found.as_json() == {
        "ready": False,
        "parts": {"broker": {"ready": False, "detail": "does not answer"}},
    }


def test_the_process_is_alive_when_everything_else_is_down(make_site: Callable[..., Any]) -> None:
    answer = make_site().visitor().get("/healthz")
    assert (answer.status, answer.text) == (200, "ok")


def test_nothing_is_ready_when_everything_is_down(make_site: Callable[..., Any]) -> None:
    status, told = look(make_site(redis=Secret("redis://127.0.0.1:9")).visitor())
    assert status == 503
    assert not told["ready"]
    assert sorted(told["parts"]) == PARTS
    assert ready_parts(told) == set()


def test_the_broker_that_is_looked_at_is_the_one_that_the_workers_use(urls: Urls) -> None:
    celery = configure(Secret(f"unix://{urls.redis.partition('://')[2]}?db=9")).conf.broker_url
    with Connection(celery) as used, redis.Redis.from_url(_as_redis(Secret(celery))) as looked_at:
        used.default_channel.client.set("seen by both", "yes")
        assert looked_at.getdel("seen by both") == b"yes"
        assert looked_at.connection_pool.connection_kwargs["db"] == 9


def test_a_broker_that_is_not_named_is_said_to_be_missing(make_site: Callable[..., Any]) -> None:
    _, told = look(make_site().visitor())
    assert "PANTAU_REDIS_URL" in told["parts"]["broker"]["detail"]


def test_strangers_learn_no_address_and_no_version(make_site: Callable[..., Any]) -> None:
    answer = make_site(redis=Secret("redis://:secret@127.0.0.1:9")).visitor().get("/readyz")
    assert not any(word in answer.text for word in ("127.0.0.1", "nobody", "secret", "7.8.9", "psycopg"))


def test_servers_that_take_the_call_and_say_nothing_do_not_keep_us_waiting(
    make_site: Callable[..., Any], silent_server: int
) -> None:
    site = make_site(
        Secret(f"postgresql://x@127.0.0.1:{silent_server}/x"), Secret(f"redis://127.0.0.1:{silent_server}")
    )
    status, told = look(site.visitor())
    assert (status, ready_parts(told)) == (503, set())


@pytest.mark.servers
def test_everything_is_ready_when_it_runs(site: Any, world: Any) -> None:
    with world() as news:
        news.tick()
        news.story()
    status, told = look(site.visitor())
    assert (status, told["ready"]) == (200, True), told
    assert sorted(told["parts"]) == PARTS


@pytest.mark.servers
def test_a_silent_beat_and_an_overdue_message_are_told_apart(site: Any, world: Any, engine: Engine) -> None:
    with world() as news:
        news.tick(age_s=60)
        news.story()
    assert ready_parts(look(site.visitor())[1]) == {"broker", "database", "deliveries", "migrations"}
    with engine.begin() as connection:
        connection.execute(text("UPDATE heartbeats SET at = clock_timestamp()"))
        connection.execute(
            text("UPDATE deliveries SET state = 'ready', due_at = now() - interval '10 minutes'")
        )
    assert ready_parts(look(site.visitor())[1]) == {"broker", "database", "migrations", "tick"}


@pytest.mark.servers
def test_what_a_receiver_asked_us_to_hold_back_is_not_overdue(site: Any, world: Any, engine: Engine) -> None:
    with world() as news:
        news.tick()
        news.story()
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE deliveries SET state = 'ready', due_at = now() - interval '10 minutes'")
        )
        connection.execute(text("UPDATE channels SET pause_until = now() + interval '1 minute'"))
    assert look(site.visitor())[0] == 200


@pytest.mark.servers
def test_a_mailbox_that_greylists_does_not_make_everything_unready(
    site: Any, world: Any, engine: Engine
) -> None:
    with world() as news:
        news.tick()
        first, second = news.story(), news.story("Paris")
    behind = """UPDATE deliveries SET channel_id = (SELECT channel_id FROM deliveries WHERE id = :first)
                WHERE id = :second"""
    with engine.begin() as connection:
        connection.execute(text(behind), {"first": first, "second": second})
        connection.execute(
            text(
                "UPDATE deliveries SET state = 'ready', due_at = now() - interval '10 minutes' WHERE id = :d"
            ),
            {"d": second},
        )
    assert look(site.visitor())[0] == 503
    put_off = """UPDATE deliveries SET state = 'waiting', attempts = 2, due_at = now() + interval '3 minutes'
                 WHERE id = :d"""
    with engine.begin() as connection:
        connection.execute(text(put_off), {"d": first})
    assert look(site.visitor())[0] == 200


@pytest.mark.servers
@pytest.mark.parametrize("revision", ["0000", None])
def test_tables_of_another_version_are_not_ready(site: Any, engine: Engine, revision: str | None) -> None:
    visitor = site.visitor()
    try:
        set_revision(engine, revision)
        status, told = look(visitor)
    finally:
        set_revision(engine, migrations.head())
    assert status == 503
    assert ready_parts(told) == {"broker", "database"}
    assert "pantau migrate" in told["parts"]["migrations"]["detail"]


@pytest.mark.servers
def test_a_web_process_of_the_version_before_serves_on_while_the_new_one_comes(
    site: Any, world: Any, engine: Engine
) -> None:
    with world() as news:
        news.tick()
    try:
        set_revision(engine, "9999")
        status, told = look(site.visitor())
    finally:
        set_revision(engine, migrations.head())
    assert status == 200
    assert "newer version" in told["parts"]["migrations"]["detail"]


@pytest.mark.servers
def test_a_broker_that_hangs_is_told_while_the_rest_is_ready(
    make_site: Callable[..., Any], database: Secret, world: Any, silent_server: int
) -> None:
    with world() as news:
        news.tick()
    site = make_site(database, Secret(f"redis://127.0.0.1:{silent_server}"))
    status, told = look(site.visitor())
    assert status == 503
    assert ready_parts(told) == {"database", "deliveries", "migrations", "tick"}
