"""A mail server that keeps what it is sent: plain SMTP (RFC 5321) on loopback, misbehaving by script.

Speaks EHLO, HELO, MAIL, RCPT, DATA, RSET, NOOP, VRFY and QUIT, with SIZE (RFC 1870), 8BITMIME (RFC 6152),
SMTPUTF8 (RFC 6531) and PIPELINING (RFC 2920). Relays nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from typing import NamedTuple

from ops.newsroom.clock import Clock, utc_now
from ops.newsroom.running import LAST_GUESTS_S, LOOPBACK, beside
from ops.newsroom.script import Script
from ops.newsroom.smtp_session import Envelope, Session
from ops.newsroom.tally import Receipt

MOST_BYTES = 10 * 1024 * 1024
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")


class Address(NamedTuple):
    """Where the sink listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address as `PANTAU_SMTP_URL` wants it."""
        return f"smtp://{self.host}:{self.port}?tls=none"


@dataclass(frozen=True, slots=True)
class MailMessage:
    """A message that was taken, with its envelope. `raw` is what came over the wire, dots unstuffed."""

    at: datetime
    envelope: Envelope
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def text(self) -> str:
        """The plain part, or the HTML where there is no other; empty where there is neither."""
        part = self.message.get_body(("plain", "html"))
        return str(part.get_content()) if part else ""

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """What counts of it: one receipt for each recipient."""
        message = self.message
        name = str(message["Message-ID"]).strip() if message["Message-ID"] else None
        found = frozenset(_links(message))
        return tuple(Receipt(self.at, to, name, found) for to in self.envelope.recipients)


class MailSink:
    """A server for any number of mailboxes; records what it accepted. Scripts go by recipient address.

    `heard` is called for each accepted message, in the sink's own thread.
    """

    def __init__(
        self,
        script: Script | None = None,
        clock: Clock = utc_now,
        heard: Callable[[MailMessage], None] = lambda _: None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._script = script or Script()
        self._clock = clock
        self._heard = heard
        self._most_bytes = most_bytes
        self._accepted: list[MailMessage] = []
        self._refused: list[tuple[datetime, str]] = []

    @property
    def accepted(self) -> tuple[MailMessage, ...]:
        """The messages taken so far, in order."""
        return tuple(self._accepted)

    @property
    def refused(self) -> tuple[tuple[datetime, str], ...]:
        """When something was refused, and the reply that said so; hanging up is recorded too."""
        return tuple(self._refused)

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """What `tally` counts."""
        return tuple(receipt for message in self._accepted for receipt in message.receipts)

    @contextmanager
    def listening(self, port: int = 0) -> Iterator[Address]:
        """Listen on loopback while the block lasts; port 0 takes a free one. `OSError` when it is taken."""
        with beside(self._served(port)) as address:
            yield address

    @asynccontextmanager
    async def _served(self, port: int) -> AsyncIterator[Address]:
        conversations: set[asyncio.Task[None]] = set()

        def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._session(reader, writer).converse())
            conversations.add(task)
            task.add_done_callback(conversations.discard)

        server = await asyncio.start_server(greet, LOOPBACK, port, limit=self._most_bytes + 2)
        try:
            yield Address(LOOPBACK, server.sockets[0].getsockname()[1])
            await asyncio.sleep(LAST_GUESTS_S)
        finally:
            server.close()
            for task in conversations:
                task.cancel()
            await asyncio.gather(*conversations, return_exceptions=True)

    def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Session:
        return Session(
            reader,
            writer,
            answer_for=self._script.next,
            accept=self._accept,
            refuse=self._refuse,
            most_bytes=self._most_bytes,
        )

    def _accept(self, envelope: Envelope, raw: bytes) -> None:
        message = MailMessage(self._clock(), envelope, raw)
        self._accepted.append(message)
        self._heard(message)

    def _refuse(self, reply: str) -> None:
        self._refused.append((self._clock(), reply))


def _links(message: EmailMessage) -> Iterator[str]:
    for part in message.walk():
        if part.get_content_maintype() == "text" and isinstance(part, EmailMessage):
            for url in _ADDRESS.findall(unescape(str(part.get_content()))):
                yield url.rstrip(".,;:!?)")
