"""Asks invited mailboxes whether they want to be written to: one mail each, beside the ledger of the news."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from alerts.channel import Blocked, Later, Mail, MailReply, Sent, Unsure, Verdict
from alerts.channels import channels
from alerts.circuits import FIRST_PROBE, backoff
from alerts.invitation import Invitation, Language, compose
from alerts.model import Channel
from alerts.post import MailDoor
from alerts.store import addresses, confirmations, people
from alerts.store.confirmations import Asking, State
from alerts.tokens import confirm_token, manage_token
from worker.errors import BadConfiguration
from worker.kit import Kit

log = structlog.get_logger("alerts")

AT_ONCE = 10


async def ask_for_consent(kit: Kit, mail: MailDoor | None, sender: Mapping[str, str]) -> int:
    """Sends the mails that are due to ask; returns how many were tried."""
    if mail is None:
        return 0
    with kit.engine.begin() as connection:
        asking = confirmations.claim(connection, AT_ONCE)
    for each in asking:
        letter = _composed(kit, each, sender)
        if isinstance(letter, str):
            _settle(kit, each, "failed", letter, None)
            continue
        answer = await asyncio.to_thread(mail.send, letter)
        _judged(kit, each, answer)
    return len(asking)


def _composed(kit: Kit, asking: Asking, sender: Mapping[str, str]) -> Mail | str:
    """The mail; or why this address is not asked."""
    now = kit.clock()
    with kit.engine.begin() as connection:
        try:
            channel = people.load_channel(connection, asking.channel, kit.keys)
            standing = addresses.standing_of(connection, kit.keys, channel)
            links = addresses.link_keys(connection, kit.keys)
        except BadConfiguration as error:
            log.error("secret_not_opened", channel_id=asking.channel, detail=str(error))
            return "secret_not_opened"
        topics = confirmations.topics_for(connection, asking.address)
    if standing.address != asking.address:
        return "address_changed"
    if standing.blocked_by is not None:
        return "address_blocked"
    if standing.vouched:
        return "vouched_for"
    invitation = Invitation(
        to=channel.to.reveal(),
        key=f"confirm-{asking.id}-{asking.address[:8]}",
        topics=topics,
        confirm=confirm_token(links, asking.address, asking.asked_at),
        manage=manage_token(links, asking.address),
        language=_language(channel),
    )
    return compose(invitation, {**channel.options, **sender}, now) or "no_public_url"


def _language(channel: Channel) -> Language:
    return "id" if channel.options.get("language") == "id" else "en"


def _judged(kit: Kit, asking: Asking, answer: MailReply) -> None:
    """A lost answer is let be: asking twice is worse than not at all, and whoever invited can do it again."""
    verdict, now = channels()["email"].judge(answer), kit.clock()
    state, reason, due_at = _next(verdict, asking, now)
    if due_at is not None and due_at >= asking.expires_at:
        state, due_at = "failed", None
    _settle(kit, asking, state, reason, due_at)


def _next(verdict: Verdict, asking: Asking, now: datetime) -> tuple[State, str, datetime | None]:
    wait = backoff(FIRST_PROBE, asking.tries, random.random())
    match verdict:
        case Sent():
            return "sent", "accepted", None
        case Unsure(reason):
            return "unknown", reason, None
        case Later(reason, after):
            return "due", reason, now + max(after or timedelta(0), wait)
        case Blocked(reason, "sender"):
            return "due", reason, now + wait
        case refused:
            return "failed", refused.reason, None


def _settle(kit: Kit, asking: Asking, state: State, reason: str, due_at: datetime | None) -> None:
    with kit.engine.begin() as connection:
        confirmations.settle(connection, asking, state, reason, due_at)
    log.info("asked_for_consent", channel_id=asking.channel, state=state, reason=reason)
