"""E-mail: one message to one recipient, as text and as HTML without anything fetched from elsewhere.

The header lines are written here and not by EmailMessage, which decodes a title such as "=?utf-8?q?a=0ABcc:…"
into a header of its own (Python up to 3.12.1, CVE-2024-6923), writes long List-* values as encoded words, and
can only fold all headers or none.

Options: "from" (address, or name and address), "reply_to", "public_url" and "unsubscribe" (the token of the
one-click link; RFC 8058 wants https, so without an https public_url there is no such header).
"""

from __future__ import annotations

import base64
import hashlib
import quopri
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from email.header import Header
from email.utils import format_datetime

from alerts.channel import (
    Answer,
    Blocked,
    Channel,
    Later,
    Mail,
    MailReply,
    Never,
    Sent,
    Simpler,
    Unsure,
    Verdict,
)
from alerts.channels._mail_body import Links, html_part, text_part
from alerts.letter import header_text, plain_text, safe_link, subject
from alerts.mailbox import EmailNotValidError, mailbox
from alerts.model import Channel as ChannelRow
from alerts.model import Letter

GREYLIST_PAUSE = timedelta(minutes=5)
FULL_MAILBOX_PAUSE = timedelta(hours=1)
_NOBODY = "pantau@localhost"
_SENDER = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_NAMED = re.compile(r"\s*([^<>]*?)\s*<([^<>]+)>\s*")
_TOKEN = re.compile(r"[A-Za-z0-9._~-]+")
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_GREYLIST = re.compile(r"gr[ea]y-?list", re.IGNORECASE)
_RELAY = re.compile(r"\brelay", re.IGNORECASE)
_AUTHENTICATE = (530, 534, 535, 538)


class Email:
    """All addresses share the relay: where it refuses us, nobody's mail is tried until it is mended."""

    kind = "email"
    credential: str | None = "smtp"
    threads = False

    def check(self, to: str, options: Mapping[str, str]) -> str | None:
        """Whether mail can be addressed so; that somebody reads it there only sending tells."""
        sender = options.get("from")
        if sender is not None and _mailbox(sender) is None:
            return f'"{plain_text(sender, 80)}" is no sender; write an address such as pantau@example.org'
        try:
            address = mailbox(to)
        except EmailNotValidError as complaint:
            return f'"{plain_text(to, 80)}" is no e-mail address: {plain_text(str(complaint), 200)}'
        if address.ascii_email is None:
            return (
                f'"{plain_text(to, 80)}" has letters outside ASCII before the @, which many servers refuse; '
                "give an address in ASCII"
            )
        return None

    def compose(self, letter: Letter, channel: ChannelRow) -> Mail:
        """The letter for this address; text alone, without the sentences, once the full form was refused."""
        recipient = _recipient(channel.to.reveal())
        leave = _unsubscribe_link(channel.options)
        head = "\r\n".join(_headers(letter, channel, recipient, leave))
        text = _part("plain", text_part(letter, Links(leave)))
        if letter.simpler:
            return Mail(recipient, f"{head}\r\n{text}".encode("ascii"))
        mark = "=_" + hashlib.sha256(_id(letter).encode()).hexdigest()[:32]  # "=_" occurs in no encoded part
        parts = (text, _part("html", html_part(letter, Links(leave))))
        body = "".join(f"--{mark}\r\n{part}\r\n" for part in parts)
        kind = f'Content-Type: multipart/alternative; boundary="{mark}"'
        return Mail(recipient, f"{head}\r\n{kind}\r\n\r\n{body}--{mark}--\r\n".encode("ascii"))

    def judge(self, answer: Answer) -> Verdict:
        """What an SMTP exchange came to; its phase tells as much as the code (RFC 5321, RFC 3463)."""
        if not isinstance(answer, MailReply):
            raise TypeError("mail is answered by mail servers only")
        if answer.code == 0:
            return _no_answer(answer)
        if 500 <= answer.code < 600:
            return _refused(answer)
        if answer.phase == "dot" and 200 <= answer.code < 300:
            return Sent(header_text(answer.text) or None)
        return _passing(answer)


def _no_answer(answer: MailReply) -> Verdict:
    match answer.phase:
        case "dot":
            return Unsure("answer_lost")
        case "tls":
            return Blocked("tls_refused", "sender")
        case phase:
            return Later(f"no_answer_at_{phase}")


def _passing(answer: MailReply) -> Verdict:
    """4yz: not now. A greylist wants to see us again, but not at once (RFC 6647)."""
    greylisted = _GREYLIST.search(answer.text) or "4.7.1" in _ENHANCED.findall(answer.text)
    if greylisted and answer.code in (450, 451):
        return Later("greylisted", GREYLIST_PAUSE)
    if answer.phase == "dot" and not 400 <= answer.code < 500:
        return Unsure("unexpected_answer")
    return Later(f"not_now_at_{answer.phase}")


