from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.newsroom import HangUp, MailMessage, MailSink, Refuse, RefuseAtEnd, Script
from ops.newsroom.mail_sink import Address
from ops.newsroom.tally import doubled

RINA, BUDI = "rina@example.org", "budi@example.org"


def letter(text: str = "Halo.\n", to: str = RINA, name: str = "<d1.1@pantau.example>") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "pantau@example.org", to, "Perundingan · НАТО"
    message["Message-ID"] = name
    message.set_content(text)
    return message


@pytest.fixture
def sink(request: pytest.FixtureRequest) -> MailSink:
    return MailSink(getattr(request, "param", None))


@pytest.fixture
def address(sink: MailSink) -> Iterator[Address]:
    with sink.listening() as address:
        yield address


@contextmanager
def client(address: Address) -> Iterator[smtplib.SMTP]:
    smtp = smtplib.SMTP(address.host, address.port, local_hostname="desk.example", timeout=10)
    try:
        yield smtp
    finally:
        smtp.close()


class Wire:
    """A client that says exactly what it is told to say."""

    def __init__(self, address: Address) -> None:
        self._socket = socket.create_connection(address, timeout=10)
        self._file = self._socket.makefile("rb")
        self.reply()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def say(self, *lines: str) -> str:
        self.send("".join(f"{line}\r\n" for line in lines).encode())
        return [self.reply() for _ in lines][-1]

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def expect_silence(self) -> None:
        """The other side has closed: nothing more comes, or a reset for what it did not read."""
        try:
            assert self._file.read() == b""
        except ConnectionResetError:
            pass

    def reply(self) -> str:
        while (line := self._file.readline()).decode()[3:4] == "-":
            pass
        return line.decode().rstrip()


def test_a_letter_arrives_with_its_envelope_as_it_was_sent(address: Address, sink: MailSink) -> None:
    with client(address) as smtp:
        assert smtp.send_message(letter("Satu.\n.Dua dengan titik.\n..\n"), to_addrs=[RINA, BUDI]) == {}
        smtp.quit()
    (mail,) = sink.accepted
    assert mail.envelope.client == "desk.example"
    assert mail.envelope.sender == "pantau@example.org"
    assert mail.envelope.recipients == (RINA, BUDI)
    assert mail.message["Subject"] == "Perundingan · НАТО"
    assert mail.text.splitlines() == ["Satu.", ".Dua dengan titik.", ".."]
    assert not sink.refused


def test_the_sink_says_where_it_listens_as_pantau_wants_to_hear_it(address: Address) -> None:
    assert address.url == f"smtp://127.0.0.1:{address.port}?tls=none"


def test_ehlo_offers_what_the_sink_can_do(address: Address) -> None:
    with client(address) as smtp:
        smtp.ehlo()
        assert {"size", "8bitmime", "smtputf8", "pipelining"} <= smtp.esmtp_features.keys()
        assert smtp.noop()[0] == 250
        assert smtp.rset()[0] == 250
        assert smtp.vrfy(RINA)[0] == 252
        assert smtp.quit()[0] == 221


