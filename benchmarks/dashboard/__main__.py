"""`python -m benchmarks.dashboard`: how long each page takes on the server, with a million articles in the database."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus

import click
from sqlalchemy import Engine, text

from benchmarks.dashboard.planting import Size, plant
from benchmarks.visitor import Browser, add_visitor, kept_secret, web
from ops import migrations
from ops.kit import clock
from ops.servers import bundled
from worker.secrets import KeyRing, Secret
from worker.store.engine import open_engine

AIM_MS = 150.0

PAGES = (
    "/",
    "/?range=7d",
    "/live",
    "/live?matched=1",
    "/topics",
    "/topics/{topic}",
    "/topics/{topic}/edit",
    "/stories",
    "/stories?since=7d",
    "/stories/{story}",
    "/articles",
    "/articles?q={word}",
    "/articles?q={word}+{rare}",
    "/articles?topic={topic_name}",
    "/articles?language=uk",
    "/articles/{article}",
    "/subscriptions",
    "/subscriptions/{subscription}",
    "/channels",
    "/channels/{channel}",
    "/silences",
    "/deliveries",
    "/deliveries?state=failed",
    "/deliveries/{delivery}",
    "/feeds",
    "/feeds?state=trouble",
    "/feeds/{feed}",
    "/workers",
    "/settings",
    "/settings/users",
    "/settings/entities",
    "/audit-log",
)
"""What people open. What an installation does not offer is said so."""


@dataclass(frozen=True)
class Timing:
    """One page: its answer's state and size, and how long it took, in milliseconds."""

    path: str
    status: int
    kilobytes: float
    first_ms: float
    median_ms: float
    p95_ms: float
    worst_ms: float


def measure(browser: Browser, path: str, rounds: int) -> Timing:
    """Asks once for the first time, then again and again."""
    took: list[float] = []
    status, body = 0, ""
    for _ in range(rounds + 1):
        began = time.perf_counter()
        status, body = browser.ask("GET", path)
        took.append((time.perf_counter() - began) * 1000)
    first, rest = took[0], sorted(took[1:])
    p95 = statistics.quantiles(rest, n=20, method="inclusive")[-1]
    return Timing(path, status, len(body.encode()) / 1024, first, statistics.median(rest), p95, rest[-1])


def names(engine: Engine) -> dict[str, str]:
    """What stands for {topic} and the like: things of the middle of the database, not its first."""
    with engine.connect() as connection:

        def one(query: str, **facts: object) -> str:
            return str(connection.execute(text(query), facts).scalar_one())

        article = one("SELECT id FROM articles WHERE story_id IS NOT NULL ORDER BY id DESC OFFSET 50 LIMIT 1")
        words = one("SELECT body FROM articles WHERE id = :id", id=article).split()
        topic = one("SELECT id FROM topics ORDER BY id OFFSET (SELECT count(*) / 3 FROM topics) LIMIT 1")
        return {
            "topic": topic,
            "topic_name": quote_plus(one("SELECT name FROM topics WHERE id = :id", id=topic)),
            "story": one("SELECT story_id FROM articles WHERE id = :id", id=article),
            "article": article,
            "word": quote_plus(words[0]),
            "rare": quote_plus(max(words[:20], key=len)),
            "subscription": one("SELECT id FROM subscriptions ORDER BY id LIMIT 1"),
            "channel": one("SELECT id FROM channels ORDER BY id LIMIT 1"),
            "delivery": one("SELECT key FROM deliveries ORDER BY id DESC OFFSET 500 LIMIT 1"),
            "feed": one("SELECT id FROM feeds ORDER BY id OFFSET (SELECT count(*) / 3 FROM feeds) LIMIT 1"),
        }


def as_table(timings: Sequence[Timing]) -> str:
    """For people."""
    lines = [f"{'page':40} {'state':>5} {'kB':>7} {'first':>7} {'median':>7} {'p95':>7} {'worst':>7}  ms"]
    for t in timings:
        over = "  over the aim" if t.p95_ms > AIM_MS else ""
        lines.append(
            f"{t.path[:40]:40} {t.status:>5} {t.kilobytes:>7.1f} {t.first_ms:>7.1f} {t.median_ms:>7.1f} "
            f"{t.p95_ms:>7.1f} {t.worst_ms:>7.1f}{over}"
        )
    return "\n".join(lines)


@click.command()
@click.option("--articles", default=Size.articles, show_default=True)
@click.option("--feeds", default=Size.feeds, show_default=True)
@click.option("--topics", default=Size.topics, show_default=True)
@click.option("--deliveries", default=Size.deliveries, show_default=True)
@click.option(
    "--rounds",
    default=40,
    show_default=True,
    type=click.IntRange(2),
    help="How often each page is asked for.",
)
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Keep the database there, and use it if it is there."
)
@click.option("--json", "as_json", type=click.Path(path_type=Path), help="All figures.")
def main(
    articles: int,
    feeds: int,
    topics: int,
    deliveries: int,
    rounds: int,
    keep: Path | None,
    as_json: Path | None,
) -> None:
    """How long each page takes on the server."""
    size = Size(articles=articles, feeds=feeds, topics=topics, deliveries=deliveries)
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pantau-pages-")))
        folder.mkdir(parents=True, exist_ok=True)
        running = stack.enter_context(bundled(folder, log=lambda *_args, **_facts: None))
        secret = kept_secret(folder)
        engine = open_engine(Secret(running.database))
        stack.callback(engine.dispose)
        migrations.upgrade(engine)
        _fill(engine, running.database, size, KeyRing.of((secret,)))
        port, _ = stack.enter_context(web(running.database, running.redis, secret, folder))
        browser = Browser(port)
        browser.log_in()
        places = names(engine)
        timings = []
        for page in PAGES:
            timings.append(measure(browser, page.format(**places), rounds))
            click.echo(as_table(timings[-1:]).splitlines()[1], err=True)
    click.echo(as_table(timings))
    if as_json is not None:
        as_json.write_text(json.dumps([vars(timing) for timing in timings], indent=1))


def _fill(engine: Engine, url: str, size: Size, keys: KeyRing) -> None:
    with engine.begin() as connection:
        if connection.execute(text("SELECT count(*) FROM users")).scalar_one():
            return
        add_visitor(connection)
    began = time.perf_counter()
    plant(engine, url, size, keys, clock())
    click.echo(f"the database was filled in {time.perf_counter() - began:.0f} s", err=True)


if __name__ == "__main__":
    main()
