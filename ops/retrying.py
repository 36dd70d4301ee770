"""Sending a delivery again because a person says so: what may go back, and why the rest may not."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.model import DeliveryId
from ops.moments import instant
from ops.store import ledger
from ops.store.audit_log import note
from ops.store.ledger import PutBack, Standing
from worker.store.engine import Connection

RETRIABLE = ("failed", "unknown", "expired", "held")


@dataclass(frozen=True, slots=True)
class Refused:
    """It stays as it is, for a reason in words."""

    why: str


def retry(connection: Connection, delivery: DeliveryId, *, by: str) -> PutBack | Refused:
    """Makes a delivery due again and writes down who did (`by`), unless that would tell somebody twice, or nobody."""
    standing = ledger.standing(connection, delivery)
    why = refusal(standing)
    if why is not None:
        return Refused(why)
    other = ledger.take_slots(connection, delivery)
    if other is not None:
        return Refused(f"delivery {other} announces one of its articles to the same channel meanwhile")
    due = ledger.put_back(connection, delivery)
    before = {"state": standing.state, "reason": standing.reason, "channel": standing.channel}
    note(connection, by, "retried", "delivery", str(delivery), before, {"state": "ready"})
    return due


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
