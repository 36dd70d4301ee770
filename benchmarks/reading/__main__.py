"""`python -m benchmarks.reading`: a subcommand for each thing that is measured, found by its name in this package."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import click

import benchmarks.reading


class Measurements(click.Group):
    """The commands of this package's modules that are called like their module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all that can be measured."""
        names = (module.name for module in iter_modules(benchmarks.reading.__path__))
        return [name for name in sorted(names) if not name.startswith("_") and self.get_command(ctx, name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name; None where there is none."""
        if cmd_name not in {module.name for module in iter_modules(benchmarks.reading.__path__)}:
            return None
        command = getattr(import_module(f"benchmarks.reading.{cmd_name}"), cmd_name, None)
        return command if isinstance(command, click.Command) else None


@click.command(cls=Measurements)
def main() -> None:
    """Measure how Pantau reads the world."""


if __name__ == "__main__":
    main()
