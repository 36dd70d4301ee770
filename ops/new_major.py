"""SHELL: the bundled database is brought to a newer major version of PostgreSQL, while nothing runs on it.

PostgreSQL opens no data of another major version. So the old server is started once more, its database copied by
PostgreSQL's own tools into a new one beside it, and both are counted. Only then the two change places:

    pg.upgrading → pg.upgraded     the copy is complete
    pg → pg-16                     kept, for whoever wants to go back
    pg.upgraded → pg

Whatever ends this in between leaves either the old data in its place, or its complete copy, which the next start takes
(`servers.prepare`). It is a copy of a database that stood still, so to those who are told of news it is a restart:
nothing is held, and nothing goes out again.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops import places
from ops.backup import ONTO_NOTHING, run_tool
from ops.lockfile import hold
from ops.places import UPGRADED, UPGRADING, Layout, Move
from ops.servers import CLEAN, children, prepare
from ops.store.counted import Counted, counted
from ops.supervisor import background
from worker.errors import BadConfiguration, BadInput, Unavailable
from worker.secrets import Secret
from worker.store.engine import open_engine, reaching_database

Said = Callable[[str], None]
_DUMP = "upgrading.dump"
_LAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Moved:
    """The database is at `newest` now, and as PostgreSQL `written` left it in `kept`."""

    written: int
    newest: int
    kept: Path
    rows: int


@dataclass(frozen=True, slots=True)
class NothingToMove:
    """The database is of the newest PostgreSQL that is here."""


def upgrade_database(data_dir: Path, binaries: Path | None, say: Said) -> Moved | NothingToMove:
    """Brings the database of `data_dir` to the newest PostgreSQL that Pantau carries, and keeps the old data.

    `binaries` is the directory with the older version's programs; by default it is looked for. Raises TryAgain where
    an `up` runs, BadConfiguration where the data or its PostgreSQL is not to be had, BadInput where something is in
    the way, Unavailable where a server or a tool fails. Until it is done the old data is in its place.
    """
    with hold(data_dir):
        move = places.settle_move(data_dir, os.environ, binaries and binaries.resolve())
        if move is None:
            return NothingToMove()
        kept = move.old.pg.with_name(f"{move.old.pg.name}-{move.written}")
        _look_before(move, kept)
        try:
            rows = _copied(move, say)
        finally:
            _dump(move).unlink(missing_ok=True)
        _change_places(move, kept)
        return Moved(move.written, move.newest, kept, rows)


def _look_before(move: Move, kept: Path) -> None:
    """What can be known to go wrong goes wrong before anything is done."""
    if kept.exists():
        raise BadInput(f"{kept} is there already, and is where the old data would be kept: move it away")
    found = _version_of(move.old.postgres) if move.old.copy is None else move.written
    if found != move.written:
        raise BadConfiguration(
            f"{move.old.postgres} has {f'PostgreSQL {found}' if found else 'no PostgreSQL'}, "
            f"and the data is of PostgreSQL {move.written}"
        )
    needed, free = _size(move.old.pg), shutil.disk_usage(move.old.home).free
    if free < needed:
        raise Unavailable(
            f"{move.old.home} has {free >> 20:,} MiB free, and a second copy of the database may need "
            f"{needed >> 20:,} MiB: make room first"
        )


def _version_of(binaries: Path) -> int | None:
    try:
        asked = [str(binaries / "postgres"), "--version"]
        told = subprocess.run(asked, env=CLEAN, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", told.stdout)
    return int(found[1]) if found else None


def _size(directory: Path) -> int:
    return sum(path.lstat().st_size for path in directory.rglob("*") if not path.is_dir())


def _copied(move: Move, say: Said) -> int:
    """Fills the new database from the old one; returns how many rows it has."""
    dump = _dump(move)
    dump.unlink(missing_ok=True)
    os.close(os.open(dump, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    say(f"copying what PostgreSQL {move.written} has in {move.old.pg}")
    with _running(move.old, move.written) as where:
        run_tool("pg_dump", where, [*_WITHOUT_OWNERS, "--format=custom", "--compress=1", f"--file={dump}"])
        had = _counted(move.old)
    say(f"putting it into PostgreSQL {move.newest}")
    shutil.rmtree(move.new.pg, ignore_errors=True)
    with _running(move.new, move.newest) as where:
        run_tool("pg_restore", where, [*ONTO_NOTHING, str(dump)])
        run_tool("vacuumdb", where, ["--analyze-only", "--quiet", "--dbname=service=pantau"])
        has = _counted(move.new)
    if differing := had.differing(has):
        raise Unavailable(
            f"the copy differs from the database in {', '.join(differing)}; the old one stays in its place"
        )
    return has.all_rows


_WITHOUT_OWNERS = ("--no-owner", "--no-privileges")


def _dump(move: Move) -> Path:
    return move.old.data / _DUMP


@contextmanager
def _running(layout: Layout, version: int) -> Iterator[dict[str, str]]:
    """PostgreSQL alone on this layout for as long as the block lasts; its address in libpq's words."""
    words: list[str] = []
    prepare(layout)
    _, postgres = children(layout)
    try:
        with background([[postgres]], log=lambda _name, line: words.append(line)):
            yield {"host": str(layout.run), "port": "5432", "user": "pantau", "dbname": "pantau"}
    except RuntimeError as trouble:
        said = "; ".join(words[-_LAST_WORDS:]) or str(trouble)
        raise Unavailable(f"PostgreSQL {version} does not start on {layout.pg}: {said}") from trouble


def _counted(layout: Layout) -> Counted:
    engine = open_engine(Secret(layout.urls.database), pooled=False)
    try:
        with reaching_database(), engine.begin() as connection:
            return counted(connection)
    finally:
        engine.dispose()


def _change_places(move: Move, kept: Path) -> None:
    """Each step is on disk before the next one: a machine that loses its power has them in this order."""
    home = move.old.home
    for now, then in (
        (home / UPGRADING, home / UPGRADED),
        (move.old.pg, kept),
        (home / UPGRADED, move.old.pg),
    ):
        now.rename(then)
        directory = os.open(home, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)
