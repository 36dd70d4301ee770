"""SHELL: a copy of everything in one file, and the way back from it.

A backup is a tar of two members: `pantau-backup.json`, which says what it is, and `database.dump`, which is
pg_dump's own format (https://www.postgresql.org/docs/current/app-pgdump.html). Keys are never part of it: whoever
finds a backup finds every secret sealed.

After a restore nothing is sent before somebody says so (`ops.store.restored`): what the copy takes for unsent may
have been sent after it was made.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from ops import kit, migrations
from ops.carried import carried
from ops.servers import bundled
from ops.store import restored
from ops.store.restored import Held
from worker.errors import BadConfiguration, BadInput, PantauError, TryAgain, Unavailable
from worker.secrets import KeyRing, Secret
from worker.settings import Settings
from worker.store.engine import Engine, open_engine, reaching_database

FORMAT = 1
MANIFEST, DUMP = "pantau-backup.json", "database.dump"
_MOST_MANIFEST = 64 * 1024
_LEFT_OUT = ("sessions", "heartbeats", "slack_calls")
"""Tables whose rows are worth nothing later; a session in a copy would be a way in."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `schema` is the revision of its tables, `keys` are the marks of the keys that its
    secrets are sealed with."""

    format: int
    pantau: str
    schema: str
    made_at: str
    bytes: int
    sha256: str
    keys: tuple[str, ...]


def make(settings: Settings, target: Path) -> Manifest:
    """Writes a backup of the running database to `target`, for its owner alone. Raises BadInput where the file is
    there already or cannot be written, Unavailable where the database does not answer."""
    if target.exists():
        raise BadInput(f"{target} is there already; choose another name")
    try:
        draft = tempfile.NamedTemporaryFile(  # noqa: SIM115 - closed and renamed below
            dir=target.absolute().parent, prefix=f".{target.name}.", delete=False
        )
    except OSError as error:
        raise BadInput(f"cannot write {target}: {error.strerror}") from None
    try:
        with tempfile.TemporaryDirectory(dir=target.absolute().parent, prefix=".pantau-dump-") as place:
            dump = Path(place) / DUMP
            manifest = _dumped(settings, dump)
            with draft, tarfile.open(fileobj=draft, mode="w") as tar:
                _put(tar, MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
                tar.add(dump, DUMP, filter=_plainly)
        os.link(draft.name, target)  # never over a file that appeared meanwhile
    finally:
        Path(draft.name).unlink(missing_ok=True)
    return manifest


def _dumped(settings: Settings, dump: Path) -> Manifest:
    database = kit.database(settings)
    with _engine(database) as engine, reaching_database(), engine.connect() as connection:
        schema, where = migrations.current(connection), restored.address(connection)
    if schema is None:
        raise BadInput("the database is empty: there is nothing to back up")
    left_out = [f"--exclude-table-data=public.{table}" for table in _LEFT_OUT]
    run_tool(
        "pg_dump", where, ["--format=custom", "--no-owner", "--no-privileges", *left_out, f"--file={dump}"]
    )
    return Manifest(
        format=FORMAT,
        pantau=kit.our_version(),
        schema=schema,
        made_at=kit.clock().isoformat(timespec="seconds"),
        bytes=dump.stat().st_size,
        sha256=_digest(dump),
        keys=marks(kit.keyring(settings)),
    )


def marks(keys: KeyRing) -> tuple[str, ...]:
    """What keys are told apart by, and cannot be found from."""
    return tuple(hashlib.blake2b(key, digest_size=8, person=b"pantau-mark").hexdigest() for key in keys.keys)


def bring_back(settings: Settings, source: Path, *, replace: bool) -> tuple[Manifest, Held]:
    """Puts a backup in the database's place, and holds everything that would be sent.

    Without a database of its own the bundled one is started for it, so no `up` may run. Raises BadInput for a file
    that is none of ours, damaged, of a newer version or sealed with keys that are not at hand, and for a database
    that holds something unless it may be replaced; TryAgain where workers run.
    """
    manifest = look_into(source)
    _fitting(settings, source, manifest)
    with _database(settings) as database, tempfile.TemporaryDirectory(prefix="pantau-restore-") as place:
        dump = _taken_out(source, manifest, Path(place))
        with _engine(database) as engine, reaching_database():
            _make_way(engine, replace=replace)
            with engine.connect() as connection:
                where = restored.address(connection)
            try:
                run_tool("pg_restore", where, [*ONTO_NOTHING, str(dump)])
            except PantauError:
                restored.put_back(engine)
                raise
            restored.forget_before(engine)
            migrations.upgrade(engine)
            with engine.begin() as connection:
                return manifest, restored.hold_everything(connection)


ONTO_NOTHING = (
    "--no-owner",
    "--no-privileges",
    "--single-transaction",
    "--exit-on-error",
    "--dbname=service=pantau",
)


def look_into(source: Path) -> Manifest:
    """What the backup says of itself. Raises BadInput for any other file."""
    try:
        with tarfile.open(source, "r:") as tar:
            names = [(member.name, member.isreg()) for member in tar]
            if names != [(MANIFEST, True), (DUMP, True)]:
                raise BadInput(f"{source} is no backup of Pantau's")
            told = tar.extractfile(MANIFEST)
            assert told is not None
            said = json.loads(told.read(_MOST_MANIFEST))
            return Manifest(**{**said, "keys": tuple(said["keys"])})
    except OSError as error:
        raise BadInput(f"cannot read {source}: {error.strerror or error}") from None
    except (tarfile.TarError, ValueError, TypeError, KeyError, RecursionError):
        raise BadInput(f"{source} is no backup of Pantau's") from None


def _fitting(settings: Settings, source: Path, manifest: Manifest) -> None:
    if manifest.format != FORMAT or not migrations.knows(manifest.schema):
        raise BadInput(
            f"{source} was made by Pantau {manifest.pantau}, which is newer than this one "
            f"({kit.our_version()}): restore it with that version"
        )
    if not set(manifest.keys) & set(marks(kit.keyring(settings))):
        raise BadInput(
            f"the secrets in {source} are sealed with a key that is not here: give the key of the installation that "
            "made it in PANTAU_SECRET_KEY, or put its key file into the data directory"
        )


def _taken_out(source: Path, manifest: Manifest, place: Path) -> Path:
    """The dump, checked to its last byte before anything is changed."""
    dump = place / DUMP
    with tarfile.open(source, "r:") as tar, dump.open("wb") as out:
        packed = tar.extractfile(DUMP)
        assert packed is not None
        shutil.copyfileobj(packed, out)
    if dump.stat().st_size != manifest.bytes or _digest(dump) != manifest.sha256:
        raise BadInput(f"{source} is damaged: its content is not what it was when it was made")
    return dump


def _make_way(engine: Engine, *, replace: bool) -> None:
    with engine.begin() as connection:
        if restored.busy(connection):
            raise TryAgain("workers run on this database: stop them, then restore")
        if restored.holds_something(connection) and not replace:
            raise BadInput(
                "the database holds an installation already; --replace puts the backup in its place"
            )
    restored.set_aside(engine)


@contextmanager
def _database(settings: Settings) -> Iterator[Secret]:
    """The database that the settings name, or the bundled one, which no `up` may be holding."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with bundled(settings.data_dir, log=lambda _name, _line: None) as urls:
        yield Secret(urls.database)


