from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from alerts.channel import Blocked, Mail, MailReply
from alerts.channels import channels
from alerts.post import MESSAGES_PER_CONNECTION, MailDoor, Smtp
from tests.ports import refusing
from worker.secrets import Secret

MESSAGE = (
    b"From: Pantau <pantau@example.org>\r\nTo: rina@example.org\r\nSubject: x\r\n\r\nHalo\r\n.titik\r\n..\r\n"
)
LETTER = Mail("rina@example.org", MESSAGE)
Open = Callable[..., MailDoor]


@pytest.fixture
def door_to() -> Iterator[Open]:
    doors: list[MailDoor] = []

    def open_door(
        port: int, tls: Any = "none", user: str = "", password: str = "", **options: Any
    ) -> MailDoor:
        smtp = Smtp("127.0.0.1", port, tls, user, Secret(password))
        doors.append(MailDoor(smtp, **{"timeout_s": 5.0, **options}))
        return doors[-1]

    yield open_door
    for door in doors:
        door.close()


def outcome(reply: MailReply) -> tuple[str, int]:
    return reply.phase, reply.code


def greet(script: Any, *offers: str) -> None:
    script.say("220 relay.example ESMTP")
    script.hear()
    script.say("250-relay.example", *[f"250-{offer}" for offer in offers], "250 HELP")


def test_a_mail_arrives_as_it_was_written(relay_with: Any, door_to: Open) -> None:
    relay = relay_with()
    reply = door_to(relay.port).send(LETTER)
    assert outcome(reply) == ("dot", 250)
    assert reply.text == "2.0.0 queued as 4F"
    (envelope,) = relay.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("pantau@example.org", ["rina@example.org"])
    assert envelope.content == MESSAGE


def test_mails_share_a_connection_until_it_is_idle_or_worn(relay_with: Any, door_to: Open) -> None:
    relay, time = relay_with(), [0.0]
    door = door_to(relay.port, clock=lambda: time[0])
    connections = []
    for pause in (0, 59, 59, 61, 1):
        time[0] += pause
        assert outcome(door.send(LETTER)) == ("dot", 250)
        connections.append(len(relay.peers))
    assert connections == [1, 1, 1, 2, 2]
    for _ in range(MESSAGES_PER_CONNECTION):
        door.send(LETTER)
    assert len(relay.peers) == 3


def test_a_refused_recipient_leaves_the_connection_good_for_the_next(relay_with: Any, door_to: Open) -> None:
    relay = relay_with({"RCPT": "550 5.1.1 User unknown"})
    door = door_to(relay.port)
    reply = door.send(LETTER)
    assert outcome(reply) == ("rcpt", 550)
    assert reply.text == "5.1.1 User unknown"
    relay.answers.clear()
    assert outcome(door.send(LETTER)) == ("dot", 250)


