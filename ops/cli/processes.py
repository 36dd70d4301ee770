"""`pantau web | worker | beat | migrate`: the parts as separate processes, for containers and many machines."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

import click

from worker.errors import BadInput

QUEUES = ("tick", "poll", "read", "plan", "send")
PREFORK = {"poll", "read"}
CONCURRENCY = {"prefork": 2, "threads": 4}


@click.command()
@click.option(
    "--queues",
    metavar="NAMES",
    default=",".join(QUEUES),
    show_default=True,
    help="Which desks this worker serves.",
)
@click.option("--concurrency", type=click.IntRange(1, 256), help="Processes (poll, read) or threads.")
@click.option(
    "--name", metavar="NAME", default="", help="How this worker is called in logs and signs of life."
)
def worker(queues: str, concurrency: int | None, name: str) -> None:
    """Run a Celery worker for some or all desks."""
    wanted = [queue.strip() for queue in queues.split(",") if queue.strip()]
    unknown = [queue for queue in wanted if queue not in QUEUES]
    if unknown or not wanted:
        raise click.BadParameter(f"{', '.join(unknown) or 'nothing'}; expected some of {', '.join(QUEUES)}")
    pool = "prefork" if PREFORK & set(wanted) else "threads"
    os.environ["PANTAU_WORKER_NAME"] = name or "+".join(wanted)
    from ops.celery import app, serve

    serve(wanted)
    # not through Celery's own command line, which takes 0.7 s of CPU to load
    running = app.Worker(
        hostname=f"{os.environ['PANTAU_WORKER_NAME']}@{socket.gethostname()}",
        queues=wanted,
        pool=pool,
        concurrency=concurrency or CONCURRENCY[pool],
        without_gossip=True,
        without_mingle=True,
        quiet=True,
        loglevel="INFO",
    )
    running.start()
    sys.exit(running.exitcode)


@click.command()
def beat() -> None:
    """Run Celery's beat: one tick a second. Two beats are harmless."""
    from ops import beating

    beating.run()


@click.command()
@click.option("--host", metavar="HOST", help="The address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on.  [default: 8484]")
def web(host: str | None, port: int | None) -> None:
    """Run the dashboard."""
    import uvicorn

    from ops import kit, logs, observing
    from ops.dashboard import make_app
    from ops.dashboard.serving import Server
    from ops.rotation import keys_fit

    settings = kit.settings_of()
    logs.set_up(settings.log, settings.log_level)
    observing.begin("web")
    observing.draw()
    kit.database(settings)
    keys_fit(settings)
    config = uvicorn.Config(
        make_app(settings),
        host=host or settings.host,
        port=settings.port if port is None else port,
        log_config=None,
        access_log=settings.log_level == "debug",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
    )
    server = Server(config)
    # a page takes its turn some twenty times; beside a thread that computes it would wait 5 ms for each
    sys.setswitchinterval(0.0005)
    with suppress(KeyboardInterrupt):  # raised again after it has stopped in order
        server.run()
    observing.put_away()
    if not server.started:
        sys.exit(1)


@click.command()
@click.option(
    "--watchlist", metavar="FILE", type=click.Path(path_type=Path), help="Apply this watchlist afterwards."
)
def migrate(watchlist: Path | None) -> None:
    """Bring the database to this version, and make the first account where there is none."""
    from ops import kit, migrations
    from ops.access import first_account
    from ops.cli.output import say
    from ops.rotation import keys_fit
    from worker.store.engine import reaching_database

    settings = kit.settings_of()
    database = kit.engine(settings, pool_size=1)
    try:
        with reaching_database():
            before, after = migrations.upgrade(database)
            password = first_account(database, settings.admin_password)
    finally:
        database.dispose()
    keys_fit(settings)
    if before != after:
        say(f"database migrated from {before or 'nothing'} to {after}")
    elif migrations.is_newer(after):
        say(f"the database is of a newer version ({after}) and stays as it is; upgrade this one soon")
    if password is not None:
        say(
            f"dashboard account: admin, password: {password}  (shown once; `pantau users reset-password admin`)"
        )
    _apply(watchlist)


def _apply(watchlist: Path | None) -> None:
    """What is declared beside the database: the packs in the data directory, and the watchlist."""
    from ops import kit
    from ops.apply import apply_file, apply_packs
    from ops.cli.output import say

    settings = kit.settings_of()
    try:
        if watchlist is None:
            outcome = apply_packs(settings)
        else:
            outcome = apply_file(watchlist, settings, dry_run=False, prune=False)
    except BadInput as error:
        say(str(error))
        sys.exit(error.exit_code)
    for warning in outcome.warnings:
        say(f"warning: {warning}")
    if watchlist is not None:
        say(f"watchlist {watchlist} applied: {outcome.summary()}")
    elif outcome.changes:
        say(f"entities of the data directory applied: {outcome.summary()}")
