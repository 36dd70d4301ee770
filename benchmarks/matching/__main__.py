"""`python -m benchmarks.matching`: the command line."""

from __future__ import annotations

import json
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

import click

from benchmarks.matching.quick import look
from benchmarks.matching.run import PEERS, measured
from benchmarks.matching.table import rendered
from benchmarks.matching.workload import Setting, prepare

_MOST_TOPICS_FOR_PEERS = 100_000


def _numbers(_context: object, _option: object, text: str | None) -> list[int] | None:
    if text is None:
        return None
    if not all(part.isdecimal() and int(part) for part in text.split(",")):
        raise click.BadParameter(f"'{text}' is no list of numbers such as 1000,10000")
    return [int(part) for part in text.split(",")]


def _peers(_context: object, _option: object, text: str | None) -> list[str] | None:
    if text is None:
        return None
    names = [] if text == "none" else text.split(",")
    if unknown := set(names) - set(PEERS):
        raise click.BadParameter(f"'{min(unknown)}' is none of {', '.join(PEERS)}; or say none")
    return names


@click.command()
@click.option(
    "--topics", callback=_numbers, help="How many, by commas; 1000,10000,100000, or 100000 with --quick."
)
@click.option("--articles", type=click.IntRange(1), help="How many articles; 1000, or 300 with --quick.")
@click.option("--peers", callback=_peers, help=f"Of {','.join(PEERS)}; or none. All, up to 100,000 topics.")
@click.option("--seconds", default=20.0, show_default=True, help="How long a peer may match, in all.")
@click.option("--seed", default=7, show_default=True, help="Another seed makes other articles and topics.")
@click.option("--entities", is_flag=True, help="Let some topics ask for entities and languages.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write all figures to this file.")
@click.option("--quick", is_flag=True, help="Pantau alone, in this process: for tuning.")
@click.option("--profile", is_flag=True, help="With --quick: where the time goes.")
def main(
    topics: list[int] | None,
    articles: int | None,
    peers: list[str] | None,
    seconds: float,
    seed: int,
    entities: bool,
    json_file: Path | None,
    quick: bool,
    profile: bool,
) -> None:
    """Match generated articles against generated topics, with Pantau and by other means, and print what it took.

    PANTAU_DATA may name a directory with real pages (extraction/ground-truth.json), which are mixed in.
    """
    data = os.environ.get("PANTAU_DATA")
    setting = Setting(seed, articles or (300 if quick else 1_000), entities, Path(data) if data else None)
    if quick:
        for count in topics or [100_000]:
            look(setting, count, profile=profile)
        return
    sizes = [_size(setting, count, peers, seconds) for count in topics or [1_000, 10_000, 100_000]]
    if json_file:
        made = {"python": platform.python_version(), "seed": seed, "entities": entities, "sizes": sizes}
        json_file.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _size(setting: Setting, count: int, peers: list[str] | None, seconds: float) -> dict[str, Any]:
    """Measure all engines at one number of topics, print the table and return it."""
    if peers is None:
        peers = list(PEERS) if count <= _MOST_TOPICS_FOR_PEERS else []
    with tempfile.TemporaryDirectory(prefix="pantau-benchmark-") as directory:
        workload, pages = prepare(Path(directory), setting, count)
        click.echo(f"{count:,} topics, {setting.articles:,} articles, {pages} of them real pages")
        results = [measured(engine, workload, seconds) for engine in ("pantau", *peers)]
    click.echo(rendered(results) + "\n")
    figures = [{key: value for key, value in one.items() if not key.endswith("_us")} for one in results]
    return {"topics": count, "articles": setting.articles, "real_pages": pages, "engines": figures}


if __name__ == "__main__":
    main()
