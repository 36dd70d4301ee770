"""Stored articles for whoever needs many of them: COPY fills the table at the rate at which rows can be made up."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

import psycopg
from sqlalchemy import Connection, text

Row = tuple[object, ...]

SCRIPTS = ("abcdefghijklmnoprstuvwxy", "абвгдежзийклмнопрстухшюя")
LANGUAGES = ("en", "id", "de", "fr", "uk", "ru", "pl", "es")

_COLUMNS = (
    "identity, url, feed_id, source, title, body, language, authors, tags, published_at, seen_at, read_at, "
    "backlog, method, summary_only, topic_set"
)


def copy_articles(url: str, rows: Iterable[Row]) -> None:
    """Stores these rows (`article`), all of them in one COPY."""
    with straight(url) as direct, direct.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        with cursor.copy(f"COPY articles ({_COLUMNS}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def straight(url: str, **arguments: Any) -> psycopg.Connection[Any]:
    """A connection of the driver itself, by an installation's address of its database."""
    return psycopg.connect(url.replace("+psycopg://", "://", 1), **arguments)


def article(
    *,
    address: str,
    feed: int,
    source: str,
    title: str,
    body: str,
    language: str | None,
    published: datetime,
    seen: datetime,
    read: datetime,
    authors: Sequence[str] = (),
    tags: Sequence[str] = (),
    summary_only: bool = False,
) -> Row:
    """One row of it."""
    return (
        address, address, feed, source, title, body, language, list(authors), list(tags), published, seen, read,
        False, "extracted", summary_only, 1,
    )  # fmt: skip


def made_up(
    articles: int, feeds: int, days: int, now: datetime, chance: random.Random, paragraphs: int = 5
) -> Iterator[Row]:
    """Articles of so many feeds, spread evenly over the days before now: words of no language, as frequent as Zipf's
    law has it, in sentences of sixty."""
    stores = {script: _paragraphs(script, chance) for script in SCRIPTS}
    step = timedelta(days=days) / articles
    for n in range(1, articles + 1):
        language = chance.choice(LANGUAGES)
        store = stores[SCRIPTS[language in ("uk", "ru")]]
        seen = now - step * (articles - n)
        yield article(
            address=f"https://site{n % feeds}.example/news/{n}",
            feed=1 + n * 7919 % feeds,
            source=f"Source {n * 7919 % feeds}",
            title=" ".join(chance.choice(store).split()[:9]).capitalize(),
            body="\n\n".join(chance.choices(store, k=paragraphs)),
            language=language,
            published=seen - timedelta(seconds=chance.expovariate(1 / 300)),
            seen=seen,
            read=seen + timedelta(seconds=2),
            summary_only=n % 17 == 0,
        )


def drop_index_of_words(connection: Connection) -> None:
    """Before many articles are stored: each would take 0.3 ms more."""
    connection.execute(text("DROP INDEX ix_articles_words"))


def build_index_of_words(connection: Connection) -> None:
    """Afterwards, as a restore would: minutes for a million articles."""
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(
        text("CREATE INDEX ix_articles_words ON articles USING gin (article_words(title, body))")
    )


def _paragraphs(script: str, chance: random.Random) -> Sequence[str]:
    """Five thousand of sixty words each."""
    words = ["".join(chance.choices(script, k=chance.randint(3, 11))) for _ in range(40_000)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))
    return [" ".join(chance.choices(words, cum_weights=weights, k=60)) + "." for _ in range(5_000)]
