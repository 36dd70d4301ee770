"""PURE. What the pages behind the links in mails say, in English and Indonesian."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "id"]

WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "skip": "Skip to content",
        "leave_title": "Unsubscribe?",
        "leave_asks": "You will get no more mail from {names}, sent by {host}.",
        "leave_does": "Unsubscribe",
        "left_title": "You are unsubscribed",
        "left": "No more mail comes from {names}. What was on its way to you has been stopped.",
        "left_all": "No more mail comes through the subscription of this link.",
        "back": "I did not mean it: subscribe me again",
        "other": "What else you hear of",
        "manage_title": "What you hear of",
        "manage": "This is what {host} sends to {address}.",
        "manage_none": "Nothing is sent to this address.",
        "leave_one": "Unsubscribe",
        "join_one": "Subscribe again",
        "left_since": "unsubscribed",
        "leave_all": "Unsubscribe from everything",
        "pause_day": "Pause for a day",
        "pause_week": "Pause for a week",
        "pause_hint": "What comes meanwhile is kept, and sent in one mail afterwards.",
        "paused": "You asked for a pause until {until}.",
        "resume": "End the pause now",
        "never": "Never write to me again",
        "never_hint": "Nobody here can add this address any more, under whatever name.",
        "blocked": "Nothing is written to this address any more, whoever adds it.",
        "blocked_by_them": "The administrator has decided that nothing is written to this address.",
        "unblock": "I changed my mind: you may write to me",
        "confirm_title": "Do you want to hear of this?",
        "confirm_asks": "Somebody at {host} would like to send news alerts to {address}:",
        "confirm_does": "Yes, send them to me",
        "confirmed_title": "Thank you, it is confirmed",
        "confirmed": "From now on {host} sends news alerts to {address}. Each has a link to stop them.",
        "late_title": "This link is too old",
        "late": "It was good for 48 hours. Nothing is sent to you. Whoever invited you can do it again.",
        "bad_title": "This link does not work",
        "bad": "It is not one of ours, or a part of it was lost on the way. Copy the whole link from the mail.",
        "done_leave": "You are unsubscribed from {names}.",
        "done_rejoin": "You hear of {names} again.",
        "done_pause": "The pause has begun.",
        "done_resume": "The pause is over. What was kept comes now.",
        "done_never": "You will not hear from us again.",
        "done_unblock": "You may be written to again.",
        "everything": "everything",
        "now": "at once",
        "hourly": "each hour",
        "daily": "daily",
        "weekly": "weekly",
        "days": "mon tue wed thu fri sat sun",
        "months": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    },
    "id": {
        "skip": "Langsung ke isi",
        "leave_title": "Berhenti berlangganan?",
        "leave_asks": "Anda tidak akan menerima surel lagi dari {names}, yang dikirim oleh {host}.",
        "leave_does": "Berhenti berlangganan",
        "left_title": "Anda telah berhenti berlangganan",
        "left": "Tidak ada lagi surel dari {names}. Yang sedang menuju Anda telah dihentikan.",
        "left_all": "Tidak ada lagi surel dari langganan tautan ini.",
        "back": "Saya tidak sengaja: langganan lagi",
        "other": "Apa lagi yang Anda dengar",
        "manage_title": "Yang Anda dengar",
        "manage": "Inilah yang dikirim {host} ke {address}.",
        "manage_none": "Tidak ada yang dikirim ke alamat ini.",
        "leave_one": "Berhenti",
        "join_one": "Langganan lagi",
        "left_since": "sudah berhenti",
        "leave_all": "Berhenti dari semuanya",
        "pause_day": "Jeda sehari",
        "pause_week": "Jeda seminggu",
        "pause_hint": "Yang datang selama jeda disimpan, lalu dikirim dalam satu surel.",
        "paused": "Anda meminta jeda sampai {until}.",
        "resume": "Akhiri jeda sekarang",
        "never": "Jangan pernah menulis kepada saya lagi",
        "never_hint": "Tidak seorang pun di sini dapat menambahkan alamat ini lagi, dengan nama apa pun.",
        "blocked": "Tidak ada lagi yang ditulis ke alamat ini, siapa pun yang menambahkannya.",
        "blocked_by_them": "Administrator memutuskan bahwa tidak ada yang ditulis ke alamat ini.",
        "unblock": "Saya berubah pikiran: boleh menulis kepada saya",
        "confirm_title": "Maukah Anda mendengar ini?",
        "confirm_asks": "Seseorang di {host} ingin mengirim kabar berita ke {address}:",
        "confirm_does": "Ya, kirimkan kepada saya",
        "confirmed_title": "Terima kasih, sudah dikonfirmasi",
        "confirmed": "Mulai kini {host} mengirim kabar berita ke {address}. Tiap surel memuat tautan untuk berhenti.",
        "late_title": "Tautan ini terlalu lama",
        "late": "Tautan berlaku 48 jam. Tidak ada yang dikirim kepada Anda. Pengundang dapat mengundang lagi.",
        "bad_title": "Tautan ini tidak berfungsi",
        "bad": "Bukan tautan kami, atau sebagian hilang di jalan. Salin seluruh tautan dari surel.",
        "done_leave": "Anda berhenti berlangganan {names}.",
        "done_rejoin": "Anda mendengar {names} lagi.",
        "done_pause": "Jeda telah dimulai.",
        "done_resume": "Jeda selesai. Yang disimpan datang sekarang.",
        "done_never": "Anda tidak akan mendengar dari kami lagi.",
        "done_unblock": "Kami boleh menulis kepada Anda lagi.",
        "everything": "semuanya",
        "now": "seketika",
        "hourly": "tiap jam",
        "daily": "harian",
        "weekly": "mingguan",
        "days": "sen sel rab kam jum sab min",
        "months": "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des",
    },
}

_DAYS = dict(enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun")))
_SPOKEN = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")


def language_of(chosen: str | None, accepted: str) -> Language:
    """The language of a page: the channel's own, else what the browser would rather have (Accept-Language)."""
    if chosen in WORDS:
        return "id" if chosen == "id" else "en"
    liked = {"id": 0.0, "en": 0.0}
    for place, part in enumerate(accepted[:500].split(",")):
        found = _SPOKEN.fullmatch(part)
        name = {"in": "id", "ms": "id"}.get(found[1].lower(), found[1].lower()) if found else ""
        if found and name in liked:
            liked[name] = max(liked[name], float(found[2] or 1) - place / 1000)
    return "id" if liked["id"] > liked["en"] else "en"


def when_in_words(times: tuple[str, ...], language: Language) -> str:
    """ "weekly mon,fri 12:00" → "mingguan sen,jum 12:00"."""
    said = WORDS[language]
    named = dict(zip(_DAYS.values(), said["days"].split(), strict=True))

    def word(text: str) -> str:
        days = [named.get(day, day) for day in text.split(",")]
        return said[text] if text in ("now", "hourly", "daily", "weekly") else ",".join(days)

    return ", ".join(" ".join(word(piece) for piece in time.lower().split()) for time in times)
