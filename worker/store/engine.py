"""Opening the database: one engine per process, the same settings everywhere.

`Engine`, `Connection` and what may go wrong with them are handed on from here, so that desks, commands and pages
need no SQL to name them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError as DatabaseTrouble
from sqlalchemy.exc import IntegrityError as RowsInUse
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.exc import ProgrammingError as TablesDoNotFit
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from worker.errors import Unavailable
from worker.secrets import Secret

__all__ = [
    "Connection",
    "DatabaseTrouble",
    "Engine",
    "PoolExhausted",
    "RowsInUse",
    "TablesDoNotFit",
    "asking",
    "forgetful",
    "lost_connection",
    "open_engine",
    "reaching_database",
    "without_fsync",
]


UNCHECKED_S = 0.5
"""A server does not go and come back within that."""

# https://www.postgresql.org/docs/18/errcodes-appendix.html: undefined_table, undefined_column
_NOT_MIGRATED = ("42P01", "42703")

# Compiling a statement takes longer than any of ours: a walk through 100,000 feeds is thought dear enough for it.
# A machine that is suspended or cut off within a transaction would keep its locks for good, and all planners or all
# senders wait for one lock. Nothing of ours computes for more than a few seconds within a transaction.
_OPTIONS = " ".join(
    (
        "-c statement_timeout=60000",
        "-c lock_timeout=20000",
        "-c idle_in_transaction_session_timeout=30000",
        # how soon the server lets go of a client that has vanished from the network
        "-c tcp_keepalives_idle=10",
        "-c tcp_keepalives_interval=5",
        "-c tcp_keepalives_count=3",
        "-c tcp_user_timeout=25000",
        "-c timezone=UTC",
        "-c jit=off",
    )
)
# PostgreSQL takes longer to parse and plan most of our statements than to run them. What is sent a second time is kept
# as a prepared statement, and after five more times mostly with its plan; psycopg by itself would wait for the sixth.
_PREPARED = {"prepare_threshold": 1}
# How soon we let go of a server that has. The kernel's own would take two hours while we wait for an answer, and a
# quarter of an hour while nobody has confirmed what we sent: keepalives do not count then, the last one does. On Unix
# sockets all of them mean nothing.
_KEEPALIVES = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}


def open_engine(url: Secret, *, pool_size: int = 4, pooled: bool = True) -> Engine:
    """An engine on PostgreSQL through psycopg 3; connections that rested are checked before use, so a restarted
    server costs one reconnect and no error. Statements are cut off after 60 s, waits for locks after 20 s, and
    transactions whose owner says nothing after 30 s. A server that has vanished from the network is given up after
    25 s."""
    arguments = (
        {"options": _OPTIONS, "connect_timeout": 5, "application_name": "pantau"} | _KEEPALIVES | _PREPARED
    )
    if not pooled:
        return create_engine(_with_driver(url), poolclass=NullPool, connect_args=arguments)
    engine = create_engine(
        _with_driver(url),
        pool_size=pool_size,
        max_overflow=4,
        pool_use_lifo=True,  # the connection that has just been used knows our statements and their plans
        connect_args=arguments,
    )
    _check_after_rest(engine)
    return engine


def _check_after_rest(engine: Engine) -> None:
    """Lets a connection show that it still stands before it is used again, unless it was in use a moment ago: a
    message has three transactions within some milliseconds, and a trip to the server for each only to ask."""

    @event.listens_for(engine, "checkin")
    def _rests(_: Any, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _goes_on(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
        since = record.info.get("rests_since")
        if since is not None and time.monotonic() - since > UNCHECKED_S and not _stands(engine, connection):
            raise InvalidatePoolError  # the pool opens new ones, for all who ask


def _stands(engine: Engine, connection: Any) -> bool:
    try:
        return bool(engine.dialect.do_ping(connection))
    except engine.dialect.loaded_dbapi.Error:
        return False


def _with_driver(url: Secret) -> str:
    scheme, rest = url.reveal().split("://", 1)
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else f"{scheme}://{rest}"


@contextmanager
def reaching_database() -> Iterator[None]:
    """Turns "no connection" and "not our tables" into Unavailable (exit 69); other database errors pass."""
    try:
        yield
    except OperationalError as error:
        raise Unavailable(f"the database does not answer: {_first_line(error)}") from error
    except TablesDoNotFit as error:
        if getattr(error.orig, "sqlstate", None) not in _NOT_MIGRATED:
            raise
        raise Unavailable(
            f"the database is not at this version ({_first_line(error)}): `pantau migrate` brings it there, "
            "and so does the start of `pantau up`"
        ) from error


def lost_connection(error: BaseException) -> bool:
    """Whether this error means that the database went away, so that trying again later makes sense."""
    return isinstance(error, DatabaseTrouble) and (
        error.connection_invalidated or isinstance(error, OperationalError)
    )


def without_fsync(connection: Connection) -> None:
    """This transaction may be forgotten if PostgreSQL itself crashes: for marks that only count tries."""
    connection.execute(text("SET LOCAL synchronous_commit = off"))


@contextmanager
def forgetful(engine: Engine) -> Iterator[Connection]:
    """A connection for marks alone: each statement is a transaction of its own, takes one trip to the server, and may
    be forgotten if PostgreSQL itself crashes."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET synchronous_commit = off"))
        try:
            yield connection
        finally:
            with suppress(DatabaseTrouble):  # a connection that broke is not used again
                connection.execute(text("RESET synchronous_commit"))


@contextmanager
def asking(engine: Engine) -> Iterator[Connection]:
    """A connection for questions alone: each takes one trip to the server, and not three."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


def _first_line(error: BaseException) -> str:
    return str(getattr(error, "orig", error)).strip().splitlines()[0]
