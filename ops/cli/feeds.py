"""`pantau feeds`: what is polled."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerts.letter import plain_text
from ops.cli.output import json_option, print_json, print_json_lines, table

if TYPE_CHECKING:
    from ops.checking import Checked, Fetched
    from worker.model import Entry, FeedDocument

FAILED, NO_FEED = 1, 65


@click.group()
def feeds() -> None:
    """List, add and check feeds."""


@feeds.command("list")
@json_option
def list_feeds(as_json: bool) -> None:
    """List all feeds with their state, those that need a look first."""
    from ops.cli.connected import connected
    from ops.store.overview import feed_list

    with connected() as connection:
        rows = feed_list(connection)
    if as_json:
        print_json_lines(rows)
    elif rows:
        headings = ("state", "name", "entries", "last polled", "next poll", "trouble")
        click.echo(table([_line(row) for row in rows], headings))
    else:
        click.echo("no feeds yet: pantau feeds add URL, or declare them in a watchlist")


def _line(row: Mapping[str, Any]) -> tuple[object, ...]:
    def at(name: str) -> str:
        return row[name].strftime("%Y-%m-%d %H:%M:%S") if row[name] else "never"

    aside = f"{row['set_aside']} entries set aside" if row["set_aside"] else ""
    trouble = "; ".join(filter(None, ((row["last_error"] or "")[:70], aside)))
    return (
        row["state"],
        row["name"] or row["url"],
        row["entries"],
        at("last_polled_at"),
        at("next_poll_at"),
        trouble,
    )


@feeds.command("add")
@click.argument("url")
@click.option("--name", default="", help="What to call it; else the feed's own title.")
@click.option("--every", default="", help='Poll this often, such as "2m"; else as often as its news comes.')
@click.option("--tag", "tags", multiple=True, help="A tag; may be given several times.")
@json_option
def add(url: str, name: str, every: str, tags: tuple[str, ...], as_json: bool) -> int:
    """Add a feed, or a site whose feed is discovered. It is polled within seconds."""
    from ops import kit
    from ops.adding import add_feed

    added = add_feed(kit.settings_of(), url=url, name=name, every=every, tags=tags)
    if as_json:
        print_json({"url": url, "added": added})
    else:
        told = "added; `pantau feeds list` shows its first poll" if added else "is watched already"
        click.echo(f"{url} {told}")
    return 0


@feeds.command("check")
@click.argument("place", metavar="URL|FILE")
@json_option
def check(place: str, as_json: bool) -> int:
    """Look at a feed once, without storing anything: its entries, or why it is none."""
    from ops.checking import Feed, NoFeed, NotHad, check_file

    checked = _ask(place) if "://" in place else check_file(Path(place))
    if as_json:
        print_json({"place": place, **_checked_as_json(checked)})
    else:
        click.echo("\n".join(_checked_in_words(place, checked)))
    match checked:
        case Feed():
            return 0
        case NoFeed():
            return NO_FEED
        case NotHad():
            return FAILED


def _ask(url: str) -> Checked:
    from ops import kit
    from ops.checking import check_address
    from ops.tools import make_web

    async def once() -> Checked:
        async with make_web(kit.settings_of()) as web:
            return await check_address(web, url)

    return asyncio.run(once())


def _checked_as_json(checked: Checked) -> dict[str, Any]:
    from ops.checking import Feed, NoFeed, NotHad

    match checked:
        case Feed(document, fetched):
            found = _document(document)
        case NoFeed(why, declared, fetched):
            found = {"error": why, "feeds": declared}
        case NotHad(why, fetched):
            found = {"error": why}
    return {"fetched": fetched, **found}


def _document(document: FeedDocument) -> dict[str, Any]:
    entries = [
        {"title": each.title or None, "link": each.link, "published": each.published, "updated": each.updated}
        for each in document.entries
    ]
    return {
        "format": document.format,
        "title": document.title or None,
        "link": document.link,
        "language": document.language,
        "entries": entries,
        "warnings": document.warnings,
    }


def _checked_in_words(place: str, checked: Checked) -> Iterator[str]:
    from ops.checking import Feed, NoFeed, NotHad

    match checked:
        case Feed(document, fetched):
            yield from _how(fetched)
            yield from _feed_in_words(document)
        case NoFeed(why, declared, fetched):
            yield from _how(fetched)
            yield f"{place}: {why}"
            yield from (f"  it names this feed: {address}" for address in declared)
        case NotHad(why, _):
            yield f"{place}: {why}"


def _how(fetched: Fetched | None) -> Iterator[str]:
    if fetched is not None:
        yield f"{fetched.status} from {plain_text(fetched.url, 300)} in {fetched.seconds:.2f} s"


def _feed_in_words(document: FeedDocument) -> Iterator[str]:
    title = plain_text(document.title, 100) or "without a title"
    yield f"{document.format}, {title}, {len(document.entries)} entries"
    yield from (f"  {_date(entry)}  {_entry_title(entry)}" for entry in document.entries)
    yield from (f"  warning: {plain_text(warning, 200)}" for warning in document.warnings)


def _date(entry: Entry) -> str:
    moment = entry.published or entry.updated
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else f"{'no date':<19}"


def _entry_title(entry: Entry) -> str:
    return plain_text(entry.title, 120) or plain_text(entry.link or "", 120) or "(without a title)"
