"""`python -m benchmarks.backtest`: how long it takes to try a query on 50,000 stored articles."""

from __future__ import annotations

import html
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy import text

from benchmarks.backtest.planting import Size, plant, texts
from benchmarks.visitor import NAME, Browser, add_visitor, kept_secret, web
from ops import migrations
from ops.kit import clock
from ops.searching import Comparison, Search, Shelved, comparing, searching
from ops.servers import bundled
from ops.store.watched import articles_of_last
from worker.match.closely import Closely
from worker.match.entities import Catalogue
from worker.match.sieve import Sieve
from worker.model import Article
from worker.secrets import Secret
from worker.store.engine import Engine, open_engine
from worker.store.topics import catalogue

Item = TypeVar("Item")

TOLD_EVERY = 200
"""Articles, as the page has it."""
AGAIN_S = 0.25
"""How soon the page asks again for what is not yet done."""
AT_REST_S = 3.0
"""From the process's start to the first query: nobody logs in and writes one sooner."""
BESIDE = 1_000
"""Articles that are read closely, for comparison."""

QUERIES: tuple[tuple[str, str | None], ...] = (
    ("gempa", None),
    ("gempa OR banjir OR tsunami OR longsor OR erupsi", None),
    ('(gempa OR "gunung meletus") AND (Jayapura NEAR/5 dini) NOT simulasi', None),
    ("@brazil", None),
    ("gempa", "gempa OR @brazil"),
    ("tidak-ada-di-mana-pun", None),
)
"""What is tried, and in whose place."""


@dataclass(frozen=True)
class Timing:
    """One query: seconds by the wall to the first figures and to all, and of this process's processor for all of it."""

    query: str
    in_place_of: str | None
    matched: int
    articles: int
    first_s: float
    all_s: float
    cpu_s: float
    read: int
    """Articles that had to be read closely."""
    sieve_us: float
    closely_us: float
    """For one article; of all articles and of those that were read."""
    every_s: float
    """What reading all articles closely would take of the processor, without bringing them."""


def measure(engine: Engine, query: str, saved: str | None, seconds: float) -> Timing:
    """Tries the query as the page does, then its stages one by one on some of the articles."""
    began, cpu = time.perf_counter(), time.process_time()
    with engine.connect() as connection:
        known = catalogue(connection)
        coming = tried(query, saved, articles_of_last(connection, seconds), known)
        found = next(coming)
        first_s = time.perf_counter() - began
        for further in coming:
            found = further
    all_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    queries = [query] if saved is None else [saved, query]
    with engine.connect() as connection:
        some = list(articles_of_last(connection, seconds, BESIDE))
    through, sieve_s = sifted(Sieve(queries, known), some)
    closely = Closely(queries, known)
    opened = [each.opened().article for each in some]
    kept = [article for article, read in zip(opened, through, strict=True) if read]
    read_s, every_s = cpu_of(closely, kept), cpu_of(closely, opened)
    search = found if isinstance(found, Search) else found.new
    return Timing(
        query,
        saved,
        search.matched,
        search.articles,
        first_s,
        all_s,
        cpu_s,
        read=round(len(kept) / max(len(some), 1) * search.articles),
        sieve_us=sieve_s / max(len(some), 1) * 1e6,
        closely_us=read_s / max(len(kept), 1) * 1e6,
        every_s=every_s / max(len(some), 1) * search.articles,
    )


def tried(
    query: str, saved: str | None, articles: Iterable[Shelved], known: Catalogue
) -> Iterator[Comparison | Search]:
    """What was found so far, as the page asks for it."""
    if saved is None:
        yield from searching(query, articles, known, by_term=False, every=TOLD_EVERY)
    else:
        yield from comparing(saved, query, articles, known, by_term=False, every=TOLD_EVERY)


def sifted(sieve: Sieve, some: Sequence[Shelved]) -> tuple[list[bool], float]:
    """Which of the articles must be read, and the processor's seconds."""
    letters = [each.letters for each in some]
    began = time.process_time()
    through = sieve.through(letters)
    return through, time.process_time() - began


