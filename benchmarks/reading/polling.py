"""Polling many feeds on a local newsroom: on time, at what price, and how the hosts were asked.

The real workers, on the bundled servers, poll feeds that have been polled before: so every poll is one of many, as
after weeks of work, and not a first one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from benchmarks.matching.measure import within
from benchmarks.reading.newsroom import ITEMS, document, feed_url, kind, link
from benchmarks.reading.processes import cpu_seconds, megabytes, tree
from ops import migrations
from ops.places import Urls
from ops.servers import bundled
from worker.feeds.identity import entry_keys
from worker.model import Entry
from worker.polling import body_hash
from worker.secrets import Secret
from worker.store.engine import Engine, open_engine

SEED = 7
SAMPLE_S = 10.0
PLANTING_S = 60.0


@dataclass(frozen=True)
class Setting:
    """What is simulated: so many feeds on so many hosts, each due every so many seconds."""

    feeds: int
    hosts: int
    minutes: float
    interval_s: float
    processes: int


@click.command()
@click.option("--feeds", default=10_000, show_default=True, help="How many feeds.")
@click.option(
    "--hosts", default=200, show_default=True, help="On how many hosts; each has an address of its own."
)
@click.option("--minutes", default=15.0, show_default=True, help="How long to poll.")
@click.option(
    "--interval", default=300.0, show_default=True, help="Seconds after which each feed is due again."
)
@click.option("--processes", default=2, show_default=True, help="Processes that poll.")
@click.option("--overdue", is_flag=True, help="All feeds are overdue at the start, as after a long stop.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False), help="Write all figures there.")
def polling(
    feeds: int,
    hosts: int,
    minutes: float,
    interval: float,
    processes: int,
    overdue: bool,
    json_file: str | None,
) -> None:
    """Poll feeds on a local newsroom: lag, processor, memory, and the pace that the hosts saw."""
    found = run(Setting(feeds, hosts, minutes, interval, processes), overdue)
    for line in _in_words(found):
        click.echo(line)
    if json_file:
        Path(json_file).write_text(json.dumps(found, indent=1), encoding="utf-8")


def run(setting: Setting, overdue: bool = False) -> dict[str, Any]:
    """One simulation; all its figures."""
    place = Path(tempfile.mkdtemp(prefix="pantau-polling-"))
    place.chmod(0o711)
    try:
        with ExitStack() as stack:
            port, counted = stack.enter_context(_newsroom(setting))
            urls = stack.enter_context(bundled(place / "data", log=lambda _name, _line: None, forget=True))
            engine = open_engine(Secret(urls.database))
            stack.callback(engine.dispose)
            migrations.upgrade(engine)
            figures = _watched(setting, urls, place, lambda: _plant(engine, setting, port, overdue))
            figures["mb_of_tables"] = _sizes(engine)
            figures["newsroom"] = counted()
        return {"setting": vars(setting) | {"overdue": overdue}, **figures}
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _newsroom(setting: Setting) -> Iterator[tuple[int, Any]]:
    told = json.dumps({"feeds": setting.feeds, "hosts": setting.hosts, "seed": SEED})
    command = [sys.executable, "-m", "benchmarks.reading.newsroom", told]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdin
        assert process.stdout
        port = int(process.stdout.readline())

        def counted() -> Any:
            assert process.stdin
            assert process.stdout
            process.stdin.close()
            return json.loads(process.stdout.readline())

        yield port, counted
        process.terminate()


def _plant(engine: Engine, setting: Setting, port: int, overdue: bool) -> None:
    """Feeds as they are after many polls, due evenly over their interval from the moment at which this returns."""
    keys = [(feed + 1, key, feed + 1) for feed in range(setting.feeds) for key in sorted(_known_keys(feed))]
    begin = time.time() + PLANTING_S  # noqa: TID251  the simulation's own clock
    entries = "id, feed_id, title, summary, content, authors, tags, seen_at, backlog, state"
    old: list[tuple[Any, ...]] = [
        (feed + 1, feed + 1, "old", "", "", [], [], "now", True, "read") for feed in range(setting.feeds)
    ]
    columns = "id, url, every_s, full_text, state, etag, body_hash, rhythm, last_ok_at, next_poll_at"
    rows = [_feed_row(feed, setting, port, begin, overdue) for feed in range(setting.feeds)]
    with engine.begin() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        with raw.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            tables = (
                ("feeds", columns, rows),
                ("entries", entries, old),
                ("entry_keys", "feed_id, key, entry_id", keys),
            )
            for table, names, planted in tables:
                with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as out:
                    for row in planted:
                        out.write_row(row)
            for table in ("feeds", "entries"):
                cursor.execute(f"ALTER TABLE {table} ALTER id RESTART WITH {setting.feeds + 1}")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    left = begin - time.time()  # noqa: TID251
    if overdue:
        return
    if left < 0:
        raise SystemExit(f"planting took {-left:.0f} s too long; the machine is too busy for figures")
    time.sleep(left)


def _feed_row(feed: int, setting: Setting, port: int, begin: float, overdue: bool) -> tuple[Any, ...]:
    spread = setting.interval_s * (feed * 7919 % setting.feeds) / setting.feeds
    due = datetime.fromtimestamp(begin - 7200 if overdue else begin + spread, UTC)
    rhythm = {"interval_s": setting.interval_s, "full_at": begin, "news_at": begin, "read_at": begin}
    etag = '"0"' if kind(feed, SEED) != "plain" else None
    url, known = feed_url(feed, setting.hosts, port), body_hash(document(feed, 0))
    return (feed + 1, url, setting.interval_s, False, "ok", etag, known, json.dumps(rhythm), "now", due)


def _known_keys(feed: int) -> set[str]:
    links = (link(feed, item) for item in range(ITEMS, 0, -1))
    return {key for each in links for key in entry_keys(Entry(each, each, ""), "")}


def _watched(setting: Setting, urls: Urls, place: Path, plant: Callable[[], None]) -> dict[str, Any]:
    """The workers' figures, from the moment at which they are ready and have feeds to poll."""
    environ = os.environ | {
        "PANTAU_DATA_DIR": str(place / "workers"),
        "PANTAU_DATABASE_URL": urls.database,
        "PANTAU_REDIS_URL": urls.redis,
        "PANTAU_SECRET_KEY": "benchmark-" * 4,
        "PANTAU_ALLOW_NETS": "127.0.0.0/8",
        "PANTAU_LOG": "json",
    }
    commands = {
        "poll": ["worker", "--queues", "poll", "--concurrency", str(setting.processes)],
        "tick": ["worker", "--queues", "tick", "--concurrency", "1"],
        "beat": ["beat"],
    }
    with ExitStack() as stack:
        logs, running = {}, {}
        for name, arguments in commands.items():
            logs[name] = place / f"{name}.log"
            output = stack.enter_context(logs[name].open("wb"))
            command = [sys.executable, "-m", "ops", *arguments]
            running[name] = subprocess.Popen(command, env=environ, stdout=output, stderr=output)  # noqa: S603
        try:
            _wait_for("worker_ready", logs["poll"], logs["tick"])
            plant()
            samples = _sampled(
                setting, {**{name: each.pid for name, each in running.items()}, **_servers(place)}
            )
            late = list(_lateness(logs["poll"]))
        finally:
            for each in running.values():
                each.terminate()
            for each in running.values():
                each.wait(timeout=60)
    return {"samples": samples, "polls": len(late), "lag": _lags(late)}


