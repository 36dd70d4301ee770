"""`pantau up`: everything on this machine."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import click


@click.command()
@click.option(
    "--watchlist", metavar="FILE", type=click.Path(path_type=Path), help="Apply this watchlist at the start."
)
@click.option("--host", metavar="HOST", help="The dashboard's address.  [default: 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="The dashboard's port, 0 for any.  [default: 8484]"
)
def up(watchlist: Path | None, host: str | None, port: int | None) -> None:
    """Run everything on this machine in the foreground: servers, workers, beat, dashboard."""
    from ops.up import Plan
    from ops.up import up as run
    from ops.watchlist import read_watchlist
    from worker.settings import from_env

    settings = from_env(os.environ)
    settings = replace(settings, host=host or settings.host, port=settings.port if port is None else port)
    if watchlist is not None:
        read_watchlist(watchlist)  # a missing file is told before any server starts
    plan = Plan(settings, watchlist.absolute() if watchlist else None, on_ready=_say_ready)
    sys.exit(run(plan))


def _say_ready(address: str) -> None:
    click.echo(f"ready {address}")
    sys.stdout.flush()