def cpu_of(closely: Closely, articles: Iterable[Article]) -> float:
    """The processor's seconds for reading them."""
    began = time.process_time()
    for article in articles:
        closely.hits(closely.read(article))
    return time.process_time() - began


def fetched(engine: Engine, seconds: float) -> tuple[float, float]:
    """The seconds for only bringing all articles: by the wall, and of this process's processor."""
    began, cpu = time.perf_counter(), time.process_time()
    with engine.connect() as connection:
        for _ in articles_of_last(connection, seconds):
            pass
    return time.perf_counter() - began, time.process_time() - cpu


def best(rounds: int, work: Callable[[], Item], cost: Callable[[Item], float]) -> Item:
    """The quickest of several."""
    return min((work() for _ in range(rounds)), key=cost)


@dataclass(frozen=True)
class Shown:
    """One query on the page of a running web process: seconds until it showed figures of any kind, and all of them;
    what it said of its own time; and of that process's processor."""

    query: str
    in_place_of: str | None
    first_s: float
    all_s: float
    said: str
    cpu_s: float


def tried_on_page(browser: Browser, query: str, saved: str | None, web_pid: int) -> Shown:
    """Presses "Try it", and again AGAIN_S after each answer that is not the last, as the page itself does; on the page
    of the saved query's topic, if there is one in whose place it is tried."""
    path = "/topics/new" if saved is None else f"{saved_as_topic(browser, saved)}/edit"
    fields = filled_in(browser, path) | {"query": query, "since": "30", "do": "try"}
    cpu, began, first_s = spent_by(web_pid), time.perf_counter(), None
    while True:
        status, page = browser.ask("POST", path, fields)
        all_s = time.perf_counter() - began
        assert status == 200, (status, page[:200])
        told = html.unescape(re.sub(r"<[^>]+>", " ", page))
        first_s = first_s or all_s
        if said := re.search(r"Tried on [^.]+\.\d s", told):
            return Shown(query, saved, first_s, all_s, said[0], spent_by(web_pid) - cpu)
        time.sleep(AGAIN_S)


def saved_as_topic(browser: Browser, query: str) -> str:
    """The page of a topic with this query; it is called by it, and saved where there is none yet."""
    named = re.compile(rf'href="(/topics/\d+)">\s*(?:<[^>]+>\s*)*{re.escape(html.escape(query))}\s*<')
    found = named.search(browser.ask("GET", "/topics")[1])
    if found is None:
        fields = filled_in(browser, "/topics/new") | {"name": query, "query": query, "do": "save"}
        status, page = browser.ask("POST", "/topics/new", fields)
        assert status == 303, (status, page[:200])
        found = named.search(browser.ask("GET", "/topics")[1])
    assert found, query
    return found[1]


def filled_in(browser: Browser, path: str) -> dict[str, str]:
    """The editor's hidden fields, as the form would send them."""
    page = browser.ask("GET", path)[1]
    hidden = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page))
    assert "csrf" in hidden, page[:200]
    return {name: html.unescape(value) for name, value in hidden.items()} | {"mode": "query", "tab": "all"}


def spent_by(pid: int) -> float:
    """The processor's seconds that a process has had so far (proc_pid_stat(5))."""
    facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")


def ask_the_page(database: str, redis: str, folder: Path, rounds: int) -> Iterator[list[Shown]]:
    """Each query on the page, the first of them in a fresh process; once in each of several processes, since an answer
    is kept for whoever asks again."""
    for _ in range(rounds):
        with web(database, redis, kept_secret(folder), folder) as (port, pid):
            browser = Browser(port)
            browser.log_in()
            time.sleep(AT_REST_S)
            yield [tried_on_page(browser, query, saved, pid) for query, saved in QUERIES]


def as_line(timing: Timing) -> str:
    """For people."""
    return (
        f"{written(timing)} {timing.matched:>7,} {timing.read:>7,} {timing.first_s:>6.2f} {timing.all_s:>6.2f} "
        f"{timing.cpu_s:>6.2f} {timing.sieve_us:>6.0f} {timing.closely_us:>7.0f} {timing.every_s:>7.1f} "
        f"{timing.every_s / timing.cpu_s:>6.1f}"
    )


