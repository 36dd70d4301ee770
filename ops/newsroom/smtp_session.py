"""One SMTP conversation, from the greeting to the farewell (RFC 5321)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from ops.newsroom.script import Accept, Answer, HangUp, Refuse, RefuseAtEnd

# RFC 5321, 4.5.3.2.7: a server waits at least five minutes for the next command.
IDLE_S = 300.0
# RFC 5321, 4.5.3.1.4: 512 octets, more for the parameters of extensions.
MOST_COMMAND = 2048
_PATH = re.compile(r"(?:FROM|TO):\s*<([^<>]*)>((?:\s+\S+)*)\s*", re.IGNORECASE)
_PARAMETER = re.compile(r"SIZE=(\d{1,20})|BODY=(?:7BIT|8BITMIME)|SMTPUTF8", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What was said around a message: who greeted, who sends (empty for a bounce), who receives."""

    client: str
    sender: str
    recipients: tuple[str, ...]


class _Farewell(Exception):
    """The connection is to be closed now."""


class Session:
    """Answers one client until it quits, falls silent or is hung up on. `answer_for` says what an address meets,
    `judge` what a whole message meets."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        answer_for: Callable[[str], Answer],
        accept: Callable[[Envelope, bytes], None],
        refuse: Callable[[str], None],
        most_bytes: int,
        judge: Callable[[bytes], Answer] = lambda _: Accept(),
    ) -> None:
        self._reader, self._writer = reader, writer
        self._judge = judge
        self._answer_for, self._accept, self._refuse = answer_for, accept, refuse
        self._most_bytes = most_bytes
        self._client = ""
        self._reset()

    async def converse(self) -> None:
        """Hold the whole conversation; returns when the connection is closed."""
        try:
            await self._say("220 newsroom.example ready for mail")
            while True:
                await self._obey(await self._command())
        except (_Farewell, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()

    def _reset(self) -> None:
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._answers: list[Answer] = []

    async def _command(self) -> tuple[str, str]:
        line = await self._line()
        if len(line) > MOST_COMMAND:
            await self._refusal("500 5.5.2 line too long")
            raise _Farewell
        verb, _, rest = line.decode("utf-8", "replace").partition(" ")
        return verb.upper(), rest.strip()

    async def _obey(self, command: tuple[str, str]) -> None:
        match command:
            case ("EHLO" | "HELO") as verb, client:
                await self._hello(verb, client)
            case "MAIL", path:
                await self._mail(path)
            case "RCPT", path:
                await self._rcpt(path)
            case "DATA", "":
                await self._data()
            case "RSET", "":
                self._reset()
                await self._say("250 2.0.0 forgotten")
            case "NOOP", _:
                await self._say("250 2.0.0 nothing done")
            case "VRFY", _:
                await self._say("252 2.5.0 send it and see")
            case "QUIT", "":
                await self._say("221 2.0.0 goodbye")
                raise _Farewell
            case "DATA" | "RSET" | "QUIT", _:
                await self._refusal("501 5.5.4 this command takes no argument")
            case _:
                await self._refusal("500 5.5.1 unknown command")

    async def _hello(self, verb: str, client: str) -> None:
        if not client:
            await self._refusal("501 5.5.4 say who you are")
            return
        self._client = client
        self._reset()
        if verb == "HELO":
            await self._say("250 newsroom.example")
            return
        offers = ("newsroom.example", "PIPELINING", f"SIZE {self._most_bytes}", "8BITMIME", "SMTPUTF8")
        await self._say(*(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}")

    async def _mail(self, argument: str) -> None:
        path = _PATH.fullmatch(argument)
        if not self._client:
            await self._refusal("503 5.5.1 say EHLO first")
        elif self._sender is not None:
            await self._refusal("503 5.5.1 one sender for each message; RSET to begin again")
        elif path is None or not argument.upper().startswith("FROM:"):
            await self._refusal("501 5.5.4 expected MAIL FROM:<address>")
        elif complaint := self._parameters(path[2].split()):
            await self._refusal(complaint)
        else:
            self._sender = path[1]
            await self._say("250 2.1.0 sender noted")

    def _parameters(self, parameters: list[str]) -> str | None:
        for parameter in parameters:
            known = _PARAMETER.fullmatch(parameter)
            if known is None:
                return f"555 5.5.4 unknown parameter {parameter[:80]}"
            if known[1] and int(known[1]) > self._most_bytes:
                return self._too_big()
        return None

    async def _rcpt(self, argument: str) -> None:
        path = _PATH.fullmatch(argument)
        if self._sender is None:
            await self._refusal("503 5.5.1 MAIL comes before RCPT")
        elif path is None or not path[1] or not argument.upper().startswith("TO:"):
            await self._refusal("501 5.5.4 expected RCPT TO:<address>")
        elif path[2].strip():
            await self._refusal("555 5.5.4 RCPT takes no parameters here")
        else:
            await self._recipient(path[1])

    async def _recipient(self, address: str) -> None:
        match self._answer_for(address):
            case Refuse(code=code, words=words):
                await self._refusal(f"{code} {words}")
            case answer:
                self._recipients.append(address)
                self._answers.append(answer)
                await self._say("250 2.1.5 recipient noted")

    async def _data(self) -> None:
        if not self._recipients:
            await self._refusal("503 5.5.1 no valid recipients")
            return
        if HangUp(accepted=False) in self._answers:
            self._refuse("hung up at DATA")
            raise _Farewell
        await self._say("354 end with a dot on a line of its own")
        raw = await self._content()
        await self._settle(raw)
        self._reset()

    async def _content(self) -> bytes | None:
        """The message without its final dot, leading dots unstuffed; None when it is above the limit.

        Only CRLF ends a line, so a lone LF before a dot cannot smuggle in a second message.
        """
        lines: list[bytes] = []
        size = 0
        while (line := await self._line()) != b".":
            line = line.removeprefix(b".")
            size += len(line) + 2
            if size <= self._most_bytes:
                lines.append(line + b"\r\n")
        return b"".join(lines) if size <= self._most_bytes else None

    async def _settle(self, raw: bytes | None) -> None:
        if raw is None:
            await self._refusal(self._too_big())
            return
        for answer in (*self._answers, self._judge(raw)):
            if isinstance(answer, RefuseAtEnd):
                await self._refusal(f"{answer.code} {answer.words}")
                return
            if answer == HangUp(accepted=False):
                self._refuse("hung up at the final dot")
                raise _Farewell
        self._accept(Envelope(self._client, self._sender or "", tuple(self._recipients)), raw)
        if HangUp(accepted=True) in self._answers:
            raise _Farewell
        await self._say("250 2.0.0 message taken")

    def _too_big(self) -> str:
        return f"552 5.3.4 more than {self._most_bytes} bytes"

    async def _line(self) -> bytes:
        try:
            async with asyncio.timeout(IDLE_S):
                return (await self._reader.readuntil(b"\r\n")).removesuffix(b"\r\n")
        except TimeoutError:
            await self._refusal("421 4.4.2 nothing heard for five minutes")
        except asyncio.LimitOverrunError:
            await self._refusal("500 5.5.2 line too long")
        raise _Farewell

    async def _refusal(self, reply: str) -> None:
        self._refuse(reply)
        await self._say(reply)

    async def _say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode("utf-8"))
        await self._writer.drain()