def _refused(answer: MailReply) -> Verdict:
    if answer.code in _AUTHENTICATE:
        return Blocked("login_refused", "sender")
    match answer.phase:
        case "connect" | "tls" | "login":
            return Blocked(f"{answer.phase}_refused", "sender")
        case "mail":
            return Simpler("too_large") if _too_large(answer) else Blocked("sender_refused", "sender")
        case "rcpt":
            return _refused_recipient(answer)
        case "data" | "body" | "dot":
            return _refused_content(answer)


def _refused_recipient(answer: MailReply) -> Verdict:
    status = _status(answer)
    if _RELAY.search(answer.text):
        return Blocked("relay_denied", "sender")
    if _mailbox_full(answer):
        return Later("mailbox_full", FULL_MAILBOX_PAUSE)
    if status.startswith("5.7.") or (answer.code == 554 and not status.startswith("5.1.")):
        return Never("refused_by_policy")
    return Blocked("recipient_refused", "channel")


def _refused_content(answer: MailReply) -> Verdict:
    if _RELAY.search(answer.text):
        return Blocked("relay_denied", "sender")
    if _mailbox_full(answer):
        return Later("mailbox_full", FULL_MAILBOX_PAUSE)
    if _too_large(answer):
        return Simpler("too_large")
    return Simpler("content_refused") if _status(answer).startswith("5.6.") else Never("refused_by_policy")


def _status(answer: MailReply) -> str:
    """The enhanced status code (RFC 3463) that the words carry, such as "5.1.1"."""
    found = _ENHANCED.search(answer.text)
    return found[0] if found else ""


def _mailbox_full(answer: MailReply) -> bool:
    return _status(answer) == "5.2.2" or (answer.code == 552 and answer.phase == "rcpt")


def _too_large(answer: MailReply) -> bool:
    return answer.code in (552, 523) or _status(answer) in ("5.3.4", "5.2.3")


def _headers(letter: Letter, channel: ChannelRow, recipient: str, leave: str | None) -> Iterator[str]:
    name, sender = _mailbox(channel.options.get("from", "")) or ("", _NOBODY)
    domain = sender.rpartition("@")[2]
    yield f"From: {_phrase(name or 'Pantau')} <{sender}>"
    yield f"To: {recipient}"
    yield text_header("Subject", subject(letter))
    yield f"Date: {format_datetime(letter.now)}"
    yield f"Message-ID: <{_id(letter)}@{domain}>"
    yield f"List-Id: <channel-{channel.id}.pantau.{domain}>"
    if reply_to := _mailbox(channel.options.get("reply_to", "")):
        yield f"Reply-To: {reply_to[1]}"
    if leave is not None:  # on one line: some servers break the DKIM signature of a folded one
        yield f"List-Unsubscribe: <{leave}>"
        yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    yield "Auto-Submitted: auto-generated"
    yield "X-Auto-Response-Suppress: All"
    yield f"Content-Language: {letter.language}"
    yield "MIME-Version: 1.0"


def text_header(name: str, text: str) -> str:
    """A header of free text: folded, and outside ASCII in encoded words of at most 75 letters (RFC 2047)."""
    value = header_text(text)
    charset = "us-ascii" if value.isascii() else "utf-8"
    return f"{name}: " + Header(value, charset, maxlinelen=76, header_name=name).encode(linesep="\r\n")


def _phrase(name: str) -> str:
    if name.isascii():
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return Header(name, "utf-8", maxlinelen=76, header_name="From").encode(linesep="\r\n")


def _mailbox(text: str) -> tuple[str, str] | None:
    """Name and address of "Name <address>" or of a bare address; people write names with commas unquoted."""
    named = _NAMED.fullmatch(text)
    name, address = (named[1], named[2]) if named else ("", text)
    unquoted = re.sub(r"\\(.)", r"\1", name[1:-1]) if re.fullmatch(r'".*"', name) else name
    return (header_text(unquoted, 60), address) if _SENDER.fullmatch(address) else None


def _id(letter: Letter) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", letter.key)


def _recipient(to: str) -> str:
    """The address in ASCII, international domains in Punycode; what `check` refuses, the server will too."""
    try:
        valid = mailbox(to).ascii_email
    except EmailNotValidError:
        valid = None
    return valid or header_text(to).encode("ascii", "replace").decode()


def _unsubscribe_link(options: Mapping[str, str]) -> str | None:
    token, base = options.get("unsubscribe", ""), options.get("public_url", "")
    link = f"{base.rstrip('/')}/u/{token}"
    proper = base.startswith("https://") and _TOKEN.fullmatch(token) and link.isascii()
    return link if proper and safe_link(link) == link else None


def _part(subtype: str, text: str) -> str:
    """A MIME part with CRLF lines of at most 76 characters, in the encoding that takes less room."""
    raw = text.encode()
    printable = quopri.encodestring(raw).decode("ascii").replace("\n", "\r\n")
    packed = base64.encodebytes(raw.replace(b"\n", b"\r\n")).decode("ascii").replace("\n", "\r\n")
    short = len(printable) <= len(packed)
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: "
    return head + ("quoted-printable" if short else "base64") + "\r\n\r\n" + (printable if short else packed)


channel: Channel = Email()
