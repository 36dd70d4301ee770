"""The send desk: what is due goes out, one message per channel at a time, and the ledger says what became of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from alerts.channel import (
    Answer,
    Blocked,
    Channel,
    Composed,
    Mail,
    MailReply,
    Push,
    Simpler,
    Unsure,
    Verdict,
)
from alerts.channels import channels
from alerts.model import Channel as ChannelRow
from alerts.model import Letter
from alerts.post import MailDoor
from alerts.push import push
from alerts.settle import (
    TERMINAL,
    CloseCircuit,
    Effect,
    OpenCircuit,
    PauseChannel,
    Reason,
    Scope,
    Settlement,
    Trying,
    settle,
)
from alerts.store import deliveries, letters, people
from alerts.store.deliveries import DueDelivery
from alerts.store.schema import deliveries as ledger
from worker.errors import BadConfiguration
from worker.kit import Kit
from worker.rolling import keep_busy
from worker.secrets import without
from worker.store.engine import Connection
from worker.wire import Failure, Reply, Request

log = structlog.get_logger("alerts")

SEND_ROOM = 16
SEND_SECONDS = 20.0
TIDY_EVERY = timedelta(seconds=1)  # a removed channel or subscription is not told for longer than this
NO_MAIL = "smtp_not_configured"


@dataclass(slots=True)
class Outbox:
    """The send desk's tools: the shared ones, the mail door (None: no SMTP is set up), and what every channel
    may need to know of the sender."""

    kit: Kit
    mail: MailDoor | None
    sender: Mapping[str, str] = field(default_factory=dict)
    registry: Mapping[str, Channel] = field(default_factory=channels)


async def send(outbox: Outbox, seconds: float = SEND_SECONDS) -> int:
    """Sends what is due, one message per channel at a time; returns how many attempts were made."""
    kit = outbox.kit
    with kit.engine.begin() as connection:
        _tidy(outbox, connection)
        abandoned = deliveries.claim_abandoned(connection)
    for due, begun in abandoned:
        _settle_abandoned(outbox, due, begun)
    tidied = kit.clock()

    def claim(room: int) -> list[DueDelivery]:
        nonlocal tidied
        with kit.engine.begin() as connection:
            if kit.clock() - tidied >= TIDY_EVERY:
                _tidy(outbox, connection)
                tidied = kit.clock()
            return deliveries.claim_due(connection, room)

    return await keep_busy(claim, lambda due: _send_one(outbox, due), room=SEND_ROOM, seconds=seconds)


def _tidy(outbox: Outbox, connection: Connection) -> None:
    if outbox.mail is not None:
        deliveries.close_circuit(connection, "sender:smtp", opened_for=NO_MAIL)
    deliveries.tidy(connection)


async def _send_one(outbox: Outbox, due: DueDelivery) -> None:
    kit = outbox.kit
    with kit.engine.begin() as connection:
        credential = people.credential_of(connection, due.channel_id)
        letter = letters.load_letter(connection, due, kit.clock())
        if not letter.items:
            _end_emptied(connection, due, kit.clock())
            return
        row = _opened(outbox, connection, due)
    channel = outbox.registry.get(row.kind) if row else None
    ready = _prepare(outbox, channel, letter, row)
    if not isinstance(ready, Composed) or channel is None:
        _settle(outbox, due, credential, ready, "")  # type: ignore[arg-type]
        return
    with kit.engine.begin() as connection:
        if deliveries.begin_attempt(connection, due) is None:
            log.info("lease_lost", delivery=due.id)
            return
    answer = await exchange(outbox, ready)
    said = (
        _shown(answer) if row is None or row.kind == "email" else without(_shown(answer), row.to, row.secret)
    )
    _settle(outbox, due, credential, channel.judge(answer), said, answer.elapsed_s)


def _opened(outbox: Outbox, connection: Connection, due: DueDelivery) -> ChannelRow | None:
    """The channel, with what it may need to know of the sender; None where no key opens its secrets."""
    try:
        row = people.load_channel(connection, due.channel_id, outbox.kit.keys)
    except BadConfiguration as error:
        log.error("secret_not_opened", channel_id=due.channel_id, detail=str(error))
        return None
    return replace(row, options={**row.options, **outbox.sender})


def _prepare(
    outbox: Outbox, channel: Channel | None, letter: Letter, row: ChannelRow | None
) -> Composed | Verdict:
    """What to send, or why nothing can be sent at all; no attempt is counted for the latter."""
    if row is None:
        return Blocked("secret_not_opened", scope="channel")
    if channel is None:
        return Blocked("kind_not_served", scope="channel")
    try:
        composed = channel.compose(letter, row)
    except Exception as error:
        log.exception("compose_failed", channel_id=row.id, key=letter.key)
        return Simpler(f"compose_failed: {type(error).__name__}")
    if isinstance(composed, Mail) and outbox.mail is None:
        return Blocked(NO_MAIL, scope="sender")
    return composed


async def exchange(outbox: Outbox, message: Composed) -> Answer:
    """Puts a composed message through the outbox's door for it; blocking mail has a thread of its own."""
    if isinstance(message, Push):
        return await push(message, outbox.kit.web.allow)
    if isinstance(message, Request):
        answer: Answer = await outbox.kit.web.ask(message)
        return answer
    assert outbox.mail is not None
    return await asyncio.to_thread(outbox.mail.send, message)


