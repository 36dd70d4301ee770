"""Connections: what each is told at its beginning, so that nobody waits for ever for somebody who has vanished; and
which are checked before they are used again.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from worker.secrets import Secret
from worker.store import engine as door
from worker.store.engine import lost_connection, open_engine

pytestmark = pytest.mark.servers


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("statement_timeout", "1min"),
        ("lock_timeout", "20s"),
        ("idle_in_transaction_session_timeout", "30s"),
        ("timezone", "UTC"),
    ],
)
def test_every_connection_has_an_end_to_its_patience(setting: str, expected: str, database: Any) -> None:
    with database.connect() as connection:
        assert connection.exec_driver_sql(f"SHOW {setting}").scalar_one() == expected


def test_a_server_that_is_cut_off_is_given_up_within_half_a_minute(database: Any) -> None:
    with database.connect() as connection:
        told = connection.connection.driver_connection.info.get_parameters()
    idle, interval, count = (int(told[f"keepalives_{name}"]) for name in ("idle", "interval", "count"))
    assert idle + interval * count <= 30


def test_who_stands_still_within_a_transaction_gives_way_and_notices(database_url: Secret) -> None:
    stopped, other = (open_engine(database_url, pooled=False) for _ in range(2))
    with stopped.connect() as holding:
        # the setting's effect, without its half minute
        holding.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '200ms'")
        holding.exec_driver_sql("SELECT pg_advisory_xact_lock(4711)")
        with ThreadPoolExecutor(1) as pool, other.begin() as waiting:
            lock = text("SELECT pg_advisory_xact_lock(4711)")
            pool.submit(waiting.execute, lock).result(timeout=15)
        with pytest.raises(Exception) as late:  # noqa: PT011
            holding.exec_driver_sql("SELECT 1")
    assert lost_connection(late.value)


@pytest.fixture
def engine(database_url):
    made = door.open_engine(database_url, pool_size=1)
    yield made
    made.dispose()


def backend(engine) -> int:
    with engine.connect() as connection:
        return connection.execute(text("SELECT pg_backend_pid()")).scalar_one()


def test_a_connection_that_was_cut_while_it_rested_is_replaced(engine, database, monkeypatch):
    monkeypatch.setattr(door, "UNCHECKED_S", 0.0)
    before = backend(engine)
    with database.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": before})
    assert backend(engine) != before


def test_only_what_rested_is_asked_whether_it_stands(engine, monkeypatch):
    asked = []
    monkeypatch.setattr(engine.dialect, "do_ping", lambda connection: asked.append(connection) or True)
    monkeypatch.setattr(door, "UNCHECKED_S", 60.0)
    before = backend(engine)
    assert (backend(engine), asked) == (before, [])
    monkeypatch.setattr(door, "UNCHECKED_S", -1.0)
    assert (backend(engine), len(asked)) == (before, 1)
