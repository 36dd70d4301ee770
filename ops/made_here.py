"""Channels and subscriptions that people make at the pages, and programs through the API.

The rules are the watchlist's own: what is given is read by the same readers, sealed as applying a file does, and
exported with the rest. No file declares these, so `apply --prune` lets them be; what a file declares is changed there
and nowhere else. Every change stands in the audit log, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any, Literal

from alerts.channels import channels
from alerts.model import Channel, ChannelId
from alerts.store import confirmations
from alerts.store.addresses import address_of, recognise
from ops.inviting import asked_often, blocked, check_ways
from ops.store import audit_log, mailboxes, renewing
from ops.store.declared import Shelf, alone
from ops.watchlist import (
    Complaint,
    DeclaredChannel,
    DeclaredSubscription,
    Given,
    Watchlist,
    as_written,
    parse_reference,
    read_items,
    secrets_of,
)
from ops.watchlist.model import TARGET_KEYS, ChannelKind
from ops.watchlist.values import name as read_name
from ops.watchlist.words import Fault, shown
from worker.errors import BadConfiguration, BadInput
from worker.secrets import KeyRing, Secret
from worker.store.engine import Connection

Pairs = Mapping[str, Any]
"""What a watchlist would hold of one item: its keys and their values, unread."""

Why = Literal["bad_values", "name_taken", "declared", "unknown", "unwanted", "cannot_ask", "asked_too_often"]


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed: why, and what is wrong by the key that it is wrong with ("": the thing as a whole)."""

    why: Why
    faults: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """It is as it was asked for. `doubts` are what is probably not meant, by key; `asks` if a mail goes to the owner of
    the address first; `gone` are subscriptions that went along with a channel."""

    id: int
    name: str
    doubts: tuple[Complaint, ...] = ()
    asks: bool = False
    gone: tuple[str, ...] = ()


Outcome = Done | Refused


@dataclass(frozen=True, slots=True)
class Ways:
    """How the owner of an address could be asked: over which public address, and whether mail can be sent at all."""

    public_url: str | None = None
    mails: bool = False


def offered_kinds() -> frozenset[ChannelKind]:
    """The kinds of channel that can be made here: those that are served, and Apprise only where it is installed."""
    served = channels()
    return frozenset(
        kind
        for kind in TARGET_KEYS.values()
        if kind in served and (kind != "apprise" or find_spec("apprise") is not None)
    )


def add_channel(connection: Connection, keys: KeyRing, given: Pairs, ways: Ways, who: str) -> Outcome:
    """Makes a channel. The owner of an address that nobody vouches for is asked first, and hears nothing before the
    answer is yes."""
    alone(connection)
    shelf = Shelf(connection, keys)
    if refused := _name_taken(shelf, "channel", given) or _references(given):
        return refused
    made, doubts = _read("channel", given, shelf)
    if isinstance(made, Refused):
        return made
    (channel,) = made.channels
    if channel.kind not in offered_kinds():
        return _fault(_target_key(channel), "this installation has no such kind of channel")
    secrets = {
        at: reference.value for at, reference in secrets_of(made).items() if isinstance(reference, Given)
    }
    asks = False
    if channel.kind == "email":
        address = _address(connection, keys, secrets["channel", channel.name, "target"])
        checked = _may_be_written_to(connection, channel, address, ways)
        if isinstance(checked, Refused):
            return checked
        asks = checked
    shelf.put_made_here(made, secrets)
    found = shelf.made("channel", channel.name)
    assert found is not None
    if asks:
        confirmations.ask(connection, ChannelId(found.id), address)
    audit_log.note(connection, who, "added", "channel", channel.name, None, channel_facts(channel))
    return Done(found.id, channel.name, doubts, asks)


def change_channel(
    connection: Connection, keys: KeyRing, channel: int, given: Pairs, ways: Ways, who: str
) -> Outcome:
    """Makes a channel what is given; what is not given stays, and an empty `secret` ends the signing. What waits for it
    keeps its place. The owner of another address is asked first, as for a new channel."""
    alone(connection)
    shelf = Shelf(connection, keys)
    stands = renewing.standing(connection, keys, channel)
    if stands is None:
        return _unknown("channel", str(channel))
    if stands.declared:
        return _declared()
    asked = _asked_of(stands, given)
    if isinstance(asked, Refused):
        return asked
    made, doubts = _read("channel", asked, shelf)
    if isinstance(made, Refused):
        return made
    (wanted,) = made.channels
    if refused := _cannot_be_called(shelf, stands, wanted.name):
        return refused
    new = {
        at[2]: reference.value
        for at, reference in secrets_of(made).items()
        if isinstance(reference, Given) and reference.value.reveal() != _reveal(getattr(stands, at[2]))
    }
    address, asks = "", False
    if stands.item.kind == "email" and "target" in new:
        address = _address(connection, keys, new["target"])
        if address != stands.address:
            checked = _may_be_written_to(connection, wanted, address, ways)
            if isinstance(checked, Refused):
                return checked
            asks = checked
    before = channel_facts(stands.item)
    signed = wanted.secret is not None
    renewing.put(shelf, stands, wanted, target=new.get("target"), secret=new.get("secret"), signed=signed)
    if asks:
        confirmations.ask(connection, stands.id, address)
    after = renewing.standing(connection, keys, channel)
    assert after is not None
    if before != channel_facts(after.item):
        audit_log.note(connection, who, "changed", "channel", wanted.name, before, channel_facts(after.item))
    return Done(stands.id, wanted.name, doubts, asks)


