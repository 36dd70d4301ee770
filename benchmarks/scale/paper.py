"""PURE. What the newsroom prints: feeds, and the pages behind them, of words that the topics of `benchmarks.matching`
are made from."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from html import escape

from benchmarks.matching.articles import generated

ENTRIES = 6
"""What a feed shows at once; so many stood in it before. Real ones show thirty, which would take five times as long to
plant."""
_TEXTS = range(0, 200, 2)  # every other one of these has phrases that topics ask for
_BEFORE = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
_PARAGRAPHS = 6


@dataclass(frozen=True)
class Words:
    """Paragraphs and titles by language: each article is put together from some of its feed's language, so that no two
    are alike and each is matched as those of the matching benchmark are."""

    paragraphs: tuple[tuple[str, ...], ...]
    titles: tuple[tuple[str, ...], ...]
    languages: tuple[str, ...]


@lru_cache(maxsize=1)
def words(seed: int) -> Words:
    """Those of a seed. It takes some seconds."""
    paragraphs: dict[str, list[str]] = defaultdict(list)
    titles: dict[str, list[str]] = defaultdict(list)
    for article in generated(seed, _TEXTS):
        language = article.language or "en"
        paragraphs[language] += [each for each in article.body.split("\n\n") if each]
        titles[language].append(article.title)
    known = tuple(sorted(paragraphs))
    return Words(
        tuple(tuple(paragraphs[language]) for language in known),
        tuple(tuple(titles[language]) for language in known),
        known,
    )


def title(store: Words, feed: int, entry: int) -> str:
    """No two entries have the same."""
    of_language = store.titles[feed % len(store.titles)]
    return f"{of_language[(feed * 31 + entry * 7919) % len(of_language)]} {feed}.{entry}"


def link(base: str, feed: int, entry: int) -> str:
    """The address of the page behind an entry; `base` is that of the feed's host."""
    return f"{base}/page/{feed}/{entry}"


def published(entry: int) -> datetime:
    """When an entry that stood there before came."""
    return datetime.fromtimestamp(_BEFORE + 3600.0 * entry, UTC)


def document(store: Words, feed: int, newest: int, base: str, at: float) -> bytes:
    """A feed whose newest entry is that, which came at that second where it is news."""
    items = "".join(
        _item(
            store, feed, entry, base, datetime.fromtimestamp(at, UTC) if entry > ENTRIES else published(entry)
        )
        for entry in range(newest, newest - ENTRIES, -1)
    )
    language = store.languages[feed % len(store.languages)]
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>Feed {feed}</title>'
        f"<link>{base}/</link><language>{language}</language><description>News</description>{items}</channel></rss>\n"
    ).encode()


def page(store: Words, feed: int, entry: int) -> bytes:
    """The page behind an entry: some 30 KB, most of it the site's own."""
    told = "".join(f"<p>{escape(each)}</p>" for each in _paragraphs(store, feed, entry))
    language, head = store.languages[feed % len(store.languages)], escape(title(store, feed, entry))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{head}</title></head><body>'
        f"<nav>{_furniture('nav')}</nav><article><h1>{head}</h1>{told}</article>"
        f"<aside>{_furniture('aside')}</aside></body></html>"
    ).encode()


def _item(store: Words, feed: int, entry: int, base: str, at: datetime) -> str:
    address = link(base, feed, entry)
    said = _paragraphs(store, feed, entry)[0][:400]
    return (
        f"<item><title>{escape(title(store, feed, entry))}</title><link>{address}</link><guid>{address}</guid>"
        f"<pubDate>{format_datetime(at)}</pubDate><description>{escape(escape(said))}</description></item>\n"
    )


def _paragraphs(store: Words, feed: int, entry: int) -> list[str]:
    of_language = store.paragraphs[feed % len(store.paragraphs)]
    return random.Random(f"{feed} {entry}").choices(of_language, k=_PARAGRAPHS)


@lru_cache
def _furniture(place: str) -> str:
    rows = "".join(
        f'<li class="menu-item menu-item-{n}"><a href="/section/{place}/{n}" data-track="{place}-{n}">'
        f"Section {n}</a></li>"
        for n in range(130)
    )
    return f"<ul>{rows}</ul>"
