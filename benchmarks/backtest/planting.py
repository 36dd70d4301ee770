"""Stored articles to try queries on: made from a seed, some of them with sentences of which it is known how often they
stand there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import Engine, text

from benchmarks import stored
from benchmarks.matching.articles import generated
from worker.model import Article

PLANTED = {
    "Gempa mengguncang Jayapura pada dini hari.": 0.02,
    "Tsunami setinggi dua meter tercatat setelah gempa susulan.": 0.005,
    "Menteri pertahanan Brazil bertemu wartawan di Brasília.": 0.01,
    "Прэзідэнт Бразилії прибув до столиці.": 0.01,
}
"""Sentences, and in which part of the articles each stands."""


@dataclass(frozen=True)
class Size:
    """How many articles there are, and how many of them have a text of their own: making them takes longest. They
    spread evenly over so many days."""

    articles: int = 50_000
    different: int = 2_000
    days: int = 7


def texts(size: Size, seed: int) -> list[Article]:
    """The articles that have a text of their own."""
    chance = Random(f"{seed} planted")
    return [_planted(article, chance) for article in generated(seed, range(size.different))]


def _planted(article: Article, chance: Random) -> Article:
    more = [sentence for sentence, share in PLANTED.items() if chance.random() < share]
    return replace(article, body="\n\n".join([article.body, *more]))


def plant(engine: Engine, url: str, size: Size, made: Sequence[Article], now: datetime) -> None:
    """Stores them. The index of words, which nothing here asks, is left out: it takes longer than all the rest."""
    with engine.begin() as connection:
        connection.execute(text(_FEED), {"now": now})
        stored.drop_index_of_words(connection)
    stored.copy_articles(url, _rows(size, made, now))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE articles"))


def _rows(size: Size, made: Sequence[Article], now: datetime) -> Iterator[stored.Row]:
    step = timedelta(days=size.days) / (size.articles + 1)
    for n in range(1, size.articles + 1):
        article = made[n * 7919 % len(made)]
        seen = now - step * (size.articles + 1 - n)
        yield stored.article(
            address=f"https://site{n % 500}.example/news/{n}",
            feed=1,
            source=f"Source {n % 500}",
            title=f"{article.title} {n}",
            body=article.body,
            language=article.language,
            published=seen - timedelta(minutes=5),
            seen=seen,
            read=seen,
            authors=["Somebody"],
            tags=["news"],
        )


_FEED = """
INSERT INTO feeds (url, name, title, tags, state, next_poll_at, next_poll_why, created_at)
VALUES ('https://site.example/feed', 'Source', 'News', '{}', 'ok', CAST(:now AS timestamptz), 'rhythm', :now)"""
