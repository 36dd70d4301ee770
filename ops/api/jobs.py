"""Work that takes longer than an answer may: begun by one request (202), its address says how far it is.

The row is made in the transaction of the request, with its key; the work begins once that is committed, in a thread of
this process beside the answers. What it does is stored as ever: a process that ends leaves what was done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from starlette.requests import Request
from starlette.responses import Response

from ops.api.callers import Caller
from ops.api.doing import Done, do
from ops.api.house import House
from ops.api.problems import unavailable
from ops.api.shapes.machine import Job
from ops.plain_json import plain
from ops.store import jobs
from ops.store.jobs import Kind
from worker.errors import BadInput
from worker.store.engine import Connection, Engine

log = structlog.get_logger("api")

Item = TypeVar("Item")

MOST = 8
"""Jobs that may wait or be done at one time, whoever asked for them."""
EVERY_S = 1.0
_FAILED = "it failed, and the log of the web process says why; what was done until then stands"


@dataclass(slots=True)
class Progress:
    """How far a job is, written down once a second."""

    engine: Engine
    job: int
    steady: Callable[[], float]
    done: int = 0
    _told: float = field(default=-EVERY_S)

    def counted(self, items: Iterable[Item], total: int) -> Iterator[Item]:
        """The items one by one."""
        self._tell(total=total)
        for item in items:
            yield item
            self.done += 1
            if self.steady() - self._told >= EVERY_S:
                self._tell()

    def _tell(self, **facts: Any) -> None:
        self._told = self.steady()
        with self.engine.begin() as connection:
            jobs.tell(connection, self.job, done=self.done, **facts)

    def all_done(self, **facts: Any) -> None:
        """Writes down the last of it."""
        self._tell(**facts)


Work = Callable[[Engine, Progress], Mapping[str, Any]]


async def begin(
    house: House,
    request: Request,
    caller: Caller,
    key: str | None,
    kind: Kind,
    prepare: Callable[[Connection], Work],
) -> Response:
    """Begins a job, or answers as the first time. `prepare` looks in the transaction of the request whether it can be
    done. Raises Problem where too many are under way."""
    errand = house.errand
    if errand is None:
        raise unavailable("This process does nothing beside its answers.")
    begun: list[tuple[int, Work]] = []

    def transaction(connection: Connection) -> Done:
        work = prepare(connection)
        if jobs.under_way(connection) >= MOST:
            raise unavailable("Other jobs are under way; ask again in a while.")
        job = jobs.begin(connection, kind, caller.user)
        begun[:] = [(job, work)]
        return Done(_told(connection, job), 202, f"{request.scope.get('root_path', '')}/jobs/{job}")

    answer = await do(house, request, caller, key, transaction)
    for job, work in begun:
        errand(lambda engine: _run(engine, job, work, house.steady))  # noqa: B023  there is one at most
    return answer


def _told(connection: Connection, job: int) -> dict[str, Any]:
    return Job.model_validate(jobs.find(connection, job)).model_dump(mode="json")


def _run(engine: Engine, job: int, work: Work, steady: Callable[[], float]) -> None:
    """Does it; whatever happens is written where its address finds it."""
    problem, answer = None, None
    progress = Progress(engine, job, steady)
    try:
        with engine.begin() as connection:
            jobs.tell(connection, job, state="running")
        answer = plain(work(engine, progress))
        progress.all_done()
    except BadInput as fault:
        problem = str(fault)
    except Exception:
        log.exception("job_failed", job=job)
        problem = _FAILED
    with engine.begin() as connection:
        jobs.end(connection, job, answer, problem)
