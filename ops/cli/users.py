"""`pantau users`: who may open the dashboard."""

from __future__ import annotations

import sys

import click

from ops.cli.grouped import Group
from ops.cli.output import json_option, print_json_lines, say, table

ROLES = ("viewer", "editor", "admin")


@click.group(cls=Group)
def users() -> None:
    """Manage the dashboard's accounts."""


@users.command("list")
@json_option
def list_users(as_json: bool) -> None:
    """List the accounts."""
    from ops.cli.connected import connected
    from ops.store import accounts

    with connected() as connection:
        rows = accounts.list_users(connection)
    if as_json:
        print_json_lines(rows)
    else:
        click.echo(
            table(
                [(row["name"], row["role"], f"{row['created_at']:%Y-%m-%d}") for row in rows],
                ("name", "role", "since"),
            )
        )


@users.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True, help="What it may do.")
def add(name: str, role: str) -> None:
    """Make an account; the password is read from standard input, or generated and shown once."""
    from ops import membership
    from ops.cli.connected import connected
    from ops.store.audit_log import COMMAND_LINE

    password, generated = _password()
    with connected() as connection:
        membership.add(connection, name, password, role, COMMAND_LINE)
    _tell(name, password, generated)


@users.command("reset-password")
@click.argument("name")
def reset_password(name: str) -> None:
    """Give an account a new password; its sessions end."""
    from ops import membership
    from ops.cli.connected import connected
    from ops.store.audit_log import COMMAND_LINE

    password, generated = _password()
    with connected() as connection:
        membership.reset_password(connection, name, password, COMMAND_LINE)
    _tell(name, password, generated)


@users.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Remove an account; the last admin stays."""
    from ops import membership
    from ops.cli.connected import connected
    from ops.store.audit_log import COMMAND_LINE

    with connected() as connection:
        membership.remove(connection, name, COMMAND_LINE)
    click.echo(f"account {name} removed")


def _password() -> tuple[str, bool]:
    if sys.stdin is not None and not sys.stdin.isatty():
        given = sys.stdin.readline().rstrip("\n")
        if given:
            return given, False
    from ops.membership import new_password

    return new_password(), True


def _tell(name: str, password: str, generated: bool) -> None:
    click.echo(f"account {name}: password set")
    if generated:
        say(f"password: {password}  (shown once)")
