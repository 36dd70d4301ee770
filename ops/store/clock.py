"""The database's clock, which all machines share: what they write as due is judged by it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic

from sqlalchemy import func, select

from worker.store.engine import DatabaseTrouble, Engine, PoolExhausted

EVERY_S = 10.0
"""Between two questions: quartz strays by less than a millisecond in it."""


class DatabaseClock:
    """Shows the time of the database, counted on from the last answer by a clock that nobody sets.

    A machine whose own clock is wrong would poll a feed again and again, or tell of an article in an hour. Until the
    database has answered once it shows what `local` does.
    """

    def __init__(
        self, engine: Engine, local: Callable[[], datetime], steady: Callable[[], float] = monotonic
    ) -> None:
        self._engine, self._local, self._steady = engine, local, steady
        self._told: tuple[datetime, float] | None = None

    def __call__(self) -> datetime:
        """The time by the database, in UTC."""
        if self._told is None:
            return self._local()
        told, at = self._told
        return told + timedelta(seconds=self._steady() - at)

    def ask(self) -> None:
        """Asks the database, where it was not asked lately; goes on with what it last said where it does not answer."""
        if self._told is not None and self._steady() - self._told[1] < EVERY_S:
            return
        with suppress(DatabaseTrouble, PoolExhausted), self._engine.connect() as connection:
            said = connection.execute(select(func.clock_timestamp())).scalar_one()
            self._told = said.astimezone(UTC), self._steady()