def _asked_of(stands: renewing.Standing, given: Pairs) -> dict[str, Any] | Refused:
    """The whole channel that is asked for, in a watchlist's words: what is not given is what it was."""
    key, item = _target_key(stands.item), stands.item
    other = next((each for each in TARGET_KEYS if each != key and given.get(each)), None)
    if other is not None:
        return _fault(other, f"it is a channel by `{key}`, and stays one: make another channel for this")
    if refused := _references(given):
        return refused
    asked: dict[str, Any] = {
        "name": given.get("name", item.name),
        key: given.get(key) or _reveal(stands.target),
        "language": given.get("language") or item.language,
    }
    if not asked[key]:
        return _fault(key, "what it leads to does not open with this installation's key: give it anew")
    secret = given.get("secret")
    if secret is None and item.secret is not None:
        secret = _reveal(stands.secret)
        if not secret:
            return _fault("secret", "it does not open with this installation's key: give it anew")
    return {**asked, "secret": secret} if secret else asked


def _cannot_be_called(shelf: Shelf, stands: renewing.Standing, name: str) -> Refused | None:
    if name == stands.item.name:
        return None
    if named := renewing.led_by_file(shelf.connection, stands.item.name):
        return _fault(
            "name", f"a watchlist's subscriptions lead to it by its name: {', '.join(map(shown, named))}"
        )
    return _name_taken(shelf, "channel", {"name": name})


def _reveal(secret: Secret | None) -> str | None:
    return None if secret is None else secret.reveal()


def ask_again(connection: Connection, keys: KeyRing, channel: Channel, ways: Ways, who: str) -> Outcome:
    """Asks the owner of a mailbox once more who has not answered. Done without asking where nobody has to be asked, or
    a mail that does is on its way."""
    if channel.kind != "email":
        return _fault("", f"{shown(channel.name)} leads to no mailbox")
    address = _address(connection, keys, channel.to)
    asks = _has_to_be_asked(connection, channel.to.reveal(), address, ways)
    if isinstance(asks, Refused):
        return asks
    asks = asks and not confirmations.waits(connection, address)
    if asks:
        confirmations.ask(connection, channel.id, address)
        audit_log.note(connection, who, "asked", "channel", channel.name)
    return Done(channel.id, channel.name, asks=asks)


def remove_channel(connection: Connection, keys: KeyRing, name: str, who: str) -> Outcome:
    """Removes a channel that was made here, and the subscriptions made here that lead nowhere else. What waits for it
    ends as suppressed."""
    alone(connection)
    found = Shelf(connection, keys).made("channel", name)
    if found is None:
        return _unknown("channel", name)
    if found.declared:
        return _declared()
    assert isinstance(found.item, DeclaredChannel)
    gone = mailboxes.alone_with(connection, name)
    mailboxes.remove_channel(connection, name)
    after = {"removed with it": list(gone)} if gone else None
    audit_log.note(connection, who, "removed", "channel", name, channel_facts(found.item), after)
    for each in gone:
        audit_log.note(connection, who, "removed", "subscription", each, {"with channel": name})
    return Done(found.id, name, gone=tuple(gone))


def add_subscription(connection: Connection, keys: KeyRing, given: Pairs, who: str) -> Outcome:
    """Makes a subscription, which hears of what is read from now on."""
    alone(connection)
    shelf = Shelf(connection, keys)
    if refused := _name_taken(shelf, "subscription", given):
        return refused
    made, doubts = _read("subscription", given, shelf)
    if isinstance(made, Refused):
        return made
    (subscription,) = made.subscriptions
    # its name may have been made of topics and channels
    if refused := _name_taken(shelf, "subscription", {"name": subscription.name}):
        return refused
    return _put(shelf, subscription, doubts, who, None)


def change_subscription(connection: Connection, keys: KeyRing, name: str, given: Pairs, who: str) -> Outcome:
    """Makes a subscription hear of what is given now. Its name stays: who unsubscribed, did so from that name."""
    alone(connection)
    shelf = Shelf(connection, keys)
    found = shelf.made("subscription", name)
    if found is None:
        return _unknown("subscription", name)
    if found.declared:
        return _declared()
    made, doubts = _read("subscription", {**given, "name": name}, shelf)
    if isinstance(made, Refused):
        return made
    assert isinstance(found.item, DeclaredSubscription)
    # a name that was made of topics and channels may be longer than one that is given
    return _put(shelf, replace(made.subscriptions[0], name=name), doubts, who, found.item)


