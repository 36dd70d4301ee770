"""`python -m benchmarks.telling.watching`: a whole installation, from an entry seen to a message taken.

A newsroom, a Slack hook, a Slack workspace, a mail server and a webhook's receiver on loopback; `pantau up` beside
them. Articles come one after the other. Then all is quiet, with many digests collecting, and what each process uses
is counted.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import click
from aiohttp import web
from sqlalchemy import text

from benchmarks.reading.processes import cpu_by_part
from ops.lockfile import find_running
from ops.newsroom import MailSink, Newsroom, Outlet, Schedule, SlackApi, SlackSink, Story, running
from worker.secrets import Secret
from worker.store.engine import Engine, open_engine

OUTLETS = 10
FILLER = (
    "Laporan itu disusun dari keterangan tiga orang yang hadir dan catatan rapat yang dibagikan kepada wartawan.",
    "Sampai berita ini ditulis, belum ada tanggapan resmi dari kementerian yang dimintai keterangan.",
    "Para pelaku usaha berharap keputusan diambil sebelum akhir pekan agar kapal tidak tertahan di pelabuhan.",
)
STEPS = ("seen → read", "read → planned", "planned → asked", "asked → taken", "seen → taken")

_STEPS = text("""
    SELECT c.kind, r.seen_at, r.read_at, d.created_at AS planned_at, d.first_attempt_at, d.ended_at
    FROM deliveries d
    JOIN channels c ON c.id = d.channel_id
    JOIN delivery_articles da ON da.delivery_id = d.id
    JOIN articles r ON r.id = da.article_id
    WHERE d.state = 'sent' AND d.kind = 'article' AND NOT r.backlog
    ORDER BY r.seen_at
""")

# Digests that collect for subscriptions of their own, as on a day without much news.
_COLLECTING = text("""
    WITH c AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM channels WHERE kind = 'webhook'),
         s AS (SELECT min(id) AS id FROM subscriptions),
         r AS (SELECT m.id AS match_id, m.article_id, row_number() OVER (ORDER BY m.id) AS n FROM matches m),
         d AS (INSERT INTO deliveries (channel_id, subscription_id, kind, bundle, state, due_at, on_doubt, expires_at)
               SELECT c.id, s.id, 'digest', 'digest:bench:' || k, 'collecting', now() + interval '1 day', 'resend',
                      now() + interval '2 days'
               FROM generate_series(1, :open) k JOIN c ON c.n = 1 + k % (SELECT count(*) FROM c), s
               RETURNING id, channel_id, subscription_id),
         e AS (SELECT d.*, row_number() OVER (PARTITION BY channel_id ORDER BY id) AS n FROM d),
         f AS (SELECT e.*, r.match_id AS match, r.article_id FROM e JOIN r ON r.n = e.n),
         g AS (INSERT INTO delivery_articles (delivery_id, article_id, channel_id)
               SELECT id, article_id, channel_id FROM f ON CONFLICT DO NOTHING RETURNING 1)
    INSERT INTO alerts (match_id, subscription_id, channel_id, delivery_id, reason)
    SELECT match, subscription_id, channel_id, id, 'digest' FROM f ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True)
class Machine:
    """The installation that runs, and the newsroom that it watches."""

    newsroom: Newsroom
    process: subprocess.Popen[str]
    engine: Engine


