"""What Pantau says in Slack when somebody presses a button or writes `/pantau`, in English and Indonesian."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "id"]

WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "relevant": "Noted: relevant. Thank you.",
        "not_relevant": "Noted: not relevant. `pantau feedback` lists what people said.",
        "story_muted": "<@{user}> muted this story here until {until}. Its articles are kept in the ledger.",
        "no_story": "This article belongs to no story; nothing was muted.",
        "topic_muted": "<@{user}> muted {topics} here until {until}. Its articles are kept in the ledger.",
        "why_topic": "*{topic}*: {query}",
        "why_word": "“{word}” in the {field}, letters {start} to {end}",
        "why_more": "and {n} more",
        "why_story": "Story: {articles} articles.",
        "why_none": "It is in the ledger no more.",
        "topics": "This channel hears of: {topics}",
        "no_topics": "This channel hears of no topic.",
        "not_ours": "Pantau tells nothing in this channel, so there is nothing to do here.",
        "unknown_topic": "This channel hears of no topic “{topic}”. It hears of: {topics}",
        "bad_time": "“{text}” is no length of time; write 30m, 8h or 2d.",
        "help": (
            "`/pantau topics` what this channel hears of\n"
            "`/pantau mute TOPIC 8h` no news of a topic here for some time\n"
            "`/pantau why LINK` why somebody heard of an article, or nobody\n"
            "`/pantau status` whether Pantau keeps up\n"
            "`/pantau test` what an alert looks like"
        ),
        "test": "This is what an alert looks like. Only you see it.",
        "title": "title",
        "body": "text",
        "url": "address",
        "source": "source",
        "author": "author",
        "tags": "tags",
    },
    "id": {
        "relevant": "Dicatat: relevan. Terima kasih.",
        "not_relevant": "Dicatat: tidak relevan. `pantau feedback` menampilkan penilaian orang.",
        "story_muted": "<@{user}> membisukan berita ini di sini sampai {until}. Artikelnya tetap tercatat.",
        "no_story": "Artikel ini tidak termasuk rangkaian berita; tidak ada yang dibisukan.",
        "topic_muted": "<@{user}> membisukan {topics} di sini sampai {until}. Artikelnya tetap tercatat.",
        "why_topic": "*{topic}*: {query}",
        "why_word": "“{word}” di {field}, huruf {start} sampai {end}",
        "why_more": "dan {n} lagi",
        "why_story": "Rangkaian berita: {articles} artikel.",
        "why_none": "Tidak ada lagi di catatan.",
        "topics": "Kanal ini mendengar tentang: {topics}",
        "no_topics": "Kanal ini tidak mendengar tentang topik apa pun.",
        "not_ours": "Pantau tidak mengirim apa pun ke kanal ini, jadi tidak ada yang dapat dilakukan di sini.",
        "unknown_topic": "Kanal ini tidak mendengar tentang topik “{topic}”, tetapi tentang: {topics}",
        "bad_time": "“{text}” bukan lama waktu; tulis 30m, 8h, atau 2d.",
        "help": (
            "`/pantau topics` topik yang didengar kanal ini\n"
            "`/pantau mute TOPIK 8h` tanpa kabar tentang suatu topik di sini untuk sementara\n"
            "`/pantau why TAUTAN` mengapa orang diberi tahu tentang suatu artikel, atau tidak\n"
            "`/pantau status` apakah Pantau berjalan lancar\n"
            "`/pantau test` seperti apa pemberitahuan itu"
        ),
        "test": "Seperti inilah pemberitahuan. Hanya Anda yang melihatnya.",
        "title": "judul",
        "body": "teks",
        "url": "alamat",
        "source": "sumber",
        "author": "penulis",
        "tags": "tag",
    },
}


def say(language: Language, key: str, **values: object) -> str:
    """A phrase of the catalogue. What is foreign in `values` must be escaped already."""
    return WORDS[language][key].format(**values)
