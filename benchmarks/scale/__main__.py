"""`python -m benchmarks.scale`: what ten thousand, fifty thousand and a hundred and eighty thousand feeds cost."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from benchmarks.scale.database import log_statements
from benchmarks.scale.installation import installation
from benchmarks.scale.planting import fall_due, hosts_of, plant_feeds, plant_house, put_off, vacuum
from benchmarks.scale.room import Room, room
from benchmarks.scale.setting import Setting, Size, sizes
from benchmarks.scale.table import rendered
from benchmarks.scale.window import idle, watched
from ops import migrations
from ops.kit import clock
from ops.servers import bundled
from worker.secrets import KeyRing, Secret
from worker.store.engine import open_engine

DEFAULT = "10000@300,50000@300,180000@3600"
QUICK = Setting(sizes("1000@60"), 30, 10, 5, articles=1_000, topics=200, subscriptions=20, channels=10)
_SECRET = "a secret for this benchmark alone"  # noqa: S105
_BEGINS_IN = timedelta(seconds=5)
_FIRST_PER_S = 2.0


@click.command()
@click.option(
    "--sizes", "told", default=DEFAULT, show_default=True, help="feeds@seconds, the smallest first."
)
@click.option("--window", default=300.0, show_default=True, help="Seconds for which each size is measured.")
@click.option("--settle", default=45.0, show_default=True, help="Seconds of polling before that.")
@click.option("--idle", "idle_s", default=20.0, show_default=True, help="Seconds for which nothing is due.")
@click.option("--articles", default=1_000_000, show_default=True, help="Articles that are stored.")
@click.option("--topics", default=100_000, show_default=True, help="Topics that are watched.")
@click.option("--subscriptions", default=1_000, show_default=True, help="Who hears of ten topics each.")
@click.option("--news", default=0.01, show_default=True, help="The share of polls that bring a new entry.")
@click.option("--feeds-per-host", default=20, show_default=True, type=click.IntRange(1))
@click.option("--no-pages", is_flag=True, help="Articles are read as the feed has them.")
@click.option("--more-polling", default=0, show_default=True, help="Workers that poll, beside that of `up`.")
@click.option("--more-reading", default=0, show_default=True, help="Workers that read, beside that of `up`.")
@click.option(
    "--quick", is_flag=True, help="1,000 feeds each minute, for half a minute, with hardly anything beside."
)
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False), help="Write all figures there after each size."
)
def main(
    told: str,
    window: float,
    settle: float,
    idle_s: float,
    articles: int,
    topics: int,
    subscriptions: int,
    news: float,
    feeds_per_host: int,
    no_pages: bool,
    more_polling: int,
    more_reading: int,
    quick: bool,
    json_file: str | None,
) -> None:
    """Measure an installation with very many feeds: processor, memory, lateness, and what does not stay flat."""
    try:
        setting = Setting(
            sizes(told), window, settle, idle_s, articles, topics, subscriptions,
            news=news, feeds_per_host=feeds_per_host, pages=not no_pages,
            more_polling=more_polling, more_reading=more_reading,
        )  # fmt: skip
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--sizes") from error
    if quick:
        setting = replace(QUICK, pages=not no_pages, more_polling=more_polling, more_reading=more_reading)
    found = run(setting, lambda done: _write(json_file, setting, done))
    click.echo(rendered(found))


def run(setting: Setting, after_each: Callable[[list[dict[str, Any]]], None]) -> list[dict[str, Any]]:
    """All sizes, one after the other, on one database that grows."""
    place = Path(tempfile.mkdtemp(prefix="pantau-scale-"))
    place.chmod(0o711)  # the account that the servers run as must reach what lies in it
    found: list[dict[str, Any]] = []
    try:
        with room(hosts_of(setting, setting.sizes[-1].feeds), setting.seed) as newsroom:
            already = 0
            for size in setting.sizes:
                _say(f"{size}: planting")
                _plant(place / "data", setting, size, newsroom, already)
                already = size.feeds
                found.append(_measured(place / "data", setting, size, newsroom))
                after_each(found)
        return found
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _plant(data: Path, setting: Setting, size: Size, newsroom: Room, already: int) -> None:
    with bundled(data, log=lambda _name, _line: None) as urls:
        engine = open_engine(Secret(urls.database))
        try:
            migrations.upgrade(engine)
            if already:
                put_off(urls.database, clock())
            plant_feeds(urls.database, setting, size, newsroom.port, already, clock())
            if not already:
                keys = KeyRing.of((_SECRET,))
                plant_house(engine, urls.database, setting, newsroom.hook, keys, clock())
                log_statements(urls.database)
        finally:
            engine.dispose()
        vacuum(urls.database)


def _measured(data: Path, setting: Setting, size: Size, newsroom: Room) -> dict[str, Any]:
    _say(f"{size}: starting")
    began = time.monotonic()
    with installation(data, _SECRET, setting) as house:
        started_s = time.monotonic() - began
        time.sleep(setting.idle_s / 2)  # what is loaded after the start is loaded by then
        quiet = idle(house, setting.idle_s)
        fall_due(house.database, size, clock() + _BEGINS_IN)
        _say(f"{size}: settling")
        _settle(newsroom, setting, size)
        _say(f"{size}: measuring for {setting.window_s:g} s")
        found = watched(house, newsroom, setting.window_s)
    return found | {
        "size": str(size),
        "feeds": size.feeds,
        "wanted_per_s": size.polls_per_s,
        "idle_ms_per_s": quiet,
        "started_s": started_s,
        "load": os.getloadavg()[1],
    }


def _settle(newsroom: Room, setting: Setting, size: Size) -> None:
    """At first there is more news, since what reads, plans and sends loads its words with the first: that counts for
    nothing. Then it is as it will be."""
    time.sleep(_BEGINS_IN.total_seconds())
    newsroom.news = min(1.0, max(setting.news, _FIRST_PER_S / size.polls_per_s))
    newsroom.counted()
    time.sleep(setting.settle_s / 2)
    newsroom.news = setting.news
    newsroom.counted()
    time.sleep(setting.settle_s / 2)


def _write(file: str | None, setting: Setting, found: list[dict[str, Any]]) -> None:
    if file:
        told = {"setting": asdict(setting), "found": found}
        Path(file).write_text(json.dumps(told, indent=1), encoding="utf-8")


def _say(what: str) -> None:
    click.echo(what, err=True)


if __name__ == "__main__":
    main()
