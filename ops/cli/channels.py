"""`pantau channels`: where people are told, and whether that works."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from alerts.letter import plain_text
from ops.cli import mailboxes
from ops.cli.connected import connected
from ops.cli.grouped import Group
from ops.cli.naming import unknown
from ops.cli.output import json_option, print_json_lines, table
from ops.moments import instant
from worker.errors import PantauError

if TYPE_CHECKING:
    from alerts.model import Channel
    from ops.trial import Trial
    from worker.settings import Settings


@click.group(cls=Group)
def channels() -> None:
    """List channels, send one a test message, invite mailboxes and honour what their owners want, print the Slack
    app's manifest."""


for command in (
    mailboxes.invite,
    mailboxes.remove,
    mailboxes.unsubscribe,
    mailboxes.resubscribe,
    mailboxes.block,
    mailboxes.unblock,
    mailboxes.blocked,
):
    channels.add_command(command)


@channels.command("list")
@json_option
def list_channels(as_json: bool) -> None:
    """List the channels: kind, target (never the secret itself), whether anything gets through."""
    from ops.store.watched import channel_list

    with connected() as connection:
        rows = channel_list(connection)
    if as_json:
        print_json_lines(_as_json(row) for row in rows)
    elif rows:
        click.echo(table([_line(row) for row in rows], ("name", "target", "held", "state")))
    else:
        click.echo("no channels yet: declare them in a watchlist")


def _as_json(row: Mapping[str, Any]) -> dict[str, Any]:
    stopped = {"name": row["circuit"], **{key: row[key] for key in ("reason", "opened_at", "probe_at")}}
    in_vain = {"since": row["takes_nothing_since"], "reason": row["takes_nothing_why"]}
    return {
        "name": row["name"],
        "kind": row["kind"],
        "target": _masked(row),
        "declared": row["declared"],
        "circuit": stopped if row["circuit"] else None,
        "paused_until": row["paused_until"],
        "takes_nothing": in_vain if row["takes_nothing_since"] else None,
        "held": row["held"],
        "blocked_by": row["blocked_by"],
        "confirmation": row["confirmation"],
    }


def _masked(row: Mapping[str, Any]) -> str:
    return f"{row['kind']}:{row['print']}…"


def _line(row: Mapping[str, Any]) -> tuple[object, ...]:
    return plain_text(row["name"], 60), _masked(row), row["held"], _state(row)


def _state(row: Mapping[str, Any]) -> str:
    from ops.causes import BY_READERS, cause

    if row["blocked_by"]:
        return "blocked: nothing is written there"
    if row["confirmation"]:
        return f"invited, not confirmed yet (the mail that asks: {cause(row['confirmation'])})"
    if row["circuit"] and row["reason"] in BY_READERS:
        return plain_text(cause(row["reason"]), 80)
    if row["circuit"] and row["probe_at"] is None:
        return f"held: {plain_text(cause(row['reason']), 120)}"
    if row["circuit"]:
        return f"lets nothing through: {plain_text(cause(row['reason']), 120)}; next try {instant(row['probe_at'])}"
    if row["takes_nothing_since"]:
        since, why = instant(row["takes_nothing_since"]), plain_text(cause(row["takes_nothing_why"]), 120)
        return f"has taken nothing since {since}: {why}; tried again"
    return f"paused until {instant(row['paused_until'])}" if row["paused_until"] else "ok"


@channels.command("test")
@click.argument("name")
def test(name: str) -> int:
    """Send a test message through a channel; exit 0 if its receiver accepts it. What is held goes out then."""
    from alerts.channel import Sent
    from ops import kit
    from ops.store.audit_log import COMMAND_LINE
    from ops.trial import in_words, write_down

    settings = kit.settings_of()
    channel = _open(settings, name)
    found = _try(settings, channel)
    with connected(settings) as connection:
        opened = write_down(connection, channel, found, "", COMMAND_LINE)
    if found.answer:
        click.echo(f"answer   {found.answer}")
    click.echo(f"verdict  {in_words(found.verdict)}")
    if opened:
        click.echo("the channel is open again: what was held goes out now")
    return 0 if isinstance(found.verdict, Sent) else 1


@channels.command("manifest")
def manifest() -> None:
    """Print the manifest of your own Slack app, to paste into api.slack.com: docs/how-to/slack-app.md."""
    from ops import kit
    from ops.slack.manifest import can_reach
    from ops.slack.manifest import manifest as written

    public_url = kit.settings_of().public_url
    click.echo(written(public_url), nl=False)
    if not can_reach(public_url):
        click.echo(
            "without buttons and /pantau: they need an https PANTAU_PUBLIC_URL that Slack can reach", err=True
        )


def _open(settings: Settings, name: str) -> Channel:
    from alerts.store.people import load_channel
    from ops import kit
    from ops.store.watched import channel_list, channel_named
    from ops.trial import unwanted

    with connected(settings) as connection:
        number = channel_named(connection, name)
        if number is None:
            raise unknown("channel", name, [row["name"] for row in channel_list(connection)])
        channel = load_channel(connection, number, kit.keyring(settings))
        refused = unwanted(connection, kit.keyring(settings), channel)
    if refused:
        raise PantauError(refused)
    return channel


def _try(settings: Settings, channel: Channel) -> Trial:
    import asyncio

    from ops.outbox import make_outbox
    from ops.tools import make_kit
    from ops.trial import try_channel

    kit = make_kit(settings)
    outbox = make_outbox(settings, kit)

    async def once() -> Trial:
        async with kit.web:
            return await try_channel(outbox, channel, kit.clock())

    try:
        return asyncio.run(once())
    finally:
        kit.engine.dispose()
        if outbox.mail is not None:
            outbox.mail.close()
