"""Connections that are used again: checked where they rested, and not where they come from work."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from worker.store import engine as door

pytestmark = pytest.mark.servers


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