@contextmanager
def _engine(database: Secret) -> Iterator[Engine]:
    engine = open_engine(database, pooled=False)
    try:
        yield engine
    finally:
        engine.dispose()


def run_tool(tool: str, where: Mapping[str, str], arguments: Sequence[str]) -> None:
    """Runs one of PostgreSQL's own tools. The address, with its password, is in a file that only we can read: what
    stands on a command line or in the environment others may see."""
    with tempfile.NamedTemporaryFile("w", prefix="pantau-service-") as service:
        service.write("[pantau]\n" + "".join(f"{name}={value}\n" for name, value in where.items()))
        service.flush()
        environ = {**os.environ, "PGSERVICEFILE": service.name, "PGSERVICE": "pantau"}
        done = subprocess.run(  # noqa: S603 - a tool of PostgreSQL's, with our own arguments
            [_tool(tool), *arguments], env=environ, capture_output=True, check=False
        )
    if done.returncode != 0:
        raise Unavailable(f"{tool} failed: {done.stderr.decode('utf-8', 'replace').strip()[-500:]}")


def _tool(name: str) -> str:
    """The newest that Pantau brings, which reads all older servers; else the system's."""
    try:
        brought = carried().postgres
        return str(brought[max(brought)] / name)
    except (BadConfiguration, KeyError):
        found = shutil.which(name)
    if found is None:
        raise Unavailable(f"{name} is not installed; it comes with PostgreSQL's client programs")
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _put(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))


def _plainly(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whose file it was and when is nobody's business."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode, member.mtime = 0o600, 0
    return member
