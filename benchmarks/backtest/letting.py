"""`python -m benchmarks.backtest.letting`: how many real texts the sieve lets through to be read closely, and how many
of those match.

PANTAU_DATA names a directory with `extraction/ground-truth.json` and `feeds/*.xml.gz`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import click

from benchmarks.matching.articles import real
from benchmarks.reading.corpus import real_feeds
from worker.errors import BadInput
from worker.feeds.parse import parse_feed
from worker.feeds.texts import content_of, summary_of
from worker.match.closely import Closely
from worker.match.language import detect
from worker.match.sieve import Sieve
from worker.model import Article

QUERIES = (
    "@nato",
    "NATO",
    "@china",
    "@israel",
    "@iran",
    "@who",
    "@apple",
    "@france",
    "@google",
    "war",
    "oil",
)
LEAST = 600
"""Characters of an entry's text; what is shorter is no article."""
MOST_OF_A_FEED = 50


def entries(data: Path) -> Iterator[Article]:
    """The longer entries of real feeds."""
    for document in real_feeds(data / "feeds"):
        try:
            feed = parse_feed(document.body)
        except BadInput:
            continue
        for entry in feed.entries[:MOST_OF_A_FEED]:
            body = content_of(entry) or summary_of(entry)
            if len(body) > LEAST:
                yield Article(entry.title, body, detect(body))


def kept_and_matched(query: str, articles: list[Article]) -> tuple[int, int, float]:
    """How many articles are let through, how many of these match, and the sieve's microseconds an article."""
    sieve, closely = Sieve((query,)), Closely((query,))
    letters = [f"{article.title}\n{article.body}".encode() for article in articles]
    sieve.through(letters)  # what RE2 builds as it goes is there by then
    began = time.process_time()
    through = sieve.through(letters)
    spent = time.process_time() - began
    kept = [article for article, read in zip(articles, through, strict=True) if read]
    matched = sum(closely.hits(closely.read(article)) != [None] for article in kept)
    return len(kept), matched, spent / len(articles) * 1e6


@click.command()
def main() -> None:
    """How much the sieve lets through of real texts."""
    data = os.environ.get("PANTAU_DATA")
    if data is None:
        raise click.UsageError(
            "set PANTAU_DATA to a directory with extraction/ground-truth.json and feeds/*.xml.gz"
        )
    articles = [*real(Path(data)), *entries(Path(data))]
    click.echo(
        f"{len(articles):,} texts, {sum(len(each.body) for each in articles) // len(articles):,} characters each\n"
    )
    click.echo(f"{'query':10} {'let through':>11} {'matched':>8} {'sieve, µs':>10}")
    for query in QUERIES:
        kept, matched, spent_us = kept_and_matched(query, articles)
        click.echo(f"{query:10} {kept:>11,} {matched:>8,} {spent_us:>10.0f}")


if __name__ == "__main__":
    main()