def _settle_abandoned(outbox: Outbox, due: DueDelivery, begun: bool) -> None:
    """A sender vanished. Where its attempt had begun the receiver may have the message; else it surely has not."""
    if begun:
        with outbox.kit.engine.connect() as connection:
            credential = people.credential_of(connection, due.channel_id)
        _settle(outbox, replace(due, attempts=due.attempts - 1), credential, Unsure("sender_vanished"), "")
        return
    with outbox.kit.engine.begin() as connection:
        deliveries.settle(connection, due, {"state": "waiting"})
    log.info("taken_back", delivery=due.id, channel_id=due.channel_id)


def _end_emptied(connection: Connection, due: DueDelivery, now: datetime) -> None:
    """Its articles have moved to a sooner delivery: nobody misses anything, so this is no failure."""
    deliveries.settle(connection, due, {"state": "suppressed", "reason": "emptied", "ended_at": now})


def _settle(
    outbox: Outbox,
    due: DueDelivery,
    credential: str | None,
    verdict: Verdict,
    answer: str,
    elapsed_s: float = 0,
) -> None:
    now = outbox.kit.clock()
    settlement = settle(_trying(due, credential), verdict, now, random.random())
    with outbox.kit.engine.begin() as connection:
        deliveries.end_attempt(
            connection,
            due,
            verdict=type(verdict).__name__.lower(),
            reason=settlement.detail or None,
            answer=answer,
            elapsed_s=elapsed_s,
        )
        if not deliveries.settle(connection, due, _facts(settlement, answer, now)):
            connection.rollback()
            log.warning("lease_lost", delivery=due.id)
            return
        for effect in settlement.effects:
            _carry_out(connection, effect, asked=settlement.reason is Reason.ASKED_TO_WAIT)
    log.info(
        "sent" if settlement.state == "sent" else "not_sent",
        delivery=due.id,
        channel_id=due.channel_id,
        state=settlement.state,
        reason=str(settlement.reason),
        detail=settlement.detail,
        attempt=due.attempts + 1,
        ms=round(elapsed_s * 1000),
    )


def _carry_out(connection: Connection, effect: Effect, *, asked: bool) -> None:
    match effect:
        case PauseChannel(channel, until):
            deliveries.pause_channel(connection, channel, until, asked=asked)
        case OpenCircuit(name, probe_at, probes, reason):
            deliveries.open_circuit(connection, name, reason, probe_at, probes)
            log.warning("circuit_open", circuit=name, reason=reason, probe_at=probe_at)
        case CloseCircuit(name):
            if deliveries.close_circuit(connection, name):
                log.info("circuit_closed", circuit=name)


def _trying(due: DueDelivery, credential: str | None) -> Trying:
    return Trying(
        channel=due.channel_id,
        created_at=due.created_at,
        expires_at=due.expires_at,
        attempts=due.attempts,
        simpler=due.simpler,
        possible_repeat=due.possible_repeat,
        unsure_before=due.unsure > 0,
        on_doubt=due.on_doubt,
        credential=credential,
        probing=_side(due.circuit),
        probes=due.probes,
    )


def _side(circuit: str | None) -> Scope | None:
    if circuit is None:
        return None
    return "sender" if circuit.startswith("sender:") else "channel"


def _facts(settlement: Settlement, answer: str, now: datetime) -> dict[str, object]:
    """The delivery's row after an attempt. A wait that the receiver asked for is no lag of ours."""
    over = settlement.state in TERMINAL
    facts: dict[str, object] = {
        "state": settlement.state,
        "reason": f"{settlement.reason}: {settlement.detail}"
        if settlement.detail
        else str(settlement.reason),
        "attempts": settlement.attempts,
        "simpler": settlement.simpler,
        "possible_repeat": settlement.possible_repeat,
        "unsure": int(settlement.unsure_before),
        "expires_at": settlement.expires_at,
        "held_by": _holder(settlement),
        "last_answer": answer or None,
        "ended_at": now if over else None,
    }
    if settlement.alone:
        facts["thread_of"] = None
    if settlement.due_at is not None:
        facts["due_at"] = settlement.due_at
    for effect in settlement.effects:
        if isinstance(effect, PauseChannel) and settlement.reason is Reason.ASKED_TO_WAIT:
            facts["waited_s"] = ledger.c.waited_s + (effect.until - now).total_seconds()
    if settlement.state == "sent":
        facts["remote_id"] = settlement.detail or None
    return facts


def _holder(settlement: Settlement) -> str | None:
    """The circuit that a held delivery waits for."""
    opened = (effect.circuit for effect in settlement.effects if isinstance(effect, OpenCircuit))
    return next(opened, None) if settlement.state == "held" else None


def _shown(answer: Answer) -> str:
    """An answer as the ledger shows it: status and the first words."""
    match answer:
        case Failure(reason, detail):
            return f"{reason}: {detail}"[:300]
        case Reply(status, _, body):
            return f"{status} {body[:200].decode('utf-8', 'replace')}".replace("\0", "").strip()
        case MailReply(phase, code, text):
            return f"{code} {text} (at {phase})"[:300]
