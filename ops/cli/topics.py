"""`pantau topics`: what is looked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from alerts.letter import plain_text
from ops.cli.connected import connected
from ops.cli.grouped import Group
from ops.cli.naming import unknown
from ops.cli.output import json_option, print_json, print_json_lines, progress, say, table
from ops.cli.sharing import feed_command
from ops.cli.since import time_span
from worker.errors import BadQuery, Unavailable

if TYPE_CHECKING:
    from alerts.model import Asked
    from ops.applying_back import Applied
    from ops.searching import Search, Shelved
    from worker.match.entities import Catalogue
    from worker.model import Topic
    from worker.store.engine import Connection

NOTHING_MATCHED = 4


@click.group(cls=Group)
def topics() -> None:
    """List topics, try queries on the articles that are stored."""


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


SINCE = click.option(
    "--since", metavar="TIME", default="7d", show_default=True, help="Articles read in this time."
)


@topics.command("test")
@click.argument("query")
@SINCE
@json_option
def test(query: str, since: str, as_json: bool) -> int:
    """Try a query on the stored articles: how many it finds day by day, what each of its terms brings, and the
    newest. Exit 4 if it finds none."""
    from ops.cli.found import search_in_words
    from ops.findings import search_json
    from ops.searching import search

    seconds = time_span(since).total_seconds()
    with _knowing(query) as (connection, known):
        found = search(query, _articles(connection, seconds), known)
    _warn(found)
    if as_json:
        print_json({"since": since, **search_json(found)})
    else:
        click.echo(search_in_words(found, since))
    return 0 if found.matched else NOTHING_MATCHED


@topics.command("backtest")
@click.argument("name")
@click.option("--query", metavar="QUERY", help="A query to hold against the saved one.")
@SINCE
@json_option
def backtest(name: str, query: str | None, since: str, as_json: bool) -> int:
    """Look for a saved topic in the stored articles; with --query, what another query would find in its place.
    Exit 4 if nothing is found."""
    from ops.cli.found import comparison_in_words, search_in_words
    from ops.findings import comparison_json, search_json
    from ops.searching import compare, search

    seconds = time_span(since).total_seconds()
    with _knowing(query) as (connection, known):
        (topic,) = named(connection, (name,))
        articles = _articles(connection, seconds)
        if query is None:
            one = search(topic.query, articles, known)
            _warn(one)
            told, words, matched = search_json(one), search_in_words(one, since), one.matched
        else:
            both = compare(topic.query, query, articles, known)
            _warn(both.new)
            told, words = comparison_json(both), comparison_in_words(both, since)
            matched = both.saved.matched + both.new.matched
    if as_json:
        print_json({"topic": name, "since": since, **told})
    else:
        click.echo(words)
    return 0 if matched else NOTHING_MATCHED


@topics.command("apply-back")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--since", metavar="TIME", required=True, help="Articles read in this time, such as 7d.")
@click.option(
    "--catch-up", "asked", flag_value="catch_up", default="catch_up", help="Tell of them in one summary."
)
@click.option("--silent", "asked", flag_value="silent", help="Keep the matches, and tell nobody.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@json_option
def apply_back(names: tuple[str, ...], since: str, asked: Asked, dry_run: bool, as_json: bool) -> int:
    """Apply topics to articles that were read before them: each subscription hears of those that match in one summary
    (--catch-up, the default), or nobody does (--silent). Nobody hears of an article twice, however often this is
    done. Exit 4 if nothing matches."""
    from ops import kit
    from ops.applying_back import Order, write_down
    from ops.applying_back import apply_back as carry_out
    from ops.store.audit_log import COMMAND_LINE
    from worker.store.engine import reaching_database
    from worker.store.topics import catalogue

    seconds = time_span(since).total_seconds()
    engine = kit.engine(kit.settings_of(), pool_size=2)
    try:
        with reaching_database(), engine.connect() as connection:
            order = Order(named(connection, names), catalogue(connection), asked, kit.clock, dry_run)
            done = carry_out(engine, order, _articles(connection, seconds))
        if not dry_run:
            with engine.begin() as connection:
                write_down(connection, COMMAND_LINE, names, since, asked, done)
    finally:
        engine.dispose()
    if as_json:
        print_json({"topics": names, "since": since, "asked": asked, "dry_run": dry_run, **asdict(done)})
    else:
        click.echo("\n".join(_applied(done, since, dry_run=dry_run)))
    return 0 if done.matched else NOTHING_MATCHED


def _applied(done: Applied, since: str, *, dry_run: bool) -> Iterator[str]:
    matches = f"{done.new_matches:,} matches are new"
    yield f"{done.matched:,} of {done.articles:,} articles of the last {since} match, {matches}"
    would = "would go" if dry_run else "go"
    if done.told:
        yield f"{done.told:,} alerts {would} out, in one summary for each subscription and channel"
    for reason, count in sorted(done.suppressed.items()):
        yield f"{count:,} alerts {'would be' if dry_run else 'are'} suppressed: {reason.replace('_', ' ')}"
    if done.matched and not done.told and not done.suppressed:
        yield "nobody is told: everything was decided before, or no subscription hears of these topics"


@contextmanager
def _knowing(query: str | None) -> Iterator[tuple[Connection, Catalogue]]:
    """The database, with every entity that a query may name. A slip of the pen in the query is told before, or
    without, any database, unless an entity of the users' own may be what is unknown."""
    from worker.match import parse_query
    from worker.store.topics import catalogue

    slip = _slip(query)
    if slip is not None and "@" not in str(query):
        raise slip
    try:
        with connected() as connection:
            known = catalogue(connection)
            if query is not None:
                parse_query(query, known)
            yield connection, known
    except Unavailable:
        if slip is None:
            raise
        raise slip from None


def _slip(query: str | None) -> BadQuery | None:
    from worker.match import parse_query

    try:
        if query is not None:
            parse_query(query)
    except BadQuery as slip:
        return slip
    return None


def _warn(found: Search) -> None:
    for warning in found.warnings:
        say(f"warning: {warning}")


def _articles(connection: Connection, seconds: float) -> Iterator[Shelved]:
    """The articles of the last seconds, with a sign of life for whoever waits."""
    from ops.store.watched import articles_of_last, count_articles_of_last

    total = count_articles_of_last(connection, seconds)
    return progress(articles_of_last(connection, seconds), total, "articles looked through")


def named(connection: Connection, names: Sequence[str]) -> list[Topic]:
    """The topics of these names, each once. Raises BadInput for a name that no topic has."""
    from ops.store.watched import topic_names, topics_named

    found = topics_named(connection, names)
    for name in names:
        if name not in found:
            raise unknown("topic", name, topic_names(connection))
    return [found[name] for name in dict.fromkeys(names)]


topics.add_command(feed_command("topics"))
