"""`./pantau`: from a bare machine to a running command, and what can go wrong on the way."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TOOLS = ("cat", "cksum", "dirname", "find", "mkdir", "readlink", "rm", "sed", "tail")
NOBODY = 65534

pytestmark = pytest.mark.timeout(900)  # a new environment unpacks pip: a minute on a busy machine

Make = Callable[[str], Any]


@pytest.fixture(scope="module")
def ready(make_checkout: Make) -> Any:
    """A checkout, in a deep directory with a blank in its name, in which Pantau has run once."""
    checkout = make_checkout("a blank/" + "/".join(["deep" * 12] * 4))
    assert checkout.run("first").status == 0
    return checkout


def test_the_first_start_makes_the_environment_from_the_lock_file(ready: Any) -> None:
    (call,) = ready.uv_calls
    assert call.startswith(f"1 {ready.root}/.venv sync --project {ready.root} ")
    assert "--locked" in call.split()
    assert "dev" not in call.split()


def test_a_later_start_installs_nothing_and_says_nothing(ready: Any) -> None:
    told = ready.run("again")
    assert (told.err, len(ready.uv_calls)) == ("", 1)


def test_the_command_gets_its_arguments_untouched_in_the_directory_of_the_caller(
    ready: Any, tmp_path: Path
) -> None:
    words = ["two words", "", "--port=1", "*", 'a"b', "test"]
    assert ready.run(*words, cwd=tmp_path).ran == ["pantau", str(tmp_path.resolve()), *words]


def test_the_exit_status_of_the_command_is_that_of_the_launcher(ready: Any) -> None:
    assert ready.run("exit", "65").status == 65


def test_it_is_found_through_symbolic_links_relative_and_absolute(ready: Any, tmp_path: Path) -> None:
    (tmp_path / "absolute").symlink_to(ready.root / "pantau")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "relative").symlink_to("../absolute")
    assert ready.run("x", by=tmp_path / "bin" / "relative").ran[2:] == ["x"]
    assert ready.run("x", by="./relative", cwd=tmp_path / "bin").ran[2:] == ["x"]
    assert len(ready.uv_calls) == 1


def test_modules_of_the_callers_directory_or_environment_do_not_stand_in_for_ours(
    ready: Any, tmp_path: Path
) -> None:
    for module in ("os.py", "sysconfig.py", "ops.py"):
        (tmp_path / module).write_text("raise SystemExit('the wrong module')\n")
    assert ready.run("x", cwd=tmp_path, PYTHONPATH=tmp_path, PYTHONHOME=tmp_path).ran[2:] == ["x"]


def python_for_everybody() -> Path | None:
    """A Python that an account may run to which the directories of root are closed."""
    for name in (sys.executable, "/usr/bin/python3"):
        python = Path(name).resolve()
        if all(each.stat().st_mode & 0o001 for each in (python, *python.parents)):
            asked = subprocess.run(
                [python, "-c", "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"]
            )
            if asked.returncode == 0:
                return python
    return None


def test_a_current_environment_serves_an_account_that_cannot_write_it(make_checkout: Make) -> None:
    python = python_for_everybody()
    if python is None:
        pytest.skip("no Python here is open to other accounts")
    checkout = make_checkout("read-only")
    assert checkout.run("first", PANTAU_PYTHON=python).status == 0
    writable = [checkout.root, checkout.root / ".venv"]
    try:
        for directory in writable:
            directory.chmod(0o555)
        told = checkout.run("x", PANTAU_PYTHON="", account=NOBODY if os.geteuid() == 0 else None)
    finally:
        for directory in writable:
            directory.chmod(0o755)
    assert (told.ran[2:], told.err) == (["x"], "")


def test_a_checkout_that_cannot_be_written_and_has_no_environment_says_so(make_checkout: Make) -> None:
    checkout = make_checkout("not-ours")
    (checkout.root / ".venv").write_text("a file in the way, which bars root as well")
    told = checkout.run("x")
    assert told.status == 69
    assert f"cannot write {checkout.root}/.venv" in told.err


def test_two_starts_at_once_set_up_once_and_both_run(make_checkout: Make) -> None:
    checkout = make_checkout("twice")
    processes = [checkout.start(name, UV_NAPS=0.5) for name in ("one", "two")]
    errors = [process.communicate(timeout=600) for process in processes]
    assert [out.rstrip("\n").split("\0")[2:] for out, _ in errors] == [["one"], ["two"]]
    assert sorted("waiting for it" in err for _, err in errors) == [False, True]
    assert len(checkout.uv_calls) == 1


def test_a_first_start_that_was_killed_is_done_over_from_the_beginning(make_checkout: Make) -> None:
    checkout = make_checkout("killed")
    first = checkout.start("x", UV_NAPS=60)
    while not checkout.uv_calls and first.poll() is None:
        time.sleep(0.05)
    (checkout.root / ".venv" / "half-made").touch()
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    told = checkout.run("x")
    assert told.ran[2:] == ["x"]
    assert not (checkout.root / ".venv" / "half-made").exists()


def test_a_changed_lock_file_brings_the_environment_up_to_date_in_place(make_checkout: Make) -> None:
    checkout = make_checkout("changed")
    checkout.run("x")
    (checkout.root / ".venv" / "kept").touch()
    (checkout.root / "uv.lock").write_text("version = 1\nrevision = 2\n")
    told = checkout.run("x")
    assert "bringing .venv up to date" in told.err
    assert told.ran[2:] == ["x"]
    assert len(checkout.uv_calls) == 2
    assert (checkout.root / ".venv" / "kept").exists()


def test_an_environment_that_somebody_made_by_hand_is_completed_not_removed(make_checkout: Make) -> None:
    checkout = make_checkout("by-hand")
    subprocess.run([sys.executable, "-m", "venv", checkout.root / ".venv", "--without-pip"], check=True)
    (checkout.root / ".venv" / "kept").touch()
    assert checkout.run("x").ran[2:] == ["x"]
    assert (checkout.root / ".venv" / "kept").exists()


def test_a_checkout_that_was_moved_makes_its_environment_anew(make_checkout: Make) -> None:
    checkout = make_checkout("moved")
    checkout.run("x")
    moved = checkout.root.with_name("moved-away")
    checkout.root.rename(moved)
    told = checkout.run("x", by=moved / "pantau")
    assert "setting up .venv" in told.err
    assert told.ran[2:] == ["x"]


def test_a_python_that_has_gone_is_replaced(make_checkout: Make) -> None:
    checkout = make_checkout("python-gone")
    checkout.run("x")
    python = checkout.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3.11")
    assert checkout.run("x").ran[2:] == ["x"]


def test_the_word_test_adds_the_development_group_and_runs_pytest_at_the_root(make_checkout: Make) -> None:
    checkout = make_checkout("tests")
    told = checkout.run("test", "-k", "a or b", cwd="/")
    assert told.ran == ["pytest.py", str(checkout.root), "-k", "a or b"]
    assert checkout.uv_calls[-1].endswith("--group dev")
    assert checkout.run("up").err == ""
    assert len(checkout.uv_calls) == 1


def test_where_uv_does_not_work_pip_installs_with_hashes(make_checkout: Make) -> None:
    checkout = make_checkout("no-uv")
    told = checkout.run("x", UV_FAILS=1)
    assert "uv could not do it; trying pip" in told.err
    assert told.ran[2:] == ["x"]
    assert list((checkout.root / ".venv").rglob("needed.py"))


def test_a_package_with_another_hash_is_refused_and_the_end_of_the_log_shown(make_checkout: Make) -> None:
    checkout = make_checkout("forged")
    (checkout.root / "requirements.lock").write_text(f"needed==0.13 --hash=sha256:{'0' * 64}\n")
    told = checkout.run("x", UV_FAILS=1)
    assert told.status == 69
    assert "cannot install what requirements.lock names" in told.err
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in told.err
    assert not (checkout.root / ".venv" / ".pantau").exists(), "what is installed halfway is not whole"


def test_without_any_index_the_launcher_says_what_failed(make_checkout: Make, tmp_path: Path) -> None:
    told = make_checkout("offline").run("x", PIP_FIND_LINKS=tmp_path)
    assert told.status == 69
    assert "No matching distribution found" in told.err


def bare_path(directory: Path, python: str) -> Path:
    """A PATH with the tools of the launcher and one Python, the script `python`."""
    directory.mkdir(exist_ok=True)
    for tool in TOOLS:
        (directory / tool).symlink_to(shutil.which(tool) or f"/usr/bin/{tool}")
    (directory / "python3").write_text(f"#!/bin/sh\n{python}\n")
    (directory / "python3").chmod(0o755)
    return directory


def test_a_machine_with_an_old_python_only_gets_a_sentence(make_checkout: Make, tmp_path: Path) -> None:
    old = bare_path(tmp_path / "bin", "exit 1")
    told = make_checkout("old").run("x", PATH=old, PANTAU_PYTHON="")
    assert told.status == 69
    assert "no CPython 3.11 or newer was found" in told.err


def test_a_python_without_venv_gets_the_package_that_is_missing(make_checkout: Make, tmp_path: Path) -> None:
    lean = bare_path(
        tmp_path / "bin", f'case "$2" in *ensurepip*) exit 1 ;; esac\nexec "{sys.executable}" "$@"'
    )
    told = make_checkout("lean").run("x", PATH=lean, PANTAU_PYTHON="")
    assert told.status == 69
    assert "apt install python3-venv" in told.err


def test_a_named_python_that_is_none_gets_a_sentence(make_checkout: Make) -> None:
    told = make_checkout("misnamed").run("x", PANTAU_PYTHON="/bin/false")
    assert told.status == 69
    assert "PANTAU_PYTHON names /bin/false" in told.err


def test_the_real_lock_file_gives_an_environment_in_which_the_packages_import(make_checkout: Make) -> None:
    checkout = make_checkout("real")
    for name in ("pyproject.toml", "uv.lock", "requirements.lock", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, checkout.root)
    for name in ("worker", "alerts", "ops"):
        shutil.copytree(REPOSITORY / name, checkout.root / name)
    (checkout.root / "ops" / "__main__.py").write_text(
        "import celery, psycopg, redis, worker, alerts\ndef main():\n    print(worker.__file__)\n"
    )
    passed_on = {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))
    }
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "PANTAU_PYTHON": sys.executable}
    told = dataclasses.replace(checkout, environ=environ | passed_on).run("x")
    if told.status == 69 and "No matching distribution found" in told.err:
        pytest.skip("no package index can be reached")
    assert told.out.strip() == str(checkout.root / "worker" / "__init__.py"), told.err


def locked() -> dict[str, dict[str, set[str]]]:
    """The hashes in uv.lock by package and version."""
    packages = tomllib.loads((REPOSITORY / "uv.lock").read_text())["package"]
    found: dict[str, dict[str, set[str]]] = {}
    for package in packages:
        files = [*package.get("wheels", ()), *filter(None, [package.get("sdist")])]
        found.setdefault(package["name"], {})[package["version"]] = {file["hash"] for file in files}
    return found


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_list_for_pip_names_the_versions_and_hashes_of_the_lock_file(name: str) -> None:
    text = (REPOSITORY / name).read_text().replace("\\\n", " ")
    lines = re.findall(r"^([\w.-]+)==(\S+)(.*)$", text, re.MULTILINE)
    assert len(lines) > 30
    for package, version, rest in lines:
        assert set(re.findall(r"--hash=(\S+)", rest)) == locked_once()[package][version], package


def locked_once(cache: dict[str, Any] = {}) -> dict[str, dict[str, set[str]]]:  # noqa: B006
    if not cache:
        cache.update(locked())
    return cache


def test_the_list_for_pip_names_everything_that_the_project_asks_for() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    for name, wanted in (
        ("requirements.lock", project["project"]["dependencies"]),
        ("requirements-dev.lock", project["dependency-groups"]["dev"]),
    ):
        listed = set(re.findall(r"^([\w.-]+)==", (REPOSITORY / name).read_text(), re.MULTILINE))
        assert {re.split(r"[\[<>=~! ]", each)[0].lower() for each in wanted} <= listed


def test_the_lock_file_names_the_public_index_alone() -> None:
    text = (REPOSITORY / "uv.lock").read_text()
    hosts = set(re.findall(r'(?:registry|url) = "(https?://[^/"]+)', text))
    assert hosts == {"https://pypi.org", "https://files.pythonhosted.org"}
