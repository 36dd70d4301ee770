"""`python -m benchmarks.dashboard.costs`: what each page costs the processor and the database, on a kept database.

The pages run in this process without a network, and what counts is processor time, so that the figures mean something
on a machine that is busy with other things: that of the web process, and that of the database's processes for it (Linux
tells it, /proc/PID/schedstat), each the least of several rounds. Beside them the time within SQL statements.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine, event
from starlette.types import ASGIApp, Message, Scope

from benchmarks.dashboard.__main__ import PAGES, names
from benchmarks.visitor import NAME, PASSWORD, kept_secret
from ops import access, migrations
from ops.dashboard.app import build
from ops.dashboard.context import Context
from ops.health import checks
from ops.kit import clock
from ops.servers import bundled
from worker.secrets import KeyRing, Secret
from worker.store.engine import Connection, open_engine

AIM_MS = 60.0


@dataclass
class Asked:
    """Statements in the order they were asked, each with what it was asked with and its time in milliseconds."""

    statements: list[tuple[str, Any, float]] = field(default_factory=list)

    @property
    def sql_ms(self) -> float:
        """All of them together."""
        return sum(took for _, _, took in self.statements)


@dataclass(frozen=True)
class Cost:
    """One page: its state and size, the first time with all that is remembered afterwards, then the least of some."""

    path: str
    status: int
    kilobytes: float
    packed: float
    first_ms: float
    cpu_ms: float
    database_ms: float
    sql_ms: float
    statements: int
    slowest: tuple[str, Any, float]


@dataclass(frozen=True)
class House:
    """The application with a visitor who is logged in, its engine, and one beside it."""

    app: ASGIApp
    engine: Engine
    alone: Engine
    cookie: str

    def backends(self) -> list[int]:
        """The database's processes that serve the engine at this moment."""
        with self.alone.connect() as connection:
            return list(connection.exec_driver_sql(_OURS).scalars())


_OURS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'pantau' AND pid <> pg_backend_pid()"


def ran_ms(processes: Sequence[int]) -> float:
    """How long these have had a processor since they began."""
    told = (Path(f"/proc/{pid}/schedstat") for pid in processes)
    return sum(int(each.read_text().split()[0]) for each in told if each.exists()) / 1e6


@contextmanager
def listened(engine: Engine) -> Iterator[Asked]:
    """Takes down every statement of the engine."""
    asked = Asked()

    def before(_c: Any, _cursor: Any, _statement: str, _given: Any, facts: Any, _many: bool) -> None:
        facts.bench_began = time.perf_counter()

    def after(_c: Any, _cursor: Any, statement: str, given: Any, facts: Any, _many: bool) -> None:
        asked.statements.append((statement, given, (time.perf_counter() - facts.bench_began) * 1000))

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    yield asked
    event.remove(engine, "before_cursor_execute", before)
    event.remove(engine, "after_cursor_execute", after)


async def ask(house: House, path: str) -> tuple[int, dict[str, str], bytes]:
    """One page of the application, without a network."""
    where, _, query = path.partition("?")
    headers = [(b"cookie", house.cookie.encode()), (b"accept-encoding", b"gzip"), (b"host", b"localhost")]
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": where,
        "raw_path": where.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    told: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        told.append(message)

    await house.app(scope, receive, send)
    answered = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    return told[0]["status"], answered, b"".join(message.get("body", b"") for message in told[1:])


async def cost_of(house: House, path: str, rounds: int) -> Cost:
    """Asks once for the first time, then some times more."""
    began = time.perf_counter()
    status, headers, body = await ask(house, path)
    first_ms = (time.perf_counter() - began) * 1000
    await ask(house, path)
    # what a page only remembers is looked up beside it
    if beside := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(beside)
    cpu, database, found, backends = [], [], [], house.backends()
    for _ in range(rounds):
        with listened(house.engine) as asked:
            ran, started = ran_ms(backends), time.process_time()
            status, headers, body = await ask(house, path)
            cpu.append((time.process_time() - started) * 1000)
            database.append(ran_ms(backends) - ran)
        found.append(asked)
    best = min(found, key=lambda each: each.sql_ms)
    slowest = max(best.statements, key=lambda each: each[2], default=("", None, 0.0))
    plain = _length(headers, body)
    return Cost(
        path,
        status,
        plain / 1024,
        len(body) / 1024,
        first_ms,
        min(cpu),
        min(database),
        best.sql_ms,
        len(best.statements),
        slowest,
    )


