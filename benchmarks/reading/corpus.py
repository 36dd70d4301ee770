"""Feeds to measure with: real ones where somebody has some, else ones made from a seed; and broken ones of both."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

_COMMON = "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they"
_NEWS = "parliament minister border agreement talks alliance energy prices court election harbour rescue council strike"
_ACCENTED = ("Café", "Żółć", "Київ", "Москва", "東京", "القاهرة", "naïve", "Übergang")
_WORDS = (_COMMON + " " + _NEWS).split()


@dataclass(frozen=True, slots=True)
class Document:
    """A feed's document under a name."""

    name: str
    body: bytes


def real_feeds(folder: Path) -> list[Document]:
    """The feeds of a folder of `.xml.gz` files."""
    return [
        Document(path.name, gzip.decompress(path.read_bytes())) for path in sorted(folder.glob("*.xml.gz"))
    ]


def made_feeds(seed: int, number: int = 60) -> list[Document]:
    """Feeds of many sizes: RSS with short descriptions, RSS with full texts, Atom."""
    dice = random.Random(seed)
    return [Document(f"made-{i}", _MAKERS[i % len(_MAKERS)](dice)) for i in range(number)]


def broken(documents: list[Document]) -> list[Document]:
    """The same documents with one slip each: cut off, a bare ampersand, a tag never closed, a control character."""
    return [
        Document(document.name, _SLIPS[i % len(_SLIPS)](document.body))
        for i, document in enumerate(documents)
    ]


def _sentence(dice: random.Random, words: int) -> str:
    chosen = [dice.choice(_WORDS) for _ in range(words)] + [dice.choice(_ACCENTED)]
    return " ".join(chosen).capitalize() + "."


def _article(dice: random.Random, paragraphs: int) -> str:
    return "".join(
        f'<p class="text">{_sentence(dice, 30)} <a href="https://news.example/{dice.randrange(9999)}">more</a> &amp; '
        f"<strong>{_sentence(dice, 3)}</strong></p>\n"
        for _ in range(paragraphs)
    )


def _items(dice: random.Random, paragraphs: int) -> Iterator[str]:
    for i in range(dice.randrange(10, 60)):
        address = f"https://news.example/2026/{dice.randrange(10**6)}-{i}"
        full = (
            f"<content:encoded><![CDATA[{_article(dice, paragraphs)}]]></content:encoded>"
            if paragraphs
            else ""
        )
        yield (
            f"<item><title>{_sentence(dice, 8)}</title><link>{address}?utm_source=rss&amp;id={i}</link>"
            f"<guid>{address}</guid><pubDate>Sun, 01 Mar 2026 {i % 24:02}:10:00 +0700</pubDate>"
            f"<dc:creator>{dice.choice(_ACCENTED)}</dc:creator><category>{dice.choice(_WORDS)}</category>"
            f"<description>{escape(f'<p>{_sentence(dice, 25)}</p>')}</description>{full}</item>"
        )


def _rss(dice: random.Random, paragraphs: int) -> bytes:
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>News</title>'
        "<link>https://news.example/</link><language>en</language><ttl>15</ttl>"
    )
    return f"{head}{''.join(_items(dice, paragraphs))}</channel></rss>".encode()


def _atom(dice: random.Random) -> bytes:
    entries = "".join(
        f"<entry><id>tag:news.example,2026:{i}</id><title>{_sentence(dice, 8)}</title>"
        f'<link href="https://news.example/{i}"/><updated>2026-03-01T{i % 24:02}:00:00Z</updated>'
        f'<author><name>{dice.choice(_ACCENTED)}</name></author><content type="html">'
        f"{escape(_article(dice, 6))}</content></entry>"
        for i in range(dice.randrange(10, 40))
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>{entries}</feed>'.encode()


_MAKERS = (lambda dice: _rss(dice, 0), lambda dice: _rss(dice, 8), _atom)
_SLIPS = (
    lambda body: body[: len(body) * 9 // 10],
    lambda body: body.replace(b"<title>", b"<title>Q & A: ", 3),
    lambda body: body.replace(b"</title>", b"</title><br>", 3),
    lambda body: body.replace(b"<title>", b"<title>\x0b", 3),
)
