"""E-mail: one message to one recipient, as text and as HTML without anything fetched from elsewhere.

Options: "from" (address, or name and address), "reply_to", "public_url"; and what the sender adds to each message:
"list" (what it comes through), "unsubscribe" and "manage" (the tokens of its links; RFC 8058 wants https, so
without an https public_url there are none).
"""

from __future__ import annotations

import base64
import hashlib
import quopri
from collections.abc import Iterable, Mapping

from alerts.channel import Answer, Channel, Mail, MailReply, Verdict
from alerts.channels._mail_answers import judge_reply
from alerts.channels._mail_head import (
    envelope_head,
    letter_head,
    links_of,
    message_id,
    named_mailbox,
    public_link,
    recipient_of,
)
from alerts.channels._mail_html import html_part
from alerts.channels._mail_text import text_part
from alerts.letter import plain_text
from alerts.mailbox import EmailNotValidError, mailbox
from alerts.model import Channel as ChannelRow
from alerts.model import Letter


class Email:
    """All addresses share the relay: where it refuses us, nobody's mail is tried until it is mended."""

    kind = "email"
    credential: str | None = "smtp"
    threads = False

    def check(self, to: str, options: Mapping[str, str]) -> str | None:
        """Whether mail can be addressed so; that somebody reads it there only sending tells."""
        sender = options.get("from")
        if sender is not None and named_mailbox(sender) is None:
            return f'"{plain_text(sender, 80)}" is no sender; write an address such as pantau@example.org'
        try:
            mailbox(to)
        except EmailNotValidError as complaint:
            return f'"{plain_text(to, 80)}" is no e-mail address: {plain_text(str(complaint), 200)}'
        return None

    def compose(self, letter: Letter, channel: ChannelRow) -> Mail:
        """The letter for this address; text alone, without the sentences, once the full form was refused."""
        recipient = recipient_of(channel.to.reveal())
        options = {"list": f"channel-{channel.id}", **channel.options}
        links = links_of(options)
        head = letter_head(letter, options, recipient, links)
        html = None if letter.simpler else html_part(letter, links)
        return write_mail(recipient, head, letter.key, text_part(letter, links), html)

    def judge(self, answer: Answer) -> Verdict:
        """What an SMTP exchange came to."""
        if not isinstance(answer, MailReply):
            raise TypeError("mail is answered by mail servers only")
        return judge_reply(answer)


def write_mail(recipient: str, head: Iterable[str], key: str, text: str, html: str | None = None) -> Mail:
    """The mail for the wire; ASCII throughout, but for a recipient who is not."""
    lines = "\r\n".join(head)
    plain = _part("plain", text)
    if html is None:
        return Mail(recipient, f"{lines}\r\n{plain}".encode())
    mark = "=_" + hashlib.sha256(message_id(key).encode()).hexdigest()[:32]  # "=_" occurs in no encoded part
    body = "".join(f"--{mark}\r\n{part}\r\n" for part in (plain, _part("html", html)))
    kind = f'Content-Type: multipart/alternative; boundary="{mark}"'
    return Mail(recipient, f"{lines}\r\n{kind}\r\n\r\n{body}--{mark}--\r\n".encode())


def _part(subtype: str, text: str) -> str:
    """A MIME part with CRLF lines of at most 76 characters, in the encoding that takes less room."""
    raw = text.encode()
    printable = quopri.encodestring(raw).decode("ascii").replace("\n", "\r\n")
    packed = base64.encodebytes(raw.replace(b"\n", b"\r\n")).decode("ascii").replace("\n", "\r\n")
    short = len(printable) <= len(packed)
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: "
    return head + ("quoted-printable" if short else "base64") + "\r\n\r\n" + (printable if short else packed)


channel: Channel = Email()

__all__ = ["Email", "channel", "envelope_head", "public_link", "recipient_of", "write_mail"]
