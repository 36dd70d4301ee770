"""`pantau silences`: what nobody is to hear of for a while."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from alerts.letter import plain_text
from ops.cli.connected import connected
from ops.cli.grouped import Group
from ops.cli.output import json_option, print_json, print_json_lines, say, table
from ops.cli.since import time_span
from worker.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.silences import Scope
    from ops.silencing import Field, Wanted


@click.group(cls=Group)
def silences() -> None:
    """Silence a topic, a story, a source, a channel or everything for a while; list and end silences."""


@dataclass(frozen=True, slots=True)
class _Given:
    """What was asked to be silenced; one of them is given, and `channel` may stand beside it."""

    topic: str | None
    story: str | None
    source: str | None
    everything: bool
    channel: str | None


@silences.command("add")
@click.option("--topic", metavar="NAME", help="A topic.")
@click.option(
    "--story", metavar="URL", help="The story that the article at this address, or of this number, tells."
)
@click.option("--source", metavar="NAME", help="A feed by name, a tag, or a host with all below it.")
@click.option("--everything", is_flag=True, help="Everything.")
@click.option("--channel", metavar="NAME", help="Only on this channel; alone: all that goes there.")
@click.option("--for", "how_long", metavar="TIME", help="How long, such as 8h.")
@click.option(
    "--until", metavar="WHEN", help="Its end, such as 2026-11-30T07:00+07:00 (UTC where none is given)."
)
@click.option("--from", "begin", metavar="WHEN", help="Its beginning, if it is not now.")
@click.option("--comment", default="", help="Why, for whoever asks.")
@json_option
def add(
    topic: str | None,
    story: str | None,
    source: str | None,
    everything: bool,
    channel: str | None,
    how_long: str | None,
    until: str | None,
    begin: str | None,
    comment: str,
    as_json: bool,
) -> None:
    """Tell nobody of something for a while: what comes meanwhile is suppressed with that reason, and not told later.
    (To be told later, pause or snooze a subscription.)"""
    from ops import kit
    from ops.silencing import doubtful, make, moment
    from ops.store.audit_log import COMMAND_LINE

    given = _Given(topic, story, source, everything, channel)
    _check_one(given)
    since = _said("--from", moment, "begin", begin) if begin else None
    now = kit.clock()
    end = _end(how_long, until, since or now)
    wanted = _wanted(given, comment)
    with connected() as connection:
        number = make(connection, wanted, begin=since, end=end, now=now, who=COMMAND_LINE, by=_who())
        if warning := doubtful(connection, wanted):
            say(f"warning: {warning}")
    if as_json:
        print_json({"id": number, "until": end})
    else:
        click.echo(
            f"silence {number} holds until {end:%Y-%m-%d %H:%M} UTC; `pantau silences end {number}` ends it"
        )


def _check_one(wanted: _Given) -> None:
    given = [each for each in (wanted.topic, wanted.story, wanted.source) if each is not None]
    count = len(given) + wanted.everything
    if count > 1 or (not count and wanted.channel is None):
        raise click.UsageError("give one of --topic, --story, --source, --everything; or --channel alone")
    if "" in (wanted.topic, wanted.story, wanted.source, wanted.channel) or (wanted.source or "x").isspace():
        raise click.UsageError("what is to be silenced has no name")


def _wanted(given: _Given, comment: str) -> Wanted:
    from ops.silencing import Wanted

    named: tuple[tuple[Scope, str | None], ...] = (
        ("topic", given.topic),
        ("story", given.story),
        ("source", given.source),
    )
    for scope, what in named:
        if what is not None:
            return Wanted(scope, what, given.channel or "", comment)
    return Wanted("everything" if given.everything else "channel", "", given.channel or "", comment)


def _end(how_long: str | None, until: str | None, begin: datetime) -> datetime:
    from ops.silencing import LONGEST, check_end, moment

    if (how_long is None) == (until is None):
        raise click.UsageError("give --for 8h or --until 2026-11-30T07:00; a silence has an end")
    if until:
        end = _said("--until", moment, "until", until)
    else:
        end = begin + min(time_span(str(how_long), "--for"), 2 * LONGEST)
    check_end(begin, end)
    return end


def _said(option: str, read: Callable[[Field, str], datetime], field: Field, text: str) -> datetime:
    """A moment as an option gives it; what is wrong with it is told with the option's name."""
    try:
        return read(field, text)
    except BadInput as error:
        raise BadInput(f"{option}: {error}") from None


def _who() -> str:
    """Who runs the command, as the machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in containers
        return "command line"


@silences.command("list")
@click.option("--all", "over", is_flag=True, help="Also those that are over.")
@json_option
def list_silences(over: bool, as_json: bool) -> None:
    """List the silences that hold or are to come, and how many alerts each has suppressed."""
    from ops.store.hearing import silence_list

    with connected() as connection:
        rows = silence_list(connection, over=over)
    if as_json:
        print_json_lines(rows)
    elif rows:
        headings = ("id", "what", "channel", "from", "until (UTC)", "state", "suppressed", "by", "comment")
        click.echo(table([_line(row) for row in rows], headings))
    else:
        click.echo("nothing is silenced")


def _line(row: Mapping[str, Any]) -> tuple[object, ...]:
    what = row["scope"] if row["what"] is None else f"{row['scope']} {plain_text(row['what'], 60)}"
    times = (f"{row[name]:%Y-%m-%d %H:%M}" for name in ("from_at", "until_at"))
    words = (plain_text(row[name], 60) for name in ("made_by", "comment"))
    channel = plain_text(row["channel"], 60) if row["channel"] else "all"
    return row["id"], what, channel, *times, row["state"], row["suppressed"], *words


@silences.command("end")
@click.argument("number", metavar="ID", type=click.IntRange(1, 2**63 - 1))
def end(number: int) -> int:
    """End a silence before its time. What it has suppressed stays so."""
    from alerts.model import SilenceId
    from ops.silencing import stop
    from ops.store.audit_log import COMMAND_LINE

    with connected() as connection:
        ended = stop(connection, SilenceId(number), COMMAND_LINE)
    if not ended:
        raise BadInput(f"no silence {number} holds or is to come; `pantau silences list --all` shows them")
    click.echo(f"silence {number} is over")
    return 0
