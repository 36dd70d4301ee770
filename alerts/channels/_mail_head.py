"""The header lines of a mail, and who and what they name.

They are written here and not by EmailMessage, which decodes a title such as "=?utf-8?q?a=0ABcc:…" into a header
of its own (Python up to 3.12.1, CVE-2024-6923), writes long List-* values as encoded words, and can only fold all
headers or none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

from alerts.channels._mail_links import Links
from alerts.letter import header_text, safe_link, subject
from alerts.mailbox import EmailNotValidError, mailbox
from alerts.model import Letter

NOBODY = "pantau@localhost"
_SENDER = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_NAMED = re.compile(r"\s*([^<>]*?)\s*<([^<>]+)>\s*")
_TOKEN = re.compile(r"[A-Za-z0-9._~-]+")
_LABEL = re.compile(r"[a-z0-9-]{1,60}")


def letter_head(letter: Letter, options: Mapping[str, str], recipient: str, links: Links) -> Iterator[str]:
    """The header lines of a letter. `options["list"]` names the list that it comes through (RFC 2919)."""
    domain = domain_of(options)
    yield from envelope_head(letter_subject(letter), letter.key, letter.now, options, recipient)
    if (
        letter.thread is not None
    ):  # both, as RFC 5322 3.6.4 has it for an answer to a message that answers none
        root = f"<{message_id(letter.thread.key)}@{domain}>"
        yield f"In-Reply-To: {root}"
        yield f"References: {root}"
    label = options.get("list", "")
    yield f"List-Id: <{label if _LABEL.fullmatch(label) else 'alerts'}.pantau.{domain}>"
    if links.leave is not None:  # on one line: some servers break the DKIM signature of a folded one
        yield f"List-Unsubscribe: <{links.leave}>"
        yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    yield f"Content-Language: {letter.language}"


def envelope_head(
    subject_line: str, key: str, now: datetime, options: Mapping[str, str], recipient: str
) -> Iterator[str]:
    """The header lines that every mail of ours begins with; `key` names it for ever, however often it is sent."""
    name, sender = named_mailbox(options.get("from", "")) or ("", NOBODY)
    yield f"From: {_phrase(name or 'Pantau')} <{sender}>"
    yield f"To: {recipient}"
    yield text_header("Subject", subject_line)
    yield f"Date: {format_datetime(now)}"
    yield f"Message-ID: <{message_id(key)}@{domain_of(options)}>"
    if reply_to := named_mailbox(options.get("reply_to", "")):
        yield f"Reply-To: {reply_to[1]}"
    yield "Auto-Submitted: auto-generated"
    yield "X-Auto-Response-Suppress: All"
    yield "MIME-Version: 1.0"


def letter_subject(letter: Letter) -> str:
    """What follows a story has the subject of its first message, without "Re:": some readers thread by the subject
    as well as by References, and a robot answers nobody."""
    if letter.kind != "followup" or letter.thread is None or not letter.items:
        return subject(letter)
    named = letter.thread.topics or letter.items[0].topics
    first = replace(letter.items[0], title=letter.thread.title, topics=named)
    return subject(
        replace(letter, kind="article", items=(first,), topics=letter.thread.topics or letter.topics)
    )


def text_header(name: str, text: str) -> str:
    """A header of free text: folded, and outside ASCII in encoded words of at most 75 letters (RFC 2047)."""
    value = header_text(text)
    charset = "us-ascii" if value.isascii() else "utf-8"
    return f"{name}: " + Header(value, charset, maxlinelen=76, header_name=name).encode(linesep="\r\n")


def _phrase(name: str) -> str:
    if name.isascii():
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return Header(name, "utf-8", maxlinelen=76, header_name="From").encode(linesep="\r\n")


def named_mailbox(text: str) -> tuple[str, str] | None:
    """Name and address of "Name <address>" or of a bare address; people write names with commas unquoted."""
    named = _NAMED.fullmatch(text)
    name, address = (named[1], named[2]) if named else ("", text)
    unquoted = re.sub(r"\\(.)", r"\1", name[1:-1]) if re.fullmatch(r'".*"', name) else name
    return (header_text(unquoted, 60), address) if _SENDER.fullmatch(address) else None


def domain_of(options: Mapping[str, str]) -> str:
    """The sender's domain, under which messages and lists are named."""
    _, sender = named_mailbox(options.get("from", "")) or ("", NOBODY)
    return sender.rpartition("@")[2]


def message_id(key: str) -> str:
    """A delivery's key as the left side of a Message-ID."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", key)


def recipient_of(to: str) -> str:
    """The address with its domain in Punycode; the part before the @ stays as it is, and where that is not ASCII
    the server must speak SMTPUTF8. What `check` refuses, the server will too."""
    try:
        valid = mailbox(to)
    except EmailNotValidError:
        return header_text(to).encode("ascii", "replace").decode()
    return valid.ascii_email or f"{valid.local_part}@{valid.ascii_domain}"


def public_link(options: Mapping[str, str], path: str, token: str) -> str | None:
    """The address of one of our pages for whoever has `token`; None without an https public_url (RFC 8058 wants
    https, and the token is worth protecting)."""
    base = options.get("public_url", "")
    link = f"{base.rstrip('/')}/{path}/{token}"
    proper = base.startswith("https://") and _TOKEN.fullmatch(token) and link.isascii()
    return link if proper and safe_link(link) == link else None


def links_of(options: Mapping[str, str]) -> Links:
    """The links of a letter, from the tokens in the channel's options."""
    return Links(
        leave=public_link(options, "u", options.get("unsubscribe", "")),
        manage=public_link(options, "manage", options.get("manage", "")),
    )
