"""`pantau check | apply | export`: declaring what to watch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ops.cli.output import json_option, print_json, say

if TYPE_CHECKING:
    from ops.watchlist import Watchlist

FILE = click.argument("file", type=click.Path(path_type=Path))


@click.command()
@FILE
@json_option
def check(file: Path, as_json: bool) -> int:
    """Check a watchlist file without applying it; needs no server and no network."""
    from ops import kit
    from ops.apply import served_kinds
    from ops.packs import read_folder
    from ops.watchlist import Snapshot, known_after, parse_watchlist, read_watchlist

    packs, doubts = read_folder(kit.settings_of().data_dir)
    known = known_after(Snapshot(folder=packs or ()))
    found, complaints, warnings = parse_watchlist(
        read_watchlist(file), str(file), known=known, served_kinds=served_kinds()
    )
    warnings = [*doubts, *warnings]
    if as_json:
        print_json(
            {"ok": found is not None, "errors": complaints, "warnings": warnings, "notes": _additions(found)}
        )
    else:
        for complaint in complaints:
            click.echo(str(complaint))
        for warning in warnings:
            say(f"warning: {warning}")
        for addition in _additions(found):
            say(f"note: {addition}")
        if found is not None:
            click.echo(f"{file}: {_counts(found)}, no fault found")
    return 0 if found is not None else 65


def _counts(found: Watchlist) -> str:
    nouns = (
        ("feeds", "feed"),
        ("topics", "topic"),
        ("channels", "channel"),
        ("subscriptions", "subscription"),
    )
    counted = [(len(getattr(found, many)), many, one) for many, one in nouns]
    entities = len(found.entities)
    counted += [(entities, "entities", "entity")] if entities else []
    return ", ".join(f"{n} {many if n != 1 else one}" for n, many, one in counted)


def _additions(found: Watchlist | None) -> list[str]:
    """Entities that are not new, but add their names to one that Pantau brings."""
    from worker.match.entities import entity_of, shipped

    return [
        f"[[entity]] {entity.key}: @{entity.key} is brought by Pantau ({shipped()[entity.key].title}), and takes these "
        f"names besides: {', '.join(name.text for name in entity_of(entity.said).names) or 'none'}"
        for entity in (found.entities if found else ())
        if entity.key in shipped()
    ]


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
    from ops.apply import everything, stored_watchlist
    from ops.watchlist import write_watchlist

    written = write_watchlist(everything(stored_watchlist(kit.settings_of())))
    if as_json:
        print_json(tomllib.loads(written))
    else:
        click.echo(written, nl=False)
