"""`pantau subscriptions`: who hears of what, and who is to hear nothing for a while."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from alerts.letter import plain_text
from ops.cli.connected import connected
from ops.cli.grouped import Group
from ops.cli.naming import unknown
from ops.cli.output import json_option, print_json_lines, table
from ops.cli.sharing import feed_command
from ops.cli.since import time_span
from ops.moments import in_zone

if TYPE_CHECKING:
    from alerts.store.keeping import Told
    from ops.store.hearing import Named
    from worker.store.engine import Connection


@click.group(cls=Group)
def subscriptions() -> None:
    """List subscriptions; pause, resume or snooze one."""


@subscriptions.command("list")
@json_option
def list_subscriptions(as_json: bool) -> None:
    """List the subscriptions: which topics go to which channels, when, and whether it is paused."""
    from ops.store.hearing import subscription_list
    from ops.store.mailboxes import departed

    with connected() as connection:
        left = [(row["subscription"], row["channel"]) for row in departed(connection)]
        rows = [
            {**row, "unsubscribed": [channel for name, channel in left if name == row["name"]]}
            for row in subscription_list(connection)
        ]
    if as_json:
        print_json_lines(rows)
    elif rows:
        headings = ("name", "topics", "channels", "when", "quiet", "state")
        click.echo(table([_line(row) for row in rows], headings))
    else:
        click.echo("no subscriptions yet: declare them in a watchlist")


def _line(row: Mapping[str, Any]) -> tuple[object, ...]:
    when = f"{', '.join(row['when'])} ({row['timezone']})"
    told = [f"{name} (unsubscribed)" if name in row["unsubscribed"] else name for name in row["channels"]]
    lists = (plain_text(", ".join(names), 60) for names in (row["topics"], told))
    return plain_text(row["name"], 60), *lists, plain_text(when, 60), row["quiet"], _state(row)


def _state(row: Mapping[str, Any]) -> str:
    kept = f", {row['kept']:,} kept" if row["kept"] else ""
    if row["paused_at"]:
        return f"paused since {in_zone(row['paused_at'], row['timezone'])}{kept}"
    if row["snoozed_until"]:
        return f"snoozes until {in_zone(row['snoozed_until'], row['timezone'])}{kept}"
    return "hears"


@subscriptions.command("pause")
@click.argument("name")
def pause(name: str) -> None:
    """Let a subscription hear nothing until it is resumed. What comes meanwhile is kept for a week."""
    from ops import kit
    from ops.hearing import pause as hush
    from ops.store.audit_log import COMMAND_LINE

    with connected() as connection:
        hush(connection, _named(connection, name).id, name, kit.clock(), COMMAND_LINE)
    again = f"pantau subscriptions resume {shlex.quote(plain_text(name, 200))}"
    click.echo(
        f"{plain_text(name, 60)} is paused: what comes is kept for 7 days, and told in one message after `{again}`"
    )


@subscriptions.command("resume")
@click.argument("name")
def resume(name: str) -> None:
    """Let a subscription hear again; what was kept goes out in one message per channel."""
    from ops import kit
    from ops.hearing import resume as wake
    from ops.store.audit_log import COMMAND_LINE

    with connected() as connection:
        known = _named(connection, name)
        now = kit.clock()
        told = wake(connection, known.id, name, now, COMMAND_LINE)
    click.echo(f"{plain_text(name, 60)} hears again: {_told(told, known.timezone, now)}")


@subscriptions.command("snooze")
@click.argument("name")
@click.argument("how_long", metavar="TIME")
def snooze(name: str, how_long: str) -> None:
    """Let a subscription hear nothing for TIME, such as 8h (at most 7d). What comes meanwhile is told then, in one
    message per channel."""
    from ops import kit
    from ops.hearing import snooze as rest
    from ops.hearing import snooze_span
    from ops.store.audit_log import COMMAND_LINE

    span = snooze_span(time_span(how_long, "TIME"), how_long)
    with connected() as connection:
        known = _named(connection, name)
        now = kit.clock()
        until = now + span
        told = rest(connection, known.id, name, until, now, COMMAND_LINE)
    end = in_zone(until, known.timezone)
    sooner = f"; {_told(told, known.timezone, now)}" if told.articles else ""
    click.echo(
        f"{plain_text(name, 60)} hears nothing before {end}, and then all of it in one message{sooner}"
    )


def _named(connection: Connection, name: str) -> Named:
    from alerts.store.schema import subscriptions as table_of_them
    from ops.store.hearing import names_in, subscription_named

    found = subscription_named(connection, name)
    if found is None:
        raise unknown("subscription", name, names_in(connection, table_of_them))
    return found


def _told(told: Told, timezone: str, now: datetime) -> str:
    if told.due_at is None:
        return "nothing was kept"
    one = told.articles == 1
    articles = "1 article that was kept goes" if one else f"{told.articles:,} articles that were kept go"
    messages = "1 message" if told.messages == 1 else f"{told.messages:,} messages"
    when = "now" if told.due_at <= now else f"at {in_zone(told.due_at, timezone)}"
    return f"{articles} out in {messages} {when}"


subscriptions.add_command(feed_command("subscriptions"))
