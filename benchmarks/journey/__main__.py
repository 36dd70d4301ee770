"""`python -m benchmarks.journey`: Pantau and others watch the same newsroom, and one table says how that went."""

from __future__ import annotations

import json
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from benchmarks.journey.roster import all_peers
from benchmarks.journey.table import rendered
from benchmarks.journey.way import Setting, journey


@click.command()
@click.option(
    "--feeds", default=500, show_default=True, type=click.IntRange(10, 9999), help="How many feeds."
)
@click.option("--peers", help="Some peers only, by commas; `list` names them.")
@click.option("--news", default=5, show_default=True, type=click.IntRange(1, 100), help="Rounds with news.")
@click.option("--quiet", default=3, show_default=True, type=click.IntRange(1, 100), help="Rounds without.")
@click.option("--faults/--no-faults", default=True, show_default=True, help="Kill, refuse, poison.")
@click.option(
    "--window", default=20.0, show_default=True, help="Seconds of a quiet round of what always runs."
)
@click.option("--patience", default=300.0, show_default=True, help="Seconds that one step may take.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False), help="Write all figures there.")
def main(
    feeds: int,
    peers: str | None,
    news: int,
    quiet: int,
    faults: bool,
    window: float,
    patience: float,
    json_file: str | None,
) -> None:
    """Measure the whole way, from an entry in a feed to a message that was taken."""
    known = all_peers()
    if peers == "list":
        click.echo("\n".join(known))
        return
    names = [name.strip() for name in peers.split(",")] if peers else list(known)
    if unknown := [name for name in names if name.lower() not in {each.lower() for each in known}]:
        raise click.UsageError(f"no peer is called {unknown[0]!r}; there are: {'; '.join(known)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that whatever runs is ended, too
    setting = Setting(feeds, news, quiet, faults, patience, window)
    found: list[dict[str, Any]] = []
    for peer in (each for each in known.values() if each.name.lower() in {name.lower() for name in names}):
        found.append(journey(peer, setting, partial(_say, peer.name)))
        if json_file:
            Path(json_file).write_text(json.dumps(found, indent=1), encoding="utf-8")
    click.echo(rendered(found))


def _say(name: str, step: str) -> None:
    click.echo(f"{name}: {step}", err=True)


if __name__ == "__main__":
    main()
