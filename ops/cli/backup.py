"""`pantau backup | restore | release`: a copy of everything in one file, the way back, and the word to go on."""

from __future__ import annotations

from pathlib import Path

import click

from ops.cli.connected import connected
from ops.cli.output import say
from worker.errors import BadInput, TryAgain

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command()
@FILE
def backup(file: Path) -> None:
    """Copy everything (articles, topics, people, the ledger) into one file, while all runs. The keys that seal its
    secrets are not in it: keep them elsewhere, since without them no secret opens."""
    from ops.backup import make
    from ops.kit import settings_of

    settings = settings_of()
    manifest = make(settings, file)
    click.echo(f"{file}: {manifest.bytes:,} bytes, tables of revision {manifest.schema}")
    where = "PANTAU_SECRET_KEY" if settings.secret_keys else f"the key file in {settings.data_dir}"
    say(f"not in it: the keys ({where}). Keep them elsewhere; without them its secrets do not open.")


@click.command()
@FILE
@click.option("--replace", is_flag=True, help="Put it in the place of what the database holds.")
def restore(file: Path, replace: bool) -> None:
    """Put a backup in the database's place; stop `pantau up` or the workers before. Afterwards nothing is sent until
    you say so: `pantau release`."""
    import os

    from ops.backup import bring_back
    from worker.settings import from_env

    # not what a running `up` uses: a restore wants the database for itself
    manifest, held = bring_back(from_env(os.environ), file, replace=replace)
    click.echo(f"restored: as it was on {manifest.made_at}")
    click.echo(
        f"Nothing is sent yet: {held.deliveries} unsent messages of {held.channels} channels may have gone out since, "
        "and so may what feeds have brought meanwhile.\n"
        "Start Pantau, let it poll, then say what becomes of them:\n"
        "  pantau release --drop   what may have been told is not told again\n"
        "  pantau release --send   everything goes out, what feeds have brought meanwhile as one summary"
    )


@click.command()
@click.option(
    "--send/--drop", "send", default=None, help="What may have been told before goes out, or does not."
)
@click.option("--now", is_flag=True, help="Do not wait for feeds that were not polled since.")
def release(send: bool | None, now: bool) -> None:
    """After a restore: let sending go on."""
    from ops.releasing import NothingWaits, Released, TooEarly
    from ops.releasing import release as let_go
    from ops.store.audit_log import COMMAND_LINE

    if send is None:
        raise click.UsageError("say --send or --drop")
    with connected() as connection:
        outcome = let_go(connection, drop=not send, now=now, who=COMMAND_LINE)
    match outcome:
        case NothingWaits():
            raise BadInput("nothing waits for that word: this database was not restored, or was released")
        case TooEarly(unpolled):
            raise TryAgain(
                f"{unpolled} feeds were not polled since the restore, and what they bring may have been told: "
                "try again in a minute, or add --now"
            )
        case Released(dropped):
            kept = f"{dropped} alerts are suppressed (restored); " if not send else ""
            click.echo(f"{kept}sending goes on")
