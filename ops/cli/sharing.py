"""`pantau topics feed | subscriptions feed`: an address at which other readers read what Pantau finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ops.cli.connected import connected
from ops.cli.naming import unknown
from ops.cli.output import json_option, print_json, print_json_lines, say, table

if TYPE_CHECKING:
    from ops.store.sharing import Noun
    from worker.store.engine import Connection


def feed_command(noun: Noun) -> click.Command:
    """The command `feed` of a noun."""

    @click.command("feed", help=_help(noun))
    @click.argument("name")
    @click.option("--revoke", is_flag=True, help="Close every address of it that was made so far.")
    @click.option("--list", "listed", is_flag=True, help="List when its addresses were made and last read.")
    @json_option
    def feed(name: str, revoke: bool, listed: bool, as_json: bool) -> None:
        if revoke and listed:
            raise click.UsageError("say --revoke or --list")
        with connected() as connection:
            owner = _owner(connection, noun, name)
            if revoke:
                _revoke(connection, noun, owner, name, as_json)
            elif listed:
                _list(connection, noun, owner, as_json)
            else:
                _share(connection, noun, owner, name, as_json)

    return feed


def _help(noun: Noun) -> str:
    what = {
        "topics": "everything that the topic finds",
        "subscriptions": "everything that the subscription's filters let through, whatever its times",
    }[noun]
    return (
        f"Make a secret address at which a feed reader reads {what}, as Atom and as JSON Feed. It is shown once; "
        "each call makes another, and all go on until they are revoked."
    )


def _owner(connection: Connection, noun: Noun, name: str) -> int:
    from ops.store.listing import names_ever
    from ops.store.sharing import owner_named

    owner = owner_named(connection, noun, name)
    if owner is None:
        one = noun.removesuffix("s")
        raise unknown(one, name, names_ever(connection, one))
    return owner


def _share(connection: Connection, noun: Noun, owner: int, name: str, as_json: bool) -> None:
    from ops import feed_addresses
    from ops.store import sharing
    from ops.store.audit_log import COMMAND_LINE

    earlier = len(sharing.addresses(connection, noun, owner))
    token = feed_addresses.make(connection, noun, owner, name, COMMAND_LINE)
    made = feed_addresses.forms(_base(), noun, token)
    if as_json:
        print_json({**made, "earlier": earlier})
        return
    click.echo("\n".join(made.values()))
    say("whoever has the address reads along, and it cannot be shown again; --revoke closes it")
    if earlier:
        say(f"{earlier} made before {'goes' if earlier == 1 else 'go'} on")


def _base() -> str:
    """Where people reach the dashboard, as far as this process knows."""
    from ops import kit
    from ops.lockfile import find_running

    settings = kit.settings_of()
    running = find_running(settings.data_dir)
    address = settings.public_url or (running.address if running else None)
    return (address or f"http://{settings.host}:{settings.port}").rstrip("/")


def _revoke(connection: Connection, noun: Noun, owner: int, name: str, as_json: bool) -> None:
    from ops.feed_addresses import close
    from ops.store.audit_log import COMMAND_LINE

    closed = close(connection, noun, owner, name, COMMAND_LINE)
    if as_json:
        print_json({"revoked": closed})
    else:
        click.echo(f"{closed} {'address is' if closed == 1 else 'addresses are'} closed")


def _list(connection: Connection, noun: Noun, owner: int, as_json: bool) -> None:
    from ops.store.sharing import addresses

    rows = addresses(connection, noun, owner)
    if as_json:
        print_json_lines(rows)
    elif rows:
        lines = [
            (
                row["id"],
                f"{row['created_at']:%Y-%m-%d %H:%M}",
                f"{row['asked_at']:%Y-%m-%d %H:%M}" if row["asked_at"] else "never",
            )
            for row in rows
        ]
        click.echo(table(lines, ("", "made", "last read")))
    else:
        click.echo("no address was made, or all were revoked")
