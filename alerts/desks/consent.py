"""What stands between a claimed mail and its mailbox: whether its owner wants it, and the ways out below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from alerts.bounces import weigh
from alerts.channel import Blocked, Verdict
from alerts.decision import Reason
from alerts.model import Channel
from alerts.store import addresses, consent
from alerts.store.deliveries import DueDelivery
from alerts.tokens import leave_token, manage_token
from worker.errors import BadConfiguration
from worker.kit import Kit
from worker.secrets import KeyRing
from worker.store.engine import Connection

log = structlog.get_logger("alerts")

ASK_AGAIN = timedelta(days=1)
"""How often an open question is looked at by itself; an answer is acted on at once."""


def admit(connection: Connection, kit: Kit, due: DueDelivery, row: Channel) -> Channel | Blocked | None:
    """The channel, with the tokens of the links below its mail; why nothing may be written to it now; or None where
    nothing may ever be, and the delivery has ended. Channels without a mailbox are let through."""
    if row.kind != "email":
        return row
    try:
        standing = addresses.standing_of(connection, kit.keys, row, due.id)
    except BadConfiguration as error:
        log.error("secret_not_opened", channel_id=row.id, detail=str(error))
        return Blocked("secret_not_opened", "channel")
    now = kit.clock()
    if standing.blocked_by is not None:
        consent.end(connection, due, Reason.ADDRESS_BLOCKED, now)
        return None
    if not standing.vouched:
        return Blocked(consent.NOT_CONFIRMED, "channel", ASK_AGAIN)
    if standing.rests_until is not None and standing.rests_until > now:
        return Blocked(consent.RESTING, "channel", standing.rests_until - now)
    links = addresses.link_keys(connection, kit.keys, standing.sealed_links)
    return replace(row, options={**row.options, **_ways_out(links, standing.address, standing.through, due)})


def _ways_out(links: KeyRing, address: str, through: Sequence[int], due: DueDelivery) -> dict[str, str]:
    """A mail that came through several subscriptions is stopped by leaving all of them."""
    ways = {"manage": manage_token(links, address)}
    if through:
        ways["unsubscribe"] = leave_token(links, address, through)
        ways["list"] = f"subscription-{due.subscription_id or through[0]}"
    return ways


def in_the_light_of_bounces(kit: Kit, due: DueDelivery, verdict: Verdict) -> Verdict:
    """The verdict on a mail, given on how many days its mailbox refused; the count is written down where it changes."""
    counted, judged = weigh(due.bounces, verdict, kit.clock().date())
    if counted != due.bounces:
        with kit.engine.begin() as connection:
            addresses.count_bounces(connection, due.channel_id, counted)
    return judged


def tidy(connection: Connection, kit: Kit) -> None:
    """Knows mailboxes that are new, and ends what was held for those whose owners never answered."""
    addresses.recognise(connection, kit.keys)
    consent.give_up_unconfirmed(connection)
