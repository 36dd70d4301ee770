"""`pantau feedback`: what people said of the articles that they were told of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from alerts.letter import plain_text
from ops.cli.connected import connected
from ops.cli.output import json_option, print_json_lines, table
from worker.errors import BadInput


@click.command()
@click.option("--since", metavar="TIME", default="30d", show_default=True, help="What was said in this time.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=200, show_default=True, help="At most so many."
)
@json_option
def feedback(since: str, limit: int, as_json: bool) -> None:
    """List what people said of articles they were told of: relevant or not, by the buttons in Slack."""
    from ops.store.slack import feedback_of_last
    from worker.settings import parse_duration

    try:
        seconds = min(parse_duration(since), 100 * 365 * 86400.0)
    except ValueError as error:
        raise BadInput(f"--since: {error}") from None
    with connected() as connection:
        rows = feedback_of_last(connection, seconds, limit)
    if as_json:
        print_json_lines(rows)
    elif rows:
        click.echo(table([_line(row) for row in rows], ("at", "", "channel", "topics", "article")))
    else:
        click.echo(f"nobody has said anything of an alert in the last {since}")


def _line(row: Mapping[str, Any]) -> tuple[object, ...]:
    word = "relevant" if row["relevant"] else "not relevant"
    topics = plain_text(", ".join(row["topics"] or ()), 40)
    channel, title = plain_text(row["channel"], 30), plain_text(row["title"], 80)
    return f"{row['said_at']:%Y-%m-%d %H:%M}", word, channel, topics, title
