"""DOOR. Mail over SMTP (RFC 5321), phase by phase, to tell "surely not delivered" from "nobody knows".

TLS is never a matter of chance: a server that should speak it and does not, or shows a certificate that
nobody vouches for, hears neither the login nor the message.
"""

from __future__ import annotations

import ipaddress
import re
import selectors
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from alerts.channel import Mail, MailReply, Phase
from alerts.letter import header_text
from worker.errors import BadConfiguration
from worker.secrets import Secret

TIMEOUT_S = 20.0
IDLE_S = 60.0
MESSAGES_PER_CONNECTION = 100
Tls = Literal["implicit", "starttls", "none"]
_PORTS: dict[Tls, int] = {"implicit": 465, "starttls": 587, "none": 25}
_EXAMPLE = (
    "write smtp://user:password@host:587?tls=starttls, smtps://… or smtp://127.0.0.1:1025?tls=none, "
    "with %23 for # and %2F for / in the password"
)
_LINE_START = re.compile(rb"(?m)^\.")
_ADDRESS = re.compile(r"[!#-;=?-~]+@[A-Za-z0-9.:\[\]-]+")
_INTERNATIONAL = re.compile(r"[!#-;=?-~\u00a1-\ud7ff\ue000-\U0010ffff]+@[A-Za-z0-9.:\[\]-]+")
_SHORTEST_STEP_S = 0.05
# What a server lacks it leaves out of its EHLO answer; these are the codes of RFC 5321 and RFC 4954 for it.
_NO_STARTTLS = (502, "the server offers no STARTTLS")
_NO_LOGIN = (504, "the server offers no way to log in that we know")
_NO_SMTPUTF8 = (550, "5.6.7 the server takes no addresses outside ASCII (SMTPUTF8)")


@dataclass(frozen=True, slots=True)
class Smtp:
    """How to reach the relay. Without `user` there is no login."""

    host: str
    port: int
    tls: Tls = "starttls"
    user: str = ""
    password: Secret = field(default=Secret(""))


