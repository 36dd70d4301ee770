"""`pantau deliveries`: every message to a channel, what became of it, and sending one again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args

import click

from alerts.letter import plain_text
from alerts.model import DeliveryKind
from alerts.states import State
from ops.cli.connected import connected
from ops.cli.delivery import UNTIL_THEN, delivery_lines
from ops.cli.grouped import Group
from ops.cli.output import json_option, print_json, print_json_lines, table
from ops.cli.sheet import csv_option, print_sheet
from ops.cli.since import time_span
from ops.moments import due_at, instant
from worker.errors import BadInput, PantauError

if TYPE_CHECKING:
    from alerts.model import DeliveryId
    from ops.store.ledger import PutBack
    from ops.store.listing import Wanted
    from worker.store.engine import Connection

ID = click.argument("wanted", metavar="ID")


@click.group(cls=Group)
def deliveries() -> None:
    """List deliveries, look at one, send one again."""


@deliveries.command("list")
@click.option(
    "--state",
    metavar="STATE",
    type=click.Choice(get_args(State)),
    help=f"Only those in this state: {', '.join(get_args(State))}.",
)
@click.option("--kind", type=click.Choice(get_args(DeliveryKind)), help="Only messages of this kind.")
@click.option("--channel", metavar="NAME", help="Only those to this channel.")
@click.option("--subscription", metavar="NAME", help="Only those that this subscription hears of.")
@click.option("--topic", metavar="NAME", help="Only those that tell of this topic.")
@click.option("--since", metavar="TIME", help="Only those made in this time, such as 24h.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many."
)
@csv_option
@json_option
def list_deliveries(limit: int, as_csv: bool, as_json: bool, **asked: str | None) -> None:
    """List the newest deliveries."""
    from ops.store.listing import COLUMNS
    from ops.store.listing import list_deliveries as newest

    if as_csv and as_json:
        raise click.UsageError("say --csv or --json")
    wanted = _wanted(asked)
    with connected() as connection:
        rows = newest(connection, wanted, limit)
        if not rows:
            _refuse_unknown(connection, asked)
    if as_json:
        print_json_lines({name: row[name] for name in COLUMNS} | {"due_at": due_at(row)} for row in rows)
    elif as_csv:
        print_sheet([{**row, "due_at": due_at(row)} for row in rows], COLUMNS)
    elif rows:
        headings = ("id", "state", "made", "channel", "kind", "tries", "tells of", "reason")
        click.echo(table([_line(row) for row in rows], headings))
    else:
        click.echo("no such delivery" if any(asked.values()) else "no delivery yet")


def _wanted(asked: Mapping[str, str | None]) -> Wanted:
    from ops import kit
    from ops.store.listing import Wanted

    named: dict[str, Any] = {
        key: value for key, value in asked.items() if value is not None and key != "since"
    }
    since = asked["since"]
    return Wanted(since=None if since is None else kit.clock() - time_span(since), **named)


def _refuse_unknown(connection: Connection, asked: Mapping[str, str | None]) -> None:
    """An empty list for a slip of the pen would look like an answer."""
    from ops.slips import slip_of

    for noun in ("channel", "subscription", "topic"):
        if (name := asked[noun]) is not None and (slip := slip_of(connection, noun, name)):
            raise BadInput(slip)


def _line(row: Mapping[str, Any]) -> tuple[object, ...]:
    rest = f" and {row['articles'] - 1} more" if row["articles"] > 1 else ""
    return (
        row["id"],
        row["state"],
        instant(row["created_at"]),
        plain_text(row["channel"], 30),
        row["kind"],
        row["attempts"],
        plain_text(row["title"] or "(no article)", 50) + rest,
        plain_text(row["reason"] or ("" if due_at(row) else UNTIL_THEN), 60),
    )


@deliveries.command("show")
@ID
@json_option
def show(wanted: str, as_json: bool) -> None:
    """Show one delivery (its number or its key): its articles, why they are told, every attempt."""
    from ops.store.ledger import whole_delivery

    with connected() as connection:
        found = whole_delivery(connection, _find(connection, wanted))
    if as_json:
        kept = {} if due_at(found) else {"due_at": None, "expires_at": None}
        print_json({**found, **kept})
    else:
        click.echo("\n".join(delivery_lines(found)))


@deliveries.command("retry")
@ID
def retry(wanted: str) -> None:
    """Send a delivery again that failed, expired, is held or in doubt (its number or its key)."""
    from ops.retrying import Refused
    from ops.retrying import retry as put_back
    from ops.store.audit_log import COMMAND_LINE

    with connected() as connection:
        delivery = _find(connection, wanted)
        outcome = put_back(connection, delivery, who=COMMAND_LINE)
    match outcome:
        case Refused(why):
            raise PantauError(f"delivery {delivery} is not sent again: {why}")
        case due:
            click.echo(f"delivery {delivery} is due now{_reservations(due)}")


def _reservations(due: PutBack) -> str:
    from ops.causes import cause

    repeat = "; it says that it may be a repeat" if due.possible_repeat else ""
    if due.stopped_by is not None:
        return f"{repeat}; its channel lets nothing through ({cause(due.stopped_by)}) and is tried at once"
    paused = f"; its channel takes nothing before {instant(due.paused_until)}" if due.paused_until else ""
    return repeat + paused


def _find(connection: Connection, wanted: str) -> DeliveryId:
    from ops.store.ledger import find_delivery, number_or_key

    called = number_or_key(wanted)
    if called is None:
        raise BadInput(
            f'"{plain_text(wanted, 60)}" is no delivery: give its number or its key, '
            "as `pantau deliveries list --json` shows them"
        )
    found = find_delivery(connection, called)
    if found is None:
        raise BadInput(f"there is no delivery {wanted}; `pantau deliveries list` shows them")
    return found
