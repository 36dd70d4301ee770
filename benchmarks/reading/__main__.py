"""`python -m benchmarks.reading`: a subcommand for each thing that is measured."""

from __future__ import annotations

import click

from benchmarks.reading.polling import polling


@click.group()
def main() -> None:
    """Measure how Pantau reads the world."""


main.add_command(polling)

if __name__ == "__main__":
    main()
