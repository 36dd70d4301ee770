"""The move over a major version: what is refused before anything is touched, and what a move that was cut short leaves.
The whole way is a journey: tests/journeys/test_new_major.py."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from ops import new_major, servers
from ops.carried import carried
from ops.installation import database, settings_of
from ops.lockfile import hold
from ops.new_major import Moved, NothingToMove, upgrade_database
from ops.places import Copy, Layout, behind, settle_move
from ops.servers import bundled
from ops.store.counted import Counted
from tests.older_cluster import make_cluster
from worker.errors import BadConfiguration, BadInput, TryAgain, Unavailable
from worker.secrets import Secret
from worker.store.engine import open_engine

NEWEST = max(carried().postgres)


@pytest.fixture
def data() -> Iterator[Path]:
    """A data directory that every account may enter, with the data of an older PostgreSQL by its looks."""
    place = Path(tempfile.mkdtemp(prefix="pantau-major-")).resolve()
    place.chmod(0o711)
    written(place / "pg", "12")
    yield place
    shutil.rmtree(place)


def written(pg: Path, version: str) -> None:
    pg.mkdir(exist_ok=True)
    (pg / "PG_VERSION").write_text(f"{version}\n")


def programs(place: Path, version: str) -> Path:
    place.mkdir()
    (place / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}.4'\n")
    (place / "postgres").chmod(0o755)
    return place


def refused(data: Path, binaries: Path | None = None) -> str:
    """What the move says instead of beginning; the data is as it was."""
    before = sorted(path for path in data.rglob("*") if path.name not in ("up.lock", "servers.json"))
    with pytest.raises((BadConfiguration, BadInput, TryAgain, Unavailable)) as trouble:
        upgrade_database(data, binaries, print)
    assert sorted(path for path in data.rglob("*") if path.name not in ("up.lock", "servers.json")) == before
    return str(trouble.value)


def test_what_cannot_be_done_is_said_before_anything_is_touched(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        f"PostgreSQL 12, and this Pantau brings {', '.join(map(str, sorted(carried().postgres)))}"
        in refused(data)
    )
    assert "has no PostgreSQL" in refused(data, data)
    assert "has PostgreSQL 13" in refused(data, programs(data / "thirteen", "13"))
    twelve = programs(data / "twelve", "12")
    (data / "pg-12").mkdir()
    assert "is there already" in refused(data, twelve)
    (data / "pg-12").rmdir()
    monkeypatch.setattr(new_major.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 9, 0))  # type: ignore[attr-defined]
    assert "make room first" in refused(data, twelve)
    with hold(data):
        assert "already running" in refused(data, twelve)


def test_data_of_a_newer_postgresql_is_no_matter_of_a_move(data: Path) -> None:
    written(data / "pg", str(NEWEST + 1))
    assert "It is newer: start the Pantau that wrote it" in refused(data)
    written(data / "pg", str(NEWEST))
    assert upgrade_database(data, None, print) == NothingToMove()
    shutil.rmtree(data / "pg")
    assert "no database" in refused(data)


def test_every_command_says_what_a_start_would_say(data: Path) -> None:
    settings = settings_of({"PANTAU_DATA_DIR": str(data), "HOME": "/"})
    with pytest.raises(BadConfiguration, match="written by PostgreSQL 12"):
        database(settings)
    shutil.rmtree(data / "pg")
    with pytest.raises(Unavailable, match="nothing runs"):
        database(settings)


def test_a_database_that_will_not_open_for_ever_is_known_while_it_does(data: Path) -> None:
    own = f"postgresql://pantau@/pantau?host={data}/run"
    assert behind(data, own) == (12, NEWEST)
    assert behind(data, "postgresql://pantau@db/pantau") is None
    written(data / "pg", str(NEWEST))
    assert behind(data, own) is None


@pytest.mark.parametrize(
    ("there", "then"),
    [
        ({"pg": "12", "pg.upgrading": "18"}, {"pg": "12"}),
        ({"pg": "12", "pg.upgraded": "18"}, {"pg": "12"}),
        ({"pg-12": "12", "pg.upgraded": "18"}, {"pg-12": "12", "pg": "18"}),
        ({"pg-12": "12", "pg": "18"}, {"pg-12": "12", "pg": "18"}),
    ],
)
def test_a_start_ends_a_move_that_was_cut_short_at_any_step(
    data: Path, there: dict[str, str], then: dict[str, str]
) -> None:
    shutil.rmtree(data / "pg")
    for name, version in there.items():
        written(data / name, version)
    servers._end_the_move(Layout(data, data, data / "run", Path("/v"), Path("/p")))
    assert {path.name: (path / "PG_VERSION").read_text().strip() for path in data.glob("pg*")} == then


def test_a_copy_of_binaries_that_lacks_the_wanted_version_is_made_anew(data: Path) -> None:
    for name in ("valkey", "install16", "install18"):
        (data / "site" / name).mkdir(parents=True)
    for wanted in ("install16", "install18"):
        copy = Copy(data / "site", data / "servers" / "1", ("valkey", wanted, "only on another system"))
        servers._copy_binaries(Layout(data, data, data / "run", Path("/v"), Path("/p"), None, copy))
        assert {path.name for path in copy.target.iterdir()} == {"valkey", wanted}


def test_copies_that_differ_are_told_apart() -> None:
    one = Counted({"feeds": 3, "articles": 5}, {"feeds_id_seq": 3, "unused": None})
    assert one.all_rows == 8
    assert one.differing(one) == []
    assert one.differing(Counted({"feeds": 3, "articles": 4}, {"feeds_id_seq": 3})) == ["articles", "unused"]


@pytest.mark.servers
def test_the_postgresql_of_the_systems_packages_is_found_and_serves(data: Path) -> None:
    versions = [int(path.name) for path in Path("/usr/lib/postgresql").glob("*") if path.name.isdigit()]
    older = [version for version in versions if version < NEWEST and version not in carried().postgres]
    if not older:
        pytest.skip("no older PostgreSQL among the packages of this system (/usr/lib/postgresql/NN)")
    written(data / "pg", str(older[0]))
    move = settle_move(data, os.environ, None)
    assert move is not None
    shutil.rmtree(data / "pg")
    make_cluster(data / "pg", move.old.postgres, move.old.account)
    with new_major._running(move.old, older[0]):
        does(
            move.old,
            "CREATE TABLE kept (id serial, word text)",
            "INSERT INTO kept (word) VALUES ('Ørsted'), ('é')",
        )
    moved = upgrade_database(data, None, print)
    assert moved == Moved(older[0], NEWEST, data / f"pg-{older[0]}", 2)
    assert not list(data.glob("*.dump"))
    with bundled(data, log=lambda _name, _line: None) as urls:
        engine = open_engine(Secret(urls.database), pooled=False)
        with engine.begin() as connection:
            words = connection.execute(text("SELECT word FROM kept ORDER BY id")).scalars().all()
            next_id = connection.execute(
                text("INSERT INTO kept (word) VALUES ('x') RETURNING id")
            ).scalar_one()
        engine.dispose()
    assert (words, next_id) == (["Ørsted", "é"], 3)


def does(layout: Layout, *statements: str) -> None:
    engine = open_engine(Secret(layout.urls.database), pooled=False)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
