"""One test letter to a channel, past the ledger: what its receiver truly says, and what that means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from alerts.channel import (
    Answer,
    Astray,
    Blocked,
    Later,
    MailReply,
    Never,
    Sent,
    Simpler,
    Unsure,
    Verdict,
)
from alerts.desks.send import Outbox, exchange
from alerts.letter import plain_text
from alerts.model import Channel, Letter
from alerts.store.addresses import standing_of
from alerts.store.circuits import close_circuit
from alerts.store.people import credential_of
from alerts.words import Language, phrase
from ops.store import audit_log
from ops.verdict import cause, span
from worker.secrets import KeyRing, without
from worker.store.engine import Connection
from worker.wire import Failure, Reply

_SAID_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Trial:
    """How a test ended: the verdict, and the receiver's own words ("" where none was asked)."""

    verdict: Verdict
    answer: str = ""


async def try_channel(outbox: Outbox, channel: Channel, now: datetime) -> Trial:
    """Sends one test letter through the outbox's doors; no delivery is written."""
    kind = outbox.registry.get(channel.kind)
    if kind is None:
        return Trial(Blocked("kind_not_served", scope="channel"))
    if lacked := outbox.lacks(kind):
        return Trial(Blocked(lacked, scope="sender"))
    row = outbox.in_hand(kind, channel)
    message = kind.compose(sample_letter(channel, now), row)
    answer = await exchange(outbox, message)
    said = told(answer)
    return Trial(
        kind.judge(answer), said if channel.kind == "email" else without(said, channel.to, channel.secret)
    )


def unwanted(connection: Connection, keys: KeyRing, channel: Channel) -> str | None:
    """Why no test goes to this channel: it is a message as well, and its reader does not want any; None if it may."""
    if channel.kind != "email":
        return None
    standing = standing_of(connection, keys, channel)
    if standing.blocked_by is not None:
        return f"{plain_text(channel.name, 80)} is blocked: nothing is written there"
    if not standing.vouched:
        return f"the owner of {plain_text(channel.name, 80)} has not confirmed yet"
    return None


def let_through(connection: Connection, channel: Channel) -> bool:
    """What works again for a test works for what was held; True if anything was."""
    credential = credential_of(connection, channel.id)
    circuits = [f"channel:{channel.id}", *([f"sender:{credential}"] if credential else [])]
    closed = [close_circuit(connection, circuit) for circuit in circuits]
    return any(closed)


def write_down(connection: Connection, channel: Channel, trial: Trial | None, refused: str, who: str) -> bool:
    """Writes into the audit log how a test ended (None: why it was refused), without secrets and addresses. What works
    again lets go what it held: True if that was anything."""
    accepted = trial is not None and isinstance(trial.verdict, Sent)
    told = {
        "accepted": accepted,
        "meaning": in_words(trial.verdict) if trial else refused,
        "answer": without(trial.answer, channel.to, channel.secret)[:_SAID_LIMIT] if trial else "",
    }
    audit_log.note(connection, who, "tested", "channel", channel.name, None, told)
    return accepted and let_through(connection, channel)


def sample_letter(channel: Channel, now: datetime) -> Letter:
    """A letter that nobody takes for news, no program behind a webhook either: it tells of no article."""
    language: Language = "id" if channel.options.get("language") == "id" else "en"
    sentence = phrase(language, "test", channel=plain_text(channel.name, 80))
    return Letter(str(uuid4()), "notice", items=(), now=now, language=language, notice=(sentence,))


def told(answer: Answer) -> str:
    """The answer in the receiver's own words, as one harmless line."""
    match answer:
        case Failure(reason, detail):
            return plain_text(f"{reason}: {detail}", 300)
        case Reply(status, _, body):
            return plain_text(f"{status} {body[:1000].decode('utf-8', 'replace')}", 300)
        case MailReply(phase, code, text):
            said = f"{code} {text}" if code else text or "no answer"
            return plain_text(f"{said} (at {phase})", 300)


def in_words(verdict: Verdict) -> str:
    """What the answer means for messages to this channel."""
    match verdict:
        case Sent():
            return "sent: the receiver has accepted it"
        case Later(reason, after):
            asked = f"; it wants to be left alone for {span(after.total_seconds())}" if after else ""
            return f"not now: {cause(reason)}{asked}"
        case Unsure(reason):
            return f"in doubt: {cause(reason)}; look whether the message has arrived"
        case Astray(reason):
            return f"the message it belongs to is gone: {cause(reason)}"
        case Simpler(reason):
            return f"the receiver does not take a message of this form: {cause(reason)}"
        case Blocked(reason):
            return f"nothing gets through until somebody mends it: {cause(reason)}"
        case Never(reason):
            return f"refused for good: {cause(reason)}"
