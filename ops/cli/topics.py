"""`pantau topics | subscriptions`: what is looked for, and who hears of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from alerts.letter import plain_text
from ops.cli.connected import connected
from ops.cli.output import json_option, print_json, print_json_lines, say, table
from worker.errors import BadInput

if TYPE_CHECKING:
    from ops.searching import Search, Sighting
    from ops.store.watched import Stored

NOTHING_MATCHED = 4
LONGEST_S = 100 * 365 * 86400.0
A_WHILE = 5000  # articles; some 15 seconds


@click.group()
def topics() -> None:
    """List topics, try a query on the articles that are stored."""


@topics.command("list")
@json_option
def list_topics(as_json: bool) -> None:
    """List the topics with their queries."""
    from ops.store.watched import topic_list

    with connected() as connection:
        rows = topic_list(connection)
    if as_json:
        print_json_lines(rows)
    elif rows:
        click.echo(table([_topic(row) for row in rows], ("name", "tags", "matches in 24 h", "query")))
    else:
        click.echo("no topics yet: declare them in a watchlist")


def _topic(row: Mapping[str, Any]) -> tuple[object, ...]:
    tags = plain_text(", ".join(row["tags"]), 40)
    return plain_text(row["name"], 60), tags, row["matches_24h"], plain_text(row["query"], 100)


@topics.command("test")
@click.argument("query")
@click.option("--since", default="7d", show_default=True, help="Articles read in this time.")
@json_option
def test(query: str, since: str, as_json: bool) -> int:
    """Try a query on the stored articles: how many it finds, and the newest 20. Exit 4 if it finds none."""
    from ops.searching import search
    from ops.store.watched import articles_of_last
    from worker.match import parse_query

    parse_query(query)  # a slip of the pen is told without any database
    seconds = _seconds(since)
    with connected() as connection:
        found = search(query, _counted(articles_of_last(connection, seconds)))
    if as_json:
        print_json(_as_json(query, since, found))
    else:
        click.echo(_in_words(since, found))
    return 0 if found.matched else NOTHING_MATCHED


def _counted(articles: Iterable[Stored]) -> Iterator[Stored]:
    """The articles, with a sign of life for whoever waits."""
    for number, stored in enumerate(articles, start=1):
        if number % A_WHILE == 0:
            say(f"{number:,} articles looked through")
        yield stored


def _seconds(since: str) -> float:
    from worker.settings import parse_duration

    try:
        return min(parse_duration(since), LONGEST_S)
    except ValueError as error:
        raise BadInput(f"--since: {error}") from None


def _as_json(query: str, since: str, found: Search) -> dict[str, Any]:
    newest = [
        {
            "at": sighting.stored.at,
            "source": sighting.stored.article.source,
            "title": sighting.stored.article.title,
            "url": sighting.stored.article.url,
            "language": sighting.stored.article.language,
            "words": sighting.words,
        }
        for sighting in found.sightings
    ]
    return {
        "query": query,
        "since": since,
        "articles": found.articles,
        "matched": found.matched,
        "newest": newest,
    }


def _in_words(since: str, found: Search) -> str:
    summary = f"{found.matched:,} of {found.articles:,} articles of the last {since} match"
    rows = [_sighting(sighting) for sighting in found.sightings]
    return f"{summary}\n\n{table(rows, ('date', 'source', 'title', 'words'))}" if rows else summary


def _sighting(sighting: Sighting) -> tuple[object, ...]:
    article = sighting.stored.article
    return (
        f"{sighting.stored.at:%Y-%m-%d %H:%M}",
        plain_text(article.source, 30),
        plain_text(article.title, 80) or "(without a title)",
        plain_text(", ".join(sighting.words), 80),
    )


@click.group()
def subscriptions() -> None:
    """List subscriptions."""


@subscriptions.command("list")
@json_option
def list_subscriptions(as_json: bool) -> None:
    """List the subscriptions: which topics go to which channels, and when."""
    from ops.store.watched import subscription_list

    with connected() as connection:
        rows = subscription_list(connection)
    if as_json:
        print_json_lines(rows)
    elif rows:
        headings = ("name", "topics", "channels", "when", "quiet")
        click.echo(table([_subscription(row) for row in rows], headings))
    else:
        click.echo("no subscriptions yet: declare them in a watchlist")


def _subscription(row: Mapping[str, Any]) -> tuple[object, ...]:
    when = f"{', '.join(row['when'])} ({row['timezone']})"
    lists = (plain_text(", ".join(row[name]), 60) for name in ("topics", "channels"))
    return plain_text(row["name"], 60), *lists, plain_text(when, 60), row["quiet"]
