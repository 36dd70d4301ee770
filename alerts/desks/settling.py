"""What an answer leaves behind: the delivery's next state and all that follows from it, in one commit."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime

import structlog

from alerts.channel import Answer, MailReply, Simpler, Verdict
from alerts.circuits import CloseCircuit, Effect, NoteStrain, OpenCircuit, Pause, Scope, Side
from alerts.desks.outbox import Outbox
from alerts.settle import Reason, Settlement, Trying, settle
from alerts.store import circuits, deliveries
from alerts.store.deliveries import DueDelivery
from alerts.store.schema import deliveries as ledger
from worker.crashpoint import crashpoint
from worker.store.engine import Connection
from worker.wire import Failure, Reply

log = structlog.get_logger("alerts")


def settle_attempt(
    outbox: Outbox,
    due: DueDelivery,
    verdict: Verdict,
    answer: str = "",
    elapsed_s: float = 0,
    *,
    vanished: bool = False,
) -> None:
    """Writes what the verdict makes of the delivery. `due.attempts` are those before this one."""
    now = outbox.kit.clock()
    settlement = settle(trying_of(outbox, due, vanished=vanished), verdict, now, random.random())
    with outbox.kit.engine.begin() as connection:
        deliveries.end_attempt(
            connection,
            due,
            verdict=type(verdict).__name__.lower(),
            reason=settlement.detail or None,
            answer=answer,
            elapsed_s=elapsed_s,
        )
        written = write_settlement(connection, due, settlement, answer, now)
        crashpoint("before_settle")
        if not written:
            connection.rollback()
            log.warning("lease_lost", delivery=due.id)
            return
    crashpoint("after_settle")
    if isinstance(verdict, Simpler):  # what we compose is ours to get right
        log.error("form_refused", delivery=due.id, channel_id=due.channel_id, detail=verdict.reason)
    tell(due, settlement, elapsed_s)


def trying_of(outbox: Outbox, due: DueDelivery, *, vanished: bool = False) -> Trying:
    """The delivery as the pure decisions see it."""
    probing = None if due.circuit is None else _scope(due.circuit)
    return Trying(
        side=Side(due.channel_id, due.credential, probing, due.probes, due.strain),
        expires_at=due.expires_at,
        kind=due.kind,
        attempts=due.attempts,
        simpler=due.simpler,
        possible_repeat=due.possible_repeat,
        unsure_before=due.unsure > 0,
        on_doubt=due.on_doubt,
        doubting=outbox.doubting(due.channel_kind, due.kind),
        vanished=vanished,
    )


def write_settlement(
    connection: Connection, due: DueDelivery, settlement: Settlement, answer: str, now: datetime
) -> bool:
    """The delivery's row and the effects; False if the lease was lost meanwhile, and the caller must roll back."""
    if settlement.alone:
        deliveries.lose_thread(connection, due)  # the older row first, as planners take them
    if not deliveries.settle(connection, due, _facts(settlement, answer, now)):
        return False
    # channels before circuits, as whoever changes a channel
    for effect in sorted(settlement.effects, key=lambda effect: isinstance(effect, OpenCircuit)):
        _carry_out(connection, effect, asked=settlement.reason is Reason.ASKED_TO_WAIT)
    _close(connection, [effect for effect in settlement.effects if isinstance(effect, CloseCircuit)])
    return True


def _close(connection: Connection, closing: Sequence[CloseCircuit]) -> None:
    """All that are closed for the same reasons together; a message that gets through closes two."""
    together: dict[tuple[str, ...], list[str]] = {}
    for effect in closing:
        together.setdefault(effect.opened_for, []).append(effect.circuit)
    for reasons, names in together.items():
        for name in circuits.close_circuits(connection, names, opened_for=reasons):
            log.info("circuit_closed", circuit=name)


def tell(due: DueDelivery, settlement: Settlement, elapsed_s: float) -> None:
    """The log's line about it."""
    log.info(
        "sent" if settlement.state == "sent" else "not_sent",
        delivery=due.id,
        channel_id=due.channel_id,
        state=settlement.state,
        reason=str(settlement.reason),
        detail=settlement.detail,
        attempt=settlement.attempts,
        ms=round(elapsed_s * 1000),
    )


def shown(answer: Answer) -> str:
    """An answer as the ledger shows it: status and the first words."""
    match answer:
        case Failure(reason, detail):
            return f"{reason}: {detail}"[:300]
        case Reply(status, _, body):
            return f"{status} {body[:200].decode('utf-8', 'replace')}".replace("\0", "").strip()
        case MailReply(phase, code, text):
            return f"{code} {text} (at {phase})"[:300]


def _carry_out(connection: Connection, effect: Effect, *, asked: bool) -> None:
    match effect:
        case Pause():
            deliveries.pause(connection, effect, asked=asked)
        case OpenCircuit(name, probe_at, probes, reason):
            circuits.open_circuit(connection, name, reason, probe_at, probes)
            log.warning("circuit_open", circuit=name, reason=reason, probe_at=probe_at)
        case NoteStrain(channel, strain):
            circuits.note_strain(connection, channel, strain)


def _scope(circuit: str) -> Scope:
    return "sender" if circuit.startswith("sender:") else "channel"


def _facts(settlement: Settlement, answer: str, now: datetime) -> dict[str, object]:
    """The delivery's row after an attempt. A wait that the receiver asked for is no lag of ours."""
    why = str(settlement.reason)
    facts: dict[str, object] = {
        "state": settlement.state,
        "reason": f"{why}: {settlement.detail}" if settlement.detail else why,
        "attempts": settlement.attempts,
        "simpler": settlement.simpler,
        "possible_repeat": settlement.possible_repeat,
        "unsure": int(settlement.unsure_before),
        "expires_at": settlement.expires_at,
        "held_by": _holder(settlement),
        "last_answer": answer or None,
        "ended_at": now if settlement.over else None,
        "looks": 0,
        "look_pages": 0,
        "look_cursor": "",
    }
    if settlement.alone:
        facts["thread_of"] = None
    if settlement.due_at is not None:
        facts["due_at"] = settlement.due_at
    for effect in settlement.effects:
        if isinstance(effect, Pause) and settlement.reason is Reason.ASKED_TO_WAIT:
            facts["waited_s"] = ledger.c.waited_s + (effect.until - now).total_seconds()
    if settlement.state == "sent":
        facts["remote_id"] = settlement.detail or None
    return facts


def _holder(settlement: Settlement) -> str | None:
    """The circuit that a held delivery waits for."""
    opened = (effect.circuit for effect in settlement.effects if isinstance(effect, OpenCircuit))
    return next(opened, None) if settlement.state == "held" else None
