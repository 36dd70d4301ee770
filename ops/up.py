"""`pantau up`: everything on this machine, in the foreground, under one supervisor.

servers (unless URLs name others) → migrations and watchlist → workers, beat, dashboard → ready
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from ops import kit, servers
from ops.child import STOP_PLAIN, STOP_WORKER, Child
from ops.lockfile import Running, announce, hold
from ops.loglines import Log, console, json_lines
from ops.places import Urls
from ops.places import settle as settle_places
from ops.store import ticking
from ops.supervisor import supervise
from worker.errors import Unavailable
from worker.secrets import Secret
from worker.settings import Settings
from worker.store.engine import Engine

WORKERS = {"poll": ("poll",), "read": ("read",), "plan": ("tick", "plan"), "send": ("send",)}
"""Queues apart, so that sending never waits behind fetching, nor a tick behind anything."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one `up` is to run."""

    settings: Settings
    watchlist: Path | None = None
    on_ready: Callable[[str], None] = lambda _: None


def up(plan: Plan, log: Log | None = None) -> int:
    """Runs until it is told to stop; returns the exit code. Raises TryAgain where an `up` runs already."""
    settings = replace(plan.settings, port=_free_port(plan.settings))
    log = log or _log(settings)
    with hold(settings.data_dir):
        kit.keyring(settings)  # the key file must be there before several processes look for it
        stages, urls = _servers(settings)
        settings = replace(settings, database_url=Secret(urls.database), redis_url=Secret(urls.redis))
        environ = _environ(settings)
        stages.append([_prepare(plan, environ)])
        stages.append(_desks(settings, environ))
        ending = supervise(stages, log=log, on_ready=lambda: _announce(settings, plan))
    return ending.exit_code


def _servers(settings: Settings) -> tuple[list[list[Child]], Urls]:
    """The bundled servers that are needed, and the URLs that everything else uses."""
    named = Urls(
        database=settings.database_url.reveal() if settings.database_url else "",
        redis=settings.redis_url.reveal() if settings.redis_url else "",
    )
    if named.database and named.redis:
        return [], named
    layout = settle_places(settings.data_dir, os.environ)
    servers.prepare(layout)
    valkey, postgres = servers.children(layout)
    wanted = [*([] if named.redis else [valkey]), *([] if named.database else [postgres])]
    return [wanted], Urls(named.database or layout.urls.database, named.redis or layout.urls.redis)


def _environ(settings: Settings) -> dict[str, str]:
    """What the children are told: the servers' addresses, and the address they listen on."""
    told = {
        "PANTAU_DATA_DIR": str(settings.data_dir),
        "PANTAU_DATABASE_URL": kit.database(settings).reveal(),
        "PANTAU_REDIS_URL": kit.broker(settings).reveal(),
        "PANTAU_HOST": settings.host,
        "PANTAU_PORT": str(settings.port),
        "PYTHONUNBUFFERED": "1",
    }
    inherited = {name: value for name, value in os.environ.items() if not _replaced(name)}
    return inherited | told


def _replaced(name: str) -> bool:
    return name in ("PANTAU_DATABASE_URL_FILE", "PANTAU_REDIS_URL_FILE")


def _prepare(plan: Plan, environ: Mapping[str, str]) -> Child:
    watchlist = ("--watchlist", str(plan.watchlist)) if plan.watchlist else ()
    return Child("prepare", _pantau("migrate", *watchlist), environ, once=True, patience_s=120)


def _desks(settings: Settings, environ: Mapping[str, str]) -> list[Child]:
    database = kit.engine(settings, pool_size=1)
    run = secrets.token_hex(8)  # tells this run's signs of life from those of earlier ones
    workers = [
        _worker(
            name, queues, {**environ, "PANTAU_RUN": run}, partial(_alive, database, f"worker:{name}:{run}")
        )
        for name, queues in WORKERS.items()
    ]
    beat = Child("beat", _pantau("beat"), environ, stop=STOP_PLAIN)
    web = Child("web", _pantau("web"), environ, ready=lambda: _answers(_address(settings)), stop=STOP_PLAIN)
    return [*workers, beat, web]


def _worker(
    name: str, queues: tuple[str, ...], environ: Mapping[str, str], ready: Callable[[], bool]
) -> Child:
    command = _pantau("worker", "--queues", ",".join(queues), "--name", name)
    return Child(name, command, environ, ready=ready, stop=STOP_WORKER)


def _alive(database: Engine, part: str) -> bool:
    with database.connect() as connection:
        return ticking.last_beat(connection, part) is not None


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/healthz", timeout=2) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except OSError:
        return False


def _announce(settings: Settings, plan: Plan) -> None:
    address = _address(settings)
    announce(
        settings.data_dir,
        Running(
            pid=os.getpid(),
            database=kit.database(settings).reveal(),
            redis=kit.broker(settings).reveal(),
            address=address,
            started=kit.clock(),
        ),
    )
    plan.on_ready(address)


def _address(settings: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    return f"http://{host}:{settings.port}"


def _free_port(settings: Settings) -> int:
    """The port, or any free one for 0. Raises Unavailable where somebody else listens there."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Unavailable(
                f"cannot listen on {settings.host} port {settings.port}: {error.strerror}; "
                "choose another with --port (0: any free one)"
            ) from None
        return int(probe.getsockname()[1])


def _log(settings: Settings) -> Log:
    return json_lines(sys.stderr, kit.clock) if settings.log == "json" else console(sys.stderr)


def _pantau(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "ops", *arguments)
