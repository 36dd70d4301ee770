"""The send desk's tools, and how a message leaves through them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from alerts.channel import Answer, Askable, Channel, Composed, Paced, Push, Recognising
from alerts.channels import channels
from alerts.model import Channel as ChannelRow
from alerts.model import ChannelId, DeliveryKind
from alerts.post import MailDoor
from alerts.push import push
from alerts.settle import Doubting
from alerts.store import people
from worker.errors import BadConfiguration
from worker.kit import Kit
from worker.secrets import Secret
from worker.store.engine import Connection
from worker.wire import Request

log = structlog.get_logger("alerts")


@dataclass(slots=True)
class Outbox:
    """The send desk's tools: the shared ones, the mail door (None: no SMTP is set up), and what every channel
    may need to know of the sender. `tokens` are the secrets behind credentials other than mail's, by its name;
    `tidied_at` is when everything was tidied last, whether or not it seemed to need it."""

    kit: Kit
    mail: MailDoor | None
    sender: Mapping[str, str] = field(default_factory=dict)
    registry: Mapping[str, Channel] = field(default_factory=channels)
    tokens: Mapping[str, Secret] = field(default_factory=dict)
    tidied_at: datetime | None = None

    @property
    def credentials(self) -> tuple[str, ...]:
        """Those that are set up here."""
        return (*self.tokens, *(["smtp"] if self.mail else []))

    def lacks(self, channel: Channel) -> str | None:
        """Why nothing can go through this kind of channel: its credential is not set up here."""
        there = channel.credential is None or channel.credential in self.credentials
        return None if there else lacked(str(channel.credential))

    def in_hand(self, kind: Channel, row: ChannelRow) -> ChannelRow:
        """The channel with what it may need to know of the sender, and the token where its kind shares one."""
        token = self.tokens.get(kind.credential or "")
        return replace(row, options={**row.options, **self.sender}, secret=token or row.secret)

    @property
    def paces(self) -> dict[str, float]:
        """Seconds between two messages to one channel, for the kinds whose receivers take only so many."""
        offered: Mapping[str, object] = self.registry
        return {kind: found.pace_s for kind, found in offered.items() if isinstance(found, Paced)}

    def askable(self, kind: str) -> Askable | None:
        """The channel of this kind, if its receiver can be asked what it has."""
        found: object = self.registry.get(kind)
        return found if isinstance(found, Askable) else None

    def doubting(self, kind: str, delivery: DeliveryKind) -> Doubting:
        """What settles a lost answer of a channel of this kind; the same update twice is one."""
        found: object = self.registry.get(kind)
        if delivery == "update" or isinstance(found, Recognising):
            return "repeat"
        return "ask" if isinstance(found, Askable) else "policy"


def lacked(credential: str) -> str:
    """Why everything behind a credential is held that is not set up."""
    return f"{credential}_not_configured"


def opened(outbox: Outbox, connection: Connection, channel: ChannelId) -> ChannelRow | None:
    """The channel, with what it may need to know of the sender; None where no key opens its secrets."""
    try:
        row = people.load_channel(connection, channel, outbox.kit.keys)
    except BadConfiguration as error:
        log.error("secret_not_opened", channel_id=channel, detail=str(error))
        return None
    kind = outbox.registry.get(row.kind)
    return row if kind is None else outbox.in_hand(kind, row)


async def exchange(outbox: Outbox, message: Composed) -> Answer:
    """Puts a composed message through the outbox's door for it; blocking mail has a thread of its own."""
    if isinstance(message, Push):
        return await push(message, outbox.kit.web.allow)
    if isinstance(message, Request):
        answer: Answer = await outbox.kit.web.ask(message)
        return answer
    assert outbox.mail is not None
    return await asyncio.to_thread(outbox.mail.send, message)
