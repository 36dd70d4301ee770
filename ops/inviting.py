"""Inviting a mailbox: its owner gets one mail that asks, and nothing else before the answer is yes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from alerts.digest import parse_when, zone
from alerts.letter import plain_text
from alerts.mailbox import EmailNotValidError, mailbox
from alerts.model import ChannelId
from alerts.store import confirmations
from alerts.store.addresses import address_of, recognise
from ops.kit import connected, keyring
from ops.store import mailboxes
from ops.store.audit_log import COMMAND_LINE, note
from ops.store.declared import LONGEST_NAME, alone
from worker.errors import BadConfiguration, BadInput, PantauError, TryAgain
from worker.secrets import KeyRing, Secret
from worker.settings import Settings
from worker.store.engine import Connection


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom to invite to what. `name` is the channel's; empty: what stands before the @."""

    address: str
    topics: tuple[str, ...]
    when: tuple[str, ...] = ("now",)
    timezone: str = "UTC"
    name: str = ""
    language: str = "en"
    again: bool = False


@dataclass(frozen=True, slots=True)
class Invited:
    """The channel and subscription that there are now; `asks` if a mail goes out to ask, `waits` if one was sent
    that has not been answered; otherwise the mailbox is vouched for, and hears from now on."""

    channel: str
    subscription: str
    asks: bool
    waits: bool


def invite(settings: Settings, invitation: Invitation, by: str = COMMAND_LINE) -> Invited:
    """Invites, all or nothing, and writes down who did. Raises BadInput, BadConfiguration, PantauError (they
    do not want it), TryAgain."""
    to = Secret(_checked(invitation))
    check_ways(settings.public_url, mails=settings.smtp_url is not None)
    with connected(settings) as connection:
        alone(connection)
        keys = keyring(settings)
        recognise(connection, keys)
        _check_topics(connection, invitation.topics)
        address = address_of(connection, keys, to)
        known = mailboxes.answered(connection, address)
        if known.blocked_by is not None:
            raise PantauError(blocked(invitation.address, known.blocked_by))
        channel, name = mailboxes.channel_at(connection, address) or _add(
            connection, keys, invitation, to, address
        )
        subscription = _subscribe(connection, invitation, name, address)
        note(connection, by, "invited", "channel", name, None, {"subscription": subscription})
        if known.declared or known.confirmed:
            return Invited(name, subscription, asks=False, waits=False)
        if known.asked and not invitation.again:
            return Invited(name, subscription, asks=False, waits=True)
        if not confirmations.ask(connection, channel, address):
            raise TryAgain(asked_often(invitation.address))
        return Invited(name, subscription, asks=True, waits=True)


def _checked(invitation: Invitation) -> str:
    try:
        address = mailbox(invitation.address).normalized
    except EmailNotValidError as bad:
        raise BadInput(
            f"{shown(invitation.address)} is no e-mail address: {plain_text(str(bad), 200)}"
        ) from None
    for time in invitation.when:
        parse_when(time)
    zone(invitation.timezone)
    return address


def check_ways(public_url: str | None, *, mails: bool) -> None:
    """Without a link that leads to us, nobody can say yes; without a mail server nobody is asked. Raises
    BadConfiguration."""
    if not (public_url or "").startswith("https://"):
        raise BadConfiguration(
            "nobody can confirm without an https address at which people reach Pantau: set PANTAU_PUBLIC_URL, "
            "or vouch for the address by declaring it in a watchlist"
        )
    if not mails:
        raise BadConfiguration("the mail that asks cannot be sent: set PANTAU_SMTP_URL")


def _check_topics(connection: Connection, wanted: Sequence[str]) -> None:
    known = mailboxes.selectors(connection)
    unknown = [topic for topic in wanted if topic not in known]
    if unknown:
        names = ", ".join(shown(topic) for topic in unknown)
        raise BadInput(f"there is no topic {names}; `pantau topics list` shows them (tags as tag:NAME)")


def _add(
    connection: Connection, keys: KeyRing, invitation: Invitation, to: Secret, address: str
) -> tuple[ChannelId, str]:
    taken = mailboxes.names_taken(connection)
    if invitation.name in taken:
        raise BadInput(f"there is a channel {shown(invitation.name)} already; give another --name")
    name = invitation.name or next(each for each in _names(invitation.address) if each not in taken)
    return mailboxes.add_mailbox(connection, keys, name, to, address, invitation.language), name


def _names(address: str) -> Iterator[str]:
    """ "rina", "rina 2", "rina 3", …"""
    local = address.strip().rpartition("@")[0]
    yield local
    yield from (f"{local} {number}" for number in count(2))


def _subscribe(connection: Connection, invitation: Invitation, channel: str, address: str) -> str:
    name = f"{', '.join(invitation.topics)} → {channel}"
    if len(name.encode()) > LONGEST_NAME:
        raise BadInput(f"these topics make a name of more than {LONGEST_NAME:,} bytes; use a tag")
    if (name, address) in mailboxes.decided(connection).left:
        raise PantauError(
            f"{shown(invitation.address)} has unsubscribed from {shown(name)}; "
            f"if its owner asks for it: pantau channels resubscribe {shown(channel)}"
        )
    mailboxes.add_subscription(
        connection, name, invitation.topics, channel, invitation.when, invitation.timezone
    )
    return name


def asked_often(address: str) -> str:
    """Why nobody asks this mailbox today."""
    return f"{shown(address)} was asked {confirmations.MOST_A_DAY} times in 24 hours; try tomorrow"


def blocked(address: str, by: str) -> str:
    """Why nobody writes to this mailbox; `by` is who decided it."""
    if by == "recipient":
        return f"{shown(address)} asked never to be written to, and is not"
    return f"{shown(address)} is blocked; `pantau channels unblock {shown(address)}` allows it again"


def shown(text: str) -> str:
    """What somebody typed, as one harmless line."""
    return plain_text(text, 100)
