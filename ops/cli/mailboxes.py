"""`pantau channels invite | remove | unsubscribe | resubscribe | block | unblock | blocked`: mailboxes and what their
owners want."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from alerts.letter import plain_text
from ops.cli.connected import connected, noted
from ops.cli.naming import unknown
from ops.cli.output import json_option, print_json_lines, table
from worker.errors import BadInput, PantauError

if TYPE_CHECKING:
    from ops.inviting import Invited
    from worker.settings import Settings
    from worker.store.engine import Connection

ADDRESS = click.argument("address")


@click.command()
@ADDRESS
@click.option(
    "--topics", required=True, multiple=True, metavar="NAME", help="A topic, or tag:NAME; repeatable."
)
@click.option(
    "--when",
    multiple=True,
    metavar="WHEN",
    default=("now",),
    show_default=True,
    help='Such as "daily 07:00"; repeatable.',
)
@click.option(
    "--timezone", default="UTC", metavar="ZONE", show_default=True, help="IANA name, such as Asia/Jakarta."
)
@click.option(
    "--name", default="", metavar="NAME", help="The channel's name; default: what stands before the @."
)
@click.option(
    "--language",
    type=click.Choice(("en", "id")),
    default="en",
    show_default=True,
    help="What its mails are written in.",
)
@click.option("--again", is_flag=True, help="Ask once more, although the first mail was not answered yet.")
def invite(
    address: str,
    topics: tuple[str, ...],
    when: tuple[str, ...],
    timezone: str,
    name: str,
    language: str,
    again: bool,
) -> None:
    """Invite a mailbox: one mail asks its owner, and nothing else is sent before the answer is yes."""
    from ops import kit
    from ops.inviting import Invitation
    from ops.inviting import invite as invite_mailbox

    wanted = Invitation(address, topics, when, timezone, name, language, again)
    click.echo(_told(invite_mailbox(kit.settings_of(), wanted)))


def _told(done: Invited) -> str:
    made = f"channel {plain_text(done.channel, 80)}, subscription {plain_text(done.subscription, 200)}"
    if done.asks:
        return f"{made}: a mail asks its owner, who has 48 hours; until the answer is yes everything is held"
    if done.waits:
        return f"{made}: its owner was asked before and has not answered yet (--again asks once more)"
    return f"{made}: its owner is known to want it, and hears from now on"


@click.command()
@ADDRESS
def block(address: str) -> None:
    """Never write to a mailbox, whoever adds it; holds when its channels are gone."""
    from alerts.store import consent

    with connected(_settings()) as connection:
        known = _address(connection, address)
        consent.block(connection, known, "operator")
        noted(connection, "blocked", "mailbox", _print(known))
    click.echo(f"nothing is written to {plain_text(address, 100)} any more; what was waiting is suppressed")


@click.command()
@ADDRESS
@click.option("--asked-for", is_flag=True, help="The owner of the mailbox, who had it blocked, wants it.")
def unblock(address: str, asked_for: bool) -> None:
    """Allow writing to a blocked mailbox again."""
    from alerts.store import consent
    from ops.store.mailboxes import answered

    with connected(_settings()) as connection:
        known = _address(connection, address)
        by = answered(connection, known).blocked_by
        if by is None:
            raise BadInput(
                f"{plain_text(address, 100)} is not blocked; `pantau channels blocked` lists what is"
            )
        if by == "recipient" and not asked_for:
            raise PantauError(
                f"the owner of {plain_text(address, 100)} asked never to be written to; "
                "unblock it with --asked-for, and only if they ask for it"
            )
        consent.unblock(connection, known)
        noted(connection, "unblocked", "mailbox", _print(known))
    click.echo(f"{plain_text(address, 100)} may be written to again")


@click.command()
@json_option
def blocked(as_json: bool) -> None:
    """List the blocked mailboxes. Their addresses are not stored, so each shows as its keyed hash."""
    from ops.store.mailboxes import blocked_list

    with connected() as connection:
        rows = blocked_list(connection)
    if as_json:
        print_json_lines(rows)
    elif rows:
        click.echo(table([_line(row) for row in rows], ("mailbox", "since", "by", "channels")))
    else:
        click.echo("no mailbox is blocked")


def _line(row: Mapping[str, Any]) -> tuple[object, ...]:
    by = "its owner" if row["blocked_by"] == "recipient" else "an operator"
    names = plain_text(", ".join(row["channels"] or ()), 80) or "none"
    return _print(row["address"]), f"{row['blocked_at']:%Y-%m-%d %H:%M}", by, names


@click.command()
@click.argument("channel", metavar="NAME")
@click.option("--subscription", default="", metavar="NAME", help="Only this one; default: all that reach it.")
def unsubscribe(channel: str, subscription: str) -> None:
    """Take a mailbox off its subscriptions, because its owner asks for it; holds whatever a watchlist declares."""
    from alerts.store import consent
    from alerts.store.readers import reader

    with connected(_settings()) as connection:
        known = _mailbox(connection, channel)
        heard = [each.name for each in reader(connection, known).hears if each.left_at is None]
        names = [name for name in heard if name == subscription or not subscription]
        if not names:
            raise BadInput(f"{plain_text(channel, 80)} hears of nothing of that kind")
        consent.leave(connection, known, names, "operator")
        noted(connection, "unsubscribed", "channel", channel, {"subscriptions": names})
    click.echo(f"{plain_text(channel, 80)} hears nothing more of {plain_text(', '.join(names), 300)}")


@click.command()
@click.argument("channel", metavar="NAME")
def remove(channel: str) -> None:
    """Remove a channel that no watchlist declares, with the subscriptions that were made for it alone."""
    from ops.store.mailboxes import remove_channel
    from ops.store.watched import channel_list

    with connected(_settings()) as connection:
        gone = remove_channel(connection, channel)
        if gone is None:
            raise unknown("channel", channel, [row["name"] for row in channel_list(connection)])
        if gone == "declared":
            raise PantauError(
                f"{plain_text(channel, 80)} is declared by a watchlist: take it out there, and apply with --prune"
            )
        noted(connection, "removed", "channel", channel)
    click.echo(f"{plain_text(channel, 80)} is removed; what was waiting for it is suppressed")


@click.command()
@click.argument("channel", metavar="NAME")
@click.option("--subscription", default="", metavar="NAME", help="Only this one; default: all that it left.")
def resubscribe(channel: str, subscription: str) -> None:
    """Let a channel hear again of what its owner unsubscribed from, because they ask for it."""
    from alerts.store import consent
    from ops.store.mailboxes import departed

    with connected(_settings()) as connection:
        known = _mailbox(connection, channel)
        left = [row["subscription"] for row in departed(connection) if row["channel"] == channel]
        back = consent.rejoin(connection, known, [subscription] if subscription else left)
        if back:
            noted(connection, "resubscribed", "channel", channel, None, {"subscriptions": list(back)})
    if not back:
        raise BadInput(f"{plain_text(channel, 80)} has unsubscribed from nothing of that kind")
    click.echo(f"{plain_text(channel, 80)} hears again, from now on, of {plain_text(', '.join(back), 300)}")


def _print(address: str) -> str:
    """The address as it is shown where nobody need know it: the beginning of its keyed hash."""
    return f"{address[:12]}…"


def _settings() -> Settings:
    from ops import kit

    return kit.settings_of()


def _mailbox(connection: Connection, channel: str) -> str:
    from ops.store.mailboxes import addresses_of_channels
    from ops.store.watched import channel_list

    known = addresses_of_channels(connection)
    if channel in known:
        return known[channel]
    if any(row["name"] == channel for row in channel_list(connection)):
        raise BadInput(f"{plain_text(channel, 80)} is no mailbox: only e-mail channels have an owner to ask")
    raise unknown("channel", channel, known)


def _address(connection: Connection, written: str) -> str:
    from alerts.mailbox import EmailNotValidError, mailbox
    from alerts.store.addresses import address_of, recognise
    from ops import kit
    from worker.secrets import Secret

    try:
        mailbox(written)
    except EmailNotValidError as bad:
        raise BadInput(
            f"{plain_text(written, 100)} is no e-mail address: {plain_text(str(bad), 200)}"
        ) from None
    keys = kit.keyring(_settings())
    recognise(connection, keys)
    return address_of(connection, keys, Secret(written))
