"""DOOR. PostgreSQL as whoever measures sees it: its counters, the time that statements take, and their plans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import event

from benchmarks import stored
from benchmarks.dashboard.costs import ran_ms
from ops.store.overview import overview
from ops.store.stream import standing
from ops.store.ticking import desks_with_work
from worker.secrets import Secret
from worker.store.engine import open_engine

RATE = 0.02
"""Of all statements so many are logged with their time, so that what is measured is not the log."""
ALWAYS_MS = 250.0
TABLES = ("feeds", "hosts", "entries", "entry_keys", "articles", "matches", "deliveries")


@dataclass(frozen=True)
class Counters:
    """What the server has counted since its beginning."""

    database: Mapping[str, float]
    wal: Mapping[str, float]
    tables: Mapping[str, Mapping[str, float]]
    bytes: int


def log_statements(url: str) -> None:
    """From the next start on: who connects later logs a sample of its statements, and every slow one."""
    with stored.straight(url, autocommit=True) as direct:
        for name, value in (
            ("log_min_duration_sample", "0"),
            ("log_statement_sample_rate", str(RATE)),
            ("log_min_duration_statement", str(int(ALWAYS_MS))),
            ("log_parameter_max_length", "0"),
        ):
            direct.execute(f"ALTER ROLE CURRENT_USER SET {name} = '{value}'")


def counters(url: str) -> Counters:
    """As they stand."""
    with stored.straight(url, autocommit=True, row_factory=dict_row) as direct:
        direct.execute("SET log_min_duration_statement = -1")
        direct.execute("SET log_min_duration_sample = -1")
        tables = direct.execute(_TABLES, {"tables": list(TABLES)}).fetchall()
        return Counters(
            _numbers(direct.execute(_DATABASE).fetchone()),
            _numbers(direct.execute(_WAL).fetchone()),
            {str(row.pop("relname")): _numbers(row) for row in tables},
            int(_numbers(direct.execute(_SIZE).fetchone())["bytes"]),
        )


def plan_of(url: str, statement: str) -> str:
    """How the server would do it, whatever it is asked with."""
    with stored.straight(url, autocommit=True) as direct:
        try:
            asked = f"EXPLAIN (GENERIC_PLAN) {statement}".replace("%", "%%")
            return "\n".join(row[0] for row in direct.execute(asked.encode()))
        except psycopg.Error as error:
            return f"no plan: {str(error).splitlines()[0]}"


def looks(url: str) -> dict[str, tuple[float, str, float]]:
    """How many milliseconds of the processor PostgreSQL takes for those who look at all feeds: the overview's page, the
    pages that hear of news, and the tick; the least of three times, with the dearest statement of each."""
    engine = open_engine(Secret(url), pool_size=1)
    asked: list[tuple[str, float]] = []
    began = [0.0]
    found: dict[str, tuple[float, str, float]] = {}
    with engine.connect() as connection:
        connection.exec_driver_sql("SET max_parallel_workers_per_gather = 0")  # as for the overview's page
        server = [connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()]

        def before(*_: Any) -> None:
            began[0] = ran_ms(server)

        def after(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            asked.append((" ".join(statement.split())[:90], ran_ms(server) - began[0]))

        event.listen(engine, "before_cursor_execute", before)
        event.listen(engine, "after_cursor_execute", after)
        for name, look in (("overview", overview), ("stream", standing), ("tick", desks_with_work)):
            tries = []
            for _ in range(3):
                asked.clear()
                look(connection)
                tries.append((sum(ms for _, ms in asked), *max(asked, key=lambda each: each[1])))
            found[name] = min(tries)
        connection.rollback()
    engine.dispose()
    return found


def _numbers(row: Mapping[str, object] | None) -> dict[str, float]:
    assert row is not None
    return {name: float(str(value or 0)) for name, value in row.items()}


_DATABASE = """
SELECT blks_hit, blks_read, xact_commit, temp_bytes FROM pg_stat_database WHERE datname = current_database()"""
_WAL = """
SELECT wal_records, wal_fpi, wal_bytes, (SELECT num_timed + num_requested FROM pg_stat_checkpointer) AS checkpoints
FROM pg_stat_wal"""
_SIZE = "SELECT pg_database_size(current_database()) AS bytes"
_TABLES = """
SELECT relname, n_tup_ins, n_tup_upd, n_tup_hot_upd, n_dead_tup, autovacuum_count,
       pg_table_size(relid) AS table_bytes, pg_indexes_size(relid) AS index_bytes
FROM pg_stat_user_tables WHERE schemaname = 'public' AND relname = ANY(%(tables)s)"""
