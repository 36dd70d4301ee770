"""What a query may name is learned before somebody asks."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ops.dashboard.knowing import Knowing
from worker.match.entities import shipped
from worker.secrets import Secret
from worker.store.engine import open_engine

pytestmark = pytest.mark.servers


def test_it_is_learned_and_asked_for_no_more_than_once(engine: Any) -> None:
    knowing = Knowing()
    knowing.learn(engine)
    with engine.connect() as connection:
        known = knowing.now(connection)
        assert known is knowing.now(connection)
    assert known.keys() == shipped().keys()


def test_a_database_that_is_not_there_is_no_fault() -> None:
    gone = open_engine(Secret("postgresql://nobody@127.0.0.1:9/nothing"))
    Knowing().learn(gone)
    gone.dispose()


def test_the_web_process_learns_it_when_it_starts(site: Any) -> None:
    until = time.monotonic() + 20
    while site.context.knowing._known is None:
        assert time.monotonic() < until
        time.sleep(0.02)
