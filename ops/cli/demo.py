"""`pantau demo`: see the whole job at once, offline."""

from __future__ import annotations

import os
from dataclasses import replace

import click


@click.command()
@click.option("--once", is_flag=True, help="End by itself, with the proof.")
@click.option(
    "--chaos", is_flag=True, help="Kill workers and Valkey in mid-delivery, and show the same counts."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="The dashboard's port.  [default: any free one]"
)
def demo(once: bool, chaos: bool, port: int) -> int:
    """Show the whole job on a built-in sample newsroom: real servers, no internet."""
    from ops.demo import play
    from worker.settings import from_env

    settings = replace(from_env(os.environ), port=port)
    proof = play(settings, once=once, chaos=chaos, tell=_tell)
    return 0 if proof is None or proof.sound else 1


def _tell(line: str) -> None:
    click.echo(line)
