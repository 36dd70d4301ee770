"""Postfix as Debian ships it, on loopback with a configuration of its own: what a real server takes and answers."""

from __future__ import annotations

import email
import email.policy
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.channel import Blocked, Later, Mail, Never, Sent, Simpler, Verdict
from alerts.channels import channels
from alerts.post import MailDoor, Smtp
from ops.newsroom import MailSink

PROGRAM = shutil.which("postfix", path="/usr/sbin:/usr/bin")
LARGEST = 60_000
OPTIONS = {
    "from": "Pantau <pantau@example.org>",
    "public_url": "https://pantau.example",
    "unsubscribe": "t" * 180,
    "manage": "m" * 60,
    "list": "subscription-12",
}
MAIN = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
daemon_directory = {daemons}
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/log
maillog_file_prefixes = {root}
myhostname = mx.example.org
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_dns_support_level = disabled
relay_domains = example.org
relay_transport = smtp:[127.0.0.1]:{sink}
relay_recipient_maps = inline:{{ rina@example.org=ok, grey@example.org=ok, full@example.org=ok, spam@example.org=ok }}
smtpd_recipient_restrictions = reject_non_fqdn_recipient, reject_unauth_destination,
  check_recipient_access inline:{{ {{ grey@example.org = 451 4.7.1 Greylisted, come again }},
    {{ full@example.org = 552 5.2.2 Mailbox full }}, {{ spam@example.org = 550 5.7.1 Blocked by policy }} }}
