"""`pantau keys`: the keys that seal secrets in the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from alerts.letter import plain_text
from ops.cli.connected import noted
from ops.cli.grouped import Group
from ops.cli.output import json_option, print_json, print_json_lines, table

if TYPE_CHECKING:
    from ops.keyfile import KeyFile
    from ops.rotation import Rotated
    from worker.secrets import KeyRing
    from worker.store.engine import Engine

PARTLY = 3


@click.group(cls=Group)
def keys() -> None:
    """List the keys that seal secrets, change them while everything runs."""


@contextmanager
def _installation() -> Iterator[tuple[Engine, KeyRing, KeyFile | None]]:
    """The database, the keys, and their file where they come from one."""
    from ops import kit
    from worker.store.engine import reaching_database

    settings = kit.settings_of()
    ring = kit.keyring(settings)
    engine = kit.engine(settings, pool_size=2)
    try:
        with reaching_database():
            yield engine, ring, None if settings.secret_keys else kit.key_file(settings)
    finally:
        engine.dispose()


@keys.command("list")
@json_option
def list_keys(as_json: bool) -> int:
    """List the keys, never themselves: what each is called, and how many secrets it opens. Exit 3 if a secret opens
    with none of them."""
    from dataclasses import asdict

    from ops.rotation import keys_in_use

    with _installation() as (engine, ring, file):
        with engine.connect() as connection:
            uses, lost = keys_in_use(connection, ring, "environment" if file is None else "file")
        rows = [asdict(use) for use in uses]
    if as_json:
        print_json_lines([*rows, *([{"key": None, "secrets": len(lost), "places": lost}] if lost else [])])
    else:
        lines = [
            (row["key"], row["source"], "seals and opens" if row["seals"] else "opens", row["secrets"])
            for row in rows
        ]
        click.echo(table(lines, ("key", "from", "", "secrets")))
        click.echo("\n".join(_lost(tuple(lost))), nl=bool(lost))
    return PARTLY if lost else 0


@keys.command("rotate")
@json_option
def rotate(as_json: bool) -> int:
    """Seal every secret with a fresh key, while everything runs; or finish an earlier rotation, whose old key is
    dropped once nothing is sealed with it. Exit 3 if a secret opens with no key."""
    from ops import kit
    from ops.rotation import rotate as carry_out

    with _installation() as (engine, ring, file):
        done = carry_out(engine, ring, file, kit.clock)
    if as_json:
        print_json(done)
    else:
        click.echo("\n".join(_in_words(done)))
    return PARTLY if done.unopened else 0


def _in_words(done: Rotated) -> Iterator[str]:
    if done.began:
        yield "a fresh key seals from now on"
    yield f"{done.resealed:,} {'secret was' if done.resealed == 1 else 'secrets were'} sealed anew"
    if done.dropped:
        yield f"the old {'key was' if done.dropped == 1 else 'keys were'} dropped: nothing is sealed with it any more"
    if done.source == "environment":
        yield from _environment(done)
    elif done.waits:
        yield "the old key is kept for what runs; run this again in 10 minutes, and it goes"
    yield from _lost(done.unopened)


def _environment(done: Rotated) -> Iterator[str]:
    if done.waits:
        yield "everything is sealed with the first key of PANTAU_SECRET_KEY: take the others out and restart"
    else:
        yield "PANTAU_SECRET_KEY names one key: put a new one before it (NEW,OLD), restart, and run this again"


def _lost(places: tuple[str, ...]) -> Iterator[str]:
    if places:
        shown = ", ".join(plain_text(place, 80) for place in places[:5])
        more = f" and {len(places) - 5} more" if len(places) > 5 else ""
        yield f"no key opens {shown}{more}: apply the watchlist again, or `pantau keys give-up`"


@keys.command("give-up")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would go.")
@json_option
def give_up(yes: bool, as_json: bool) -> int:
    """Let go of the secrets that no key opens, where the key is lost for good. Their channels count as removed, and
    what waits for them ends as suppressed; feeds go on without their password. Then apply the watchlist again."""
    from ops.store.sealed import every_value
    from ops.store.sealed import give_up as let_go

    with _installation() as (engine, ring, _), engine.begin() as connection:
        lost = [kept for kept in every_value(connection) if ring.opener(kept.sealed, kept.place) is None]
        for kept in lost if yes else ():
            let_go(connection, kept, ring)
        if yes and lost:
            noted(connection, "gave up", "keys", "secrets that no key opens", {"secrets": len(lost)})
    places = [kept.place for kept in lost]
    if as_json:
        print_json({"places": places, "given_up": yes})
        return 0
    for place in places:
        click.echo(plain_text(place, 200))
    verb = "were let go of" if yes else "would be let go of (--yes does it)"
    click.echo(f"{len(places):,} secrets {verb}" if places else "every secret opens")
    return 0
