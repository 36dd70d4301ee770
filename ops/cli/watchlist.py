"""`pantau check | apply | export`: declaring what to watch."""

from __future__ import annotations

from pathlib import Path

import click

from ops.cli.output import json_option, print_json, say

FILE = click.argument("file", type=click.Path(path_type=Path))


@click.command()
@FILE
@json_option
def check(file: Path, as_json: bool) -> int:
    """Check a watchlist file without applying it; needs no server and no network."""
    from ops.apply import served_kinds
    from ops.watchlist import Known, parse_watchlist, read_watchlist

    found, complaints, warnings = parse_watchlist(
        read_watchlist(file), str(file), known=Known(), served_kinds=served_kinds()
    )
    if as_json:
        print_json({"ok": found is not None, "errors": complaints, "warnings": warnings})
    else:
        for complaint in complaints:
            click.echo(str(complaint))
        for warning in warnings:
            say(f"warning: {warning}")
        if found is not None:
            click.echo(f"{file}: {_counts(found)}, no fault found")
    return 0 if found is not None else 65


def _counts(found: object) -> str:
    nouns = ("feeds", "topics", "channels", "subscriptions")
    counted = [(len(getattr(found, noun)), noun) for noun in nouns]
    return ", ".join(f"{n} {noun if n != 1 else noun.removesuffix('s')}" for n, noun in counted)


@click.command()
@FILE
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--prune", is_flag=True, help="Remove what a file declared earlier and this one does not.")
@json_option
def apply(file: Path, dry_run: bool, prune: bool, as_json: bool) -> None:
    """Apply a watchlist file: all or nothing; running workers act on it within 2 seconds."""
    from ops import kit
    from ops.apply import apply_file
    from ops.watchlist import as_json as changes_json
    from ops.watchlist import as_text

    outcome = apply_file(file, kit.settings_of(), dry_run=dry_run, prune=prune)
    for warning in outcome.warnings:
        say(f"warning: {warning}")
    if as_json:
        print_json({**changes_json(outcome.changes), "dry_run": dry_run, "warnings": outcome.warnings})
    else:
        click.echo(as_text(outcome.changes))


@click.command()
@json_option
def export(as_json: bool) -> None:
    """Print everything that is watched as a watchlist; secrets as references."""
    import tomllib

    from ops import kit
    from ops.apply import stored_watchlist
    from ops.watchlist import Watchlist, write_watchlist

    stored = stored_watchlist(kit.settings_of())
    both = (stored.declared, stored.made_here)
    whole = Watchlist(
        feeds=tuple(feed for part in both for feed in part.feeds),
        topics=tuple(topic for part in both for topic in part.topics),
        channels=tuple(channel for part in both for channel in part.channels),
        subscriptions=tuple(each for part in both for each in part.subscriptions),
    )
    written = write_watchlist(whole)
    if as_json:
        print_json(tomllib.loads(written))
    else:
        click.echo(written, nl=False)
