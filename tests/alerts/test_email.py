from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from datetime import timedelta
from email.header import decode_header, make_header
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channel import Blocked, Later, Mail, MailReply, Never, Sent, Simpler, Unsure
from alerts.channels._mail_head import letter_head, text_header
from alerts.channels._mail_links import Links
from alerts.channels.email import channel
from alerts.model import Thread

Make = Callable[..., Any]
OPTIONS = {
    "from": "Pantau <pantau@example.org>",
    "public_url": "https://pantau.example",
    "unsubscribe": "tok-en_1",
}
LONG_RUSSIAN = "Переговоры о предотвращении вторжения в Украину завершились без результата " * 3


def mail(letter: Any, row: Any) -> Mail:
    composed = channel.compose(letter, row)
    assert isinstance(composed, Mail)
    return composed


def parsed(sent: Mail) -> EmailMessage:
    return email.message_from_bytes(sent.message, policy=email.policy.default)  # type: ignore[return-value]


def raw_headers(sent: Mail) -> list[str]:
    """Header lines as they go over the wire, folded ones put together."""
    head = sent.message.split(b"\r\n\r\n", 1)[0].decode("ascii")
    return re.sub(r"\r\n(?=[ \t])", "\n", head).split("\r\n")


def bodies(sent: Mail) -> tuple[str, str]:
    message = parsed(sent)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    return text.get_content().replace("\r\n", "\n"), html.get_content() if html is not None else ""


