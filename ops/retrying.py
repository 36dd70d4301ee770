"""Sending a delivery again because a person says so: what may go back, and why the rest may not."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.model import DeliveryId
from ops.moments import instant
from ops.store import audit_log, ledger
from ops.store.ledger import PutBack, Standing
from worker.store.engine import Connection

RETRIABLE = ("failed", "unknown", "expired", "held")
AT_ONCE = 100
"""So many go back in one transaction: nothing is planned meanwhile, which takes about a second."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It stays as it is, for a reason in words."""

    why: str


@dataclass(frozen=True, slots=True)
class PutBackTogether:
    """How many deliveries are due again, and how many stay as they are."""

    due: int
    refused: int


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
        return Refused(f"delivery {other} announces one of its articles to the same channel meanwhile")
    due = ledger.put_back(connection, delivery)
    told = {"state": stands.state, "reason": stands.reason, "channel": stands.channel}
    audit_log.note(connection, who, "retried", "delivery", str(delivery), told, {"state": "waiting"})
    return due


def retry_failed(connection: Connection, channel: str, who: str, most: int = AT_ONCE) -> PutBackTogether:
    """Makes due again what failed on this channel, the oldest first, as many as `most`: each as `retry` does."""
    outcomes = [retry(connection, delivery, who) for delivery in ledger.failed_on(connection, channel, most)]
    refused = sum(isinstance(outcome, Refused) for outcome in outcomes)
    return PutBackTogether(len(outcomes) - refused, refused)


def refusal(standing: Standing) -> str | None:
    """Why a delivery that stands so may not be sent again; None if it may."""
    match standing.state:
        case "sent":
            return "its receiver has accepted it; sending it again would tell people twice"
        case "suppressed":
            return f"it was suppressed ({standing.reason or 'no reason given'}): nobody waits for it"
        case state if state not in RETRIABLE:
            return f"it is {state} and goes out by itself (due {instant(standing.due_at)} UTC)"
    if standing.looked_for:
        at = f"{instant(standing.due_at)} UTC"
        return f"its answer was lost, and {standing.channel} is asked whether it has it (next at {at})"
    if standing.channel_removed:
        return f"its channel {standing.channel} was removed"
    if not standing.wanted:
        return "no subscription wants it any more: they were removed"
    return None
