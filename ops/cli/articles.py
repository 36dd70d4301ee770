"""`pantau articles`: looking for some, what was not read in full, and reading it once more."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from alerts.letter import plain_text
from ops.cli.connected import connected, noted
from ops.cli.grouped import Group
from ops.cli.output import json_option, print_json, print_json_lines, table
from ops.cli.sheet import csv_option, print_sheet
from ops.cli.since import time_span
from ops.moments import instant

if TYPE_CHECKING:
    from ops.searching import Sighting

NOTHING = 4
_FOUND = ("at", "source", "title", "url", "language", "words", "quote")


@click.group(cls=Group)
def articles() -> None:
    """Look for articles; list what was not read in full; read it once more."""


@articles.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--since", metavar="TIME", default="7d", show_default=True, help="Articles read in this time.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="At most so many."
)
@csv_option
@json_option
def search(words: tuple[str, ...], since: str, limit: int, as_csv: bool, as_json: bool) -> int:
    """Find stored articles with all these WORDS, the newest first. WORDS may be a whole query, with "phrases",
    @entities, OR and all else that topics have. Exit 4 if there is none."""
    from ops.searching import sightings
    from ops.store.watched import articles_of_last
    from worker.match import parse_query
    from worker.store.topics import catalogue

    if as_csv and as_json:
        raise click.UsageError("say --csv or --json")
    query, seconds = " ".join(words), time_span(since).total_seconds()
    with connected() as connection:
        known = catalogue(connection)
        parse_query(query, known)
        found = [
            _found(each)
            for each in islice(sightings(query, articles_of_last(connection, seconds), known), limit)
        ]
    if as_json:
        print_json_lines(found)
    elif as_csv:
        print_sheet(found, _FOUND)
    elif found:
        click.echo("\n".join(_shown(row) for row in found))
    else:
        click.echo(f"no article of the last {since} has that")
    return 0 if found else NOTHING


def _found(sighting: Sighting) -> dict[str, Any]:
    article = sighting.stored.article
    return {
        "at": sighting.stored.at,
        "source": article.source,
        "title": article.title,
        "url": article.url,
        "language": article.language,
        "words": list(sighting.words),
        "quote": sighting.quote.text if sighting.quote.field == "body" else "",
    }


def _shown(row: Mapping[str, Any]) -> str:
    head = f"{row['at']:%Y-%m-%d %H:%M}  {plain_text(row['source'], 40)}"
    lines = [f"{head}  {plain_text(row['title'], 160) or '(without a title)'}"]
    lines += [f"  {plain_text(row['url'], 300)}"] if row["url"] else []
    lines += [f"  > {plain_text(row['quote'], 300)}"] if row["quote"] else []
    return "\n".join(lines)


@articles.command("unread")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many."
)
@json_option
def list_unread(limit: int, as_json: bool) -> None:
    """List the newest entries that were set aside because reading them failed, or that were matched with their
    feed's own words because their page could not be had."""
    from ops.store.unread import unread

    with connected() as connection:
        rows = unread(connection, limit)
    if as_json:
        print_json_lines(rows)
    elif rows:
        headings = ("seen", "state", "tries", "feed", "article", "reason")
        click.echo(table([_line(row) for row in rows], headings))
    else:
        click.echo("everything was read in full")


def _line(row: Mapping[str, Any]) -> tuple[object, ...]:
    due = f" {row['page_due_at']:%H:%M:%S}" if row["page_due_at"] else ""
    return (
        instant(row["seen_at"]),
        row["state"] + due,
        row["page_tries"],
        plain_text(row["feed"], 40),
        plain_text(row["url"] or row["title"], 200),
        plain_text(row["reason"] or "", 80),
    )


@articles.command("retry")
@click.argument("url", required=False)
@click.option("--set-aside", is_flag=True, help="Everything that was set aside.")
@json_option
def retry(url: str | None, set_aside: bool, as_json: bool) -> int:
    """Read an article once more: the one at URL, or all that were set aside. What it adds is told to those who have
    not heard of it; nobody hears of it twice. Exit 4 where there is nothing to read again."""
    from ops.store.unread import all_set_aside, entries_of
    from ops.tracing import names_of
    from worker.store.rereading import try_now

    if (url is None) is not set_aside:
        raise click.UsageError("name one URL, or say --set-aside")
    with connected() as connection:
        wanted = entries_of(connection, *names_of(url)) if url else all_set_aside(connection)
        due = try_now(connection, wanted)
        if due:
            noted(connection, "retried", "entries", url or "all that were set aside", None, {"entries": due})
    if as_json:
        print_json({"entries": len(wanted), "due": due})
    else:
        click.echo(_told(url, len(wanted), due))
    return 0 if due else NOTHING


def _told(url: str | None, wanted: int, due: int) -> str:
    if due:
        what = "1 entry is" if due == 1 else f"{due:,} entries are"
        return f"{what} read again within seconds"
    if not wanted:
        return f"no feed has brought {plain_text(url, 300)}" if url else "nothing is set aside"
    return "it was read in full, or is about to be read: there is nothing to try again"