class Page(HTMLParser):
    """What a mail reader finds in the HTML part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_mail_says_all_in_text_and_in_html(letter_of: Make, row_of: Make) -> None:
    text, html = bodies(mail(letter_of(), row_of("email", options=OPTIONS)))
    assert text == (
        "Perundingan pakta pertahanan\n"
        "https://news.example.id/a?b=1&c=2\n"
        "> Sekjen *NATO*-nya tiba di Kyiv.\n"
        "Harian Contoh · 14:01 · NATO · 2 min after publication\n"
        "\n-- \n"
        "You get this because “desk, at once” follows NATO. Times are those of\n"
        "Asia/Jakarta.\n"
        "Unsubscribe: https://pantau.example/u/tok-en_1\n"
    )
    assert re.search(r"Sekjen <b [^>]*>NATO</b>-nya tiba di Kyiv\.", html)
    assert 'href="https://news.example.id/a?b=1&amp;c=2"' in html
    assert 'href="https://pantau.example/u/tok-en_1"' in html


def test_the_html_is_a_whole_page_in_the_readers_language_that_fetches_nothing(
    letter_of: Make, item_of: Make, row_of: Make
) -> None:
    items = [item_of(language="ar", title="عنوان"), item_of(language='x" onload="y')]
    _, html = bodies(mail(letter_of(*items, kind="digest", language="id"), row_of("email", options=OPTIONS)))
    page = Page(html)
    assert page.open == []
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"img", "script", "link", "iframe", "object", "svg", "form", "base"}
    attributes = [attrs for _, attrs in page.tags]
    assert ("html", {"lang": "id", "dir": "ltr"}) in page.tags
    assert any(attrs.get("lang") == "ar" and attrs.get("dir") == "auto" for attrs in attributes)
    assert not any(
        name.startswith("on") or name in ("src", "background") for attrs in attributes for name in attrs
    )
    assert not re.search(r"url\(|@import|@font-face", html)


def test_foreign_markup_is_inert(letter_of: Make, item_of: Make, row_of: Make) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=y></b></td>\"'"
    item = item_of(
        title=evil, quote=evil, source=evil, topics=(evil,), title_marks=((3, 9),), marks=((3, 9),)
    )
    letter = letter_of(item, topics=(evil,), subscriptions=(evil,), timezone=evil)
    page = Page(bodies(mail(letter, row_of("email", options=OPTIONS)))[1])
    assert page.open == []
    assert not {"script", "img"} & {tag for tag, _ in page.tags}


def test_the_headers_make_the_mail_recognisable_and_stable(letter_of: Make, row_of: Make) -> None:
    sent = mail(letter_of(), row_of("email", options={**OPTIONS, "reply_to": "Desk <desk@example.org>"}))
    assert raw_headers(sent)[:-1] == [
        'From: "Pantau" <pantau@example.org>',
        "To: rina@example.org",
        "Subject: [NATO] Perundingan pakta pertahanan",
        "Date: Mon, 23 Nov 2026 07:03:00 +0000",
        "Message-ID: <0b7c-4d1e@example.org>",
        "Reply-To: desk@example.org",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
        "List-Id: <channel-3.pantau.example.org>",
        "List-Unsubscribe: <https://pantau.example/u/tok-en_1>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Content-Language: en",
    ]


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("subscription-12", "subscription-12"),
        ("x>\r\nBcc: a@b", "alerts"),
        ("", "alerts"),
        ("NATO", "alerts"),
    ],
)
def test_a_list_is_named_by_what_the_mail_came_through(
    letter_of: Make, row_of: Make, label: str, written: str
) -> None:
    sent = mail(letter_of(), row_of("email", options={**OPTIONS, "list": label}))
    assert f"List-Id: <{written}.pantau.example.org>" in raw_headers(sent)


def head_of(letter: Any, form: Any) -> Any:
    lines = "\r\n".join(letter_head(letter, OPTIONS, "rina@example.org", Links()))
    return email.message_from_bytes(f"{lines}\r\n\r\n".encode(), policy=form)


@pytest.mark.parametrize("form", [email.policy.default, email.policy.compat32])
def test_what_follows_a_story_stands_below_its_first_message(
    letter_of: Make, item_of: Make, form: Any
) -> None:
    root = head_of(letter_of(key="f1d2-01"), form)
    thread = Thread(key="f1d2-01", title="Perundingan pakta pertahanan", topics=("NATO",))
    item = item_of(title="Another outlet's words", topics=("Ukraine", "NATO"))
    letter = letter_of(item, kind="followup", key="f1d2-02", thread=thread, topics=("Ukraine", "NATO"))
    follower = head_of(letter, form)
    assert follower["In-Reply-To"] == follower["References"] == root["Message-ID"]
    assert follower["Message-ID"] != root["Message-ID"]
    assert follower["Subject"] == root["Subject"]


def test_a_long_key_of_a_thread_stays_whole(letter_of: Make) -> None:
    thread = Thread(key="k" * 200, title="x")
    lines = list(letter_head(letter_of(kind="followup", thread=thread), OPTIONS, "r@e.org", Links()))
    assert f"References: <{'k' * 200}@example.org>" in lines


def test_the_way_to_everything_that_comes_stands_at_the_foot(letter_of: Make, row_of: Make) -> None:
    text, html = bodies(mail(letter_of(), row_of("email", options={**OPTIONS, "manage": "all-1"})))
    assert text.endswith(": https://pantau.example/manage/all-1\n")
    assert 'href="https://pantau.example/manage/all-1"' in html


def test_a_name_outside_ascii_before_the_at_is_written_as_it_is(letter_of: Make, row_of: Make) -> None:
    sent = mail(letter_of(), row_of("email", to="юзер@пошта.укр"))
    assert sent.recipient == "юзер@xn--80a1acn3a.xn--j1amh"
    assert "\r\nTo: юзер@xn--80a1acn3a.xn--j1amh\r\n".encode() in sent.message


def test_a_resent_mail_keeps_its_id(letter_of: Make, row_of: Make, now: Any) -> None:
    first = parsed(mail(letter_of(), row_of("email")))
    again = parsed(mail(letter_of(now=now + timedelta(hours=1), possible_repeat=True), row_of("email")))
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Date"] != again["Date"]


def test_a_long_unsubscribe_link_stays_verbatim_on_one_line(letter_of: Make, row_of: Make) -> None:
    options = {**OPTIONS, "unsubscribe": "t" * 180}
    sent = mail(letter_of(), row_of("email", options=options))
    assert f"\r\nList-Unsubscribe: <https://pantau.example/u/{'t' * 180}>\r\n".encode() in sent.message


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"public_url": "http://pantau.example", "unsubscribe": "x"},
        {"public_url": "https://pantau.example"},
        {"public_url": "https://pantau.example", "unsubscribe": "x>\r\nBcc: a@b"},
        {"public_url": "https://user:pw@pantau.example", "unsubscribe": "x"},
    ],
)
def test_without_a_safe_public_address_there_is_no_unsubscribe_link(
    letter_of: Make, row_of: Make, options: dict[str, str]
) -> None:
    sent = mail(letter_of(), row_of("email", options=options))
    assert parsed(sent)["List-Unsubscribe"] is None
    assert "/u/" not in bodies(sent)[0]


EXPECTED = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Id",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
}
HOSTILE = [
    "=?utf-8?q?a=0ABcc:_x=40y.org?=",
    "=?utf-8?b?YQpCY2M6IHhAeS5vcmc=?=",
    "a\r\nBcc: x@y.org",
    "a\nBcc: x@y.org",
    "a\x85Bcc: x@y.org",
    "a\u2028Bcc: x@y.org",
    "a\x0bBcc: x@y.org",
    "nul\0nul",
    "\ud800 surrogate",
    "x" * 100_000,
    "=\u200d?utf-8?q?a=0ABcc:_x=40y.org?=",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_title_name_or_key_makes_a_header_of_its_own(
    letter_of: Make, item_of: Make, row_of: Make, text: str
) -> None:
    letter = letter_of(item_of(title=text), topics=(text, "NATO"), key=text[:80])
    row = row_of(
        "email", options={"from": f"{text[:60]} <pantau@example.org>", "reply_to": text}, to=text[:50]
    )
    sent = mail(letter, row)
    names = [line.partition(":")[0] for line in raw_headers(sent)]
    assert set(names) - {"Content-Type", "Content-Language", "MIME-Version"} == EXPECTED
    assert len(names) == len(set(names))
    assert all(len(line) <= 998 for line in sent.message.split(b"\r\n"))
    assert parsed(sent)["Bcc"] is None


@given(text=st.text(max_size=120))
def test_any_subject_reads_back_and_folds_legally(text: str) -> None:
    line = text_header("Subject", text)
    for part in line.split("\r\n"):
        assert len(part) <= 998
        assert part == line.split("\r\n")[0] or part.startswith((" ", "\t"))
    for word in re.findall(r"=\?\S+\?=", line):
        assert len(word) <= 75
        word.encode("ascii")
    assert line.isascii()


def test_a_long_cyrillic_subject_is_many_short_encoded_words(
    letter_of: Make, item_of: Make, row_of: Make
) -> None:
    sent = mail(letter_of(item_of(title=LONG_RUSSIAN)), row_of("email"))
    (subject,) = (line for line in raw_headers(sent) if line.startswith("Subject:"))
    words = re.findall(r"=\?\S+\?=", subject)
    assert len(words) > 3
    assert max(map(len, words)) <= 75
    assert str(parsed(sent)["Subject"]).startswith("[NATO] Переговоры о предотвращении вторжения")


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        ("Пантау, Редакция <pantau@example.org>", "Пантау, Редакция <pantau@example.org>"),
        ('"Desk, \\"foreign\\"" <pantau@example.org>', '"Desk, \\"foreign\\"" <pantau@example.org>'),
        ("Desk, foreign <pantau@example.org>", '"Desk, foreign" <pantau@example.org>'),
        ("pantau@example.org", '"Pantau" <pantau@example.org>'),
        ("", '"Pantau" <pantau@localhost>'),
        ("nonsense", '"Pantau" <pantau@localhost>'),
        (f"{'Редакция ' * 6}<pantau@example.org>", f"{'Редакция ' * 6}<pantau@example.org>"),
    ],
)
def test_the_sender_is_written_so_that_it_reads_back(
    letter_of: Make, row_of: Make, sender: str, shown: str
) -> None:
    options = {"from": sender} if sender else {}
    (line,) = (
        line
        for line in raw_headers(mail(letter_of(), row_of("email", options=options)))
        if line[:5] == "From:"
    )
    assert str(make_header(decode_header(line.partition(": ")[2]))) == shown


def test_an_international_domain_is_written_in_ascii(letter_of: Make, row_of: Make) -> None:
    sent = mail(letter_of(), row_of("email", to="user@пошта.укр"))
    assert sent.recipient == "user@xn--80a1acn3a.xn--j1amh"
    assert parsed(sent)["To"] == sent.recipient


def test_every_line_ends_in_crlf_and_none_is_too_long(letter_of: Make, item_of: Make, row_of: Make) -> None:
    items = [item_of(title=LONG_RUSSIAN, quote=LONG_RUSSIAN), item_of(quote=". \n.\n" + "a" * 5000)]
    for simpler in (0, 1):
        sent = mail(letter_of(*items, kind="digest", simpler=simpler), row_of("email")).message
        assert sent.endswith(b"\r\n")
        assert sent.count(b"\n") == sent.count(b"\r\n") == sent.count(b"\r")
        assert max(map(len, sent.split(b"\r\n"))) <= 98
        sent.decode("ascii")


def test_the_plainer_form_is_titles_and_links_in_text(letter_of: Make, row_of: Make) -> None:
    text, html = bodies(mail(letter_of(simpler=1), row_of("email")))
    assert html == ""
    assert text.startswith("Perundingan pakta pertahanan\nhttps://news.example.id/a?b=1&c=2\n")
    assert "Sekjen" not in text


@pytest.mark.parametrize(
    ("to", "options", "hint"),
    [
        ("rina@example.org", {"from": "Pantau"}, '"Pantau" is no sender'),
        ("rina@example.org", {"from": "a@b\r\nc"}, "is no sender"),
        ("rina", {}, "is no e-mail address"),
        ("rina@example.org, ben@example.org", {}, "is no e-mail address"),
        ("Rina <rina@example.org>", {}, "is no e-mail address"),
        ("x" * 65 + "@example.org", {}, "too long"),
        ("a@example.org\r\nRCPT TO:<evil@example.org>", {}, "is no e-mail address"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_a_sentence(to: str, options: Any, hint: str) -> None:
    complaint = channel.check(to, options)
    assert complaint is not None
    assert hint in complaint
    assert "\n" not in complaint


DEAD = Blocked("recipient_refused", "channel", timedelta(days=1))
LATER_FULL = Later("mailbox_full", timedelta(hours=1), let_in=True)
GREYLISTED = Later("greylisted", timedelta(minutes=5), let_in=True)
ANSWERS = [
    ("dot", 250, "2.0.0 Ok: queued as 4F", Sent("2.0.0 Ok: queued as 4F")),
    ("dot", 250, "", Sent(None)),
    ("dot", 0, "Connection unexpectedly closed", Unsure("answer_lost")),
    ("dot", 354, "?", Unsure("unexpected_answer")),
    ("body", 0, "reset", Later("no_answer_at_body")),
    ("data", 0, "reset", Later("no_answer_at_data")),
    ("turn", 0, "other messages keep the relay busy", Later("relay_busy")),
    ("connect", 0, "timed out", Later("no_answer_at_connect", whole_sender=True)),
    ("login", 0, "reset", Later("no_answer_at_login", whole_sender=True)),
    ("tls", 0, "certificate verify failed", Blocked("tls_refused", "sender")),
    ("tls", 502, "the server offers no STARTTLS", Blocked("tls_refused", "sender")),
    ("tls", 454, "TLS not available due to temporary reason", Later("not_now_at_tls", whole_sender=True)),
    ("connect", 421, "too busy", Later("not_now_at_connect", whole_sender=True)),
    ("connect", 554, "no SMTP service here", Blocked("connect_refused", "sender")),
    ("login", 535, "5.7.8 authentication failed", Blocked("login_refused", "sender")),
    ("login", 454, "4.7.0 Temporary authentication failure", Later("not_now_at_login", whole_sender=True)),
    ("login", 504, "the server offers no way to log in", Blocked("login_refused", "sender")),
    ("mail", 530, "5.7.0 Must issue a STARTTLS command first", Blocked("login_refused", "sender")),
    ("mail", 550, "5.7.1 sender refused", Blocked("sender_refused", "sender")),
    ("mail", 553, "5.1.8 Bad sender", Blocked("sender_refused", "sender")),
    ("mail", 552, "5.3.4 Message size exceeds limit", Simpler("message_too_large")),
    ("mail", 451, "4.3.0 try again", Later("not_now_at_mail")),
    ("rcpt", 550, "5.1.1 User unknown", DEAD),
    ("rcpt", 550, "No such user here", DEAD),
    ("rcpt", 553, "5.1.3 Bad address", DEAD),
    ("rcpt", 504, "5.5.2 need fully-qualified address", DEAD),
    ("rcpt", 556, "5.1.10 null MX", DEAD),
    ("rcpt", 554, "5.7.1 <a@b>: Relay access denied", Blocked("relay_denied", "sender")),
    ("rcpt", 550, "5.7.1 Unable to relay", Blocked("relay_denied", "sender")),
    ("rcpt", 550, "relay not permitted", Blocked("relay_denied", "sender")),
    ("rcpt", 550, "5.7.1 <a@b>... Relaying denied", Blocked("relay_denied", "sender")),
    (
        "rcpt",
        550,
        "5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
        Blocked("relay_denied", "sender"),
    ),
    ("rcpt", 550, "5.1.1 <a@b>: Recipient address rejected: User unknown in relay recipient table", DEAD),
    ("rcpt", 530, "5.7.0 Authentication required", Blocked("login_refused", "sender")),
    ("rcpt", 550, "5.7.1 blocked by policy", Never("refused_by_policy")),
    ("rcpt", 554, "blocked using a list", Never("refused_by_policy")),
    ("rcpt", 552, "5.2.2 mailbox full", LATER_FULL),
    ("rcpt", 550, "5.7.1 <a@b>: user unknown in virtual alias table", DEAD),
    ("rcpt", 550, "5.6.7 no SMTPUTF8", Blocked("needs_smtputf8", "channel", timedelta(days=1))),
    ("rcpt", 550, "5.7.26 unauthenticated mail", Never("refused_by_policy")),
    ("rcpt", 550, "Mailbox full", LATER_FULL),
    ("rcpt", 452, "4.2.2 over quota", LATER_FULL),
    ("rcpt", 452, "4.3.1 insufficient system storage", Later("not_now_at_rcpt", let_in=True)),
    ("rcpt", 451, "4.7.1 Please try again later", GREYLISTED),
    ("rcpt", 450, "4.2.0 <a@b>: Recipient address rejected: Greylisted", GREYLISTED),
    ("dot", 451, "4.7.1 graylist", GREYLISTED),
    ("rcpt", 451, "4.3.5 Server configuration error", Later("not_now_at_rcpt", let_in=True)),
    ("dot", 552, "5.3.4 too big", Simpler("message_too_large")),
    ("dot", 552, "5.2.2 mailbox full", LATER_FULL),
    ("dot", 550, "5.1.1 no such user after all", DEAD),
    ("dot", 554, "5.6.0 malformed", Simpler("content_refused")),
    ("dot", 554, "5.7.1 spam", Never("refused_by_policy")),
    ("dot", 421, "4.3.2 shutting down", Later("not_now_at_dot", let_in=True)),
    ("data", 554, "no valid recipients", Never("refused_by_policy")),
]


@pytest.mark.parametrize(("phase", "code", "text", "verdict"), ANSWERS)
def test_a_mail_servers_answers_are_understood(phase: Any, code: int, text: str, verdict: object) -> None:
    assert channel.judge(MailReply(phase, code, text)) == verdict