def parse_smtp_url(url: str) -> Smtp:
    """The relay that `url` names: smtps:// is TLS from the start, smtp:// STARTTLS unless ?tls=none says no.

    Raises BadConfiguration with a sentence that shows no password.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise BadConfiguration(f"the SMTP address cannot be read; {_EXAMPLE}") from None
    tls = _tls_of(parts.scheme, options)
    if not host or port == 0 or parts.path.strip("/") or parts.fragment:
        raise BadConfiguration(f"the SMTP address needs a host, a port, and no path; {_EXAMPLE}")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    smtp = Smtp(host, port or _PORTS[tls], tls, user, Secret(password))
    _check_login(smtp)
    return smtp


def _tls_of(scheme: str, options: dict[str, str]) -> Tls:
    wanted = options.pop("tls", "implicit" if scheme == "smtps" else "starttls")
    if options:
        raise BadConfiguration(
            f'the SMTP address knows no option "{header_text(min(options), 40)}"; {_EXAMPLE}'
        )
    match scheme, wanted:
        case ("smtps", "implicit") | ("smtp", "implicit"):
            return "implicit"
        case "smtp", "starttls":
            return "starttls"
        case "smtp", "none":
            return "none"
        case _:
            raise BadConfiguration(f"the SMTP address has an unknown scheme or tls option; {_EXAMPLE}")


def _check_login(smtp: Smtp) -> None:
    password = smtp.password.reveal()
    if bool(smtp.user) != bool(password):
        raise BadConfiguration("the SMTP address has a user or a password alone; give both, or neither")
    if not (smtp.user + password).isascii():
        raise BadConfiguration("SMTP user and password must be ASCII, as most servers take nothing else")
    if password and smtp.tls == "none" and not _is_loopback(smtp.host):
        raise BadConfiguration(
            f"the SMTP password would go to {header_text(smtp.host, 100)} in clear; "
            "use tls=starttls or smtps://, or leave the password out"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Ended(Exception):
    """No error of the program: how an exchange came to its end before the dot."""

    def __init__(self, phase: Phase, code: int, text: str) -> None:
        self.phase, self.code, self.text = phase, code, text
        super().__init__(text)


class MailDoor:
    """The relay, over one connection that is kept while it is useful; safe to share between threads.

    `context` decides whom to trust (default: the system's authorities).
    """

    def __init__(
        self,
        smtp: Smtp,
        *,
        timeout_s: float = TIMEOUT_S,
        context: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._smtp, self._timeout_s, self._clock = smtp, timeout_s, clock
        self._context = context or ssl.create_default_context()
        self._lock = threading.Lock()
        self._connection: smtplib.SMTP | None = None
        self._used_at, self._messages = 0.0, 0

    def send(self, mail: Mail) -> MailReply:
        """Hands the message to the relay and returns its answer. The sender is the message's own From.

        Blocks at most the timeout for others' messages and once more for this one. Never raises for what a
        server does.
        """
        start = self._clock()
        if not self._lock.acquire(timeout=self._timeout_s):
            return MailReply("turn", 0, "other messages keep the relay busy", self._clock() - start)
        try:
            phase, code, text = self._exchange(mail)
            self._used_at = self._clock()
            if code in (0, 421) or phase == "body":  # without its dot, whatever follows would be body too
                self._drop()
        finally:
            self._lock.release()
        return MailReply(phase, code, header_text(text, 300), self._used_at - start)

    def knock(self) -> str | None:
        """What keeps us out of the relay, in its words; None if it lets us in. Sends nothing."""
        with self._lock:
            self._drop()
            try:
                self._ready(self._talk())
            except _Ended as ended:
                return header_text(f"{ended.phase}: {ended.code or ''} {ended.text}", 300)
            finally:
                self._leave()
        return None

    def close(self) -> None:
        """Takes leave of the server."""
        with self._lock:
            self._leave()

    def _leave(self) -> None:
        if self._connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
        self._drop()

    def _talk(self) -> _Talk:
        return _Talk(self._smtp, self._context, self._clock() + self._timeout_s, self._clock)

    def _exchange(self, mail: Mail) -> tuple[Phase, int, str]:
        talk = self._talk()
        try:
            connection = self._ready(talk)
            self._messages += 1
            return talk.transact(connection, mail)
        except _Ended as ended:
            return ended.phase, ended.code, ended.text

    def _ready(self, talk: _Talk) -> smtplib.SMTP:
        """A connection on which a message may begin: the one we have, if it is still good, or a new one."""
        if self._connection is not None and not self._still_good(self._connection):
            self._drop()
        if self._connection is None:
            self._connection, self._messages = talk.connect(), 0
        return self._connection

    def _still_good(self, connection: smtplib.SMTP) -> bool:
        if self._messages >= MESSAGES_PER_CONNECTION or self._clock() - self._used_at > IDLE_S:
            return False
        try:
            return connection.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


@dataclass(frozen=True, slots=True)
class _Talk:
    """The steps of one sending, all before one deadline. A step that the server ends raises _Ended."""

    smtp: Smtp
    context: ssl.SSLContext
    deadline: float
    clock: Callable[[], float]

    def connect(self) -> smtplib.SMTP:
        """From the first packet to a session that is encrypted and logged in as it should be."""
        with _step("connect"):
            connection = self._open()
        try:
            self._greet(connection)
        except _Ended:
            connection.close()
            raise
        return connection

    def _open(self) -> smtplib.SMTP:
        host, port, name, left = self.smtp.host, self.smtp.port, _own_name(), self._left()
        if self.smtp.tls == "implicit":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, name, timeout=left, context=self.context)
        else:
            connection = smtplib.SMTP(host, port, name, timeout=left)
        if connection.sock is not None:  # body and dot are two writes: Nagle would wait 40 ms between them
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _greet(self, connection: smtplib.SMTP) -> None:
        with self._on(connection, "connect"):
            connection.ehlo_or_helo_if_needed()
        if self.smtp.tls == "starttls":
            if not connection.has_extn("starttls"):
                raise _Ended("tls", *_NO_STARTTLS)
            with self._on(connection, "tls"):
                connection.starttls(context=self.context)
            with self._on(connection, "connect"):
                connection.ehlo_or_helo_if_needed()
        if self.smtp.user:
            with self._on(connection, "login"):
                connection.login(self.smtp.user, self.smtp.password.reveal())

    def transact(self, connection: smtplib.SMTP, mail: Mail) -> tuple[Phase, int, str]:
        """One message to one recipient; how far it came, and the server's last word."""
        sender = parseaddr(str(BytesHeaderParser().parsebytes(mail.message)["From"] or ""))[1]
        _check_address("mail", sender)
        _check_address("rcpt", mail.recipient, _INTERNATIONAL)
        options = [f"size={len(mail.message)}"] if connection.has_extn("size") else []
        if (
            not mail.recipient.isascii()
        ):  # such a mail has letters outside ASCII in its header (RFC 6531, 3.4)
            if not connection.has_extn("smtputf8"):
                raise _Ended("rcpt", *_NO_SMTPUTF8)
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        with self._on(connection, "mail"):
            _expect("mail", 250, connection.mail(sender, options))
        with self._on(connection, "rcpt"):
            _expect("rcpt", 250, connection.rcpt(mail.recipient))
        with self._on(connection, "data"):
            _expect("data", 354, connection.docmd("DATA"))
        with self._on(connection, "body"):
            connection.send(_stuffed(mail.message))
            if _has_spoken(connection):  # it has nothing to say before the dot, unless it gives up
                code, text = connection.getreply()
                raise _Ended("body", code, _words(text))
        with self._on(connection, "dot"):
            connection.send(b".\r\n")
            code, text = connection.getreply()
        return "dot", code, _words(text)

    @contextmanager
    def _on(self, connection: smtplib.SMTP, phase: Phase) -> Iterator[None]:
        if connection.sock is not None:
            connection.sock.settimeout(self._left())
        with _step(phase):
            yield

    def _left(self) -> float:
        return max(self.deadline - self.clock(), _SHORTEST_STEP_S)


@contextmanager
def _step(phase: Phase) -> Iterator[None]:
    """Whatever smtplib raises becomes the phase, the code (0: no answer) and the words.

    A connection lost while TLS is being set up counts to "connect": phase "tls" says that the server can not,
    or must not, be talked to.
    """
    try:
        yield
    except smtplib.SMTPResponseException as refused:
        raise _Ended(phase, refused.smtp_code, _words(refused.smtp_error)) from None
    except ssl.SSLError as broken:
        lost = phase not in ("connect", "tls") or isinstance(broken, ssl.SSLEOFError | ssl.SSLZeroReturnError)
        raise _Ended(_untls(phase) if lost else "tls", 0, str(broken)) from None
    except smtplib.SMTPServerDisconnected as gone:
        raise _Ended(_untls(phase), 0, str(gone)) from None
    except smtplib.SMTPException as unable:
        raise _Ended(phase, *(_NO_LOGIN if phase == "login" else (0, str(unable)))) from None
    except (OSError, ValueError) as failed:
        raise _Ended(_untls(phase), 0, str(failed)) from None


def _untls(phase: Phase) -> Phase:
    return "connect" if phase == "tls" else phase


def _check_address(phase: Phase, address: str, proper: re.Pattern[str] = _ADDRESS) -> None:
    if not proper.fullmatch(address):
        raise _Ended(phase, 553, "5.1.3 no address that SMTP can carry")


def _expect(phase: Phase, wanted: int, reply: tuple[int, bytes]) -> None:
    code, text = reply
    # 251 and 252 are acceptances too: "not ours, will forward", "cannot say, will try" (RFC 5321, 4.2.3).
    if code != wanted and not (wanted == 250 and code in (251, 252)):
        raise _Ended(phase, code, _words(text))


def _words(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def _stuffed(message: bytes) -> bytes:
    """The body for the wire: a dot at a line's start is doubled (RFC 5321, 4.5.2), CRLF at the end."""
    whole = message if message.endswith(b"\r\n") else message + b"\r\n"
    return _LINE_START.sub(b"..", whole)


def _has_spoken(connection: smtplib.SMTP) -> bool:
    """Whether the server has said something, or hung up, although it is not its turn."""
    if connection.sock is None:
        return False
    with selectors.DefaultSelector() as selector:
        selector.register(connection.sock, selectors.EVENT_READ)
        return bool(selector.select(0))


def _own_name() -> str:
    """What to call ourselves in EHLO, without asking the DNS, which can take longer than the mail."""
    name = socket.gethostname()
    return name if "." in name and _ADDRESS.fullmatch(f"x@{name}") else "[127.0.0.1]"
