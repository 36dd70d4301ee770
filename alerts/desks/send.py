"""The send desk: what is due goes out, one message per channel at a time, and the ledger says what became of it.

What the receiver may or may not have is looked for there, where it can be asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from alerts.channel import Answer, Blocked, Channel, Composed, Simpler, Unsure, Verdict
from alerts.desks.confirming import ask_for_consent
from alerts.desks.consent import admit, in_the_light_of_bounces
from alerts.desks.consent import tidy as tidy_consent
from alerts.desks.look import look_for
from alerts.desks.outbox import Outbox, exchange, lacked, opened
from alerts.desks.settling import settle_attempt, shown
from alerts.model import Channel as ChannelRow
from alerts.model import Letter
from alerts.store import circuits, deliveries, doubts, last_look, letters, looking, tidying
from alerts.store.deliveries import DueDelivery
from alerts.store.doubts import DueLook
from alerts.store.looking import ToDo
from worker import spans
from worker.crashpoint import crashpoint
from worker.kit import Kit
from worker.rolling import keep_busy
from worker.secrets import without
from worker.store.engine import Connection, asking

__all__ = ["Outbox", "exchange", "send"]

log = structlog.get_logger("alerts")

SEND_ROOM = 16
SEND_SECONDS = 20.0
TIDY_EVERY = timedelta(seconds=1)  # a removed channel or subscription is not told for longer than this
TIDY_ALL_EVERY = timedelta(minutes=5)
"""Less than the ten minutes for which `looking` goes back to find slots that were not given back."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A message that may go out: on which channel, and by which kind it is judged. `ways` are those of
    its articles, where they are drawn."""

    kind: Channel
    channel: ChannelRow
    message: Composed
    ways: tuple[spans.Way, ...] = ()


async def send(outbox: Outbox, seconds: float = SEND_SECONDS) -> int:
    """Sends what is due, one message per channel at a time, and looks for what is in doubt; returns how many
    attempts and looks were made."""
    kit = outbox.kit
    seen: ToDo | None = _look_round(outbox)
    looked = kit.clock()
    if seen and seen.abandoned:
        _settle_all_abandoned(outbox)
        seen = replace(seen, due=True)
    if seen and seen.asking:
        await ask_for_consent(kit, outbox.mail, outbox.sender)

    def claim(room: int) -> list[DueDelivery | DueLook]:
        nonlocal seen, looked
        if kit.clock() - looked >= TIDY_EVERY:
            seen, looked = _look_round(outbox), kit.clock()
        todo, seen = seen or _glance(outbox), None
        return _claim(outbox, todo, room) if todo.due or todo.doubts or todo.keeping else []

    return await keep_busy(claim, lambda row: _work_on(outbox, row), room=SEND_ROOM, seconds=seconds)


def _look_round(outbox: Outbox) -> ToDo:
    """What there is to do, once everything is tidy. What only the slots of messages that ended long ago could tell is
    tidied without being asked for."""
    kit = outbox.kit
    with asking(kit.engine) as connection:
        seen = looking.look_round(connection, kit.clock())
    long_ago = outbox.tidied_at is None or kit.clock() - outbox.tidied_at >= TIDY_ALL_EVERY
    if not seen.untidy and not long_ago:
        return seen
    _tidy(outbox)
    return replace(_glance(outbox), abandoned=seen.abandoned, asking=seen.asking)


def _glance(outbox: Outbox) -> ToDo:
    with asking(outbox.kit.engine) as connection:
        return looking.glance(connection, outbox.kit.clock())


def _claim(outbox: Outbox, todo: ToDo, room: int) -> list[DueDelivery | DueLook]:
    with outbox.kit.engine.begin() as connection:
        if todo.keeping:
            last_look.take(connection, outbox.kit.clock())  # first, because it may have to wait for a planner
        looks = doubts.claim_looks(connection, room) if todo.doubts else []
        left = room - len(looks)
        due = deliveries.claim_due(connection, left, paces=outbox.paces) if left and todo.due else []
    return [*looks, *due]


def _settle_all_abandoned(outbox: Outbox) -> None:
    with outbox.kit.engine.begin() as connection:
        abandoned = deliveries.claim_abandoned(connection)
    for due, begun in abandoned:
        _settle_abandoned(outbox, due, begun)


async def _work_on(outbox: Outbox, row: DueDelivery | DueLook) -> None:
    match row:
        case DueLook():
            await look_for(outbox, row)
        case DueDelivery():
            await _send_one(outbox, row)


def _tidy(outbox: Outbox) -> None:
    """A transaction of its own, which has the planners wait no longer than it takes."""
    with outbox.kit.engine.begin() as connection:
        if not tidying.tidy_alone(connection):
            return
        for credential in outbox.credentials:
            circuits.close_circuit(connection, f"sender:{credential}", opened_for=lacked(credential))
        tidy_consent(connection, outbox.kit)
        tidying.tidy(connection)
    outbox.tidied_at = outbox.kit.clock()


async def _send_one(outbox: Outbox, due: DueDelivery) -> None:
    crashpoint("after_claim")
    ready = _begin(outbox, due)
    if isinstance(ready, _Ready):
        await _post(outbox, due, ready)
    elif ready is not None:
        settle_attempt(outbox, due, ready)


def _begin(outbox: Outbox, due: DueDelivery) -> _Ready | Verdict | None:
    """The message, once it is written down that it goes out: what a crash leaves behind tells what may be there. Else
    why nothing can go, which counts no attempt; or None where nothing is to, by us.

    One transaction for all of it: what a message costs is trips to the database.
    """
    with outbox.kit.engine.begin() as connection:
        ready = _make_ready(outbox, connection, due)
        if isinstance(ready, _Ready) and deliveries.begin_attempt(connection, due) is None:
            log.info("lease_lost", delivery=due.id)
            return None
        return ready


def _make_ready(outbox: Outbox, connection: Connection, due: DueDelivery) -> _Ready | Verdict | None:
    letter = letters.load_letter(connection, due, outbox.kit.clock())
    if not letter.items and not letter.notice:
        _end_emptied(connection, due, outbox.kit.clock())
        return None
    row = opened(outbox, connection, due.channel_id)
    if row is None:
        return Blocked("secret_not_opened", scope="channel")
    match admit(connection, outbox.kit, due, row):
        case None:
            log.info("not_wanted", delivery=due.id, channel_id=due.channel_id)
            return None
        case Blocked() as unwanted:
            return unwanted
        case ChannelRow() as admitted:
            return _compose(outbox, letter, admitted)


def _compose(outbox: Outbox, letter: Letter, row: ChannelRow) -> _Ready | Verdict:
    kind = outbox.registry.get(row.kind)
    if kind is None:
        return Blocked("kind_not_served", scope="channel")
    if why := outbox.lacks(kind):
        return Blocked(why, scope="sender")
    try:
        return _Ready(kind, row, kind.compose(letter, row), _ways(letter))
    except Exception as error:
        log.exception("compose_failed", channel_id=row.id, key=letter.key)
        return Simpler(f"compose_failed: {type(error).__name__}")


async def _post(outbox: Outbox, due: DueDelivery, ready: _Ready) -> None:
    facts = {"delivery": due.id, "kind": due.kind, "channel": due.channel_kind}
    with spans.span("send", "inside", facts, ready.ways) as told:
        crashpoint("before_post")
        answer = await exchange(outbox, ready.message)
        crashpoint("after_post")
        verdict, said = _judge(outbox.kit, due, ready, answer)
        settle_attempt(outbox, due, verdict, said, answer.elapsed_s)
        told.note({"attempt": due.attempts + 1, "verdict": type(verdict).__name__.lower()})


def _ways(letter: Letter) -> tuple[spans.Way, ...]:
    if not spans.recording():
        return ()
    return tuple(spans.Way("article", each.article, each.seen_at) for each in letter.items if each.seen_at)


def _judge(kit: Kit, due: DueDelivery, ready: _Ready, answer: Answer) -> tuple[Verdict, str]:
    """What the answer means, and how the ledger shows it: without the address of a hook, which lets anybody post."""
    verdict, row = ready.kind.judge(answer), ready.channel
    if row.kind != "email":
        return verdict, without(shown(answer), row.to, row.secret)
    return in_the_light_of_bounces(kit, due, verdict), shown(answer)


def _settle_abandoned(outbox: Outbox, due: DueDelivery, begun: bool) -> None:
    """A sender vanished. Where its attempt had begun the receiver may have the message; else it surely has not."""
    if begun:
        earlier = replace(due, attempts=due.attempts - 1)
        settle_attempt(outbox, earlier, Unsure("sender_vanished"), vanished=True)
        return
    with outbox.kit.engine.begin() as connection:
        deliveries.settle(connection, due, {"state": "waiting"})
    log.info("taken_back", delivery=due.id, channel_id=due.channel_id)


def _end_emptied(connection: Connection, due: DueDelivery, now: datetime) -> None:
    """Its articles have moved to a sooner delivery: nobody misses anything, so this is no failure. Where somebody came
    to want them while it was claimed, it goes out for them."""
    if deliveries.settle(connection, due, {"state": "waiting"}):
        deliveries.end_if_empty(connection, due.id, now)
