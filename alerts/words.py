"""The phrases of messages, in English and Indonesian: whole sentences, so that no grammar is put together of pieces.

A phrase that counts something has a form for each plural category of its language
(https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from alerts.model import Letter

Language = Literal["en", "id"]
Phrase = str | Mapping[str, str]

PLURALS: Mapping[Language, Callable[[int], str]] = {
    "en": lambda n: "one" if n == 1 else "other",
    "id": lambda n: "other",  # noqa: ARG005 - one form for any number
}

WORDS: Mapping[Language, Mapping[str, Phrase]] = {
    "en": {
        # what a message is
        "article": "[{topics}] {title}",
        "article_more": {
            "one": "[{topics}] {title} and 1 more article",
            "other": "[{topics}] {title} and {n} more articles",
        },
        "followup": {"one": "1 more on “{title}”", "other": "{n} more on “{title}”"},
        "followup_of": "{line}: {title}",
        "digest": {"one": "Digest: 1 article on {topics}", "other": "Digest: {n} articles on {topics}"},
        "digest_stories": {
            "one": "Digest: {n} articles of one story on {topics}",
            "other": "Digest: {n} articles in {stories} stories on {topics}",
        },
        "quiet": {
            "one": "From your quiet hours: 1 article on {topics}",
            "other": "From your quiet hours: {n} articles on {topics}",
        },
        "away": {
            "one": "While you were away: 1 article on {topics}",
            "other": "While you were away: {n} articles on {topics}",
        },
        "away_stories": {
            "one": "While you were away: {n} articles of one story on {topics}",
            "other": "While you were away: {n} articles in {stories} stories on {topics}",
        },
        "quiet_stories": {
            "one": "From your quiet hours: {n} articles of one story on {topics}",
            "other": "From your quiet hours: {n} articles in {stories} stories on {topics}",
        },
        "rollup": {"one": "1 more article on {topics}", "other": "{n} more articles on {topics}"},
        "rollup_stories": {
            "one": "{n} more articles of one story on {topics}",
            "other": "{n} more articles in {stories} stories on {topics}",
        },
        "rollup_note": "Held back by your limit of messages an hour. Every article is here.",
        "backlog": {
            "one": "1 article that was already in the feeds you added",
            "other": "{n} articles that were already in the feeds you added",
        },
        "older": {"one": "1 older article on {topics}", "other": "{n} older articles on {topics}"},
        "notice": "Pantau: {sentence}",
        "notice_many": {"one": "Pantau: 1 thing to look at", "other": "Pantau: {n} things to look at"},
        "repeat": "Possible repeat",
        "repeat_note": "Possible repeat: the receiver never confirmed the first copy.",
        # how it is parted
        "span": "Seen from {start} to {end}.",
        "section": {"one": "{topic}: 1 article", "other": "{topic}: {n} articles"},
        "section_stories": {
            "one": "{topic}: {n} articles of one story",
            "other": "{topic}: {n} articles in {stories} stories",
        },
        "other_topics": "Other topics",
        "rest": {"one": "and 1 more", "other": "and {n} more"},
        # what is known of an article
        "untitled": "(without a title)",
        "seen": "seen {at}",
        "dated": "dated {date}, seen {at}",
        "summary_only": "summary only: the page could not be read in time",
        "articles": {"one": "1 article", "other": "{n} articles"},
        "outlets": {"one": "1 outlet", "other": "{n} outlets"},
        "outlets_languages": {
            "one": "1 outlet, {languages} languages",
            "other": "{n} outlets, {languages} languages",
        },
        # how long the news took
        "after_publication": "{span} after publication",
        "after_both": "{span} after publication, {since} after it was seen",
        "after_seen": "{span} after it was seen",
        "instant": "less than 1 s",
        "seconds": "{n} s",
        "minutes": "{n} min",
        "hours": "{n} h",
        "days": {"one": "1 day", "other": "{n} days"},
        # why it came, and what can be done
        "why": "You get this because {subscriptions} follows {topics}.",
        "why_topics": "You get this because you follow {topics}.",
        "why_notice": "This is about Pantau itself, for whoever looks after it.",
        "times": "Times are those of {timezone}.",
        "unsubscribe": "Unsubscribe",
        "manage": "What you hear of",
        "button_relevant": "Relevant",
        "button_not_relevant": "Not relevant",
        "button_mute_story": "Mute story",
        "button_mute_topic": "Mute topic 8 h",
        "button_why": "Why?",
        "your_topics": "your topics",
        "listed": "{names} and {n} more",
        "months": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    },
    "id": {
        "article": "[{topics}] {title}",
        "article_more": {"other": "[{topics}] {title} dan {n} artikel lagi"},
        "followup": {"other": "{n} artikel lagi tentang “{title}”"},
        "followup_of": "{line}: {title}",
        "digest": {"other": "Ringkasan: {n} artikel tentang {topics}"},
        "digest_stories": {"other": "Ringkasan: {n} artikel dari {stories} peristiwa tentang {topics}"},
        "quiet": {"other": "Dari jam tenang Anda: {n} artikel tentang {topics}"},
        "away": {"other": "Selagi Anda pergi: {n} artikel tentang {topics}"},
        "away_stories": {"other": "Selagi Anda pergi: {n} artikel dari {stories} peristiwa tentang {topics}"},
        "quiet_stories": {
            "other": "Dari jam tenang Anda: {n} artikel dari {stories} peristiwa tentang {topics}"
        },
        "rollup": {"other": "{n} artikel lagi tentang {topics}"},
        "rollup_stories": {"other": "{n} artikel lagi dari {stories} peristiwa tentang {topics}"},
        "rollup_note": "Tertahan oleh batas jumlah pesan per jam. Semua artikelnya ada di sini.",
        "backlog": {"other": "{n} artikel yang sudah ada di umpan yang Anda tambahkan"},
        "older": {"other": "{n} artikel lama tentang {topics}"},
        "notice": "Pantau: {sentence}",
        "notice_many": {"other": "Pantau: {n} hal yang perlu diperiksa"},
        "repeat": "Mungkin terkirim ulang",
        "repeat_note": "Mungkin terkirim ulang: penerima tidak pernah mengonfirmasi salinan pertama.",
        "span": "Terlihat dari {start} sampai {end}.",
        "section": {"other": "{topic}: {n} artikel"},
        "section_stories": {"other": "{topic}: {n} artikel dari {stories} peristiwa"},
        "other_topics": "Topik lain",
        "rest": {"other": "dan {n} lagi"},
        "untitled": "(tanpa judul)",
        "seen": "terlihat {at}",
        "dated": "bertanggal {date}, terlihat {at}",
        "summary_only": "hanya ringkasan: halaman tidak terbaca pada waktunya",
        "articles": {"other": "{n} artikel"},
        "outlets": {"other": "{n} media"},
        "outlets_languages": {"other": "{n} media, {languages} bahasa"},
        "after_publication": "{span} setelah terbit",
        "after_both": "{span} setelah terbit, {since} setelah terlihat",
        "after_seen": "{span} setelah terlihat",
        "instant": "kurang dari 1 dtk",
        "seconds": "{n} dtk",
        "minutes": "{n} mnt",
        "hours": "{n} jam",
        "days": {"other": "{n} hari"},
        "why": "Anda menerima ini karena {subscriptions} mengikuti {topics}.",
        "why_topics": "Anda menerima ini karena Anda mengikuti {topics}.",
        "why_notice": "Ini tentang Pantau sendiri, untuk yang mengurusnya.",
        "times": "Waktu menurut {timezone}.",
        "unsubscribe": "Berhenti berlangganan",
        "manage": "Yang Anda dengar",
        "button_relevant": "Relevan",
        "button_not_relevant": "Tidak relevan",
        "button_mute_story": "Bisukan peristiwa ini",
        "button_mute_topic": "Bisukan topik 8 jam",
        "button_why": "Mengapa?",
        "your_topics": "topik Anda",
        "listed": "{names} dan {n} lagi",
        "months": "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des",
    },
}


def phrase(language: Language, key: str, count: int | None = None, **values: object) -> str:
    """A phrase of the catalogue, in the form for `count` things where it counts; `{n}` is the count, if not given."""
    found = WORDS[language][key]
    if not isinstance(found, str):
        found = found[PLURALS[language](count if count is not None else 0)]
    return found.format(**{"n": count, **values})


def say(letter: Letter, key: str, count: int | None = None, **values: object) -> str:
    """A phrase in the letter's language."""
    return phrase(letter.language, key, count, **values)