def written(tried: Timing | Shown) -> str:
    """The query, and in whose place it was tried."""
    place = "" if tried.in_place_of is None else f"  in place of  {tried.in_place_of}"
    return f"{tried.query + place:68.68}"


def as_said(shown: Shown) -> str:
    """For people."""
    return (
        f"{written(shown)} first {shown.first_s:4.1f} s, all {shown.all_s:4.1f} s, "
        f"{shown.cpu_s:4.1f} s of its processor: {shown.said}"
    )


HEAD = (
    f"{'query':68} {'matched':>7} {'read':>7} {'first':>6} {'all':>6} {'cpu':>6} {'sieve':>6} {'closely':>7} "
    f"{'every':>7} {'ratio':>6}\n"
    f"{'':68} {'':7} {'':7} {'s':>6} {'s':>6} {'s':>6} {'µs':>6} {'µs':>7} {'s':>7} {'×':>6}"
)


@click.command()
@click.option("--articles", default=Size.articles, show_default=True)
@click.option(
    "--different", default=Size.different, show_default=True, help="Articles with a text of their own."
)
@click.option(
    "--rounds", default=3, show_default=True, help="Each query is tried so often; the quickest counts."
)
@click.option("--page", is_flag=True, help="Ask the page of a running web process instead of its functions.")
@click.option("--seed", default=7, show_default=True)
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Keep the database there, and use it if it is there."
)
@click.option("--json", "as_json", type=click.Path(path_type=Path), help="All figures.")
def main(
    articles: int,
    different: int,
    rounds: int,
    page: bool,
    seed: int,
    keep: Path | None,
    as_json: Path | None,
) -> None:
    """How long it takes to try a query on stored articles."""
    size = Size(articles=articles, different=min(different, articles))
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pantau-backtest-")))
        folder.mkdir(parents=True, exist_ok=True)
        running = stack.enter_context(bundled(folder, log=lambda *_args, **_facts: None))
        engine = open_engine(Secret(running.database))
        stack.callback(engine.dispose)
        migrations.upgrade(engine)
        fill(engine, running.database, size, seed)
        seconds = (size.days + 1) * 86400.0
        click.echo(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", err=True)
        if page:
            asked = []
            for shown in ask_the_page(running.database, running.redis, folder, rounds):
                click.echo("\n".join(map(as_said, shown)) + "\n")
                asked += shown
            keep_figures(as_json, asked)
            return
        fetch_s, fetch_cpu_s = best(rounds, lambda: fetched(engine, seconds), lambda took: took[0])
        click.echo(
            f"{articles:,} articles are brought in {fetch_s:.2f} s, {fetch_cpu_s:.2f} s of this processor\n"
        )
        click.echo(HEAD)
        timings = []
        for query, saved in QUERIES:
            timings.append(
                best(
                    rounds,
                    partial(measure, engine, query, saved, seconds),
                    lambda timing: timing.all_s,
                )
            )
            click.echo(as_line(timings[-1]))
        click.echo(f"load {os.getloadavg()[0]:.1f}", err=True)
    keep_figures(as_json, timings)


def keep_figures(file: Path | None, figures: Sequence[Timing] | Sequence[Shown]) -> None:
    """Writes all figures, where somebody wants them."""
    if file is not None:
        file.write_text(json.dumps([vars(each) for each in figures], indent=1))


def fill(engine: Engine, url: str, size: Size, seed: int) -> None:
    """Plants the articles and the visitor, unless they are there."""
    with engine.begin() as connection:
        if not connection.execute(
            text("SELECT count(*) FROM users WHERE name = :name"), {"name": NAME}
        ).scalar_one():
            add_visitor(connection)
        if connection.execute(text("SELECT count(*) FROM articles")).scalar_one():
            return
    began = time.perf_counter()
    plant(engine, url, size, texts(size, seed), clock())
    click.echo(f"the database was filled in {time.perf_counter() - began:.0f} s", err=True)


if __name__ == "__main__":
    main()
