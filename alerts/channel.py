"""The contract of a channel: compose a letter into a request, judge the answer.

A channel is one file in `alerts/channels/` that ends in `channel: Channel = …`. It is pure: no sockets, no
store, no clock. What an answer means for the delivery, its channel and its credential is a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol, runtime_checkable

from alerts.model import Channel as ChannelRow
from alerts.model import Letter
from worker.wire import Failure, Reply, Request

Phase = Literal["turn", "connect", "tls", "login", "mail", "rcpt", "data", "body", "dot"]


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail to one recipient, ready for the wire (RFC 5322 bytes with CRLF)."""

    recipient: str
    message: bytes


@dataclass(frozen=True, slots=True)
class Push:
    """A message that a library of others takes to the service behind `url` (which is a secret)."""

    url: str = field(repr=False)
    title: str
    body: str


Composed = Request | Mail | Push
"""A letter in a channel's form; each has its door."""


@dataclass(frozen=True, slots=True)
class MailReply:
    """How an SMTP exchange ended: the phase it reached, the server's code (0 = no answer) and words.

    `phase="dot"` with code 250 is acceptance; `phase="dot"` with code 0 means that the server may have it;
    `phase="turn"` that the relay was never asked, since other messages kept it busy.
    """

    phase: Phase
    code: int
    text: str
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Sent:
    """Accepted by the receiver."""

    remote_id: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """Surely not delivered, and worth another try; `after` is what the receiver asked for.

    `whole_channel` pauses everything for that receiver (429), not only this delivery; `whole_sender` all that share
    its credential. `let_in` if the sender was heard, and only this message, or its receiver, has to wait.
    """

    reason: str
    after: timedelta | None = None
    whole_channel: bool = False
    whole_sender: bool = False
    let_in: bool = False


@dataclass(frozen=True, slots=True)
class Unsure:
    """The receiver may have it: an answer was lost, or says so itself."""

    reason: str


@dataclass(frozen=True, slots=True)
class Simpler:
    """The receiver refuses this form: compose it plainer and try at once; `Never` if it is the plainest."""

    reason: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """Nothing will get through until somebody mends the channel or the sender's credential: hold, count no
    attempt, probe; not before `probe_after`, where knocking too soon does harm."""

    reason: str
    scope: Literal["channel", "sender"]
    probe_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Never:
    """This delivery can not succeed, whatever we do."""

    reason: str


@dataclass(frozen=True, slots=True)
class Astray:
    """The message that this one hangs on is gone at the receiver: tell it as one of its own."""

    reason: str


Verdict = Sent | Later | Unsure | Simpler | Blocked | Never | Astray
Answer = Reply | Failure | MailReply


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message that the receiver may or may not have: which, under which thread's `remote_id`, and from when until
    when we tried, by our own clock; the channel looks wider, by as much as the receiver's may differ. `cursor` is
    where an earlier look left off."""

    key: str
    since: datetime
    until: datetime
    thread: str | None = None
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The receiver has it."""

    remote_id: str


@dataclass(frozen=True, slots=True)
class Absent:
    """It is not among what the receiver has of that time."""


@dataclass(frozen=True, slots=True)
class More:
    """Not on this page; the next one begins at `cursor`."""

    cursor: str


Finding = Found | Absent | More | Later | Blocked
"""What a look at the receiver came to; Later: ask again. Blocked of scope "channel": it cannot be asked (a permission
is missing), so the subscription's `on_doubt` decides; of scope "sender": the credential itself is dead, so it is
asked again once that is mended."""


class Channel(Protocol):
    """One way of telling people; stateless."""

    kind: str
    credential: str | None
    """Names what all channels of this kind share (such as "smtp"), or None where each stands alone."""
    threads: bool
    """Whether later articles of a story stand as replies below its first message, which can be updated: the channel
    composes letters of kind "update" then, and has `remote_id`s."""

    def check(self, to: str, options: Mapping[str, str]) -> str | None:
        """Why this target can not be used, as a sentence; None if it can."""

    def compose(self, letter: Letter, channel: ChannelRow) -> Composed:
        """The letter in this channel's form, within the vendor's limits."""

    def judge(self, answer: Answer) -> Verdict:
        """What the receiver's answer means."""


@runtime_checkable
class Askable(Protocol):
    """A channel whose receiver can be asked what it has, so that no doubt stays."""

    def look(self, doubt: Doubt, channel: ChannelRow) -> Request:
        """Asks the receiver for what it has of the doubt's time."""

    def find(self, answer: Answer, doubt: Doubt) -> Finding:
        """Whether the message is in the receiver's answer."""


@runtime_checkable
class Recognising(Protocol):
    """A channel whose receiver recognises a repeat by the letter's key, so that every doubt is simply tried again."""

    recognises: Literal[True]


@runtime_checkable
class Paced(Protocol):
    """A channel whose receiver takes a message every `pace_s` seconds, after a short burst."""

    pace_s: float