smtpd_relay_before_recipient_restrictions = no
smtpd_relay_restrictions = reject_unauth_destination
smtpd_reject_unlisted_recipient = yes
message_size_limit = {largest}
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {certificate}
smtpd_tls_security_level = may
smtputf8_enable = yes
"""
MASTER = """
{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
"""


@dataclass
class Postfix:
    """A running server that hands on to the sink."""

    port: int
    sink: MailSink
    certificate: Any

    @contextmanager
    def door(self, *, trusted: bool = True) -> Iterator[MailDoor]:
        context = self.certificate.friend if trusted else self.certificate.stranger
        door = MailDoor(Smtp("127.0.0.1", self.port, "starttls"), timeout_s=20, context=context)
        try:
            yield door
        finally:
            door.close()

    def arrived(self, count: int) -> Any:
        until = time.monotonic() + 30
        while len(self.sink.accepted) < count and time.monotonic() < until:
            time.sleep(0.05)
        return self.sink.accepted[-1]


@pytest.fixture(scope="session")
def postfix(certificate: Any) -> Iterator[Postfix]:
    """Skips, and says why, where Postfix is not installed or may not be started."""
    if PROGRAM is None:
        pytest.skip("Postfix is not installed (apt-get install postfix, without a configuration)")
    if os.geteuid() != 0:
        pytest.skip("Postfix is started by root alone")
    daemons = next(d for d in ("/usr/lib/postfix/sbin", "/usr/libexec/postfix") if Path(d).is_dir())
    root = Path(tempfile.mkdtemp(prefix="pantau-postfix-"))
    root.chmod(0o755)
    for name in ("queue", "data", "etc"):
        (root / name).mkdir()
    os.chown(root / "data", pwd.getpwnam("postfix").pw_uid, -1)
    sink = MailSink()
    with sink.listening() as address:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        facts = {
            "root": root,
            "daemons": daemons,
            "sink": address.port,
            "largest": LARGEST,
            "port": port,
            "certificate": certificate.file,
        }
        (root / "etc/main.cf").write_text(MAIN.format(**facts))
        (root / "etc/master.cf").write_text(MASTER.format(**facts))
        config = str(root / "etc")
        made = subprocess.run(
            [str(PROGRAM), "-c", config, "check"], capture_output=True, text=True, timeout=60
        )
        assert made.returncode == 0, made.stderr
        # not by `postfix start`, whose server would outlive tests that are killed
        master = ["setpriv", "--pdeathsig", "TERM", f"{daemons}/master", "-d", "-c", config]
        server = subprocess.Popen(master, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _await(port, server, root / "log")
            yield Postfix(port, sink, certificate)
        finally:
            server.terminate()
            server.wait(timeout=30)
            shutil.rmtree(root, ignore_errors=True)


def _await(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        assert server.poll() is None, log.read_text() if log.exists() else "it ended without a word"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text() if log.exists() else "it never listened")


def composed(letter: Any, row: Any) -> Mail:
    mail = channels()["email"].compose(letter, row)
    assert isinstance(mail, Mail)
    return mail


def test_what_a_reader_gets_is_what_was_written(
    postfix: Postfix, letter_of: Any, item_of: Any, row_of: Any
) -> None:
    hostile = "=?utf-8?q?a=0ABcc:_x=40y.org?= \r\nBcc: z@y.org Переговоры о мире"
    items = [
        item_of(title=hostile, quote=".\n..\nFrom here\n" + "Ж" * 4000),
        item_of(language="ar", title="قمة"),
    ]
    sent = composed(letter_of(*items, kind="digest"), row_of("email", options=OPTIONS))
    before = len(postfix.sink.accepted)
    with postfix.door() as door:
        for _ in range(3):
            assert isinstance(channels()["email"].judge(door.send(sent)), Sent)
    raw = postfix.arrived(before + 3).raw
    added, _, rest = raw.partition(b"From: ")
    assert b"From: " + rest == sent.message
    assert added.startswith((b"Received:", b"Return-Path:", b"Delivered-To:"))
    assert b"\r\nList-Unsubscribe: <https://pantau.example/u/" + b"t" * 180 + b">\r\n" in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    for form in (email.policy.default, email.policy.compat32):
        read: Any = email.message_from_bytes(raw, policy=form)
        assert read["Message-ID"] == "<0b7c-4d1e@example.org>"
        assert read["List-Id"] == "<subscription-12.pantau.example.org>"
        assert read["Bcc"] is None
        assert [part.get_content_type() for part in read.walk()] == [
            "multipart/alternative",
            "text/plain",
            "text/html",
        ]
        assert not read.defects


def test_a_mail_to_an_address_outside_ascii_goes_through(
    postfix: Postfix, letter_of: Any, row_of: Any
) -> None:
    sent = composed(letter_of(), row_of("email", to="юзер@example.org"))
    with postfix.door() as door:
        reply = door.send(sent)
    assert (reply.phase, reply.code) == ("rcpt", 550)  # it was taken as an address; nobody has it
    assert "5.1.1" in reply.text


ANSWERS: dict[str, Verdict] = {
    "nobody@example.org": Blocked("recipient_refused", "channel", timedelta(days=1)),
    "rina@elsewhere.example": Blocked("relay_denied", "sender"),
    "grey@example.org": Later("greylisted", timedelta(minutes=5), let_in=True),
    "full@example.org": Later("mailbox_full", timedelta(hours=1), let_in=True),
    "spam@example.org": Never("refused_by_policy"),
    "rina@localhost": Blocked("recipient_refused", "channel", timedelta(days=1)),
}


@pytest.mark.parametrize(("to", "verdict"), ANSWERS.items())
def test_its_own_words_are_understood(
    postfix: Postfix, letter_of: Any, row_of: Any, to: str, verdict: Verdict
) -> None:
    with postfix.door() as door:
        assert channels()["email"].judge(door.send(composed(letter_of(), row_of("email", to=to)))) == verdict
        after = door.send(composed(letter_of(simpler=1), row_of("email")))  # on the same connection
    assert isinstance(channels()["email"].judge(after), Sent)


def test_a_message_that_is_too_large_is_written_plainer(
    postfix: Postfix, letter_of: Any, item_of: Any, row_of: Any
) -> None:
    items = [item_of(quote="Ж" * 700, title=f"Berita {n}") for n in range(60)]
    full, plainer = (composed(letter_of(*items, kind="digest", simpler=n), row_of("email")) for n in (0, 1))
    with postfix.door() as door:
        assert channels()["email"].judge(door.send(full)) == Simpler("message_too_large")
        assert isinstance(channels()["email"].judge(door.send(plainer)), Sent)


def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    postfix: Postfix, letter_of: Any, row_of: Any
) -> None:
    with postfix.door(trusted=False) as door:
        reply = door.send(composed(letter_of(key="secret-1"), row_of("email")))
    assert channels()["email"].judge(reply) == Blocked("tls_refused", "sender")
    assert reply.phase == "tls"
    assert not any(b"secret-1" in mail.raw for mail in postfix.sink.accepted)