@click.command()
@click.option("--articles", default=100, show_default=True)
@click.option("--every", default=1.0, show_default=True, help="Seconds between two articles.")
@click.option("--open", "collecting", default=1000, show_default=True, help="Digests that collect meanwhile.")
@click.option("--idle", default=60.0, show_default=True, help="Seconds for which all is quiet.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False), help="Write all figures there.")
def main(articles: int, every: float, collecting: int, idle: float, json_file: str | None) -> None:
    """Measure how soon people are told, and what an installation uses that has nothing to do."""
    stories = _stories(articles)
    with _machine(stories) as machine:
        for story in stories:
            machine.newsroom.publish(story.slug)
            time.sleep(every)
        steps = _steps(machine.engine, 4 * articles)
        _show(steps)
        with machine.engine.begin() as connection:
            connection.execute(_COLLECTING, {"open": collecting})
        quiet = _quiet(machine, idle)
    for name, share in quiet.items():
        click.echo(f"{name:<28} {share * 1000:6.1f} ms of CPU a second")
    if json_file:
        Path(json_file).write_text(json.dumps({"steps": steps, "quiet": quiet}, indent=1), encoding="utf-8")


def _show(steps: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    for kind, of_kind in steps.items():
        for step, seconds in of_kind.items():
            click.echo(
                f"{kind:<14} {step:<16} " + "  ".join(f"{k} {v * 1000:7.0f} ms" for k, v in seconds.items())
            )


def _stories(n: int) -> tuple[Story, ...]:
    """Articles of their own words each, so that every one is a story of its own."""
    return tuple(
        Story(
            slug=f"berita-{k}",
            outlet=f"koran-{k % OUTLETS}",
            title=f"Perkara {_word(k)} di {_word(k + 7)} dibahas NATO",
            paragraphs=(
                *FILLER,
                f"NATO membahas {_word(k)} {_word(3 * k + 1)} dan {_word(5 * k + 2)} bersama {_word(7 * k + 3)}.",
                f"Utusan {_word(11 * k + 4)} menolak {_word(13 * k + 5)} sampai {_word(17 * k + 6)} selesai.",
            ),
        )
        for k in range(n)
    )


def _word(k: int) -> str:
    syllables = ("ba", "ko", "ri", "tu", "mes", "lan", "do", "pi", "gar", "nu", "sel")
    return "".join(syllables[(k // 11**place + place) % 11] for place in range(3)).capitalize()


@contextmanager
def _machine(stories: Sequence[Story]) -> Iterator[Machine]:
    place = Path(tempfile.mkdtemp(prefix="pantau-watching-"))
    place.chmod(0o711)  # the account that the servers run as must reach what lies in it
    outlets = tuple(Outlet(f"koran-{n}", f"Koran {n}", "id") for n in range(OUTLETS))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        newsroom, slack = Newsroom(Schedule(outlets, tuple(stories))), SlackApi()
        site, hooks, workspace, taker = (
            stack.enter_context(running(app))
            for app in (newsroom.app(), SlackSink().app(), slack.app(), _taker())
        )
        smtp = stack.enter_context(MailSink().listening())
        watchlist = place / "watchlist.toml"
        watchlist.write_text(_watchlist(site, hooks, taker, outlets), encoding="utf-8")
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PANTAU_")} | {
            "PANTAU_DATA_DIR": str(place / "data"),
            "PANTAU_ALLOW_NETS": "127.0.0.0/8",
            "PANTAU_SMTP_URL": smtp.url,
            "PANTAU_MAIL_FROM": "Pantau <pantau@b.example>",
            "PANTAU_SLACK_API": f"{workspace}/api",
            "PANTAU_SLACK_TOKEN": slack.token,
        }
        process = stack.enter_context(_up(place, watchlist, environ))
        found = find_running(place / "data")
        assert found is not None
        engine = open_engine(Secret(found.database), pool_size=1)
        stack.callback(engine.dispose)
        _wait_for(lambda: all(newsroom.requests[outlet.feed_path] for outlet in outlets), 30)
        yield Machine(newsroom, process, engine)


def _taker() -> web.Application:
    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response()

    app = web.Application()
    app.router.add_post("/{rest:.*}", take)
    return app


def _watchlist(site: str, hooks: str, taker: str, outlets: Sequence[Outlet]) -> str:
    feeds = "".join(
        f'[[feed]]\nurl = "{site}{o.feed_path}"\nname = "{o.name}"\nevery = "5s"\n' for o in outlets
    )
    quiet = [f"w{n}" for n in range(96)]
    more = "".join(f'[[channel]]\nname = "{name}"\nwebhook = "{taker}/{name}"\n' for name in quiet)
    return f"""{feeds}
[[topic]]
name = "NATO"
query = "nato"
[[topic]]
name = "Nothing"
query = "nothing-of-the-kind"
[[channel]]
name = "hook"
slack = "{hooks}/services/T0/B0/benchmark"
[[channel]]
name = "room"
slack_channel = "C0BENCHMARK"
[[channel]]
name = "dewi"
email = "dewi@risk.example"
[[channel]]
name = "machine"
webhook = "{taker}/machine"
{more}
[[subscription]]
topics = ["NATO"]
channels = ["hook", "room", "dewi", "machine"]
cap_per_hour = 1000
[[subscription]]
topics = ["Nothing"]
channels = {json.dumps(quiet)}
when = ["daily 07:00"]
"""


@contextmanager
def _up(place: Path, watchlist: Path, environ: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "ops", "up", "--watchlist", str(watchlist), "--port", "0"]
    with (place / "up.log").open("w") as log:
        process = subprocess.Popen(command, env=dict(environ), stdout=subprocess.PIPE, stderr=log, text=True)  # noqa: S603
    try:
        assert process.stdout is not None
        if not process.stdout.readline().startswith("ready "):
            raise click.ClickException((place / "up.log").read_text(errors="replace")[-3000:])
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _wait_for(condition: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.1)


def _steps(engine: Engine, wanted: int) -> dict[str, dict[str, dict[str, float]]]:
    def rows() -> Sequence[Any]:
        with engine.begin() as connection:
            return connection.execute(_STEPS).all()

    _wait_for(lambda: len(rows()) >= wanted, 60)
    found = rows()
    if len(found) < wanted:
        click.echo(f"only {len(found)} of {wanted} messages were taken by themselves", err=True)
    kinds = sorted({row.kind for row in found})
    return {kind: _of_kind([row for row in found if row.kind == kind]) for kind in kinds}


def _of_kind(rows: Sequence[Any]) -> dict[str, dict[str, float]]:
    spans = [
        (
            r.read_at - r.seen_at,
            r.planned_at - r.read_at,
            r.first_attempt_at - r.planned_at,
            r.ended_at - r.first_attempt_at,
            r.ended_at - r.seen_at,
        )
        for r in rows
    ]
    found = {}
    for step, column in zip(STEPS, zip(*spans, strict=True), strict=True):
        seconds = sorted(each.total_seconds() for each in column)
        cut = quantiles(seconds, n=100, method="inclusive")
        found[step] = {
            "first": column[0].total_seconds(),
            "p50": cut[49],
            "p95": cut[94],
            "most": seconds[-1],
        }
    return found


def _quiet(machine: Machine, seconds: float) -> dict[str, float]:
    """Seconds of CPU that each part uses in a second, with its children."""
    before = cpu_by_part(machine.process.pid)
    began = time.monotonic()
    time.sleep(seconds)
    spent = {name: after - before.get(name, 0.0) for name, after in cpu_by_part(machine.process.pid).items()}
    took = time.monotonic() - began
    return {name: value / took for name, value in sorted(spent.items())} | {"all": sum(spent.values()) / took}


if __name__ == "__main__":
    main()
