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
from alerts.model import Channel, Item, Letter
from ops.verdict import cause, span
from worker.model import ArticleId
from worker.secrets import without
from worker.wire import Failure, Reply


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
    message = kind.compose(sample_letter(channel.name, row.options.get("public_url", ""), now), row)
    answer = await exchange(outbox, message)
    said = told(answer)
    return Trial(
        kind.judge(answer), said if channel.kind == "email" else without(said, channel.to, channel.secret)
    )


def sample_letter(channel: str, link: str, now: datetime) -> Letter:
    """A letter that no reader takes for news."""
    item = Item(
        article=ArticleId(0),
        title="Test message from Pantau: this channel works",
        url=link,
        source="Pantau",
        topics=("test",),
        quote=f"Sent by hand with `pantau channels test` to {channel}. No article has matched.",
        seen_at=now,
    )
    return Letter(key=str(uuid4()), kind="article", items=(item,), now=now, topics=("test",))


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
