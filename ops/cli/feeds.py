"""`pantau feeds`: what is polled."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerts.letter import plain_text
from ops.cli.connected import connected
from ops.cli.grouped import Group
from ops.cli.naming import unknown
from ops.cli.opml import export_feeds, import_feeds
from ops.cli.output import json_option, print_json, print_json_lines, table
from ops.moments import instant

if TYPE_CHECKING:
    from ops.checking import Checked
    from ops.tending import Tended
    from worker.secrets import KeyRing
    from worker.store.engine import Connection

FAILED, NO_FEED = 1, 65


@click.group(cls=Group)
def feeds() -> None:
    """List, add, check, pause, import and export feeds."""


feeds.add_command(import_feeds)
feeds.add_command(export_feeds)


@feeds.command("list")
@json_option
def list_feeds(as_json: bool) -> None:
    """List all feeds with their state, those that need a look first."""
    from ops import kit
    from ops.store.overview import feed_list

    now = kit.clock()
    with connected() as connection:
        rows = feed_list(connection)
    if as_json:
        print_json_lines(rows)
    elif rows:
        headings = ("state", "name", "entries", "last polled", "next poll", "to know")
        click.echo(table([_line(row, now) for row in rows], headings))
    else:
        click.echo("no feeds yet: pantau feeds add URL, or declare them in a watchlist")


def _line(row: Mapping[str, Any], now: datetime) -> tuple[object, ...]:
    def at(name: str) -> str:
        return instant(row[name], "never")

    return (
        "silent" if row["silence"] and row["state"] == "ok" else row["state"],
        row["name"] or row["url"],
        row["entries"],
        at("last_polled_at"),
        "no more" if row["state"] in ("gone", "paused") else at("next_poll_at"),
        _to_know(row, now),
    )


def _to_know(row: Mapping[str, Any], now: datetime) -> str:
    """What a person should know of the feed: that its whole site is left alone, its trouble, its silence, what may
    have been missed, where it moved."""
    from ops.remarks import notes, remarks

    if row["state"] == "gone":
        return "it said twice that it is gone (410); `pantau feeds add` takes it up again"
    if row["state"] == "paused":
        return f"paused by {plain_text(row['paused_by'] or '', 60)} since {instant(row['paused_at'], '?')}"
    if row["cooling_until"]:
        return f"host cooling until {row['cooling_until']:%H:%M}: {row['cooling_why']}"[:110]
    if said := "; ".join(remarks(row, now) + notes(row, now)) if row["state"] == "ok" else "":
        return said
    aside = f"{row['set_aside']} entries set aside" if row["set_aside"] else ""
    return plain_text("; ".join(filter(None, (row["last_error"] or row["notice"], aside))), 110)


@feeds.command("add")
@click.argument("url")
@click.option("--name", metavar="NAME", default="", help="What to call it; else the feed's own title.")
@click.option(
    "--every",
    metavar="TIME",
    default="",
    help='Poll this often: "2m", or within "30s-10m"; else as its news comes.',
)
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="A tag; may be given several times.")
@json_option
def add(url: str, name: str, every: str, tags: tuple[str, ...], as_json: bool) -> int:
    """Add a feed, or a site whose feed is discovered. It is polled within seconds."""
    from ops import kit
    from ops.adding import add_feed
    from ops.store.audit_log import COMMAND_LINE

    added = add_feed(kit.settings_of(), url=url, name=name, every=every, tags=tags, by=COMMAND_LINE)
    if as_json:
        print_json({"url": url, "added": added})
    else:
        told = "added; `pantau feeds list` shows its first poll" if added else "is watched already"
        click.echo(f"{url} {told}")
    return 0


@feeds.command("pause")
@click.argument("feed", metavar="URL|NAME")
def pause(feed: str) -> None:
    """Poll a feed no more until it is resumed, whoever declared it."""
    from ops.tending import pause as hush

    changed = _switch(feed, hush)
    again = f"pantau feeds resume {shlex.quote(plain_text(feed, 200))}"
    click.echo(f"{plain_text(feed, 60)} is paused{'' if changed else ' already, or gone'}; `{again}` ends it")


@feeds.command("resume")
@click.argument("feed", metavar="URL|NAME")
def resume(feed: str) -> None:
    """Poll a feed again. What appeared meanwhile is told together, in one summary for each subscription."""
    from ops.tending import resume as wake

    changed = _switch(feed, wake)
    told = "is polled again; what appeared meanwhile is told together" if changed else "was not paused"
    click.echo(f"{plain_text(feed, 60)} {told}")


def _switch(feed: str, switch: Callable[[Connection, KeyRing, int, str], Tended]) -> bool:
    """Whether that changed anything. Raises BadInput where no feed is meant."""
    from ops import kit
    from ops.installation import keyring
    from ops.store.audit_log import COMMAND_LINE
    from ops.store.declared import Shelf
    from ops.tending import Done, feed_meant

    settings = kit.settings_of()
    keys = keyring(settings)
    with connected(settings) as connection:
        found = feed_meant(connection, keys, feed)
        if found is None:
            raise unknown("feed", feed, Shelf(connection, keys).feed_names())
        outcome = switch(connection, keys, found, COMMAND_LINE)
        return isinstance(outcome, Done) and outcome.changed


@feeds.command("check")
@click.argument("place", metavar="URL|FILE")
@json_option
def check(place: str, as_json: bool) -> int:
    """Look at a feed once, without storing anything: what is asked and answered, how it is decoded and read, its
    entries, when it would be asked again; or why it is no feed, and what to do. Exit 65 where no feed is found,
    1 where no document can be had."""
    from ops.cli import checked as shown

    found = _look(place)
    if as_json:
        print_json(shown.as_json(place, found))
    else:
        click.echo("\n".join(shown.in_words(found)))
    return _code(found)


def _look(place: str) -> Checked:
    from ops import kit
    from ops.checking import check_address, check_file
    from ops.tools import make_web

    if "://" not in place:
        return check_file(Path(place), kit.clock())

    async def once() -> Checked:
        async with make_web(kit.settings_of()) as web:
            return await check_address(web, place, kit.clock())

    return asyncio.run(once())


def _code(found: Checked) -> int:
    from ops.checking import Feed, NoFeed

    match found:
        case Feed():
            return 0
        case NoFeed():
            return NO_FEED
        case _:
            return FAILED
