"""`pantau`: the commands. Each lives in a file of its own and is imported only when it is called, so that
`pantau --version` costs no more than Python itself and click.
"""

from __future__ import annotations

import importlib
import sys

import click

from ops.cli.grouped import Group
from worker.errors import PantauError

COMMANDS = {
    "up": "ops.cli.up",
    "demo": "ops.cli.demo",
    "web": "ops.cli.processes",
    "worker": "ops.cli.processes",
    "beat": "ops.cli.processes",
    "migrate": "ops.cli.processes",
    "check": "ops.cli.watchlist",
    "apply": "ops.cli.watchlist",
    "export": "ops.cli.watchlist",
    "status": "ops.cli.status",
    "audit": "ops.cli.audit",
    "health": "ops.cli.status",
    "backup": "ops.cli.backup",
    "restore": "ops.cli.backup",
    "release": "ops.cli.backup",
    "upgrade-database": "ops.cli.newer_database",
    "doctor": "ops.cli.doctor",
    "compile": "ops.cli.compiling",
    "feeds": "ops.cli.feeds",
    "topics": "ops.cli.topics",
    "channels": "ops.cli.channels",
    "subscriptions": "ops.cli.subscriptions",
    "silences": "ops.cli.silences",
    "deliveries": "ops.cli.ledger",
    "feedback": "ops.cli.feedback",
    "articles": "ops.cli.articles",
    "why": "ops.cli.why",
    "users": "ops.cli.users",
    "keys": "ops.cli.keys",
    "parse": "ops.cli.files",
    "extract": "ops.cli.files",
    "match": "ops.cli.files",
}

INTERRUPTED = 130


class Commands(Group):
    """The commands by name, loaded when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's
        """All names, in the order a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's
        """The command of this name; None where there is none."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = getattr(importlib.import_module(module), cmd_name.replace("-", "_"))
        return command


def _version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"pantau {version('pantau')}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
)
def pantau() -> None:
    """Pantau watches the news for you: it polls feeds, reads the articles behind them, finds the ones that touch
    your topics in any language, and tells the right people once, fast, and with the reason."""


def main(arguments: list[str] | None = None) -> None:
    """Runs a command; whatever we foresaw ends in a sentence and its exit code."""
    try:
        code = pantau.main(arguments, prog_name="pantau", standalone_mode=False)
    except PantauError as error:
        _end(str(error), error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone; there is nobody left to tell
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _end(sentence: str, code: int) -> None:
    click.echo(f"pantau: {sentence}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