def _wait_for(word: str, *logs: Path) -> None:
    until = time.monotonic() + 120
    while not all(word in log.read_text(errors="replace") for log in logs):
        if time.monotonic() > until:
            raise SystemExit(f"the workers did not start:\n{logs[0].read_text(errors='replace')[-2000:]}")
        time.sleep(0.2)


def _sizes(engine: Engine) -> dict[str, float]:
    """What the tables take that each poll writes to; they must not grow."""
    with engine.connect() as connection:
        return {
            table: connection.exec_driver_sql(
                f"SELECT pg_total_relation_size('{table}') / 1e6::float"
            ).scalar_one()
            for table in ("feeds", "hosts")
        }


def _servers(place: Path) -> dict[str, int]:
    """The servers' first processes: those that have the data directory in their command line or work in it, and were
    not started by one that does."""
    found: dict[str, list[int]] = {"postgresql": [], "valkey": []}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace")
            here = str(place) in words or os.path.realpath(process / "cwd").startswith(str(place))
        except OSError:
            continue
        program = words.split("\0")[0].rpartition("/")[2]
        for name in found:
            if here and program.startswith(name[:6]):
                found[name].append(int(process.name))
    return {name: max(pids, key=lambda pid: len(tree(pid))) for name, pids in found.items() if pids}


def _sampled(setting: Setting, watched: dict[str, int]) -> list[dict[str, Any]]:
    began = time.monotonic()
    found: list[dict[str, Any]] = []
    while True:
        found.append(
            {
                "at_s": round(time.monotonic() - began, 1),
                "cpu_s": {name: cpu_seconds(pid) for name, pid in watched.items()},
                "mb": {name: round(megabytes(pid), 1) for name, pid in watched.items()},
            }
        )
        left = setting.minutes * 60 - (time.monotonic() - began)
        if left <= 0:
            return found
        time.sleep(min(SAMPLE_S, left))


def _lateness(log: Path) -> Iterator[float]:
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if '"polled"' in line:
                yield json.loads(line)["late_s"]


def _lags(late: list[float]) -> dict[str, float]:
    return {"p50": within(0.5, late), "p99": within(0.99, late), "most": max(late, default=0.0)}


def _in_words(found: dict[str, Any]) -> Iterator[str]:
    setting, samples, room = found["setting"], found["samples"], found["newsroom"]
    first, last = samples[0], samples[-1]
    middle = samples[len(samples) // 3]
    seconds = last["at_s"] - first["at_s"]
    yield (
        f"{setting['feeds']:,} feeds on {setting['hosts']} hosts, each due every {setting['interval_s']:g} s; "
        f"{seconds / 60:.1f} min, {setting['processes']} processes"
    )
    yield f"polls        {found['polls']:,} ({found['polls'] / seconds:.1f}/s), answers {room['answers']}"
    lag = found["lag"]
    yield f"lag          p50 {lag['p50']:.2f} s, p99 {lag['p99']:.2f} s, at most {lag['most']:.2f} s"
    total = 0.0
    for name in last["cpu_s"]:
        share = (last["cpu_s"][name] - first["cpu_s"][name]) / seconds
        total += share
        yield (
            f"{name:12} {share:6.1%} of a core, MB {middle['mb'][name]:.0f} after a third, "
            f"{last['mb'][name]:.0f} at the end"
        )
    yield f"together     {total:6.1%} of a core"
    sizes = ", ".join(f"{table} {size:.1f} MB" for table, size in found["mb_of_tables"].items())
    yield f"tables       {sizes} with their indexes"
    windows = ", ".join(f"{count} within {window} s" for window, count in room["most_within_s"].items())
    yield f"a host saw   at most {room['most_at_once']} at once, {windows}"
