"""Sending a delivery again because a person says so: what may go back, and why the rest may not."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.letter import plain_text
from alerts.model import DeliveryId
from ops.causes import cause
from ops.moments import instant
from ops.said import Said, said
from ops.store import audit_log, ledger
from ops.store.ledger import PutBack, Standing
from worker.store.engine import Connection

RETRIABLE = ("failed", "unknown", "expired", "held")
_NAME = 80
AT_ONCE = 100
"""So many go back in one transaction: nothing is planned meanwhile, which takes about a second."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It stays as it is, for a reason in words."""

    why: Said


@dataclass(frozen=True, slots=True)
class PutBackTogether:
    """How many deliveries are due again, and how many stay as they are; `more` if there are others."""

    due: int
    refused: int
    more: bool = False


def retry(
    connection: Connection, delivery: DeliveryId, who: str = audit_log.COMMAND_LINE
) -> PutBack | Refused:
    """Makes a delivery due again, unless that would tell somebody twice or nobody at all; the audit log says that `who`
    did it."""
    stands = ledger.standing(connection, delivery)
    why = refusal(stands)
    if why is not None:
        return Refused(why)
    other = ledger.take_slots(connection, delivery)
    if other is not None:
        return Refused(
            said("delivery {n} announces one of its articles to the same channel meanwhile", n=other)
        )
    due = ledger.put_back(connection, delivery)
    told = {"state": stands.state, "reason": stands.reason, "channel": stands.channel}
    audit_log.note(connection, who, "retried", "delivery", str(delivery), told, {"state": "waiting"})
    return due


def retry_failed(connection: Connection, channel: str, who: str, most: int = AT_ONCE) -> PutBackTogether:
    """Makes due again what failed on this channel, the oldest first, as many as `most`: each as `retry` does."""
    found = ledger.failed_on(connection, channel, most + 1)
    outcomes = [retry(connection, delivery, who) for delivery in found[:most]]
    refused = sum(isinstance(outcome, Refused) for outcome in outcomes)
    return PutBackTogether(len(outcomes) - refused, refused, more=len(found) > most)


def refusal(standing: Standing) -> Said | None:
    """Why a delivery that stands so may not be sent again; None if it may."""
    match standing.state:
        case "sent":
            return said("its receiver has accepted it; sending it again would tell people twice")
        case "suppressed":
            why = cause(standing.reason) or said("no reason given")
            return said("it was suppressed ({why}): nobody waits for it", why=why)
        case state if state not in RETRIABLE:
            return said(
                "it is {state} and goes out by itself (due {at} UTC)",
                state=state,
                at=instant(standing.due_at),
            )
    channel = plain_text(standing.channel, _NAME)
    if standing.looked_for:
        return said(
            "its answer was lost, and {channel} is asked whether it has it (next at {at} UTC)",
            channel=channel,
            at=instant(standing.due_at),
        )
    if standing.channel_removed:
        return said("its channel {channel} was removed", channel=channel)
    if not standing.wanted:
        return said("no subscription wants it any more: they were removed")
    return None
