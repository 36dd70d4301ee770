"""One test letter to a channel, past the ledger: what its receiver truly says, and what that means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
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
from ops.amounts import span
from ops.causes import cause
from ops.said import Said, said
from ops.store import audit_log
from worker.secrets import KeyRing, without
from worker.store.engine import Connection
from worker.wire import Failure, Reply

_ANSWER_KEPT = 300
"""Characters of an answer that the audit log keeps."""


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
    words = told(answer)
    return Trial(
        kind.judge(answer), words if channel.kind == "email" else without(words, channel.to, channel.secret)
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
    told = as_noted(channel, trial) if trial else {"accepted": False, "verdict": refused}
    audit_log.note(connection, who, "tested", "channel", channel.name, None, told)
    return bool(told["accepted"]) and let_through(connection, channel)


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
            words = f"{code} {text}" if code else text or "no answer"
            return plain_text(f"{words} (at {phase})", 300)


def in_words(verdict: Verdict) -> Said:
    """What the answer means for messages to this channel."""
    match verdict:
        case Sent():
            return said("sent: the receiver has accepted it")
        case Later(reason, after) if after:
            left = span(after.total_seconds())
            return said(
                "not now: {cause}; it wants to be left alone for {span}", cause=cause(reason), span=left
            )
        case Later(reason):
            return said("not now: {cause}", cause=cause(reason))
        case Unsure(reason):
            return said("in doubt: {cause}; look whether the message has arrived", cause=cause(reason))
        case Astray(reason):
            return said("the message it belongs to is gone: {cause}", cause=cause(reason))
        case Simpler(reason):
            return said("the receiver does not take a message of this form: {cause}", cause=cause(reason))
        case Blocked(reason):
            return said("nothing gets through until somebody mends it: {cause}", cause=cause(reason))
        case Never(reason):
            return said("refused for good: {cause}", cause=cause(reason))


def as_noted(channel: Channel, trial: Trial) -> dict[str, Any]:
    """How a test ended, for the audit log: without secrets and addresses, and so that `as_told` can say it in any
    language."""
    verdict = trial.verdict
    after = verdict.after if isinstance(verdict, Later) else None
    return {
        "accepted": isinstance(verdict, Sent),
        "verdict": str(in_words(verdict)),
        "outcome": type(verdict).__name__,
        "reason": "" if isinstance(verdict, Sent) else verdict.reason,
        "after_s": after.total_seconds() if after else None,
        "answer": without(trial.answer, channel.to, channel.secret)[:_ANSWER_KEPT],
    }


def as_told(noted: Mapping[str, Any]) -> Said | str:
    """What `as_noted` wrote down, in words; of a note that says no more, its sentence."""
    reason, after = plain_text(str(noted.get("reason", "")), _ANSWER_KEPT), noted.get("after_s")
    match noted.get("outcome"):
        case "Sent":
            return in_words(Sent())
        case "Later":
            return in_words(Later(reason, timedelta(seconds=float(after)) if after else None))
        case "Unsure":
            return in_words(Unsure(reason))
        case "Astray":
            return in_words(Astray(reason))
        case "Simpler":
            return in_words(Simpler(reason))
        case "Blocked":
            return in_words(Blocked(reason, "channel"))
        case "Never":
            return in_words(Never(reason))
    return plain_text(str(noted.get("verdict", "")), _ANSWER_KEPT)