def remove_subscription(connection: Connection, keys: KeyRing, name: str, who: str) -> Outcome:
    """Removes a subscription that was made here; what waits for it alone ends as suppressed."""
    alone(connection)
    shelf = Shelf(connection, keys)
    found = shelf.made("subscription", name)
    if found is None:
        return _unknown("subscription", name)
    if found.declared:
        return _declared()
    shelf.remove_made_here("subscription", name)
    audit_log.note(connection, who, "removed", "subscription", name, as_written(found.item))
    return Done(found.id, name)


def channel_facts(channel: DeclaredChannel) -> dict[str, Any]:
    """A channel for the audit log: no secret, and of an address only what its owner would know it by."""
    facts = dict(as_written(channel))
    if channel.kind == "email" and isinstance(channel.target, Given):
        facts["email"] = mailboxes.masked(channel.target.value.reveal())
    return facts


def _put(
    shelf: Shelf,
    subscription: DeclaredSubscription,
    doubts: tuple[Complaint, ...],
    who: str,
    before: DeclaredSubscription | None,
) -> Outcome:
    try:
        shelf.put_made_here(Watchlist(subscriptions=(subscription,)), {})
    except BadInput:
        return _fault("name", "the name that its topics and channels make is too long; give it one")
    found = shelf.made("subscription", subscription.name)
    assert found is not None
    was, is_now = (as_written(before) if before else None), as_written(subscription)
    what = "changed" if before else "added"
    audit_log.note(shelf.connection, who, what, "subscription", subscription.name, was, is_now)
    return Done(found.id, subscription.name, doubts)


def _read(
    noun: Literal["channel", "subscription"], given: Pairs, shelf: Shelf
) -> tuple[Watchlist | Refused, tuple[Complaint, ...]]:
    known = shelf.known(sources=bool(given.get("sources")))
    found, complaints, doubts = read_items({noun: [given]}, known=known)
    if found is None:
        return Refused("bad_values", faults_by_key(complaints)), ()
    return found, tuple(doubts)


def faults_by_key(complaints: Iterable[Complaint]) -> dict[str, str]:
    """What is wrong, a sentence for each key."""
    found: dict[str, str] = {}
    for complaint in complaints:
        before = found.get(complaint.field)
        found[complaint.field] = f"{before}. {complaint.sentence}" if before else complaint.sentence
    return found


def _references(given: Pairs) -> Refused | None:
    """A reference would be read by this very process, from its own files and variables: that is for whoever applies a
    file, and not for whoever fills in a form."""
    for key in (*TARGET_KEYS, "secret"):
        value = given.get(key)
        if isinstance(value, str) and not isinstance(parse_reference(value.strip()), Given):
            return _fault(
                key, "a reference (env:, file:, stored:) works in a watchlist only; give the value itself"
            )
    return None


def _may_be_written_to(
    connection: Connection, channel: DeclaredChannel, address: str, ways: Ways
) -> bool | Refused:
    """Whether the owner of the address has to be asked first; or why nobody may."""
    assert isinstance(channel.target, Given)
    written = channel.target.value.reveal()
    there = mailboxes.channel_at(connection, address)
    if there is not None:
        return _fault("email", f"the channel {shown(there[1])} leads to this mailbox already", "name_taken")
    return _has_to_be_asked(connection, written, address, ways)


def _has_to_be_asked(connection: Connection, written: str, address: str, ways: Ways) -> bool | Refused:
    known = mailboxes.answered(connection, address)
    if known.blocked_by is not None:
        return _fault("email", blocked(written, known.blocked_by), "unwanted")
    if known.confirmed or known.declared:
        return False
    try:
        check_ways(ways.public_url, mails=ways.mails)
    except BadConfiguration as error:
        return _fault("email", str(error), "cannot_ask")
    if not confirmations.may_ask(connection, address):
        return _fault("email", asked_often(written), "asked_too_often")
    return True


def _address(connection: Connection, keys: KeyRing, to: Secret) -> str:
    recognise(connection, keys)
    return address_of(connection, keys, to)


def _name_taken(shelf: Shelf, noun: Literal["channel", "subscription"], given: Pairs) -> Refused | None:
    name = read_name(given.get("name"))
    if isinstance(name, Fault) or shelf.made(noun, name) is None:
        return None
    return _fault("name", f"there is a {noun} {shown(name)} already", "name_taken")


def _target_key(channel: DeclaredChannel) -> str:
    return next(key for key, kind in TARGET_KEYS.items() if kind == channel.kind)


def _fault(key: str, sentence: str, why: Why = "bad_values") -> Refused:
    return Refused(why, {key: sentence})


def _unknown(noun: str, name: str) -> Refused:
    return _fault("", f"there is no {noun} {shown(name)}", "unknown")


def _declared() -> Refused:
    return _fault("", "a watchlist declares it: change it there, and apply", "declared")
