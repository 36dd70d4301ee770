"""`pantau upgrade-database`: over a major version of the bundled PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import click

from ops.cli.output import say
from worker.errors import BadInput


@click.command("upgrade-database")
@click.option(
    "--old-binaries",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Where the programs of the older PostgreSQL are, where they are not found.",
)
def upgrade_database(old_binaries: Path | None) -> None:
    """Bring the database of the data directory to the newest PostgreSQL that this Pantau brings; stop `pantau up`
    before. The old data is kept beside it, and nothing that was sent is sent again."""
    import os

    from ops.new_major import Moved, NothingToMove
    from ops.new_major import upgrade_database as move
    from worker.settings import from_env

    settings = from_env(os.environ)
    if settings.database_url is not None:
        raise BadInput("PANTAU_DATABASE_URL names a server of yours: upgrade it by its own means")
    match move(settings.data_dir, old_binaries, say):
        case NothingToMove():
            click.echo("the database is of the newest PostgreSQL that this Pantau brings: nothing to do")
        case Moved(written, newest, kept, rows):
            click.echo(
                f"the database is of PostgreSQL {newest} now, with all its {rows:,} rows\n"
                f"As PostgreSQL {written} left it, it lies in {kept}: start Pantau, look at `pantau audit`, "
                "then remove it"
            )