@pytest.mark.parametrize(
    ("answers", "ended"),
    [
        ({"MAIL": "550 5.7.1 not you"}, ("mail", 550)),
        ({"MAIL": "451 4.3.0 later"}, ("mail", 451)),
        ({"RCPT": "451 4.7.1 greylisted"}, ("rcpt", 451)),
        ({"RCPT": "251 will forward"}, ("dot", 250)),
        ({"DATA": "554 5.7.1 spam"}, ("dot", 554)),
        ({"DATA": "421 4.3.2 shutting down"}, ("dot", 421)),
    ],
)
def test_a_refusal_tells_phase_and_code(relay_with: Any, door_to: Open, answers: Any, ended: Any) -> None:
    relay = relay_with()
    relay.answers.update(answers)
    if answers.get("RCPT", "").startswith("251"):

        async def forward(server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
            envelope.rcpt_tos.append(address)
            return "251 will forward"

        relay.handle_RCPT = forward
    assert outcome(door_to(relay.port).send(LETTER)) == ended


def test_after_421_the_next_mail_gets_a_new_connection(relay_with: Any, door_to: Open) -> None:
    relay = relay_with({"DATA": "421 4.3.2 shutting down"})
    door = door_to(relay.port)
    assert outcome(door.send(LETTER)) == ("dot", 421)
    relay.answers.clear()
    assert outcome(door.send(LETTER)) == ("dot", 250)
    assert len(relay.peers) == 2


def test_a_mail_beyond_the_servers_size_is_refused_before_it_is_sent(relay_with: Any, door_to: Open) -> None:
    relay = relay_with(data_size_limit=20)
    assert outcome(door_to(relay.port).send(LETTER)) == ("mail", 552)
    assert relay.mails == []


# --- a server that drops the connection: only after the dot may it have the mail


def drop_at_once(script: Any) -> None:
    pass


def drop_after_greeting(script: Any) -> None:
    script.say("220 relay.example ESMTP")
    script.hear()


def drop_at_mail(script: Any) -> None:
    greet(script)
    script.hear()


def drop_at_rcpt(script: Any) -> None:
    greet(script)
    script.answer("250 OK")
    script.hear()


def drop_at_data(script: Any) -> None:
    greet(script)
    script.answer("250 OK", "250 OK")
    script.hear()


def drop_in_the_body(script: Any) -> None:
    greet(script)
    script.answer("250 OK", "250 OK", "354 go ahead")
    script.hear(b"Halo")


def drop_after_the_dot(script: Any) -> None:
    greet(script)
    script.answer("250 OK", "250 OK", "354 go ahead")
    script.hear(b"\r\n.\r\n")


def refuse_service(script: Any) -> None:
    script.say("554 no SMTP service here")


def too_busy(script: Any) -> None:
    script.say("421 too busy")


def speak_nonsense(script: Any) -> None:
    script.say("HTTP/1.1 400 Bad Request")


LARGE = Mail("rina@example.org", MESSAGE + b"x" * 70 + b"\r\n" + (b"y" * 76 + b"\r\n") * 300_000)


@pytest.mark.parametrize(
    ("script", "mail", "ended"),
    [
        (drop_at_once, LETTER, ("connect", 0)),
        (drop_after_greeting, LETTER, ("connect", 0)),
        (drop_at_mail, LETTER, ("mail", 0)),
        (drop_at_rcpt, LETTER, ("rcpt", 0)),
        (drop_at_data, LETTER, ("data", 0)),
        (drop_in_the_body, LARGE, ("body", 0)),
        (drop_after_the_dot, LETTER, ("dot", 0)),
        (refuse_service, LETTER, ("connect", 554)),
        (too_busy, LETTER, ("connect", 421)),
        (speak_nonsense, LETTER, ("connect", 0)),
    ],
)
def test_a_broken_exchange_tells_how_far_it_came(
    scripted: Any, door_to: Open, script: Any, mail: Mail, ended: Any
) -> None:
    reply = door_to(scripted(script)).send(mail)
    if script is speak_nonsense:
        assert reply.phase == "connect"
    else:
        assert outcome(reply) == ended


def test_a_server_that_gives_up_in_the_body_is_heard_and_gets_no_dot(scripted: Any, door_to: Open) -> None:
    endings: queue.Queue[bytes] = queue.Queue()

    def give_up(script: Any) -> None:
        greet(script)
        script.answer("250 OK", "250 OK", "354 go ahead")
        script.hear(b"Halo")
        script.say("451 4.3.0 out of disk")
        script.drain()
        endings.put(script.tail)

    reply = door_to(scripted(give_up)).send(LARGE)
    assert outcome(reply) == ("body", 451)
    assert endings.get(timeout=5) == b"yyyyyyy\r\n"


def test_a_dropped_connection_is_replaced_for_the_next_mail(scripted: Any, door_to: Open) -> None:
    served = []

    def once(script: Any) -> None:
        served.append(1)
        greet(script)
        script.answer("250 OK", "250 OK", "354 go ahead")
        script.hear(b"\r\n.\r\n")
        script.say("250 OK")

    door = door_to(scripted(once))
    assert outcome(door.send(LETTER)) == ("dot", 250)
    assert outcome(door.send(LETTER)) == ("dot", 250)
    assert len(served) == 2


@pytest.mark.parametrize("silent_after", [0, 1, 2])
def test_a_server_that_falls_silent_is_given_up(scripted: Any, door_to: Open, silent_after: int) -> None:
    over = threading.Event()

    def fall_silent(script: Any) -> None:
        if silent_after:
            greet(script)
        if silent_after > 1:
            script.answer("250 OK", "250 OK", "354 go ahead")
        over.wait(5)

    reply = door_to(scripted(fall_silent), timeout_s=0.3).send(LETTER)
    over.set()
    assert outcome(reply) == [("connect", 0), ("mail", 0), ("dot", 0)][silent_after]


def test_nobody_listening_is_no_answer(door_to: Open, unused_port: int) -> None:
    assert outcome(door_to(unused_port).send(LETTER)) == ("connect", 0)


@pytest.fixture
def unused_port() -> Iterator[int]:
    with refusing() as port:
        yield port


def test_a_host_without_address_is_no_answer() -> None:
    door = MailDoor(Smtp("relay.invalid", 25, "none"), timeout_s=2.0)
    assert outcome(door.send(LETTER)) == ("connect", 0)


# --- TLS and logging in


def test_starttls_encrypts_before_the_login(relay_with: Any, door_to: Open, certificate: Any) -> None:
    relay = relay_with(tls_context=certificate.server, require_starttls=True, login=True)
    door = door_to(relay.port, "starttls", "pantau", "right", context=certificate.friend)
    assert outcome(door.send(LETTER)) == ("dot", 250)
    assert relay.logins == [b"right"]


def test_tls_from_the_start_works_too(relay_with: Any, door_to: Open, certificate: Any) -> None:
    relay = relay_with(ssl_context=certificate.server)
    door = door_to(relay.port, "implicit", context=certificate.friend)
    assert outcome(door.send(LETTER)) == ("dot", 250)
    assert outcome(door.send(LETTER)) == ("dot", 250)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_nobody_vouches_for_ends_it_before_login_and_mail(
    scripted: Any, relay_with: Any, door_to: Open, certificate: Any, tls: str
) -> None:
    server = "tls_context" if tls == "starttls" else "ssl_context"
    relay = relay_with(login=True, **{server: certificate.server})
    reply = door_to(relay.port, tls, "pantau", "right", context=certificate.stranger).send(LETTER)
    assert outcome(reply) == ("tls", 0)
    assert "certificate" in reply.text
    assert (relay.logins, relay.mails) == ([], [])


def test_without_starttls_nothing_is_said_in_clear(scripted: Any, door_to: Open) -> None:
    heard: queue.Queue[bytes] = queue.Queue()

    def offer_no_tls(script: Any) -> None:
        greet(script, "AUTH PLAIN LOGIN")
        script.hear()

    reply = door_to(scripted(offer_no_tls, heard), "starttls", "pantau", "right").send(LETTER)
    assert outcome(reply) == ("tls", 502)
    assert "STARTTLS" in reply.text
    said = heard.get(timeout=5)
    assert said.startswith(b"ehlo ")
    assert said.count(b"\r\n") == 1


@pytest.mark.parametrize(("answer", "code"), [("454 not now", 454), ("501 no", 501)])
def test_a_refused_starttls_tells_its_code(scripted: Any, door_to: Open, answer: str, code: int) -> None:
    def refuse(script: Any) -> None:
        greet(script, "STARTTLS")
        script.answer(answer)
        script.hear()

    assert outcome(door_to(scripted(refuse), "starttls").send(LETTER)) == ("tls", code)


def test_a_connection_lost_while_tls_is_set_up_is_a_lost_connection(scripted: Any, door_to: Open) -> None:
    def drop(script: Any) -> None:
        greet(script, "STARTTLS")
        script.answer("220 go ahead")

    assert outcome(door_to(scripted(drop), "starttls").send(LETTER)) == ("connect", 0)


def test_a_server_that_speaks_no_tls_at_all_is_not_trusted(scripted: Any, door_to: Open) -> None:
    def plain(script: Any) -> None:
        script.say("220 relay.example ESMTP")
        script.hear()

    assert outcome(door_to(scripted(plain), "implicit").send(LETTER)) == ("tls", 0)


def test_a_wrong_password_ends_at_login(relay_with: Any, door_to: Open) -> None:
    relay = relay_with(login=True)
    reply = door_to(relay.port, "none", "pantau", "wrong", timeout_s=10.0).send(LETTER)
    assert outcome(reply) == ("login", 535)
    assert relay.mails == []
    assert "wrong" not in repr(reply)


def test_a_server_without_any_login_ends_at_login(relay_with: Any, door_to: Open) -> None:
    reply = door_to(relay_with().port, "none", "pantau", "right").send(LETTER)
    assert outcome(reply) == ("login", 504)


def test_a_server_with_unknown_ways_to_log_in_ends_at_login(scripted: Any, door_to: Open) -> None:
    def offer(script: Any) -> None:
        greet(script, "AUTH PIGEON")
        script.hear()

    assert outcome(door_to(scripted(offer), "none", "pantau", "right").send(LETTER)) == ("login", 504)


def test_knocking_tells_whether_the_relay_lets_us_in_and_sends_nothing(
    relay_with: Any, door_to: Open, certificate: Any, unused_port: int
) -> None:
    relay = relay_with(tls_context=certificate.server, require_starttls=True, login=True)
    assert door_to(relay.port, "starttls", "pantau", "right", context=certificate.friend).knock() is None
    refused = door_to(relay.port, "starttls", "pantau", "wrong", context=certificate.friend).knock()
    assert refused is not None
    assert refused.startswith("login: 535 ")
    assert "wrong" not in refused
    untrusted = door_to(relay.port, "starttls", context=certificate.stranger).knock()
    assert untrusted is not None
    assert untrusted.startswith("tls: ")
    closed = door_to(unused_port).knock()
    assert closed is not None
    assert closed.startswith("connect: ")
    assert relay.mails == []


# --- hostile values, and many threads


@pytest.mark.parametrize(
    "recipient",
    [
        "a@e.org\r\nRCPT TO:<evil@e.org>",
        "a@e.org>",
        "юзер @e.org",
        "",
        "a b@e.org",
        "a@e.org\0",
        "no-at-sign",
    ],
)
def test_an_address_that_is_none_never_reaches_the_server(
    relay_with: Any, door_to: Open, recipient: str
) -> None:
    relay = relay_with()
    assert outcome(door_to(relay.port).send(Mail(recipient, MESSAGE))) == ("rcpt", 553)
    assert relay.mails == []


def test_an_address_outside_ascii_goes_to_a_server_that_takes_such(relay_with: Any, door_to: Open) -> None:
    relay = relay_with()
    door = door_to(relay.port)
    letter = Mail("юзер@e.org", MESSAGE.replace(b"To: rina@example.org", "To: юзер@e.org".encode()))
    assert outcome(door.send(letter)) == ("dot", 250)
    assert outcome(door.send(LETTER)) == ("dot", 250)
    assert [mail.rcpt_tos for mail in relay.mails] == [["юзер@e.org"], [LETTER.recipient]]


def test_an_address_outside_ascii_is_refused_before_a_server_that_takes_none(
    relay_with: Any, door_to: Open
) -> None:
    relay = relay_with(enable_SMTPUTF8=False)
    reply = door_to(relay.port).send(Mail("юзер@e.org", MESSAGE))
    assert outcome(reply) == ("rcpt", 550)
    assert channels()["email"].judge(reply) == Blocked("needs_smtputf8", "channel", timedelta(days=1))
    assert outcome(door_to(relay.port).send(LETTER)) == ("dot", 250)


def test_a_mail_without_sender_is_refused_as_such(relay_with: Any, door_to: Open) -> None:
    assert outcome(door_to(relay_with().port).send(Mail("a@e.org", b"Subject: x\r\n\r\n"))) == ("mail", 553)


def test_the_servers_words_are_cleaned_and_cut(relay_with: Any, door_to: Open) -> None:
    relay = relay_with({"RCPT": "550 \x1b[31m\x07" + "x" * 400})
    reply = door_to(relay.port).send(LETTER)
    assert outcome(reply) == ("rcpt", 550)
    assert "\x1b" not in reply.text
    assert len(reply.text) <= 300


def test_threads_take_turns_on_the_one_connection(relay_with: Any, door_to: Open) -> None:
    relay = relay_with()
    door = door_to(relay.port)
    replies: list[MailReply] = []
    mails = [Mail(f"reader{n}@example.org", MESSAGE) for n in range(20)]
    threads = [threading.Thread(target=lambda mail=mail: replies.append(door.send(mail))) for mail in mails]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {outcome(reply) for reply in replies} == {("dot", 250)}
    assert sorted(mail.rcpt_tos[0] for mail in relay.mails) == sorted(mail.recipient for mail in mails)
    assert len(relay.peers) == 1


def test_who_waits_too_long_for_a_turn_is_told_so(scripted: Any, door_to: Open) -> None:
    arrived, over = threading.Event(), threading.Event()

    def hold(script: Any) -> None:
        arrived.set()
        over.wait(5)

    door = door_to(scripted(hold), timeout_s=0.4)
    first = threading.Thread(target=door.send, args=(LETTER,))
    first.start()
    assert arrived.wait(5)
    door._timeout_s = 0.05
    reply = door.send(LETTER)
    over.set()
    first.join()
    assert outcome(reply) == ("turn", 0)
    assert "busy" in reply.text
