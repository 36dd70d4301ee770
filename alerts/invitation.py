"""PURE. The one mail that asks a mailbox whether it wants to be written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Literal
from urllib.parse import urlsplit

from alerts.channel import Mail
from alerts.channels.email import envelope_head, public_link, recipient_of, write_mail
from alerts.letter import cut, plain_text

Language = Literal["en", "id"]

_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_SMALL = "margin:0;border-top:1px solid #999999;padding-top:8px;font-size:13px;line-height:1.5;color:#767676"
_BUTTON = (
    "display:inline-block;padding:10px 18px;border-radius:4px;background:#2c62ad;color:#ffffff;"
    "text-decoration:none;font-weight:600"
)

WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "subject": "Please confirm: news alerts from {host}",
        "asks": "Somebody at {host} would like to send news alerts to this address ({topics}).",
        "button": "Yes, send them to me",
        "link": "To agree, open this page and press its button, within 48 hours:",
        "else": "If you do nothing, nothing will be sent. To be sure that nobody at {host} asks again:",
        "never": "Never write to me",
        "all": "what matches the topics it follows",
    },
    "id": {
        "subject": "Mohon konfirmasi: kabar berita dari {host}",
        "asks": "Seseorang di {host} ingin mengirim kabar berita ke alamat ini ({topics}).",
        "button": "Ya, kirimkan kepada saya",
        "link": "Untuk menyetujui, buka halaman ini dan tekan tombolnya, dalam 48 jam:",
        "else": "Jika Anda tidak berbuat apa-apa, tidak ada yang dikirim. Agar {host} tidak bertanya lagi:",
        "never": "Jangan pernah menulis kepada saya",
        "all": "yang cocok dengan topik yang diikuti",
    },
}


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom to ask about what. `key` names the mail for ever; the tokens open the pages behind its links."""

    to: str
    key: str
    topics: Sequence[str]
    confirm: str
    manage: str
    language: Language = "en"


def compose(invitation: Invitation, options: Mapping[str, str], now: datetime) -> Mail | None:
    """The mail; None without an https public address, for its links have to lead to us, and nobody else."""
    confirm = public_link(options, "confirm", invitation.confirm)
    never = public_link(options, "manage", invitation.manage)
    if confirm is None or never is None:
        return None
    said = WORDS[invitation.language]
    host = urlsplit(options.get("public_url", "")).hostname or ""
    topics = ", ".join(plain_text(topic, 60) for topic in invitation.topics)
    asks = said["asks"].format(host=host, topics=cut(topics, 300) or said["all"])
    otherwise = said["else"].format(host=host)
    text = "\n\n".join((asks, said["link"], confirm, otherwise, never)) + "\n"
    recipient = recipient_of(invitation.to)
    head = [
        *envelope_head(said["subject"].format(host=host), invitation.key, now, options, recipient),
        f"Content-Language: {invitation.language}",
    ]
    html = _page(invitation.language, said, (asks, otherwise), (confirm, never))
    return write_mail(recipient, head, invitation.key, text, html)


def _page(
    language: Language, said: Mapping[str, str], sentences: tuple[str, str], links: tuple[str, str]
) -> str:
    asks, otherwise = map(escape, sentences)
    confirm, never = map(escape, links)
    return (
        f'<!DOCTYPE html>\n<html lang="{language}" dir="ltr">\n<head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(said['button'])}</title></head>\n"
        f'<body style="margin:0;padding:16px;{_FONT};font-size:16px;line-height:1.5">\n'
        f'<div style="max-width:640px;margin:0 auto;overflow-wrap:anywhere">\n'
        f'<p style="margin:0 0 16px" dir="auto">{asks}</p>\n'
        f'<p style="margin:0 0 24px"><a href="{confirm}" style="{_BUTTON}">{escape(said["button"])}</a></p>\n'
        f'<p style="{_SMALL}">{otherwise} <a href="{never}" style="color:#3b7dd8">{escape(said["never"])}</a></p>\n'
        "</div>\n</body>\n</html>\n"
    )
