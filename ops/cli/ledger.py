"""`pantau deliveries`: every message to a channel, what became of it, and sending one again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args
from uuid import UUID

import click

from alerts.letter import plain_text
from alerts.states import State
from ops.cli.connected import connected
from ops.cli.output import json_option, print_json, print_json_lines, table
from worker.errors import BadInput, PantauError

if TYPE_CHECKING:
    from alerts.model import DeliveryId
    from ops.store.ledger import PutBack
    from worker.store.engine import Connection

_LISTED = (
    *("id", "key", "channel", "channel_kind", "subscription", "kind", "state", "reason", "possible_repeat"),
    *("attempts", "created_at", "due_at", "ended_at", "articles", "topics", "title", "url"),
)
ID = click.argument("wanted", metavar="ID")


@click.group()
def deliveries() -> None:
    """List deliveries, look at one, send one again."""


@deliveries.command("list")
@click.option("--state", type=click.Choice(get_args(State)), help="Only those in this state.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many."
)
@json_option
def list_deliveries(state: str | None, limit: int, as_json: bool) -> None:
    """List the newest deliveries."""
    from ops.store.overview import latest_deliveries

    with connected() as connection:
        rows = latest_deliveries(connection, limit, state or "")
    if as_json:
        print_json_lines({name: row[name] for name in _LISTED} for row in rows)
    elif rows:
        headings = ("id", "state", "made", "channel", "tries", "tells of", "reason")
        click.echo(table([_line(row) for row in rows], headings))
    else:
        click.echo(f"no delivery is {state}" if state else "no delivery yet")


def _line(row: Mapping[str, Any]) -> tuple[object, ...]:
    rest = f" and {row['articles'] - 1} more" if row["articles"] > 1 else ""
    return (
        row["id"],
        row["state"],
        _at(row["created_at"]),
        plain_text(row["channel"], 30),
        row["attempts"],
        plain_text(row["title"] or "(nothing)", 50) + rest,
        plain_text(row["reason"] or "", 60),
    )


@deliveries.command("show")
@ID
@json_option
def show(wanted: str, as_json: bool) -> None:
    """Show one delivery (its number or its key): its articles, why they are told, every attempt."""
    from ops.store.ledger import whole_delivery

    with connected() as connection:
        found = whole_delivery(connection, _find(connection, wanted))
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(_in_words(found)))


@deliveries.command("retry")
@ID
def retry(wanted: str) -> None:
    """Send a delivery again that failed, expired, is held or in doubt (its number or its key)."""
    from ops.retrying import Refused
    from ops.retrying import retry as put_back

    with connected() as connection:
        delivery = _find(connection, wanted)
        outcome = put_back(connection, delivery)
    match outcome:
        case Refused(why):
            raise PantauError(f"delivery {delivery} is not sent again: {why}")
        case due:
            click.echo(f"delivery {delivery} is due now{_reservations(due)}")


def _reservations(due: PutBack) -> str:
    from ops.verdict import cause

    repeat = "; it says that it may be a repeat" if due.possible_repeat else ""
    if due.stopped_by is not None:
        return f"{repeat}; its channel lets nothing through ({cause(due.stopped_by)}) and is tried at once"
    paused = f"; its channel takes nothing before {_at(due.paused_until)}" if due.paused_until else ""
    return repeat + paused


def _find(connection: Connection, wanted: str) -> DeliveryId:
    from ops.store.ledger import find_delivery

    found = find_delivery(connection, _number_or_key(wanted))
    if found is None:
        raise BadInput(f"there is no delivery {wanted}; `pantau deliveries list` shows them")
    return found


def _number_or_key(text: str) -> int | UUID:
    if text.isascii() and text.isdecimal() and len(text) <= 18:  # what PostgreSQL's bigint surely holds
        return int(text)
    try:
        return UUID(text)
    except ValueError:
        raise BadInput(
            f'"{plain_text(text, 60)}" is no delivery: give its number or its key, '
            "as `pantau deliveries list --json` shows them"
        ) from None


def _in_words(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"delivery {found['id']}  {found['key']}"
    yield f"state      {found['state']}{_because(found['reason'])}"
    yield f"to         {plain_text(found['channel'], 80)} ({found['channel_kind']})"
    yield f"kind       {found['kind']}{', may be a repeat' if found['possible_repeat'] else ''}"
    yield f"times      made {_at(found['created_at'])}, due {_at(found['due_at'])}, {_end(found)}"
    for article in found["articles"]:
        alerts = [alert for alert in found["alerts"] if alert["article_id"] == article["id"]]
        yield from ("", *_article(article, alerts))
    if found["attempts"]:
        yield ""
        rows = [_attempt(attempt) for attempt in found["attempts"]]
        yield table(rows, ("attempt", "at", "took", "verdict", "reason", "answer"))


def _end(found: Mapping[str, Any]) -> str:
    verb, moment = ("ended", "ended_at") if found["ended_at"] else ("expires", "expires_at")
    return f"{verb} {_at(found[moment])}"


def _article(article: Mapping[str, Any], alerts: list[Mapping[str, Any]]) -> Iterator[str]:
    published, seen = _at(article["published_at"]), _at(article["seen_at"])
    yield plain_text(article["title"], 200) or "(without a title)"
    if article["url"]:
        yield f"  {plain_text(article['url'], 300)}"
    yield f"  {plain_text(article['source'], 80)}, published {published}, seen {seen}"
    for alert in alerts:
        topic, subscription = plain_text(alert["topic"], 80), plain_text(alert["subscription"], 80)
        yield f"  {topic} for {subscription}{_because(alert['reason'])}"
    for quote in dict.fromkeys(alert["quote"] for alert in alerts):
        yield f"  > {plain_text(quote or '', 300)}"


def _attempt(attempt: Mapping[str, Any]) -> tuple[object, ...]:
    took = "" if attempt["elapsed_s"] is None else f"{attempt['elapsed_s']:.2f} s"
    verdict = attempt["verdict"] or ("" if attempt["ended_at"] else "under way")
    words = (plain_text(attempt[name] or "", 100) for name in ("reason", "answer"))
    return (attempt["n"], _at(attempt["started_at"]), took, verdict, *words)


def _because(reason: str | None) -> str:
    return f" ({plain_text(reason, 200)})" if reason else ""


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "unknown"