def test_many_letters_over_one_connection_and_many_connections_at_once(
    address: Address, sink: MailSink
) -> None:
    with client(address) as one, client(address) as two:
        for _ in range(3):
            one.send_message(letter())
            two.send_message(letter(to=BUDI))
    assert len(sink.accepted) == 6


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["MAIL FROM:<a@b>"], "503"),
        (["EHLO"], "501"),
        (["HELO c", "MAIL FROM:<a@b>"], "250"),
        (["EHLO c", "MAIL FROM:<>"], "250"),
        (["EHLO c", "mail from: <a@b> BODY=8BITMIME SIZE=100 SMTPUTF8"], "250"),
        (["EHLO c", "MAIL FROM:<a@b>", "MAIL FROM:<a@b>"], "503"),
        (["EHLO c", "MAIL FROM:a@b"], "501"),
        (["EHLO c", "MAIL TO:<a@b>"], "501"),
        (["EHLO c", "MAIL FROM:<a@b> RET=FULL"], "555"),
        (["EHLO c", "MAIL FROM:<a@b> SIZE=99999999999"], "552"),
        (["EHLO c", "RCPT TO:<a@b>"], "503"),
        (["EHLO c", "MAIL FROM:<a@b>", "RCPT TO:<>"], "501"),
        (["EHLO c", "MAIL FROM:<a@b>", "RCPT FROM:<a@b>"], "501"),
        (["EHLO c", "MAIL FROM:<a@b>", "RCPT TO:<a@b> NOTIFY=NEVER"], "555"),
        (["EHLO c", "MAIL FROM:<a@b>", "DATA"], "503"),
        (["EHLO c", "MAIL FROM:<a@b>", "RCPT TO:<a@b>", "RSET", "DATA"], "503"),
        (["EHLO c", "MAIL FROM:<a@b>", "RCPT TO:<a@b>", "EHLO c", "DATA"], "503"),
        (["EHLO c", "DATA now"], "501"),
        (["EHLO c", "QUIT now"], "501"),
        (["STARTTLS"], "500"),
        (["GET / HTTP/1.1"], "500"),
        ([""], "500"),
        (["EHLO " + "c" * 3000], "500"),
    ],
)
def test_commands_are_answered_by_the_rfc(address: Address, lines: list[str], code: str) -> None:
    with Wire(address) as wire:
        for line in lines[:-1]:
            wire.say(line)
        assert wire.say(lines[-1])[:3] == code


def test_commands_may_be_sent_in_one_go(address: Address) -> None:
    with Wire(address) as wire:
        wire.say("EHLO c")
        assert wire.say("MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA")[:3] == "354"


