"""Mail servers on loopback: a proper one (aiosmtpd), and one that follows a script to its bad end."""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP as Server
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.ports import MailServer


@dataclass
class Relay:
    """A mail server that notes what it was given; `answers` override its replies by command."""

    answers: dict[str, str] = field(default_factory=dict)
    mails: list[Envelope] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    peers: set[Any] = field(default_factory=set)
    port: int = 0

    async def handle_MAIL(
        self, server: Server, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "MAIL" not in self.answers:
            envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(
        self, server: Server, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "RCPT" not in self.answers:
            envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: Server, session: Session, envelope: Envelope) -> str:
        self.peers.add(session.peer)
        if "DATA" not in self.answers:
            self.mails.append(envelope)
        return self.answers.get("DATA", "250 2.0.0 queued as 4F")

    def let_in(
        self, server: Server, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        self.logins.append(data.password)
        return AuthResult(success=data.password == b"right", handled=False)


@pytest.fixture
def relay_with() -> Iterator[Callable[..., Relay]]:
    """Starts relays; keyword arguments go to aiosmtpd's SMTP."""
    started: list[MailServer] = []

    def start(answers: dict[str, str] | None = None, **options: Any) -> Relay:
        relay = Relay(answers or {})
        if options.pop("login", False):
            options |= {
                "authenticator": relay.let_in,
                "auth_require_tls": False,
                "auth_exclude_mechanism": ["LOGIN"],
            }
        controller = MailServer(relay, **options)
        relay.port = controller.port
        controller.start()
        started.append(controller)
        return relay

    yield start
    for controller in started:
        controller.stop()


@dataclass
class Certificate:
    """A self-signed certificate: `server` shows it, `friend` trusts it, `stranger` does not know it."""

    server: ssl.SSLContext
    friend: ssl.SSLContext
    stranger: ssl.SSLContext
    file: Path


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.fromtimestamp(time.time(), UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file: Path = tmp_path_factory.mktemp("tls") / "server.pem"
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return Certificate(
        server, ssl.create_default_context(cafile=str(file)), ssl.create_default_context(), file
    )


class Script:
    """One side of a conversation: says lines, waits for commands, and hangs up when the script ends."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.heard = bytearray()
        self.tail = b""

    def say(self, *lines: str) -> None:
        self.connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def hear(self, end: bytes = b"\r\n") -> bytes:
        got = bytearray()
        while not got.endswith(end):
            piece = self.connection.recv(1)
            if not piece:
                break
            got += piece
        self.heard += got
        return bytes(got)

    def drain(self) -> int:
        """Hears everything until the other side hangs up; how many bytes."""
        total = 0
        while piece := self.connection.recv(1 << 16):
            total += len(piece)
            self.tail = (self.tail + piece)[-9:]
        return total

    def answer(self, *replies: str) -> None:
        """Hears a command and says a reply, for each reply."""
        for reply in replies:
            self.hear()
            self.say(reply)


@pytest.fixture
def scripted() -> Iterator[Callable[..., int]]:
    """Serves each connection by the script, then closes it; the port. `heard` collects what clients said."""
    stopping = threading.Event()
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(script: Callable[[Script], None], heard: queue.Queue[bytes] | None = None) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0.05)
        listeners.append(listener)

        def work() -> None:
            while not stopping.is_set():
                with suppress(TimeoutError):
                    connection, _ = listener.accept()
                    with connection:
                        connection.settimeout(5)
                        part = Script(connection)
                        with suppress(OSError):
                            script(part)
                        if heard is not None:
                            heard.put(bytes(part.heard))

        thread = threading.Thread(target=work)
        thread.start()
        threads.append(thread)
        port: int = listener.getsockname()[1]
        return port

    yield serve
    stopping.set()
    for thread in threads:
        thread.join()
    for listener in listeners:
        listener.close()
