"""`pantau status | health`: how it does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from ops.cli.output import json_option, print_json, table

if TYPE_CHECKING:
    from ops.store.overview import Overview


@click.command()
@json_option
@click.option("--watch", is_flag=True, help="Go on, every 2 seconds, until interrupted.")
def status(as_json: bool, watch: bool) -> int:
    """Show how everything does: one sentence, then feeds, desks and how long telling takes."""
    from ops.cli.connected import connected
    from ops.standing import status_json
    from ops.store.overview import overview

    while True:
        with connected() as connection:
            now = overview(connection)
        if as_json:
            print_json(status_json(now))
        else:
            if watch:
                click.clear()
            click.echo(_in_words(now))
        if not watch:
            return 0
        time.sleep(2)


def _in_words(now: Overview) -> str:
    from ops.verdict import verdict

    level, sentence = verdict(now)
    sign = {"ok": "●", "slow": "▲", "bad": "■"}[level]
    feeds = ", ".join(f"{n} {state}" for state, n in sorted(now.feeds.items())) or "none"
    remarkable = [
        f"{now.silent} silent" if now.silent else "",
        f"{now.gapped} with gaps (up to {now.missed:,} entries in 24 hours)" if now.gapped else "",
        f"{now.recovered:,} entries recovered" if now.recovered else "",
        f"{now.pushed} pushed by hubs" if now.pushed else "",
    ]
    feeds = "; ".join(filter(None, (feeds, *remarkable)))
    desks = table(
        [(desk, queue.waiting, f"{queue.oldest_s:.1f} s") for desk, queue in now.desks.items()],
        ("desk", "waiting", "oldest"),
    )
    return "\n".join(
        [
            f"{sign} {sentence}",
            "",
            f"feeds      {feeds}",
            *_unread(now),
            f"seen → sent        {_lag(now.seen_to_sent)}",
            f"published → sent   {_lag(now.published_to_sent)}",
            *_self_test(now),
            "",
            desks,
            *_cooling(now),
        ]
    )


def _self_test(now: Overview) -> list[str]:
    from ops.self_test_words import by_desk

    told = by_desk(now.self_test, now.at)
    return [f"self-test          {told}"] if told else []


def _cooling(now: Overview) -> list[str]:
    """The sites that are left alone for a while, as a block of its own."""
    told = [
        f"{site['site']} cools until {site['until']:%H:%M} UTC ({site['feeds']} feeds): {site['why']}"
        for site in now.cooling
    ]
    return ["", *told] if told else []


def _unread(now: Overview) -> list[str]:
    """What was not read in full, where there is any."""
    counts = {"set aside": now.set_aside, "pages tried again later": now.pages_due_again}
    told = ", ".join(f"{n:,} {what}" for what, n in counts.items() if n)
    return [f"entries    {told} (`pantau articles unread`)"] if told else []


def _lag(lag: Any) -> str:
    if lag.p50 is None:
        return "nothing sent in 24 hours"
    return f"median {lag.p50:.1f} s, 95 % within {lag.p95:.1f} s  ({lag.n} articles, 24 hours)"


@click.command()
@click.option(
    "--part", type=click.Choice(["web", "worker", "beat"]), help="Check only this part of the machine."
)
@json_option
def health(part: str | None, as_json: bool) -> int:
    """Say whether this installation works, for container probes; exit 69 if not."""
    from ops.health import Readiness, of_installation

    found = of_installation()
    wanted = {
        "web": ("database", "broker", "migrations"),
        "worker": ("database", "broker"),
        "beat": ("tick",),
    }
    asked = Readiness({n: state for n, state in found.parts.items() if part is None or n in wanted[part]})
    if as_json:
        print_json(asked.as_json())
    else:
        for name, state in asked.parts.items():
            click.echo(f"{'●' if state.ready else '■'} {name}: {state.detail}")
    return 0 if asked.ready else 69