def test_a_lone_line_feed_before_a_dot_does_not_end_a_letter(address: Address, sink: MailSink) -> None:
    smuggled = b"Subject: one\r\n\r\nfirst\n.\nMAIL FROM:<x@y>\r\nmore\n.\r\nstill\r\n.\r\n"
    with Wire(address) as wire:
        wire.say("EHLO c", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA")
        wire.send(smuggled)
        assert wire.reply()[:3] == "250"
    (mail,) = sink.accepted
    assert b"MAIL FROM" in mail.raw
    assert mail.raw.endswith(b"still\r\n")


def test_an_empty_letter_is_a_letter(address: Address, sink: MailSink) -> None:
    with Wire(address) as wire:
        wire.say("EHLO c", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA")
        wire.send(b".\r\n")
        assert wire.reply()[:3] == "250"
    (mail,) = sink.accepted
    assert (mail.raw, mail.text) == (b"", "")
    assert mail.receipts[0].identity is None


def test_a_letter_above_the_limit_is_refused_after_its_dot_and_the_next_one_is_taken() -> None:
    sink = MailSink(most_bytes=2000)
    with sink.listening() as address, Wire(address) as wire:
        for size, code in ((3000, "552"), (1000, "250")):
            wire.say("EHLO c", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA")
            wire.send(b"x\r\n" * (size // 3) + b".\r\n")
            assert wire.reply()[:3] == code
    assert len(sink.accepted) == 1


def test_a_line_without_end_is_refused_and_the_connection_closed() -> None:
    sink = MailSink(most_bytes=2000)
    with sink.listening() as address, Wire(address) as wire:
        wire.say("EHLO c", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA")
        wire.send(b"x" * 5000)
        assert wire.reply()[:3] == "500"
        wire.expect_silence()
    assert not sink.accepted


@pytest.mark.parametrize("sink", [Script(receivers={RINA: [Refuse(451, "4.3.0 later")]})], indirect=True)
def test_a_recipient_refused_once_is_taken_the_second_time(address: Address, sink: MailSink) -> None:
    with client(address) as smtp:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
            smtp.send_message(letter())
        assert caught.value.recipients == {RINA: (451, b"4.3.0 later")}
        assert smtp.send_message(letter()) == {}
    assert len(sink.accepted) == 1
    assert [reply for _, reply in sink.refused] == ["451 4.3.0 later"]


@pytest.mark.parametrize("sink", [Script(receivers={RINA: [Refuse(550, "5.1.1 unknown")]})], indirect=True)
def test_one_refused_recipient_does_not_keep_the_letter_from_the_other(
    address: Address, sink: MailSink
) -> None:
    with client(address) as smtp:
        assert smtp.send_message(letter(), to_addrs=[RINA, BUDI]) == {RINA: (550, b"5.1.1 unknown")}
    assert sink.accepted[0].envelope.recipients == (BUDI,)


@pytest.mark.parametrize("sink", [Script(receivers={RINA: [RefuseAtEnd(554, "5.7.1 no")]})], indirect=True)
def test_content_may_be_refused_after_the_dot(address: Address, sink: MailSink) -> None:
    with client(address) as smtp:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            smtp.send_message(letter())
        assert caught.value.smtp_code == 554
        smtp.send_message(letter())
    assert len(sink.accepted) == 1


@pytest.mark.parametrize(
    ("sink", "kept"),
    [(Script([HangUp(accepted=True)]), 1), (Script([HangUp(accepted=False)]), 0)],
    indirect=["sink"],
)
def test_a_hang_up_leaves_the_sender_in_doubt_whether_the_letter_was_taken_or_not(
    address: Address, sink: MailSink, kept: int
) -> None:
    with client(address) as smtp, pytest.raises(smtplib.SMTPServerDisconnected):
        smtp.send_message(letter())
    assert len(sink.accepted) == kept


def test_leaving_while_a_client_is_connected_leaves_nothing_behind(sink: MailSink) -> None:
    with sink.listening() as address:
        wire = Wire(address)
        wire.say("EHLO c")
    assert wire.reply() == ""
    wire.__exit__()


def test_a_letter_that_comes_twice_is_known_by_its_message_id(address: Address, sink: MailSink) -> None:
    with client(address) as smtp:
        for name in ("<d1@p>", "<d1@p>", "<d2@p>"):
            smtp.send_message(letter(name=name))
    assert doubled(sink.receipts) == {(RINA, "<d1@p>"): 2}


def test_the_addresses_in_all_parts_of_a_letter_are_found(address: Address, sink: MailSink) -> None:
    message = letter("Baca http://127.0.0.1:9/kabar/x, lalu http://127.0.0.1:9/y?a=1&b=2.\n")
    message.add_alternative('<a href="http://127.0.0.1:9/z?a=1&amp;b=2">z</a>', subtype="html")
    with client(address) as smtp:
        smtp.send_message(message)
    assert sink.receipts[0].links == {
        "http://127.0.0.1:9/kabar/x",
        "http://127.0.0.1:9/y?a=1&b=2",
        "http://127.0.0.1:9/z?a=1&b=2",
    }


def test_whoever_listens_hears_each_letter() -> None:
    heard: list[MailMessage] = []
    sink = MailSink(heard=heard.append)
    with sink.listening() as address, client(address) as smtp:
        smtp.send_message(letter())
    assert tuple(heard) == sink.accepted


def test_a_taken_port_is_told_to_the_caller(sink: MailSink, address: Address) -> None:
    with pytest.raises(OSError, match="in use"), MailSink().listening(address.port):
        pass


lines = st.lists(st.text(st.sampled_from(". abc:"), max_size=12), max_size=8)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines)
def test_whatever_the_lines_of_a_letter_they_come_out_as_they_went_in(
    sink: MailSink, address: Address, lines: list[str]
) -> None:
    raw = "".join(f"{line}\r\n" for line in lines).encode()
    with client(address) as smtp:
        smtp.sendmail("a@b", [RINA], raw)
    assert sink.accepted[-1].raw == (raw or b"\r\n")
