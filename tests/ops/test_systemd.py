"""The systemd units: what systemd makes of them, and that they name commands, settings and secrets that exist."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ops.__main__ import pantau
from ops.child import STOP_WORKER
from ops.cli.processes import QUEUES
from worker.settings import unknown_names

PLACE = Path(__file__).resolve().parents[2] / "ops" / "systemd"
PANTAU = "/opt/pantau/.venv/bin/pantau"
SERVICES = sorted(PLACE.glob("*.service"))
PARTS = [path for path in SERVICES if path.name != "pantau.service"]
MOST_EXPOSED = 20
"""Of 100; systemd calls everything up to 40 "ok"."""

each_service = pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
each_part = pytest.mark.parametrize("path", PARTS, ids=lambda path: path.name)
asks_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing: apt install systemd"
)


def said(path: Path, key: str) -> list[str]:
    """All values of a setting, in their order."""
    lines = (line.partition("=") for line in path.read_text().splitlines() if line[:1] not in "#[")
    return [value for name, _, value in lines if name == key]


def environment(path: Path) -> dict[str, str]:
    """What the unit sets."""
    pairs = [word.partition("=") for value in said(path, "Environment") for word in shlex.split(value)]
    return {name: value for name, _, value in pairs}


def command(path: Path) -> list[str]:
    """The words after `pantau`, variables replaced by what the unit sets."""
    (line,) = said(path, "ExecStart")
    program, *words = line.split()
    assert program == PANTAU
    known = {"${QUEUES}": "read", "%i": "read", "$ARGUMENTS": ""}
    return [known.get(word, word) for word in words if known.get(word, word)]


def installed(place: Path) -> list[Path]:
    """The units as on a machine where the program is."""
    here = str(Path(sys.executable).with_name("pantau"))
    for path in PLACE.glob("pantau*.[st]*"):
        if path.suffix in (".service", ".target"):
            (place / path.name).write_text(path.read_text().replace(PANTAU, here))
    return sorted(place.iterdir())


def analyze(*arguments: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *map(str, arguments)], capture_output=True, text=True, timeout=60
    )


@asks_systemd
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    found = analyze("verify", *installed(tmp_path))
    assert (found.returncode, found.stderr) == (0, "")


@asks_systemd
def test_a_slip_of_the_pen_would_be_found(tmp_path: Path) -> None:
    installed(tmp_path)
    web = tmp_path / "pantau-web.service"
    web.write_text(web.read_text().replace("ProtectSystem=strict", "ProtectSystem=strickt"))
    assert "strickt" in analyze("verify", web).stderr


@asks_systemd
@each_service
def test_what_a_service_could_do_to_the_machine_is_little(path: Path) -> None:
    found = analyze("security", "--offline=yes", f"--threshold={MOST_EXPOSED}", path)
    assert found.returncode == 0, found.stdout[-300:]


@each_service
def test_the_commands_and_options_exist(path: Path) -> None:
    words = command(path)
    told = CliRunner().invoke(pantau, [words[0], "--help"])
    assert told.exit_code == 0
    for option in (word for word in words if word.startswith("--")):
        assert option in told.output


@each_service
def test_the_settings_exist_and_secrets_come_as_credentials(path: Path) -> None:
    given = environment(path)
    assert unknown_names(given) == []
    credentials = {value.split(":")[0] for value in said(path, "LoadCredential")}
    assert {value for name, value in given.items() if name.endswith("_FILE")} == {
        f"%d/{name}" for name in credentials
    }


@each_part
def test_every_part_has_what_all_need(path: Path) -> None:
    needed = {"PANTAU_DATABASE_URL_FILE", "PANTAU_REDIS_URL_FILE", "PANTAU_SECRET_KEY_FILE"}
    assert needed <= environment(path).keys()
    assert said(path, "DynamicUser") == ["yes"]
    assert said(path, "PartOf") == said(path, "WantedBy") == ["pantau.target"]


def test_the_whole_machine_and_its_parts_never_run_side_by_side() -> None:
    assert said(PLACE / "pantau.service", "Conflicts") == ["pantau.target"]


@each_service
def test_a_stop_has_the_time_it_needs(path: Path) -> None:
    if path.name == "pantau-migrate.service":
        assert said(path, "Type") == ["oneshot"]
        return
    (seconds,) = map(int, said(path, "TimeoutStopSec"))
    longest = {"pantau.service": 15, "pantau-worker@.service": STOP_WORKER[-1].after_s}
    assert seconds > longest.get(path.name, 3)
    if path.name in longest:
        assert said(path, "KillMode") == ["mixed"]


def test_every_queue_is_named_and_more_of_one_are_possible() -> None:
    worker = PLACE / "pantau-worker@.service"
    head = worker.read_text().split("[Unit]")[0]
    assert all(f"@{queue}" in head for queue in QUEUES)
    assert environment(worker)["QUEUES"] == "%i"
    own = said(worker, "EnvironmentFile")
    assert own == ["-/etc/pantau/worker-%i.env", "-/etc/pantau/pantau.env"]
