"""`pantau audit`: the proof from the database, and the alerts behind each of its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from alerts.letter import plain_text
from ops.cli.connected import connected
from ops.cli.output import json_option, print_json, print_json_lines, table

if TYPE_CHECKING:
    from ops.store.audit import Audit

LISTS = ("lost", "doubled", "failed", "in_doubt", "held", "waiting", "expired", "suppressed", "sent")


@click.command()
@click.option("--list", "wanted", type=click.Choice(LISTS), help="List these alerts instead.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many."
)
@json_option
def audit(wanted: str | None, limit: int, as_json: bool) -> int:
    """Prove from the database that no alert is lost and none was accepted twice; exit 1 otherwise."""
    from ops.store.audit import accounts
    from ops.store.audit import audit as take
    from ops.store.counted import patiently

    with connected() as connection:
        patiently(connection)
        found = take(connection)
        rows = accounts(connection, wanted, limit) if wanted else ()
    if wanted is None and as_json:
        print_json(found)
    elif wanted is None:
        click.echo("\n".join(_in_words(found)))
    elif as_json:
        print_json_lines(rows)
    elif rows:
        headings = ("state", "topic", "for", "channel", "delivery", "tells of", "reason")
        click.echo(table([_line(row) for row in rows], headings))
    else:
        click.echo(f"no alert is {wanted.replace('_', ' ')}")
    return 0 if found.sound else 1


def _in_words(found: Audit) -> Iterator[str]:
    import dataclasses

    counts = {name: n for name, n in dataclasses.asdict(found).items() if isinstance(n, int)}
    yield table([(name.replace("_", " "), f"{n:,}") for name, n in counts.items()], ("", "alerts"))
    if found.suppressed_because:
        reasons = sorted(found.suppressed_because.items(), key=lambda pair: (-pair[1], pair[0]))
        yield "suppressed: " + ", ".join(f"{n:,} {plain_text(why, 60)}" for why, n in reasons)
    if found.sound:
        yield "sound: every alert is in exactly one state"
        return
    faulty = [name for name in ("lost", "doubled") if getattr(found, name)]
    yield f"NOT SOUND: see {' and '.join(f'`pantau audit --list {name}`' for name in faulty)}"


def _line(row: Mapping[str, Any]) -> tuple[object, ...]:
    from ops.store.audit import FAULTS

    names = (plain_text(row[key], 40) for key in ("topic", "subscription", "channel"))
    reason = FAULTS[row["fault"]] if row["fault"] else plain_text(row["reason"] or "", 80)
    return row["state"], *names, row["delivery"], plain_text(row["title"] or row["url"], 50), reason
