"""Jobs: what programs asked for and takes longer than an answer may. What the process that does one says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select, text, update

from ops.store.schema import jobs

Kind = Literal["apply_back", "import_feeds"]

KEPT = timedelta(days=7)
SILENT = timedelta(minutes=5)
"""A process that says nothing of a job for so long has ended; a few seconds are usual."""
VANISHED = (
    "the process that did it has ended; what was done until then stands, and asking again goes on from there"
)

_FORGET = text("""
    DELETE FROM jobs WHERE id IN (
        SELECT id FROM jobs WHERE created_at < statement_timestamp() - CAST(:kept AS interval)
        ORDER BY created_at LIMIT 100)
""")
_OPEN = jobs.c.state.in_(("waiting", "running"))
_CHOSEN = select(jobs, (_OPEN & (jobs.c.seen_at <= func.clock_timestamp() - SILENT)).label("silent"))


def begin(connection: Connection, kind: Kind, by: str) -> int:
    """A job that waits to be done."""
    connection.execute(_FORGET, {"kept": KEPT})
    made = insert(jobs).values(kind=kind, asked_by=by, created_at=func.clock_timestamp())
    return int(connection.execute(made.returning(jobs.c.id)).scalar_one())


def under_way(connection: Connection) -> int:
    """How many jobs wait or are done now."""
    living = _OPEN & (jobs.c.seen_at > func.clock_timestamp() - SILENT)
    recent = jobs.c.created_at > func.statement_timestamp() - KEPT
    return int(connection.execute(select(func.count()).where(living, recent)).scalar_one())


def tell(connection: Connection, job: int, **facts: Any) -> None:
    """Writes down how far it is; its process lives."""
    here = (jobs.c.id == job) & _OPEN
    connection.execute(update(jobs).where(here).values(seen_at=func.clock_timestamp(), **facts))


def end(
    connection: Connection, job: int, answer: Mapping[str, Any] | None = None, problem: str | None = None
) -> None:
    """It is done, or has failed."""
    state = "done" if problem is None else "failed"
    facts = {"state": state, "answer": answer, "problem": problem, "ended_at": func.clock_timestamp()}
    connection.execute(update(jobs).where(jobs.c.id == job).values(**facts))


def find(connection: Connection, job: int) -> Mapping[str, Any] | None:
    """The job of this number, with who asked for it; None where there is none (any more)."""
    row = connection.execute(_CHOSEN.where(jobs.c.id == job)).mappings().one_or_none()
    return None if row is None else _as_it_is(row)


def latest(connection: Connection, by: str | None, before: int, limit: int) -> Sequence[Mapping[str, Any]]:
    """The jobs that this account asked for (None: whoever), the newest first, before that number."""
    mine = jobs.c.id < before if by is None else (jobs.c.id < before) & (jobs.c.asked_by == by)
    rows = connection.execute(_CHOSEN.where(mine).order_by(jobs.c.id.desc()).limit(limit)).mappings()
    return [_as_it_is(row) for row in rows]


def _as_it_is(row: Mapping[Any, Any]) -> Mapping[str, Any]:
    told = {"state": "failed", "problem": VANISHED} if row["silent"] else {}
    return {**row, **told}
