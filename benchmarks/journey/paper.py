"""PURE. What the newsroom prints: feeds of thirty entries, the pages behind them, and which feeds are how.

An entry goes by a token in its title, link and guid: `old0007e0030` stood there before, `jrn0007e0031` is news.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

ENTRIES = 30
"""What a feed shows at once; so many stand in it at the start."""
SLOW_S = 3.0
EVERY = 100
"""One feed in so many is gone, one slow, one ill-formed; each kind at least once."""
_KINDS = {3: "gone", 5: "slow", 7: "ill"}
_TOKEN = re.compile(rb"jrn\d{4}e\d{4}")
_BEFORE = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
_SENTENCES = (
    "Pemerintah daerah menyiapkan {} untuk warga {} yang menunggu {} sejak awal bulan ini di pelabuhan lama.",
    "Officials in {} said the {} would be looked into before anybody decides what {} is to cost.",
    "У місті {} обговорили {} та домовилися, що {} розглянуть ще раз до кінця тижня.",
)
_SYLLABLES = ("ba", "ko", "ri", "tu", "mes", "lan", "do", "pi", "gar", "nu", "sel", "wi", "ta")


def kind(feed: int) -> str:
    """What a feed is like: "good", "gone" (404), "slow" (3 s), or "ill" (its XML is not well formed)."""
    return _KINDS.get(feed % EVERY, "good")


def token(feed: int, entry: int) -> str:
    """The name of an entry; the first thirty of a feed are old."""
    return f"{'jrn' if entry > ENTRIES else 'old'}{feed:04}e{entry:04}"


def tokens_in(text: bytes) -> set[str]:
    """The names of the news that a message tells."""
    return {each.decode() for each in _TOKEN.findall(text)}


def link(feed: int, entry: int, base: str) -> str:
    """The address of the page behind an entry; `base` is that of the feed's host."""
    return f"{base}/page/{feed}/{token(feed, entry)}"


def document(feed: int, newest: int, base: str, published: float) -> bytes:
    """A feed whose newest entry is that; `published` is when it came, for those that are news."""
    items = "".join(
        _item(feed, entry, base, published if entry > ENTRIES else _BEFORE + 3600.0 * entry)
        for entry in range(newest, newest - ENTRIES, -1)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>Harian {feed}</title><link>{base}/</link><description>Berita {feed}</description>"
        f"{items}</channel></rss>\n"
    ).encode()


def page(feed: int, entry: int) -> bytes:
    """The page behind an entry: some 60 KB, a twentieth of it the article."""
    paragraphs = "".join(f"<p>{' '.join(_prose(feed, entry, 5, part))}</p>" for part in range(1, 6))
    return (
        f'<!doctype html><html lang="id"><head><meta charset="utf-8"><title>{_title(feed, entry)}</title></head>'
        f"<body><nav>{_furniture('nav')}</nav><article><h1>{_title(feed, entry)}</h1>{paragraphs}</article>"
        f"<aside>{_furniture('aside')}</aside></body></html>"
    ).encode()


def _item(feed: int, entry: int, base: str, moment: float) -> str:
    title, words = _title(feed, entry), " ".join(_prose(feed, entry, 7, 0))
    if kind(feed) == "ill" and entry % 10 == 0:
        title, words = f"{title} & lainnya", f"{words}<br>"
    address = link(feed, entry, base)
    return (
        f"<item><title>{title}</title><link>{address}</link><guid>{address}</guid>"
        f"<pubDate>{format_datetime(datetime.fromtimestamp(moment, UTC))}</pubDate>"
        f"<description>{words}</description></item>\n"
    )


def _title(feed: int, entry: int) -> str:
    dice = random.Random(f"{feed} {entry} title")
    return f"Kabar {token(feed, entry)} tentang {_word(dice)} dan {_word(dice)}"


def _prose(feed: int, entry: int, sentences: int, part: int) -> Iterator[str]:
    dice = random.Random(f"{feed} {entry} {part}")
    language = feed % len(_SENTENCES)
    for _ in range(sentences):
        yield _SENTENCES[language].format(*(_word(dice) for _ in range(3)))


def _word(dice: random.Random) -> str:
    return "".join(dice.choices(_SYLLABLES, k=3)).capitalize()


@lru_cache
def _furniture(place: str) -> str:
    """Links to elsewhere, the same on each page: what makes pages of today big."""
    rows = "".join(
        f'<li class="menu-item menu-item-{n}"><a href="/rubrik/{place}/{n}" data-track="{place}-{n}">'
        f"Rubrik {n}</a></li>"
        for n in range(280)
    )
    return f"<ul>{rows}</ul>"