def _length(headers: dict[str, str], body: bytes) -> int:
    return len(gzip.decompress(body)) if headers.get("content-encoding") == "gzip" else len(body)


def as_table(costs: Sequence[Cost]) -> str:
    """For people."""
    lines = [
        f"{'page':34} {'state':>5} {'kB':>6} {'sent':>5} {'first':>7} {'cpu':>6} {'db':>6} {'sql':>6}  n slowest  ms"
    ]
    for cost in costs:
        over = "  over the aim" if cost.cpu_ms + cost.database_ms > AIM_MS else ""
        lines.append(
            f"{cost.path[:34]:34} {cost.status:>5} {cost.kilobytes:>6.1f} {cost.packed:>5.1f} {cost.first_ms:>7.1f} "
            f"{cost.cpu_ms:>6.1f} {cost.database_ms:>6.1f} {cost.sql_ms:>6.1f} {cost.statements:>2} "
            f"{cost.slowest[2]:>7.1f}{over}"
        )
    return "\n".join(lines)


def plan_of(connection: Connection, statement: str, given: Any) -> str:
    """How the database does it, with what it read: the quickest of five times."""
    asked = f"EXPLAIN (ANALYZE, BUFFERS) {statement}"
    plans = ("\n".join(row[0] for row in connection.exec_driver_sql(asked, given)) for _ in range(5))
    return min(plans, key=_execution_ms)


def _execution_ms(plan: str) -> float:
    return float(plan.rpartition("Execution Time: ")[2].split()[0])


@click.command()
@click.argument("pages", nargs=-1)
@click.option(
    "--keep", type=click.Path(path_type=Path, exists=True), required=True, help="The kept database."
)
@click.option("--rounds", default=5, show_default=True, help="How often each page is asked for.")
@click.option(
    "--plans", default=0.0, help="Show the plans of statements that take so many milliseconds or more."
)
def main(pages: tuple[str, ...], keep: Path, rounds: int, plans: float) -> None:
    """What each page (or these) costs, with the database that `python -m benchmarks.dashboard --keep` left."""
    with ExitStack() as stack:
        running = stack.enter_context(bundled(keep, log=lambda *_args, **_facts: None))
        engine = open_engine(Secret(running.database))
        alone = open_engine(Secret(running.database), pooled=False)
        migrations.upgrade(engine)
        keys = KeyRing.of((kept_secret(keep),))
        context = Context(engine, checks(alone, Secret(running.redis)), clock, "bench", keys=keys)
        stack.callback(context.close)
        app = build(context)
        with engine.begin() as connection:
            known = access.log_in(connection, NAME, PASSWORD)
            assert known is not None
        house, places = House(app, engine, alone, f"pantau_session={known[0]}"), names(engine)
        asyncio.run(_all(house, [page.format(**places) for page in pages or PAGES], rounds, plans))


async def _all(house: House, pages: Sequence[str], rounds: int, plans: float) -> None:
    costs = []
    for page in pages:
        cost = await cost_of(house, page, rounds)
        costs.append(cost)
        click.echo(as_table([cost]).splitlines()[1], err=True)
        if plans:
            await _show_plans(house, page, plans)
    click.echo(as_table(costs))


async def _show_plans(house: House, page: str, least_ms: float) -> None:
    with listened(house.engine) as asked:
        await ask(house, page)
    with house.engine.connect() as connection:
        for statement, given, took in asked.statements:
            if took >= least_ms and statement.lstrip().startswith(("SELECT", "WITH")):
                click.echo(
                    f"\n-- {page}: {took:.1f} ms\n{statement}\n{plan_of(connection, statement, given)}"
                )


if __name__ == "__main__":
    main()
