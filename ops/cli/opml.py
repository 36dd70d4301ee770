"""`pantau feeds import | export`: lists of feeds from and for other readers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.letter import plain_text
from ops.cli.output import json_option, print_json_lines, progress, say, table

if TYPE_CHECKING:
    from ops.importing import Imported, Line, Result
    from ops.watchlist import DeclaredFeed

PARTLY, NOTHING_USABLE = 3, 65


@click.command("import")
@click.argument("file", metavar="FILE.opml", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Only show what would be added.")
@json_option
def import_feeds(file: Path, dry_run: bool, as_json: bool) -> int:
    """Add all feeds of an OPML list, with its folders as tags: in one go or not at all.

    A line that cannot be used is refused with its reason and stops no other (exit 3). FILE may be - for stdin.
    """
    from ops import kit
    from ops.importing import import_file

    def follow(found: Sequence[DeclaredFeed]) -> Iterator[DeclaredFeed]:
        return progress(found, len(found), "feeds stored")

    imported = import_file(file, kit.settings_of(), dry_run=dry_run, follow=follow)
    if as_json:
        print_json_lines(imported.lines)
    elif imported.lines:
        click.echo(
            table(
                [_imported_line(line, dry_run) for line in imported.lines], ("line", "result", "feed", "why")
            )
        )
    for warning in imported.warnings:
        say(f"warning: {warning}")
    say(_imported_in_words(imported, dry_run))
    refused = imported.count("refused")
    if refused == len(imported.lines):
        return NOTHING_USABLE
    return PARTLY if refused else 0


_RESULTS = {"watched": "watched already", "repeated": "repeated", "refused": "refused"}


def _imported_line(line: Line, dry_run: bool) -> tuple[object, ...]:
    result = _RESULTS.get(line.result, "would be added" if dry_run else "added")
    name = f"{plain_text(line.name, 60)} " if line.name and line.name != line.url else ""
    return (line.line, result, f"{name}{plain_text(line.url, 120)}", plain_text(line.why, 200))


def _imported_in_words(imported: Imported, dry_run: bool) -> str:
    if not imported.lines:
        return "the list names no feed"
    counts = [f"{imported.count('added'):,} {'would be added' if dry_run else 'added'}"]
    told: tuple[tuple[Result, str], ...] = (
        *(("watched", "watched already"), ("repeated", "repeated")),
        ("refused", "refused"),
    )
    counts += [f"{count:,} {words}" for result, words in told if (count := imported.count(result))]
    return f"{', '.join(counts)}, of {len(imported.lines):,}"


@click.command("export")
@click.option(
    "--opml/--toml", default=True, help="As OPML for any reader (default), or as part of a watchlist."
)
@json_option
def export_feeds(opml: bool, as_json: bool) -> None:
    """Print all feeds as an OPML list. It holds no passwords and headers, nor how often a feed is polled: the part of
    a watchlist that --toml prints does, with secrets as references."""
    from ops import kit
    from ops.exporting import as_opml, as_toml
    from ops.store.declared import Shelf

    settings = kit.settings_of()
    with kit.connected(settings) as connection:
        found = Shelf(connection, kit.keyring(settings)).watched_feeds()
    if as_json:
        print_json_lines(
            {"url": feed.url, "name": feed.name or None, "tags": feed.tags, "language": feed.language}
            for feed in found
        )
    else:
        click.echo(as_opml(found, kit.clock()) if opml else as_toml(found), nl=False)
