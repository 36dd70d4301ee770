"""Looking for a message at its receiver, after an answer was lost."""

from __future__ import annotations

import random

import structlog

from alerts.channel import Answer, Blocked, Finding, Later
from alerts.desks.outbox import Outbox, exchange, opened
from alerts.desks.settling import shown, tell, trying_of, write_settlement
from alerts.doubt import LookAgain, resolve
from alerts.model import Channel as ChannelRow
from alerts.settle import Settlement
from alerts.store import doubts
from alerts.store.doubts import DueLook
from worker.crashpoint import crashpoint

log = structlog.get_logger("alerts")


async def look_for(outbox: Outbox, claimed: DueLook) -> None:
    """Asks the receiver once, for one page, and writes down what that makes of the delivery."""
    with outbox.kit.engine.begin() as connection:
        row = opened(outbox, connection, claimed.due.channel_id)
    finding, answer = await _find(outbox, row, claimed)
    crashpoint("after_look")
    now = outbox.kit.clock()
    with outbox.kit.engine.begin() as connection:
        resolved = resolve(trying_of(outbox, claimed.due), claimed.look, finding, now, random.random())
        match resolved:
            case LookAgain():
                written = doubts.look_again(connection, claimed.due, resolved)
            case Settlement():
                written = write_settlement(connection, claimed.due, resolved, answer, now)
        if not written:
            connection.rollback()
            log.warning("lease_lost", delivery=claimed.due.id)
            return
    if isinstance(resolved, Settlement):
        tell(claimed.due, resolved, 0)
    else:
        log.info("looked", delivery=claimed.due.id, finding=type(finding).__name__, reason=resolved.reason)


async def _find(outbox: Outbox, row: ChannelRow | None, claimed: DueLook) -> tuple[Finding, str]:
    if row is None:
        return Blocked("secret_not_opened", "sender"), ""
    kind, channel = outbox.registry.get(row.kind), outbox.askable(row.kind)
    if kind is None or channel is None:
        return Blocked("kind_not_served", "channel"), ""
    if lacked := outbox.lacks(kind):
        return Blocked(lacked, "sender"), ""
    doubt = claimed.look.doubt
    try:
        answer: Answer = await exchange(outbox, channel.look(doubt, row))
        return channel.find(answer, doubt), shown(answer)
    except Exception as error:
        log.exception("look_failed", channel_id=row.id, key=doubt.key)
        return Later(f"look_failed: {type(error).__name__}"), ""
